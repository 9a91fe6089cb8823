/** The policy network: torso, dense layers, and two heads for the mean and the log standard deviation. */
import * as tf from '@tensorflow/tfjs-core';
import { fusedLosses } from '../../compute/fused-losses.ts';
import type { Random } from '../../core/random.ts';
import { dense, denseRelu, makeDense, makeDenseStack } from './dense.ts';
import type { Dense } from './dense.ts';
import { Parameters } from './parameters.ts';
import { LOG_STD_MAX, LOG_STD_MIN } from './squashed-gaussian.ts';
import type { Gaussian } from './squashed-gaussian.ts';
import { Torso } from './torso.ts';
import type { Features, MemoryState, NetShape } from './torso.ts';

export class Actor {
  readonly parameters = new Parameters();
  readonly torso: Torso;
  readonly #layers: readonly Dense[];
  readonly #mean: Dense;
  readonly #logStd: Dense;

  constructor(shape: NetShape, random: Random) {
    this.torso = new Torso(this.parameters, shape, random);
    const width = Torso.width(shape);
    this.#layers = makeDenseStack(this.parameters, { name: 'dense', inputs: width, widths: shape.hidden, random });
    const inputs = shape.hidden.at(-1) ?? width;
    this.#mean = makeDense(this.parameters, { name: 'mean', inputs, outputs: shape.action, random });
    this.#logStd = makeDense(this.parameters, { name: 'logStd', inputs, outputs: shape.action, random });
  }

  /**
   * @param inputs [rows, batch, inputs]
   * @returns the distribution, [rows, batch, action], the torso's features it comes of, and the memory after the last row
   */
  run(
    inputs: tf.Tensor3D,
    starts: tf.Tensor2D,
    from: MemoryState
  ): { policy: Gaussian; features: Features; state: MemoryState } {
    const { features, state } = this.torso.run(inputs, starts, from);
    const x = denseRelu(features, this.#layers);
    const clipped = fusedLosses().clipped ?? tf.clipByValue;
    const logStd = clipped(dense(x, this.#logStd), LOG_STD_MIN, LOG_STD_MAX);
    return { policy: { mean: dense(x, this.#mean), logStd }, features, state };
  }
}
