/**
 * QR-SAC: twin critics of the return's quantiles, of which the one with the smaller mean is believed, whole. Wurman et
 * al. 2022, "Outracing champion Gran Turismo drivers with deep reinforcement learning", Nature 602, Methods, "QR-SAC";
 * quantile regression of Dabney et al. 2018a, arXiv 1710.10044.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { CriticKind } from './critic-kind.ts';
import { quantileHuberLoss } from './quantile-huber.ts';
import { riskWeights, weighted } from './risk.ts';

export interface QrSacSettings {
  readonly quantiles: number;
  /** Part of the distribution, from its bottom, that the actor is to raise: 1 for its mean. See `risk.ts`. */
  readonly riskLevel: number;
}

export function qrSacCritics({ quantiles, riskLevel }: QrSacSettings): CriticKind {
  const weights = riskWeights(quantiles, riskLevel);
  return {
    critics: 2,
    outputs: quantiles,

    /** r + γ (1 - d) (Z̄_k(s', a') - α log π(a'|s')), k the target critic with the smaller mean at (s', a'). */
    target({ rewards, terminated, next, nextLogProb, temperature, gamma }) {
      const soft = tf.sub(lesser(next), tf.expandDims(tf.mul(temperature, nextLogProb), -1));
      const discount = tf.expandDims(tf.mul(gamma, tf.sub(1, terminated)), -1);
      return tf.add(tf.expandDims(rewards, -1), tf.mul(discount, soft));
    },

    /** Sum over the two critics of the quantile Huber loss: Dabney et al. 2018a, eq. 10. */
    loss: (values, target, mask) => tf.addN(values.map((each) => quantileHuberLoss(each, target, mask))),

    worth: (values) => values.map((each) => weighted(each, weights)).reduce((least, value) => tf.minimum(least, value)),

    shown: lesser
  };
}

/** The quantiles of whichever critic has the smaller mean, row by row. */
function lesser(values: readonly tf.Tensor[]): tf.Tensor {
  return values.reduce((least, value) => {
    const smaller = tf.less(tf.mean(value, -1, true), tf.mean(least, -1, true));
    return tf.where(smaller, value, least);
  });
}
