/**
 * Percentile bootstrap over episodes (Efron 1979): what every figure of an evaluation is shown with. Works for any
 * statistic of a set of episodes, a mean or a tail.
 */
import type { Random } from '../core/random.ts';
import type { Interval } from './types.ts';

export interface BootstrapOptions {
  readonly samples: number;
  readonly confidencePercent: number;
  readonly random: Random;
}

/** Figures of a set of episodes by name; one that has no value there (no market traded) is left out or NaN. */
export type Summary = Readonly<Record<string, number>>;

/**
 * @param summarise called with the episodes as they are, and with as many drawn from them with replacement
 * @returns an interval for every figure that the episodes have; resamples in which it has no value are left out of it
 */
export function bootstrap<T>(
  episodes: readonly T[],
  summarise: (episodes: readonly T[]) => Summary,
  { samples, confidencePercent, random }: BootstrapOptions
): Readonly<Record<string, Interval>> {
  const figures = Object.entries(summarise(episodes)).filter(([, value]) => Number.isFinite(value));
  const draws = figures.map(() => [] as number[]);
  const drawn = [...episodes];
  if (episodes.length > 1) {
    for (let s = 0; s < samples; s++) {
      for (let i = 0; i < drawn.length; i++) drawn[i] = episodes[random.below(episodes.length)] as T;
      const summary = summarise(drawn);
      figures.forEach(([name], k) => {
        const value = summary[name];
        if (value !== undefined && Number.isFinite(value)) draws[k]?.push(value);
      });
    }
  }
  const tail = (100 - confidencePercent) / 200;
  return Object.fromEntries(
    figures.map(([name, value], k): [string, Interval] => {
      // Adding 0 makes 0 of -0, which JSON would do too: a report read back is then equal to the one kept.
      const mean = value + 0;
      const sorted = Float64Array.from(draws[k] ?? []).sort();
      if (sorted.length === 0) return [name, { mean, low: mean, high: mean }];
      return [name, { mean, low: quantileOfSorted(sorted, tail) + 0, high: quantileOfSorted(sorted, 1 - tail) + 0 }];
    })
  );
}

/** Linear between order statistics (Hyndman and Fan 1996, type 7). */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (at - below) * (high - low);
}
