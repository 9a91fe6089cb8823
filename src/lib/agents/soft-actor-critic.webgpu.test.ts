/** The soft actor-critics' updates recorded and replayed on WebGPU: the same bits as by tfjs on the same adapter. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasWebgpu, webgpuDevice, type WatchedDevice } from '../../../tests/support/webgpu-device.ts';
import { setCapture, type CaptureUpdate } from '../compute/captured.ts';
import { counterNoise, type CounterNoise } from '../compute/counter-noise.ts';
import type { NamedArray } from '../compute/named-arrays.ts';
import type { Device } from '../compute/device.ts';
import { fillNormal } from '../compute/random.ts';
import { webgpuBackend } from '../compute/webgpu/backend.ts';
import { captureOn, type CapturedUpdate } from '../compute/webgpu/capture.ts';
import type { AppError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import type { CriticKind } from './critic-kind.ts';
import { qrSacCritics } from './qr-sac.ts';
import { sequenceBatch } from './replay/sequence-batch.ts';
import { sacCritics } from './sac.ts';
import { SoftActorCritic } from './soft-actor-critic.ts';
import { tqcCritics } from './tqc.ts';

const [size, observation, action, hidden] = [3, 4, 2, 6] as const;
const kinds: readonly (readonly [string, CriticKind, number])[] = [
  ['SAC', sacCritics, 0],
  ['TQC with memory', tqcCritics({ critics: 2, quantiles: 5, dropped: 1, riskLevel: 1 }), 5],
  ['QR-SAC with memory', qrSacCritics({ quantiles: 3, riskLevel: 0.5 }), 5]
];

function makeLearner(kind: CriticKind, units: number, noise?: CounterNoise): SoftActorCritic {
  return new SoftActorCritic({
    shape: { observation, action, inputs: observation + action + 1, lstmUnits: units, hidden: [hidden] },
    kind,
    settings: {
      gamma: 0.98,
      tau: 0.02,
      actorLearningRate: 1e-3,
      criticLearningRate: 1e-3,
      temperatureLearningRate: 1e-3,
      initialTemperature: 0.3,
      targetEntropy: -action,
      maxGradientNorm: 1
    },
    random: new Random(seed(5), 'nets'),
    noise
  });
}

/** Losses of updates number `from` to before `to`; each has a batch of its own. */
async function learnOn(
  sac: SoftActorCritic,
  units: number,
  [from, to]: readonly [number, number],
  drawn: 'given' | 'on the device' = 'given'
): Promise<number[][]> {
  const [burnIn, sequence] = units === 0 ? [0, 1] : [2, 3];
  const batch = sequenceBatch({ burnIn, sequence, batch: size, observation, action, state: 2 * units });
  const noise = {
    policy: new Float32Array(sequence * size * action),
    next: new Float32Array(sequence * size * action)
  };
  const found: number[][] = [];
  for (let k = from; k < to; k++) {
    const random = new Random(seed(k), 'batch');
    const { inputs, rewards, state } = batch;
    for (const values of [inputs, batch.actions, rewards, state, noise.policy, noise.next]) fillNormal(random, values);
    batch.valid.fill(1);
    batch.valid[burnIn * size] = k % 2;
    batch.starts.fill(0);
    batch.starts[(k % (burnIn + sequence)) * size + 1] = 1;
    const losses = await sac.update(batch, drawn === 'given' ? noise : undefined, true);
    found.push(Object.values(losses ?? {}));
  }
  return found;
}

async function saveOf(sac: SoftActorCritic): Promise<Map<string, NamedArray>> {
  const saved = new Map<string, NamedArray>();
  await sac.save(saved);
  return saved;
}

/** Losses of every update, and all weights and moments after them. */
async function learn(
  kind: CriticKind,
  units: number,
  updates: number,
  drawn: 'given' | 'on the device' = 'given'
): Promise<number[][]> {
  const noise = drawn === 'given' ? undefined : counterNoise(new Random(seed(9), 'noise'));
  const sac = makeLearner(kind, units, noise);
  const losses = await learnOn(sac, units, [0, updates], drawn);
  const state = await saveOf(sac);
  if (noise !== undefined) expect(await noise.count()).toBe(updates);
  sac.dispose();
  noise?.dispose();
  return [...losses, ...[...state.values()].map(({ values }) => [...values])];
}

