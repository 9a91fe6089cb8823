/** Noise for agents from a seeded stream: the same stream gives the same noise on every backend. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Random } from '../core/random.ts';
import { sizeOf } from './named-arrays.ts';

/**
 * Fills with standard normals (Marsaglia's polar method on 32-bit uniforms, in pairs). Nothing is kept between calls,
 * so a stream saved and loaded between two calls goes on with the same values.
 */
export function fillNormal(random: Random, into: Float32Array): void {
  const scale = 1 / 2147483648;
  for (let i = 0; i < into.length; i += 2) {
    let u: number;
    let v: number;
    let s: number;
    do {
      u = random.bits() * scale - 1;
      v = random.bits() * scale - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const factor = Math.sqrt((-2 * Math.log(s)) / s);
    into[i] = u * factor;
    if (i + 1 < into.length) into[i + 1] = v * factor;
  }
}

/** Fills with uniforms in [low, high). */
export function fillUniform(random: Random, into: Float32Array, low = 0, high = 1): void {
  // 24 bits are what a float32 in [0, 1) holds; more could round up to 1.
  const scale = (high - low) / 16777216;
  for (let i = 0; i < into.length; i++) into[i] = low + (random.bits() >>> 8) * scale;
}

/** Standard normal noise of a shape; the caller disposes of it. */
export function normalTensor(random: Random, shape: readonly number[]): Tensor {
  const values = new Float32Array(sizeOf(shape));
  fillNormal(random, values);
  return tf.tensor(values, [...shape], 'float32');
}
