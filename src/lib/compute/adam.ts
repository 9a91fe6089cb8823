/**
 * Adam (Kingma & Ba 2015, algorithm 1) and AdamW (Loshchilov & Hutter 2019, algorithm 2) over a list of variables, with
 * clipping by global norm (Pascanu et al. 2013, algorithm 1). State is saved and loaded as named arrays.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import { fresh } from './fresh.ts';
import { inPlaceKernels, type AdamSlot, type AdamStep } from './in-place.ts';
import { listKernels } from './list-kernels.ts';
import { requireArray, type NamedArray, type NamedArrays } from './named-arrays.ts';

export interface AdamOptions {
  readonly learningRate: number;
  readonly variables: readonly Variable[];
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled weight decay: p ← p (1 − learningRate × weightDecay) before each step. */
  readonly weightDecay?: number;
  /** Gradients are scaled down to this global norm; 0 or undefined for no limit. */
  readonly maxGradientNorm?: number | undefined;
}

export class Adam {
  /** May be changed between steps. */
  learningRate: number;
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  readonly #weightDecay: number;
  readonly #maxGradientNorm: number;
  readonly #slots: readonly AdamSlot[];
  #steps = 0;
  // By repeated multiplication: Math.pow may differ in the last bit from one engine to the next.
  #beta1Power = 1;
  #beta2Power = 1;

