import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import type { Td3Config } from '../config/agent-config.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { goOn } from '../../../tests/support/go-on.ts';
import type { Checkpoint } from './agent.ts';
import { makeAgent } from './make-agent.ts';
import { Td3Agent } from './td3-agent.ts';

const config: Td3Config = {
  algorithm: 'td3',
  hiddenUnits: 8,
  secondUnits: 6,
  gamma: 0.97,
  tau: 0.05,
  actorLearningRate: 1e-2,
  criticLearningRate: 1e-2,
  policyDelay: 2,
  explorationNoise: 0.1,
  targetNoise: 0.2,
  targetNoiseClip: 0.5,
  batch: 4,
  replaySteps: 300,
  learningStarts: 40,
  maxGradientNorm: 5,
  normalise: 'none'
};
const environments = 2;
const width = 3;

const make = (change: Partial<Td3Config> = {}, schemaHash = 'schema'): Td3Agent =>
  new Td3Agent({
    config: { ...config, ...change },
    spaces: {
      observation: { kind: 'box', size: width, low: -1, high: 1 },
      action: { kind: 'box', size: 2, low: -2, high: 4 },
      environments
    },
    seed: seed(11),
    schemaHash,
    reportEvery: 1
  });

/** A made-up world whose observations answer to the actions, and pay for a first action near 1. */
class World {
  readonly #random = new Random(seed(5), 'world');
  readonly observations = new Float32Array(environments * width);
  readonly actions = new Float32Array(environments * 2);
  readonly rewards = new Float32Array(environments);
  readonly #starts = new Uint8Array(environments).fill(1);
  #steps = 0;

