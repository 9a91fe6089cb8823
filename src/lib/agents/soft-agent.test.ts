import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import type { SoftConfig } from '../config/agent-config.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { goOn } from '../../../tests/support/go-on.ts';
import type { Checkpoint } from './agent.ts';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { SoftAgent } from './soft-agent.ts';

const config: Extract<SoftConfig, { algorithm: 'sac-lstm' }> = {
  algorithm: 'sac-lstm',
  lstmUnits: 6,
  hiddenUnits: 8,
  gamma: 0.97,
  tau: 0.05,
  actorLearningRate: 1e-2,
  criticLearningRate: 1e-2,
  temperatureLearningRate: 1e-2,
  initialTemperature: 0.3,
  targetEntropyScale: 1,
  batch: 3,
  sequence: 5,
  burnIn: 2,
  replaySteps: 400,
  learningStarts: 40,
  maxGradientNorm: 5,
  auxPrice: 0,
  auxVolume: 0,
  auxFill: 0,
  auxSteps: 6,
  nStep: 1,
  sampling: 'uniform',
  normalise: 'none'
};
const environments = 2;
const width = 3;

const { lstmUnits: _units, burnIn: _burnIn, sequence: _sequence, ...flat } = config;
/** Each algorithm of the family, with memory and without. */
const family: readonly SoftConfig[] = [
  config,
  { ...config, algorithm: 'tqc-lstm', critics: 3, quantiles: 7, dropped: 2, riskLevel: 1 },
  { ...config, algorithm: 'qr-sac-lstm', quantiles: 5, riskLevel: 0.3 },
  { ...flat, algorithm: 'sac', hiddenLayers: 2 },
  { ...flat, algorithm: 'tqc', hiddenLayers: 2, critics: 2, quantiles: 5, dropped: 1, riskLevel: 0.25 },
  { ...flat, algorithm: 'qr-sac', hiddenLayers: 1, quantiles: 4, riskLevel: 1 }
];

const make = (change: Partial<typeof config> = {}, schemaHash = 'schema'): SoftAgent =>
  makeFrom({ ...config, ...change }, schemaHash);

const makeFrom = (whole: SoftConfig, schemaHash = 'schema'): SoftAgent =>
  new SoftAgent({
    config: whole,
    spaces: {
      observation: { kind: 'box', size: width, low: -1, high: 1 },
      action: { kind: 'box', size: 2, low: -2, high: 4 },
      environments
    },
    seed: seed(11),
    schemaHash,
    reportEvery: 1
  });

/** A made-up world whose observations answer to the actions; the same for the same steps. */
class World {
  readonly #random = new Random(seed(5), 'world');
  readonly observations = new Float32Array(environments * width);
  readonly rewards = new Float32Array(environments);
  readonly actions = new Float32Array(environments * 2);
  readonly starts = new Uint8Array(environments).fill(1);
  #steps = 0;

