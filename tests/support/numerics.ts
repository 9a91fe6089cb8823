/** goldens/rl-numerics.json: its entries, its tensors, and how near is near enough. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { goldens, readGolden } from './recordings.ts';

export interface Golden {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
export interface Layer {
  readonly w: Golden;
  readonly b: Golden;
}
export interface Entry<I, O> {
  readonly inputs: I;
  readonly outputs: O;
  readonly f32_error: number;
}

const entries = goldens.present
  ? (readGolden('rl-numerics.json') as { entries: Record<string, Entry<never, never>> }).entries
  : {};

export function entry<I, O>(name: string): Entry<I, O> {
  const found = entries[name];
  if (found === undefined) throw new Error(`rl-numerics.json has no entry ${name}`);
  return found;
}

/** As the file says: differences are held to 1e-5 of a tensor's largest value, or to what float32 itself gives away. */
export function expectClose(got: ArrayLike<number>, golden: Golden | number, f32Error: number, what: string): void {
  const wanted = typeof golden === 'number' ? [golden] : golden.data;
  expect(got.length, what).toBe(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs));
  const tolerance = Math.max(1e-5, 2 * f32Error) * scale + 1e-12;
  wanted.forEach((value, i) => {
    expect(
      Math.abs(got[i]! - value),
      `${what}[${String(i)}]: ${String(got[i])} for ${String(value)}`
    ).toBeLessThanOrEqual(tolerance);
  });
}

export const tensor = (golden: Golden): tf.Tensor => tf.tensor([...golden.data], [...golden.shape]);