  async step(agent: Td3Agent): Promise<void> {
    const before = this.observations.slice();
    await agent.act(this.observations, this.actions, 'explore', this.#starts, this.rewards);
    this.#steps++;
    const ended = this.#steps % 13 === 0;
    for (let i = 0; i < before.length; i++) {
      this.observations[i] = Math.tanh(0.7 * before[i]! + 0.3 * this.actions[i % 4]! + 0.1 * this.#random.normal());
    }
    for (let e = 0; e < environments; e++) this.rewards[e] = -((this.actions[2 * e]! - 2.5) ** 2);
    const flags = (on: boolean): Uint8Array => new Uint8Array(environments).fill(on ? 1 : 0);
    agent.observe({
      observations: before,
      actions: this.actions,
      rewards: this.rewards,
      nextObservations: this.observations,
      terminated: flags(ended && this.#steps % 2 === 0),
      truncated: flags(ended && this.#steps % 2 === 1)
    });
    this.#starts.fill(ended ? 1 : 0);
  }
}

async function train(agent: Td3Agent, world: World, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    await world.step(agent);
    if (agent.ready) await agent.update();
  }
}

const tensorsOf = ({ tensors }: Checkpoint) => new Map([...tensors].map(([name, { values }]) => [name, [...values]]));
const none = new Float32Array(environments);
const starts = new Uint8Array(environments);

let device: Device;
const notices: string[] = [];
beforeAll(async () => {
  device = await chooseDevice('wasm');
  device.onNotice((notice) => notices.push(notice));
});
afterAll(() => {
  // Updates were recorded and replayed, all of them.
  expect(notices).toEqual([]);
  device.dispose();
});

describe('TD3 as an agent', () => {
  it('is what a configuration of td3 makes', () => {
    const { environments: count, ...rest } = { environments, seed: seed(1), schemaHash: 'x', reportEvery: 1 };
    const box = { kind: 'box', size: 2, low: -1, high: 1 } as const;
    const spaces = { observation: box, action: box, environments: count };
    const agent = makeAgent({ ...rest, config, spaces, totalUpdates: 10 });
    expect(agent).toBeInstanceOf(Td3Agent);
    agent.dispose();
  });

  it.each([0, 1])('goes on from a checkpoint bit for bit, %i updates after one of the policy', async (more) => {
    const [straight, throwaway, resumed] = [make(), make(), make()] as const;
    const [world, again] = [new World(), new World()];
    await train(straight, world, 50 + more);
    await train(throwaway, again, 50 + more);
    await goOn(straight, resumed);
    await train(straight, world, 21);
    await train(resumed, again, 21);
    expect(tensorsOf(await resumed.save())).toEqual(tensorsOf(await straight.save()));
    expect(tensorsOf(await resumed.save())).not.toEqual(tensorsOf(await throwaway.save()));
    for (const agent of [straight, throwaway, resumed]) agent.dispose();
  });

  it('fills its replay anew where its experience was not kept', async () => {
    const agent = make();
    await train(agent, new World(), 40);
    const resumed = make();
    const saved = await agent.save();
    await resumed.load(saved);
    expect(resumed.ready).toBe(false);
    const world = new World();
    for (let step = 0; step < 20; step++) await world.step(resumed);
    expect((await resumed.update()).updates).toBe(saved.meta.updates + 1);
    agent.dispose();
    resumed.dispose();
  });

  it('refuses a checkpoint of another schema, algorithm or size', async () => {
    const agent = make();
    const foreign = await make({}, 'other').save();
    expect(() => agent.load(foreign)).toThrow(/expected schema, got other/);
    const renamed = { ...foreign, meta: { ...foreign.meta, schemaHash: 'schema', algorithm: 'sac' } };
    expect(() => agent.load(renamed)).toThrow(/expected td3, got sac/);
    const wider = await make({ secondUnits: 9 }).save();
    expect(() => agent.load(wider)).toThrow(/actor.dense.1/);
    agent.dispose();
  });

  it('learns which action pays, keeps to the bounds, and shows what it expects', async () => {
    const agent = make({ gamma: 0 });
    const world = new World();
    const distance = async (): Promise<number> => {
      await agent.act(world.observations, world.actions, 'greedy', starts, none);
      return Math.abs(world.actions[0]! - 2.5) + Math.abs(world.actions[2]! - 2.5);
    };
    const before = await distance();
    await train(agent, world, 300);
    expect(await distance()).toBeLessThan(0.3 * before);
    for (let step = 0; step < 50; step++) {
      await world.step(agent);
      expect(Math.min(...world.actions)).toBeGreaterThanOrEqual(-2);
      expect(Math.max(...world.actions)).toBeLessThanOrEqual(4);
    }
    await agent.act(world.observations, world.actions, 'greedy', starts, none);
    const view = await agent.inspect(world.observations);
    // The space is -2 to 4: three times the unit action, plus 1.
    world.actions.forEach((action, i) => {
      expect(3 * view.mean[i]! + 1).toBeCloseTo(action, 5);
    });
    expect([view.value.length, view.deviation.length]).toEqual([environments, 2 * environments]);
    agent.dispose();
  }, 60_000);

  it('adds noise of the deviation asked for when it explores, none when it is greedy', async () => {
    const agent = make({ learningStarts: 0, explorationNoise: 0.05 });
    const observations = new Float32Array(environments * width).fill(0.4);
    const greedy = new Float32Array(2 * environments);
    const acted = new Float32Array(2 * environments);
    await agent.act(observations, greedy, 'greedy', starts, none);
    let squares = 0;
    const times = 500;
    for (let k = 0; k < times; k++) {
      await agent.act(observations, acted, 'explore', starts, none);
      acted.forEach((value, i) => (squares += ((value - greedy[i]!) / 3) ** 2));
    }
    expect(Math.sqrt(squares / times / acted.length)).toBeCloseTo(0.05, 2);
    await agent.act(observations, acted, 'greedy', starts, none);
    expect(acted).toEqual(greedy);
    agent.dispose();
  });

  it('leaks no tensor over a life, and frees all when disposed of', async () => {
    const start = device.tf.memory().numTensors;
    const agent = make();
    const world = new World();
    await train(agent, world, 30);
    const settled = device.tf.memory().numTensors;
    await train(agent, world, 100);
    await agent.inspect(world.observations);
    await goOn(agent, agent);
    expect(device.tf.memory().numTensors).toBe(settled);
    agent.dispose();
    expect(device.tf.memory().numTensors).toBe(start);
  });

  it('stops at the first loss that comes to no number, and at actions that do', async () => {
    const agent = make();
    const world = new World();
    for (let step = 0; step < 30; step++) await world.step(agent);
    const flags = new Uint8Array(2);
    const rewards = new Float32Array(2).fill(Number.NaN);
    const { observations, actions } = world;
    for (let step = 0; step < 150; step++) {
      agent.observe({
        observations,
        actions,
        rewards,
        nextObservations: observations,
        terminated: flags,
        truncated: flags
      });
    }
    await expect(agent.update()).rejects.toMatchObject({ code: 'training.diverged', subject: 'rewards of the batch' });
    await expect(agent.save()).rejects.toMatchObject({ code: 'training.diverged' });
    agent.dispose();
  });
});
