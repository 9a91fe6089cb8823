/**
 * The loss of a policy-gradient agent on a batch, from what its networks put out, in two ways. For backends that are read
 * without waiting it is one op, worked out in plain loops in doubles with its slopes in closed form; for others it is what
 * `policy-losses.ts` makes of tensor operations. Both are held against one another and against golden figures.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { ActionHead } from './action-head.ts';
import { a2cLoss, ppoLoss } from './policy-losses.ts';
import type { LossWeights } from './policy-losses.ts';

/** What was played, row after row. */
export interface PlayedRows {
  /** [rows, width] as the action head has them. */
  readonly actions: Float32Array;
  /** [rows] each. */
  readonly advantages: Float32Array;
  readonly returns: Float32Array;
  /** Of the policy that played; read where steps are clipped. */
  readonly logProbs: Float32Array;
  readonly values: Float32Array;
}

/** The same on the device, shaped as the values of `PolicyOutputs` are without their last axis. */
export type PlayedTensors = Readonly<Record<keyof PlayedRows, tf.Tensor>>;

/** What today's networks say of the same rows. */
export interface PolicyOutputs {
  /** [..., outputs] of the policy network. */
  readonly outputs: tf.Tensor;
  /** [..., 1] */
  readonly values: tf.Tensor;
  /** [outputs] where actions are Gaussian. */
  readonly logStd: tf.Tensor | undefined;
}

export interface ObjectiveSettings<Limit = number> {
  readonly head: ActionHead;
  readonly weights: LossWeights;
  /** PPO's limits; undefined for A2C, which has none. Of the value 0 for no limit. */
  readonly clip: { readonly policy: Limit; readonly value: number } | undefined;
}

export interface Objective {
  readonly total: tf.Scalar;
  /** Policy loss, value loss, entropy; for PPO approximate divergence and clipped fraction too. No gradient. */
  readonly parts: tf.Tensor1D;
}

/** On any backend, for use within `tf.grads` and its like; gradients flow to all of the outputs. */
export function inTensors(
  { outputs, values: columns, logStd }: PolicyOutputs,
  played: PlayedTensors,
  { head, weights, clip }: ObjectiveSettings<number | tf.Scalar>
): Objective {
  const values = tf.squeeze(columns, [-1]);
  const { advantages, returns } = played;
  const terms = { ...head.judge(outputs, logStd, played.actions), values, advantages, returns };
  if (clip === undefined) {
    const { total, policy, value, entropy } = a2cLoss(terms, weights);
    return { total, parts: tf.stack([policy, value, entropy]) as tf.Tensor1D };
  }
  const old = { oldLogProb: played.logProbs, oldValues: played.values };
  const loss = ppoLoss({ ...terms, ...old }, { ...weights, clip: clip.policy, valueClip: clip.value });
  const { total, policy, value, entropy, approximateKl, clipFraction } = loss;
  return { total, parts: tf.stack([policy, value, entropy, approximateKl, clipFraction]) as tf.Tensor1D };
}

/** On backends that are read without waiting; otherwise as `inTensors`. */
export function inNumbers(now: PolicyOutputs, played: PlayedRows, settings: ObjectiveSettings): Objective {
  const { head } = settings;
  let parts: tf.Tensor1D | undefined;
  const variables = now.logStd === undefined ? [now.outputs, now.values] : [now.outputs, now.values, now.logStd];
  const op = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as (kept: tf.Tensor[]) => void;
    const [outputs, values, logStd] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor | undefined];
    const judged = head.judgeRows({
      outputs: outputs.dataSync<'float32'>(),
      logStd: logStd?.dataSync<'float32'>() ?? new Float32Array(0),
      actions: played.actions
    });
    const loss = lossAndSlopes(judged, values.dataSync<'float32'>(), played, settings);
    const slopes = head.slopes(judged, loss.logProb, -settings.weights.entropy / values.size);
    parts = tf.keep(tf.tensor1d(loss.parts));
    const gradients = [
      tf.tensor(slopes.outputs, outputs.shape),
      tf.tensor(loss.value, values.shape),
      ...(logStd === undefined ? [] : [tf.tensor(slopes.logStd, logStd.shape)])
    ];
    save(gradients);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => saved.map((slope) => tf.mul(slope, dy));
    return { value: tf.scalar(loss.total), gradFunc };
  });
  const total = op(...variables);
  // Kept over the op's own clean-up; a clone belongs to whoever called.
  const own = tf.clone(parts!);
  parts!.dispose();
  return { total, parts: own };
}

/** @returns the loss, its parts, and its slopes in the log-probability and the value of each row */
function lossAndSlopes(
  { logProb, entropy }: { readonly logProb: Float64Array; readonly entropy: Float64Array },
  values: Float32Array,
  played: PlayedRows,
  { weights, clip }: ObjectiveSettings
): { total: number; parts: number[]; logProb: Float64Array; value: Float32Array } {
  const rows = values.length;
  const { advantages, returns } = played;
  const slopes = { logProb: new Float64Array(rows), value: new Float32Array(rows) };
  let [policy, value, openness, divergence, clipped] = [0, 0, 0, 0, 0];
  for (let i = 0; i < rows; i++) {
    const advantage = advantages[i]!;
    let near = values[i]!;
    let moves = 1;
    if (clip === undefined) {
      policy -= advantage * logProb[i]!;
      slopes.logProb[i] = -advantage / rows;
    } else {
      const logRatio = logProb[i]! - played.logProbs[i]!;
      const ratio = Math.exp(logRatio);
      const held = Math.min(1 + clip.policy, Math.max(1 - clip.policy, ratio));
      // The lesser of the two counts; where that is the one held, nothing is to be gained by moving.
      const free = advantage * ratio <= advantage * held;
      policy -= advantage * (free ? ratio : held);
      slopes.logProb[i] = free ? (-advantage * ratio) / rows : 0;
      divergence += ratio - 1 - logRatio;
      if (Math.abs(ratio - 1) > clip.policy) clipped++;
      const moved = near - played.values[i]!;
      if (clip.value > 0 && Math.abs(moved) > clip.value) {
        near = played.values[i]! + Math.sign(moved) * clip.value;
        moves = 0;
      }
    }
    const error = near - returns[i]!;
    value += error * error;
    slopes.value[i] = (2 * weights.value * moves * error) / rows;
    openness += entropy[i]!;
  }
  const parts = [policy / rows, value / rows, openness / rows];
  const total = parts[0]! + weights.value * parts[1]! - weights.entropy * parts[2]!;
  return { total, parts: clip === undefined ? parts : [...parts, divergence / rows, clipped / rows], ...slopes };
}
