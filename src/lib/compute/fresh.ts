/**
 * Numbers that are new at every update (a step size, a bias correction, a batch), as tensors. An update that was recorded
 * and is replayed asks for them again each time; anywhere else they are plain tensors.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** @param values called once an update, in the order in which the update asks */
export type FreshSource = (values: () => Float32Array, shape: readonly number[]) => Tensor;

const plain: FreshSource = (values, shape) => tf.tensor(values(), [...shape], 'float32');
let source = plain;

/** A float32 tensor of this update's values; the caller disposes of it, or runs in `tf.tidy`. */
export const fresh: FreshSource = (values, shape) => source(values, shape);

/** Runs with another source of such numbers. For the recording of updates alone. */
export function withFresh<T>(own: FreshSource, run: () => T): T {
  const before = source;
  source = own;
  try {
    return run();
  } finally {
    source = before;
  }
}
