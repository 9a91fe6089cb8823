/**
 * Fully connected layers one after the other as one op with gradients: y = W_n f(… f(x W_1 + b_1) …) + b_n. With nets as
 * small as those of classic control an update's time is tfjs' bookkeeping of its ops, so there is one where there were
 * three a layer. `mlp` uses the fused kernel of the backend in use where one was installed and passed its check, else the
 * plain tfjs reference below, which every kernel is held against.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { joinColumns } from './columns.ts';

export type Activation = 'tanh' | 'relu';

export interface MlpLayer {
  /** [inputs, outputs] */
  readonly kernel: Tensor;
  /** [outputs] */
  readonly bias: Tensor;
}

export interface MlpArgs {
  /** [..., inputs] of the first layer; or parts of them whose columns stand side by side, as `concat` would join them. */
  readonly x: Tensor | readonly Tensor[];
  /** One at least. */
  readonly layers: readonly MlpLayer[];
  /** After every layer, or after all but the last. */
  readonly activation: Activation;
  readonly last: 'linear' | 'activated';
}

/** A backend's own implementation: x is [rows, inputs], the result [rows, outputs]; differentiable in all of them. */
export type FusedMlp = (args: Omit<MlpArgs, 'x'> & { readonly x: Tensor2D }) => Tensor2D;

/** The same of an input in parts, which are never joined: each [..., its inputs], the result [..., outputs]. */
export type JoiningMlp = (args: Omit<MlpArgs, 'x'> & { readonly x: readonly Tensor[] }) => Tensor;

const fused = new Map<string, FusedMlp>();
const joining = new Map<string, JoiningMlp>();

/** Puts a fused implementation in use for a backend, or takes it away with `undefined`. For device.ts alone. */
export function setFusedMlp(backend: string, implementation: FusedMlp | undefined): void {
  if (implementation === undefined) fused.delete(backend);
  else fused.set(backend, implementation);
}

/** For inputs in parts, or in one; without it they are joined first. For device.ts alone. */
export function setJoiningMlp(backend: string, implementation: JoiningMlp | undefined): void {
  if (implementation === undefined) joining.delete(backend);
  else joining.set(backend, implementation);
}

/** @returns [..., outputs] of the last layer; gradients flow to x, kernels and biases */
export function mlp({ x: given, ...rest }: MlpArgs): Tensor {
  if (!(given instanceof tf.Tensor)) {
    const whole = joining.get(tf.getBackend());
    if (whole === undefined || given.length < 2) return mlp({ x: joined(given), ...rest });
    return mlpOfParts(whole, given, rest);
  }
  const x = given;
  const inputs = checkShapes(x, rest.layers);
  const whole = joining.get(tf.getBackend());
  if (whole !== undefined) return whole({ x: [x], ...rest });
  const implementation = fused.get(tf.getBackend()) ?? referenceMlp;
  if (x.rank === 2) return implementation({ x: x as Tensor2D, ...rest });
  const y = implementation({ x: tf.reshape<tf.Rank.R2>(x, [-1, inputs]), ...rest });
  return tf.reshape(y, [...x.shape.slice(0, -1), y.shape[1]]);
}

const joined = (parts: readonly Tensor[]): Tensor => (parts.length === 1 ? parts[0]! : joinColumns(parts));

function mlpOfParts(through: JoiningMlp, parts: readonly Tensor[], rest: Omit<MlpArgs, 'x'>): Tensor {
  const [first] = parts as [Tensor];
  const outer = first.shape.slice(0, -1);
  const inputs = parts.reduce((sum, { shape }) => sum + shape.at(-1)!, 0);
  if (parts.some(({ shape }) => shape.slice(0, -1).join() !== outer.join())) {
    throw new Error(`mlp: parts of ${parts.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ')} have other rows`);
  }
  checkLayers(inputs, rest.layers);
  return through({ x: parts, ...rest });
}

/** The same in ordinary tfjs ops, on any backend. */
export const referenceMlp: FusedMlp = ({ x, layers, activation, last }) =>
  layers.reduce<Tensor2D>((y, { kernel, bias }, i) => {
    const z = tf.add<Tensor2D>(tf.matMul(y, kernel), bias);
    if (i === layers.length - 1 && last === 'linear') return z;
    return activation === 'tanh' ? tf.tanh(z) : tf.relu(z);
  }, x);

/** @returns the width of x */
function checkShapes(x: Tensor, layers: readonly MlpLayer[]): number {
  const inputs = x.shape.at(-1);
  if (inputs === undefined || layers.length === 0 || x.size === 0) {
    throw new Error(`mlp: expected layers and rows, got ${String(layers.length)} on [${x.shape.join(', ')}]`);
  }
  checkLayers(inputs, layers);
  return inputs;
}

function checkLayers(inputs: number, layers: readonly MlpLayer[]): void {
  let width = inputs;
  for (const [i, { kernel, bias }] of layers.entries()) {
    const [rows, columns] = kernel.shape;
    if (kernel.rank !== 2 || rows !== width || bias.rank !== 1 || bias.shape[0] !== columns) {
      throw new Error(
        `mlp: layer ${String(i)} of [${kernel.shape.join(', ')}] and [${bias.shape.join(', ')}] on ${String(width)} inputs`
      );
    }
    width = columns;
  }
}
