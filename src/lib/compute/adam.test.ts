import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { Adam } from './adam.ts';
import { chooseDevice, type Device } from './device.ts';
import { copyOf, polyakUpdate } from './polyak.ts';
import { normalTensor } from './random.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const shapes = [[5, 3], [3], [1], [2, 2, 7]];

function parameters(): tf.Variable[] {
  const random = new Random(seed(3), 'parameters');
  return shapes.map((shape) => tf.tidy(() => tf.variable(tf.mul(normalTensor(random, shape), 0.5))));
}

/** Gradients of step t: noise, some of it large. */
function gradients(t: number): tf.Tensor[] {
  const random = new Random(seed(3), `gradients/${t}`);
  return shapes.map((shape) => tf.tidy(() => tf.mul(normalTensor(random, shape), t % 3 === 0 ? 100 : 1)));
}

function steps(adam: Adam, from: number, to: number): void {
  for (let t = from; t < to; t++) tf.tidy(() => adam.apply(gradients(t)));
}

const valuesOf = (variables: readonly tf.Variable[]): number[][] => variables.map((v) => Array.from(v.dataSync()));

/** The definition in doubles, with clipping by global norm. */
function expectedAfter(count: number, limit: number): number[][] {
  const p = valuesOf(parameters());
  const m = p.map((x) => x.map(() => 0));
  const v = p.map((x) => x.map(() => 0));
  for (let t = 0; t < count; t++) {
    const g = gradients(t).map((x) => Array.from(x.dataSync()));
    const norm = Math.sqrt(g.flat().reduce((sum, x) => sum + x * x, 0));
    const scale = limit > 0 ? Math.min(1, limit / (norm + 1e-6)) : 1;
    p.forEach((values, k) =>
      values.forEach((_, i) => {
        const gi = g[k]![i]! * scale;
        m[k]![i] = 0.9 * m[k]![i]! + 0.1 * gi;
        v[k]![i] = 0.999 * v[k]![i]! + 0.001 * gi * gi;
        const corrected = m[k]![i] / (1 - 0.9 ** (t + 1));
        values[i]! -= (0.01 * corrected) / (Math.sqrt(v[k]![i] / (1 - 0.999 ** (t + 1))) + 1e-8);
      })
    );
  }
  return p;
}

describe.each(['wasm', 'cpu', 'stock wasm'] as const)('Adam on %s', (name) => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice(name === 'cpu' ? 'cpu' : 'wasm', name === 'stock wasm' ? { kernels: 'stock' } : {});
  });
  afterAll(() => device.dispose());

  it.each([0, 2])('follows its definition over ten steps, gradients clipped to a global norm of %s', (limit) => {
    const variables = parameters();
    const adam = new Adam({ learningRate: 0.01, variables, maxGradientNorm: limit });
    steps(adam, 0, 10);
    const expected = expectedAfter(10, limit);
    valuesOf(variables).forEach((values, k) => values.forEach((x, i) => expect(x).toBeCloseTo(expected[k]![i]!, 5)));
  });

  it('takes gradients by name, and refuses a set that lacks one', () => {
    const variables = parameters();
    const adam = new Adam({ learningRate: 0.01, variables });
    const { grads } = tf.variableGrads(() => tf.addN<tf.Scalar>(variables.map((v) => tf.sum(tf.square(v)))), variables);
    const before = valuesOf(variables);
    adam.apply(grads);
    // The first step of Adam is the learning rate, against the sign of the gradient.
    valuesOf(variables).forEach((values, k) =>
      values.forEach((x, i) => expect(x).toBeCloseTo(before[k]![i]! - 0.01 * Math.sign(before[k]![i]!), 5))
    );
    expect(() => adam.apply({})).toThrow(/no gradient for variable 0/);
  });

  it('goes on bit for bit after saving and loading through a file', async () => {
    const whole = parameters();
    const wholeAdam = new Adam({ learningRate: 0.01, variables: whole, maxGradientNorm: 1 });
    steps(wholeAdam, 0, 8);

    const halves = parameters();
    const first = new Adam({ learningRate: 0.01, variables: halves, maxGradientNorm: 1 });
    steps(first, 0, 5);
    const { arrays } = decodeSafetensors(encodeSafetensors(await first.save()));
    first.dispose();
    const second = new Adam({ learningRate: 0.01, variables: halves, maxGradientNorm: 1 });
    second.load(arrays);
    expect(second.steps).toBe(5);
    steps(second, 5, 8);
    expect(valuesOf(halves)).toEqual(valuesOf(whole));
  });

  it('refuses a state of another shape and keeps its own', async () => {
    const adam = new Adam({ learningRate: 0.01, variables: parameters() });
    steps(adam, 0, 1);
    const other = new Adam({ learningRate: 0.01, variables: parameters().reverse() });
    const state = await other.save();
    expect(() => adam.load(state)).toThrow(expect.objectContaining({ code: 'data.drift' }));
    expect(() => adam.load(new Map())).toThrow(expect.objectContaining({ code: 'data.drift' }));
    expect(adam.steps).toBe(1);
  });

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const variables = parameters();
    const target = variables.map((v) => copyOf(v));
    const adam = new Adam({ learningRate: 0.01, variables, maxGradientNorm: 1 });
    const held = tf.memory().numTensors;
    steps(adam, 0, 20);
    polyakUpdate(target, variables, 0.01);
    expect(tf.memory().numTensors).toBe(held);
    adam.dispose();
    for (const variable of [...variables, ...target]) variable.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('never writes into storage that another tensor shares', () => {
    const [variable] = parameters() as [tf.Variable];
    const clone = variable.clone();
    const reshaped = tf.variable(tf.reshape(variable, [15]), false);
    const before = Array.from(variable.dataSync());
    const adam = new Adam({ learningRate: 0.01, variables: [variable] });
    tf.tidy(() => adam.apply([gradients(0)[0]!]));
    polyakUpdate([reshaped], [tf.zeros([15])], 0.5);
    expect(Array.from(clone.dataSync())).toEqual(before);
    expect(Array.from(variable.dataSync())).not.toEqual(before);
    expect(Array.from(reshaped.dataSync())).toEqual(before.map((x) => Math.fround(x / 2)));
  });
});
