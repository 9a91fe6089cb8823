import { describe, expect, it } from 'vitest';
import { markOuts } from './mark-outs.ts';

const after = (times: readonly number[], prices: readonly number[], seconds: number): readonly number[] => {
  const into = new Float64Array(prices.length);
  markOuts(Float64Array.from(times), Float64Array.from(prices, Math.log), seconds, into);
  return [...into].map((value) => Math.round(1e9 * Math.exp(value)) / 1e9);
};

describe('mark-outs', () => {
  it('compare the price that stands when they are due, and none where recording ends before', () => {
    expect(after([0, 1, 2, 3], [1, 2, 4, 8], 2)).toEqual([4, 4, Number.NaN, Number.NaN]);
  });

  it('between two moments the earlier price stands', () => {
    expect(after([0, 2, 10], [1, 3, 9], 5)).toEqual([3, 1, Number.NaN]);
  });

  it('are missing where either price is, each slot for itself', () => {
    const into = new Float64Array(6);
    const [a, b] = [Math.log(2), Math.log(6)];
    markOuts(Float64Array.of(0, 1, 2), Float64Array.of(a, Number.NaN, b, a, b, a), 1, into);
    expect([...into].map((value) => Math.round(1e6 * value) / 1e6)).toEqual([
      1.098612,
      Number.NaN,
      0,
      0,
      Number.NaN,
      Number.NaN
    ]);
  });
});
