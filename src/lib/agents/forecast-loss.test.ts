import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import { askedKinds, crossEntropy, forecastLoss, huber } from './forecast-loss.ts';
import type { ForecastTask } from './forecast-loss.ts';

let device: Device;

describe.each(['wasm', 'cpu'] as const)('the loss of a forecast on %s', (backend) => {
  beforeAll(async () => {
    device = await chooseDevice(backend);
  });
  afterAll(() => {
    device.dispose();
  });

  const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
  const told = [-40, -3, -0.7, 0, 0.2, 1.5, 3, 40];

  it.each([0, 1])('is the cross-entropy of a chance told by its log-odds, where the answer is %i', async (label) => {
    const { value, grad } = tf.tidy(() => {
      const given = tf.valueAndGrad((z: tf.Tensor) => crossEntropy(z, tf.fill([told.length], label)));
      return given(tf.tensor1d(told), tf.ones([told.length]));
    });
    const [values, slopes] = [await value.data(), await grad.data()];
    told.forEach((z, i) => {
      // log(1 + e^x) of the wrong answer's log-odds.
      const wrong = label === 1 ? -z : z;
      expect(values[i]).toBeCloseTo(wrong > 30 ? wrong : Math.log1p(Math.exp(wrong)), 5);
      expect(slopes[i]).toBeCloseTo(sigmoid(z) - label, 6);
    });
    tf.dispose([value, grad]);
  });

  it('is the square of a small error and the size of a large one', async () => {
    const { value, grad } = tf.tidy(() =>
      tf.valueAndGrad((x: tf.Tensor) => huber(x, tf.ones([told.length])))(tf.tensor1d(told), tf.ones([told.length]))
    );
    const [values, slopes] = [await value.data(), await grad.data()];
    told.forEach((x, i) => {
      const d = Math.abs(x - 1);
      expect(values[i]).toBeCloseTo(d <= 1 ? d * d * 0.5 : d - 0.5, 5);
      expect(slopes[i]).toBeCloseTo(Math.max(-1, Math.min(1, x - 1)), 6);
    });
    tf.dispose([value, grad]);
  });

  it('takes the mean over the labels there are, kind by kind, and adds them by weight', () => {
    const task: ForecastTask = {
      spec: { steps: 3, kinds: ['price', 'price', 'volume', 'fill', 'fill'] },
      weights: { price: 2, volume: 0, fill: 0.5 }
    };
    expect(askedKinds(task)).toEqual(['price', 'fill']);
    // Two rows of one sequence: of the second nothing is known but one price and one fill.
    const outputs = [
      [0.5, 3, 9, 0, 2],
      [1, 1, 9, -1, 1]
    ];
    const labels = [
      [0, 1, 0, 1, 0],
      [0.2, 0, 0, 0, 1]
    ];
    const labelled = [
      [1, 1, 1, 1, 1],
      [1, 0, 0, 0, 1]
    ];
    const rows = (values: number[][]): tf.Tensor => tf.tensor3d(values.flat(), [2, 1, 5]);
    const found = tf.tidy(() => {
      const { parts, total } = forecastLoss(task, rows(outputs), { labels: rows(labels), labelled: rows(labelled) });
      return tf.stack([...parts, total]);
    });
    const price = (0.125 + 1.5 + 0.32) / 3;
    const fill = (Math.log(2) + Math.log1p(Math.exp(2)) + Math.log1p(Math.exp(-1))) / 3;
    [price, fill, 2 * price + 0.5 * fill].forEach((wanted, i) => {
      expect(found.dataSync()[i]).toBeCloseTo(wanted, 5);
    });
    found.dispose();
  });

  it('is nothing where nothing is known', async () => {
    const task: ForecastTask = { spec: { steps: 1, kinds: ['price'] }, weights: { price: 1, volume: 0, fill: 0 } };
    const { value, grad } = tf.tidy(() =>
      tf.valueAndGrad((x: tf.Tensor) => {
        const [labels, labelled] = [tf.zeros([2, 2, 1]), tf.zeros([2, 2, 1])];
        return forecastLoss(task, x, { labels, labelled }).total;
      })(tf.ones([2, 2, 1]))
    );
    expect((await value.data())[0]).toBe(0);
    expect([...(await grad.data())]).toEqual([0, 0, 0, 0]);
    tf.dispose([value, grad]);
  });
});
