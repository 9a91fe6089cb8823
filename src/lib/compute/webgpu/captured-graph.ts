/** A recording that is played: its own input tensors, replays, read-back without stalling. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { haveShapes } from '../captured.ts';
import type { UpdateInputs, UpdateStep } from '../captured.ts';
import { bufferOf, flush, type WebgpuBackend } from './backend.ts';
import { letGo, record, type Recording } from './recording.ts';

/** Replays between marks in the device's queue. */
const MARK_EVERY = 8;

export class CapturedGraph {
  readonly #backend: WebgpuBackend;
  readonly #recording: Recording;
  readonly #inputs: ReadonlyMap<string, { readonly tensor: Tensor; readonly buffer: GPUBuffer | undefined }>;
  /** Idle buffers for reading the output. */
  readonly #staging: GPUBuffer[] = [];
  #replays = 0;
  #mark: Promise<undefined> | undefined;

  /** @throws Error when the step cannot be recorded; nothing has changed then */
  constructor(backend: WebgpuBackend, step: UpdateStep, inputs: UpdateInputs) {
    this.#backend = backend;
    this.#inputs = new Map(
      Object.entries(inputs).map(([name, { values, shape }]) => {
        const tensor = tf.keep(tf.tensor(values.slice(), [...shape], 'float32'));
        return [name, { tensor, buffer: tensor.size === 0 ? undefined : bufferOf(backend, tensor) }];
      })
    );
    try {
      const buffers = [...this.#inputs.values()].flatMap(({ buffer }) => (buffer === undefined ? [] : [buffer]));
      this.#recording = record(backend, () => step(this.tensors), buffers);
    } catch (error) {
      this.#disposeInputs();
      throw error;
    }
    this.write(inputs);
  }

  get recording(): Recording {
    return this.#recording;
  }

  /** The inputs as the step gets them. */
  get tensors(): Record<string, Tensor> {
    return Object.fromEntries([...this.#inputs].map(([name, { tensor }]) => [name, tensor]));
  }

  /** Kernel launches of one replay. */
  get dispatches(): number {
    return this.#recording.commands.filter((command) => 'pipeline' in command).length;
  }

  /** Whether a replay would do what the step would: shapes are the same, and no variable was assigned elsewhere. */
  fits(inputs: UpdateInputs): boolean {
    const tensors = [...this.#inputs].map(([name, { tensor }]) => [name, tensor] as const);
    if (!haveShapes(inputs, tensors)) return false;
    return this.#recording.homes.every(({ variable, buffer }) => {
      return !variable.isDisposed && this.#backend.tensorMap.get(variable.dataId).resource === buffer;
    });
  }

  /** Inputs of the replays to come. */
  write(inputs: UpdateInputs): void {
    const { upload } = this.#recording;
    for (const [name, { buffer }] of this.#inputs) {
      if (buffer !== undefined) upload.hostOf(buffer).set(inputs[name]!.values);
    }
  }

  /** One update; `numbers` are those of its `fresh` slots, asked for when not given. */
  replay(numbers?: readonly Float32Array[]): void {
    const { device, queue } = this.#backend;
    flush(this.#backend);
    const { commands, fresh, upload } = this.#recording;
    fresh.forEach(({ buffer, values }, i) => {
      upload.hostOf(buffer).set(numbers?.[i] ?? values());
    });
    upload.send();
    const encoder = device.createCommandEncoder();
    let pass: GPUComputePassEncoder | undefined;
    let pipeline: GPUComputePipeline | undefined;
    for (const command of commands) {
      if ('pipeline' in command) {
        // Every dispatch sees the writes of those before it, in one pass as in many (WebGPU, section 3.4.4).
        if (pass === undefined) {
          pass = encoder.beginComputePass();
          pipeline = undefined;
        }
        if (command.pipeline !== pipeline) pass.setPipeline((pipeline = command.pipeline));
        pass.setBindGroup(0, command.group);
        pass.dispatchWorkgroups(...command.workgroups);
      } else {
        pass?.end();
        pass = undefined;
        encoder.copyBufferToBuffer(command.from, command.fromAt, command.to, command.toAt, command.size);
      }
    }
    pass?.end();
    queue.submit([encoder.finish()]);
    this.#dropCopies();
  }

  /** Resolves when the device is not far behind: JavaScript alone would run ahead of it without bound. */
  async keepPace(): Promise<void> {
    if (++this.#replays % MARK_EVERY !== 0) return;
    const before = this.#mark;
    this.#mark = this.#backend.queue.onSubmittedWorkDone();
    await before;
  }

  /** What the update gave, as it is after the replays so far. */
  async read(): Promise<Float32Array> {
    const { device, queue } = this.#backend;
    const source = bufferOf(this.#backend, this.#recording.output);
    const { MAP_READ, COPY_DST } = GPUBufferUsage;
    const staging = this.#staging.pop() ?? device.createBuffer({ size: source.size, usage: MAP_READ | COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, staging, 0, source.size);
    queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.unmap();
    this.#staging.push(staging);
    return values;
  }

  dispose(): void {
    letGo(this.#backend, this.#recording);
    this.#recording.output.dispose();
    this.#disposeInputs();
    for (const buffer of this.#staging) buffer.destroy();
    this.#staging.length = 0;
  }

  /** tfjs would go on answering `data()` with what it read before. A variable that was assigned has other data since. */
  #dropCopies(): void {
    const { tensorMap } = this.#backend;
    const { homes, output } = this.#recording;
    for (const { variable } of homes) tensorMap.get(variable.dataId).values = null;
    tensorMap.get(output.dataId).values = null;
  }

  #disposeInputs(): void {
    for (const { tensor } of this.#inputs.values()) tensor.dispose();
  }
}
