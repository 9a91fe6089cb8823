/**
 * RMSProp with ε inside the root and the mean square started at one, as TensorFlow 1 had it and as A2C is published with
 * (Mnih et al. 2016, supplement 7): v ← α v + (1 - α) g², p ← p - η g / √(v + ε). With clipping by global norm.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { requireArray, type NamedArray, type NamedArrays } from './named-arrays.ts';

export class RmsProp {
  learningRate: number;
  readonly #decay: number;
  readonly #epsilon: number;
  readonly #maxGradientNorm: number;
  readonly #slots: readonly { readonly parameter: Variable; readonly square: Variable }[];

  constructor(options: {
    readonly learningRate: number;
    readonly variables: readonly Variable[];
    /** α: 0.99 when not given. */
    readonly decay?: number;
    readonly epsilon?: number;
    /** Gradients are scaled down to this global norm; 0 or undefined for no limit. */
    readonly maxGradientNorm?: number;
  }) {
    this.learningRate = options.learningRate;
    this.#decay = options.decay ?? 0.99;
    this.#epsilon = options.epsilon ?? 1e-5;
    this.#maxGradientNorm = options.maxGradientNorm ?? 0;
    this.#slots = options.variables.map((parameter) => ({
      parameter,
      square: tf.tidy(() => tf.variable(tf.ones(parameter.shape), false))
    }));
  }

  /** One step, gradients by the variables' names; they stay the caller's to dispose of. */
  apply(gradients: Readonly<Record<string, Tensor>>): void {
    tf.tidy(() => {
      const ordered = this.#slots.map(({ parameter }) => {
        const gradient = (gradients as Readonly<Record<string, Tensor | undefined>>)[parameter.name];
        if (gradient === undefined) throw new Error(`RmsProp: no gradient for ${parameter.name}`);
        return gradient;
      });
      const limit = this.#maxGradientNorm;
      const norm = limit > 0 ? tf.sqrt(tf.addN(ordered.map((g) => tf.sum(tf.square(g))))) : undefined;
      const scale = norm === undefined ? undefined : tf.minimum(1, tf.div(limit, tf.add(norm, 1e-6)));
      this.#slots.forEach(({ parameter, square }, i) => {
        const raw = ordered[i] as Tensor;
        const g = scale === undefined ? raw : tf.mul(raw, scale);
        const next = tf.add(tf.mul(square, this.#decay), tf.mul(tf.square(g), 1 - this.#decay));
        const step = tf.div(tf.mul(g, this.learningRate), tf.sqrt(tf.add(next, this.#epsilon)));
        parameter.assign(tf.sub(parameter, step));
        square.assign(next);
      });
    });
  }

  async save(): Promise<NamedArrays> {
    const arrays = new Map<string, NamedArray>();
    for (const [i, { square }] of this.#slots.entries()) {
      arrays.set(`${String(i)}.v`, { shape: square.shape, values: Float32Array.from(await square.data()) });
    }
    return arrays;
  }

  /** @throws AppError `data.drift` when an array is missing or of another shape; nothing has changed then. */
  load(arrays: NamedArrays): void {
    const found = this.#slots.map(({ square }, i) => requireArray(arrays, `${String(i)}.v`, square.shape));
    this.#slots.forEach(({ square }, i) => {
      tf.tidy(() => {
        square.assign(tf.tensor(found[i] as Float32Array, square.shape));
      });
    });
  }

  dispose(): void {
    for (const { square } of this.#slots) square.dispose();
  }
}
