/** Fully connected layers over the last axis of a tensor of any rank. */
import type * as tf from '@tensorflow/tfjs-core';
import { joinColumns } from '../../compute/columns.ts';
import { mlp } from '../../compute/mlp.ts';
import type { Random } from '../../core/random.ts';
import type { Parameters } from './parameters.ts';

export interface Dense {
  /** [inputs, outputs] */
  readonly kernel: tf.Variable;
  /** [outputs] */
  readonly bias: tf.Variable;
}

export interface DenseOptions {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly random: Random;
}

export function makeDense(parameters: Parameters, { name, inputs, outputs, random }: DenseOptions): Dense {
  return {
    kernel: parameters.uniform({ name: `${name}.kernel`, shape: [inputs, outputs], fanIn: inputs, random }),
    bias: parameters.uniform({ name: `${name}.bias`, shape: [outputs], fanIn: inputs, random })
  };
}

/** Layers one after the other: `NAME.0`, `NAME.1`, ... of the given widths. */
export function makeDenseStack(
  parameters: Parameters,
  { name, inputs, widths, random }: Omit<DenseOptions, 'outputs'> & { readonly widths: readonly number[] }
): Dense[] {
  return widths.map((outputs, i) =>
    makeDense(parameters, {
      name: `${name}.${String(i)}`,
      inputs: i === 0 ? inputs : (widths[i - 1] as number),
      outputs,
      random
    })
  );
}

/** What layers take: [..., inputs], or parts of it that stand side by side. */
type Input = tf.Tensor | readonly tf.Tensor[];

/** @returns [..., outputs] */
export const dense = (x: Input, layer: Dense): tf.Tensor =>
  mlp({ x, layers: [layer], activation: 'relu', last: 'linear' });

/** Each layer followed by ReLU. */
export function denseRelu(x: Input, layers: readonly Dense[]): tf.Tensor {
  if (layers.length > 0) return mlp({ x, layers, activation: 'relu', last: 'activated' });
  if (!Array.isArray(x)) return x as tf.Tensor;
  const parts = x as readonly tf.Tensor[];
  return parts.length === 1 ? parts[0]! : joinColumns(parts);
}

/** Each layer but the last followed by ReLU. */
export const denseStack = (x: Input, layers: readonly Dense[]): tf.Tensor =>
  mlp({ x, layers, activation: 'relu', last: 'linear' });
