/** The fused dense layers against the plain reference, forward and gradient, over random shapes. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { chooseDevice, type Device } from './device.ts';
import { mlp, referenceMlp, type Activation } from './mlp.ts';
import { normalTensor } from './random.ts';
import { relativeError } from './wasm/check.ts';

interface Case {
  readonly rows: readonly number[];
  readonly widths: readonly number[];
  readonly activation: Activation;
  readonly last: 'linear' | 'activated';
}

const random = new Random(seed(30), 'mlp shapes');
const between = (low: number, high: number): number => low + random.below(high - low + 1);
const cases: readonly Case[] = [
  { rows: [1], widths: [1, 1], activation: 'tanh', last: 'linear' },
  { rows: [1], widths: [4, 64, 64, 2], activation: 'tanh', last: 'linear' },
  { rows: [1], widths: [3, 5], activation: 'relu', last: 'activated' },
  { rows: [256], widths: [4, 64, 64, 1], activation: 'tanh', last: 'linear' },
  { rows: [7, 41], widths: [61, 90, 33], activation: 'relu', last: 'linear' },
  { rows: [2, 3, 5], widths: [7, 9, 6], activation: 'relu', last: 'linear' },
  ...Array.from({ length: 24 }, () => ({
    rows: [[between(1, 40)], [between(1, 5), between(1, 9)]][between(0, 1)]!,
    widths: Array.from({ length: between(2, 5) }, () => between(1, 33)),
    activation: (['tanh', 'relu'] as const)[between(0, 1)]!,
    last: (['linear', 'activated'] as const)[between(0, 1)]!
  }))
];

/** What comes out, and the gradients of a weighted sum of it in x, then kernel and bias of each layer. */
function outcome({ rows, widths, activation, last }: Case, through: typeof mlp): Tensor[] {
  const stream = new Random(seed(31), JSON.stringify([rows, widths]));
  const weights = widths.slice(1).flatMap((n, i) => [[widths[i]!, n], [n]]);
  const starts = [[...rows, widths[0]!], ...weights].map((shape) => tf.mul(normalTensor(stream, shape), 0.7));
  const of = normalTensor(stream, [...rows, widths.at(-1)!]);
  const run = (...[x, ...rest]: Tensor[]): Tensor =>
    through({
      x: x!,
      layers: weights.filter((_, i) => i % 2 === 0).map((_, i) => ({ kernel: rest[2 * i]!, bias: rest[2 * i + 1]! })),
      activation,
      last
    });
  return [run(...starts), ...tf.grads((...values: Tensor[]) => tf.sum(tf.mul(run(...values), of)))(starts)];
}

const plain: typeof mlp = ({ x, ...rest }) => {
  const parts = x instanceof tf.Tensor ? [x] : [...x];
  const whole = tf.concat(parts, -1);
  const y = referenceMlp({ x: tf.reshape<tf.Rank.R2>(whole, [-1, whole.shape.at(-1)!]), ...rest });
  return tf.reshape(y, [...whole.shape.slice(0, -1), y.shape[1]]);
};

describe.each(['wasm', 'cpu'] as const)('dense layers on %s', (backend) => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice(backend);
  });
  afterAll(() => {
    device.dispose();
  });

  it.each(cases)('agree with the reference: $rows x $widths, $activation, last $last', (shape) => {
    tf.tidy(() => {
      const [ours, theirs] = [outcome(shape, mlp), outcome(shape, plain)];
      ours.forEach((tensor, i) => {
        expect(relativeError(tensor, theirs[i]!), `output or gradient ${String(i)}`).toBeLessThan(1e-5);
      });
    });
  });

  it.each([
    { rows: [1], parts: [1, 1], outputs: 1 },
    { rows: [3, 5], parts: [4, 7, 1], outputs: 9 },
    { rows: [6, 43], parts: [64, 19, 3], outputs: 77 },
    { rows: [6, 43], parts: [70, 3], outputs: 77 },
    { rows: [2, 31], parts: [65, 2, 4], outputs: 83 },
    { rows: [30], parts: [530, 3], outputs: 40 },
    { rows: [4], parts: [2, 3, 1, 5, 1], outputs: 6 }
  ])('join an input in parts of $parts on rows $rows', ({ rows, parts, outputs }) => {
    tf.tidy(() => {
      const stream = new Random(seed(32), JSON.stringify([rows, parts]));
      const width = parts.reduce((sum, n) => sum + n, 0);
      const shapes = [...parts.map((n) => [...rows, n]), [width, outputs], [outputs], [outputs, 2], [2]];
      const starts = shapes.map((shape) => normalTensor(stream, shape));
      const of = normalTensor(stream, [...rows, 2]);
      const [ours, theirs] = [mlp, plain].map((through) => {
        const run = (...tensors: Tensor[]): Tensor => {
          const [kernel, bias, lastKernel, lastBias] = tensors.slice(-4) as [Tensor, Tensor, Tensor, Tensor];
          const layers = [
            { kernel, bias },
            { kernel: lastKernel, bias: lastBias }
          ];
          return through({ x: tensors.slice(0, -4), layers, activation: 'relu', last: 'linear' });
        };
        return [run(...starts), ...tf.grads((...tensors: Tensor[]) => tf.sum(tf.mul(run(...tensors), of)))(starts)];
      });
      ours!.forEach((tensor, i) => {
        expect(relativeError(tensor, theirs![i]!), `output or gradient ${String(i)}`).toBeLessThan(1e-5);
      });
    });
  });

  it('refuse parts of other rows', () => {
    tf.tidy(() => {
      const layers = [{ kernel: tf.ones([4, 2]), bias: tf.zeros([2]) }];
      const x = [tf.ones([3, 2]), tf.ones([2, 2])];
      expect(() => mlp({ x, layers, activation: 'relu', last: 'linear' })).toThrow(/mlp|concat/);
    });
  });

  it('leave nothing behind, taped or not', () => {
    const pass = (): void => tf.tidy(() => void outcome(cases[1]!, mlp));
    pass();
    const before = tf.memory();
    for (let i = 0; i < 10; i++) pass();
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
  });

  it('are no number where an input is none', () => {
    tf.tidy(() => {
      const layers = [3, 2].map((n, i) => ({ kernel: tf.ones([[2, 3][i]!, n]), bias: tf.zeros([n]) }));
      for (const activation of ['tanh', 'relu'] as const) {
        const y = mlp({ x: tf.tensor2d([[1, Number.NaN]]), layers, activation, last: 'linear' });
        expect([...y.dataSync()]).toEqual([Number.NaN, Number.NaN]);
      }
    });
  });

  it('refuse layers that do not fit one another', () => {
    const layers = [{ kernel: tf.ones([3, 2]), bias: tf.zeros([2]) }];
    const x = tf.ones([4, 2]);
    expect(() => mlp({ x, layers, activation: 'relu', last: 'linear' })).toThrow('mlp: layer 0 of [3, 2]');
    tf.dispose([x, layers[0]!.kernel, layers[0]!.bias]);
  });
});
