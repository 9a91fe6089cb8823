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

/** Largest difference from the reference in a tensor's largest value: GPUs sum, and compute functions, in ways of their own. */
const tolerances: Readonly<Record<string, number>> = { cpu: 1e-5, wasm: 1e-5, webgpu: 1e-4 };

/**
 * As the file says: differences are held to 1e-5 of a tensor's largest value on the CPU backends, to 1e-4 on WebGPU, or to
 * what float32 itself gives away.
 */
export function expectClose(got: ArrayLike<number>, golden: Golden | number, f32Error: number, what: string): void {
  // Plain arithmetic runs before any backend was chosen.
  const backend = (tf.getBackend() as string | undefined) ?? 'cpu';
  const allowed = tolerances[backend];
  if (allowed === undefined) throw new Error(`no tolerance for ${backend}`);
  const wanted = typeof golden === 'number' ? [golden] : golden.data;
  expect(got.length, what).toBe(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs));
  const tolerance = Math.max(allowed, 2 * f32Error) * scale + 1e-12;
  wanted.forEach((value, i) => {
    expect(
      Math.abs(got[i]! - value),
      `${what}[${String(i)}]: ${String(got[i])} for ${String(value)}`
    ).toBeLessThanOrEqual(tolerance);
  });
}

export const tensor = (golden: Golden): tf.Tensor => tf.tensor([...golden.data], [...golden.shape]);
