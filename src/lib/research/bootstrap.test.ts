import { describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { bootstrap, quantileOfSorted } from './bootstrap.ts';

const options = (drawSeed: number) => ({ samples: 2000, confidencePercent: 95, random: new Random(seed(drawSeed)) });
const mean = (values: readonly number[]) => ({ mean: values.reduce((sum, x) => sum + x, 0) / values.length });

describe('the percentile bootstrap', () => {
  it('covers the true mean about as often as it says', () => {
    const data = new Random(seed(1), 'data');
    let covered = 0;
    const trials = 200;
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: 40 }, () => 3 + 2 * data.normal());
      const interval = bootstrap(values, mean, { ...options(trial), samples: 300 })['mean'];
      if (interval !== undefined && interval.low <= 3 && 3 <= interval.high) covered++;
    }
    // 95 % nominal; the percentile method covers a little less at 40 values. Three standard deviations of 200 trials.
    expect(covered / trials).toBeGreaterThan(0.88);
    expect(covered / trials).toBeLessThan(0.995);
  });

  it('is as wide as the standard error says', () => {
    const data = new Random(seed(2), 'data');
    const values = Array.from({ length: 400 }, () => data.normal());
    const interval = bootstrap(values, mean, options(0))['mean'];
    const width = (interval?.high ?? 0) - (interval?.low ?? 0);
    expect(width).toBeGreaterThan(0.9 * 2 * 1.96 * (1 / 20));
    expect(width).toBeLessThan(1.1 * 2 * 1.96 * (1 / 20));
  });

  it('gives the same interval for the same seed and another for another', () => {
    const values = [1, 2, 3, 5, 8, 13];
    expect(bootstrap(values, mean, options(3))).toEqual(bootstrap(values, mean, options(3)));
    expect(bootstrap(values, mean, options(3))).not.toEqual(bootstrap(values, mean, options(4)));
  });

  it('leaves out what the episodes have no value for, and resamples that have none', () => {
    const some = (values: readonly number[]) => ({
      never: Number.NaN,
      positive: mean(values.filter((x) => x > 0)).mean
    });
    const figures = bootstrap([-1, -1, -1, 4], some, options(5));
    expect(Object.keys(figures)).toEqual(['positive']);
    expect(figures['positive']).toEqual({ mean: 4, low: 4, high: 4 });
  });

  it('is a point for a single episode', () => {
    expect(bootstrap([7], mean, options(6))['mean']).toEqual({ mean: 7, low: 7, high: 7 });
  });

  it('interpolates quantiles between order statistics', () => {
    expect(quantileOfSorted([0, 10], 0.25)).toBe(2.5);
    expect(quantileOfSorted([1, 2, 3], 1)).toBe(3);
  });
});
