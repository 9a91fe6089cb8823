/**
 * Records what an update written in tfjs does on tfjs-wasm's memory, while it is done: which functions of tfjs' module and
 * of ours were called with which numbers. Called again in that order they do the same to the same addresses, without
 * tfjs' bookkeeping. Every block of memory that they refer to is held back until the recording is let go. Knows
 * tfjs-backend-wasm's inside (module.ts), nothing of agents.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { withFresh } from '../fresh.ts';
import type { KernelModule, Tape, WasmBackend } from './module.ts';

/** A variable, and where it has to lie for a replay. */
export interface Home {
  readonly variable: Variable;
  readonly id: number;
  readonly address: number;
  readonly bytes: number;
}

export interface Recording {
  /** Does the update again. @param numbers those it had when it was recorded, instead of new ones */
  replay(numbers?: readonly unknown[]): void;
  /** What was new at the update that was recorded. */
  readonly numbers: readonly unknown[];
  readonly calls: number;
  /** Of memory held. */
  readonly bytes: number;
  /** Variables there were; all are where they were before. */
  readonly homes: readonly Home[];
  /** Gives the memory back; it cannot be replayed after. */
  letGo(): void;
}

export interface Recorded {
  /** What the update gave: kept, the caller's to dispose of. */
  readonly output: Tensor;
  /** Or why it cannot be replayed. */
  readonly recording: Recording | string;
}

/**
 * Runs an update and records it. Whether or not it can be replayed, it was done once.
 * @param known `inputs`: tensors it is given, whose values the caller writes before a replay; `homes`: as `homesOn` gives them
 */
export function record(
  module: KernelModule,
  step: () => Tensor,
  { inputs, homes }: { readonly inputs: readonly Tensor[]; readonly homes: readonly Home[] }
): Recorded {
  const recorder = new Recorder(module, homes);
  const tensorsBefore = tf.memory().numTensors;
  let output: Tensor;
  recorder.begin();
  try {
    output = withFresh(
      (values, shape) => recorder.fresh(values, shape),
      () => tf.keep(tf.tidy(step))
    );
    if (tf.memory().numTensors - tensorsBefore > 1) recorder.refuse('it leaves tensors behind');
    if (inputs.some(({ dataId }) => dataId === output.dataId)) recorder.refuse('it gives back what it was given');
    recorder.bringHome();
  } catch (error) {
    recorder.end();
    recorder.giveBack();
    throw error;
  }
  recorder.end();
  return { output, recording: recorder.recording(output) };
}

/** Variables of tfjs' registry that lie on this backend: those of one that was disposed of may still be about. */
export function homesOn(backend: WasmBackend): Home[] {
  const here = Object.values(tf.engine().registeredVariables).filter(({ dataId }) => backend.dataIdMap.has(dataId));
  return here.map((variable) => {
    const { id, memoryOffset } = backend.dataIdMap.get(variable.dataId);
    return { variable, id, address: memoryOffset, bytes: variable.size * tf.util.bytesPerElement(variable.dtype) };
  });
}

/** Stands between tfjs and the memory during a recording. */
class Recorder implements Tape {
  readonly #module: KernelModule;
  readonly #backend: WasmBackend;
  readonly #homes: readonly Home[];
  readonly #calls: (() => void)[] = [];
  readonly #numbers: unknown[] = [];
  /** While a replay is to have the numbers of the recording. */
  #given: unknown[] | undefined;
  #why: string | undefined;
  /** Blocks taken during the recording, with their bytes; which of them nobody has any more; which never to use again. */
  readonly #blocks = new Map<number, number>();
  readonly #released = new Set<number>();
  readonly #fixed = new Set<number>();
  /** Free within the recording, by bytes: replays run in order, so a later call may write over an earlier one's. */
  readonly #arena = new Map<number, number[]>();
  /** Blocks from before that tfjs let go, to be freed after. */
  readonly #earlier = new Set<number>();
  /** Arguments that are arrays. */
  readonly #constants: number[] = [];
  /** Numbers of tensors that tfjs disposed of: calls name tensors by them, so tfjs' module has to know them on. */
  readonly #ids = new Set<number>();
  /** While numbers of JavaScript are being written: into a block that no earlier call writes over at a replay. */
  #writing = false;
  readonly #releaseScratch: () => void;
  #free: (address: number) => void = () => undefined;
  #forget: (id: number) => void = () => undefined;
  #restore: () => void = () => undefined;

  constructor(module: KernelModule, homes: readonly Home[]) {
    this.#module = module;
    this.#backend = module.backend;
    this.#homes = homes;
    this.#releaseScratch = module.holdScratch();
  }

  add(call: () => void): void {
    this.#calls.push(call);
  }

  often<Values>(values: () => Values, run: (values: Values) => void): void {
    const first = values();
    this.#numbers.push(first);
    this.add(() => {
      run(this.#given === undefined ? values() : (this.#given.shift() as Values));
    });
    run(first);
  }

  refuse(why: string): void {
    this.#why ??= why;
  }

  /** A tensor whose values are new at every replay. */
  fresh(values: () => Float32Array, shape: readonly number[]): Tensor {
    const first = values();
    const tensor = tf.tensor(first, [...shape], 'float32');
    const address = this.#module.addressOf(tensor);
    let asked = false;
    // The first are there already.
    const next = (): Float32Array => (asked ? values() : ((asked = true), first));
    this.#module.often(next, (now) => {
      writeFloats(this.#module, address, now);
    });
    return tensor;
  }

