/**
 * The losses that every soft actor-critic shares, with automatic temperature: Haarnoja et al. 2018b (arXiv 1812.05905),
 * as means over the rows a mask lets through. All inputs of one call share a shape, rows x batch; scalars come out.
 */
import * as tf from '@tensorflow/tfjs-core';
import { fusedLosses } from '../compute/fused-losses.ts';

/** Mean over the rows where the mask is 1. */
export function maskedMean(x: tf.Tensor, mask: tf.Tensor): tf.Scalar {
  const own = fusedLosses().maskedMean;
  return own?.(x, mask) ?? tf.div(tf.sum(tf.mul(x, mask)), tf.maximum(tf.sum(mask), 1));
}

/** E[α log π(a|s) - Q(s, a)]: eq. 7; what stands for Q is the kind of critic's. */
export function actorLoss(inputs: {
  readonly temperature: tf.Tensor;
  readonly logProb: tf.Tensor;
  readonly value: tf.Tensor;
  readonly mask: tf.Tensor;
}): tf.Scalar {
  return maskedMean(tf.sub(tf.mul(inputs.temperature, inputs.logProb), inputs.value), inputs.mask);
}

/** E[log α (-H̄ - log π(a|s))]: eq. 18 in the logarithm, which keeps α positive and its step relative. */
export function temperatureLoss(inputs: {
  readonly logTemperature: tf.Tensor;
  readonly logProb: tf.Tensor;
  readonly targetEntropy: number;
  readonly mask: tf.Tensor;
}): tf.Scalar {
  const gap = maskedMean(tf.sub(-inputs.targetEntropy, inputs.logProb), inputs.mask);
  return tf.mul(tf.reshape(inputs.logTemperature, []), gap);
}
