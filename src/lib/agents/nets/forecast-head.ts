/**
 * Tells the near future from a memory: one layer without a squash, so that what it is to tell must lie open in the memory
 * itself. Each network's memory has its own.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../core/random.ts';
import { dense, makeDense } from './dense.ts';
import type { Dense } from './dense.ts';
import { Parameters } from './parameters.ts';
import type { Features } from './torso.ts';

export class ForecastHead {
  readonly parameters = new Parameters();
  readonly #layer: Dense;

  /** @param options.inputs width of the torso's features @param options.outputs columns that are told */
  constructor({ inputs, outputs, random }: { inputs: number; outputs: number; random: Random }) {
    this.#layer = makeDense(this.parameters, { name: 'told', inputs, outputs, random });
  }

  /** @param features of the torso, [rows, batch, inputs] together @returns [rows, batch, outputs] */
  run(features: Features): tf.Tensor {
    return dense(features, this.#layer);
  }
}
