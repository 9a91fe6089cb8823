import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { readConfig } from '../config/read-config.ts';
import { Random } from '../core/random.ts';
import type { ActionSpace } from '../core/spaces.ts';
import { actionSize } from '../core/spaces.ts';
import { seed } from '../core/units.ts';
import { goOn } from '../../../tests/support/go-on.ts';
import type { Agent, Checkpoint } from './agent.ts';
import { makeAgent } from './make-agent.ts';

const environments = 3;
const width = 2;
const choice: ActionSpace = { kind: 'discrete', n: 3 };
const box: ActionSpace = { kind: 'box', size: 2, low: -2, high: 4 };

const settings = (agent: string): AgentConfig =>
  readConfig(`
version: 1
name: test
env: { id: CartPole-v1, environments: 3 }
agent: { ${agent} }
`).agent;

const nets = 'hiddenUnits: 6, hiddenLayers: 1, rolloutSteps: 8';
const agents: readonly (readonly [AgentConfig, ActionSpace])[] = [
  [settings(`algorithm: ppo, ${nets}, batch: 6, epochs: 2, learningRate: 0.01`), choice],
  [settings(`algorithm: ppo, ${nets}, batch: 6, epochs: 2, anneal: linear, normalise: running`), box],
  [
    settings(`algorithm: ppo-lstm, ${nets}, lstmUnits: 4, sequence: 4, batch: 12, epochs: 2, normalise: observations`),
    choice
  ],
  [settings(`algorithm: a2c, ${nets}, learningRate: 0.01`), box],
  [settings(`algorithm: a2c-lstm, ${nets}, lstmUnits: 4, sequence: 8, learningRate: 0.01`), choice]
];

const make = (config: AgentConfig, action: ActionSpace): Agent =>
  makeAgent({
    config,
    spaces: { observation: { kind: 'box', size: width, low: -1, high: 1 }, action, environments },
    seed: seed(11),
    schemaHash: 'schema',
    reportEvery: 1,
    totalUpdates: 1000
  });

/** A made-up world: reward for pushing the first number up; cut off and ended in turn. */
class World {
  readonly #random = new Random(seed(5), 'world');
  readonly #action: ActionSpace;
  readonly #pay: number;
  readonly observations = new Float32Array(environments * width);
  readonly rewards = new Float32Array(environments);
  readonly actions: Float32Array | Int32Array;
  readonly starts = new Uint8Array(environments).fill(1);
  #steps = 0;

  /** @param pay what rewards are multiplied by */
  constructor(action: ActionSpace, pay = 1) {
    this.#action = action;
    this.#pay = pay;
    const size = environments * actionSize(action);
    this.actions = action.kind === 'box' ? new Float32Array(size) : new Int32Array(size);
  }

