/**
 * TQC: each critic puts out quantiles of the return; the atoms of all target critics are pooled and the largest left
 * out, which cuts overestimation by as much as one likes. Kuznetsov et al. 2020, "Controlling Overestimation Bias with
 * Truncated Mixture of Continuous Distributional Quantile Critics", arXiv 2005.04269, algorithm 1.
 */
import * as tf from '@tensorflow/tfjs-core';
import { fusedLosses } from '../compute/fused-losses.ts';
import type { CriticKind } from './critic-kind.ts';
import { quantileHuberLoss } from './quantile-huber.ts';
import { riskWeights, weighted } from './risk.ts';

export interface TqcSettings {
  readonly critics: number;
  readonly quantiles: number;
  /** Largest atoms left out, a critic: the paper's d. */
  readonly dropped: number;
  /** Part of the distribution, from its bottom, that the actor is to raise: 1 for its mean. See `risk.ts`. */
  readonly riskLevel: number;
}

export function tqcCritics({ critics, quantiles, dropped, riskLevel }: TqcSettings): CriticKind {
  const kept = critics * (quantiles - dropped);
  const weights = riskWeights(quantiles, riskLevel).map((weight) => weight / critics);
  return {
    critics,
    outputs: quantiles,

    /** r + γ (1 - d) (z_i(s', a') - α log π(a'|s')) of the kN smallest pooled atoms: eqs. 9 and 10. */
    target({ rewards, terminated, next, nextLogProb, temperature, gamma }) {
      const pooled = tf.concat([...next], -1);
      const atoms = smallest(pooled, kept);
      const soft = tf.sub(atoms, tf.expandDims(tf.mul(temperature, nextLogProb), -1));
      const discount = tf.expandDims(tf.mul(gamma, tf.sub(1, terminated)), -1);
      return tf.add(tf.expandDims(rewards, -1), tf.mul(discount, soft));
    },

    /** Mean over critics of the quantile Huber loss: eqs. 7 and 8. */
    loss: (values, target, mask) =>
      tf.div(tf.addN(values.map((each) => quantileHuberLoss(each, target, mask))), critics),

    /** Mean over all quantiles of all critics, none left out (eq. 11); over the lowest where risk is to be averse. */
    worth: (values) => tf.addN(values.map((each) => weighted(each, weights))),

    shown: (values) => tf.div(tf.addN([...values]), critics)
  };
}

/** The order of the atoms does not matter to the loss: tfjs finds the smallest as the largest of the negatives. */
const smallest = (x: tf.Tensor, count: number): tf.Tensor =>
  fusedLosses().smallest?.(x, count) ?? tf.neg(tf.topk(tf.neg(x), count, false).values);
