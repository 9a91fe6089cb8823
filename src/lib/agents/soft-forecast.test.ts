/** Soft actor-critics whose memories learn to tell the near future besides. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goOn } from '../../../tests/support/go-on.ts';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import { fillNormal } from '../compute/random.ts';
import type { SoftConfig } from '../config/agent-config.ts';
import type { ForecastSpec } from '../config/forecasts.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import type { NamedArray } from '../compute/named-arrays.ts';
import type { ForecastTask } from './forecast-loss.ts';
import { labelColumns, sequenceBatch } from './replay/sequence-batch.ts';
import { sacCritics } from './sac.ts';
import { SoftActorCritic } from './soft-actor-critic.ts';
import { SoftAgent } from './soft-agent.ts';

const spec: ForecastSpec = { steps: 2, kinds: ['price', 'volume', 'fill', 'fill'] };
type SacLstm = Extract<SoftConfig, { algorithm: 'sac-lstm' }>;
const config: SacLstm = {
  algorithm: 'sac-lstm',
  lstmUnits: 8,
  hiddenUnits: 8,
  gamma: 0.9,
  tau: 0.05,
  actorLearningRate: 1e-2,
  criticLearningRate: 1e-2,
  temperatureLearningRate: 1e-2,
  initialTemperature: 0.1,
  targetEntropyScale: 1,
  batch: 8,
  sequence: 6,
  burnIn: 2,
  replaySteps: 1000,
  learningStarts: 60,
  maxGradientNorm: 5,
  auxPrice: 1,
  auxVolume: 1,
  auxFill: 1,
  auxSteps: spec.steps,
  nStep: 1,
  sampling: 'uniform',
  normalise: 'none'
};
const environments = 2;
const width = 2;

const family: readonly SoftConfig[] = [
  config,
  { ...config, algorithm: 'tqc-lstm', critics: 3, quantiles: 5, dropped: 1, riskLevel: 1 },
  { ...config, algorithm: 'qr-sac-lstm', quantiles: 4, riskLevel: 0.5 }
];

const make = (whole: SoftConfig, told: 'told' | 'untold' = 'told'): SoftAgent =>
  new SoftAgent({
    config: whole,
    spaces: {
      observation: { kind: 'box', size: width, low: -1, high: 1 },
      action: { kind: 'box', size: 1, low: -1, high: 1 },
      environments,
      forecast: told === 'told' ? spec : undefined
    },
    seed: seed(3),
    schemaHash: 'schema',
    reportEvery: 1
  });

/**
 * Noise is seen, and what comes of a step is what was seen the step before it: the price change is its first number,
 * fills say the sign of its second. An observation by itself tells none of it.
 */
class World {
  readonly #random = new Random(seed(5), 'world');
  readonly #observations = new Float32Array(environments * width);
  readonly #actions = new Float32Array(environments);
  readonly #rewards = new Float32Array(environments);
  readonly #starts = new Uint8Array(environments).fill(1);
  /** Labels by step of the episode, all environments. */
  #coming: Float32Array[] = [];
  #before = new Float32Array(environments * width);

