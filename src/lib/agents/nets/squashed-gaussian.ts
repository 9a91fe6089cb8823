/** The policy's distribution: a Gaussian squashed by tanh into (-1, 1), Haarnoja et al. 2018b, appendix C. */
import * as tf from '@tensorflow/tfjs-core';
import { fusedLosses } from '../../compute/fused-losses.ts';

/** Range of the log standard deviation, as in the authors' code. */
export const LOG_STD_MIN = -20;
export const LOG_STD_MAX = 2;
/** Keeps the logarithm finite where tanh has reached 1. */
const SQUASH_EPSILON = 1e-6;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

export interface Gaussian {
  /** [..., action] */
  readonly mean: tf.Tensor;
  /** [..., action], within LOG_STD_MIN and LOG_STD_MAX */
  readonly logStd: tf.Tensor;
}

export interface SquashedSample {
  /** [..., action] in [-1, 1] */
  readonly action: tf.Tensor;
  /** [...] log-density of the action, summed over its dimensions */
  readonly logProb: tf.Tensor;
}

/**
 * Reparametrised sample a = tanh(u), u = mean + std * noise, with log-probability corrected for the squashing:
 * log π(a) = Σ [log N(u) - log(1 - tanh²(u) + ε)] (Haarnoja et al. 2018b, eq. 21). 1 - tanh²(u) is computed as
 * 4 σ(2u) σ(-2u), which keeps its digits where tanh saturates.
 * @param noise standard normal, shaped as the mean
 */
export function squashedSample({ mean, logStd }: Gaussian, noise: tf.Tensor): SquashedSample {
  const own = fusedLosses().squashedSample;
  if (own !== undefined) return own({ mean, logStd, noise, epsilon: SQUASH_EPSILON });
  const u = tf.add(mean, tf.mul(tf.exp(logStd), noise));
  const logNormal = tf.sub(tf.mul(-0.5, tf.square(noise)), tf.add(logStd, HALF_LOG_TWO_PI));
  const twice = tf.mul(2, u);
  const slope = tf.mul(4, tf.mul(tf.sigmoid(twice), tf.sigmoid(tf.neg(twice))));
  const correction = tf.log(tf.add(slope, SQUASH_EPSILON));
  return { action: tf.tanh(u), logProb: tf.sum(tf.sub(logNormal, correction), -1) };
}
