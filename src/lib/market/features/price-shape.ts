/**
 * The shape of the changes r of ln(mid) over a window: realised skewness sqrt(N) sum(r^3) / sum(r^2)^1.5 and realised
 * kurtosis N sum(r^4) / sum(r^2)^2 (Amaya, Christoffersen, Jacobs and Vasquez 2015, "Does realized skewness predict the
 * cross-section of equity returns?", eqs. 3 and 4), both squashed, with sums and the count N decaying instead of ending
 * at an edge. Kurtosis is told less 3, what a normal variable has. 0 below two changes.
 */
import { DecayedSum } from './decayed.ts';
import type { FeatureMemory } from './feature-memory.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import type { Quotes } from './quotes.ts';
import { squash } from './scale.ts';

const WINDOWS = [60, 300] as const;
/** A count of less is no shape. */
const FEWEST = 2;

export class PriceShape implements RunnerFamily {
  readonly names = WINDOWS.flatMap((seconds) => [`skewness_${String(seconds)}s`, `kurtosis_${String(seconds)}s`]);
  /** By window: the count and the sums of r^2, r^3, r^4. */
  readonly #sums: readonly (readonly DecayedSum[])[];
  readonly #standing: Float64Array;

  constructor(memory: FeatureMemory, slots: number) {
    this.#sums = WINDOWS.map((tau) => [0, 2, 3, 4].map(() => new DecayedSum(memory, slots, tau)));
    this.#standing = memory.array(slots, Number.NaN);
  }

  onQuotes(slot: number, time: number, quotes: Quotes): void {
    const mid = quotes.logMid[slot]!;
    if (Number.isNaN(mid)) return;
    const change = mid - this.#standing[slot]!;
    this.#standing[slot] = mid;
    if (change === 0 || Number.isNaN(change)) return;
    const square = change * change;
    for (const sums of this.#sums) {
      sums[0]!.add(slot, 1, time);
      sums[1]!.add(slot, square, time);
      sums[2]!.add(slot, square * change, time);
      sums[3]!.add(slot, square * square, time);
    }
  }

  write({ now }: FeatureView, slot: number, into: Float32Array, at: number): void {
    for (let i = 0; i < WINDOWS.length; i++) {
      const sums = this.#sums[i]!;
      const count = sums[0]!.at(slot, now);
      const squares = sums[1]!.at(slot, now);
      const known = count >= FEWEST && squares > 0;
      into[at + 2 * i] = known ? squash((Math.sqrt(count) * sums[2]!.at(slot, now)) / squares ** 1.5) : 0;
      into[at + 2 * i + 1] = known ? squash((count * sums[3]!.at(slot, now)) / (squares * squares) - 3) : 0;
    }
  }
}