  async step(agent: SoftAgent): Promise<void> {
    const seen = this.#observations.slice();
    await agent.act(seen, this.#actions, 'explore', this.#starts, this.#rewards);
    const first = this.#starts[0] === 1;
    if (first) this.#coming = [];
    const { length } = spec.kinds;
    const label = new Float32Array(environments * length).fill(Number.NaN);
    for (let e = 0; e < environments && !first; e++) {
      const [x, y] = [this.#before[2 * e]!, this.#before[2 * e + 1]!];
      label.set([x, Math.log1p(Math.abs(x)), y > 0 ? 1 : 0, y > 0 ? 0 : 1], e * length);
    }
    this.#coming.push(label);
    this.#before = seen;
    for (let i = 0; i < this.#observations.length; i++) this.#observations[i] = this.#random.normal();
    const ended = this.#coming.length === 17;
    agent.observe({
      observations: seen,
      actions: this.#actions,
      rewards: this.#rewards,
      nextObservations: this.#observations,
      terminated: new Uint8Array(environments).fill(ended ? 1 : 0),
      truncated: new Uint8Array(environments),
      labels: this.#coming.at(-spec.steps) ?? new Float32Array(environments * length).fill(Number.NaN)
    });
    this.#starts.fill(ended ? 1 : 0);
  }
}

async function train(agent: SoftAgent, world: World, steps: number): Promise<Record<string, number>[]> {
  const losses: Record<string, number>[] = [];
  for (let step = 0; step < steps; step++) {
    await world.step(agent);
    if (agent.ready) losses.push({ ...(await agent.update()).losses });
  }
  return losses;
}

async function weightsOf(agent: SoftAgent): Promise<Map<string, number[]>> {
  return new Map([...(await agent.save()).tensors].map(([name, { values }]) => [name, [...values]]));
}

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

describe.each(family)('$algorithm that forecasts', (own) => {
  it('tells apart what it is told of, goes on from where it stood, and leaks nothing', async () => {
    const start = device.tf.memory().numTensors;
    const [straight, throwaway, resumed] = [make(own), make(own), make(own)] as const;
    const [world, again] = [new World(), new World()];
    const losses = await train(straight, world, 40);
    await train(throwaway, again, 40);
    for (const name of ['aux_price', 'aux_volume', 'aux_fill']) expect(losses.at(-1)?.[name]).toBeGreaterThan(0);
    await goOn(straight, resumed);
    await train(straight, world, 1);
    await train(resumed, again, 1);
    // What the first update of each keeps for the others is there.
    const settled = device.tf.memory().numTensors;
    await train(straight, world, 9);
    await train(resumed, again, 9);
    expect(device.tf.memory().numTensors).toBe(settled);
    expect(await weightsOf(resumed)).toEqual(await weightsOf(straight));
    for (const agent of [straight, throwaway, resumed]) agent.dispose();
    expect(device.tf.memory().numTensors).toBe(start);
  });
});

describe('memories that forecast', () => {
  it('come to tell what only they can know', { timeout: 120_000 }, async () => {
    const agent = make(config);
    const losses = await train(agent, new World(), 400);
    const mean = (from: number, to: number, name: string): number =>
      losses.slice(from, to).reduce((sum, one) => sum + one[name]!, 0) / (to - from);
    for (const name of ['aux_price', 'aux_volume', 'aux_fill']) {
      expect(mean(-50, losses.length, name), name).toBeLessThan(0.5 * mean(0, 20, name));
    }
    // And tell it of moments that they have not learnt from, better than by the mean of what they have.
    const random = new Random(seed(77), 'held out');
    const actions = new Float32Array(environments);
    let before: Float32Array | undefined;
    let [own, naive] = [0, 0];
    for (let step = 0; step < 100; step++) {
      const seen = Float32Array.from({ length: environments * width }, () => random.normal());
      await agent.act(seen, actions, 'greedy', new Uint8Array(environments).fill(step === 0 ? 1 : 0), actions.slice());
      const foretold = agent.foretold()!;
      expect(foretold.asked).toEqual(['price', 'volume', 'fill']);
      expect(foretold.told.length).toBe(environments * spec.kinds.length);
      for (let e = 0; e < environments && before !== undefined; e++) {
        own += Math.abs(foretold.told[e * spec.kinds.length]! - before[e * width]!);
        naive += Math.abs(foretold.naive[0]! - before[e * width]!);
      }
      before = seen;
    }
    expect(own).toBeLessThan(0.7 * naive);
    const resumed = make(config);
    await resumed.load(await agent.save());
    await resumed.act(before!, actions, 'greedy', new Uint8Array(environments), new Float32Array(environments));
    expect(resumed.foretold()!.naive).toEqual(agent.foretold()!.naive);
    resumed.dispose();
    agent.dispose();
  });

  it('of no weight is nothing: no heads, no labels kept, the same bits as where nothing is told', async () => {
    const none = { ...config, auxPrice: 0, auxVolume: 0, auxFill: 0 };
    const [told, untold] = [make(none), make(none, 'untold')];
    const [losses] = await train(told, new World(), 50);
    await train(untold, new World(), 50);
    const weights = await weightsOf(told);
    expect(weights).toEqual(await weightsOf(untold));
    expect([...weights.keys()].filter((name) => name.includes('forecast'))).toEqual([]);
    expect(Object.keys(losses ?? {})).toEqual([
      'critic_loss',
      'actor_loss',
      'temperature_loss',
      'temperature',
      'entropy'
    ]);
    expect(told.experience.bytes).toBe(untold.experience.bytes);
    for (const agent of [told, untold]) agent.dispose();
  });

  it('take only the kinds that count', async () => {
    const agent = make({ ...config, auxPrice: 0, auxVolume: 0 });
    const [losses] = await train(agent, new World(), 40);
    expect(Object.keys(losses ?? {}).filter((name) => name.startsWith('aux'))).toEqual(['aux_fill']);
    agent.dispose();
  });

  it('are not learnt where nothing is told, and then it is said; acting needs none of it', async () => {
    const trained = make(config);
    await train(trained, new World(), 40);
    const acting = make(config, 'untold');
    await acting.load(await trained.save());
    const observations = new Float32Array(environments * width).fill(0.2);
    const [one, other] = [new Float32Array(environments), new Float32Array(environments)];
    const starts = new Uint8Array(environments).fill(1);
    await trained.act(observations, one, 'greedy', starts, new Float32Array(environments));
    await acting.act(observations, other, 'greedy', starts, new Float32Array(environments));
    expect(other).toEqual(one);
    await expect(acting.update()).rejects.toThrow(/its environment tells nothing/);
    for (const agent of [trained, acting]) agent.dispose();
  });
});

describe('one update', () => {
  const units = 5;
  const [burnIn, sequence, size, action] = [1, 3, 4, 2];
  const task: ForecastTask = { spec, weights: { price: 0.5, volume: 0.3, fill: 2 } };

  interface Updated {
    readonly losses: Readonly<Record<string, number>>;
    readonly saved: Map<string, NamedArray>;
  }

  async function update(forecast: ForecastTask | undefined, known: 0 | 1): Promise<Updated> {
    const learner = new SoftActorCritic({
      shape: { observation: width, action, inputs: width + action + 1, lstmUnits: units, hidden: [6] },
      kind: sacCritics,
      settings: {
        gamma: 0.9,
        tau: 0.1,
        actorLearningRate: 1e-3,
        criticLearningRate: 1e-3,
        temperatureLearningRate: 1e-3,
        initialTemperature: 0.3,
        targetEntropy: -action,
        maxGradientNorm: 0
      },
      random: new Random(seed(5), 'nets'),
      forecast
    });
    const shape = { burnIn, sequence, batch: size, observation: width, action, state: 2 * units };
    const batch = sequenceBatch({ ...shape, forecast: forecast?.spec });
    const random = new Random(seed(9), 'batch');
    const noise = {
      policy: new Float32Array(sequence * size * action),
      next: new Float32Array(sequence * size * action)
    };
    const { inputs, actions, rewards, state } = batch;
    for (const values of [inputs, actions, rewards, state, noise.policy, noise.next]) fillNormal(random, values);
    batch.valid.fill(1);
    if (forecast !== undefined) {
      fillNormal(random, batch.labels);
      const columns = labelColumns(batch.shape);
      for (let i = 0; i < batch.labels.length; i++) {
        if (i % columns >= 2) batch.labels[i] = batch.labels[i]! > 0 ? 1 : 0;
        if (known === 0) batch.labels[i] = 0;
      }
      batch.labelled.fill(known);
    }
    const losses = { ...(await learner.update(batch, noise, true)) };
    const saved = new Map<string, NamedArray>();
    await learner.save(saved);
    learner.dispose();
    return { losses, saved };
  }

  const updated = async (forecast: ForecastTask | undefined, known: 0 | 1): Promise<Map<string, NamedArray>> =>
    (await update(forecast, known)).saved;
  const reported = async (forecast: ForecastTask | undefined): Promise<Readonly<Record<string, number>>> =>
    (await update(forecast, 1)).losses;

  const values = (of: Map<string, NamedArray>, name: string): number[] => [...(of.get(name)?.values ?? [])];

  it('moves every memory by what it told wrong, and nothing else', async () => {
    const [plain, told] = [await updated(undefined, 1), await updated(task, 1)];
    for (const name of ['actor', 'critic0', 'critic1']) {
      expect(values(told, `${name}.lstm.kernel`)).not.toEqual(values(plain, `${name}.lstm.kernel`));
    }
    // What stands beside the heads takes nothing from them: it has its own loss alone.
    for (const name of ['critic0.dense.0.kernel', 'critic1.value.kernel']) {
      expect(values(told, name)).toEqual(values(plain, name));
    }
    expect(values(told, 'temperature.log')).toEqual(values(plain, 'temperature.log'));
    expect(values(told, 'forecast0.told.kernel').length).toBe((units + width + action + 1) * spec.kinds.length);
  });

  it('is that of an agent that forecasts nothing, bit for bit, where nothing is known', async () => {
    const [plain, blank] = [await updated(undefined, 0), await updated(task, 0)];
    expect(plain.size).toBeGreaterThan(20);
    for (const [name, array] of plain) {
      expect([...(blank.get(name)?.values ?? [])], name).toEqual([...array.values]);
    }
  });

  it('reports the other losses as they are without the forecasts, which stand beside them', async () => {
    const [plain, told] = [await reported(undefined), await reported(task)];
    // The actor's is that of its actions in the critics just updated, which their forecasts have moved too.
    for (const [name, value] of Object.entries(plain)) if (name !== 'actor_loss') expect(told[name], name).toBe(value);
    expect(told['actor_loss']).toBeCloseTo(plain['actor_loss'] ?? Number.NaN, 2);
    const others = Object.keys(told).filter((name) => !(name in plain));
    expect(others).toEqual(['aux_price', 'aux_volume', 'aux_fill']);
    // Of a head that has learnt nothing: about even odds.
    expect(told['aux_fill']).toBeGreaterThan(0.4);
    expect(told['aux_fill']).toBeLessThan(1.2);
  });
});
