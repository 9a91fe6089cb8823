/** The device and its kernels in a real browser: tfjs-wasm on plain and on shared memory, and WebGPU on its software adapter. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { Adam } from '../../src/lib/compute/adam.ts';
import { chooseDevice, type Device, type DeviceRequest, type DeviceSeams } from '../../src/lib/compute/device.ts';
import type { AppError } from '../../src/lib/core/errors.ts';
import { Random } from '../../src/lib/core/random.ts';
import { seed } from '../../src/lib/core/units.ts';
import { lstmSequence, referenceLstmSequence } from '../../src/lib/compute/lstm.ts';
import { normalTensor } from '../../src/lib/compute/random.ts';

const own = expect.stringMatching(/^own SIMD kernels \(strict\): [^;]+$/) as string;
const [steps, batch, inputs, units] = [5, 3, 4, 6] as const;

let device: Device | undefined;
afterEach(() => {
  device?.dispose();
  device = undefined;
});

/** Hidden states, and the parameters of a small LSTM after three updates by Adam. */
async function train(request: DeviceRequest, seams: DeviceSeams, sequence: typeof lstmSequence): Promise<number[]> {
  device = await chooseDevice(request, seams);
  const random = new Random(seed(9), 'browser');
  const make = (shape: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.mul(normalTensor(random, shape), 0.5)));
  const kernel = make([inputs + units, 4 * units]);
  const bias = make([4 * units]);
  const x = normalTensor(random, [steps, batch, inputs]) as Tensor3D;
  const target = normalTensor(random, [steps, batch, units]);
  const resets = tf.tensor2d([0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [steps, batch]);
  const zeros = tf.zeros<tf.Rank.R2>([batch, units]);
  const adam = new Adam({ learningRate: 0.05, variables: [kernel, bias], maxGradientNorm: 0.5 });
  const hidden = (): Tensor =>
    sequence({
      x,
      kernel: kernel as Tensor as Tensor2D,
      bias: bias as Tensor as Tensor1D,
      h0: zeros,
      c0: zeros,
      resets
    }).hidden;
  const start = tf.tidy(hidden);
  const held = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) {
    tf.tidy(() => {
      const loss = (): tf.Scalar => tf.mean(tf.squaredDifference(hidden(), target));
      adam.apply(tf.variableGrads(loss, [kernel, bias]).grads);
    });
  }
  expect(tf.memory().numTensors).toBe(held);
  const values = await Promise.all([start, kernel, bias].map((tensor) => tensor.data()));
  return values.flatMap((data) => Array.from(data));
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  const difference = actual.reduce((max, x, i) => Math.max(max, Math.abs(x - expected[i]!)), 0);
  expect(difference / largest).toBeLessThan(tolerance);
}

describe('device in a browser', () => {
  it('is WebAssembly with our kernels where the adapter is a software one, and says so', async () => {
    device = await chooseDevice('auto');
    expect(device.report).toMatchObject({ backend: 'wasm', kernels: own });
    expect(device.report.why).toMatch(/software|no WebGPU/);
  });

  it('trains to the same weights on one thread and on two, bit for bit, and as the plain reference does', async () => {
    const plain = await train('wasm', { threads: 1 }, lstmSequence);
    expect(device?.report.kernels).toEqual(own);
    device?.dispose();
    const shared = await train('wasm', { threads: 2 }, lstmSequence);
    expect(device?.report.kernels).toEqual(own);
    expect(device?.report.label).toBe('WebAssembly SIMD · 2 threads');
    expect(shared).toEqual(plain);
    device?.dispose();
    expectClose(plain, await train('cpu', {}, referenceLstmSequence), 1e-5);
  });

  it('uses the software adapter when it is asked for, labels it, and trains to the same weights within 1e-4', async () => {
    const onGpu = await train('webgpu', {}, lstmSequence);
    expect(device?.report).toMatchObject({ backend: 'webgpu' });
    expect(device?.report.label).toMatch(/^WebGPU · .*\(software\)$/);
    expect(device?.report.kernels).toMatch(/^own WGSL kernels: LSTM, dense layers, Adam and Polyak in place/);
    expect(device?.report.kernels).not.toMatch(/stock tfjs/);
    device?.dispose();
    expectClose(onGpu, await train('cpu', {}, referenceLstmSequence), 1e-4);
  });

  it('tells of a lost device once, also to those who ask later, and starts again on a new one', async () => {
    device = await chooseDevice('webgpu');
    const lost = new Promise<AppError>((resolve) => device?.onLost(resolve));
    (tf.backend() as unknown as { device: GPUDevice }).device.destroy();
    const error = await lost;
    expect(error).toMatchObject({ code: 'device.lost' });
    expect(error.remedy).toMatch(/resume from the last checkpoint/);
    const late: AppError[] = [];
    device.onLost((again) => late.push(again));
    expect(late).toEqual([error]);

    device = await device.recreate();
    expect(device.report.backend).toBe('webgpu');
    const sum = tf.tidy(() => tf.sum(tf.ones([3, 2])));
    expect(Array.from(await sum.data())).toEqual([6]);
    sum.dispose();
  });

  it('says nothing of loss when it is disposed of', async () => {
    device = await chooseDevice('webgpu');
    const gpuDevice = (tf.backend() as unknown as { device: GPUDevice }).device;
    let told = false;
    device.onLost(() => (told = true));
    device.dispose();
    gpuDevice.destroy();
    await gpuDevice.lost;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(told).toBe(false);
  });

  it('works in a module worker', async () => {
    const worker = new Worker(new URL('./support/compute-worker.ts', import.meta.url), { type: 'module' });
    const report = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage('start');
    });
    worker.terminate();
    expect(report).toEqual({ backend: 'wasm', kernels: own, product: [7, 10, 15, 22] });
  });
});
