/**
 * How well an agent's memory tells the near future of the episodes it is judged by, next to who always says the mean of
 * the labels of training. Told at every step, held against the label that comes a horizon later.
 */
import type { Foretold } from '../agents/agent.ts';
import type { ForecastKind, ForecastSpec } from '../config/forecasts.ts';
import { FORECAST_KINDS } from '../config/forecasts.ts';
import type { RemoteVectorEnv } from '../env/vector-env.ts';
import type { Summary } from './bootstrap.ts';

/** Of one episode and kind. */
interface Errors {
  told: number;
  naive: number;
  /** Labels that came. */
  count: number;
}
type EpisodeErrors = Partial<Record<ForecastKind, Errors>>;

export class ForecastTally {
  readonly #env: Pick<RemoteVectorEnv, 'size' | 'buffers'>;
  readonly #spec: ForecastSpec;
  /** [n, steps, columns] what was told at the last steps, a ring each. */
  readonly #told: Float32Array;
  /** Steps of the episode at hand. */
  readonly #steps: Int32Array;
  readonly #playing: Int32Array;
  readonly #episodes = new Map<number, EpisodeErrors>();
  #last: Foretold | undefined;

  /** Call after the environment's reset. */
  constructor(env: Pick<RemoteVectorEnv, 'size' | 'buffers'>, spec: ForecastSpec) {
    this.#env = env;
    this.#spec = spec;
    this.#told = new Float32Array(env.size * spec.steps * spec.kinds.length);
    this.#steps = new Int32Array(env.size);
    this.#playing = Int32Array.from(env.buffers.episode);
  }

  /** Call after every `act`, with what was told at its observations. */
  acted(foretold: Foretold): void {
    const { steps, kinds } = this.#spec;
    const columns = kinds.length;
    for (let e = 0; e < this.#env.size; e++) {
      const own = foretold.told.subarray(e * columns, (e + 1) * columns);
      this.#told.set(own, (e * steps + (this.#steps[e]! % steps)) * columns);
    }
    this.#last = foretold;
  }

  /** Call once after every step. */
  stepped(): void {
    const { steps } = this.#spec;
    const { episode, terminated, truncated } = this.#env.buffers;
    for (let e = 0; e < this.#env.size; e++) {
      if (this.#playing[e]! < 0) continue;
      const row = this.#steps[e]! - steps + 1;
      if (row >= 0) this.#judge(e, row % steps);
      this.#steps[e]!++;
      if (terminated[e] === 0 && truncated[e] === 0) continue;
      this.#steps[e] = 0;
      this.#playing[e] = episode[e]!;
    }
  }

  #judge(e: number, slot: number): void {
    const { steps, kinds } = this.#spec;
    if (this.#last === undefined) return;
    const { asked, naive } = this.#last;
    const columns = kinds.length;
    const of = this.#episodes.get(this.#playing[e]!) ?? {};
    this.#episodes.set(this.#playing[e]!, of);
    kinds.forEach((kind, i) => {
      const label = this.#env.buffers.labels[e * columns + i]!;
      if (Number.isNaN(label) || !asked.includes(kind)) return;
      const errors = (of[kind] ??= { told: 0, naive: 0, count: 0 });
      errors.told += errorOf(kind, this.#told[(e * steps + slot) * columns + i]!, label);
      errors.naive += errorOf(kind, naive[i]!, label);
      errors.count++;
    });
  }

  /**
   * Mean errors over all labels of some episodes: `forecast_KIND`, and `forecast_KIND_naive`; a kind without labels is
   * left out.
   */
  summarise(episodes: readonly number[]): Summary {
    return Object.fromEntries(
      FORECAST_KINDS.flatMap((kind) => {
        const all = episodes.flatMap((episode) => this.#episodes.get(episode)?.[kind] ?? []);
        const sum = (of: keyof Errors): number => all.reduce((total, errors) => total + errors[of], 0);
        const count = sum('count');
        if (count === 0) return [];
        return [
          [`forecast_${kind}`, sum('told') / count],
          [`forecast_${kind}_naive`, sum('naive') / count]
        ];
      })
    );
  }
}

/** As in the loss (`agents/forecast-loss.ts`): Huber's of a number, cross-entropy of log-odds. */
function errorOf(kind: ForecastKind, told: number, label: number): number {
  if (kind === 'fill') return Math.max(told, 0) - told * label + Math.log1p(Math.exp(-Math.abs(told)));
  const d = Math.abs(told - label);
  return d <= 1 ? 0.5 * d * d : d - 0.5;
}
