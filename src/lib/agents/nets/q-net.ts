/**
 * A network that puts out the value of every choice at once, or quantiles of its return: dense layers with ReLU. With
 * two streams the last hidden layer is doubled, one half for the value of where it stands and one for the advantage of
 * each choice (Wang et al. 2016, figure 1). A space of several choices a step has a branch each, all on one value
 * (Tavakoli et al. 2018, arXiv 1711.08946, figure 2).
 */
import * as tf from '@tensorflow/tfjs-core';
import { mlp } from '../../compute/mlp.ts';
import type { Random } from '../../core/random.ts';
import { makeDense, makeDenseStack } from './dense.ts';
import type { Dense } from './dense.ts';
import { Parameters } from './parameters.ts';

export interface QNetShape {
  readonly observation: number;
  /** How many there are to choose from, a branch. */
  readonly branches: readonly number[];
  /** Numbers put out for a choice: 1 for its value. */
  readonly quantiles: number;
  /** Widths of the hidden layers; one at least. */
  readonly hidden: readonly number[];
  readonly duelling: boolean;
}

/** Layers of a stream of its own; the last is linear. */
type Stream = readonly Dense[];

/**
 * Q = V + A - mean of A over the choices: Wang et al. 2016, "Dueling Network Architectures for Deep Reinforcement
 * Learning", arXiv 1511.06581, eq. 9.
 * @param value [..., 1] @param advantages [..., choices]
 */
export const duel = (value: tf.Tensor, advantages: tf.Tensor): tf.Tensor =>
  tf.add(value, tf.sub(advantages, tf.mean(advantages, -1, true)));

export class QNet {
  readonly parameters = new Parameters();
  readonly #shape: QNetShape;
  readonly #shared: readonly Dense[];
  readonly #choices: Stream;
  readonly #value: Stream | undefined;

  constructor(shape: QNetShape, random: Random) {
    this.#shape = shape;
    const { observation, branches, quantiles, hidden, duelling } = shape;
    const all = quantiles * branches.reduce((sum, n) => sum + n, 0);
    const parts = duelling ? hidden.length - 1 : hidden.length;
    const widths = hidden.slice(0, parts);
    this.#shared = makeDenseStack(this.parameters, { name: 'dense', inputs: observation, widths, random });
    const from = widths.at(-1) ?? observation;
    const stream = (name: string, outputs: number): Stream => {
      const own = hidden.slice(parts);
      const layers = makeDenseStack(this.parameters, { name: `${name}.dense`, inputs: from, widths: own, random });
      const head = makeDense(this.parameters, { name, inputs: own.at(-1) ?? from, outputs, random });
      return [...layers, head];
    };
    this.#choices = stream('choices', all);
    this.#value = duelling ? stream('value', quantiles) : undefined;
  }

  /** @param observations [batch, observation] @returns a branch each: [batch, quantiles, choices] */
  run(observations: tf.Tensor2D): tf.Tensor3D[] {
    const { branches, quantiles } = this.#shape;
    const [size] = observations.shape;
    const relu = { activation: 'relu', last: 'linear' } as const;
    const stacked = (layers: Stream): tf.Tensor3D =>
      tf.reshape(mlp({ x: shared, layers, ...relu }), [size, quantiles, -1]);
    // One stream is one op; two begin with one in common.
    const [shared, layers] =
      this.#value === undefined || this.#shared.length === 0
        ? [observations, [...this.#shared, ...this.#choices]]
        : [mlp({ x: observations, layers: this.#shared, activation: 'relu', last: 'activated' }), this.#choices];
    const all = stacked(layers);
    const split = branches.length === 1 ? [all] : tf.split<tf.Tensor3D>(all, [...branches], 2);
    if (this.#value === undefined) return split;
    const value = stacked(this.#value);
    return split.map((advantages) => duel(value, advantages) as tf.Tensor3D);
  }
}
