/**
 * Records what an update written in tfjs would do on the GPU, without doing it: the backend's command encoder is replaced
 * by a list for the length of one run. Every buffer the list refers to is held back from tfjs' reuse until it is let go.
 * Knows tfjs-backend-webgpu's inside (backend.ts), nothing of agents.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { withFresh } from '../fresh.ts';
import { bufferOf, flush, type BufferManager, type WebgpuBackend } from './backend.ts';
import { UploadBuffer } from './upload-buffer.ts';

interface Dispatch<Group = GPUBindGroup> {
  readonly pipeline: GPUComputePipeline;
  readonly group: Group;
  readonly workgroups: readonly [number, number, number];
}
interface Copy {
  readonly from: GPUBuffer;
  readonly fromAt: number;
  readonly to: GPUBuffer;
  readonly toAt: number;
  readonly size: number;
}

/** A variable the update reads or writes, and the buffer it has to be in for a replay. */
export interface Home {
  readonly variable: Variable;
  readonly buffer: GPUBuffer;
}

/** Numbers that are new at every replay, and the buffer that stood for them when it was recorded. */
export interface FreshSlot {
  readonly buffer: GPUBuffer;
  readonly values: () => Float32Array;
}

export interface Recording {
  readonly commands: readonly (Dispatch | Copy)[];
  /** All that the commands refer to. */
  readonly buffers: readonly GPUBuffer[];
  /** Bytes of those among them that the recording itself took. */
  readonly bytes: number;
  readonly homes: readonly Home[];
  readonly fresh: readonly FreshSlot[];
  /** Of inputs and fresh numbers. */
  readonly upload: UploadBuffer;
  /** What the update gave: kept, the caller's to dispose of. */
  readonly output: Tensor;
}

/** A buffer some recording refers to, and whether tfjs has released it meanwhile. */
interface Hold {
  recordings: number;
  released: boolean;
}
const held = new WeakMap<BufferManager, Map<GPUBuffer, Hold>>();

/** Buffers held on this device; from now on its manager does not hand them out again while they are. */
function holdsOf(manager: BufferManager): Map<GPUBuffer, Hold> {
  const known = held.get(manager);
  if (known !== undefined) return known;
  const holds = new Map<GPUBuffer, Hold>();
  held.set(manager, holds);
  const release = manager.releaseBuffer.bind(manager);
  manager.releaseBuffer = (buffer, reuse) => {
    const hold = holds.get(buffer);
    if (hold === undefined) release(buffer, reuse);
    else hold.released = true;
  };
  return holds;
}

/** Gives back every buffer of a recording that nothing else needs; it cannot be replayed after. */
export function letGo({ bufferManager }: WebgpuBackend, { buffers, upload }: Recording): void {
  upload.destroy();
  const holds = holdsOf(bufferManager);
  for (const buffer of buffers) {
    const hold = holds.get(buffer);
    if (hold === undefined || --hold.recordings > 0) continue;
    holds.delete(buffer);
    if (hold.released) bufferManager.releaseBuffer(buffer);
  }
}

/** Points a variable that was assigned since back at the buffer it has in a recording, whose contents stay as they are. */
export function pointHome({ bufferManager, tensorMap }: WebgpuBackend, { variable, buffer }: Home): void {
  const data = tensorMap.get(variable.dataId);
  if (data.resource === buffer) return;
  if (data.resource) bufferManager.releaseBuffer(data.resource);
  data.resource = buffer;
  const hold = holdsOf(bufferManager).get(buffer);
  if (hold !== undefined) hold.released = false;
}

/**
 * @param step one update; it may not read tensors
 * @param inputs buffers of what it is given, whose values a replay takes from the upload instead
 * @throws Error when the step cannot be recorded: it reads, or keeps state that is not a variable; the variables are as
 *   they were then
 */
