/**
 * The loss of Q learning on a batch, from what its networks put out, in two ways. For backends that are read without
 * waiting it is one op, worked out in plain loops with its slopes in closed form; for others it is what `q-losses.ts`
 * makes of tensor operations. Both are held against one another and against golden figures.
 */
import * as tf from '@tensorflow/tfjs-core';
import { absoluteErrors, bootstrapped, huberLoss, quantileSumLoss, valuesAt } from './q-losses.ts';
import { sortedQuantileHuber } from './sorted-quantile-huber.ts';

/** Transitions as they were drawn. */
export interface QRows {
  readonly size: number;
  /** [size, branches] */
  readonly actions: Int32Array;
  /** [size] each: rewards over the steps taken together, what the value after them counts, importance. */
  readonly rewards: Float32Array;
  readonly discounts: Float32Array;
  readonly weights: Float32Array;
}

/** The same on the device. */
export interface QTensors {
  /** A branch each: the choice made, one hot, [size, 1, choices]. */
  readonly chosen: readonly tf.Tensor[];
  /** [size] each. */
  readonly rewards: tf.Tensor;
  readonly discounts: tf.Tensor;
  readonly weights: tf.Tensor;
}

/** Of networks, a branch each, [size, quantiles, choices]. */
export interface QOutputs {
  /** Of the network that learns, before the steps: where the gradient flows. */
  readonly values: readonly tf.Tensor[];
  /** Of its target, after them. */
  readonly future: readonly tf.Tensor[];
  /** Of whoever chooses after them: the target itself, or for double Q learning the network. */
  readonly judged: readonly tf.Tensor[];
}

export interface QObjectiveSettings {
  /** Quantile regression in place of Huber's loss. */
  readonly distributional: boolean;
  /** Whether errors and expected value are wanted too. */
  readonly tell: boolean;
}

export interface QObjective {
  /** Mean over branches. */
  readonly total: tf.Scalar;
  /** Where asked for: [size] absolute errors, and the mean value of the choices made. No gradient. */
  readonly told: { readonly errors: tf.Tensor1D; readonly expected: tf.Scalar } | undefined;
}

/** On any backend, for use within `tf.grads` and its like. */
export function inTensors(
  { values, future, judged }: QOutputs,
  { chosen: choices, rewards, discounts, weights }: QTensors,
  { distributional, tell }: QObjectiveSettings
): QObjective {
  const target = bootstrapped({ rewards, discounts, future, judged });
  const chosen = values.map((all, i) => valuesAt(all, choices[i]!));
  const loss = distributional ? quantileSumLoss : huberLoss;
  const losses = chosen.map((each) => loss(each, target, weights));
  const total = losses.length === 1 ? losses[0]! : tf.div<tf.Scalar>(tf.addN(losses), losses.length);
  if (!tell) return { total, told: undefined };
  const expected = tf.div<tf.Scalar>(tf.addN(chosen.map((each) => tf.mean(each))), chosen.length);
  return { total, told: { errors: absoluteErrors(chosen, target), expected } };
}

/** One branch's values in plain numbers. */
interface Branch {
  readonly numbers: Float32Array;
  readonly choices: number;
}

/** On backends that are read without waiting, for use within `tf.grads` and its like. */
export function inNumbers({ values, future, judged }: QOutputs, rows: QRows, settings: QObjectiveSettings): QObjective {
  const { size } = rows;
  const quantiles = values[0]!.shape[1]!;
  const branchOf = (tensor: tf.Tensor): Branch => ({
    numbers: tensor.dataSync<'float32'>(),
    choices: tensor.shape[2]!
  });
  const ahead = future.map(branchOf);
  const judges = judged === future ? ahead : judged.map(branchOf);
  const target = targetOf(ahead, judges, rows, quantiles);
  let told: QObjective['told'];
  const op = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as (kept: tf.Tensor[]) => void;
    const given = inputs as tf.Tensor[];
    const taken = given.map((tensor, i) => chosenOf(branchOf(tensor), rows, i, given.length));
    let total = 0;
    const gradients = given.map((tensor, i) => {
      const { loss, slopes } = lossAndSlopes(taken[i]!, target, rows, settings.distributional);
      total += loss / given.length;
      const { choices } = branchOf(tensor);
      const spread = new Float32Array(tensor.size);
      for (let b = 0; b < size; b++) {
        const chosen = rows.actions[b * given.length + i]!;
        for (let q = 0; q < quantiles; q++) {
          const at = b * quantiles + q;
          spread[at * choices + chosen] = slopes[at]! / given.length;
        }
      }
      return tf.tensor(spread, tensor.shape);
    });
    if (settings.tell) told = tell(taken, target, size);
    save(gradients);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => saved.map((slope) => tf.mul(slope, dy));
    return { value: tf.scalar(total), gradFunc };
  });
  const total = op(...values);
  if (told === undefined) return { total, told };
  // Kept over the op's own clean-up; clones belong to whoever called.
  const own = { errors: tf.clone(told.errors), expected: tf.clone(told.expected) };
  tf.dispose(told);
  return { total, told: own };
}

