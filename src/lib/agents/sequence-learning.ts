/**
 * What returns of several steps and drawing by priority add to learning from sequences: rows to bootstrap from, losses
 * weighted by importance, and how much each sequence surprised. Kapturowski et al. 2019, "Recurrent Experience Replay in
 * Distributed Reinforcement Learning" (R2D2), ICLR, section 2.3. Knows no replay and no agent.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { CriticKind } from './critic-kind.ts';

/** η, between the largest error of a sequence and their mean: R2D2, section 2.3. */
const LARGEST = 0.9;

/**
 * Of the rows after those learnt from, the one that each bootstraps from.
 * @param after [sequence + n - 1, batch, width], from the row after the first one learnt from
 * @param ahead [n, sequence, batch], see `SequenceBatch`; without rows for the very next ones
 * @returns [sequence, batch, width]
 */
export function bootstrapRows(after: tf.Tensor, ahead: tf.Tensor): tf.Tensor {
  const [steps, sequence, batch] = ahead.shape as [number, number, number];
  if (steps === 0) return after;
  const width = after.shape[2] as number;
  // One of the n rows counts 1, the others 0: no gather, which could not be recorded for replay with its indices.
  const each = Array.from({ length: steps }, (_, k) => {
    const counts = tf.reshape(tf.slice(ahead, [k, 0, 0], [1, sequence, batch]), [sequence, batch, 1]);
    return tf.mul(tf.slice(after, [k, 0, 0], [sequence, batch, width]), counts);
  });
  return tf.addN(each);
}

/** A batch of sequences as its critics see it. */
export interface Judged {
  /** Outputs of each critic, [rows, batch, outputs]. */
  readonly values: readonly tf.Tensor[];
  /** [rows, batch, atoms] */
  readonly target: tf.Tensor;
  /** [rows, batch] */
  readonly valid: tf.Tensor;
}

/**
 * The critics' loss with every sequence's share times its importance: a mean over the rows there are, as without weights.
 * @param weights [batch]
 */
export function weightedLoss(kind: CriticKind, { values, target, valid }: Judged, weights: tf.Tensor): tf.Scalar {
  const mask = tf.mul(valid, weights);
  const most = (x: tf.Tensor): tf.Tensor => tf.maximum(tf.sum(x), 1);
  // What a kind divides by is what its mask adds up to.
  return tf.mul(kind.loss(values, target, mask), tf.div(most(mask), most(valid)));
}

/**
 * p = η max |δ| + (1 - η) mean |δ| over the rows of each sequence, δ the mean error of the critics' expected return.
 * @returns [batch]
 */
export function surprise({ values, target, valid }: Judged): tf.Tensor1D {
  const wanted = tf.mean(target, -1);
  const errors = values.map((each) => tf.abs(tf.sub(tf.mean(each, -1), wanted)));
  const error = tf.mul(tf.div(tf.addN(errors), errors.length), valid);
  const mean = tf.div(tf.sum(error, 0), tf.maximum(tf.sum(valid, 0), 1));
  return tf.add(tf.mul(LARGEST, tf.max(error, 0)), tf.mul(1 - LARGEST, mean));
}