export function record(backend: WebgpuBackend, step: () => Tensor, inputs: readonly GPUBuffer[]): Recording {
  const { bufferManager: manager } = backend;
  const holds = holdsOf(manager);
  // Those of a device that was lost may still be about.
  const variables = Object.values(tf.engine().registeredVariables).filter(({ dataId }) =>
    backend.tensorMap.has(dataId)
  );
  const before = new Map(variables.map((variable) => [variable, bufferOf(backend, variable)]));
  flush(backend);

  const recorder = new Recorder(backend);
  const fresh: FreshSlot[] = [];
  const tensorsBefore = tf.memory().numTensors;
  let output: Tensor | undefined;
  let failure: { readonly error: unknown } | undefined;
  recorder.begin();
  try {
    output = withFresh(
      (values, shape) => {
        const tensor = tf.zeros([...shape]);
        fresh.push({ buffer: bufferOf(backend, tensor), values });
        return tensor;
      },
      () => tf.keep(tf.tidy(step))
    );
    for (const [variable, home] of before) recorder.bringHome(variable, home);
    if (recorder.releasedOthers()) {
      throw new Error('it disposes of, or assigns to, something made before it that is no variable');
    }
    if (tf.memory().numTensors - tensorsBefore > 1) throw new Error('it leaves tensors behind');
    if (inputs.includes(bufferOf(backend, output))) throw new Error('it gives back what it was given');
  } catch (error) {
    failure = { error };
  } finally {
    recorder.end();
  }

  if (failure !== undefined || output === undefined) {
    for (const [variable, home] of before) recorder.pointBack(variable, home);
    for (const buffer of recorder.released) manager.releaseBuffer(buffer);
    output?.dispose();
    throw failure?.error;
  }
  const upload = new UploadBuffer(backend.device, [...inputs, ...fresh.map(({ buffer }) => buffer)]);
  for (const buffer of recorder.seen) {
    const hold = holds.get(buffer) ?? { recordings: 0, released: false };
    hold.recordings++;
    if (recorder.released.has(buffer)) hold.released = true;
    holds.set(buffer, hold);
  }
  return {
    commands: recorder.commandsFrom(upload),
    buffers: [...recorder.seen],
    bytes: [...recorder.owned].reduce((sum, { size }) => sum + size, 0),
    homes: [...before]
      .filter(([, buffer]) => recorder.seen.has(buffer))
      .map(([variable, buffer]) => ({ variable, buffer })),
    fresh,
    upload,
    output
  };
}

/** Stands in for the command encoder and the buffer manager during a recording. */
class Recorder {
  /** Their bind groups as they are to be made: see `commandsFrom`. */
  readonly #commands: (Dispatch<GPUBindGroupDescriptor> | Copy)[] = [];
  readonly seen = new Set<GPUBuffer>();
  /** Taken during the recording. */
  readonly owned = new Set<GPUBuffer>();
  /** No tensor is behind them any more. */
  readonly released = new Set<GPUBuffer>();
  readonly #backend: WebgpuBackend;
  /** Written from the CPU once, while recording: never used for anything else. */
  readonly #fixed = new Set<GPUBuffer>();
  /** Free within the recording, by size: replays run in order, so a later command may write over an earlier one's. */
  readonly #arena = new Map<number, GPUBuffer[]>();
  #restore: () => void = () => undefined;

  constructor(backend: WebgpuBackend) {
    this.#backend = backend;
  }

