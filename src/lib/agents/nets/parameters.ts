/**
 * A network's weights as named variables in a fixed order: what an optimiser steps, a target follows and a checkpoint
 * holds. Whoever makes a `Parameters` disposes of it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { requireArray, sizeOf } from '../../compute/named-arrays.ts';
import type { NamedArray, NamedArrays } from '../../compute/named-arrays.ts';
import type { Random } from '../../core/random.ts';

export class Parameters {
  readonly #byName = new Map<string, tf.Variable>();

  /** Uniform in ±1/sqrt(fanIn), as PyTorch starts its linear and LSTM layers. */
  uniform(options: { name: string; shape: number[]; fanIn: number; random: Random }): tf.Variable {
    const { name, shape, fanIn, random } = options;
    const bound = 1 / Math.sqrt(fanIn);
    const stream = random.split(name);
    return this.given(
      name,
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * stream.uniform() - 1))
    );
  }

  given(name: string, shape: number[], values: Float32Array): tf.Variable {
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    this.#byName.set(name, variable);
    return variable;
  }

  /** In the order they were made. */
  get variables(): tf.Variable[] {
    return [...this.#byName.values()];
  }

  /** Takes the values, never the storage: a target is later written in place. */
  copyFrom(other: Parameters): void {
    const from = other.variables;
    this.variables.forEach((variable, i) => {
      tf.tidy(() => {
        variable.assign(tf.add(from[i]!, 0));
      });
    });
  }

  async save(prefix: string, into: Map<string, NamedArray>): Promise<void> {
    for (const [name, variable] of this.#byName) {
      const values = (await variable.data()) as Float32Array;
      into.set(`${prefix}.${name}`, { shape: variable.shape, values: values.slice() });
    }
  }

  /** @throws AppError `data.drift` when a tensor is missing or of another shape */
  load(prefix: string, from: NamedArrays): void {
    const found = [...this.#byName].map(([name, variable]) => ({
      variable,
      values: requireArray(from, `${prefix}.${name}`, variable.shape)
    }));
    for (const { variable, values } of found) {
      tf.tidy(() => {
        variable.assign(tf.tensor(values, variable.shape));
      });
    }
  }

  dispose(): void {
    for (const variable of this.#byName.values()) variable.dispose();
    this.#byName.clear();
  }
}
