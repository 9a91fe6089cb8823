/**
 * How the price has moved: momentum, ln(mid) less its exponential average over a window, and realised volatility, the
 * root of the decayed sum of squared changes of ln(mid) a minute; both times 25, so that a move of 4 % is 1. The average
 * weights prices by how long they stood.
 */
import type { Decay } from './decay.ts';
import { DecayedSum } from './decayed.ts';
import type { FeatureMemory } from './feature-memory.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import type { Quotes } from './quotes.ts';
import { squash } from './scale.ts';

const MOMENTUM_WINDOWS = [10, 60, 300] as const;
const VOLATILITY_WINDOWS = [60, 300] as const;
const GAIN = 25;

export class PricePath implements RunnerFamily {
  readonly names = [
    ...MOMENTUM_WINDOWS.map((seconds) => `momentum_${String(seconds)}s`),
    ...VOLATILITY_WINDOWS.map((seconds) => `volatility_${String(seconds)}s`)
  ];
  readonly about = [
    ...MOMENTUM_WINDOWS.map((seconds) => ({
      unit: '4 %, asinh',
      formula: `asinh(25 (ln(mid) - its exponential average)), T = ${String(seconds)}`
    })),
    ...VOLATILITY_WINDOWS.map((seconds) => ({
      unit: '4 % a root minute, asinh',
      formula: `asinh(25 sqrt(60 / T x sum of w r^2)), r changes of ln(mid), w = exp(-t / T), T = ${String(seconds)}`
    }))
  ];
  readonly #averages: readonly Float64Array[];
  readonly #decays: readonly Decay[];
  readonly #squares: readonly DecayedSum[];
  /** The price that has stood since `since`, NaN before the first. */
  readonly #standing: Float64Array;
  readonly #since: Float64Array;
  /** The change of now, squared; written over. */
  readonly #square = new Float64Array(1);

  constructor(memory: FeatureMemory, slots: number) {
    this.#averages = MOMENTUM_WINDOWS.map(() => memory.array(slots, Number.NaN));
    this.#decays = MOMENTUM_WINDOWS.map((tau) => memory.decay(tau));
    this.#squares = VOLATILITY_WINDOWS.map((tau) => new DecayedSum(memory, slots, tau));
    this.#standing = memory.array(slots, Number.NaN);
    this.#since = memory.array(slots, 0);
  }

  onQuotes(slot: number, { clock, logMid }: Quotes): void {
    const mid = logMid[slot]!;
    // While a side is empty the last mid stands.
    if (Number.isNaN(mid)) return;
    const standing = this.#standing[slot]!;
    if (Number.isNaN(standing)) for (const average of this.#averages) average[slot] = mid;
    else if (mid !== standing) {
      for (let i = 0; i < MOMENTUM_WINDOWS.length; i++) this.#moveAverage(i, slot, clock);
      const change = mid - standing;
      this.#square[0] = change * change;
      for (let i = 0; i < this.#squares.length; i++) this.#squares[i]!.addFrom(slot, this.#square, clock);
    } else return;
    this.#standing[slot] = mid;
    this.#since[slot] = clock[0]!;
  }

  write({ now }: FeatureView, slot: number, into: Float32Array, at: number): void {
    const standing = this.#standing[slot]!;
    if (Number.isNaN(standing)) {
      into.fill(0, at, at + this.names.length);
      return;
    }
    for (let i = 0; i < MOMENTUM_WINDOWS.length; i++) {
      into[at + i] = squash(GAIN * (standing - this.#averageAt(i, slot, now)));
    }
    for (let i = 0; i < VOLATILITY_WINDOWS.length; i++) {
      const perMinute = (this.#squares[i]!.at(slot, now) / VOLATILITY_WINDOWS[i]!) * 60;
      into[at + MOMENTUM_WINDOWS.length + i] = squash(GAIN * Math.sqrt(perMinute));
    }
  }

  /** What stood until now enters the average. */
  #moveAverage(window: number, slot: number, clock: Float64Array): void {
    const averages = this.#averages[window]!;
    const decay = this.#decays[window]!;
    const weight = decay.known[decay.placeOf(this.#since, slot, clock)]!;
    averages[slot] = weight * averages[slot]! + (1 - weight) * this.#standing[slot]!;
  }

  #averageAt(window: number, slot: number, time: number): number {
    const held = this.#averages[window]![slot]!;
    const weight = this.#decays[window]!.at(this.#since[slot]!, time);
    return weight * held + (1 - weight) * this.#standing[slot]!;
  }
}
