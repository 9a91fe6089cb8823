/**
 * What we lean on inside tfjs-backend-webgpu 4.22.0 beyond its public types, in one place: a version that renames any of
 * it fails the start-up checks of install.ts and capture.ts, and stock tfjs is used.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { TensorInfo } from '@tensorflow/tfjs-core';

export interface TensorData {
  /** Of the buffer's numbers: a cast to a wider type changes the tensor's alone. */
  readonly dtype: string;
  resource: GPUBuffer | null | undefined;
  /** A copy on the CPU: values not yet uploaded, or what `data()` has read. */
  values: unknown;
}

export interface BufferManager {
  acquireBuffer: (size: number, usage: number, mapped?: boolean, reuse?: boolean) => GPUBuffer;
  releaseBuffer: (buffer: GPUBuffer, reuse?: boolean) => void;
  /** By size and usage: what the next `acquireBuffer` may hand out. */
  freeBuffers: Map<string, GPUBuffer[]>;
}

type DataId = TensorInfo['dataId'];

export interface WebgpuBackend {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  readonly bufferManager: BufferManager;
  readonly tensorMap: { get(id: DataId): TensorData; has(id: DataId): boolean };
  refCount(id: DataId): number;
  /** Both made when null; so an object put there is used. */
  commandEncoder: unknown;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  /** Tensors that commands not yet submitted refer to: disposing of them is put off. */
  commandQueueOwnedIds: { add(id: DataId): unknown; has(id: DataId): boolean };
  uniformPendingDisposal: GPUBuffer[];
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue: () => void;
  uploadToGPU(id: DataId): void;
  makeTensorInfo(shape: number[], dtype: 'float32'): TensorInfo;
  refCount(id: DataId): number;
  read: (id: DataId) => Promise<unknown>;
  readSync: (id: DataId) => unknown;
}

/** tfjs' current backend, which has to be webgpu. */
export function webgpuBackend(): WebgpuBackend {
  if (tf.getBackend() !== 'webgpu') throw new Error(`expected the webgpu backend, got ${tf.getBackend()}`);
  return tf.backend() as unknown as WebgpuBackend;
}

/** The buffer behind a tensor, put on the device first where it is still on the CPU. */
export function bufferOf(backend: WebgpuBackend, { dataId }: Pick<TensorInfo, 'dataId'>): GPUBuffer {
  backend.uploadToGPU(dataId);
  const { resource } = backend.tensorMap.get(dataId);
  if (!resource) throw new Error('a tensor without a buffer');
  return resource;
}

/** Submits what tfjs has encoded and not submitted, so that it runs before what we submit. */
export function flush(backend: WebgpuBackend): void {
  if (backend.commandEncoder === null) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}
