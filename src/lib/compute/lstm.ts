/**
 * LSTM over a sequence (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000) as one op with gradients.
 * `lstmSequence` uses the fused kernel of the backend in use where one was installed and passed its check, else the
 * plain tfjs reference below, which every kernel is held against.
 *
 * Gate blocks of H columns in `kernel` and `bias` come in the order input, forget, cell, output (that of Keras and
 * PyTorch): z = [x_t, h_{t-1}] kernel + bias; c_t = σ(z_f) c_{t-1} + σ(z_i) tanh(z_g); h_t = σ(z_o) tanh(c_t).
 * No constant is added to the forget gate: initialise its bias to 1 (Jozefowicz et al. 2015, section 2.2) with
 * `lstmBias`.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

export interface LstmSequenceArgs {
  /** [T, B, I], time-major. */
  readonly x: Tensor3D;
  /** [I + H, 4H]: the rows of the input first, then those of the state. */
  readonly kernel: Tensor2D;
  /** [4H] */
  readonly bias: Tensor1D;
  /** [B, H] */
  readonly h0: Tensor2D;
  /** [B, H] */
  readonly c0: Tensor2D;
  /** [T, B], float32: 1 where h and c are cleared before that step; no gradient flows through a cleared state. */
  readonly resets?: Tensor2D | undefined;
}

export interface LstmSequenceResult {
  /** [T, B, H], h after every step. */
  readonly hidden: Tensor3D;
  /** [B, H], h after the last step. */
  readonly h: Tensor2D;
  /** [B, H], c after the last step. */
  readonly c: Tensor2D;
}

/** A backend's own implementation: every h and the last c, differentiable in all but the resets; the last h if it likes. */
export type FusedLstm = (args: LstmSequenceArgs) => {
  readonly hidden: Tensor3D;
  readonly h?: Tensor2D;
  readonly c: Tensor2D;
};

const fused = new Map<string, FusedLstm>();

/** Puts a fused implementation in use for a backend, or takes it away with `undefined`. For device.ts alone. */
export function setFusedLstm(backend: string, implementation: FusedLstm | undefined): void {
  if (implementation === undefined) fused.delete(backend);
  else fused.set(backend, implementation);
}

/**
 * All hidden states and the final state of an LSTM over a sequence; gradients flow to x, kernel, bias, h0 and c0.
 * The caller disposes of the result (or runs it in `tf.tidy`).
 */
export function lstmSequence(args: LstmSequenceArgs): LstmSequenceResult {
  checkShapes(args);
  const implementation = fused.get(tf.getBackend());
  if (implementation === undefined) return referenceLstmSequence(args);
  const { hidden, h, c } = implementation(args);
  return { hidden, h: h ?? tf.tidy(() => lastOf(hidden)), c };
}

/** The same in ordinary tfjs ops, on any backend. */
export function referenceLstmSequence({ x, kernel, bias, h0, c0, resets }: LstmSequenceArgs): LstmSequenceResult {
  return tf.tidy(() => {
    const [steps, batch, inputs] = x.shape;
    const units = h0.shape[1];
    const inputKernel = tf.slice(kernel, [0, 0], [inputs, 4 * units]);
    const stateKernel = tf.slice(kernel, [inputs, 0], [units, 4 * units]);
    const projected = tf.add(tf.matMul(tf.reshape(x, [steps * batch, inputs]), inputKernel), bias);
    const projections = stepsOf(tf.reshape(projected, [steps, batch, 4 * units]));
    const keeps = resets && stepsOf(tf.reshape(tf.sub(1, resets), [steps, batch, 1]));
    const hidden: Tensor[] = [];
    let h: Tensor = h0;
    let c: Tensor = c0;
    projections.forEach((projection, t) => {
      const keep = keeps?.[t];
      if (keep !== undefined) {
        h = tf.mul(h, keep);
        c = tf.mul(c, keep);
      }
      const z = tf.add(projection, tf.matMul(h as Tensor2D, stateKernel));
      const [input, forget, cell, output] = tf.split(z, 4, 1) as [Tensor, Tensor, Tensor, Tensor];
      c = tf.add(tf.mul(tf.sigmoid(forget), c), tf.mul(tf.sigmoid(input), tf.tanh(cell)));
      h = tf.mul(tf.sigmoid(output), tf.tanh(c));
      hidden.push(h);
    });
    const all = tf.stack(hidden, 0) as Tensor3D;
    return { hidden: all, h: lastOf(all), c: c as Tensor2D };
  });
}

/** Zeros, with ones for the forget gate: [4H]. */
export function lstmBias(units: number): Float32Array {
  return new Float32Array(4 * units).fill(1, units, 2 * units);
}

/** Unstacks the first axis. tfjs' gradient of `unstack` fails on a single slice, which is a reshape. */
function stepsOf(tensor: Tensor): Tensor[] {
  return tensor.shape[0] === 1 ? [tf.reshape(tensor, tensor.shape.slice(1))] : tf.unstack(tensor, 0);
}

function lastOf(hidden: Tensor3D): Tensor2D {
  const [steps, batch, units] = hidden.shape;
  return tf.reshape(tf.slice(hidden, [steps - 1, 0, 0], [1, batch, units]), [batch, units]);
}

function checkShapes({ x, kernel, bias, h0, c0, resets }: LstmSequenceArgs): void {
  const [steps, batch, inputs] = x.shape;
  const units = h0.shape[1];
  const expect = (name: string, tensor: Tensor, shape: readonly number[]): void => {
    if (tensor.shape.length !== shape.length || tensor.shape.some((n, i) => n !== shape[i])) {
      throw new Error(`lstmSequence: ${name} expected [${shape.join(', ')}], got [${tensor.shape.join(', ')}]`);
    }
  };
  if (steps < 1 || batch < 1) throw new Error(`lstmSequence: x is empty: [${x.shape.join(', ')}]`);
  expect('kernel', kernel, [inputs + units, 4 * units]);
  expect('bias', bias, [4 * units]);
  expect('h0', h0, [batch, units]);
  expect('c0', c0, [batch, units]);
  if (resets !== undefined) expect('resets', resets, [steps, batch]);
}
