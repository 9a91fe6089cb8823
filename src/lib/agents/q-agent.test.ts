import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import type { QConfig } from '../config/agent-config.ts';
import { readConfig } from '../config/read-config.ts';
import { Random } from '../core/random.ts';
import type { ActionSpace } from '../core/spaces.ts';
import { actionSize } from '../core/spaces.ts';
import { seed } from '../core/units.ts';
import { experienced, goOn } from '../../../tests/support/go-on.ts';
import type { Checkpoint } from './agent.ts';
import { QAgent } from './q-agent.ts';

const environments = 3;
const width = 2;
const choice: ActionSpace = { kind: 'discrete', n: 3 };
const several: ActionSpace = { kind: 'multiDiscrete', n: [3, 2] };

const settings = (agent: string): QConfig => {
  const read = readConfig(`
version: 1
name: test
env: { id: CartPole-v1, environments: 3 }
agent: { ${agent} }
`).agent;
  if (!('targetSteps' in read)) throw new Error('expected DQN or QR-DQN');
  return read;
};

const common =
  'gamma: 0.9, hiddenUnits: 8, batch: 5, replaySteps: 300, learningStarts: 30, targetSteps: 20, explorationSteps: 90, explorationEnd: 0.3, learningRate: 0.01';
const everything = 'bootstrap: double, head: duelling, nStep: 3, sampling: prioritised';
const agents: readonly (readonly [string, QConfig, ActionSpace])[] = [
  ['DQN', settings(`algorithm: dqn, ${common}`), choice],
  ['DQN with everything', settings(`algorithm: dqn, ${common}, ${everything}`), choice],
  ['QR-DQN', settings(`algorithm: qr-dqn, ${common}, quantiles: 4`), choice],
  [
    'QR-DQN with everything',
    settings(`algorithm: qr-dqn, ${common}, quantiles: 4, hiddenLayers: 1, ${everything}`),
    choice
  ],
  ['DQN of two choices a step', settings(`algorithm: dqn, ${common}, head: duelling`), several],
  ['QR-DQN of two choices a step', settings(`algorithm: qr-dqn, ${common}, quantiles: 3, ${everything}`), several]
];
const [, dqn] = agents[0]!;

const make = (config: QConfig, action: ActionSpace, schemaHash = 'schema'): QAgent =>
  new QAgent({
    config,
    spaces: { observation: { kind: 'box', size: width, low: -1, high: 1 }, action, environments },
    seed: seed(11),
    schemaHash,
    reportEvery: 1,
    totalUpdates: 200
  });

/** A made-up world: the first number is pushed up by a first choice above 0, and is the reward; cut off and ended in turn. */
class World {
  readonly #random = new Random(seed(5), 'world');
  readonly #per: number;
  readonly observations = new Float32Array(environments * width);
  readonly rewards = new Float32Array(environments);
  readonly actions: Int32Array;
  readonly starts = new Uint8Array(environments).fill(1);
  #steps = 0;

