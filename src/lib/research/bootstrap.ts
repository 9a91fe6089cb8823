/** Percentile bootstrap of a mean over episodes (Efron 1979): what every figure of an evaluation is shown with. */
import type { Random } from '../core/random.ts';
import type { Interval } from './types.ts';

export interface BootstrapOptions {
  readonly samples: number;
  readonly confidencePercent: number;
  readonly random: Random;
}

/** @param values one a episode; with a single one the interval is that value, with none it is all NaN */
export function bootstrapMean(
  values: ArrayLike<number>,
  { samples, confidencePercent, random }: BootstrapOptions
): Interval {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i]!;
  const mean = sum / n;
  if (n < 2) return { mean, low: mean, high: mean };
  const means = new Float64Array(samples);
  for (let s = 0; s < samples; s++) {
    let drawn = 0;
    for (let i = 0; i < n; i++) drawn += values[random.below(n)]!;
    means[s] = drawn / n;
  }
  means.sort();
  const tail = (100 - confidencePercent) / 200;
  return { mean, low: quantileOfSorted(means, tail), high: quantileOfSorted(means, 1 - tail) };
}

/** Linear between order statistics (Hyndman and Fan 1996, type 7). */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (at - below) * (high - low);
}