  async step(agent: SoftAgent): Promise<void> {
    const before = this.observations.slice();
    await agent.act(this.observations, this.actions, 'explore', this.starts, this.rewards);
    this.#steps++;
    const ended = this.#steps % 13 === 0;
    for (let i = 0; i < before.length; i++) {
      this.observations[i] = Math.tanh(0.7 * before[i]! + 0.3 * this.actions[i % 4]! + 0.1 * this.#random.normal());
    }
    for (let e = 0; e < environments; e++) this.rewards[e] = this.observations[e * width]!;
    const flags = (on: boolean): Uint8Array => new Uint8Array(environments).fill(on ? 1 : 0);
    agent.observe({
      observations: before,
      actions: this.actions,
      rewards: this.rewards,
      nextObservations: this.observations,
      terminated: flags(ended && this.#steps % 2 === 0),
      truncated: flags(ended && this.#steps % 2 === 1)
    });
    this.starts.fill(ended ? 1 : 0);
  }
}

async function train(agent: SoftAgent, world: World, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    await world.step(agent);
    if (agent.ready) await agent.update();
  }
}

const tensorsOf = ({ tensors }: Checkpoint) => new Map([...tensors].map(([name, { values }]) => [name, [...values]]));

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

describe.each(family)('$algorithm', (own) => {
  it('learns, goes on from a checkpoint as if it had never stopped, shows its values, and leaks nothing', async () => {
    const start = device.tf.memory().numTensors;
    const straight = makeFrom(own);
    const world = new World();
    const again = new World();
    const throwaway = makeFrom(own);
    const first = tensorsOf(await straight.save());
    await train(straight, world, 40);
    await train(throwaway, again, 40);
    expect(tensorsOf(await straight.save())).not.toEqual(first);
    const resumed = makeFrom(own);
    await goOn(straight, resumed);
    await train(straight, world, 1);
    await train(resumed, again, 1);
    // What the first update of each keeps for the others is there.
    const settled = device.tf.memory().numTensors;
    await train(straight, world, 9);
    await train(resumed, again, 9);
    expect(device.tf.memory().numTensors).toBe(settled);
    expect(tensorsOf(await resumed.save())).toEqual(tensorsOf(await straight.save()));
    const actions = new Float32Array(environments * 2);
    const none = new Float32Array(environments);
    await straight.act(world.observations, actions, 'greedy', Uint8Array.of(1, 1), none);
    const { value } = await straight.inspect(world.observations);
    expect(value.length).toBe(environments * ('quantiles' in own ? own.quantiles : 1));
    expect(value.every(Number.isFinite)).toBe(true);
    for (const agent of [straight, resumed, throwaway]) agent.dispose();
    expect(device.tf.memory().numTensors).toBe(start);
  });
});

describe('SAC with LSTM memory', () => {
  it('comes to the same weights bit for bit for the same seed, and to others for another', async () => {
    const one = make();
    const two = make();
    const other = make({ gamma: 0.5 });
    await train(one, new World(), 60);
    await train(two, new World(), 60);
    await train(other, new World(), 60);
    const weights = tensorsOf(await one.save());
    expect(tensorsOf(await two.save())).toEqual(weights);
    expect(tensorsOf(await other.save())).not.toEqual(weights);
    for (const agent of [one, two, other]) agent.dispose();
  });

  it('goes on from a checkpoint with its replay as if it had never stopped', async () => {
    const straight = make();
    const world = new World();
    await train(straight, world, 50);
    const resumed = make();
    await goOn(straight, resumed);
    // Both now live the same life: the world's answers to one are given to the other.
    const again = new World();
    const throwaway = make();
    await train(throwaway, again, 50);
    await train(straight, world, 20);
    await train(resumed, again, 20);
    expect(tensorsOf(await resumed.save())).toEqual(tensorsOf(await straight.save()));
    for (const agent of [straight, resumed, throwaway]) agent.dispose();
  });

  it('fills its replay anew before it learns where its experience was not kept', async () => {
    const agent = make();
    await train(agent, new World(), 40);
    const saved = await agent.save();
    expect([...saved.tensors.keys()].some((name) => name.startsWith('replay.'))).toBe(false);
    const resumed = make();
    await resumed.load(saved);
    expect(resumed.ready).toBe(false);
    const world = new World();
    for (let step = 0; step < 20; step++) await world.step(resumed);
    expect(resumed.ready).toBe(true);
    expect((await resumed.update()).updates).toBe(saved.meta.updates + 1);
    agent.dispose();
    resumed.dispose();
  });

  it('refuses a checkpoint of another schema or algorithm, naming both, and stays as it was', async () => {
    const agent = make();
    const before = tensorsOf(await agent.save());
    const foreign = await make({}, 'other-schema').save();
    expect(() => agent.load(foreign)).toThrow(/expected schema, got other-schema/);
    const renamed = { ...foreign, meta: { ...foreign.meta, schemaHash: 'schema', algorithm: 'tqc-lstm' } };
    expect(() => agent.load(renamed)).toThrow(/expected sac-lstm, got tqc-lstm/);
    const wider = await make({ lstmUnits: 7 }).save();
    expect(() => agent.load(wider)).toThrow(/memory.state/);
    expect(tensorsOf(await agent.save())).toEqual(before);
    agent.dispose();
  });

  it('refuses a pair of files that do not belong together', async () => {
    const agent = make();
    const { safetensors, json } = encodeCheckpoint(await agent.save());
    expect(() => decodeCheckpoint({ safetensors, json: json.replace('"updates": 0', '"updates": 7') })).toThrow(
      /its tensors are of update 0 and its JSON of 7/
    );
    expect(() => decodeCheckpoint({ safetensors, json: '{' })).toThrow(/does not parse/);
    expect(() => decodeCheckpoint({ safetensors: safetensors.slice(0, -4), json })).toThrow(/checkpoint/);
    agent.dispose();
  });

  it('leaks no tensor over updates, acts, inspections, saves and loads, and frees all when disposed of', async () => {
    const start = device.tf.memory().numTensors;
    const agent = make();
    const world = new World();
    await train(agent, world, 30);
    const settled = device.tf.memory().numTensors;
    await train(agent, world, 100);
    await agent.act(world.observations, world.actions, 'greedy', world.starts, world.rewards);
    await agent.inspect(world.observations);
    await goOn(agent, agent);
    expect(device.tf.memory().numTensors).toBe(settled);
    agent.dispose();
    expect(device.tf.memory().numTensors).toBe(start);
  });

  it('acts the same whether or not an evaluation ran in between', async () => {
    const undisturbed = make();
    const disturbed = make();
    const calm = new World();
    const busy = new World();
    await train(undisturbed, calm, 30);
    await train(disturbed, busy, 30);
    const observations = new Float32Array(5 * width).fill(0.3);
    await disturbed.act(observations, new Float32Array(10), 'greedy', new Uint8Array(5).fill(1), new Float32Array(5));
    await train(undisturbed, calm, 20);
    await train(disturbed, busy, 20);
    expect(tensorsOf(await disturbed.save())).toEqual(tensorsOf(await undisturbed.save()));
    undisturbed.dispose();
    disturbed.dispose();
  });

  it('keeps to the bounds of the action space and remembers within an episode', async () => {
    const agent = make({ learningStarts: 0 });
    const observations = new Float32Array(environments * width).fill(0.5);
    const first = new Float32Array(4);
    const second = new Float32Array(4);
    const third = new Float32Array(4);
    const none = new Float32Array(environments);
    await agent.act(observations, first, 'greedy', Uint8Array.of(1, 1), none);
    await agent.act(observations, second, 'greedy', Uint8Array.of(0, 0), Float32Array.of(3, -3));
    await agent.act(observations, third, 'greedy', Uint8Array.of(1, 1), Float32Array.of(3, -3));
    expect(second).not.toEqual(first);
    expect(third).toEqual(first);
    for (const action of [...first, ...second]) {
      expect(action).toBeGreaterThanOrEqual(-2);
      expect(action).toBeLessThanOrEqual(4);
    }
    agent.dispose();
  });

  it('says which of its weights broke first where what it took in was finite', async () => {
    const agent = make({ gamma: 1 });
    const world = new World();
    for (let step = 0; step < 30; step++) await world.step(agent);
    const { tensors, meta } = await agent.save();
    for (const [name, { values }] of tensors) if (name.startsWith('target')) values.fill(3e38);
    await agent.load({ tensors, meta });
    const updates = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) await agent.update();
    };
    await expect(updates()).rejects.toThrow(
      /^critic_loss: .*in update \d+, from finite recurrent state of the batch, rewards .*of the weights it left, \S+ is the first/
    );
    agent.dispose();
  });

  it('leaks no tensor over a thousand updates, by priority and not', { timeout: 120_000 }, async () => {
    const agents = [make({}), make({ sampling: 'prioritised', nStep: 3 })];
    for (const agent of agents) {
      await train(agent, new World(), 20);
      const { numTensors, numBytes } = device.tf.memory();
      for (let i = 0; i < 1000; i++) await agent.update();
      expect(device.tf.memory()).toMatchObject({ numTensors, numBytes });
      agent.dispose();
    }
  });

  it('shows the mean action that it takes, its spread, and what it expects', async () => {
    const agent = make({ learningStarts: 0 });
    const observations = new Float32Array(environments * width).fill(0.5);
    const actions = new Float32Array(4);
    const none = new Float32Array(environments);
    await agent.act(observations, actions, 'greedy', Uint8Array.of(1, 1), none);
    const view = await agent.inspect(observations);
    // The space is -2 to 4: three times the unit action, plus 1.
    actions.forEach((action, i) => {
      expect(3 * view.mean[i]! + 1).toBeCloseTo(action, 5);
    });
    expect(view.deviation.every((x) => x > 0)).toBe(true);
    expect(view.value.length).toBe(environments);
    agent.dispose();
  });

  it('stops at the first update that comes to no number, and names what went wrong', async () => {
    const agent = make({ criticLearningRate: 1 });
    const world = new World();
    for (let step = 0; step < 30; step++) await world.step(agent);
    const bad = {
      observations: world.observations,
      actions: world.actions,
      rewards: new Float32Array(2).fill(Number.NaN)
    };
    const flags = new Uint8Array(2);
    for (let step = 0; step < 30; step++) {
      agent.observe({ ...bad, nextObservations: world.observations, terminated: flags, truncated: flags });
    }
    const updates = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await agent.update();
    };
    await expect(updates()).rejects.toThrow(
      /^rewards of the batch: .*NaN in update \d+, and critic_loss with it; of the/
    );
    await expect(agent.save()).rejects.toMatchObject({ code: 'training.diverged' });
    agent.dispose();
  });
});
