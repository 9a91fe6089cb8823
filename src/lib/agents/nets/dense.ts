/** Fully connected layers over the last axis of a tensor of any rank. */
import * as tf from '@tensorflow/tfjs-core';
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

/** @param x [..., inputs] @returns [..., outputs] */
export function dense(x: tf.Tensor, layer: Dense): tf.Tensor {
  const [inputs, outputs] = layer.kernel.shape as [number, number];
  // A reshape costs as much as a small layer: none where there is nothing to reshape.
  const flat = x.rank === 2 ? (x as tf.Tensor2D) : tf.reshape<tf.Rank.R2>(x, [-1, inputs]);
  const y = tf.add(tf.matMul(flat, layer.kernel as tf.Tensor2D), layer.bias);
  return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), outputs]);
}

/** Each layer followed by ReLU. */
export const denseRelu = (x: tf.Tensor, layers: readonly Dense[]): tf.Tensor =>
  layers.reduce((y, layer) => tf.relu(dense(y, layer)), x);
