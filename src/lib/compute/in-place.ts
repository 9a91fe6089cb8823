/**
 * Where a backend can write into a variable's own storage, optimisers skip the tensors in between. Storage that other
 * tensors share is never written: each call answers which of its tensors it left alone, or whether it did the work, and
 * the caller's plain path is used for the rest.
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

export interface AdamSlot {
  readonly parameter: Variable;
  readonly m: Variable;
  readonly v: Variable;
}

export interface RmsPropSlot {
  readonly parameter: Variable;
  readonly square: Variable;
}

export interface RmsPropStep {
  readonly gradientScale: number;
  readonly decay: number;
  readonly learningRate: number;
  readonly epsilon: number;
}

/** How a step is taken whose numbers are new each time. */
export interface Stepping<Step> {
  /** Counts one step, and says what its numbers are. A recorded update that is replayed asks again. */
  readonly next: () => Omit<Step, 'gradientScale'>;
  /** Limit on the gradients' global norm; 0 for none. */
  readonly maxGradientNorm: number;
}

export interface Stepped<Step> {
  /** Slots that were left alone, by index, and the step they have to take. */
  readonly left: readonly number[];
  readonly step: Step;
}

export interface InPlaceKernels {
  /** All at once, a gradient a slot. */
  adam(slots: readonly AdamSlot[], gradients: readonly Tensor[], stepping: Stepping<AdamStep>): Stepped<AdamStep>;
  rmsProp(
    slots: readonly RmsPropSlot[],
    gradients: readonly Tensor[],
    stepping: Stepping<RmsPropStep>
  ): Stepped<RmsPropStep>;
  /** All pairs at once. @returns which were left alone, by index */
  polyak(targets: readonly Variable[], sources: readonly Tensor[], tau: number): readonly number[];
}

const registered = new Map<string, InPlaceKernels>();

/** Puts a backend's kernels in use, or takes them away with `undefined`. For device.ts alone. */
export function setInPlaceKernels(backend: string, kernels: InPlaceKernels | undefined): void {
  if (kernels === undefined) registered.delete(backend);
  else registered.set(backend, kernels);
}

export const inPlaceKernels = (): InPlaceKernels | undefined => registered.get(tf.getBackend());
