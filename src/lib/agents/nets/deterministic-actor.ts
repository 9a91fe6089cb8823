/** A policy network that puts out the action itself: dense layers with ReLU, the last squashed by tanh into (-1, 1). */
import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../core/random.ts';
import { denseStack, makeDense, makeDenseStack } from './dense.ts';
import type { Dense } from './dense.ts';
import { Parameters } from './parameters.ts';

export interface DeterministicActorShape {
  readonly observation: number;
  readonly action: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
}

export class DeterministicActor {
  readonly parameters = new Parameters();
  readonly #layers: readonly Dense[];

  constructor({ observation, action, hidden }: DeterministicActorShape, random: Random) {
    const stack = makeDenseStack(this.parameters, { name: 'dense', inputs: observation, widths: hidden, random });
    const inputs = hidden.at(-1) ?? observation;
    this.#layers = [...stack, makeDense(this.parameters, { name: 'mean', inputs, outputs: action, random })];
  }

  /** @param observations [..., observation] @returns [..., action] */
  run(observations: tf.Tensor): tf.Tensor {
    return tf.tanh(denseStack(observations, this.#layers));
  }
}
