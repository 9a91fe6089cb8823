/**
 * How the last traded price has drifted: its logarithm less its exponential average over a window, times 25 and
 * squashed, so that a drift of 4 % is about 1. The average weights prices by how long they stood.
 */
import type { Decay } from './decay.ts';
import type { FeatureMemory } from './feature-memory.ts';
import type { FeatureView, RunnerFamily, TradeSeen } from './feature-set.ts';
import type { Quotes } from './quotes.ts';
import { squash } from './scale.ts';

const WINDOWS = [60, 300] as const;
const GAIN = 25;

export class LastTradedDrift implements RunnerFamily {
  readonly names = WINDOWS.map((seconds) => `last_traded_drift_${String(seconds)}s`);
  readonly about = WINDOWS.map((seconds) => ({
    unit: '4 %, asinh',
    formula: `asinh(25 (ln(last traded) - its exponential average)), T = ${String(seconds)}`
  }));
  readonly #averages: readonly Float64Array[];
  readonly #decays: readonly Decay[];
  /** Logarithm of the price traded last, NaN before the first. */
  readonly #last: Float64Array;
  readonly #since: Float64Array;

  constructor(memory: FeatureMemory, slots: number) {
    this.#averages = WINDOWS.map(() => memory.array(slots, Number.NaN));
    this.#decays = WINDOWS.map((tau) => memory.decay(tau));
    this.#last = memory.array(slots, Number.NaN);
    this.#since = memory.array(slots, 0);
  }

  onTrade({ slot, tick, time }: TradeSeen, quotes: Quotes): void {
    const price = quotes.logPrice[tick]!;
    const first = Number.isNaN(this.#last[slot]!);
    for (let i = 0; i < WINDOWS.length; i++) {
      this.#averages[i]![slot] = first ? price : this.#averageAt(i, slot, time);
    }
    this.#last[slot] = price;
    this.#since[slot] = time;
  }

  write({ now }: FeatureView, slot: number, into: Float32Array, at: number): void {
    const last = this.#last[slot]!;
    for (let i = 0; i < WINDOWS.length; i++) {
      into[at + i] = Number.isNaN(last) ? 0 : squash(GAIN * (last - this.#averageAt(i, slot, now)));
    }
  }

  #averageAt(window: number, slot: number, time: number): number {
    const weight = this.#decays[window]!.at(this.#since[slot]!, time);
    return weight * this.#averages[window]![slot]! + (1 - weight) * this.#last[slot]!;
  }
}
