/**
 * Runs our WGSL on tfjs-webgpu's device, tensors and command encoder, so that our work and tfjs' stand in one queue and
 * are recorded alike. What a kernel's own memory depends on are constants: it is compiled once for each set of them.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { bufferOf, type WebgpuBackend } from './backend.ts';
import type { KernelName, KernelSources } from './sources.ts';

export interface Launch {
  readonly kernel: KernelName;
  /** Sizes and switches that the shader takes as constants, u32; all of them enter the pipeline's key. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Those it takes as it runs, u32, in a uniform bound after the tensors: one pipeline serves all. */
  readonly shape?: readonly number[];
  /** Numbers that do not change from run to run, f32 in the shader; they enter the key as well. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** In the order of the shader's bindings, what is written included. */
  readonly tensors: readonly Tensor[];
  readonly workgroups: readonly [number, number?, number?];
  /** A file of functions that the kernel calls. */
  readonly library?: KernelName;
  /** Whether its shader takes the int32 tensors among them as they are; else they become f32 first. */
  readonly integers?: boolean;
  /** A longer shader made of the kernel's, for lists of tensors; with what tells it from others of the same sizes. */
  readonly assemble?: { readonly key: string; readonly source: (own: string) => string };
}

export class KernelRunner {
  readonly backend: WebgpuBackend;
  readonly #sources: KernelSources;
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #shapes = new Map<string, GPUBuffer>();

  constructor(backend: WebgpuBackend, sources: KernelSources) {
    this.backend = backend;
    this.#sources = sources;
  }

  /** Storage buffers a kernel may use here; WebGPU promises 8. */
  get buffers(): number {
    return this.backend.device.limits.maxStorageBuffersPerShaderStage;
  }

  /** Bytes of memory a workgroup may have here; WebGPU promises 16 KiB. */
  get workgroupBytes(): number {
    return this.backend.device.limits.maxComputeWorkgroupStorageSize;
  }

  /** A new tensor for a kernel to write into; its contents are whatever was there. */
  output(shape: readonly number[]): Tensor {
    const info = this.backend.makeTensorInfo([...shape], 'float32');
    this.backend.uploadToGPU(info.dataId);
    return tf.engine().makeTensorFromTensorInfo(info);
  }

  /** Marks a tensor as written in place: what was read of it before no longer holds. */
  written({ dataId }: Pick<TensorInfo, 'dataId'>): void {
    this.backend.tensorMap.get(dataId).values = null;
  }

  launch(launch: Launch): void {
    const { backend } = this;
    const { workgroups } = launch;
    const asIs = (tensor: Tensor): boolean => launch.integers === true || this.#isFloat(tensor);
    const tensors = launch.tensors.map((tensor) => (asIs(tensor) ? tensor : tf.mul(tensor, 1)));
    const pipeline = this.#pipeline(launch);
    const buffers = tensors.map((tensor) => bufferOf(backend, tensor));
    if (launch.shape !== undefined) buffers.push(this.#shapeBuffer(launch.shape));
    const group = backend.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } }))
    });
    for (const { dataId } of tensors) backend.commandQueueOwnedIds.add(dataId);
    backend.ensureCommandEncoderReady();
    const pass = (backend.computePassEncoder ??= (backend.commandEncoder as GPUCommandEncoder).beginComputePass());
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...(workgroups as [number]));
    tensors.forEach((tensor, i) => {
      if (tensor !== launch.tensors[i]) tensor.dispose();
    });
    backend.dispatchCountInPass++;
    if (backend.dispatchCountInPass >= tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
  }

  #isFloat({ dataId }: Tensor): boolean {
    return this.backend.tensorMap.get(dataId).dtype === 'float32';
  }

  /** Never written again, so any number of launches share it; a few bytes for each shape of a run. */
  #shapeBuffer(shape: readonly number[]): GPUBuffer {
    const key = shape.join();
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    const { device, queue } = this.backend;
    const buffer = device.createBuffer({
      size: 16 * Math.ceil(shape.length / 4),
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST
    });
    queue.writeBuffer(buffer, 0, Uint32Array.from(shape));
    this.#shapes.set(key, buffer);
    return buffer;
  }

  #pipeline({ kernel, library, sizes = {}, numbers = {}, assemble }: Launch): GPUComputePipeline {
    const constants = [
      ...Object.entries(sizes).map(([name, value]) => `const ${name} = ${String(value)}u;`),
      ...Object.entries(numbers).map(([name, value]) => `const ${name} = f32(${String(value)});`)
    ].join('\n');
    const key = `${kernel} ${assemble?.key ?? ''}\n${constants}`;
    const known = this.#pipelines.get(key);
    if (known !== undefined) return known;
    const own = this.#sources[kernel];
    const functions = library === undefined ? '' : this.#sources[library];
    const code = `${constants}\n${functions}\n${assemble === undefined ? own : assemble.source(own)}`;
    const { device } = this.backend;
    const pipeline = device.createComputePipeline({
      label: kernel,
      layout: 'auto',
      compute: { module: device.createShaderModule({ label: kernel, code }), entryPoint: 'main' }
    });
    this.#pipelines.set(key, pipeline);
    return pipeline;
  }
}

/**
 * tfjs' way to give an op several outputs and a gradient made only for inputs that want one; `tf.customGrad` makes all of
 * them. Private in its types, so named here. Gradients of outputs that nothing used come as zeros.
 */
interface Engine {
  runKernelFunc(call: {
    forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor[];
    backwardsFunc: (dys: Tensor | Tensor[], saved: Tensor[]) => Record<string, () => Tensor>;
    inputs: NamedTensorMap;
  }): Tensor | Tensor[];
}

/** An op of our own: `forward` gives its outputs and all that `gradients` needs of it. */
export function runOp<Name extends string>(op: {
  readonly inputs: Readonly<Record<Name, Tensor>>;
  readonly forward: () => { readonly outputs: Tensor[]; readonly kept: Tensor[] };
  readonly gradients: (dys: Tensor[], kept: Tensor[]) => Readonly<Record<Name, () => Tensor>>;
}): Tensor[] {
  const engine = tf.engine() as unknown as Engine;
  const outputs = engine.runKernelFunc({
    inputs: op.inputs,
    forwardFunc: (_, save) => {
      const { outputs, kept } = op.forward();
      save(kept);
      return outputs;
    },
    backwardsFunc: (dys, kept) => op.gradients([dys].flat(), kept)
  });
  return [outputs].flat();
}

/** Does something when first called, and nothing after. */
export function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
