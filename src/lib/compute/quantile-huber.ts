/**
 * The quantile Huber loss of every row of predicted quantiles against the atoms of its target, and the loss's slopes, as one
 * op with gradient. `weightedQuantileHuber` uses the fused kernel of the backend in use where one was installed and passed
 * its check, else the plain tfjs reference below, which every kernel is held against.
 *
 * ρ_i(δ) = |τ_i - 1[δ < 0]| huber(δ), κ = 1, τ_i = (i + 0.5) / n, δ = target_j - value_i (Dabney et al. 2018a, arXiv
 * 1710.10044, eqs. 9 and 10).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

export interface QuantileHuberArgs {
  /** Predicted quantiles, [rows, n]. */
  readonly values: Tensor2D;
  /** Atoms, [rows, m]; no gradient flows into them. */
  readonly target: Tensor2D;
  /** [rows]; no gradient flows into them. */
  readonly weights: Tensor1D;
}

/** Losses [rows], weight Σ_ij ρ_i(target_j - value_i), and their slopes in the values, [rows, n]. */
export type QuantileHuberRows = (args: QuantileHuberArgs) => { readonly losses: Tensor1D; readonly slopes: Tensor2D };

const fused = new Map<string, QuantileHuberRows>();

/** Puts a fused implementation in use for a backend, or takes it away with `undefined`. For device.ts alone. */
export function setFusedQuantileHuber(backend: string, implementation: QuantileHuberRows | undefined): void {
  if (implementation === undefined) fused.delete(backend);
  else fused.set(backend, implementation);
}

/** @returns the sum of the rows' losses; the gradient flows to the values */
export function weightedQuantileHuber({ values, target, weights }: QuantileHuberArgs): Scalar {
  const [rows, atoms] = target.shape;
  if (values.rank !== 2 || target.rank !== 2 || values.shape[0] !== rows || weights.shape.join() !== String(rows)) {
    const shapes = [values, target, weights].map(({ shape }) => `[${shape.join(', ')}]`);
    throw new Error(`weightedQuantileHuber: shapes ${shapes.join(', ')} do not fit one another`);
  }
  if (values.size === 0 || atoms === 0) throw new Error('weightedQuantileHuber: there is nothing to compare');
  const implementation = fused.get(tf.getBackend()) ?? referenceQuantileHuber;
  // The forward pass already has every pairwise difference that its gradient needs.
  const op = tf.customGrad<Scalar>((v, save) => {
    const { losses, slopes } = implementation({ values: v as Tensor2D, target, weights });
    (save as (kept: Tensor[]) => void)([slopes]);
    return {
      value: tf.sum<Scalar>(losses),
      gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(dy, saved[0] as Tensor)
    };
  });
  return op(values);
}

/** The same in ordinary tfjs ops, on any backend. */
export const referenceQuantileHuber: QuantileHuberRows = ({ values, target, weights }) =>
  tf.tidy(() => {
    const [rows, quantiles] = values.shape;
    const taus = Float32Array.from({ length: quantiles }, (_, i) => (i + 0.5) / quantiles);
    const predicted = tf.reshape(values, [rows, quantiles, 1]);
    const delta = tf.sub<tf.Tensor3D>(tf.expandDims(target, 1), predicted);
    const clipped = tf.clipByValue(delta, -1, 1);
    // huber(δ) = clip(δ) (δ - clip(δ) / 2), and d ρ / d value_i = -|τ_i - 1[δ < 0]| clip(δ).
    const huber = tf.mul(clipped, tf.sub(delta, tf.mul(0.5, clipped)));
    const below = tf.cast(tf.less(delta, 0), 'float32');
    const slant = tf.abs(tf.sub(tf.tensor3d(taus, [1, quantiles, 1]), below));
    return {
      losses: tf.mul<Tensor1D>(tf.sum(tf.mul(slant, huber), [1, 2]), weights),
      slopes: tf.mul<Tensor2D>(tf.neg(tf.sum(tf.mul(slant, clipped), 2)), tf.expandDims(weights, 1))
    };
  });
