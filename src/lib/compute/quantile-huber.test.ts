/** The quantile Huber loss against tfjs' own derivative of the formula, over random shapes. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { chooseDevice, type Device, type DeviceRequest, type DeviceSeams } from './device.ts';
import { weightedQuantileHuber, type QuantileHuberArgs } from './quantile-huber.ts';
import { normalTensor } from './random.ts';
import { relativeError } from './wasm/check.ts';

const random = new Random(seed(40), 'quantile huber shapes');
const between = (low: number, high: number): number => low + random.below(high - low + 1);
const shapes = [
  { rows: 1, quantiles: 1, atoms: 1 },
  { rows: 1, quantiles: 25, atoms: 46 },
  { rows: 300, quantiles: 25, atoms: 46 },
  { rows: 64, quantiles: 32, atoms: 32 },
  ...Array.from({ length: 16 }, () => ({ rows: between(1, 30), quantiles: between(1, 40), atoms: between(1, 40) }))
];

function argsOf({ rows, quantiles, atoms }: (typeof shapes)[number]): QuantileHuberArgs {
  const stream = new Random(seed(41), JSON.stringify([rows, quantiles, atoms]));
  const spread = (shape: number[]): tf.Tensor => tf.mul(normalTensor(stream, shape), 2);
  return {
    values: spread([rows, quantiles]) as tf.Tensor2D,
    target: spread([rows, atoms]) as tf.Tensor2D,
    weights: tf.abs(spread([rows])) as tf.Tensor1D
  };
}

/** Written out, without a gradient of its own. */
function formula({ values, target, weights }: QuantileHuberArgs): tf.Scalar {
  const quantiles = values.shape[1];
  const taus = tf.div(tf.add(tf.range(0, quantiles), 0.5), quantiles);
  const delta = tf.sub(tf.expandDims(target, 1), tf.expandDims(values, 2));
  // For x above zero huber(x) = min(x, 1)² / 2 + max(x - 1, 0); an atom below its quantile weighs 1 - τ, one above it τ.
  const huber = (x: tf.Tensor): tf.Tensor => tf.add(tf.mul(0.5, tf.square(tf.minimum(x, 1))), tf.relu(tf.sub(x, 1)));
  const tau = tf.reshape(taus, [1, quantiles, 1]);
  const above = tf.mul(tau, huber(tf.relu(delta)));
  const below = tf.mul(tf.sub(1, tau), huber(tf.relu(tf.neg(delta))));
  return tf.sum(tf.mul(tf.sum(tf.add(above, below), [1, 2]), weights));
}

const devices: [string, DeviceRequest, DeviceSeams][] = [
  ['wasm', 'wasm', { threads: 1 }],
  ['wasm with three threads', 'wasm', { threads: 3 }],
  ['cpu', 'cpu', {}]
];

describe.each(devices)('quantile Huber loss on %s', (_, request, seams) => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice(request, seams);
  });
  afterAll(() => {
    device.dispose();
  });

  it.each(shapes)('of $rows rows, $quantiles quantiles against $atoms atoms: value and slopes', (shape) => {
    tf.tidy(() => {
      const { values, ...rest } = argsOf(shape);
      const [ours, theirs] = [weightedQuantileHuber, formula].map((loss) =>
        tf.valueAndGrad((v: tf.Tensor) => tf.mul(3, loss({ values: v as tf.Tensor2D, ...rest })))(values)
      );
      expect(relativeError(ours!.value, theirs!.value)).toBeLessThan(1e-5);
      expect(relativeError(ours!.grad, theirs!.grad)).toBeLessThan(1e-5);
    });
  });

  it('is no number where a value is none', () => {
    tf.tidy(() => {
      const { values, ...rest } = argsOf({ rows: 3, quantiles: 5, atoms: 4 });
      const broken = tf.where<tf.Tensor2D>(tf.greater(values, -100), tf.fill([3, 5], NaN), values);
      expect(weightedQuantileHuber({ values: broken, ...rest }).dataSync()[0]).toBeNaN();
    });
  });

  it('refuses shapes that do not fit one another', () => {
    tf.tidy(() => {
      const { values, target } = argsOf({ rows: 3, quantiles: 5, atoms: 4 });
      const weights = tf.ones<tf.Rank.R1>([2]);
      expect(() => weightedQuantileHuber({ values, target, weights })).toThrow('[3, 5], [3, 4], [2]');
    });
  });
});
