/** Observations by running statistics: the numbers themselves, and agents with a replay that take them in so. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import { readConfig } from '../config/read-config.ts';
import { Random } from '../core/random.ts';
import type { ActionSpace } from '../core/spaces.ts';
import { seed } from '../core/units.ts';
import { experienced, goOn } from '../../../tests/support/go-on.ts';
import type { Agent, Checkpoint } from './agent.ts';
import { makeAgent } from './make-agent.ts';
import { NORMAL_LIMIT, ObservationScale } from './observation-scale.ts';

describe('a scale of observations', () => {
  it('brings what was seen to mean 0 and spread 1, in place and with other numbers beside', () => {
    const random = new Random(seed(2), 'seen');
    const scale = new ObservationScale(2);
    const all = Float32Array.from(
      { length: 400 },
      (_, i) => (i % 2 === 0 ? 300 : -2) + (1 + (i % 2)) * random.normal()
    );
    for (let from = 0; from < all.length; from += 20) scale.see(all.subarray(from, from + 20));
    const scaled = scale.scaled(all);
    for (const column of [0, 1]) {
      const own = [...scaled].filter((_, i) => i % 2 === column);
      const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
      const variance = own.reduce((sum, x) => sum + (x - mean) ** 2, 0) / own.length;
      expect(mean).toBeCloseTo(0, 3);
      // The start, mean 0 and variance 1, counts a ten-thousandth of an observation.
      expect(variance).toBeCloseTo(1, 1);
    }
    const rows = Float32Array.of(300, -2, 7, 1e6, -1e6, 8);
    scale.scale(rows, 3);
    expect([...rows]).toEqual([...scale.scaled(Float32Array.of(300, -2)), 7, NORMAL_LIMIT, -NORMAL_LIMIT, 8]);
  });

  it('does not hide what is no number', () => {
    const scale = new ObservationScale(1);
    expect(scale.scaled(Float32Array.of(Number.NaN))[0]).toBeNaN();
    scale.see(Float32Array.of(Infinity));
    expect(scale.scaled(Float32Array.of(1))[0]).toBeNaN();
  });
});

const environments = 2;
const width = 3;
const box: ActionSpace = { kind: 'box', size: 1, low: -1, high: 1 };
const choice: ActionSpace = { kind: 'discrete', n: 3 };
const common = 'hiddenUnits: 8, batch: 6, learningStarts: 30, replaySteps: 200';
const memory = 'lstmUnits: 6, sequence: 5, burnIn: 2';
const family: readonly (readonly [string, ActionSpace])[] = [
  [`algorithm: sac, ${common}`, box],
  [`algorithm: sac-lstm, ${memory}, ${common}`, box],
  [`algorithm: tqc, quantiles: 5, dropped: 1, ${common}`, box],
  [`algorithm: tqc-lstm, quantiles: 5, dropped: 1, ${memory}, ${common}, nStep: 2, sampling: prioritised`, box],
  [`algorithm: qr-sac, quantiles: 4, ${common}`, box],
  [`algorithm: qr-sac-lstm, quantiles: 4, ${memory}, ${common}`, box],
  [`algorithm: td3, secondUnits: 8, ${common}`, box],
  [`algorithm: dqn, ${common}, explorationSteps: 40`, choice],
  [`algorithm: qr-dqn, quantiles: 5, ${common}, nStep: 3, sampling: prioritised`, choice]
];

function make(agent: string, action: ActionSpace, normalise = 'observations'): Agent {
  const id = action.kind === 'box' ? 'Pendulum-v1' : 'CartPole-v1';
  const config = readConfig(
    `{ version: 1, name: x, env: { id: ${id} }, agent: { ${agent}, normalise: ${normalise} } }`
  );
  return makeAgent({
    config: config.agent,
    spaces: { observation: { kind: 'box', size: width, low: -1, high: 1 }, action, environments },
    seed: seed(3),
    schemaHash: 'test',
    reportEvery: 1,
    totalUpdates: 1000
  });
}

/** Noise around a mean, told in other units: `told` of what is there. The same for the same steps, whatever is done. */
class World {
  readonly #random = new Random(seed(5), 'world');
  readonly #told: (x: number) => number;
  readonly #starts = new Uint8Array(environments).fill(1);
  #rewards: Float32Array = new Float32Array(environments);
  #steps = 0;
  observations: Float32Array;

  constructor(told: (x: number) => number = (x) => x) {
    this.#told = told;
    this.observations = this.#draw();
  }

  #draw(): Float32Array {
    return Float32Array.from({ length: environments * width }, () => this.#told(Math.fround(this.#random.normal())));
  }

