/** The losses in plain numbers against the same in tensors: values, parts and every gradient, over random shapes. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import { normalTensor } from '../compute/random.ts';
import { relativeError } from '../compute/wasm/check.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { actionHead } from './action-head.ts';
import { inNumbers, inTensors } from './policy-objective.ts';
import type { Objective, ObjectiveSettings, PlayedRows } from './policy-objective.ts';

interface Case {
  readonly kind: 'choice' | 'gaussian';
  readonly shape: readonly [number, number];
  readonly width: number;
  readonly clip: ObjectiveSettings['clip'];
}
const random = new Random(seed(40), 'objectives');
const between = (low: number, high: number): number => low + random.below(high - low + 1);
const clips = [undefined, { policy: 0.2, value: 0 }, { policy: 0.1, value: 0.3 }] as const;
const cases: readonly Case[] = [
  { kind: 'choice', shape: [1, 1], width: 2, clip: clips[2] },
  { kind: 'gaussian', shape: [1, 1], width: 1, clip: clips[1] },
  ...Array.from({ length: 16 }, () => ({
    kind: (['choice', 'gaussian'] as const)[between(0, 1)]!,
    shape: [between(1, 5), between(1, 37)] as const,
    width: between(1, 7),
    clip: clips[between(0, 2)]!
  }))
];

/** Rows as some earlier policy might have played them: near enough that some steps are clipped and some not. */
function made({ kind, shape, width, clip }: Case) {
  const stream = new Random(seed(41), JSON.stringify([kind, shape, width]));
  const rows = shape[0] * shape[1];
  const head = actionHead(
    kind === 'choice' ? { kind: 'discrete', n: width } : { kind: 'box', size: width, low: -1, high: 1 }
  );
  const outputs = normalTensor(stream, [...shape, width]);
  const values = normalTensor(stream, [...shape, 1]);
  const logStd = tf.mul(0.3, normalTensor(stream, [width]));
  const actions = new Float32Array(rows * width);
  const logProbs = new Float32Array(rows);
  const spread = logStd.dataSync<'float32'>();
  const plain = { outputs: outputs.dataSync<'float32'>(), logStd: spread };
  head.draw({ ...plain, random: stream, actions, logProbs });
  const near = (x: Float32Array): Float32Array => x.map((each) => each + 0.3 * stream.normal());
  const drawn = (): Float32Array => Float32Array.from({ length: rows }, () => stream.normal());
  const played: PlayedRows = {
    actions,
    advantages: drawn(),
    returns: drawn(),
    logProbs: near(logProbs),
    values: near(values.dataSync<'float32'>())
  };
  const settings: ObjectiveSettings = { head, weights: { entropy: 0.02, value: 0.5 }, clip };
  return { inputs: kind === 'gaussian' ? [outputs, values, logStd] : [outputs, values], played, settings };
}

function outcome(shape: Case, way: 'numbers' | 'tensors'): tf.Tensor[] {
  const { inputs, played, settings } = made(shape);
  const rows = (column: Float32Array): tf.Tensor => tf.tensor(column, [...shape.shape]);
  const tensors = {
    actions: tf.tensor(played.actions, [...shape.shape, shape.width]),
    advantages: rows(played.advantages),
    returns: rows(played.returns),
    logProbs: rows(played.logProbs),
    values: rows(played.values)
  };
  const run = (...[outputs, values, logStd]: tf.Tensor[]): Objective => {
    const now = { outputs: outputs!, values: values!, logStd };
    return way === 'numbers' ? inNumbers(now, played, settings) : inTensors(now, tensors, settings);
  };
  const { total, parts } = run(...inputs);
  return [total, parts, ...tf.grads((...given: tf.Tensor[]) => tf.mul(1.5, run(...given).total))(inputs)];
}

describe.each(['wasm', 'cpu'] as const)('the objective of a policy on %s', (backend) => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice(backend);
  });
  afterAll(() => {
    device.dispose();
  });

  it.each(cases)('is the same in numbers as in tensors: $kind of $width, $shape, $clip', (shape) => {
    tf.tidy(() => {
      const [numbers, tensors] = [outcome(shape, 'numbers'), outcome(shape, 'tensors')];
      numbers.forEach((tensor, i) => {
        const reference = tensors[i]!;
        expect(tensor.shape).toEqual(reference.shape);
        // What vanishes in exact arithmetic (the slope of an only choice) has no relative error.
        const largest = Math.max(...reference.dataSync().map(Math.abs));
        if (largest < 1e-6) expect(Math.max(...tensor.dataSync().map(Math.abs))).toBeLessThan(1e-6);
        else expect(relativeError(tensor, reference), `output or gradient ${String(i)}`).toBeLessThan(1e-5);
      });
    });
  });

  it('leaves nothing behind', () => {
    const pass = (): void => tf.tidy(() => void outcome(cases[2]!, 'numbers'));
    pass();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) pass();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('comes to no number where an output is none', () => {
    tf.tidy(() => {
      const { inputs, played, settings } = made(cases[0]!);
      const outputs = tf.tensor3d([[[Number.NaN, 0]]]);
      const { total } = inNumbers({ outputs, values: inputs[1]!, logStd: undefined }, played, settings);
      expect(total.dataSync()[0]).toBeNaN();
    });
  });
});
