/** Updates of PPO and A2C recorded and replayed on WebGPU: the bits that tfjs leaves, and near what the CPU comes to. */
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
import { Random } from '../core/random.ts';
import type { ActionSpace } from '../core/spaces.ts';
import { seed } from '../core/units.ts';
import { actionHead } from './action-head.ts';
import { PolicyGradient } from './policy-gradient.ts';
import type { PolicyConfig } from './policy-gradient.ts';
import { Rollout } from './rollout/rollout.ts';
import type { RolloutBatch, RolloutShape } from './rollout/rollout.ts';

const UPDATES = 6;
const [observation, chunks, units] = [3, 5, 4] as const;
const box: ActionSpace = { kind: 'box', size: 2, low: -1, high: 1 };
const choice: ActionSpace = { kind: 'discrete', n: 3 };

interface Case {
  readonly name: string;
  readonly space: ActionSpace;
  readonly agent: string;
}
const common = 'hiddenUnits: 6, rolloutSteps: 12, learningRate: 0.01, entropyWeight: 0.01, anneal: linear';
const memory = 'lstmUnits: 4, sequence: 3';
const cases: readonly Case[] = [
  { name: 'PPO of choices', space: choice, agent: `algorithm: ppo, batch: 12, ${common}` },
  { name: 'PPO of a box, values clipped', space: box, agent: `algorithm: ppo, batch: 12, ${common}, valueClip: 0.2` },
  { name: 'PPO with memory', space: choice, agent: `algorithm: ppo-lstm, batch: 12, ${common}, ${memory}` },
  { name: 'A2C', space: box, agent: `algorithm: a2c, ${common}` },
  { name: 'A2C with memory', space: box, agent: `algorithm: a2c-lstm, ${common}, ${memory}` }
];

function configOf(agent: string): PolicyConfig {
  const read = readConfig(`{ version: 1, name: test, env: { id: CartPole-v1 }, agent: { ${agent} } }`).agent;
  if (!('rolloutSteps' in read)) throw new Error('expected PPO or A2C');
  return read;
}

function drawn(random: Random, shape: RolloutShape, space: ActionSpace): RolloutBatch {
  const batch = new Rollout(shape).batch(chunks);
  const { inputs, state, actions, logProbs, values, advantages, returns, starts } = batch;
  for (const each of [inputs, state, values, advantages, returns]) fillNormal(random, each);
  if (space.kind === 'box') fillNormal(random, actions);
  else for (let i = 0; i < logProbs.length; i++) actions[i * shape.action + random.below(shape.action)] = 1;
  // Some of them near what the policy says at first, so that some steps are clipped and some are not.
  logProbs.forEach((_, i) => (logProbs[i] = (space.kind === 'box' ? -3 : -1.1) + 0.5 * random.normal()));
  starts.forEach((_, i) => (starts[i] = random.below(4) === 0 ? 1 : 0));
  return batch;
}

/** What was told of every update, and the weights after them. */
async function learn({ space, agent }: Case): Promise<number[][]> {
  const config = configOf(agent);
  const lstmUnits = 'lstmUnits' in config ? units : 0;
  const head = actionHead(space);
  const inputs = lstmUnits === 0 ? observation : observation + head.width + 1;
  const learner = new PolicyGradient({
    shape: { observation, action: head.width, inputs, lstmUnits, hidden: [6] },
    head,
    config,
    random: new Random(seed(4), 'policy')
  });
  const sequence = lstmUnits === 0 ? 1 : 3;
  const shape = { environments: 5, steps: 12, sequence, inputs, action: head.width, state: 4 * lstmUnits };
  const found: number[][] = [];
  for (let number = 0; number < UPDATES; number++) {
    const batch = drawn(new Random(seed(number + 1), 'batch'), shape, space);
    const losses = await learner.update(batch, shape, { remaining: 1 - number / UPDATES, readBack: number % 2 === 0 });
    expect(losses !== undefined).toBe(number % 2 === 0);
    found.push(Object.values(losses ?? {}));
  }
  const saved = new Map<string, NamedArray>();
  await learner.save(saved);
  learner.dispose();
  return [...found, ...[...saved.values()].map(({ values }) => [...values])];
}

describe.skipIf(!hasWebgpu)('recorded updates of a policy', { timeout: 300_000 }, () => {
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

  it.each(cases)('are those of tfjs, at falling rates and ranges: $name', async (one) => {
    const before = tf.memory().numTensors;
    setCapture('webgpu', undefined);
    const written = await learn(one);
    const notices: string[] = [];
    let recorded: CapturedUpdate | undefined;
    const record = captureOn(webgpuBackend(), (notice) => notices.push(notice));
    setCapture('webgpu', (step) => (recorded = record(step)));
    expect(await learn(one)).toEqual(written);
    expect(recorded).toBeDefined();
    expect(notices).toEqual([]);
    expect(device.refused).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
    const cpu = onTheCpu.get(one.name)!;
    written.forEach((values, i) => {
      const largest = Math.max(1e-2, ...cpu[i]!.map(Math.abs));
      expect(values.length).toBe(cpu[i]!.length);
      values.forEach((value, k) => {
        expect(Math.abs(value - cpu[i]![k]!) / largest).toBeLessThan(1e-4);
      });
    });
  });
});
