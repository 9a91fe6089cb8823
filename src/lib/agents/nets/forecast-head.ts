/**
 * Tells the near future from a memory: one layer without a squash, so that what it is to tell must lie open in the memory
 * itself. Each network's memory has its own.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../core/random.ts';
import { dense, makeDense } from './dense.ts';
import type { Dense } from './dense.ts';
import { Parameters } from './parameters.ts';

export class ForecastHead {
  readonly parameters = new Parameters();
  readonly #layer: Dense;

  /** @param options.inputs width of the torso's features @param options.outputs columns that are told */
  constructor({ inputs, outputs, random }: { inputs: number; outputs: number; random: Random }) {
    this.#layer = makeDense(this.parameters, { name: 'told', inputs, outputs, random });
  }

  /** @param features [rows, batch, inputs] @returns [rows, batch, outputs] */
  run(features: tf.Tensor): tf.Tensor {
    return dense(features, this.#layer);
  }
}
