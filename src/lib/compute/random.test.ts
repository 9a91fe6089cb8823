import { describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { fillNormal, fillUniform } from './random.ts';

const stream = (): Random => new Random(seed(7), 'noise');

describe('noise', () => {
  it('is standard normal: moments and the share beyond 1.96', () => {
    const values = new Float32Array(200_000);
    fillNormal(stream(), values);
    const n = values.length;
    const mean = values.reduce((sum, x) => sum + x, 0) / n;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
    const fourth = values.reduce((sum, x) => sum + x ** 4, 0) / n;
    const beyond = values.reduce((count, x) => count + (Math.abs(x) > 1.96 ? 1 : 0), 0) / n;
    // Five standard errors of each, for n = 200,000.
    expect(Math.abs(mean)).toBeLessThan(0.0112);
    expect(Math.abs(variance - 1)).toBeLessThan(0.0159);
    expect(Math.abs(fourth - 3)).toBeLessThan(0.11);
    expect(Math.abs(beyond - 0.05)).toBeLessThan(0.00245);
  });

  it('goes on the same after the stream was saved and loaded, odd counts included', () => {
    const whole = stream();
    const first = new Float32Array(5);
    const second = new Float32Array(5);
    fillNormal(whole, first);
    const state = whole.save();
    fillNormal(whole, second);
    const resumed = stream();
    resumed.load(state);
    const again = new Float32Array(5);
    fillNormal(resumed, again);
    expect(again).toEqual(second);
  });

  it('is uniform within its bounds', () => {
    const values = new Float32Array(100_000);
    fillUniform(stream(), values, -2, 3);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    expect(Math.min(...values.subarray(0, 1000))).toBeGreaterThanOrEqual(-2);
    expect(values.every((x) => x >= -2 && x < 3)).toBe(true);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.023);
  });
});
