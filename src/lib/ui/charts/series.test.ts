import { describe, expect, it } from 'vitest';
import { smoothed, sparkPath, spread, thinned, valueRange } from './series.ts';

const range = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i);

describe('thinning', () => {
  it('leaves a short series as it is', () => {
    const { x, y } = thinned([10, 20, 30], [1, 2, 3], 600);
    expect([...x]).toEqual([10, 20, 30]);
    expect([...y]).toEqual([1, 2, 3]);
  });

  it('keeps the level, the last x and the limit', () => {
    const { x, y } = thinned(range(10_000), range(10_000), 500);
    expect(x.length).toBeLessThanOrEqual(500);
    expect(x.at(-1)).toBe(9999);
    const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
    expect(mean).toBeCloseTo(4999.5, 6);
  });

  it('averages only what is known and keeps a wholly unknown bin unknown', () => {
    const { y } = thinned([1, 2, 3, 4], [Number.NaN, 2, Number.NaN, Number.NaN], 2);
    expect(y[0]).toBe(2);
    expect(y[1]).toBeNaN();
  });
});

describe('smoothing', () => {
  it('is the centred mean of known points, shorter at the ends', () => {
    expect([...smoothed([0, 3, 6, 9], 3)]).toEqual([1.5, 3, 6, 7.5]);
  });

  it('does not invent a point where there was none', () => {
    const y = smoothed([1, Number.NaN, 3], 3);
    expect(y[1]).toBeNaN();
    expect(y[0]).toBe(1);
  });
});

describe('the value axis', () => {
  it('holds every series and baseline with room on both sides', () => {
    const [low, high] = valueRange([[0, 10]], [{ label: 'fixed rule', value: -5 }]);
    expect(low).toBeLessThan(-5);
    expect(high).toBeGreaterThan(10);
  });

  it('keeps fixed ends and survives having nothing', () => {
    expect(valueRange([[0.4, 0.6]], [], [0, 1])).toEqual([0, 1]);
    expect(valueRange([[Number.NaN]], [])).toEqual([0, 1]);
  });

  it('gives a constant series some height', () => {
    const [low, high] = valueRange([[2, 2]], []);
    expect(high - low).toBeGreaterThan(0);
  });
});

describe('tables and sparklines', () => {
  it('spreads rows over the whole series, ends included', () => {
    expect(spread(3, 8)).toEqual([0, 1, 2]);
    expect(spread(101, 5)).toEqual([0, 25, 50, 75, 100]);
  });

  it('draws high values at the top and skips unknown ones', () => {
    const path = sparkPath([0, Number.NaN, 1], 10, 10);
    expect(path.startsWith('M0.0')).toBe(true);
    const [first = 0, last = 0] = [...path.matchAll(/ ([\d.]+)/g)].map((match) => Number(match[1]));
    expect(first).toBeGreaterThan(last);
    expect(path.match(/[ML]/g)).toHaveLength(2);
  });
});
