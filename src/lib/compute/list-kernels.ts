/**
 * Where a backend can step whole lists of variables at once, in their own storage, optimisers and target networks leave it
 * to it: with hundreds of small launches an update, their number is the cost. Numbers that change from step to step come
 * as a tensor, so that a recorded update can be replayed.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';

export interface AdamListStep {
  readonly slots: readonly { readonly parameter: Variable; readonly m: Variable; readonly v: Variable }[];
  /** In the order of the slots. */
  readonly gradients: readonly Tensor[];
  /** [3]: learning rate over 1 − β1^t, 1 over √(1 − β2^t), and what the parameter is scaled by before the step. */
  readonly numbers: Tensor;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Limit on the gradients' global norm; 0 for none. */
  readonly maxGradientNorm: number;
}

/** Each call answers whether it did the work: storage that other tensors share is never written. */
export interface ListKernels {
  adam(step: AdamListStep): boolean;
  /** target ← (1 − tau) target + tau source, pair by pair. */
  polyak(targets: readonly Variable[], sources: readonly Tensor[], tau: number): boolean;
}

const registered = new Map<string, ListKernels>();

/** Puts a backend's kernels in use, or takes them away with `undefined`. For device.ts alone. */
export function setListKernels(backend: string, kernels: ListKernels | undefined): void {
  if (kernels === undefined) registered.delete(backend);
  else registered.set(backend, kernels);
}

export const listKernels = (): ListKernels | undefined => registered.get(tf.getBackend());
