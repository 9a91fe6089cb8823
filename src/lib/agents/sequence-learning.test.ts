import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import type { NamedArray } from '../compute/named-arrays.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { qrSacCritics } from './qr-sac.ts';
import { inputWidth, sequenceBatch, windowRows } from './replay/sequence-batch.ts';
import type { BatchShape, SequenceBatch } from './replay/sequence-batch.ts';
import { sacCritics } from './sac.ts';
import { bootstrapRows, surprise, weightedLoss } from './sequence-learning.ts';
import { SoftActorCritic } from './soft-actor-critic.ts';
import { tqcCritics } from './tqc.ts';

let device: Device;
beforeAll(async () => {
  device = await chooseDevice('wasm');
});
afterAll(() => {
  device.dispose();
});

const kinds = [
  ['SAC', sacCritics],
  ['TQC', tqcCritics({ critics: 2, quantiles: 5, dropped: 1, riskLevel: 1 })],
  ['QR-SAC', qrSacCritics({ quantiles: 4, riskLevel: 0.5 })]
] as const;

const normals = (random: Random, length: number): Float32Array => Float32Array.from({ length }, () => random.normal());

describe('rows to bootstrap from', () => {
  it.each([1, 2, 4])('are those that each row names, of %i', (steps) => {
    const [sequence, batch, width] = [5, 3, 2];
    const random = new Random(seed(steps));
    const after = normals(random, (sequence + steps - 1) * batch * width);
    const on = Array.from({ length: sequence * batch }, () => random.below(steps));
    const ahead = new Float32Array(steps * sequence * batch);
    on.forEach((k, i) => (ahead[k * sequence * batch + i] = 1));
    const rows = tf.tidy(() =>
      bootstrapRows(
        tf.tensor3d(after, [sequence + steps - 1, batch, width]),
        tf.tensor3d(ahead, [steps, sequence, batch])
      ).dataSync()
    );
    on.forEach((k, i) => {
      for (let x = 0; x < width; x++) expect(rows[i * width + x]).toBe(after[(i + k * batch) * width + x]);
    });
  });
});

