/**
 * The random numbers that an episode's start is made from: the same ones whoever plays the episode and whenever, without
 * naming a stream (`Random.split`), which would make an object and hash a text at every autoreset.
 */
import type { Random } from '../../core/random.ts';

/** Rounds until every bit of the key has reached every other; PractRand seeds sfc32 so. */
const WARM_ROUNDS = 15;

export class EpisodeStarts {
  readonly #key = new Int32Array(3);
  readonly #uniforms: Float64Array;

  /** @param count numbers an episode */
  constructor(count: number) {
    this.#uniforms = new Float64Array(count);
  }

  /** Takes the key of all episodes to come from a stream. */
  key(random: Random): void {
    for (let k = 0; k < this.#key.length; k++) this.#key[k] = random.bits();
  }

  /**
   * Numbers uniform in [0, 1) of 53 bits for episode `e`, counted modulo 2^32, by sfc32 (Doty-Humphrey, PractRand)
   * started from the key and the episode. The array is good until the next call.
   */
  uniforms(e: number): Float64Array {
    const uniforms = this.#uniforms;
    const rounds = WARM_ROUNDS + 2 * uniforms.length;
    let a = this.#key[0]! ^ e;
    let b = this.#key[1]!;
    let c = this.#key[2]!;
    let high = 0;
    for (let d = 1; d <= rounds; d++) {
      const t = (a + b + d) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + t) | 0;
      const drawn = d - WARM_ROUNDS;
      if (drawn <= 0) continue;
      if ((drawn & 1) === 1) high = t >>> 5;
      else uniforms[(drawn >> 1) - 1] = (high * 67108864 + (t >>> 6)) / 9007199254740992;
    }
    return uniforms;
  }
}
