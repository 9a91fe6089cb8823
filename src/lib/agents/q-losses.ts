/**
 * What Q learning is made of, over branches of choices: one branch is the usual case, several are BDQ (Tavakoli et al.
 * 2018, "Action Branching Architectures for Deep Reinforcement Learning", arXiv 1711.08946). Values of a branch are
 * [batch, quantiles, choices]; plain values have one quantile.
 */
import * as tf from '@tensorflow/tfjs-core';
import { quantileHuberLoss } from './quantile-huber.ts';

/** @param chosen [batch, 1, choices] one hot @returns [batch, quantiles] of the choice made */
export const valuesAt = (values: tf.Tensor, chosen: tf.Tensor): tf.Tensor => tf.sum(tf.mul(values, chosen), -1);

/** The choice of the highest mean over quantiles, one hot: [batch, 1, choices]. */
export function bestChoice(values: tf.Tensor): tf.Tensor {
  const best = tf.argMax(tf.mean(values, 1), -1);
  // Cast afterwards: asked for floats, tfjs-wasm's oneHot writes whole numbers all the same.
  return tf.expandDims(tf.cast(tf.oneHot(best, values.shape.at(-1) as number), 'float32'), 1);
}

/**
 * r + γ^n (1 - d) Q_target(s', argmax Q_judge(s')), a branch's quantiles averaged over the branches: Mnih et al. 2015
 * where the target judges, van Hasselt et al. 2016 (eq. 4) where the network itself does; Tavakoli et al. 2018, eq. 6.
 * @param rewards [batch] over n steps @param discounts [batch] γ^n (1 - d)
 * @param future the target network's values after them, a branch each @param judged of whoever chooses
 * @returns [batch, quantiles]
 */
export function bootstrapped(inputs: {
  readonly rewards: tf.Tensor;
  readonly discounts: tf.Tensor;
  readonly future: readonly tf.Tensor[];
  readonly judged: readonly tf.Tensor[];
}): tf.Tensor {
  const { rewards, discounts, future, judged } = inputs;
  const best = future.map((values, i) => {
    const judge = judged[i] as tf.Tensor;
    // Plain values that judge themselves: the best is the largest, at a sixth of the operations.
    return judge === values && values.shape[1] === 1 ? tf.max(values, -1) : valuesAt(values, bestChoice(judge));
  });
  const next = best.length === 1 ? (best[0] as tf.Tensor) : tf.div(tf.addN(best), best.length);
  return tf.add(tf.expandDims(rewards, 1), tf.mul(tf.expandDims(discounts, 1), next));
}

/**
 * Mean over the batch of w huber(target - value), κ = 1: Mnih et al. 2015, methods ("error clipping").
 * @param values and `target` [batch, 1] @param weights [batch]; no gradient flows into the latter two
 */
export function huberLoss(values: tf.Tensor, target: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  const scale = tf.div(tf.expandDims(weights, 1), values.size);
  const op = tf.customGrad((v, save) => {
    const delta = tf.sub(target, v as tf.Tensor);
    const clipped = tf.clipByValue(delta, -1, 1);
    const weighted = tf.mul(clipped, scale);
    (save as (kept: tf.Tensor[]) => void)([weighted]);
    // huber(δ) = clip(δ) (δ - clip(δ) / 2), and its slope in the value is -clip(δ).
    const value = tf.sum<tf.Scalar>(tf.mul(weighted, tf.sub(delta, tf.mul(0.5, clipped))));
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(tf.neg(dy), saved[0] as tf.Tensor) };
  });
  return op(values);
}

/**
 * Mean over the batch of w times the quantile Huber loss, summed over the quantiles predicted and averaged over the
 * target's: Dabney et al. 2018, "Distributional Reinforcement Learning with Quantile Regression", arXiv 1710.10044,
 * algorithm 1.
 * @param values and `target` [batch, quantiles] @param weights [batch], the largest of them 1
 */
export function quantileSumLoss(values: tf.Tensor, target: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  const [size, quantiles] = values.shape as [number, number];
  const row = (t: tf.Tensor): tf.Tensor => tf.reshape(t, [1, size, -1]);
  // The shared loss is a mean over quantiles and over weights.
  const mean = quantileHuberLoss(row(values), row(target), tf.reshape(weights, [1, size]));
  return tf.mul(mean, tf.mul(quantiles / size, tf.sum(weights)));
}

/**
 * Sum over branches of |δ|, between means over quantiles: what priorities are made of (Tavakoli et al. 2018, eq. 8).
 * @param values of each branch's choice, [batch, quantiles] @param target [batch, quantiles] @returns [batch]
 */
export function absoluteErrors(values: readonly tf.Tensor[], target: tf.Tensor): tf.Tensor1D {
  const wanted = tf.mean(target, 1);
  return tf.addN<tf.Tensor1D>(values.map((value) => tf.abs(tf.sub(wanted, tf.mean(value, 1)))));
}
