/**
 * Normal noise that the device makes itself, by a counter in its memory that each draw moves on: a recorded update draws
 * anew at every replay, and nothing is uploaded. For backends with a kernel for it; the others fill arrays from a seeded
 * stream (random.ts). Draw number n of a key is the same whatever was drawn before: see philox.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Random } from '../core/random.ts';
import { wordsOf, type PhiloxKey } from './philox.ts';

/**
 * Standard normals of these shapes, one after the other out of the draw that `counter` (int32 [2]: lower and upper bits)
 * stands at; the counter moves on by one, in place.
 */
export type NoiseKernel = (
  counter: Variable,
  key: PhiloxKey,
  shapes: readonly (readonly number[])[]
) => readonly Tensor[];

const kernels = new Map<string, NoiseKernel>();

/** Puts a backend's kernel in use, or takes it away with `undefined`. For device.ts alone. */
export function setNoiseKernel(backend: string, kernel: NoiseKernel | undefined): void {
  if (kernel === undefined) kernels.delete(backend);
  else kernels.set(backend, kernel);
}

export class CounterNoise {
  readonly #kernel: NoiseKernel;
  readonly #key: PhiloxKey;
  readonly #counter: Variable;

  constructor(kernel: NoiseKernel, key: PhiloxKey) {
    this.#kernel = kernel;
    this.#key = key;
    // In a tidy, or the tensor it starts from would share its storage.
    this.#counter = tf.tidy(() => tf.variable(wordsTensor(0), false));
  }

  /** One draw, cut into these shapes; the caller disposes of them, or runs in `tf.tidy`. */
  normals(shapes: readonly (readonly number[])[]): readonly Tensor[] {
    return this.#kernel(this.#counter, this.#key, shapes);
  }

  /** How many draws were made, read from the device. */
  async count(): Promise<number> {
    const [low, high] = (await this.#counter.data()) as Int32Array;
    return (high! >>> 0) * 4294967296 + (low! >>> 0);
  }

  /** Goes on as after so many draws. */
  goOn(count: number): void {
    tf.tidy(() => this.#counter.assign(wordsTensor(count)));
  }

  dispose(): void {
    this.#counter.dispose();
  }
}

/** Noise of the current backend's own making, its key drawn from `random`; undefined where it has no kernel. */
export function counterNoise(random: Random): CounterNoise | undefined {
  const kernel = kernels.get(tf.getBackend());
  return kernel === undefined ? undefined : new CounterNoise(kernel, [random.bits(), random.bits()]);
}

const wordsTensor = (count: number): Tensor => tf.tensor(Int32Array.from(wordsOf(count)), [2], 'int32');
