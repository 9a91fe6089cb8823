import { test as property, fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import type { Moments } from './moments.ts';
import { ColumnMoments, mergeMoments } from './moments.ts';
import { applyScaler, fitScaler } from './scaler.ts';

const all = (values: readonly number[]): Moments => {
  const moments = new ColumnMoments(1);
  moments.add(0, Float32Array.from(values), 0, values.length);
  return moments.of(0);
};
const market = (id: string, values: readonly number[]) => ({ id, moments: { x: all(values) } });
const number = fc.float({ min: -100, max: 100, noNaN: true });

describe('moments', () => {
  property.prop([fc.array(fc.array(number, { maxLength: 20 }), { maxLength: 6 })])(
    'of parts add up to those of the whole',
    (parts) => {
      const merged = mergeMoments(parts.map(all));
      const whole = all(parts.flat());
      expect(merged.count).toBe(whole.count);
      expect(merged.mean).toBeCloseTo(whole.mean, 6);
      expect(merged.squares).toBeCloseTo(whole.squares, 4);
    }
  );

  property.prop([fc.array(number, { minLength: 1, maxLength: 200 }), fc.integer({ min: 1, max: 70 })])(
    'are those of a plain sum over the values, in whatever pieces they come',
    (values, piece) => {
      const column = Float32Array.from(values);
      const moments = new ColumnMoments(2);
      for (let from = 0; from < column.length; from += piece) {
        moments.add(1, column, from, Math.min(column.length, from + piece));
      }
      const mean = column.reduce((sum, one) => sum + one, 0) / column.length;
      const squares = column.reduce((sum, one) => sum + (one - mean) ** 2, 0);
      expect(moments.of(1).count).toBe(column.length);
      expect(moments.of(1).mean).toBeCloseTo(mean, 9);
      expect(Math.abs(moments.of(1).squares - squares)).toBeLessThan(1e-9 * (1 + squares));
      expect(moments.of(0)).toEqual({ count: 0, mean: 0, squares: 0 });
    }
  );

  it('count a value as often as it is said to stand', () => {
    const twice = new ColumnMoments(1);
    const once = new ColumnMoments(1);
    twice.add(0, Float32Array.of(1, 2, 5), 0, 3, 2);
    twice.add(0, Float32Array.of(9), 0, 1, 0);
    once.add(0, Float32Array.of(1, 2, 5, 1, 2, 5), 0, 6);
    expect(twice.of(0).count).toBe(6);
    expect(twice.of(0).mean).toBeCloseTo(once.of(0).mean, 12);
    expect(twice.of(0).squares).toBeCloseTo(once.of(0).squares, 12);
  });
});

describe('the scaler', () => {
  it('is of the markets it was given, whatever the order, and of nothing else', () => {
    const [a, b] = [market('a', [1, 3]), market('b', [5])];
    const scaler = fitScaler([b, a], ['x'], 'hash');
    expect(scaler).toEqual(fitScaler([a, b], ['x'], 'hash'));
    expect(scaler.markets).toEqual(['a', 'b']);
    expect(scaler.mean[0]).toBeCloseTo(3, 12);
    expect(scaler.deviation[0]).toBeCloseTo(Math.sqrt(8 / 3), 12);
  });

  it('brings what it was fitted on to mean 0 and deviation 1, and leaves a constant at 0', () => {
    const moments = { x: all([1, 2, 3, 6]), one: all([4, 4, 4, 4]) };
    const scaler = fitScaler([{ id: 'a', moments }], ['x', 'one'], 'hash');
    const rows = Float32Array.of(1, 4, 2, 4, 3, 4, 6, 4);
    applyScaler(scaler, rows, 'hash');
    const x = [0, 2, 4, 6].map((i) => rows[i]!);
    expect(x.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 6);
    expect(x.reduce((sum, value) => sum + value * value, 0) / 4).toBeCloseTo(1, 6);
    expect([1, 3, 5, 7].map((i) => rows[i])).toEqual([0, 0, 0, 0]);
  });

  it('is refused by other features', () => {
    const scaler = fitScaler([market('a', [1, 2])], ['x'], 'hash');
    expect(() => {
      applyScaler(scaler, new Float32Array(2), 'other');
    }).toThrow(AppError);
  });
});
