/** The losses of Q learning in plain numbers against the same in tensors, over random shapes. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import { normalTensor } from '../compute/random.ts';
import { relativeError } from '../compute/wasm/check.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { inNumbers, inTensors, oneHotBranches, oneHotRows } from './q-objective.ts';
import type { QObjective, QOutputs, QRows } from './q-objective.ts';

interface Case {
  readonly size: number;
  readonly quantiles: number;
  /** Choices of each branch. */
  readonly branches: readonly number[];
  readonly double: boolean;
  readonly distributional: boolean;
}
const random = new Random(seed(50), 'objectives');
const between = (low: number, high: number): number => low + random.below(high - low + 1);
const cases: readonly Case[] = [
  { size: 1, quantiles: 1, branches: [2], double: false, distributional: false },
  { size: 1, quantiles: 5, branches: [2], double: true, distributional: true },
  { size: 32, quantiles: 50, branches: [2], double: false, distributional: true },
  ...Array.from({ length: 16 }, () => {
    const distributional = between(0, 1) === 1;
    return {
      size: between(1, 40),
      quantiles: distributional ? between(2, 19) : 1,
      branches: Array.from({ length: between(1, 3) }, () => between(2, 6)),
      double: between(0, 1) === 1,
      distributional
    };
  })
];

function outcome(shape: Case, way: 'numbers' | 'tensors'): tf.Tensor[] {
  const { size, quantiles, branches, double, distributional } = shape;
  const stream = new Random(seed(51), JSON.stringify(shape));
  const made = (): tf.Tensor[] => branches.map((n) => normalTensor(stream, [size, quantiles, n]));
  const [values, future, online] = [made(), made(), made()];
  const drawn = (): Float32Array => Float32Array.from({ length: size }, () => stream.normal());
  const rows: QRows = {
    size,
    actions: Int32Array.from({ length: size * branches.length }, (_, i) =>
      stream.below(branches[i % branches.length]!)
    ),
    rewards: drawn(),
    discounts: drawn().map((x) => (x > 1 ? 0 : 0.9)),
    // Importance: the largest is 1.
    weights: drawn().map((x, i) => (i === 0 ? 1 : 1 / (1 + Math.abs(x))))
  };
  const run = (given: readonly tf.Tensor[]): QObjective => {
    const outputs: QOutputs = { values: given, future, judged: double ? online : future };
    const settings = { distributional, tell: true };
    if (way === 'numbers') return inNumbers(outputs, rows, settings);
    const all = branches.reduce((sum, n) => sum + n, 0);
    const tensors = {
      chosen: oneHotBranches(tf.tensor2d(oneHotRows(rows, branches), [size, all]), branches),
      rewards: tf.tensor1d(rows.rewards),
      discounts: tf.tensor1d(rows.discounts),
      weights: tf.tensor1d(rows.weights)
    };
    return inTensors(outputs, tensors, settings);
  };
  const { total, told } = run(values);
  const gradients = tf.grads((...given: tf.Tensor[]) => tf.mul(1.5, run(given).total))([...values]);
  return [total, told!.errors, told!.expected, ...gradients];
}

describe.each(['wasm', 'cpu'] as const)('the objective of Q learning on %s', (backend) => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice(backend);
  });
  afterAll(() => {
    device.dispose();
  });

  it.each(cases)(
    'is the same in numbers as in tensors: $size rows, $quantiles quantiles, $branches choices, double $double',
    (shape) => {
      tf.tidy(() => {
        const [numbers, tensors] = [outcome(shape, 'numbers'), outcome(shape, 'tensors')];
        numbers.forEach((tensor, i) => {
          expect(tensor.shape).toEqual(tensors[i]!.shape);
          // A mean over choices may come out near nothing, which float32 sums do not.
          if (i === 2) expect(tensor.dataSync()[0]).toBeCloseTo(tensors[i]!.dataSync()[0]!, 5);
          else expect(relativeError(tensor, tensors[i]!), `output or gradient ${String(i)}`).toBeLessThan(1e-5);
        });
      });
    }
  );

  it('leaves nothing behind', () => {
    const pass = (): void => tf.tidy(() => void outcome(cases[1]!, 'numbers'));
    pass();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) pass();
    expect(tf.memory().numTensors).toBe(before);
  });
});
