/**
 * The shape of the changes r of ln(mid) over a window: realised skewness sqrt(N) sum(r^3) / sum(r^2)^1.5 and realised
 * kurtosis N sum(r^4) / sum(r^2)^2 (Amaya, Christoffersen, Jacobs and Vasquez 2015, "Does realized skewness predict the
 * cross-section of equity returns?", eqs. 3 and 4), both squashed, with sums and the count N decaying instead of ending
 * at an edge. Kurtosis is told less 3, what a normal variable has. 0 below two changes.
 */
import { DecayedSums } from './decayed.ts';
import type { FeatureMemory } from './feature-memory.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import type { Quotes } from './quotes.ts';
import { squash } from './scale.ts';

const WINDOWS = [60, 300] as const;
/** A count of less is no shape. */
const FEWEST = 2;

export class PriceShape implements RunnerFamily {
  readonly names = WINDOWS.flatMap((seconds) => [`skewness_${String(seconds)}s`, `kurtosis_${String(seconds)}s`]);
  readonly about = WINDOWS.flatMap((seconds) => [
    {
      unit: 'standardised, asinh',
      formula: `asinh(sqrt(N) sum of w r^3 / (sum of w r^2)^1.5), N = sum of w, T = ${String(seconds)}`
    },
    {
      unit: 'standardised, asinh',
      formula: `asinh(N sum of w r^4 / (sum of w r^2)^2 - 3), N = sum of w, T = ${String(seconds)}`
    }
  ]);
  /** By window: the count and the sums of r^2, r^3, r^4. */
  readonly #sums: readonly DecayedSums[];
  readonly #standing: Float64Array;

  constructor(memory: FeatureMemory, slots: number) {
    this.#sums = WINDOWS.map((tauSeconds) => new DecayedSums(memory, { slots, tauSeconds, width: 4 }));
    this.#standing = memory.array(slots, Number.NaN);
  }

  onQuotes(slot: number, quotes: Quotes): void {
    const time = quotes.clock[0]!;
    const mid = quotes.logMid[slot]!;
    if (Number.isNaN(mid)) return;
    const change = mid - this.#standing[slot]!;
    this.#standing[slot] = mid;
    if (change === 0 || Number.isNaN(change)) return;
    const square = change * change;
    for (const sums of this.#sums) {
      sums.moveTo(slot, time);
      sums.add(slot, 0, 1);
      sums.add(slot, 1, square);
      sums.add(slot, 2, square * change);
      sums.add(slot, 3, square * square);
    }
  }

  write({ now }: FeatureView, slot: number, into: Float32Array, at: number): void {
    for (let i = 0; i < WINDOWS.length; i++) {
      const sums = this.#sums[i]!;
      into[at + 2 * i] = 0;
      into[at + 2 * i + 1] = 0;
      if (sums.held(slot, 0) < FEWEST) continue;
      const decay = sums.decay(slot, now);
      const count = sums.held(slot, 0) * decay;
      const squares = sums.held(slot, 1) * decay;
      if (count < FEWEST || squares === 0) continue;
      into[at + 2 * i] = squash((Math.sqrt(count) * sums.held(slot, 2) * decay) / (squares * Math.sqrt(squares)));
      into[at + 2 * i + 1] = squash((count * sums.held(slot, 3) * decay) / (squares * squares) - 3);
    }
  }
}