  async step(agent: Agent): Promise<void> {
    const before = this.observations.slice();
    await agent.act(this.observations, this.actions, 'explore', this.starts, this.rewards);
    const per = actionSize(this.#action);
    for (let e = 0; e < environments; e++) {
      const push = this.actions[e * per]! > 0 ? 0.1 : -0.1;
      this.observations[e * width] = Math.tanh(before[e * width]! + push);
      this.observations[e * width + 1] = 0.3 * this.#random.normal();
      this.rewards[e] = this.#pay * this.observations[e * width]!;
    }
    this.#steps++;
    const ended = this.#steps % 5 === 0;
    const flags = (on: boolean): Uint8Array => new Uint8Array(environments).fill(on ? 1 : 0);
    const next = this.observations.slice();
    if (ended) this.observations.fill(0);
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

async function rollouts(agent: Agent, world: World, count: number): Promise<Record<string, number>> {
  let losses = {};
  const ready = (): boolean => agent.ready;
  for (let done = 0; done < count; done++) {
    while (!ready()) await world.step(agent);
    while (ready()) losses = (await agent.update()).losses ?? losses;
  }
  return losses;
}

const tensorsOf = ({ tensors }: Checkpoint) => new Map([...tensors].map(([name, { values }]) => [name, [...values]]));

let device: Device;
beforeAll(async () => {
  device = await chooseDevice('wasm');
});
afterAll(() => {
  device.dispose();
});

describe.each(agents)('%o', (config, action) => {
  it('learns what pays, the same for the same seed, and leaks nothing', async () => {
    const start = device.tf.memory().numTensors;
    const [one, two] = [make(config, action), make(config, action)];
    const first = tensorsOf(await one.save());
    const losses = await rollouts(one, new World(action), 3);
    const settled = device.tf.memory().numTensors;
    await rollouts(two, new World(action), 3);
    expect(device.tf.memory().numTensors).toBe(settled);
    expect(tensorsOf(await one.save())).not.toEqual(first);
    expect(tensorsOf(await two.save())).toEqual(tensorsOf(await one.save()));
    for (const loss of Object.values(losses)) expect(Number.isFinite(loss)).toBe(true);
    one.dispose();
    two.dispose();
    expect(device.tf.memory().numTensors).toBe(start);
  });

  it('goes on from a checkpoint between rollouts as if it had never stopped', async () => {
    const [straight, resumed, shadow] = [make(config, action), make(config, action), make(config, action)];
    const [world, again] = [new World(action), new World(action)];
    await rollouts(straight, world, 2);
    await rollouts(shadow, again, 2);
    await goOn(straight, resumed);
    await rollouts(straight, world, 2);
    await rollouts(resumed, again, 2);
    expect(tensorsOf(await resumed.save())).toEqual(tensorsOf(await straight.save()));
    for (const agent of [straight, resumed, shadow]) agent.dispose();
  });

  it('acts within the space, and shows a value', async () => {
    const agent = make(config, action);
    const world = new World(action);
    await agent.act(world.observations, world.actions, 'greedy', world.starts, world.rewards);
    for (const a of world.actions) {
      expect(a).toBeGreaterThanOrEqual(action.kind === 'box' ? -2 : 0);
      expect(a).toBeLessThanOrEqual(action.kind === 'box' ? 4 : 2);
    }
    const view = await agent.inspect(world.observations);
    expect(view.value.length).toBe(environments);
    agent.dispose();
  });
});

it('a policy of choices comes to prefer the one that pays', { timeout: 60_000 }, async () => {
  const agent = make(agents[0]![0], choice);
  const world = new World(choice);
  await rollouts(agent, world, 30);
  const actions = new Int32Array(environments);
  await agent.act(new Float32Array(environments * width), actions, 'greedy', world.starts, world.rewards);
  for (const action of actions) expect(action).toBeGreaterThan(0);
  agent.dispose();
});

it('a policy refuses a checkpoint of another algorithm, schema, shape or scale, naming both, and stays as it was', async () => {
  const own = `algorithm: ppo, ${nets}, batch: 6, normalise: running`;
  const agent = make(settings(own), choice);
  const before = tensorsOf(await agent.save());
  const saved = async (text: string): Promise<Checkpoint> => {
    const other = make(settings(text), choice);
    const checkpoint = await other.save();
    other.dispose();
    return checkpoint;
  };
  const same = await saved(own);
  const foreign = { ...same, meta: { ...same.meta, schemaHash: 'another' } };
  expect(() => agent.load(foreign)).toThrow(/expected schema, got another/);
  const a2c = await saved(`algorithm: a2c, ${nets}, normalise: observations`);
  expect(() => agent.load(a2c)).toThrow(/expected ppo, got a2c/);
  const wider = await saved(own.replace('hiddenUnits: 6', 'hiddenUnits: 7'));
  expect(() => agent.load(wider)).toThrow(/net\.policy\.dense\.0\.kernel/);
  const plain = await saved(own.replace('running', 'none'));
  expect(() => agent.load(plain)).toThrow(/statistics of observations: expected of 2 numbers, got none/);
  const half = await saved(own.replace('running', 'observations'));
  expect(() => agent.load(half)).toThrow(/statistics of rewards: expected of 1 numbers, got none/);
  expect(tensorsOf(await agent.save())).toEqual(before);
  await agent.load(same);
  agent.dispose();
});

it.each([
  ['observations', 10_000],
  ['running', 1]
])(
  'normalise: %s makes of rewards a hundred times as large a value loss %d times as large',
  async (normalise, times) => {
    const config = settings(`algorithm: ppo, ${nets}, batch: 24, epochs: 1, normalise: ${normalise}`);
    const valueLoss = async (pay: number): Promise<number> => {
      const agent = make(config, box);
      // Values begin near zero: rewards large enough that they alone make the loss.
      const { value_loss: loss } = await rollouts(agent, new World(box, pay), 1);
      agent.dispose();
      return loss!;
    };
    const ratio = (await valueLoss(1e5)) / (await valueLoss(1e3));
    expect(ratio / times).toBeCloseTo(1, 1);
  }
);
