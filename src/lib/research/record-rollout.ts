/** Plays every episode of an environment once and hands each over as it was: what was seen, done, paid and how it ended. */
import { checkAborted } from '../core/errors.ts';
import { actionSize } from '../core/spaces.ts';
import type { Seed } from '../core/units.ts';
import type { RolloutEpisode } from '../data/gold/rollout.ts';
import type { EpisodicVectorEnv } from '../env/vector.ts';
import type { Policy } from './evaluate.ts';

export interface RecordOptions {
  readonly env: EpisodicVectorEnv;
  readonly policy: Policy;
  readonly seed: Seed;
  readonly onEpisode: (episode: RolloutEpisode) => Promise<void>;
  readonly breathe: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** Steps between two looks at what waits: a cancel. */
const STEPS_BETWEEN_BREATHS = 8;

/** @throws aborted */
export async function recordRollout(options: RecordOptions): Promise<void> {
  const { env, policy, seed, onEpisode, breathe, signal } = options;
  const { spec, size, buffers } = env;
  env.reset({ seed, schedule: 'once', trace: false });
  const starts = new Uint8Array(size).fill(1);
  const playing = Int32Array.from(buffers.episode);
  const logs = Array.from({ length: size }, () => new EpisodeLog(env));
  policy.begin();
  for (let step = 1; playing.some((episode) => episode >= 0); step++) {
    await policy.act({
      observations: buffers.observations,
      actions: buffers.actions,
      starts,
      previousRewards: buffers.rewards
    });
    for (let e = 0; e < size; e++) if (playing[e]! >= 0) logs[e]!.acts(e);
    env.step();
    for (let e = 0; e < size; e++) {
      starts[e] = buffers.terminated[e]! | buffers.truncated[e]!;
      if (playing[e]! < 0) continue;
      logs[e]!.isPaid(e);
      if (starts[e] === 0) continue;
      await onEpisode(logs[e]!.take(e, env.episodeMarkets[playing[e]!] ?? String(playing[e]!)));
      playing[e] = buffers.episode[e]!;
    }
    if (step % STEPS_BETWEEN_BREATHS !== 0) continue;
    await breathe();
    checkAborted(signal, `the rollout of ${spec.id}`);
  }
}

/** One environment's episode while it is played. */
class EpisodeLog {
  readonly #env: EpisodicVectorEnv;
  readonly #widths: { readonly observation: number; readonly action: number; readonly terms: number };
  #observations: Float32Array[] = [];
  #actions: Float32Array[] = [];
  #rewards: number[] = [];
  #terms: Float32Array[] = [];

  constructor(env: EpisodicVectorEnv) {
    this.#env = env;
    const { observation, action, rewardTerms } = env.spec;
    this.#widths = { observation: observation.size, action: actionSize(action), terms: rewardTerms.length };
  }

  acts(e: number): void {
    const { observations, actions } = this.#env.buffers;
    const { observation, action } = this.#widths;
    this.#observations.push(observations.slice(e * observation, (e + 1) * observation));
    this.#actions.push(Float32Array.from(actions.subarray(e * action, (e + 1) * action)));
  }

  isPaid(e: number): void {
    const { rewards, rewardTerms } = this.#env.buffers;
    const { terms } = this.#widths;
    this.#rewards.push(rewards[e]!);
    this.#terms.push(rewardTerms.slice(e * terms, (e + 1) * terms));
  }

  take(e: number, market: string): RolloutEpisode {
    const { finalObservations, terminated, truncated } = this.#env.buffers;
    const { observation } = this.#widths;
    const episode = {
      market,
      steps: this.#rewards.length,
      observations: joined(this.#observations),
      actions: joined(this.#actions),
      rewards: Float32Array.from(this.#rewards),
      rewardTerms: joined(this.#terms),
      terminated: terminated[e] === 1,
      truncated: truncated[e] === 1,
      finalObservation: finalObservations.slice(e * observation, (e + 1) * observation)
    };
    this.#observations = [];
    this.#actions = [];
    this.#rewards = [];
    this.#terms = [];
    return episode;
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
