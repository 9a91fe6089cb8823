/**
 * What tells one soft actor-critic from another: how critics value an action, what they learn towards, and what the
 * actor climbs. `sac.ts`, `tqc.ts` and `qr-sac.ts` are the kinds; `soft-actor-critic.ts` is what they share.
 */
import type * as tf from '@tensorflow/tfjs-core';

/** Of the rows after those learnt from; no gradient flows into any of it. All [rows, batch] but `next`. */
export interface TargetInputs {
  readonly rewards: tf.Tensor;
  /** 1 where the task ended; a truncated row has 0 and keeps its bootstrap. */
  readonly terminated: tf.Tensor;
  /** Outputs of each target critic for the policy's action at the next row, each [rows, batch, outputs]. */
  readonly next: readonly tf.Tensor[];
  readonly nextLogProb: tf.Tensor;
  readonly temperature: tf.Tensor;
  readonly gamma: number;
}

export interface CriticKind {
  /** Critics in the ensemble, and numbers each puts out for an action. */
  readonly critics: number;
  readonly outputs: number;
  /** What the critics learn towards, [rows, batch, atoms]. */
  target(inputs: TargetInputs): tf.Tensor;
  /** @param values outputs of each critic, [rows, batch, outputs] @param mask [rows, batch] */
  loss(values: readonly tf.Tensor[], target: tf.Tensor, mask: tf.Tensor): tf.Scalar;
  /** What the actor climbs, [rows, batch]. */
  worth(values: readonly tf.Tensor[]): tf.Tensor;
  /** What is shown of the return's distribution, [rows, batch, outputs]. */
  shown(values: readonly tf.Tensor[]): tf.Tensor;
}
