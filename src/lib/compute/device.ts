/**
 * Which device a run computes on, and why: WebGPU where there is a hardware adapter, else tfjs-wasm with our kernels,
 * else plain JavaScript. Works in a module worker and in Node. One device is in use at a time: choosing again replaces
 * it and frees everything it held, which is also how a run goes on after its device was lost.
 */
import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../core/errors.ts';
import { unreachable } from '../core/assert.ts';
import { findAdapter, openDevice, type FoundAdapter } from './adapter.ts';
import { setCapture } from './captured.ts';
import { setNoiseKernel } from './counter-noise.ts';
import type { Backend, DeviceReport } from './device-report.ts';
import { setFusedLosses } from './fused-losses.ts';
import { setInPlaceKernels } from './in-place.ts';
import { setListKernels } from './list-kernels.ts';
import { setFusedLstm } from './lstm.ts';
import { setFusedMlp, setJoiningMlp } from './mlp.ts';
import { canShareMemory, cores } from './runtime-threads.ts';
import { platformGpu, registerGradients, simdModule, tfjsWasmPaths } from './runtime.ts';
import { installWasmKernels, type WasmKernelOptions } from './wasm/install.ts';
import { withSharedMemory } from './wasm/shared-memory.ts';

export type DeviceRequest = 'auto' | Backend;

/** What a test or a caller may put in place of the platform's own. */
export interface DeviceSeams {
  /** Instead of `navigator.gpu`; `none` for a browser without WebGPU. */
  readonly gpu?: GPU | 'none';
  /** Where tfjs-wasm's binaries lie, by file name. */
  readonly wasmPaths?: Readonly<Record<string, string>>;
  /**
   * Threads of the CPU kernels; left out, one a core up to four. One where memory cannot be shared: a page has to be
   * isolated for it. Results do not depend on it.
   */
  readonly threads?: number;
  /** Precision of the CPU kernels, and where their modules come from; `stock` for tfjs' own alone. */
  readonly kernels?: WasmKernelOptions | 'stock';
}

export interface Device {
  readonly report: DeviceReport;
  readonly tf: typeof tf;
  /** Calls back with a sentence for the user: what turned out while training, such as updates that cannot be replayed. */
  onNotice(listener: (notice: string) => void): void;
  /** Calls back once when the device is lost, at once if it already is; returns the way to stop listening. */
  onLost(listener: (error: AppError) => void): () => void;
  /** A fresh device for the same request; tensors of this one are gone. */
  recreate(): Promise<Device>;
  /** Frees the backend and every tensor on it. */
  dispose(): void;
}

interface Opened {
  readonly report: DeviceReport;
  readonly lost?: Promise<AppError | undefined>;
}

/** Of the device in use; there is one at a time. */
const noticeListeners = new Set<(notice: string) => void>();

function tellAll(notice: string): void {
  for (const listener of noticeListeners) listener(notice);
}

let inUse: { dispose(): void } | undefined;

/**
 * @throws AppError `device.none` when WebGPU was asked for and the browser offers no adapter, or when WebAssembly was
 * asked for and does not start.
 */
export async function chooseDevice(request: DeviceRequest, seams: DeviceSeams = {}): Promise<Device> {
  inUse?.dispose();
  await registerGradients();
  const opened = await open(request, seams);
  await tf.ready();

  let disposed = false;
  let lostError: AppError | undefined;
  const listeners = new Set<(error: AppError) => void>();
  const noteLoss = async (): Promise<void> => {
    const error = await opened.lost;
    if (error === undefined || disposed) return;
    lostError = error;
    for (const listener of listeners) listener(error);
    listeners.clear();
  };
  void noteLoss();

  const device: Device = {
    report: opened.report,
    tf,
    onNotice(listener) {
      noticeListeners.add(listener);
    },
    onLost(listener) {
      if (lostError !== undefined) listener(lostError);
      else listeners.add(listener);
      return () => listeners.delete(listener);
    },
    recreate: () => chooseDevice(request, seams),
    dispose() {
      if (disposed) return;
      disposed = true;
      listeners.clear();
      noticeListeners.clear();
      if (inUse === device) inUse = undefined;
      close(opened.report.backend);
    }
  };
  inUse = device;
  return device;
}

async function open(request: DeviceRequest, seams: DeviceSeams): Promise<Opened> {
  const gpu = seams.gpu === undefined ? platformGpu() : seams.gpu === 'none' ? undefined : seams.gpu;
  switch (request) {
    case 'webgpu': {
      const found = await findAdapter(gpu);
      if (found === undefined) throw noAdapter(gpu);
      const why = found.software
        ? 'asked for; the only adapter here is a software one, which is far slower than the CPU kernels'
        : 'asked for, and there is a hardware adapter';
      return openWebgpu(found, why);
    }
    case 'wasm':
      return openWasm('asked for', seams);
    case 'cpu':
      return openCpu('asked for');
    case 'auto':
      return openBest(gpu, seams);
    default:
      return unreachable(request);
  }
}

async function openBest(gpu: GPU | undefined, seams: DeviceSeams): Promise<Opened> {
  const found = await findAdapter(gpu);
  let why: string;
  if (found !== undefined && !found.software) {
    try {
      return await openWebgpu(found, 'there is a hardware WebGPU adapter');
    } catch (error) {
      why = `the WebGPU adapter ${found.name} could not be opened (${messageOf(error)}), so the CPU kernels are used`;
    }
  } else if (found !== undefined) {
    why = `the only WebGPU adapter here is software (${found.name}), so the CPU kernels are used`;
  } else if (gpu !== undefined) {
    why = 'the browser offers no WebGPU adapter, so the CPU kernels are used';
  } else {
    why = 'there is no WebGPU here, so the CPU kernels are used';
  }
  try {
    return await openWasm(why, seams);
  } catch (error) {
    return openCpu(`WebAssembly did not start (${messageOf(error)}), so plain JavaScript is used`);
  }
}

