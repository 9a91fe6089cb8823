import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinColumns } from './columns.ts';
import { chooseDevice, type Device } from './device.ts';

let device: Device;
beforeAll(async () => {
  device = await chooseDevice('cpu');
});
afterAll(() => device.dispose());

it('puts tensors beside each other as tf.concat does, with its gradients, and leaves none behind', () => {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const [a, b, c] = [
      tf.tensor3d([1, 2, 3, 4], [2, 1, 2]),
      tf.tensor3d([5, 6], [2, 1, 1]),
      tf.tensor3d([7, 8, 9, 10, 11, 12], [2, 1, 3])
    ];
    const weights = tf.tensor3d([1, -2, 3, 4, 5, -6, 7, 8, 9, 10, 11, 12], [2, 1, 6]);
    const by = (join: (tensors: tf.Tensor[]) => tf.Tensor): tf.Tensor[] => {
      const loss = (...tensors: tf.Tensor[]): tf.Tensor => tf.sum(tf.mul(tf.square(join(tensors)), weights));
      return [join([a, b, c]), ...tf.grads(loss)([a, b, c])];
    };
    const wanted = by((tensors) => tf.concat(tensors, -1)).map((tensor) => tensor.arraySync());
    expect(by(joinColumns).map((tensor) => tensor.arraySync())).toEqual(wanted);
    const first = tf.grad((x) => tf.sum(tf.mul(joinColumns([x, b]), 2)))(a);
    expect(first.arraySync()).toEqual([[[2, 2]], [[2, 2]]]);
  });
  expect(tf.memory().numTensors).toBe(before);
});