describe.each(kinds)('%s', (_, kind) => {
  const [rows, batch] = [4, 3];
  const random = new Random(seed(9));
  const shape = [rows, batch, kind.outputs] as const;
  const values = Array.from({ length: kind.critics }, () => normals(random, rows * batch * kind.outputs));
  const target = normals(random, rows * batch * 7);
  const valid = Float32Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0);
  const given = () => ({
    values: values.map((each) => tf.tensor3d(each, [...shape])),
    target: tf.tensor3d(kind.outputs === 1 ? target.slice(0, rows * batch) : target, [
      rows,
      batch,
      kind.outputs === 1 ? 1 : 7
    ]),
    valid: tf.tensor2d(valid, [rows, batch])
  });

  it('weighs each sequence by its importance, and takes the mean over the rows there are', () => {
    const weights = [0.25, 1, 0.6];
    tf.tidy(() => {
      const judged = given();
      // What a sequence alone comes to, by the loss without weights, times its rows.
      let sum = 0;
      weights.forEach((weight, b) => {
        const own = valid.map((v, i) => (i % batch === b ? v : 0));
        const alone = kind.loss(judged.values, judged.target, tf.tensor2d(own, [rows, batch])).dataSync()[0]!;
        sum += weight * alone * own.reduce((count, v) => count + v, 0);
      });
      const wanted = sum / valid.reduce((count, v) => count + v, 0);
      const got = weightedLoss(kind, judged, tf.tensor1d(weights)).dataSync()[0]!;
      expect(got).toBeCloseTo(wanted, 5);
      const [of] = tf.grads((w: tf.Tensor) =>
        weightedLoss(kind, { ...judged, values: [w, ...judged.values.slice(1)] }, tf.tensor1d(weights))
      )([judged.values[0]!]);
      const [plain] = tf.grads((w: tf.Tensor) =>
        kind.loss([w, ...judged.values.slice(1)], judged.target, judged.valid)
      )([judged.values[0]!]);
      const [weighted, whole] = [of!.dataSync(), plain!.dataSync()];
      weighted.forEach((x, i) => {
        expect(x).toBeCloseTo(whole[i]! * weights[Math.floor(i / kind.outputs) % batch]!, 6);
      });
    });
  });

  it('is surprised by the largest and the mean error of a sequence', () => {
    const got = tf.tidy(() => surprise(given()).dataSync());
    const mean = (of: ArrayLike<number>, at: number, width: number): number => {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += of[at * width + k]!;
      return sum / width;
    };
    for (let b = 0; b < batch; b++) {
      const errors: number[] = [];
      for (let t = 0; t < rows; t++) {
        const at = t * batch + b;
        if (valid[at] === 0) continue;
        const wanted = mean(target, at, kind.outputs === 1 ? 1 : 7);
        errors.push(
          mean(
            values.map((each) => Math.abs(mean(each, at, kind.outputs) - wanted)),
            0,
            kind.critics
          )
        );
      }
      expect(got[b]).toBeCloseTo(0.9 * Math.max(...errors) + 0.1 * mean(errors, 0, errors.length), 5);
    }
  });

  const settings = {
    gamma: 0.9,
    tau: 0.05,
    actorLearningRate: 0.01,
    criticLearningRate: 0.01,
    temperatureLearningRate: 0.01,
    initialTemperature: 0.3,
    targetEntropy: -1,
    maxGradientNorm: 0
  };
  const make = (lstmUnits: number, prioritised = false): SoftActorCritic =>
    new SoftActorCritic({
      shape: { observation: 2, action: 1, inputs: inputWidth(2, 1), lstmUnits, hidden: [6] },
      kind,
      settings: { ...settings, prioritised },
      random: new Random(seed(3))
    });
  const weightsOf = async (sac: SoftActorCritic) => {
    const into = new Map<string, NamedArray>();
    await sac.save(into);
    return [...into].map(([name, { values }]) => [name, [...values]] as const);
  };
  const filled = (shape: BatchShape, from: Random): SequenceBatch => {
    const into = sequenceBatch(shape);
    into.inputs.set(normals(from, into.inputs.length));
    into.actions.set(normals(from, into.actions.length).map(Math.tanh));
    into.rewards.set(normals(from, into.rewards.length));
    into.valid.fill(1);
    return into;
  };
  const noiseFor = ({ sequence, batch: size }: BatchShape, from: Random) => ({
    policy: normals(from, sequence * size),
    next: normals(from, sequence * size)
  });

  it('learns from returns of three steps as from one step to the row that they lead to', async () => {
    const flat: BatchShape = { burnIn: 0, sequence: 1, batch: 6, observation: 2, action: 1, state: 0 };
    const from = new Random(seed(4));
    const far = filled({ ...flat, nStep: 3 }, from);
    const near = sequenceBatch(flat);
    const width = inputWidth(2, 1);
    for (let b = 0; b < 6; b++) {
      const k = b % 3;
      far.ahead[k * 6 + b] = 1;
      near.inputs.set(far.inputs.subarray(b * width, (b + 1) * width), b * width);
      const at = ((k + 1) * 6 + b) * width;
      near.inputs.set(far.inputs.subarray(at, at + width), (6 + b) * width);
      for (const name of ['actions', 'rewards', 'terminated', 'valid'] as const) near[name][b] = far[name][b]!;
    }
    const noise = noiseFor(flat, from);
    const [one, other] = [make(0), make(0)];
    const losses = await one.update(far, noise, true);
    expect(await other.update(near, noise, true)).toEqual(losses);
    expect(await weightsOf(one)).toEqual(await weightsOf(other));
    one.dispose();
    other.dispose();
  });

  it('comes to the weights without importance where all are alike, and tells of every sequence', async () => {
    const long: BatchShape = { burnIn: 2, sequence: 5, batch: 4, observation: 2, action: 1, state: 2 * 3, nStep: 2 };
    const from = new Random(seed(5));
    const given = filled(long, from);
    for (let i = 0; i < 20; i++) given.ahead[(i % 2) * 20 + i] = 1;
    expect(given.inputs.length).toBe(windowRows(long) * 4 * inputWidth(2, 1));
    const noise = noiseFor(long, from);
    const before = tf.memory().numTensors;
    const [plain, judged] = [make(3), make(3, true)];
    const losses = await plain.update(given, noise, true);
    const { losses: told, errors } = await judged.judgedUpdate(given, noise);
    const settled = tf.memory().numTensors;
    for (const [name, value] of Object.entries(losses!)) expect(told[name as 'entropy']).toBeCloseTo(value, 5);
    expect(errors.length).toBe(4);
    for (const error of errors) expect(error).toBeGreaterThan(0);
    const [one, other] = [await weightsOf(plain), await weightsOf(judged)];
    one.forEach(([name, all], i) => {
      all.forEach((x, k) => {
        expect(other[i]![1][k], name).toBeCloseTo(x, 5);
      });
    });
    given.weights[2] = 0.1;
    await judged.judgedUpdate(given, noise);
    await plain.update(given, noise, true);
    expect(await weightsOf(judged)).not.toEqual(await weightsOf(plain));
    expect(tf.memory().numTensors).toBe(settled);
    plain.dispose();
    judged.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
