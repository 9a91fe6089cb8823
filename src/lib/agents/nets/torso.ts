/**
 * What actor and critic begin with: an LSTM over (observation, previous action, previous reward) and beside it the
 * same inputs as they are, so that the dense layers need not wait for the memory to learn to pass them on (the
 * shortcut of Ni et al. 2022, section 4). With no LSTM units it passes on the observation alone: a memoryless agent.
 */
import * as tf from '@tensorflow/tfjs-core';
import { lstmBias, lstmSequence } from '../../compute/lstm.ts';
import { fillUniform } from '../../compute/random.ts';
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

/**
 * What a torso puts out, in parts whose columns stand side by side, [rows, batch, width] each: layers take them as they
 * are, so that no part is copied to stand beside another.
 */
export type Features = readonly tf.Tensor[];

/** Recurrent state, each [batch, lstmUnits]. */
export interface MemoryState {
  readonly h: tf.Tensor2D;
  readonly c: tf.Tensor2D;
}

interface Lstm {
  /** [inputs + units, 4 units] */
  readonly kernel: tf.Variable;
  /** [4 units] */
  readonly bias: tf.Variable;
}

/**
 * Input rows keep the variance of their inputs (LeCun et al. 1998, section 4.6: uniform in ±sqrt(3 / inputs)): with few
 * inputs PyTorch's ±1/sqrt(units) leaves what changed since the last step, a velocity say, too faint to be learnt from.
 * Recurrent rows are PyTorch's.
 */
function makeLstm(parameters: Parameters, { inputs, lstmUnits }: NetShape, random: Random, prefix: string): Lstm {
  const gates = 4 * lstmUnits;
  const stream = random.split('lstm.kernel');
  const kernel = new Float32Array((inputs + lstmUnits) * gates);
  fillUniform(stream, kernel, -1, 1);
  const inputBound = Math.sqrt(3 / inputs);
  const stateBound = 1 / Math.sqrt(lstmUnits);
  for (let i = 0; i < kernel.length; i++) kernel[i]! *= i < inputs * gates ? inputBound : stateBound;
  return {
    kernel: parameters.given(`${prefix}lstm.kernel`, [inputs + lstmUnits, gates], kernel),
    bias: parameters.given(`${prefix}lstm.bias`, [gates], lstmBias(lstmUnits))
  };
}

export class Torso {
  readonly #shape: NetShape;
  readonly #lstm: Lstm | undefined;

  /** @param prefix of its weights' names, where one `Parameters` holds several networks */
  constructor(parameters: Parameters, shape: NetShape, random: Random, prefix = '') {
    this.#shape = shape;
    this.#lstm = shape.lstmUnits === 0 ? undefined : makeLstm(parameters, shape, random, prefix);
  }

  /** Width of all parts of the features together. */
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
   * @returns the features and the state after the last row
   */
  run(inputs: tf.Tensor3D, starts: tf.Tensor2D, state: MemoryState): { features: Features; state: MemoryState } {
    if (this.#lstm === undefined) {
      const { observation } = this.#shape;
      const features = tf.slice(inputs, [0, 0, 0], [inputs.shape[0], inputs.shape[1], observation]);
      return { features: [features], state };
    }
    const { hidden, h, c } = this.#remember(this.#lstm, inputs, starts, state);
    return { features: [hidden, inputs], state: { h, c } };
  }

  /** The state after the last row alone; see `run`. */
  after(inputs: tf.Tensor3D, starts: tf.Tensor2D, state: MemoryState): MemoryState {
    if (this.#lstm === undefined) return state;
    const { h, c } = this.#remember(this.#lstm, inputs, starts, state);
    return { h, c };
  }

  #remember(
    { kernel, bias }: Lstm,
    inputs: tf.Tensor3D,
    starts: tf.Tensor2D,
    { h, c }: MemoryState
  ): ReturnType<typeof lstmSequence> {
    const weights = { kernel: kernel as tf.Tensor2D, bias: bias as tf.Tensor1D };
    return lstmSequence({ x: inputs, ...weights, h0: h, c0: c, resets: starts });
  }
}
