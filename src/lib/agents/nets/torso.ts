/**
 * What actor and critic begin with: an LSTM over (observation, previous action, previous reward) and beside it the
 * same inputs as they are, so that the dense layers need not wait for the memory to learn to pass them on (the
 * shortcut of Ni et al. 2022, section 4). With no LSTM units it passes on the observation alone: a memoryless agent.
 */
import * as tf from '@tensorflow/tfjs-core';
import { lstmBias, lstmSequence } from '../../compute/lstm.ts';
import type { Random } from '../../core/random.ts';
import type { Parameters } from './parameters.ts';

export interface NetShape {
  readonly observation: number;
  readonly action: number;
  /** Width of the inputs: see `inputWidth`. */
  readonly inputs: number;
  /** 0 for no memory. */
  readonly lstmUnits: number;
  /** Widths of the dense layers after the memory. */
  readonly hidden: readonly number[];
}

/** Recurrent state, each [batch, lstmUnits]. */
export interface MemoryState {
  readonly h: tf.Tensor2D;
  readonly c: tf.Tensor2D;
}

export class Torso {
  readonly #shape: NetShape;
  readonly #lstm: { readonly kernel: tf.Variable; readonly bias: tf.Variable } | undefined;

  constructor(parameters: Parameters, shape: NetShape, random: Random) {
    this.#shape = shape;
    const { inputs, lstmUnits } = shape;
    this.#lstm =
      lstmUnits === 0
        ? undefined
        : {
            kernel: parameters.uniform({
              name: 'lstm.kernel',
              shape: [inputs + lstmUnits, 4 * lstmUnits],
              fanIn: lstmUnits,
              random
            }),
            bias: parameters.given('lstm.bias', [4 * lstmUnits], lstmBias(lstmUnits))
          };
  }

  /** Width of the features. */
  static width({ observation, inputs, lstmUnits }: NetShape): number {
    return lstmUnits === 0 ? observation : lstmUnits + inputs;
  }

  zeroState(batch: number): MemoryState {
    const shape: [number, number] = [batch, this.#shape.lstmUnits];
    return { h: tf.zeros(shape), c: tf.zeros(shape) };
  }

  /**
   * @param inputs [rows, batch, inputs]
   * @param starts [rows, batch] 1 where the memory is cleared before the row
   * @returns features [rows, batch, width] and the state after the last row
   */
  run(inputs: tf.Tensor3D, starts: tf.Tensor2D, state: MemoryState): { features: tf.Tensor; state: MemoryState } {
    if (this.#lstm === undefined) {
      const { observation } = this.#shape;
      const features = tf.slice(inputs, [0, 0, 0], [inputs.shape[0], inputs.shape[1], observation]);
      return { features, state };
    }
    const { hidden, h, c } = lstmSequence({
      x: inputs,
      kernel: this.#lstm.kernel as tf.Tensor2D,
      bias: this.#lstm.bias as tf.Tensor1D,
      h0: state.h,
      c0: state.c,
      resets: starts
    });
    return { features: tf.concat([hidden, inputs], 2), state: { h, c } };
  }
}
