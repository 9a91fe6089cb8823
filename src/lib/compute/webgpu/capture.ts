/**
 * Recorded updates on WebGPU: the first update of a run is done both ways, by tfjs and as a replay, from the same state;
 * where they agree the others are replays, where they do not all stay with tfjs and a notice says why. Recorded anew when
 * the shapes of the inputs change, or a variable was assigned elsewhere (a checkpoint was loaded).
 */
import * as tf from '@tensorflow/tfjs-core';
import { notRecorded, runAsWritten, type Captured, type UpdateInputs, type UpdateStep } from '../captured.ts';
import { withFresh } from '../fresh.ts';
import type { WebgpuBackend } from './backend.ts';
import { CapturedGraph } from './captured-graph.ts';
import { pointHome, type Home } from './recording.ts';

/**
 * Largest difference between the two ways, in the largest value of a tensor. They run the same kernels on the same
 * buffers, so none is expected; drivers may reorder a reduction's sums.
 */
const TOLERANCE = 1e-5;

/**
 * How updates are recorded on this backend.
 * @param tell takes a sentence for the user when they are not
 */
export const captureOn =
  (backend: WebgpuBackend, tell: (notice: string) => void) =>
  (step: UpdateStep): CapturedUpdate =>
    new CapturedUpdate(backend, step, tell);

export class CapturedUpdate implements Captured {
  readonly #backend: WebgpuBackend;
  readonly #step: UpdateStep;
  readonly #tell: (notice: string) => void;
  #graph: CapturedGraph | undefined;
  #refused = false;

  constructor(backend: WebgpuBackend, step: UpdateStep, tell: (notice: string) => void) {
    this.#backend = backend;
    this.#step = step;
    this.#tell = tell;
  }

  /** What is replayed; undefined before the first update, and where recording was given up. */
  get graph(): CapturedGraph | undefined {
    return this.#graph;
  }

  async run(inputs: UpdateInputs, read: boolean): Promise<Float32Array | undefined> {
    // Storage that another tensor has come to share may not be written.
    if (this.#refused || this.#isShared()) return runAsWritten(this.#step, inputs, read);
    if (this.#graph?.fits(inputs) !== true) return this.#first(inputs, read);
    const graph = this.#graph;
    graph.write(inputs);
    graph.replay();
    if (read) return graph.read();
    await graph.keepPace();
    return undefined;
  }

  dispose(): void {
    this.#graph?.dispose();
    this.#graph = undefined;
  }

  async #first(inputs: UpdateInputs, read: boolean): Promise<Float32Array | undefined> {
    this.dispose();
    let graph: CapturedGraph;
    try {
      graph = new CapturedGraph(this.#backend, this.#step, inputs);
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error));
      return runAsWritten(this.#step, inputs, read);
    }
    const { output, difference } = await bothWays(this.#backend, this.#step, graph);
    if (difference === undefined) this.#graph = graph;
    else {
      graph.dispose();
      this.#refuse(`a replay differs from tfjs in ${difference}`);
    }
    return read ? output : undefined;
  }

  #isShared(): boolean {
    const homes = this.#graph?.recording.homes ?? [];
    return homes.some(({ variable }) => !variable.isDisposed && this.#backend.refCount(variable.dataId) > 1);
  }

  #refuse(why: string): void {
    this.#refused = true;
    this.#tell(notRecorded(why));
  }
}

/**
 * One update by tfjs and one replayed, from the same state. The state left is the replay's where they agree, else that of
 * tfjs.
 * @returns the output, and what differs by more than the tolerance
 */
async function bothWays(
  backend: WebgpuBackend,
  step: UpdateStep,
  graph: CapturedGraph
): Promise<{ output: Float32Array; difference: string | undefined }> {
  const { homes, fresh } = graph.recording;
  const before = copiesOf(backend, homes);
  const numbers = fresh.map(({ values }) => values().slice());
  const left = [...numbers];
  const written = withFresh(
    (_, shape) => {
      const values = left.shift();
      if (values === undefined) throw new Error('the update asked for more fresh numbers than when it was recorded');
      return tf.tensor(values, [...shape], 'float32');
    },
    () => tf.tidy(() => step(graph.tensors))
  );
  const wanted = Float32Array.from((await written.data()) as Float32Array);
  written.dispose();
  const wantedState = await stateOf(homes);
  homes.forEach((home, i) => {
    pointHome(backend, home);
    backend.queue.writeBuffer(home.buffer, 0, wantedState[i]!);
  });
  copyInto(backend, before, homes);
  for (const buffer of before) buffer.destroy();

  graph.replay(numbers);
  const output = await graph.read();
  const state = await stateOf(homes);
  const difference =
    firstDifference('its result', output, wanted) ??
    homes.map(({ variable }, i) => firstDifference(variable.name, state[i]!, wantedState[i]!)).find(Boolean);
  if (difference === undefined) return { output, difference };
  homes.forEach(({ variable, buffer }, i) => {
    backend.queue.writeBuffer(buffer, 0, wantedState[i]!);
    backend.tensorMap.get(variable.dataId).values = null;
  });
  return { output: wanted, difference };
}

function copiesOf({ device, queue }: WebgpuBackend, homes: readonly Home[]): GPUBuffer[] {
  const encoder = device.createCommandEncoder();
  const copies = homes.map(({ buffer }) => {
    const copy = device.createBuffer({
      size: buffer.size,
      usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    });
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size);
    return copy;
  });
  queue.submit([encoder.finish()]);
  return copies;
}

function copyInto(
  { device, queue, tensorMap }: WebgpuBackend,
  copies: readonly GPUBuffer[],
  homes: readonly Home[]
): void {
  const encoder = device.createCommandEncoder();
  homes.forEach(({ variable, buffer }, i) => {
    encoder.copyBufferToBuffer(copies[i]!, 0, buffer, 0, buffer.size);
    tensorMap.get(variable.dataId).values = null;
  });
  queue.submit([encoder.finish()]);
}

type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

const stateOf = (homes: readonly Home[]): Promise<Values[]> =>
  Promise.all(homes.map(async ({ variable }) => ((await variable.data()) as Values).slice()));

function firstDifference(name: string, a: Float32Array | Int32Array, b: Float32Array | Int32Array): string | undefined {
  // Whole numbers count something: there is no rounding in them.
  if (a instanceof Int32Array) return a.every((value, i) => value === b[i]) ? undefined : `${name}, a counter`;
  let largest = 0;
  let difference = 0;
  a.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(b[i]!));
    difference = Math.max(difference, Math.abs(value - b[i]!));
  });
  if (difference <= TOLERANCE * largest) return undefined;
  return `${name}, by ${(difference / largest).toExponential(1)} of its largest value`;
}
