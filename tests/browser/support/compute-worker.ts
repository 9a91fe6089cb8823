/** Chooses a device in a module worker, multiplies two matrices on it and answers with both. */
import { chooseDevice } from '../../../src/lib/compute/device.ts';

self.onmessage = async () => {
  const device = await chooseDevice('wasm');
  const { report, tf } = device;
  const matrix = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const product = Array.from(tf.matMul(matrix, matrix).dataSync());
  device.dispose();
  self.postMessage({ backend: report.backend, kernels: report.kernels, product });
};
