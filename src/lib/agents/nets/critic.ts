/**
 * A Q network: the torso remembers what was seen, the action judged joins after it. So one pass over a sequence
 * serves any number of actions at each of its rows.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../core/random.ts';
import { denseStack, makeDense, makeDenseStack } from './dense.ts';
import type { Dense } from './dense.ts';
import { Parameters } from './parameters.ts';
import { Torso } from './torso.ts';
import type { Features, NetShape } from './torso.ts';

export class Critic {
  readonly parameters = new Parameters();
  readonly torso: Torso;
  readonly #layers: readonly Dense[];
  readonly #value: Dense;

  /** @param outputs numbers put out for an action: 1 for its value, more for quantiles of the return */
  constructor(shape: NetShape, outputs: number, random: Random) {
    this.torso = new Torso(this.parameters, shape, random);
    const width = Torso.width(shape) + shape.action;
    this.#layers = makeDenseStack(this.parameters, { name: 'dense', inputs: width, widths: shape.hidden, random });
    const inputs = shape.hidden.at(-1) ?? width;
    this.#value = makeDense(this.parameters, { name: 'value', inputs, outputs, random });
  }

  /**
   * @param features of the torso
   * @param actions [rows, batch, action] in [-1, 1]
   * @returns [rows, batch, outputs]
   */
  value(features: Features, actions: tf.Tensor): tf.Tensor {
    return denseStack([...features, actions], [...this.#layers, this.#value]);
  }
}
