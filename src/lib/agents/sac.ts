/**
 * SAC: twin critics of the expected return, of which the smaller is believed. Haarnoja et al. 2018b, "Soft Actor-Critic
 * Algorithms and Applications", arXiv 1812.05905, algorithm 1; the twins are of Fujimoto et al. 2018, arXiv 1802.09477.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { CriticKind } from './critic-kind.ts';
import { maskedMean } from './soft-losses.ts';

export const sacCritics: CriticKind = {
  critics: 2,
  outputs: 1,

  /** r + γ (1 - d) (min Q̄(s', a') - α log π(a'|s')): eq. 5 with the soft value of eq. 3. */
  target({ rewards, terminated, next, nextLogProb, temperature, gamma }) {
    const soft = tf.sub(smaller(next), tf.mul(temperature, nextLogProb));
    return tf.expandDims(tf.add(rewards, tf.mul(tf.mul(gamma, tf.sub(1, terminated)), soft)), -1);
  },

  /** Half the sum over critics of their mean squared Bellman residuals: eq. 5. */
  loss(values, target, mask) {
    const each = values.map((q) => maskedMean(tf.squeeze(tf.squaredDifference(q, target), [-1]), mask));
    return tf.mul(0.5, tf.addN(each));
  },

  worth: smaller,

  shown: (values) => tf.expandDims(smaller(values), -1)
};

/** The least over critics, [rows, batch]: section 6. */
function smaller(values: readonly tf.Tensor[]): tf.Tensor {
  return tf.squeeze(
    values.reduce((least, value) => tf.minimum(least, value)),
    [-1]
  );
}
