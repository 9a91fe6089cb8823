/**
 * The losses of policy-gradient agents on a batch: the clipped surrogate of PPO (Schulman et al. 2017, arXiv 1707.06347)
 * and the plain one of A2C (Mnih et al. 2016, arXiv 1602.01783). Every input of a call has one shape; scalars come out.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface PolicyTerms {
  /** Of today's policy for the actions that were taken. */
  readonly logProb: tf.Tensor;
  readonly entropy: tf.Tensor;
  readonly values: tf.Tensor;
  readonly advantages: tf.Tensor;
  readonly returns: tf.Tensor;
}

export interface LossWeights {
  readonly entropy: number;
  readonly value: number;
}

export interface PolicyLoss {
  /** What is minimised. */
  readonly total: tf.Scalar;
  readonly policy: tf.Scalar;
  readonly value: tf.Scalar;
  readonly entropy: tf.Scalar;
}

/** (A - mean) / (std + 1e-8) with the unbiased standard deviation; a single number stays as it is. In place. */
export function normaliseAdvantages(advantages: Float32Array): void {
  if (advantages.length < 2) return;
  let mean = 0;
  for (const a of advantages) mean += a;
  mean /= advantages.length;
  let squares = 0;
  for (const a of advantages) squares += (a - mean) ** 2;
  const scale = 1 / (Math.sqrt(squares / (advantages.length - 1)) + 1e-8);
  for (let i = 0; i < advantages.length; i++) advantages[i] = (advantages[i]! - mean) * scale;
}

/**
 * L = -E[min(r A, clip(r, 1 - ε, 1 + ε) A)] + c_v E[(V - R)²] - c_e E[H], r = π(a|s) / π_old(a|s): eqs. 7 and 9.
 * @param clip ε; a tensor where it changes from one update to the next and the updates are recorded
 * @param valueClip how far a value may move from `oldValues` to count; 0 for no limit (section 6.1 has none)
 */
export function ppoLoss(
  terms: PolicyTerms & { readonly oldLogProb: tf.Tensor; readonly oldValues: tf.Tensor },
  weights: LossWeights & { readonly clip: number | tf.Scalar; readonly valueClip: number }
): PolicyLoss & { readonly approximateKl: tf.Scalar; readonly clipFraction: tf.Scalar } {
  const { clip, valueClip } = weights;
  const { advantages, values, oldValues } = terms;
  const logRatio = tf.sub(terms.logProb, terms.oldLogProb);
  const ratio = tf.exp(logRatio);
  const clipped = tf.minimum(tf.maximum(ratio, tf.sub(1, clip)), tf.add(1, clip));
  const policy = tf.neg<tf.Scalar>(tf.mean(tf.minimum(tf.mul(advantages, ratio), tf.mul(advantages, clipped))));
  const near =
    valueClip > 0 ? tf.add(oldValues, tf.clipByValue(tf.sub(values, oldValues), -valueClip, valueClip)) : values;
  const far = tf.greater(tf.abs(tf.sub(ratio, 1)), clip);
  return {
    ...sum(policy, { ...terms, values: near }, weights),
    // Schulman 2020, "Approximating KL divergence": (r - 1) - ln r is never negative and has little variance.
    approximateKl: tf.mean(tf.sub(tf.sub(ratio, 1), logRatio)),
    clipFraction: tf.mean(tf.cast(far, 'float32'))
  };
}

/** L = -E[A log π(a|s)] + c_v E[(V - R)²] - c_e E[H]: Mnih et al. 2016, section 4.2. */
export function a2cLoss(terms: PolicyTerms, weights: LossWeights): PolicyLoss {
  return sum(tf.neg<tf.Scalar>(tf.mean(tf.mul(terms.advantages, terms.logProb))), terms, weights);
}

function sum(policy: tf.Scalar, { values, returns, entropy }: PolicyTerms, weights: LossWeights): PolicyLoss {
  const value = tf.mean<tf.Scalar>(tf.squaredDifference(values, returns));
  const mean = tf.mean<tf.Scalar>(entropy);
  const total = tf.sub<tf.Scalar>(tf.add(policy, tf.mul(weights.value, value)), tf.mul(weights.entropy, mean));
  return { total, policy, value, entropy: mean };
}
