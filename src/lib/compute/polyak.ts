/** Polyak averaging of target networks. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { inPlaceKernels } from './in-place.ts';
import { listKernels } from './list-kernels.ts';

/**
 * target ← (1 − tau) target + tau source, for each pair (Lillicrap et al. 2016, algorithm 1).
 * Targets must not share storage with their sources: make them with `copyOf`.
 */
export function polyakUpdate(targets: readonly Variable[], sources: readonly Tensor[], tau: number): void {
  if (targets.length !== sources.length) {
    throw new Error(`polyakUpdate: ${String(targets.length)} targets for ${String(sources.length)} sources`);
  }
  if (listKernels()?.polyak(targets, sources, tau) === true) return;
  const left = inPlaceKernels()?.polyak(targets, sources, tau) ?? targets.keys();
  for (const i of left) {
    const target = targets[i]!;
    tf.tidy(() => target.assign(tf.add(tf.mul(target, 1 - tau), tf.mul(sources[i]!, tau))));
  }
}

/** A variable of its own storage with a tensor's values: what a target network starts from. */
export function copyOf(source: Tensor, trainable = false): Variable {
  return tf.tidy(() => tf.variable(tf.add(source, 0), trainable));
}
