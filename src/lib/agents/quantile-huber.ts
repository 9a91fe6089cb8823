/** Quantile regression with Huber's loss: how a critic's quantiles come to be those of its target's atoms. */
import * as tf from '@tensorflow/tfjs-core';
import { fusedLosses } from '../compute/fused-losses.ts';

/**
 * Quantile Huber loss (Dabney et al. 2018a, arXiv 1710.10044, eqs. 9 and 10; Kuznetsov et al. 2020, eq. 8), with κ = 1
 * and the midpoints τ_i = (i + 0.5) / n: ρ(δ) = |τ_i - 1[δ < 0]| huber(δ) for δ = target_j - value_i.
 * @param values predicted quantiles, [rows, batch, quantiles]
 * @param target atoms, [rows, batch, atoms]; no gradient flows into them
 * @param mask [rows, batch], 1 for the rows that count
 * @returns scalar: mean over quantiles and atoms, and over the rows that count
 */
export function quantileHuberLoss(values: tf.Tensor, target: tf.Tensor, mask: tf.Tensor): tf.Scalar {
  const quantiles = values.shape.at(-1) as number;
  const atoms = target.shape.at(-1) as number;
  const rows = sizeBefore(values);
  const { quantileHuber } = fusedLosses();
  if (quantileHuber !== undefined) {
    const flat = (x: tf.Tensor, width: number): tf.Tensor => tf.reshape(x, [rows, width]);
    return quantileHuber(flat(values, quantiles), flat(target, atoms), tf.reshape(mask, [rows]));
  }
  const flatMask = tf.reshape(mask, [rows, 1]);
  const scale = tf.div(1 / (quantiles * atoms), tf.maximum(tf.sum(mask), 1));
  const taus = midpoints(quantiles);
  // The forward pass already has every pairwise difference that its gradient needs: d ρ / d value_i is
  // -|τ_i - 1[δ < 0]| clip(δ, -1, 1), so one [rows, quantiles, atoms] tensor serves both.
  const op = tf.customGrad((v, save) => {
    const predicted = tf.reshape(v as tf.Tensor, [rows, quantiles, 1]);
    const delta = tf.sub<tf.Tensor3D>(tf.reshape(target, [rows, 1, atoms]), predicted);
    const clipped = tf.clipByValue(delta, -1, 1);
    // huber(δ) = clip(δ) (δ - clip(δ) / 2)
    const huber = tf.mul(clipped, tf.sub(delta, tf.mul(0.5, clipped)));
    const weight = tf.abs(tf.sub(taus, tf.cast(tf.less(delta, 0), 'float32')));
    const each = tf.sum(tf.mul(weight, huber), [1, 2]);
    const slope = tf.mul(tf.neg(tf.sum(tf.mul(weight, clipped), 2)), tf.mul(flatMask, scale));
    (save as (kept: tf.Tensor[]) => void)([slope]);
    const value = tf.mul(tf.sum(tf.mul(each, tf.reshape(mask, [rows]))), scale);
    return {
      value: value as tf.Scalar,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.reshape(saved[0] as tf.Tensor, values.shape))
    };
  });
  return op(values);
}

/** τ_i = (i + 0.5) / n as [1, n, 1]. */
function midpoints(quantiles: number): tf.Tensor3D {
  const values = Float32Array.from({ length: quantiles }, (_, i) => (i + 0.5) / quantiles);
  return tf.tensor3d(values, [1, quantiles, 1]);
}

const sizeBefore = (x: tf.Tensor): number => x.size / (x.shape.at(-1) as number);
