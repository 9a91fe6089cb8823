/** Priorities on WebGPU: told some updates later, always as many, and none is lost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goOn } from '../../../tests/support/go-on.ts';
import { hasWebgpu, webgpuDevice, type WatchedDevice } from '../../../tests/support/webgpu-device.ts';
import { readConfig } from '../config/read-config.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import type { Agent } from './agent.ts';
import { makeAgent } from './make-agent.ts';

const { agent: config } = readConfig(`
version: 1
name: prioritised
env: { id: Pendulum-v1 }
agent: { algorithm: sac, hiddenUnits: 6, hiddenLayers: 1, batch: 3, nStep: 2, sampling: prioritised, learningStarts: 0, replaySteps: 200 }
`);

/** Updates as a run makes them, with a step between; the losses that were told. */
async function train(agent: Agent, updates: number): Promise<number[]> {
  const random = new Random(seed(2), 'world');
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  const flags = new Uint8Array(2);
  const step = (): void => {
    agent.observe({
      observations: draw(6),
      actions: draw(2).map(Math.tanh),
      rewards: draw(2),
      nextObservations: draw(6),
      terminated: flags,
      truncated: flags
    });
  };
  for (let i = 0; i < 20; i++) step();
  const told: number[] = [];
  for (let i = 0; i < updates; i++) {
    const { losses } = await agent.update();
    if (losses !== undefined) told.push(losses['critic_loss'] ?? Number.NaN);
    step();
  }
  return told;
}

const make = (): Agent =>
  makeAgent({
    config,
    spaces: {
      observation: { kind: 'box', size: 3, low: -1, high: 1 },
      action: { kind: 'box', size: 1, low: -1, high: 1 },
      environments: 2
    },
    seed: seed(1),
    schemaHash: 'test',
    reportEvery: 7,
    totalUpdates: 100
  });

/** Masses of windows that are not what a window enters with: those that were learnt from. */
function judged(agent: Agent): number {
  const masses = agent.experience.state().get('replay.priorities')?.values ?? [];
  const largest = masses.at(-1) ?? 1;
  return [...masses.slice(0, -1)].filter((mass) => mass !== 0 && mass !== 1 && mass !== largest).length;
}

describe.skipIf(!hasWebgpu)('prioritised SAC on WebGPU', { timeout: 300_000 }, () => {
  let device: WatchedDevice;
  const notices: string[] = [];
  beforeAll(async () => {
    device = await webgpuDevice();
    device.onNotice((notice) => notices.push(notice));
  }, 300_000);
  afterAll(() => {
    device.dispose();
  });

  it('learns from recorded updates whose errors come late, the same each time, and misses none', async () => {
    const [one, other] = [make(), make()];
    const losses = await train(one, 17);
    // Every seventh update tells its own.
    expect(losses.length).toBe(2);
    expect(losses.every((loss) => loss > 0)).toBe(true);
    expect(await train(other, 17)).toEqual(losses);
    const before = judged(one);
    const saved = await one.save();
    // Three updates since the last that was waited for.
    expect(judged(one)).toBeGreaterThan(before);
    expect([...(await other.save()).tensors]).toEqual([...saved.tensors]);
    expect(other.experience.state()).toEqual(one.experience.state());
    expect(notices).toEqual([]);
    expect(device.refused).toEqual([]);
    one.dispose();
    other.dispose();
  });

  it('goes on from a checkpoint with the noise that the device would have drawn', async () => {
    const [straight, resumed] = [make(), make()];
    await train(straight, 6);
    expect((await straight.save()).meta.state['noiseDraws']).toBe(6);
    await goOn(straight, resumed);
    expect(await train(resumed, 8)).toEqual(await train(straight, 8));
    const [one, other] = [await straight.save(), await resumed.save()];
    expect(other.meta).toEqual(one.meta);
    expect(one.meta.state['noiseDraws']).toBe(14);
    expect([...other.tensors]).toEqual([...one.tensors]);
    expect(notices).toEqual([]);
    straight.dispose();
    resumed.dispose();
  });
});
