/**
 * Where a backend can write into a variable's own storage, optimisers skip the tensors in between. Each call answers
 * whether it did the work: storage that other tensors share is never written, the caller's plain path is used then.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';

export interface AdamStep {
  readonly gradientScale: number;
  readonly decay: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Learning rate over 1 − β1^t. */
  readonly stepSize: number;
  /** 1 over √(1 − β2^t). */
  readonly secondScale: number;
  readonly epsilon: number;
}

export interface RmsPropStep {
  readonly gradientScale: number;
  readonly decay: number;
  readonly learningRate: number;
  readonly epsilon: number;
}

export interface InPlaceKernels {
  adam(state: { parameter: Variable; m: Variable; v: Variable }, gradient: Tensor, step: AdamStep): boolean;
  rmsProp(state: { parameter: Variable; square: Variable }, gradient: Tensor, step: RmsPropStep): boolean;
  polyak(target: Variable, source: Tensor, tau: number): boolean;
  /** Sum of squares of all elements, at once: only where reading is free of waiting. */
  sumOfSquares(tensors: readonly Tensor[]): number;
}

const registered = new Map<string, InPlaceKernels>();

/** Puts a backend's kernels in use, or takes them away with `undefined`. For device.ts alone. */
export function setInPlaceKernels(backend: string, kernels: InPlaceKernels | undefined): void {
  if (kernels === undefined) registered.delete(backend);
  else registered.set(backend, kernels);
}

export const inPlaceKernels = (): InPlaceKernels | undefined => registered.get(tf.getBackend());