  constructor(options: AdamOptions) {
    this.learningRate = options.learningRate;
    this.#beta1 = options.beta1 ?? 0.9;
    this.#beta2 = options.beta2 ?? 0.999;
    this.#epsilon = options.epsilon ?? 1e-8;
    this.#weightDecay = options.weightDecay ?? 0;
    this.#maxGradientNorm = options.maxGradientNorm ?? 0;
    this.#slots = options.variables.map((parameter) => ({
      parameter,
      m: zerosVariable(parameter.shape),
      v: zerosVariable(parameter.shape)
    }));
  }

  get steps(): number {
    return this.#steps;
  }

  /**
   * One step. Gradients come in the order of the variables, or by variable name as `tf.variableGrads` gives them; they
   * stay the caller's to dispose of.
   */
  apply(gradients: readonly Tensor[] | Readonly<Record<string, Tensor>>): void {
    const ordered = this.#slots.map(({ parameter }, i) => gradientOf(gradients, parameter, i));
    const kernels = inPlaceKernels();
    if (kernels === undefined) {
      this.#applyTensors(ordered);
      return;
    }
    const stepping = { next: () => this.#nextStep(), maxGradientNorm: this.#maxGradientNorm };
    const { left, step } = kernels.adam(this.#slots, ordered, stepping);
    for (const i of left) tf.tidy(() => plainStep(this.#slots[i]!, ordered[i]!, step));
  }

  /** Moments by index of the variable (`0.m`, `0.v`, …) and the count of steps. */
  async save(): Promise<NamedArrays> {
    const arrays = new Map<string, NamedArray>([['steps', { shape: [1], values: new Float32Array([this.#steps]) }]]);
    for (const [i, { m, v }] of this.#slots.entries()) {
      arrays.set(`${i}.m`, { shape: m.shape, values: await floats(m) });
      arrays.set(`${i}.v`, { shape: v.shape, values: await floats(v) });
    }
    return arrays;
  }

  /** @throws AppError `data.drift` when a moment is missing or of another shape; nothing has changed then. */
  load(arrays: NamedArrays): void {
    const steps = requireArray(arrays, 'steps', [1])[0]!;
    const moments = this.#slots.map(({ m, v }, i) => ({
      m: requireArray(arrays, `${i}.m`, m.shape),
      v: requireArray(arrays, `${i}.v`, v.shape)
    }));
    moments.forEach((moment, i) => {
      const { m, v } = this.#slots[i]!;
      tf.tidy(() => {
        m.assign(tf.tensor(moment.m, m.shape));
        v.assign(tf.tensor(moment.v, v.shape));
      });
    });
    this.#steps = 0;
    this.#beta1Power = 1;
    this.#beta2Power = 1;
    while (this.#steps < steps) this.#advance();
  }

  /** The moments; the variables stay the caller's. */
  dispose(): void {
    for (const { m, v } of this.#slots) {
      m.dispose();
      v.dispose();
    }
  }

  /** Counts one step, and what its numbers are. */
  #nextStep(): Omit<AdamStep, 'gradientScale'> {
    this.#advance();
    return {
      decay: 1 - this.learningRate * this.#weightDecay,
      beta1: this.#beta1,
      beta2: this.#beta2,
      stepSize: this.learningRate / (1 - this.#beta1Power),
      secondScale: 1 / Math.sqrt(1 - this.#beta2Power),
      epsilon: this.#epsilon
    };
  }

  #advance(): void {
    this.#steps++;
    this.#beta1Power *= this.#beta1;
    this.#beta2Power *= this.#beta2;
  }

  /** What changes from step to step is a tensor, so that a recorded update can be replayed. */
  #applyTensors(gradients: readonly Tensor[]): void {
    tf.tidy(() => {
      const numbers = fresh(() => {
        const { stepSize, secondScale, decay } = this.#nextStep();
        return Float32Array.of(stepSize, secondScale, decay);
      }, [3]);
      const lists = listKernels();
      const [beta1, beta2, epsilon] = [this.#beta1, this.#beta2, this.#epsilon];
      const constants = { beta1, beta2, epsilon, maxGradientNorm: this.#maxGradientNorm };
      if (lists?.adam({ slots: this.#slots, gradients, numbers, ...constants }) === true) return;
      const [stepSize, secondScale, decay] = [0, 1, 2].map((at) => tf.reshape(tf.slice(numbers, at, 1), [])) as [
        Scalar,
        Scalar,
        Scalar
      ];
      const step: TensorStep = {
        gradientScale: this.#maxGradientNorm > 0 ? clipScale(gradients, this.#maxGradientNorm) : 1,
        decay: this.#weightDecay === 0 ? 1 : decay,
        beta1,
        beta2,
        stepSize,
        secondScale,
        epsilon
      };
      this.#slots.forEach((slot, i) => plainStep(slot, gradients[i]!, step));
    });
  }
}

/** Factor that brings the global norm down to the limit: 1 where it is below. Stays on the device. */
export function clipScale(gradients: readonly Tensor[], limit: number): Scalar {
  return tf.tidy(() => {
    const norm = tf.sqrt(total(gradients.map((gradient) => tf.sum(tf.square(gradient)))));
    return tf.minimum<Scalar>(1, tf.div(limit, tf.add(norm, 1e-6)));
  });
}

/** WebGPU promises a kernel eight buffers, its result among them. */
const ADDED_AT_ONCE = 7;

function total(scalars: readonly Scalar[]): Scalar {
  if (scalars.length <= ADDED_AT_ONCE) return tf.addN<Scalar>([...scalars]);
  const parts: Scalar[] = [];
  for (let i = 0; i < scalars.length; i += ADDED_AT_ONCE) parts.push(total(scalars.slice(i, i + ADDED_AT_ONCE)));
  return total(parts);
}

/** The numbers that a recorded update must not take for constants may be tensors. */
type TensorStep = Omit<AdamStep, Fresh> & Readonly<Record<Fresh, number | Scalar>>;
type Fresh = 'gradientScale' | 'decay' | 'stepSize' | 'secondScale';

function plainStep({ parameter, m, v }: AdamSlot, raw: Tensor, step: TensorStep): void {
  const gradient = step.gradientScale === 1 ? raw : tf.mul(raw, step.gradientScale);
  const { beta1, beta2 } = step;
  const nextM = tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1));
  const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const denominator = tf.add(tf.mul(tf.sqrt(nextV), step.secondScale), step.epsilon);
  const decayed = step.decay === 1 ? parameter : tf.mul(parameter, step.decay);
  parameter.assign(tf.sub(decayed, tf.div(tf.mul(nextM, step.stepSize), denominator)));
  m.assign(nextM);
  v.assign(nextV);
}

function gradientOf(
  gradients: readonly Tensor[] | Readonly<Record<string, Tensor>>,
  parameter: Variable,
  i: number
): Tensor {
  const byName = gradients as Readonly<Record<string, Tensor | undefined>>;
  const gradient = Array.isArray(gradients) ? (gradients as readonly Tensor[])[i] : byName[parameter.name];
  if (gradient === undefined) throw new Error(`Adam: no gradient for variable ${String(i)} (${parameter.name})`);
  return gradient;
}

function zerosVariable(shape: number[]): Variable {
  return tf.tidy(() => tf.variable(tf.zeros(shape), false));
}

async function floats(tensor: Tensor): Promise<Float32Array> {
  return Float32Array.from((await tensor.data()) as Float32Array);
}
