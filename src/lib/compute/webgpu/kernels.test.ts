/** Our WGSL kernels against their plain tfjs references over random odd shapes, values and gradients, within 1e-4. */
import { fc, it as property } from '@fast-check/vitest';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasWebgpu, webgpuDevice, type WatchedDevice } from '../../../../tests/support/webgpu-device.ts';
import { fusedLosses } from '../fused-losses.ts';
import { difference, plainQuantileHuber, plainSquashed, valuesAndGradients } from '../loss-checks.ts';
import { lstmSequence, referenceLstmSequence } from '../lstm.ts';
import { mlp, referenceMlp } from '../mlp.ts';
import { normalTensor } from '../random.ts';
import { TOLERANCE } from './check.ts';

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
/** A shape is a pipeline: compiling them is what takes the time on a software driver. */
const few = { numRuns: 4 };

describe.skipIf(!hasWebgpu)('kernels on WebGPU', { timeout: 300_000 }, () => {
  let device: WatchedDevice;
  beforeAll(async () => {
    device = await webgpuDevice();
  }, 300_000);
  afterAll(() => {
    expect(device.refused).toEqual([]);
    device.dispose();
  });

  it('are all in use', () => {
    expect(device.report.kernels).toMatch(/^own WGSL kernels: LSTM, dense layers, Adam and Polyak in place/);
    expect(device.report.kernels).not.toMatch(/stock tfjs/);
  });

  const lstmShape = fc.record({
    steps: size(5),
    batch: size(9),
    inputs: size(6),
    units: fc.oneof(size(9), fc.constantFrom(33, 130)),
    resets: fc.boolean()
  });
  property.prop([lstmShape], { ...few, examples: [[{ steps: 1, batch: 1, inputs: 1, units: 1, resets: true }]] })(
    'the LSTM: %s',
    async ({ steps, batch, inputs, units, resets }) => {
      const error = await difference(['ours', 'tfjs'], (which, random) => {
        const [x, kernel, bias, h0, c0] = [
          [steps, batch, inputs],
          [inputs + units, 4 * units],
          [4 * units],
          [batch, units],
          [batch, units]
        ].map((shape) => tf.mul<Tensor>(normalTensor(random, shape), 0.5));
        const mask = tf.cast<Tensor2D>(tf.greater(normalTensor(random, [steps, batch]), 0.5), 'float32');
        const sequence = which === 'ours' ? lstmSequence : referenceLstmSequence;
        return valuesAndGradients([x!, kernel!, bias!, h0!, c0!], ([x, kernel, bias, h0, c0]) => {
          const { hidden, h, c } = sequence({
            x: x as Tensor3D,
            kernel: kernel as Tensor2D,
            bias: bias as Tensor1D,
            h0: h0 as Tensor2D,
            c0: c0 as Tensor2D,
            resets: resets ? mask : undefined
          });
          return [hidden, h, c];
        });
      });
      expect(error).toBeLessThanOrEqual(TOLERANCE);
    }
  );

  const mlpShape = fc.record({
    rows: fc.oneof(size(9), fc.constantFrom(31, 65)),
    widths: fc.array(fc.oneof(size(9), fc.constantFrom(32, 47)), { minLength: 2, maxLength: 3 }),
    activation: fc.constantFrom('relu', 'tanh'),
    last: fc.constantFrom('linear', 'activated')
  });
  property.prop([mlpShape], few)('dense layers: %s', async ({ rows, widths, activation, last }) => {
    const error = await difference(['ours', 'tfjs'], (which, random) => {
      const shapes = widths.slice(1).flatMap((width, i) => [[widths[i]!, width], [width]]);
      const tensors = [[rows, widths[0]!], ...shapes].map((shape) => normalTensor(random, shape));
      const layers = which === 'ours' ? mlp : referenceMlp;
      return valuesAndGradients(tensors, ([x, ...weights]) => [
        layers({
          x: x as Tensor2D,
          layers: widths.slice(1).map((_, i) => ({ kernel: weights[2 * i]!, bias: weights[2 * i + 1]! })),
          activation,
          last
        })
      ]);
    });
    expect(error).toBeLessThanOrEqual(TOLERANCE);
  });

  const huberShape = fc.record({ rows: size(40), quantiles: size(9), atoms: size(9), spread: fc.constantFrom(0.3, 3) });
  property.prop([huberShape], few)('the quantile Huber loss: %s', async ({ rows, quantiles, atoms, spread }) => {
    const error = await difference(['ours', 'tfjs'], (which, random) => {
      const values = tf.mul<Tensor>(normalTensor(random, [rows, quantiles]), spread);
      const target = tf.mul<Tensor>(normalTensor(random, [rows, atoms]), spread);
      const mask = tf.tensor1d(Array.from({ length: rows }, (_, i) => (i % 3 === 1 ? 0 : 1)));
      const loss = which === 'ours' ? fusedLosses().quantileHuber : plainQuantileHuber;
      return valuesAndGradients([values], ([v]) => [loss!(v!, target, mask)]);
    });
    expect(error).toBeLessThanOrEqual(TOLERANCE);
  });

  const sampleShape = fc.array(size(7), { minLength: 1, maxLength: 3 });
  property.prop([sampleShape], few)('the squashed Gaussian: %s', async (shape) => {
    const error = await difference(['ours', 'tfjs'], (which, random) => {
      const [mean, logStd, noise] = [0, 1, 2].map(() => normalTensor(random, shape)) as [Tensor, Tensor, Tensor];
      const sample = which === 'ours' ? fusedLosses().squashedSample : plainSquashed;
      return valuesAndGradients([mean, logStd], ([m, s]) => {
        const { action, logProb } = sample!({ mean: m!, logStd: s!, noise, epsilon: 1e-6 });
        return [action, logProb];
      });
    });
    expect(error).toBeLessThanOrEqual(TOLERANCE);
  });

  property.prop([size(9), size(70)], few)('the smallest of rows: %s rows of %s', async (rows, width) => {
    const kept = Math.ceil(width / 2);
    const error = await difference(['ours', 'tfjs'], (which, random) => {
      const x = normalTensor(random, [rows, width]);
      return [which === 'ours' ? fusedLosses().smallest!(x, kept) : tf.neg(tf.topk(tf.neg(x), kept, true).values)];
    });
    expect(error).toBe(0);
  });

  it('make no gradient that nobody asked for, and leave no tensor behind', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const x = tf.ones<tf.Rank.R2>([3, 2]);
      const layer = { kernel: tf.ones([2, 4]), bias: tf.ones([4]) };
      const run = (kernel: Tensor): Tensor =>
        tf.sum(mlp({ x, layers: [{ ...layer, kernel }], activation: 'relu', last: 'linear' }));
      expect(tf.grad(run)(layer.kernel).shape).toEqual([2, 4]);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