  begin(): void {
    const backend = this.#backend;
    const { wasm } = backend;
    const { _malloc, _free, cwrap } = wasm;
    const { disposeData } = wasm.tfjs;
    const { move, readSync, typedArrayFromHeap } = backend;
    this.#free = _free.bind(wasm);
    this.#forget = disposeData;

    wasm._malloc = (bytes) => {
      const used = this.#writing ? undefined : this.#arena.get(bytes)?.pop();
      const address = used ?? _malloc.call(wasm, bytes) >>> 0;
      this.#blocks.set(address, bytes);
      this.#released.delete(address);
      return address;
    };
    wasm._free = (signed) => this.#release(signed >>> 0);
    wasm.tfjs.disposeData = (id) => {
      this.#ids.add(id);
    };
    wasm.cwrap = (name, returns, types) => this.#wrapped(name, returns, types);
    // What is written from here stays as it is for all replays; what is read here would not be read again.
    backend.move = (dataId, values, ...rest) => {
      this.#writing = values !== null && values !== undefined;
      move.call(backend, dataId, values, ...rest);
      if (this.#writing) this.#fixed.add(backend.dataIdMap.get(dataId).memoryOffset);
      this.#writing = false;
    };
    backend.readSync = (...place) => {
      this.refuse('it reads a tensor');
      return readSync.apply(backend, place);
    };
    backend.typedArrayFromHeap = (tensor) => {
      this.refuse('one of its operations is done in JavaScript');
      return typedArrayFromHeap.call(backend, tensor);
    };
    setUpAnew(backend);
    this.#module.recordOn(this);
    this.#restore = () => {
      this.#module.recordOn(undefined);
      Object.assign(wasm, { _malloc, _free, cwrap });
      wasm.tfjs.disposeData = disposeData;
      Object.assign(backend, { move, readSync, typedArrayFromHeap });
      setUpAnew(backend);
    };
  }

  end(): void {
    this.#restore();
  }

  /** Variables that were assigned back to where they lay: by a copy, now and at the end of every replay. */
  bringHome(): void {
    if (this.#why !== undefined) return;
    for (const { variable, id, address, bytes } of this.#homes) {
      const data = this.#backend.dataIdMap.get(variable.dataId);
      if (data.memoryOffset === address) continue;
      // Not let go by the assignment, so somebody else's as well.
      if (!this.#earlier.has(address)) {
        this.refuse('it assigns to a variable whose storage another tensor shares');
        return;
      }
      if (this.#backend.refCount(variable.dataId) !== 1 || bytes % 4 !== 0) {
        this.refuse('it assigns one tensor to several variables');
        return;
      }
      this.#module.kernels.copyRows(1, bytes / 4, data.memoryOffset, 0, address, 0);
      this.#ids.add(data.id);
      this.#ids.delete(id);
      this.#released.add(data.memoryOffset);
      this.#earlier.delete(address);
      data.id = id;
      data.memoryOffset = address;
    }
    if (this.#earlier.size > 0)
      this.refuse('it disposes of, or assigns to, something made before it that is no variable');
  }

  /** All that was held: of an update that failed, or cannot be replayed, or is not to be any more. */
  giveBack(own: readonly number[] = [...this.#released]): void {
    for (const id of this.#ids) this.#forget(id);
    for (const address of [...own, ...this.#constants, ...this.#earlier]) this.#free(address);
    this.#releaseScratch();
  }

  /** What came of it; where it cannot be replayed, all that was held is given back. */
  recording(output: Tensor): Recording | string {
    // The output's block is tfjs' to free, with the output.
    const own = [...this.#released].filter((address) => address !== this.#module.addressOf(output));
    if (this.#why !== undefined) {
      this.giveBack(own);
      return this.#why;
    }
    const calls = [...this.#calls];
    return {
      replay: (numbers) => {
        this.#given = numbers === undefined ? undefined : [...numbers];
        for (const call of calls) call();
      },
      numbers: this.#numbers,
      calls: calls.length,
      bytes: own.reduce((sum, address) => sum + this.#blocks.get(address)!, 0),
      homes: this.#homes,
      letGo: () => {
        this.giveBack(own);
      }
    };
  }

  #release(address: number): void {
    const bytes = this.#blocks.get(address);
    if (bytes === undefined) {
      this.#earlier.add(address);
      return;
    }
    this.#released.add(address);
    if (this.#fixed.has(address)) return;
    const free = this.#arena.get(bytes);
    if (free === undefined) this.#arena.set(bytes, [address]);
    else free.push(address);
  }

  /** A function of tfjs' module, taken down when it is called. */
  #wrapped(name: string, returns: string | null, types: readonly string[]): (...values: never[]) => unknown {
    const exported = (this.#backend.wasm as unknown as Record<string, (...numbers: number[]) => unknown>)[`_${name}`]!;
    return (...values) => {
      if (returns !== null) this.refuse(`${name} gives back where it put its result`);
      const numbers = values.map((value, i) => (types[i] === 'array' ? this.#constant(value) : Number(value)));
      this.add(() => {
        exported(...numbers);
      });
      return exported(...numbers);
    };
  }

  #constant(values: ArrayLike<number>): number {
    const bytes = Uint8Array.from(values);
    const address = this.#module.allocate(Math.max(1, bytes.length));
    this.#module.bytes.set(bytes, address);
    this.#constants.push(address);
    return address;
  }
}

/** tfjs' kernels take up the functions of its module, as `cwrap` gives them now. */
function setUpAnew(backend: WasmBackend): void {
  for (const { setupFunc } of tf.getKernelsForBackend('wasm')) setupFunc?.(backend);
}

export function writeFloats(module: KernelModule, address: number, values: Float32Array): void {
  module.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), address);
}
