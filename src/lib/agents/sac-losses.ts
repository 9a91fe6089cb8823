/**
 * The losses of soft actor-critic with automatic temperature, Haarnoja et al. 2018b (arXiv 1812.05905), as means over
 * the rows a mask lets through. All inputs of one call share a shape, rows x batch; scalars come out.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Mean over the rows where the mask is 1. */
export function maskedMean(x: tf.Tensor, mask: tf.Tensor): tf.Scalar {
  return tf.div(tf.sum(tf.mul(x, mask)), tf.maximum(tf.sum(mask), 1));
}

export interface TargetInputs {
  readonly rewards: tf.Tensor;
  /** 1 where the task ended; a truncated row has 0 and keeps its bootstrap. */
  readonly terminated: tf.Tensor;
  /** Least of the target critics at the next row and the policy's action there. */
  readonly nextValue: tf.Tensor;
  readonly nextLogProb: tf.Tensor;
  readonly temperature: tf.Tensor;
  readonly gamma: number;
}

/** r + γ (1 - d) (min Q̄(s', a') - α log π(a'|s')): eq. 5 with the soft value of eq. 3. No gradient flows into it. */
export function softTarget(inputs: TargetInputs): tf.Tensor {
  const { rewards, terminated, nextValue, nextLogProb, temperature, gamma } = inputs;
  const soft = tf.sub(nextValue, tf.mul(temperature, nextLogProb));
  return tf.add(rewards, tf.mul(tf.mul(gamma, tf.sub(1, terminated)), soft));
}

/** Half the sum over critics of their mean squared Bellman residuals: eq. 5. */
export function criticLoss(values: readonly tf.Tensor[], target: tf.Tensor, mask: tf.Tensor): tf.Scalar {
  const each = values.map((q) => maskedMean(tf.squaredDifference(q, target), mask));
  return tf.mul(0.5, tf.addN(each));
}

/** E[α log π(a|s) - min Q(s, a)]: eq. 7, with the smaller critic of section 6. */
export function actorLoss(inputs: {
  readonly temperature: tf.Tensor;
  readonly logProb: tf.Tensor;
  readonly value: tf.Tensor;
  readonly mask: tf.Tensor;
}): tf.Scalar {
  return maskedMean(tf.sub(tf.mul(inputs.temperature, inputs.logProb), inputs.value), inputs.mask);
}

/** -E[log α (log π(a|s) + H̄)]: eq. 18 in the logarithm, which keeps α positive and its step relative. */
export function temperatureLoss(inputs: {
  readonly logTemperature: tf.Tensor;
  readonly logProb: tf.Tensor;
  readonly targetEntropy: number;
  readonly mask: tf.Tensor;
}): tf.Scalar {
  const gap = maskedMean(tf.add(inputs.logProb, inputs.targetEntropy), inputs.mask);
  return tf.neg(tf.mul(tf.reshape(inputs.logTemperature, []), gap));
}
