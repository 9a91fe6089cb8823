/**
 * What an update of a soft actor-critic is given, as arrays that a recorded update takes anew at every replay, and the same
 * as tensors: a sequence with its burn-in, and the rows of it that are learnt from. Knows no network.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { UpdateInputs } from '../compute/captured.ts';
import type { NamedArray } from '../compute/named-arrays.ts';
import type { MemoryState } from './nets/torso.ts';
import { labelColumns, windowRows } from './replay/sequence-batch.ts';
import type { SequenceBatch } from './replay/sequence-batch.ts';

/** Standard normal noise of one update, each [sequence, batch, action]. */
export interface SoftNoise {
  /** For the policy's action at the rows learnt from. */
  readonly policy: Float32Array;
  /** For its action at the rows after them. */
  readonly next: Float32Array;
}

export type SoftInput =
  | 'inputs'
  | 'starts'
  | 'state'
  | 'actions'
  | 'rewards'
  | 'terminated'
  | 'valid'
  | 'policyNoise'
  | 'nextNoise'
  | 'labels'
  | 'labelled'
  | 'ahead'
  | 'weights';

/** A sequence on the device: all rows, and the rows learnt from. */
export interface Rows {
  /** [W, B, inputs] and [W, B] from the window's first row. */
  readonly inputs: tf.Tensor3D;
  readonly starts: tf.Tensor2D;
  readonly stored: MemoryState;
  /** [S, B, action] and [S, B], the rows learnt from. */
  readonly actions: tf.Tensor3D;
  readonly rewards: tf.Tensor2D;
  readonly terminated: tf.Tensor2D;
  readonly valid: tf.Tensor2D;
}

const none: NamedArray = { shape: [0], values: new Float32Array(0) };

/** What an update takes in, as flat arrays with shapes: of the window all rows, of the rest those learnt from. */
export function updateInputs(
  batch: SequenceBatch,
  noise: SoftNoise | undefined,
  weighted: boolean
): UpdateInputs<SoftInput> {
  const { burnIn, sequence, batch: size, action, state } = batch.shape;
  const rows = windowRows(batch.shape);
  const columns = labelColumns(batch.shape);
  const learn = (values: Float32Array, width: number): Float32Array =>
    values.subarray(burnIn * size * width, (burnIn + sequence) * size * width);
  const [each, eachAction] = [
    [sequence, size],
    [sequence, size, action]
  ];
  return {
    inputs: { shape: [rows, size, batch.inputs.length / rows / size], values: batch.inputs },
    starts: { shape: [rows, size], values: batch.starts },
    state: { shape: [size, state], values: batch.state },
    actions: { shape: eachAction, values: learn(batch.actions, action) },
    rewards: { shape: each, values: learn(batch.rewards, 1) },
    terminated: { shape: each, values: learn(batch.terminated, 1) },
    valid: { shape: each, values: learn(batch.valid, 1) },
    policyNoise: noise === undefined ? none : { shape: eachAction, values: noise.policy },
    nextNoise: noise === undefined ? none : { shape: eachAction, values: noise.next },
    labels: { shape: [sequence, size, columns], values: learn(batch.labels, columns) },
    labelled: { shape: [sequence, size, columns], values: learn(batch.labelled, columns) },
    ahead: { shape: [batch.ahead.length / sequence / size, sequence, size], values: batch.ahead },
    weights: weighted ? { shape: [size], values: batch.weights } : none
  };
}

export function rowsOn({ inputs, starts, state, actions, ...rest }: Readonly<Record<SoftInput, tf.Tensor>>): Rows {
  const stored = state as tf.Tensor2D;
  const [h, c] = state.size === 0 ? [stored, stored] : (tf.split(stored, 2, 1) as [tf.Tensor2D, tf.Tensor2D]);
  return {
    inputs: inputs as tf.Tensor3D,
    starts: starts as tf.Tensor2D,
    stored: { h, c },
    actions: actions as tf.Tensor3D,
    rewards: rest.rewards as tf.Tensor2D,
    terminated: rest.terminated as tf.Tensor2D,
    valid: rest.valid as tf.Tensor2D
  };
}

export function rowsFrom({ inputs, starts }: Rows, from: number, count: number): Pick<Rows, 'inputs' | 'starts'> {
  return {
    inputs: tf.slice(inputs, [from, 0, 0], [count, inputs.shape[1], inputs.shape[2]]),
    starts: tf.slice(starts, [from, 0], [count, starts.shape[1]])
  };
}
