/** Threads of the CPU kernels: the same bits however many there are, work of many shapes, and what happens without them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { Adam } from '../adam.ts';
import { chooseDevice } from '../device.ts';
import { fusedLosses } from '../fused-losses.ts';
import { lstmSequence } from '../lstm.ts';
import { mlp } from '../mlp.ts';
import { polyakUpdate } from '../polyak.ts';
import { normalTensor } from '../random.ts';
import { withSharedMemory } from './shared-memory.ts';

const [steps, batch, inputs, units, hidden, quantiles] = [6, 22, 13, 48, 70, 25] as const;

/** Parameters and their target after updates that use every kernel that is divided, on sizes that are worth dividing. */
async function train(threads: number): Promise<{ values: number[][]; label: string }> {
  const device = await chooseDevice('wasm', { threads });
  const random = new Random(seed(50), 'threads');
  const make = (shape: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.mul(normalTensor(random, shape), 0.2)));
  const shapes = [
    [inputs + units, 4 * units],
    [4 * units],
    [units + inputs, hidden],
    [hidden],
    [hidden, quantiles],
    [25]
  ];
  const variables = shapes.map(make);
  const target = tf.tidy(() => shapes.map((shape) => tf.variable(normalTensor(random, shape), false)));
  const [kernel, bias, w1, b1, w2, b2] = variables as Tensor[] as [Tensor2D, Tensor1D, Tensor, Tensor, Tensor, Tensor];
  const x = normalTensor(random, [steps, batch, inputs]) as Tensor3D;
  const atoms = normalTensor(random, [steps * batch, 31]) as Tensor2D;
  const state = normalTensor(random, [batch, units]) as Tensor2D;
  const resets = tf.tensor2d(
    Float32Array.from({ length: steps * batch }, () => (random.below(9) === 0 ? 1 : 0)),
    [steps, batch]
  );
  const adam = new Adam({ learningRate: 0.01, variables, maxGradientNorm: 1 });
  const loss = (): tf.Scalar => {
    const { hidden: h } = lstmSequence({ x, kernel, bias, h0: state, c0: state, resets });
    const layers = [
      { kernel: w1, bias: b1 },
      { kernel: w2, bias: b2 }
    ];
    const y = mlp({ x: [h, x], layers, activation: 'relu', last: 'linear' });
    const values = tf.reshape<tf.Rank.R2>(y, [-1, quantiles]);
    return fusedLosses().quantileHuber!(values, atoms, tf.ones([steps * batch]));
  };
  for (let i = 0; i < 4; i++) {
    tf.tidy(() => {
      adam.apply(tf.variableGrads(loss, variables).grads);
      polyakUpdate(target, variables, 0.05);
    });
  }
  const values = [...variables, ...target].map((variable) => Array.from(variable.dataSync()));
  const { label } = device.report;
  device.dispose();
  return { values, label };
}

describe('threads of the CPU kernels', () => {
  it('train to the same weights bit for bit, however many there are', async () => {
    const one = await train(1);
    expect(one.label).toBe('WebAssembly SIMD');
    expect(one.values.flat().every(Number.isFinite)).toBe(true);
    for (const threads of [2, 3]) {
      const several = await train(threads);
      expect(several.label).toBe(`WebAssembly SIMD · ${String(threads)} threads`);
      expect(several.values).toEqual(one.values);
    }
  });

  it('do the same product right a thousand times over', async () => {
    const device = await chooseDevice('wasm', { threads: 4 });
    const random = new Random(seed(51), 'products');
    const [a, b] = [normalTensor(random, [121, 65]), normalTensor(random, [65, 130])];
    const first = tf.matMul(a, b);
    const wanted = Array.from(first.dataSync());
    for (let i = 0; i < 1000; i++) {
      const again = tf.matMul(a, b);
      const values = again.dataSync();
      if (wanted.some((value, at) => value !== values[at])) expect(Array.from(values), String(i)).toEqual(wanted);
      again.dispose();
    }
    device.dispose();
  });

  it('leave no tensor and no byte behind', async () => {
    const device = await chooseDevice('wasm', { threads: 2 });
    const random = new Random(seed(52), 'leaks');
    const pass = (): void =>
      tf.tidy(() => {
        const [a, b] = [normalTensor(random, [121, 65]), normalTensor(random, [65, 130])];
        tf.grads((x: Tensor, y: Tensor) => tf.sum(tf.square(tf.matMul(x, y))))([a, b]);
      });
    pass();
    const before = tf.memory();
    for (let i = 0; i < 20; i++) pass();
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
    device.dispose();
  });
});

describe('shared memory for tfjs-wasm', () => {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const memory = (...limits: number[]): number[] => [5, limits.length + 1, 1, ...limits];

  it('changes the flag of the memory and nothing else', () => {
    const before = Uint8Array.from([...header, 1, 1, 0, ...memory(1, 2, 4)]);
    const after = withSharedMemory(before);
    expect([...after]).toEqual([...header, 1, 1, 0, ...memory(3, 2, 4)]);
    expect(WebAssembly.validate(after)).toBe(true);
    expect([...before]).toEqual([...header, 1, 1, 0, ...memory(1, 2, 4)]);
  });

  it.each([
    ['has no maximum', [...header, ...memory(0, 2)]],
    ['is not there', [...header, 1, 1, 0]],
    ['is cut off', [...header, 1, 0x80]]
  ])('refuses a module whose memory %s', (_, bytes) => {
    expect(() => withSharedMemory(Uint8Array.from(bytes))).toThrow();
  });
});