  begin(): void {
    const backend = this.#backend;
    const { bufferManager: manager, device } = backend;
    const environment = tf.env();
    const { acquireBuffer, releaseBuffer, freeBuffers } = manager;
    const { submitQueue, read, readSync } = backend;
    const batch = environment.getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE');
    const forward = environment.getBool('WEBGPU_CPU_FORWARD');
    const refuse = (): never => {
      throw new Error('it reads a tensor of the GPU');
    };
    // Small operations on tensors still on the CPU would be done there, and be missing from the recording.
    environment.set('WEBGPU_CPU_FORWARD', false);
    environment.set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', Number.MAX_SAFE_INTEGER);
    backend.commandEncoder = this.#encoder();
    backend.submitQueue = refuse;
    backend.read = (id) => Promise.resolve(backend.tensorMap.get(id).values ?? refuse());
    backend.readSync = (id) => backend.tensorMap.get(id).values ?? refuse();
    backend.commandQueueOwnedIds = { add: () => undefined, has: () => false };
    // Nothing used before is handed out, so that an upload always gets a fresh, mapped buffer.
    manager.freeBuffers = new Map();
    manager.acquireBuffer = (size, usage, mapped = false) => {
      const isFixed = mapped || (usage & GPUBufferUsage.UNIFORM) !== 0;
      const free = isFixed ? undefined : this.#arena.get(size)?.pop();
      if (free !== undefined) {
        this.released.delete(free);
        return free;
      }
      const buffer = acquireBuffer.call(manager, size, usage, mapped);
      this.owned.add(buffer);
      this.seen.add(buffer);
      if (isFixed) this.#fixed.add(buffer);
      return buffer;
    };
    manager.releaseBuffer = (buffer) => {
      this.released.add(buffer);
      if (!this.owned.has(buffer) || this.#fixed.has(buffer)) return;
      const free = this.#arena.get(buffer.size);
      if (free === undefined) this.#arena.set(buffer.size, [buffer]);
      else free.push(buffer);
    };
    // Shadows the prototype's method, to learn which buffers the commands refer to. The group is made at the end.
    device.createBindGroup = (descriptor) => {
      for (const { resource } of descriptor.entries) {
        const { buffer } = resource as Partial<GPUBufferBinding>;
        if (buffer !== undefined) this.seen.add(buffer);
      }
      return descriptor as unknown as GPUBindGroup;
    };
    this.#restore = () => {
      delete (device as { createBindGroup?: unknown }).createBindGroup;
      manager.acquireBuffer = acquireBuffer;
      manager.releaseBuffer = releaseBuffer;
      for (const key of manager.freeBuffers.keys()) if (!freeBuffers.has(key)) freeBuffers.set(key, []);
      manager.freeBuffers = freeBuffers;
      backend.submitQueue = submitQueue;
      backend.read = read;
      backend.readSync = readSync;
      backend.commandEncoder = null;
      backend.computePassEncoder = null;
      backend.dispatchCountInPass = 0;
      backend.commandQueueOwnedIds = new WeakSet();
      for (const buffer of backend.uniformPendingDisposal) this.released.add(buffer);
      backend.uniformPendingDisposal = [];
      environment.set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', batch);
      environment.set('WEBGPU_CPU_FORWARD', forward);
    };
  }

  end(): void {
    this.#restore();
  }

  /** What was recorded, for the device: what comes from the CPU is read from the upload. */
  commandsFrom(upload: UploadBuffer): (Dispatch | Copy)[] {
    const { device } = this.#backend;
    return this.#commands.map((command) => {
      if (!('pipeline' in command)) {
        const [from, fromAt] = upload.source(command.from, command.fromAt);
        return { ...command, from, fromAt };
      }
      const { layout, entries } = command.group;
      const group = device.createBindGroup({ layout, entries: [...entries].map((entry) => upload.entry(entry)) });
      return { ...command, group };
    });
  }

  /** Assigning has moved the variable to a new buffer: its contents are copied back, and it is pointed back. */
  bringHome(variable: Variable, home: GPUBuffer): void {
    const now = this.#backend.tensorMap.get(variable.dataId).resource;
    if (now === home || !now) return;
    if (!this.owned.has(now)) throw new Error(`${variable.name} is assigned a tensor that it did not compute`);
    this.#commands.push({ from: now, fromAt: 0, to: home, toAt: 0, size: home.size });
    this.seen.add(home);
    this.pointBack(variable, home);
  }

  pointBack(variable: Variable, home: GPUBuffer): void {
    const data = this.#backend.tensorMap.get(variable.dataId);
    if (data.resource === home) return;
    if (data.resource) this.released.add(data.resource);
    this.released.delete(home);
    data.resource = home;
  }

  releasedOthers(): boolean {
    return [...this.released].some((buffer) => !this.owned.has(buffer));
  }

  #encoder(): unknown {
    let pipeline: GPUComputePipeline;
    let group: GPUBindGroupDescriptor;
    const pass = {
      setPipeline: (next: GPUComputePipeline) => {
        pipeline = next;
      },
      setBindGroup: (_: number, next: GPUBindGroupDescriptor) => {
        group = next;
      },
      dispatchWorkgroups: (x: number, y = 1, z = 1) => {
        this.#commands.push({ pipeline, group, workgroups: [x, y, z] });
      },
      end: () => undefined
    };
    return {
      beginComputePass: () => pass,
      copyBufferToBuffer: (from: GPUBuffer, fromAt: number, to: GPUBuffer, toAt: number, size: number) => {
        this.seen.add(from).add(to);
        this.#commands.push({ from, fromAt, to, toAt, size });
      }
    };
  }
}
