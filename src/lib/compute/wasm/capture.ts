/**
 * Recorded updates on the CPU kernels: a run's first update is done by tfjs and recorded, then replayed from the same
 * state; where both leave the same bits the others are replays, where they do not all stay with tfjs and a notice says
 * why. Recorded anew when the shapes of the inputs change, or a variable was assigned elsewhere (a checkpoint was loaded).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  haveShapes,
  notRecorded,
  runAsWritten,
  type Captured,
  type UpdateInputs,
  type UpdateStep
} from '../captured.ts';
import type { KernelModule } from './module.ts';
import { homesOn, record, writeFloats, type Home, type Recorded, type Recording } from './recording.ts';

/** What is replayed. */
interface Graph {
  readonly recording: Recording;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly output: Tensor;
}

/** How updates are recorded on this module's backend. @param tell takes a sentence for the user when they are not */
export const captureOnCpu =
  (module: KernelModule, tell: (notice: string) => void) =>
  (step: UpdateStep): CapturedOnCpu =>
    new CapturedOnCpu(module, step, tell);

export class CapturedOnCpu implements Captured {
  readonly #module: KernelModule;
  readonly #step: UpdateStep;
  readonly #tell: (notice: string) => void;
  #graph: Graph | undefined;
  #refused = false;

  constructor(module: KernelModule, step: UpdateStep, tell: (notice: string) => void) {
    this.#module = module;
    this.#step = step;
    this.#tell = tell;
  }

  /** What is replayed; undefined before the first update, and where recording was given up. */
  get recording(): Recording | undefined {
    return this.#graph?.recording;
  }

  async run(inputs: UpdateInputs, read: boolean): Promise<Float32Array | undefined> {
    // Storage that another tensor has come to share may not be written.
    if (this.#refused || this.#isShared()) return runAsWritten(this.#step, inputs, read);
    const graph = this.#graph;
    if (graph === undefined || !this.#fits(graph, inputs)) return this.#first(inputs, read);
    for (const [name, tensor] of graph.inputs) this.#write(tensor, inputs[name]!.values);
    graph.recording.replay();
    return read ? this.#read(graph.output) : undefined;
  }

  dispose(): void {
    if (this.#graph === undefined) return;
    drop(this.#graph);
    this.#graph.recording.letGo();
    this.#graph = undefined;
  }

  #first(inputs: UpdateInputs, read: boolean): Float32Array | undefined {
    this.dispose();
    const tensors = new Map(
      Object.entries(inputs).map(([name, { values, shape }]) => [
        name,
        tf.keep(tf.tensor(values.slice(), [...shape], 'float32'))
      ])
    );
    const homes = homesOn(this.#module.backend);
    const before = homes.map((home) => this.#at(home));
    const { output, recording } = this.#recorded(tensors, homes);
    const values = this.#read(output);
    if (typeof recording === 'string') {
      drop({ inputs: tensors, output });
      this.#refuse(recording);
      return read ? values : undefined;
    }
    const wanted = homes.map((home) => this.#at(home));
    this.#putBack(homes, before);
    recording.replay(recording.numbers);
    const differing = homes.find((home, i) => !sameBytes(this.#at(home), wanted[i]!))?.variable.name;
    const difference = differing ?? (sameNumbers(this.#read(output), values) ? undefined : 'its result');
    if (difference === undefined) this.#graph = { recording, inputs: tensors, output };
    else {
      this.#putBack(homes, wanted);
      drop({ inputs: tensors, output });
      recording.letGo();
      this.#refuse(`a replay differs from tfjs in ${difference}`);
    }
    return read ? values : undefined;
  }

  #recorded(inputs: ReadonlyMap<string, Tensor>, homes: readonly Home[]): Recorded {
    try {
      const step = (): Tensor => this.#step(Object.fromEntries(inputs));
      return record(this.#module, step, { inputs: [...inputs.values()], homes });
    } catch (error) {
      tf.dispose([...inputs.values()]);
      throw error;
    }
  }

  /** Whether a replay would do what the step would: shapes are the same, and no variable was assigned elsewhere. */
  #fits({ inputs: tensors, recording }: Graph, inputs: UpdateInputs): boolean {
    if (!haveShapes(inputs, tensors)) return false;
    const { dataIdMap } = this.#module.backend;
    // By number too: what was assigned twice may lie at its old address again, under a number that the calls do not know.
    return recording.homes.every(({ variable, id, address }) => {
      if (variable.isDisposed) return false;
      const data = dataIdMap.get(variable.dataId);
      return data.memoryOffset === address && data.id === id;
    });
  }

  #isShared(): boolean {
    const { backend } = this.#module;
    const homes = this.#graph?.recording.homes ?? [];
    return homes.some(({ variable }) => !variable.isDisposed && backend.refCount(variable.dataId) > 1);
  }

  #putBack(homes: readonly Home[], values: readonly Uint8Array[]): void {
    homes.forEach(({ address }, i) => {
      this.#module.bytes.set(values[i]!, address);
    });
  }

  #write(tensor: Tensor, values: Float32Array): void {
    writeFloats(this.#module, this.#module.addressOf(tensor), values);
  }

  #read(tensor: Tensor): Float32Array {
    return new Float32Array(this.#bytesOf(tensor).buffer);
  }

  #bytesOf(tensor: Tensor): Uint8Array<ArrayBuffer> {
    const address = this.#module.addressOf(tensor);
    return this.#copy(address, tensor.size * tf.util.bytesPerElement(tensor.dtype));
  }

  #at({ address, bytes }: Home): Uint8Array<ArrayBuffer> {
    return this.#copy(address, bytes);
  }

  /** Into memory of its own: what lies in shared memory cannot be handed on. */
  #copy(address: number, bytes: number): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(bytes);
    copy.set(this.#module.bytes.subarray(address, address + bytes));
    return copy;
  }

  #refuse(why: string): void {
    this.#refused = true;
    this.#tell(notRecorded(why));
  }
}

function drop({ inputs, output }: Omit<Graph, 'recording'>): void {
  for (const tensor of inputs.values()) tensor.dispose();
  output.dispose();
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);
const sameNumbers = (a: Float32Array, b: Float32Array): boolean => a.every((x, i) => Object.is(x, b[i]));