async function openWebgpu(found: FoundAdapter, why: string): Promise<Opened> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const gpuDevice = await openDevice(found);
  await use('webgpu', () => new WebGPUBackend(gpuDevice, found.adapter.info));
  const { installWebgpu } = await import('./webgpu/install.ts');
  const kernels = await installWebgpu(tellAll);
  return {
    report: {
      backend: 'webgpu',
      label: `WebGPU · ${found.name}${found.software ? ' (software)' : ''}`,
      why,
      kernels
    },
    lost: lossOf(gpuDevice, found.name)
  };
}

async function lossOf(gpuDevice: GPUDevice, name: string): Promise<AppError> {
  const { reason, message } = await gpuDevice.lost;
  return new AppError('device.lost', {
    subject: `WebGPU device ${name}`,
    got: message === '' ? `lost (${reason})` : `lost: ${message}`,
    remedy: 'resume from the last checkpoint; choose WebAssembly in the device setting if it happens again'
  });
}

async function openWasm(why: string, seams: DeviceSeams): Promise<Opened> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  wasmFactory ??= tf.findBackendFactory('wasm');
  const paths = seams.wasmPaths ?? tfjsWasmPaths();
  const wanted = seams.kernels === 'stock' ? 1 : (seams.threads ?? Math.min(cores(), MOST_THREADS));
  const shared = wanted > 1 && canShareMemory() ? await sharedPaths(paths) : undefined;
  setWasmPaths({ ...(shared?.paths ?? paths) }, shared?.paths !== undefined);
  // tfjs' own threads are not used: see shared-memory.ts.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  try {
    await use('wasm', wasmFactory);
  } catch (cause) {
    throw new AppError('device.none', {
      subject: 'WebAssembly backend',
      expected: 'it to start',
      got: messageOf(cause),
      remedy: 'reload the page; if it happens again choose cpu in the device setting',
      cause
    });
  } finally {
    shared?.release();
  }
  const label = 'WebAssembly SIMD';
  if (seams.kernels === 'stock') return { report: { backend: 'wasm', label, why, kernels: 'stock tfjs' } };
  const installed = await installWasmKernels(seams.kernels ?? {}, shared?.paths === undefined ? 1 : wanted, tellAll);
  stopThreads = () => {
    installed.dispose();
  };
  const { threads } = installed;
  const kernels = shared?.notice === undefined ? installed.report : `${installed.report}; ${shared.notice}`;
  return {
    report: { backend: 'wasm', label: threads === 1 ? label : `${label} · ${String(threads)} threads`, why, kernels }
  };
}

/** More were never measured. */
const MOST_THREADS = 4;
let stopThreads: (() => void) | undefined;

/** The paths with tfjs-wasm on shared memory, to be released once it is loaded; or why there are none. */
async function sharedPaths(paths: Readonly<Record<string, string>>): Promise<{
  readonly paths?: Readonly<Record<string, string>>;
  readonly notice?: string;
  release(): void;
}> {
  try {
    const module = withSharedMemory(await simdModule(paths));
    const url = URL.createObjectURL(new Blob([module], { type: 'application/wasm' }));
    return { paths: { ...paths, 'tfjs-backend-wasm-simd.wasm': url }, release: () => URL.revokeObjectURL(url) };
  } catch (error) {
    return {
      notice: `one thread: tfjs-wasm's memory cannot be shared (${messageOf(error)})`,
      release: () => undefined
    };
  }
}

async function openCpu(why: string): Promise<Opened> {
  const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu');
  await use('cpu', () => new MathBackendCPU());
  return { report: { backend: 'cpu', label: 'JavaScript', why, kernels: 'stock tfjs' } };
}

type Factory = ReturnType<typeof tf.findBackendFactory>;
let wasmFactory: Factory | undefined;

/** Registers a backend anew, so that nothing of an earlier device lives on in it, and makes it tfjs' current one. */
async function use(backend: Backend, factory: Factory): Promise<void> {
  if (isRegistered(backend)) tf.removeBackend(backend);
  tf.registerBackend(backend, factory);
  let started = false;
  try {
    started = await tf.setBackend(backend);
  } finally {
    if (!started) tf.removeBackend(backend);
  }
  if (!started) throw new Error(`tfjs could not start its ${backend} backend`);
}

// The types promise a factory; there is none for a backend that was never registered.
const isRegistered = (backend: Backend): boolean => (tf.findBackendFactory(backend) as Factory | null) !== null;

function close(backend: Backend): void {
  if (backend === 'wasm') {
    stopThreads?.();
    stopThreads = undefined;
  }
  setFusedLstm(backend, undefined);
  setJoiningMlp(backend, undefined);
  setFusedMlp(backend, undefined);
  setInPlaceKernels(backend, undefined);
  setFusedLosses(backend, undefined);
  setListKernels(backend, undefined);
  setNoiseKernel(backend, undefined);
  setCapture(backend, undefined);
  if (isRegistered(backend)) tf.removeBackend(backend);
}

function noAdapter(gpu: GPU | undefined): AppError {
  return new AppError('device.none', {
    subject: 'WebGPU',
    expected: 'an adapter',
    got: gpu === undefined ? 'a browser without WebGPU' : 'none from the browser',
    remedy: 'set the device to auto or wasm, or open the page in a browser with WebGPU and its hardware acceleration on'
  });
}

const messageOf = (error: unknown): string => {
  if (error instanceof Error) return error.message;
  const message = (error as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
};