  constructor(action: ActionSpace) {
    this.#per = actionSize(action);
    this.actions = new Int32Array(environments * this.#per);
  }

  async step(agent: QAgent): Promise<void> {
    const before = this.observations.slice();
    await agent.act(this.observations, this.actions, 'explore', this.starts, this.rewards);
    for (let e = 0; e < environments; e++) {
      const push = this.actions[e * this.#per]! > 0 ? 0.1 : -0.1;
      this.observations[e * width] = Math.tanh(before[e * width]! + push);
      this.rewards[e] = this.observations[e * width]!;
    }
    this.#steps++;
    // How long there is to go: an ending out of the blue would make Huber's loss look for a median that leaves it out.
    for (let e = 0; e < environments; e++) this.observations[e * width + 1] = (this.#steps % 10) / 10;
    const ended = this.#steps % 5 === 0;
    const flags = (on: boolean): Uint8Array => new Uint8Array(environments).fill(on ? 1 : 0);
    const next = this.observations.slice();
    if (ended) for (let e = 0; e < environments; e++) this.observations[e * width] = 0.3 * this.#random.normal();
    agent.observe({
      observations: before,
      actions: this.actions,
      rewards: this.rewards,
      nextObservations: next,
      terminated: flags(ended && this.#steps % 2 === 0),
      truncated: flags(ended && this.#steps % 2 === 1)
    });
    this.starts.fill(ended ? 1 : 0);
  }
}

async function train(agent: QAgent, world: World, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    await world.step(agent);
    if (agent.ready) await agent.update();
  }
}

const tensorsOf = ({ tensors }: Checkpoint) => new Map([...tensors].map(([name, { values }]) => [name, [...values]]));

let device: Device;
beforeAll(async () => {
  device = await chooseDevice('wasm');
});
afterAll(() => {
  device.dispose();
});

describe.each(agents)('%s', (_, config, action) => {
  it('learns the same for the same seed, bit for bit, and leaks nothing', async () => {
    const start = device.tf.memory().numTensors;
    const [one, two] = [make(config, action), make(config, action)];
    const first = tensorsOf(await one.save());
    const [world, again] = [new World(action), new World(action)];
    await train(one, world, 20);
    const settled = device.tf.memory().numTensors;
    await train(one, world, 60);
    await train(two, again, 80);
    await one.act(world.observations, world.actions, 'greedy', world.starts, world.rewards);
    await one.inspect(world.observations);
    expect(device.tf.memory().numTensors).toBe(settled);
    expect(tensorsOf(await one.save())).not.toEqual(first);
    expect(tensorsOf(await two.save())).toEqual(tensorsOf(await one.save()));
    expect(experienced(two)).toEqual(experienced(one));
    for (const agent of [one, two]) agent.dispose();
    expect(device.tf.memory().numTensors).toBe(start);
  });

  it('goes on from a checkpoint with its replay as if it had never stopped', async () => {
    const [straight, resumed, shadow] = [make(config, action), make(config, action), make(config, action)];
    const [world, again] = [new World(action), new World(action)];
    await train(straight, world, 33);
    await train(shadow, again, 33);
    await goOn(straight, resumed);
    await train(straight, world, 40);
    await train(resumed, again, 40);
    expect(tensorsOf(await resumed.save())).toEqual(tensorsOf(await straight.save()));
    expect(experienced(resumed)).toEqual(experienced(straight));
    for (const agent of [straight, resumed, shadow]) agent.dispose();
  });

  it('takes every choice there is while it explores and none else, and shows its values', async () => {
    const agent = make(config, action);
    const counts = action.kind === 'multiDiscrete' ? action.n : [3];
    const world = new World(action);
    const seen = counts.map(() => new Set<number>());
    for (let step = 0; step < 40; step++) {
      await world.step(agent);
      world.actions.forEach((one, i) => seen[i % counts.length]!.add(one));
    }
    counts.forEach((n, branch) => {
      expect([...seen[branch]!].sort()).toEqual(Array.from({ length: n }, (_unused, i) => i));
    });
    const greedy = new Int32Array(world.actions.length);
    await agent.act(world.observations, greedy, 'greedy', world.starts, world.rewards);
    const { mean, value } = await agent.inspect(world.observations);
    const all = counts.reduce((sum, n) => sum + n, 0);
    expect(mean.length).toBe(environments * all);
    expect(value.length).toBe(environments * ('quantiles' in config ? config.quantiles : 1));
    for (let e = 0; e < environments; e++) {
      let from = e * all;
      let expected = 0;
      counts.forEach((n, branch) => {
        const own = [...mean.subarray(from, from + n)];
        const best = greedy[e * counts.length + branch]!;
        expect(own[best]).toBe(Math.max(...own));
        expected += own[best]! / counts.length;
        from += n;
      });
      const outputs = value.length / environments;
      const shown = value.subarray(e * outputs, (e + 1) * outputs).reduce((sum, x) => sum + x / outputs, 0);
      expect(shown).toBeCloseTo(expected, 5);
    }
    agent.dispose();
  });

  it('comes to prefer the choice that pays', { timeout: 60_000 }, async () => {
    const agent = make(config, action);
    await train(agent, new World(action), 300);
    const observations = Float32Array.from({ length: 9 * width }, (_unused, i) => (i % width === 0 ? i / 18 - 0.5 : 0));
    const per = actionSize(action);
    const actions = new Int32Array(9 * per);
    await agent.act(observations, actions, 'greedy', new Uint8Array(9), new Float32Array(9));
    for (let e = 0; e < 9; e++) expect(actions[e * per]).toBeGreaterThan(0);
    agent.dispose();
  });
});

describe('DQN', () => {
  it('follows its target at the steps it is told to, and not between', async () => {
    const agent = make({ ...dqn, targetSteps: 60 }, choice);
    const world = new World(choice);
    const target = async () => tensorsOf(await agent.save()).get('target.choices.kernel');
    const net = async () => tensorsOf(await agent.save()).get('net.choices.kernel');
    const first = await target();
    await train(agent, world, 19);
    expect(await target()).toEqual(first);
    const learnt = await net();
    expect(learnt).not.toEqual(first);
    await world.step(agent);
    expect(await target()).toEqual(learnt);
    agent.dispose();
  });

  it('explores less and less: all at random before it learns, a small part in the end', async () => {
    const agent = make({ ...dqn, explorationSteps: 150, explorationEnd: 0.1 }, choice);
    const world = new World(choice);
    const explorations: number[] = [];
    for (let step = 0; step < 80; step++) {
      await world.step(agent);
      if (!agent.ready) continue;
      const { losses } = await agent.update();
      explorations.push(losses?.['exploration'] ?? Number.NaN);
    }
    // 30 steps of experience when it first learns: a fifth of the way from 1 to 0.1.
    expect(explorations[0]).toBeCloseTo(0.82, 9);
    expect(explorations.at(-1)).toBe(0.1);
    explorations.reduce((before, now) => {
      expect(now).toBeLessThanOrEqual(before);
      return now;
    });
    agent.dispose();
  });

  it('acts the same whether or not an evaluation ran in between', async () => {
    const [calm, busy] = [make(dqn, choice), make(dqn, choice)];
    const [world, again] = [new World(choice), new World(choice)];
    await train(calm, world, 30);
    await train(busy, again, 30);
    await busy.act(new Float32Array(5 * width), new Int32Array(5), 'greedy', new Uint8Array(5), new Float32Array(5));
    await train(calm, world, 20);
    await train(busy, again, 20);
    expect(tensorsOf(await busy.save())).toEqual(tensorsOf(await calm.save()));
    expect(experienced(busy)).toEqual(experienced(calm));
    for (const agent of [calm, busy]) agent.dispose();
  });

  it('refuses a checkpoint of another algorithm, schema or shape, and stays as it was', async () => {
    const agent = make(dqn, choice);
    const before = tensorsOf(await agent.save());
    const others = [make(agents[2]![1], choice), make(dqn, choice, 'other'), make({ ...dqn, hiddenUnits: 7 }, choice)];
    const [algorithm, schema, shape] = await Promise.all(others.map((other) => other.save()));
    expect(() => agent.load(algorithm!)).toThrow(/expected dqn, got qr-dqn/);
    expect(() => agent.load(schema!)).toThrow(/expected schema, got other/);
    expect(() => agent.load(shape!)).toThrow(/net.dense.0.kernel/);
    expect(tensorsOf(await agent.save())).toEqual(before);
    for (const one of [agent, ...others]) one.dispose();
  });

  it('refuses continuous actions, and a replay that cannot hold one return of each environment', () => {
    expect(() => settings('algorithm: dqn, nStep: 99, replaySteps: 300')).toThrow(/replaySteps: expected at least 303/);
    expect(() => make(dqn, { kind: 'box', size: 1, low: -1, high: 1 })).toThrow(/agent.algorithm/);
  });

  it.each(['uniform', 'prioritised'] as const)('stops when %s updates come to no number', async (sampling) => {
    const agent = make({ ...dqn, sampling }, choice);
    const world = new World(choice);
    for (let step = 0; step < 20; step++) await world.step(agent);
    const flags = new Uint8Array(environments);
    const rewards = new Float32Array(environments).fill(Number.NaN);
    const { observations, actions } = world;
    for (let step = 0; step < 20; step++) {
      agent.observe({
        observations,
        actions,
        rewards,
        nextObservations: observations,
        terminated: flags,
        truncated: flags
      });
    }
    const updates = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await agent.update();
    };
    await expect(updates()).rejects.toMatchObject({ code: 'training.diverged' });
    agent.dispose();
  });
});