const lossOf = (device: Device): Promise<AppError> =>
  new Promise((resolve) => {
    device.onLost(resolve);
  });

describe.skipIf(!hasWebgpu)('recorded updates of soft actor-critics', { timeout: 600_000 }, () => {
  let device: WatchedDevice;
  const notices: string[] = [];
  const made: CapturedUpdate[] = [];
  beforeAll(async () => {
    device = await webgpuDevice();
    device.onNotice((notice) => notices.push(notice));
  }, 300_000);
  afterEach(() => {
    expect(notices).toEqual([]);
    expect(device.refused).toEqual([]);
  });
  afterAll(() => {
    device.dispose();
  });

  it.each(kinds)('%s: ten replays leave the bits that ten updates by tfjs leave', async (_, kind, units) => {
    const before = tf.memory().numTensors;
    setCapture('webgpu', undefined);
    const written = await learn(kind, units, 10);
    const record = captureOn(webgpuBackend(), (notice) => notices.push(notice));
    const watched: CaptureUpdate = (step) => {
      const update = record(step);
      made.push(update);
      return update;
    };
    setCapture('webgpu', watched);
    const recordedBefore = made.length;
    const replayed = await learn(kind, units, 10);
    expect(made.length).toBe(recordedBefore + 1);
    expect(replayed).toEqual(written);
    expect(replayed.flat().every(Number.isFinite)).toBe(true);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('draw their noise on the device, at every replay what an update by tfjs draws', async () => {
    const before = tf.memory().numTensors;
    const [, kind, units] = kinds[1]!;
    setCapture('webgpu', undefined);
    const written = await learn(kind, units, 6, 'on the device');
    setCapture(
      'webgpu',
      captureOn(webgpuBackend(), (notice) => notices.push(notice))
    );
    expect(await learn(kind, units, 6, 'on the device')).toEqual(written);
    expect(await learn(kind, units, 6)).not.toEqual(written);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is a TQC update with memory of 150 launches at most where a kernel may have 16 buffers', async () => {
    if (webgpuBackend().device.limits.maxStorageBuffersPerShaderStage < 16) return;
    let launches: number | undefined;
    const record = captureOn(webgpuBackend(), (notice) => notices.push(notice));
    setCapture('webgpu', (step) => {
      const update = record(step);
      const run = update.run.bind(update);
      update.run = async (...args) => {
        const result = await run(...args);
        launches = update.graph?.dispatches;
        return result;
      };
      return update;
    });
    await learn(tqcCritics({ critics: 2, quantiles: 5, dropped: 1, riskLevel: 1 }), 5, 2, 'on the device');
    expect(launches).toBeLessThanOrEqual(150);
    expect(launches).toBeGreaterThan(50);
  });

  it('goes on from the last save when the device is lost in the middle, as if it had not been', async () => {
    const kind = tqcCritics({ critics: 2, quantiles: 5, dropped: 1, riskLevel: 1 });
    setCapture(
      'webgpu',
      captureOn(webgpuBackend(), (notice) => notices.push(notice))
    );
    const straight = await learn(kind, 5, 5);

    const sac = makeLearner(kind, 5);
    const losses = await learnOn(sac, 5, [0, 3]);
    const saved = await saveOf(sac);
    const lost = lossOf(device);
    webgpuBackend().device.destroy();
    expect((await lost).code).toBe('device.lost');

    const next = await device.recreate();
    sac.dispose();
    const resumed = makeLearner(kind, 5);
    resumed.load(saved);
    losses.push(...(await learnOn(resumed, 5, [3, 5])));
    const state = [...(await saveOf(resumed)).values()].map(({ values }) => [...values]);
    expect([...losses, ...state]).toEqual(straight);
    resumed.dispose();
    next.dispose();
  });
});
