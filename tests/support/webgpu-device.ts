/** A device on WebGPU for tests in Node, or word that there is none; whatever the GPU refuses fails the test. */
import * as tf from '@tensorflow/tfjs-core';
import { chooseDevice, type Device } from '../../src/lib/compute/device.ts';
import { openDawn } from './dawn.ts';

const gpu = await openDawn();

/** Whether there is a driver; its absence is told. */
export const hasWebgpu = gpu !== undefined;

export interface WatchedDevice extends Device {
  /** What the GPU refused so far: tfjs itself goes on with zeros. */
  readonly refused: readonly string[];
}

export async function webgpuDevice(): Promise<WatchedDevice> {
  const device = await chooseDevice('webgpu', gpu === undefined ? {} : { gpu });
  const refused: string[] = [];
  const { device: gpuDevice } = tf.backend() as unknown as { device: GPUDevice };
  gpuDevice.addEventListener('uncapturederror', ({ error }) => {
    refused.push(error.message);
  });
  return { ...device, refused };
}

/** Its values as they are on the GPU now. */
export async function read(tensor: tf.Tensor): Promise<Float32Array> {
  return Float32Array.from((await tensor.data()) as Float32Array);
}
