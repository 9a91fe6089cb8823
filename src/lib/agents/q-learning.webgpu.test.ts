/** Updates of DQN and QR-DQN recorded and replayed on WebGPU: the bits that tfjs leaves, and near what the CPU comes to. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasWebgpu, webgpuDevice, type WatchedDevice } from '../../../tests/support/webgpu-device.ts';
import { setCapture } from '../compute/captured.ts';
import { chooseDevice } from '../compute/device.ts';
import type { NamedArray } from '../compute/named-arrays.ts';
import { fillNormal } from '../compute/random.ts';
import { webgpuBackend } from '../compute/webgpu/backend.ts';
import { captureOn, type CapturedUpdate } from '../compute/webgpu/capture.ts';
import { readConfig } from '../config/read-config.ts';
import type { QConfig } from '../config/agent-config.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { QLearning } from './q-learning.ts';
import type { TransitionBatch } from './replay/transition-replay.ts';

const [size, observation] = [4, 3] as const;
const UPDATES = 7;

interface Case {
  readonly name: string;
  readonly branches: readonly number[];
  readonly agent: string;
}
const common = 'hiddenUnits: 6, batch: 4, learningRate: 0.01, anneal: linear, maxGradientNorm: 5';
const cases: readonly Case[] = [
  { name: 'DQN', branches: [3], agent: `algorithm: dqn, ${common}` },
  {
    name: 'DQN with everything, of two choices a step',
    branches: [3, 2],
    agent: `algorithm: dqn, ${common}, bootstrap: double, head: duelling, sampling: prioritised`
  },
  { name: 'QR-DQN', branches: [2], agent: `algorithm: qr-dqn, ${common}, quantiles: 5, sampling: prioritised` }
];

function configOf(agent: string): QConfig {
  const read = readConfig(`{ version: 1, name: test, env: { id: CartPole-v1 }, agent: { ${agent} } }`).agent;
  if (!('targetSteps' in read)) throw new Error('expected DQN or QR-DQN');
  return read;
}

function drawn(random: Random, branches: readonly number[]): TransitionBatch {
  const normals = (length: number): Float32Array => {
    const values = new Float32Array(length);
    fillNormal(random, values);
    return values;
  };
  return {
    size,
    observations: normals(size * observation),
    actions: Int32Array.from({ length: size * branches.length }, (_, i) =>
      random.below(branches[i % branches.length]!)
    ),
    rewards: normals(size),
    discounts: normals(size).map((x) => (x > 1 ? 0 : 0.9)),
    nextObservations: normals(size * observation),
    weights: normals(size).map((x, i) => (i === 0 ? 1 : 1 / (1 + Math.abs(x)))),
    rows: new Int32Array(size)
  };
}

/** What was told of every update, and the weights after them; the target follows in their midst. */
async function learn({ branches, agent }: Case): Promise<number[][]> {
  const learner = new QLearning({ observation, branches, config: configOf(agent), random: new Random(seed(4), 'q') });
  const found: number[][] = [];
  for (let number = 0; number < UPDATES; number++) {
    const batch = drawn(new Random(seed(number + 1), 'batch'), branches);
    const remaining = 1 - number / UPDATES;
    const { losses, errors } = await learner.update(batch, { remaining, readBack: number % 3 === 0 });
    expect(losses !== undefined).toBe(number % 3 === 0);
    found.push([...Object.values(losses ?? {}), ...(errors ?? [])]);
    if (number === 3) learner.copyToTarget();
  }
  const saved = new Map<string, NamedArray>();
  await learner.save(saved);
  learner.dispose();
  return [...found, ...[...saved.values()].map(({ values }) => [...values])];
}

describe.skipIf(!hasWebgpu)('recorded updates of Q learning', { timeout: 300_000 }, () => {
  let device: WatchedDevice;
  const onTheCpu = new Map<string, number[][]>();
  beforeAll(async () => {
    const cpu = await chooseDevice('wasm');
    for (const one of cases) onTheCpu.set(one.name, await learn(one));
    cpu.dispose();
    device = await webgpuDevice();
  }, 300_000);
  afterAll(() => {
    device.dispose();
  });

  it.each(cases)('are those of tfjs, recorded once: $name', async (one) => {
    const before = tf.memory().numTensors;
    setCapture('webgpu', undefined);
    const written = await learn(one);
    const notices: string[] = [];
    const graphs = new Set<CapturedUpdate['graph']>();
    const record = captureOn(webgpuBackend(), (notice) => notices.push(notice));
    setCapture('webgpu', (step) => {
      const update = record(step);
      return {
        run: async (...given) => {
          const told = await update.run(...given);
          graphs.add(update.graph);
          return told;
        },
        dispose: () => {
          update.dispose();
        }
      };
    });
    expect(await learn(one)).toEqual(written);
    // That the target took the network's weights has not had it recorded anew.
    expect(graphs.size).toBe(1);
    expect(graphs.has(undefined)).toBe(false);
    expect(notices).toEqual([]);
    expect(device.refused).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
    const cpu = onTheCpu.get(one.name)!;
    written.forEach((values, i) => {
      const largest = Math.max(1e-3, ...cpu[i]!.map(Math.abs));
      expect(values.length).toBe(cpu[i]!.length);
      values.forEach((value, k) => {
        expect(Math.abs(value - cpu[i]![k]!) / largest).toBeLessThan(1e-4);
      });
    });
  });
});
