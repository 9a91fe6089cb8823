/**
 * RMSProp with ε inside the root and the mean square started at one, as TensorFlow 1 had it and as A2C is published with
 * (Mnih et al. 2016, supplement 7): v ← α v + (1 - α) g², p ← p - η g / √(v + ε). With clipping by global norm.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import { clipScale } from './adam.ts';
import { fresh } from './fresh.ts';
import { inPlaceKernels, type RmsPropSlot, type RmsPropStep } from './in-place.ts';
import { requireArray, type NamedArray, type NamedArrays } from './named-arrays.ts';

export class RmsProp {
  learningRate: number;
  readonly #decay: number;
  readonly #epsilon: number;
  readonly #maxGradientNorm: number;
  readonly #slots: readonly RmsPropSlot[];

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
    const ordered = this.#slots.map(({ parameter }) => {
      const gradient = (gradients as Readonly<Record<string, Tensor | undefined>>)[parameter.name];
      if (gradient === undefined) throw new Error(`RmsProp: no gradient for ${parameter.name}`);
      return gradient;
    });
    const next = (): Omit<RmsPropStep, 'gradientScale'> => ({
      decay: this.#decay,
      learningRate: this.learningRate,
      epsilon: this.#epsilon
    });
    const limit = this.#maxGradientNorm;
    const kernels = inPlaceKernels();
    if (kernels === undefined) {
      const step = { ...next(), gradientScale: 1 };
      tf.tidy(() => {
        const scale = limit > 0 ? clipScale(ordered, limit) : undefined;
        // As a tensor, so that a recorded update can be replayed at another rate.
        const learningRate = fresh(() => Float32Array.of(this.learningRate), []) as Scalar;
        this.#slots.forEach((slot, i) => {
          plainStep(slot, scale === undefined ? ordered[i]! : tf.mul(ordered[i]!, scale), { ...step, learningRate });
        });
      });
      return;
    }
    const { left, step: scaled } = kernels.rmsProp(this.#slots, ordered, { next, maxGradientNorm: limit });
    for (const i of left) tf.tidy(() => plainStep(this.#slots[i]!, ordered[i]!, scaled));
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

function plainStep(
  { parameter, square }: RmsPropSlot,
  gradient: Tensor,
  step: Omit<RmsPropStep, 'learningRate'> & { readonly learningRate: number | Scalar }
): void {
  const g = step.gradientScale === 1 ? gradient : tf.mul(gradient, step.gradientScale);
  const next = tf.add(tf.mul(square, step.decay), tf.mul(tf.square(g), 1 - step.decay));
  const move = tf.div(tf.mul(g, step.learningRate), tf.sqrt(tf.add(next, step.epsilon)));
  parameter.assign(tf.sub(parameter, move));
  square.assign(next);
}
