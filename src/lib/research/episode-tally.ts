/** Follows the episodes of a vector environment and keeps what each one came to when it ended. */
import { arrayOf } from '../agents/replay/rings.ts';
import type { StoredArray, StoredArrays } from '../compute/safetensors.ts';
import type { RemoteVectorEnv } from '../env/vector-env.ts';

export interface EndedEpisode {
  /** Index into the environment's list of episodes. */
  readonly episode: number;
  readonly return: number;
  readonly length: number;
  /** Sum of each reward term, in the order of the spec. */
  readonly terms: readonly number[];
  /** The environment's info row at the end, in the order of the spec. */
  readonly info: readonly number[];
}

export class EpisodeTally {
  readonly #env: Pick<RemoteVectorEnv, 'spec' | 'size' | 'buffers'>;
  readonly #playing: Int32Array;
  readonly #return: Float64Array;
  readonly #length: Int32Array;
  readonly #terms: Float64Array;

  /** Call after the environment's reset. */
  constructor(env: Pick<RemoteVectorEnv, 'spec' | 'size' | 'buffers'>) {
    this.#env = env;
    this.#playing = Int32Array.from(env.buffers.episode);
    this.#return = new Float64Array(env.size);
    this.#length = new Int32Array(env.size);
    this.#terms = new Float64Array(env.size * env.spec.rewardTerms.length);
  }

  /** Call once after every step. @returns the episodes that ended in it, in environment order */
  step(): readonly EndedEpisode[] {
    const { size, spec, buffers } = this.#env;
    const terms = spec.rewardTerms.length;
    const infos = spec.info.length;
    const ended: EndedEpisode[] = [];
    for (let e = 0; e < size; e++) {
      if (this.#playing[e]! < 0) continue;
      this.#return[e]! += buffers.rewards[e]!;
      this.#length[e]!++;
      for (let k = 0; k < terms; k++) this.#terms[e * terms + k]! += buffers.rewardTerms[e * terms + k]!;
      if (buffers.terminated[e] === 0 && buffers.truncated[e] === 0) continue;
      ended.push({
        episode: this.#playing[e]!,
        return: this.#return[e]!,
        length: this.#length[e]!,
        terms: Array.from(this.#terms.subarray(e * terms, (e + 1) * terms)),
        info: Array.from(buffers.info.subarray(e * infos, (e + 1) * infos))
      });
      this.#return[e] = 0;
      this.#length[e] = 0;
      this.#terms.fill(0, e * terms, (e + 1) * terms);
      this.#playing[e] = buffers.episode[e]!;
    }
    return ended;
  }

  /** What the episodes under way have come to so far. */
  save(): StoredArrays {
    return new Map<string, StoredArray>([
      ['episodes.return', { shape: [this.#return.length], values: this.#return.slice() }],
      ['episodes.length', { shape: [this.#length.length], values: this.#length.slice() }],
      ['episodes.terms', { shape: [this.#terms.length], values: this.#terms.slice() }]
    ]);
  }

  /** @throws AppError `data.drift` when they are other episodes than these */
  load(saved: StoredArrays): void {
    const { size } = this.#env;
    this.#return.set(arrayOf(saved, 'episodes.return', size, this.#return));
    this.#length.set(arrayOf(saved, 'episodes.length', size, this.#length));
    this.#terms.set(arrayOf(saved, 'episodes.terms', this.#terms.length, this.#terms));
  }

  /** Environments still playing: 0 once a `once` schedule is through. */
  get playing(): number {
    let count = 0;
    for (const episode of this.#playing) if (episode >= 0) count++;
    return count;
  }
}
