import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';
import { seed } from './units.ts';

const take = (random: Random, n: number): number[] => Array.from({ length: n }, () => random.bits());

describe('named random streams', () => {
  it('repeat for a seed and differ between seeds', () => {
    expect(take(new Random(seed(7)), 8)).toEqual(take(new Random(seed(7)), 8));
    expect(take(new Random(seed(7)), 8)).not.toEqual(take(new Random(seed(8)), 8));
  });
  it('split by name, not by order of call', () => {
    const early = new Random(seed(1)).split('fills');
    const late = new Random(seed(1));
    take(late, 100);
    late.split('other');
    expect(take(late.split('fills'), 8)).toEqual(take(early, 8));
  });
  it('give different streams for different names and depths', () => {
    const root = new Random(seed(1));
    const streams = [root.split('a'), root.split('b'), root.split('a').split('b'), root.split('ab')];
    const firsts = new Set(streams.map((stream) => stream.bits()));
    expect(firsts.size).toBe(streams.length);
  });
  it('are made over in place into what a split by name and number gives, and split on from there', () => {
    const root = new Random(seed(1), 'a path of names that is longer than the sixty-four units a stream begins with');
    const used = new Random(seed(9));
    for (const number of [0, 7, 10, 1203, 123_456_789]) {
      used.normal();
      used.reseed(root, 'draw ', number);
      const split = root.split(`draw ${String(number)}`);
      expect([used.normal(), ...take(used, 8)]).toEqual([split.normal(), ...take(split, 8)]);
      expect(take(used.split('slippage'), 8)).toEqual(take(split.split('slippage'), 8));
    }
    used.reseed(root, 'fills');
    expect(take(used, 8)).toEqual(take(root.split('fills'), 8));
  });
  it('start over in place as the stream of a seed, a name and a number', () => {
    const used = new Random(seed(9));
    for (const [number, digits, written] of [
      [0, 1, '0'],
      [0, 3, '000'],
      [7, 3, '007'],
      [42, 3, '042'],
      [100, 3, '100'],
      [12_345, 3, '12345']
    ] as const) {
      for (const root of [0, 5, 10, 99_999, 2_147_483_648, 4_294_967_295]) {
        used.normal();
        used.restart(number % 2 === 0 ? root : root | 0, 'market ', number, digits);
        const made = new Random(seed(root), `market ${written}`);
        expect([used.normal(), ...take(used, 4)]).toEqual([made.normal(), ...take(made, 4)]);
        expect(take(used.split('news'), 4)).toEqual(take(made.split('news'), 4));
      }
    }
  });
  it('go on exactly from a saved state', () => {
    const random = new Random(seed(3));
    take(random, 5);
    const state = random.save();
    const expected = take(random, 5);
    const other = new Random(seed(4));
    other.load(state);
    expect(take(other, 5)).toEqual(expected);
  });
  it('have the moments of their distributions', () => {
    const random = new Random(seed(5));
    const n = 200_000;
    const moments = (draw: () => number): [number, number] => {
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < n; i++) {
        const x = draw();
        sum += x;
        squares += x * x;
      }
      return [sum / n, squares / n - (sum / n) ** 2];
    };
    // Bounds are about five standard errors of each moment.
    const [uniformMean, uniformVariance] = moments(() => random.uniform());
    expect(Math.abs(uniformMean - 0.5)).toBeLessThan(0.0035);
    expect(Math.abs(uniformVariance - 1 / 12)).toBeLessThan(0.001);
    const [normalMean, normalVariance] = moments(() => random.normal());
    expect(Math.abs(normalMean)).toBeLessThan(0.012);
    expect(Math.abs(normalVariance - 1)).toBeLessThan(0.017);
    const [exponentialMean] = moments(() => random.exponential(2));
    expect(Math.abs(exponentialMean - 2)).toBeLessThan(0.023);
  });
  it('draw whole numbers below n evenly', () => {
    const random = new Random(seed(6));
    const counts = new Float64Array(7);
    for (let i = 0; i < 70_000; i++) counts[random.below(7)]! += 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(22.5); // 6 degrees of freedom, p = 0.001
  });
  it('shuffle into a permutation', () => {
    const values = Array.from({ length: 50 }, (_, i) => i);
    new Random(seed(9)).shuffle(values);
    expect([...values].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(values).not.toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});