/** r + γ^n (1 - d) Q_future(s', argmax of the judge's mean), branches averaged: `bootstrapped` in numbers. [size, quantiles] */
function targetOf(
  future: readonly Branch[],
  judged: readonly Branch[],
  { size, rewards, discounts }: QRows,
  quantiles: number
): Float32Array {
  const target = new Float32Array(size * quantiles);
  const sums = new Float64Array(Math.max(...judged.map(({ choices }) => choices)));
  for (let b = 0; b < size; b++) {
    const first = b * quantiles;
    for (let i = 0; i < future.length; i++) {
      const { choices, numbers } = judged[i]!;
      sums.fill(0);
      for (let q = first; q < first + quantiles; q++) {
        for (let a = 0; a < choices; a++) sums[a]! += numbers[q * choices + a]!;
      }
      let best = 0;
      for (let a = 1; a < choices; a++) if (sums[a]! > sums[best]!) best = a;
      const ahead = future[i]!.numbers;
      for (let q = first; q < first + quantiles; q++) target[q]! += ahead[q * choices + best]! / future.length;
    }
    for (let q = first; q < first + quantiles; q++) target[q] = rewards[b]! + discounts[b]! * target[q]!;
  }
  return target;
}

/** [size, quantiles] of the choices made in one branch. */
function chosenOf({ numbers, choices }: Branch, { size, actions }: QRows, i: number, branches: number): Float32Array {
  const quantiles = numbers.length / size / choices;
  const chosen = new Float32Array(size * quantiles);
  for (let b = 0; b < size; b++) {
    const action = actions[b * branches + i]!;
    for (let q = b * quantiles; q < (b + 1) * quantiles; q++) chosen[q] = numbers[q * choices + action]!;
  }
  return chosen;
}

/** `huberLoss` or `quantileSumLoss` of one branch, and its slopes in the values, [size, quantiles]. */
function lossAndSlopes(
  values: Float32Array,
  target: Float32Array,
  { size, weights }: QRows,
  distributional: boolean
): { loss: number; slopes: Float32Array } {
  let loss = 0;
  if (!distributional) {
    const slopes = new Float32Array(size);
    for (let b = 0; b < size; b++) {
      const delta = target[b]! - values[b]!;
      const held = Math.min(1, Math.max(-1, delta));
      const scale = weights[b]! / size;
      loss += scale * held * (delta - 0.5 * held);
      slopes[b] = -scale * held;
    }
    return { loss, slopes };
  }
  const quantiles = values.length / size;
  const { losses, slopes } = sortedQuantileHuber({ rows: size, values, quantiles, target, atoms: quantiles });
  for (let b = 0; b < size; b++) {
    const scale = weights[b]! / (size * quantiles);
    loss += scale * losses[b]!;
    for (let q = b * quantiles; q < (b + 1) * quantiles; q++) slopes[q]! *= -scale;
  }
  return { loss, slopes };
}

/** `absoluteErrors`, and the mean value chosen; kept, for they are made within an op. */
function tell(taken: readonly Float32Array[], target: Float32Array, size: number) {
  const quantiles = target.length / size;
  const errors = new Float32Array(size);
  let expected = 0;
  for (const values of taken) {
    for (let b = 0; b < size; b++) {
      let difference = 0;
      for (let q = b * quantiles; q < (b + 1) * quantiles; q++) {
        difference += target[q]! - values[q]!;
        expected += values[q]! / (values.length * taken.length);
      }
      errors[b]! += Math.abs(difference) / quantiles;
    }
  }
  return { errors: tf.keep(tf.tensor1d(errors)), expected: tf.keep(tf.scalar(expected)) };
}

/**
 * What each branch chose, one hot, choices side by side: [size, sum of choices].
 * @param branches how many there are to choose from, a branch
 */
export function oneHotRows(
  { size, actions }: Pick<QRows, 'size' | 'actions'>,
  branches: readonly number[]
): Float32Array {
  const all = branches.reduce((sum, n) => sum + n, 0);
  const rows = new Float32Array(size * all);
  for (let b = 0; b < size; b++) {
    let from = b * all;
    branches.forEach((choices, i) => {
      rows[from + actions[b * branches.length + i]!] = 1;
      from += choices;
    });
  }
  return rows;
}

/** Branch by branch, [size, 1, choices]. @param rows as `oneHotRows` makes them */
export function oneHotBranches(rows: tf.Tensor, branches: readonly number[]): tf.Tensor[] {
  const [size] = rows.shape as [number, number];
  const parts = branches.length === 1 ? [rows] : tf.split(rows, [...branches], 1);
  return parts.map((part, i) => tf.reshape(part, [size, 1, branches[i]!]));
}
