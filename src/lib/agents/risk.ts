/**
 * How much of the bad end of the return's distribution an actor looks at: its conditional value at risk, the mean of
 * the worst part η. Rockafellar and Uryasev 2000; as an objective of an actor on quantile critics: Ma et al. 2020,
 * "DSAC", arXiv 2004.14547, section 4.
 */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Weights of n quantile midpoints whose weighted sum is CVaR at level η: quantile i stands for the mass from i/n to
 * (i+1)/n and counts with the part of it below η. They sum to 1; η of 1 gives the mean.
 * @param level η in (0, 1]
 */
export function riskWeights(quantiles: number, level: number): Float32Array {
  return Float32Array.from({ length: quantiles }, (_, i) => {
    const below = Math.min(1, Math.max(0, level * quantiles - i));
    return below / (level * quantiles);
  });
}

/** @param values [rows, batch, quantiles] @returns [rows, batch] */
export function weighted(values: tf.Tensor, weights: Float32Array): tf.Tensor {
  const rows = values.shape.slice(0, -1);
  // A product: one operation where weighing and summing are two.
  const flat = tf.reshape<tf.Rank.R2>(values, [-1, weights.length]);
  return tf.reshape(tf.matMul(flat, tf.tensor2d(weights, [weights.length, 1])), rows);
}
