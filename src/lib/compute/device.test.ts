import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../core/errors.ts';
import { chooseDevice, type Device } from './device.ts';

/** A browser's `navigator.gpu` that offers an adapter with this description, whose device cannot be had. */
function gpuWith(info: Partial<GPUAdapterInfo> | undefined): GPU {
  const adapter = {
    info,
    limits: {},
    features: new Set<string>(),
    requestDevice: () => Promise.reject(new Error('out of memory'))
  };
  return { requestAdapter: () => Promise.resolve(info === undefined ? null : adapter) } as unknown as GPU;
}

describe('device choice', () => {
  let device: Device | undefined;
  afterEach(() => device?.dispose());

  it('is WebAssembly with our kernels where there is no WebGPU', async () => {
    device = await chooseDevice('auto', { gpu: 'none' });
    expect(device.report).toEqual({
      backend: 'wasm',
      label: expect.stringMatching(/^WebAssembly SIMD( · \d+ threads)?$/) as string,
      why: 'there is no WebGPU here, so the CPU kernels are used',
      kernels: expect.stringMatching(/^own SIMD kernels \(strict\): [^;]+$/) as string
    });
    expect(tf.getBackend()).toBe('wasm');
  });

  it('is WebAssembly where the browser has WebGPU but no adapter', async () => {
    device = await chooseDevice('auto', { gpu: gpuWith(undefined) });
    expect(device.report).toMatchObject({
      backend: 'wasm',
      why: 'the browser offers no WebGPU adapter, so the CPU kernels are used'
    });
  });

  it.each([
    [{ vendor: 'google', architecture: 'swiftshader' }, 'google swiftshader'],
    [{ vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.7, 256 bits)' }, 'llvmpipe (LLVM 15.0.7, 256 bits)'],
    [{ vendor: 'microsoft', description: 'Microsoft Basic Render Driver' }, 'Microsoft Basic Render Driver'],
    [{ vendor: 'someone', architecture: 'new', isFallbackAdapter: true }, 'someone new']
  ])('never is a software adapter of its own accord: %o', async (info, name) => {
    device = await chooseDevice('auto', { gpu: gpuWith(info) });
    expect(device.report).toMatchObject({
      backend: 'wasm',
      why: `the only WebGPU adapter here is software (${name}), so the CPU kernels are used`
    });
  });

  it('says why a hardware adapter could not be used', async () => {
    device = await chooseDevice('auto', { gpu: gpuWith({ vendor: 'nvidia', architecture: 'ada' }) });
    expect(device.report).toMatchObject({
      backend: 'wasm',
      why: 'the WebGPU adapter nvidia ada could not be opened (out of memory), so the CPU kernels are used'
    });
  });

  it.each(['none', gpuWith(undefined)] as const)('refuses WebGPU that was asked for and is not there', async (gpu) => {
    const error: unknown = await chooseDevice('webgpu', { gpu }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'device.none', subject: 'WebGPU' });
    expect((error as AppError).remedy).toMatch(/auto or wasm/);
  });

  it('falls back to plain JavaScript where WebAssembly does not start', async () => {
    device = await chooseDevice('auto', { gpu: 'none', wasmPaths: { broken: 'map' } });
    expect(device.report.backend).toBe('cpu');
    expect(device.report.why).toMatch(/^WebAssembly did not start .* so plain JavaScript is used$/);
    tf.tidy(() => {
      expect(tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).arraySync()).toEqual([
        [2, 2],
        [2, 2]
      ]);
    });
  });

  it('replaces the device before it, and works again after being disposed of', async () => {
    const first = await chooseDevice('wasm');
    const second = await chooseDevice('cpu');
    expect(tf.getBackend()).toBe('cpu');
    first.dispose();
    expect(tf.getBackend()).toBe('cpu');
    second.dispose();
    device = await first.recreate();
    expect(device.report.backend).toBe('wasm');
    expect(device.report.kernels).toMatch(/^own SIMD kernels/);
    tf.tidy(() => {
      expect(tf.sum(tf.ones([3, 2]), 0).arraySync()).toEqual([3, 3]);
    });
  });
});
