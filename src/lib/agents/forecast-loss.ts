/**
 * What a memory loses by telling the near future wrong, kind by kind: an auxiliary task beside acting, as in Jaderberg et
 * al. 2017, "Reinforcement Learning with Unsupervised Auxiliary Tasks", arXiv 1611.05397, section 3. Its gradient goes
 * into the memory, which so has to hold what the future depends on, however seldom rewards tell of it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { FORECAST_KINDS } from '../config/forecasts.ts';
import type { ForecastKind, ForecastSpec, ForecastWeights } from '../config/forecasts.ts';
import { maskedMean } from './soft-losses.ts';

/** Means over all labels there are, by kind, in the order of `kinds`; and what they come to with their weights. */
export interface ForecastLoss {
  readonly parts: readonly tf.Scalar[];
  readonly total: tf.Scalar;
}

export interface ForecastTask {
  readonly spec: ForecastSpec;
  readonly weights: ForecastWeights;
}

/** The kinds that count. */
export const askedKinds = ({ weights }: ForecastTask): ForecastKind[] =>
  FORECAST_KINDS.filter((kind) => weights[kind] > 0);

/**
 * Huber's loss of a change or a volume, cross-entropy of a chance.
 * @param told what a head puts out, [rows, batch, columns]: a number, or the log-odds of a 1
 * @param labels and `labelled`, 1 where there is a label, shaped as `told`
 */
export function forecastLoss(
  task: ForecastTask,
  told: tf.Tensor,
  { labels, labelled }: { readonly labels: tf.Tensor; readonly labelled: tf.Tensor }
): ForecastLoss {
  const { spec, weights } = task;
  const [rows, batch] = told.shape as [number, number];
  const parts = askedKinds(task).map((kind) => {
    const from = spec.kinds.indexOf(kind);
    const count = spec.kinds.filter((one) => one === kind).length;
    const own = (all: tf.Tensor): tf.Tensor =>
      tf.reshape(tf.slice(all, [0, 0, from], [rows, batch, count]), [rows, batch * count]);
    const error = kind === 'fill' ? crossEntropy : huber;
    return maskedMean(error(own(told), own(labels)), own(labelled));
  });
  const weighted = askedKinds(task).map((kind, i) => tf.mul<tf.Scalar>(weights[kind], parts[i]!));
  return { parts, total: tf.addN<tf.Scalar>(weighted) };
}

/** What a memory tells, [rows, batch, columns]; nothing where it has no head. */
export interface Told {
  readonly told?: tf.Tensor;
}

/** The forecasts of one update: added to the losses they are learnt with, and apart from them for the report. */
export class ForecastErrors {
  /** What the losses come to without them, in the order they were given. */
  readonly losses: tf.Scalar[] = [];
  readonly #task: ForecastTask;
  readonly #answers: { readonly labels: tf.Tensor; readonly labelled: tf.Tensor };
  /** Of every memory. */
  readonly #parts: (readonly tf.Scalar[])[] = [];

  constructor(task: ForecastTask, answers: { readonly labels: tf.Tensor; readonly labelled: tf.Tensor }) {
    this.#task = task;
    this.#answers = answers;
  }

  /** @param told of the memories that the loss goes back through @returns the loss to be learnt from */
  addTo(loss: tf.Scalar, told: readonly Told[]): tf.Scalar {
    const errors = told.flatMap((one) =>
      one.told === undefined ? [] : [forecastLoss(this.#task, one.told, this.#answers)]
    );
    this.losses.push(tf.keep(loss));
    for (const { parts } of errors) this.#parts.push(parts.map((part) => tf.keep(part)));
    return tf.addN<tf.Scalar>([loss, ...errors.map(({ total }) => total)]);
  }

  /** Over all memories, by kind. */
  means(): tf.Scalar[] {
    return askedKinds(this.#task).map((_, kind) => {
      return tf.div<tf.Scalar>(tf.addN<tf.Scalar>(this.#parts.map((parts) => parts[kind]!)), this.#parts.length);
    });
  }

  /** Of what it kept. */
  dispose(): void {
    tf.dispose([...this.losses, ...this.#parts.flat()]);
  }
}

/** ½ d² within ±1 and |d| - ½ beyond, d = told - label (Huber 1964, κ = 1), element by element. */
export function huber(told: tf.Tensor, label: tf.Tensor): tf.Tensor {
  return tf.customGrad((x, save) => {
    const d = tf.sub(x as tf.Tensor, label);
    const inside = tf.clipByValue(d, -1, 1);
    (save as tf.GradSaveFunc)([inside]);
    return {
      value: tf.mul(inside, tf.sub(d, tf.mul(0.5, inside))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0]!)
    };
  })(told);
}

/**
 * -y log p - (1 - y) log(1 - p), p = σ(z), element by element: as max(z, 0) - z y - log σ(|z|), which keeps its digits
 * however sure it is.
 */
export function crossEntropy(logOdds: tf.Tensor, label: tf.Tensor): tf.Tensor {
  return tf.customGrad((x, save) => {
    const z = x as tf.Tensor;
    (save as tf.GradSaveFunc)([tf.sub(tf.sigmoid(z), label)]);
    return {
      value: tf.sub(tf.sub(tf.relu(z), tf.mul(z, label)), tf.log(tf.sigmoid(tf.abs(z)))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0]!)
    };
  })(logOdds);
}
