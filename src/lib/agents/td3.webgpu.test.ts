/** TD3's two kinds of update recorded and replayed on WebGPU, over the same weights: the bits that tfjs leaves. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasWebgpu, webgpuDevice, type WatchedDevice } from '../../../tests/support/webgpu-device.ts';
import { setCapture } from '../compute/captured.ts';
import { counterNoise } from '../compute/counter-noise.ts';
import type { NamedArray } from '../compute/named-arrays.ts';
import { fillNormal } from '../compute/random.ts';
import { webgpuBackend } from '../compute/webgpu/backend.ts';
import { captureOn } from '../compute/webgpu/capture.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { sequenceBatch } from './replay/sequence-batch.ts';
import { Td3 } from './td3.ts';

const [size, observation, action] = [4, 3, 2] as const;

async function learn(updates: number): Promise<number[][]> {
  const drawn = counterNoise(new Random(seed(9), 'noise'));
  const td3 = new Td3({
    shape: { observation, action, hidden: [6, 5] },
    settings: {
      gamma: 0.97,
      tau: 0.1,
      actorLearningRate: 1e-3,
      criticLearningRate: 1e-3,
      policyDelay: 3,
      targetNoise: 0.2,
      targetNoiseClip: 0.5,
      maxGradientNorm: 1
    },
    random: new Random(seed(4), 'td3'),
    noise: drawn
  });
  const found: number[][] = [];
  for (let number = 1; number <= updates; number++) {
    const random = new Random(seed(number), 'batch');
    const batch = sequenceBatch({ burnIn: 0, sequence: 1, batch: size, observation, action, state: 0 });
    const noise = new Float32Array(size * action);
    for (const values of [batch.inputs, batch.actions, batch.rewards, noise]) fillNormal(random, values);
    batch.valid.fill(1);
    // The first updates are given their noise, the others draw it on the device.
    const given = number <= 3 ? noise : undefined;
    found.push(Object.values({ ...(await td3.update(batch, given, { number, readBack: true })) }));
  }
  const saved = new Map<string, NamedArray>();
  await td3.save(saved);
  td3.dispose();
  drawn?.dispose();
  return [...found, ...[...saved.values()].map(({ values }) => [...values])];
}

describe.skipIf(!hasWebgpu)('recorded updates of TD3', { timeout: 300_000 }, () => {
  let device: WatchedDevice;
  beforeAll(async () => {
    device = await webgpuDevice();
  }, 300_000);
  afterAll(() => {
    device.dispose();
  });

  it('are those of tfjs, of the critics alone and with the policy, in turn', async () => {
    const before = tf.memory().numTensors;
    setCapture('webgpu', undefined);
    const written = await learn(9);
    const notices: string[] = [];
    let recorded = 0;
    const record = captureOn(webgpuBackend(), (notice) => notices.push(notice));
    setCapture('webgpu', (step) => {
      recorded++;
      return record(step);
    });
    expect(await learn(9)).toEqual(written);
    expect(recorded).toBe(2);
    expect(notices).toEqual([]);
    expect(device.refused).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