  async live(agent: Agent, action: ActionSpace, steps: number): Promise<void> {
    const actions = action.kind === 'box' ? new Float32Array(environments) : new Int32Array(environments);
    for (let i = 0; i < steps; i++) {
      await agent.act(this.observations, actions, 'explore', this.#starts, this.#rewards);
      this.#rewards = Float32Array.from({ length: environments }, () => this.#random.normal());
      const ended = ++this.#steps % 9 === 0;
      const flags = new Uint8Array(environments).fill(ended ? 1 : 0);
      const next = this.#draw();
      agent.observe({
        observations: this.observations,
        actions,
        rewards: this.#rewards,
        nextObservations: next,
        terminated: this.#steps % 2 === 0 ? flags : new Uint8Array(environments),
        truncated: this.#steps % 2 === 1 ? flags : new Uint8Array(environments)
      });
      this.#starts.set(flags);
      this.observations = next;
      if (agent.ready) await agent.update();
    }
  }
}

const tensorsOf = ({ tensors }: Checkpoint) => new Map([...tensors].map(([name, { values }]) => [name, [...values]]));

/** What a policy thinks of the same four places, told in other units. */
async function thoughts(agent: Agent, action: ActionSpace, told: (x: number) => number): Promise<Float32Array> {
  const places = Float32Array.from({ length: 4 * width }, (_, i) => told(Math.sin(i)));
  const actions = action.kind === 'box' ? new Float32Array(4) : new Int32Array(4);
  await agent.act(places, actions, 'greedy', new Uint8Array(4).fill(1), new Float32Array(4));
  return (await agent.inspect(places)).mean;
}

describe.each(family)('{ %s, normalise: observations }', (agent, action) => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice('wasm');
  });
  afterAll(() => {
    device.dispose();
  });

  it('learns and acts as near the same whatever the units of its observations, and otherwise does not', async () => {
    // A power of two and a whole number lose no digit of what is told.
    const units = (x: number): number => 256 * x - 1024;
    const difference = async (normalise: string): Promise<number> => {
      const [plain, scaled] = [make(agent, action, normalise), make(agent, action, normalise)];
      await new World().live(plain, action, 24);
      await new World(units).live(scaled, action, 24);
      const [one, other] = [await thoughts(plain, action, (x) => x), await thoughts(scaled, action, units)];
      plain.dispose();
      scaled.dispose();
      return Math.max(...one.map((x, i) => Math.abs(x - other[i]!)));
    };
    expect(await difference('observations')).toBeLessThan(0.02);
    expect(await difference('none')).toBeGreaterThan(0.1);
  });

  it('keeps observations in its replay as they came, and its statistics as an evaluation found them', async () => {
    const [one, plain] = [make(agent, action), make(agent, action, 'none')];
    const told = (x: number): number => 100 + x;
    const world = new World(told);
    await world.live(one, action, 12);
    await new World(told).live(plain, action, 12);
    const seen = (of: Agent) => of.experience.rows(undefined).get('replay.observations')?.values;
    expect(seen(one)).toBeDefined();
    expect(seen(one)).toEqual(seen(plain));
    const before = (await one.save()).meta.state['seen'];
    expect(before).toBeDefined();
    await thoughts(one, action, told);
    expect((await one.save()).meta.state['seen']).toEqual(before);
    await world.live(one, action, 1);
    expect((await one.save()).meta.state['seen']).not.toEqual(before);
    expect((await plain.save()).meta.state['seen']).toBeUndefined();
    one.dispose();
    plain.dispose();
  });

  it('goes on from a checkpoint as if it had never stopped', async () => {
    const [straight, resumed, shadow] = [make(agent, action), make(agent, action), make(agent, action)];
    const told = (x: number): number => 50 + 3 * x;
    const [world, again] = [new World(told), new World(told)];
    await world.live(straight, action, 25);
    await again.live(shadow, action, 25);
    await goOn(straight, resumed);
    await world.live(straight, action, 12);
    await again.live(resumed, action, 12);
    const [one, other] = [await straight.save(), await resumed.save()];
    expect(tensorsOf(other)).toEqual(tensorsOf(one));
    expect(other.meta).toEqual(one.meta);
    expect(experienced(resumed)).toEqual(experienced(straight));
    for (const each of [straight, resumed, shadow]) each.dispose();
  });

  it('refuses a checkpoint without statistics, and one with them where it takes none', async () => {
    const [one, plain] = [make(agent, action), make(agent, action, 'none')];
    const [withThem, without] = [await one.save(), await plain.save()];
    expect(() => one.load(without)).toThrow(/statistics of observations: expected of 3 numbers, got none/);
    expect(() => plain.load(withThem)).toThrow(/statistics of observations: expected none, got of 3 numbers/);
    one.dispose();
    plain.dispose();
  });
});
