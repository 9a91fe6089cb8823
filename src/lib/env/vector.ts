/** A vector environment whose episodes have names, and how many environments share them out. */
import type { EnvStanding } from './standing.ts';
import type { VectorEnv } from './vector-env.ts';

export interface EpisodicVectorEnv extends VectorEnv {
  /** Name of each episode that `buffers.episode` may hold: the market's id, or the start state's name. */
  readonly episodeMarkets: readonly string[];
  /** Where it stands, in a `shuffle` schedule. */
  standing(): EnvStanding;
  /**
   * Instead of a reset: goes on where another of the same making stood, with the same numbers from here on.
   * @throws AppError `data.drift` where that cannot be, as of other markets or another version; reset it then
   */
  restore(standing: EnvStanding): void;
}
