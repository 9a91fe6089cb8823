/**
 * An update written in ordinary tfjs, run as the backend in use runs it best: recorded once and replayed where a backend
 * can do that, else as it is written. What the update changes are variables; all else it needs comes in as arrays.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { NamedArray } from './named-arrays.ts';

export type UpdateInputs<Name extends string = string> = Readonly<Record<Name, NamedArray>>;

/**
 * One update: assigns variables and gives one tensor to be read. It must be a function of its inputs, of variables and
 * of what `fresh` gives: everything else (JavaScript numbers and branches, other randomness) counts as constant.
 */
export type UpdateStep<Name extends string = string> = (inputs: Readonly<Record<Name, Tensor>>) => Tensor;

export interface Captured<Name extends string = string> {
  /**
   * Runs the update once.
   * @param read whether to wait for the tensor it gives; waiting now and then keeps the queue of updates short
   */
  run(inputs: UpdateInputs<Name>, read: boolean): Promise<Float32Array | undefined>;
  /** What was recorded; the variables stay. */
  dispose(): void;
}

/** How a backend records updates. */
export type CaptureUpdate = (step: UpdateStep) => Captured;

const recorders = new Map<string, CaptureUpdate>();

/** Puts a backend's recorder in use, or takes it away with `undefined`. For device.ts alone. */
export function setCapture(backend: string, recorder: CaptureUpdate | undefined): void {
  if (recorder === undefined) recorders.delete(backend);
  else recorders.set(backend, recorder);
}

/** @param step see `UpdateStep`; run in `tf.tidy` */
export function captured<Name extends string>(step: UpdateStep<Name>): Captured<Name> {
  const general = step as UpdateStep;
  return recorders.get(tf.getBackend())?.(general) ?? asWritten(general);
}

/** Whether inputs have the shapes of the tensors that an update was recorded with. */
export const haveShapes = (inputs: UpdateInputs, tensors: Iterable<readonly [string, Tensor]>): boolean =>
  [...tensors].every(([name, { shape }]) => {
    const given = inputs[name]?.shape;
    return given?.length === shape.length && given.every((n, i) => n === shape[i]);
  });

/** What the user is told where updates are not replayed. */
export const notRecorded = (why: string): string =>
  `Updates are not recorded for replay but run one operation at a time, which is slower: ${why}.`;

function asWritten(step: UpdateStep): Captured {
  return {
    run: (inputs, read) => runAsWritten(step, inputs, read),
    dispose() {
      // Nothing is kept between updates.
    }
  };
}

/** One update by tfjs itself. */
export async function runAsWritten(
  step: UpdateStep,
  inputs: UpdateInputs,
  read: boolean
): Promise<Float32Array | undefined> {
  const result = tf.tidy(() => step(tensorsOf(inputs)));
  try {
    return read ? ((await result.data()) as Float32Array) : undefined;
  } finally {
    result.dispose();
  }
}

const tensorsOf = (inputs: UpdateInputs): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { values, shape }]) => [name, tf.tensor(values, [...shape], 'float32')])
  );
