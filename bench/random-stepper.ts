/** Steps a vector environment under uniform random actions that were drawn beforehand. */
import { Random } from '../src/lib/core/random.ts';
import type { Seed } from '../src/lib/core/units.ts';
import type { VectorEnv } from '../src/lib/env/vector-env.ts';

const SEED = 1 as Seed;

export class RandomStepper {
  readonly #env: VectorEnv;
  readonly #drawn: Float32Array;
  #at = 0;

  constructor(env: VectorEnv) {
    const random = new Random(SEED, 'bench actions');
    this.#env = env;
    this.#drawn = Float32Array.from({ length: 1 << 17 }, () => 2 * random.uniform() - 1);
    env.reset({ seed: SEED, schedule: 'shuffle' });
  }

  /** Environment steps a second over so many seconds. */
  span(seconds: number): number {
    const env = this.#env;
    const drawn = this.#drawn;
    const { actions } = env.buffers;
    const start = performance.now();
    let steps = 0;
    for (; performance.now() - start < seconds * 1000; steps++) {
      if (this.#at + actions.length > drawn.length) this.#at = (this.#at * 7919) % 97;
      actions.set(drawn.subarray(this.#at, this.#at + actions.length));
      this.#at += actions.length;
      env.step();
    }
    return (steps * env.size * 1000) / (performance.now() - start);
  }
}
