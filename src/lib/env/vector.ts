/** A vector environment whose episodes have names, and how many environments share them out. */
import type { VectorEnv } from './vector-env.ts';

export interface EpisodicVectorEnv extends VectorEnv {
  /** Name of each episode that `buffers.episode` may hold: the market's id, or the start state's name. */
  readonly episodeMarkets: readonly string[];
}
