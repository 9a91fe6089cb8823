/**
 * Parts of agents' losses that a backend may have as one op with gradients of its own, where tfjs would run some twenty.
 * The agents hold the plain mathematics and fall back to it; what a backend puts here has been checked against it.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

export interface FusedLosses {
  /**
   * Quantile Huber loss with κ = 1 and τ_i = (i + 0.5) / n (Dabney et al. 2018, arXiv 1710.10044, eqs. 9 and 10): mean
   * over quantiles and atoms, and over the rows that a mask of ones lets through.
   * @param values [rows, quantiles], differentiable @param target [rows, atoms] @param mask [rows]
   */
  readonly quantileHuber: (values: Tensor, target: Tensor, mask: Tensor) => Scalar;
  /**
   * Action tanh(mean + exp(logStd) noise) and its log-density (Haarnoja et al. 2018, arXiv 1812.05905, eq. 21), with
   * `epsilon` beside the squashing's slope; differentiable in mean and logStd.
   * @param mean logStd and noise of one shape, [..., action]
   */
  readonly squashedSample: (inputs: {
    readonly mean: Tensor;
    readonly logStd: Tensor;
    readonly noise: Tensor;
    readonly epsilon: number;
  }) => { readonly action: Tensor; readonly logProb: Tensor };
  /** Sum of x where a mask of ones lets it through, over how many ones there are, or over 1. @param mask shaped as x */
  readonly maskedMean: (x: Tensor, mask: Tensor) => Scalar;
  /** x within [low, high]; no gradient where it was outside. */
  readonly clipped: (x: Tensor, low: number, high: number) => Tensor;
  /** The `count` smallest numbers of each row, in ascending order. @param x [..., n] @returns [..., count]; no gradient */
  readonly smallest: (x: Tensor, count: number) => Tensor;
}

const registered = new Map<string, Partial<FusedLosses>>();

/** Puts a backend's own in use, or takes them away with `undefined`. For device.ts alone. */
export function setFusedLosses(backend: string, losses: Partial<FusedLosses> | undefined): void {
  if (losses === undefined) registered.delete(backend);
  else registered.set(backend, losses);
}

export const fusedLosses = (): Partial<FusedLosses> => registered.get(tf.getBackend()) ?? {};
