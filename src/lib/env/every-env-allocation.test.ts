/**
 * Stepping allocates nothing, in every environment that a configuration can name and under all that can be put in an
 * order's way; resets within steps included. In the long run, with `FURLONG_ALLOCATION_STEPS=100000`, that many steps are
 * looked at after twice as many; a few thousand otherwise.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Growth, GrowthAsked } from '../../../tests/support/stepping-growth.ts';
import { MarketEnvSchema } from '../config/run-config.ts';
import type { EnvConfig } from '../config/run-config.ts';

const PROGRAM = fileURLToPath(new URL('../../../tests/support/stepping-growth.ts', import.meta.url));
const LONG = Number(process.env['FURLONG_ALLOCATION_STEPS'] ?? 0);
const STEPS = LONG > 0 ? LONG : 8000;
const WARM = LONG > 0 ? 2 * LONG : 32_000;
/**
 * Bytes an environment step. One number that is made an object is 16, and what a message makes is made hundreds of times;
 * what a span makes once, whatever its steps, weighs more in a short run.
 */
const MOST_BYTES = LONG > 0 ? 4 : 12;
/** Resets that draw a market: a few numbers an episode are objects, and in a short run their code is not compiled yet. */
const MOST_BYTES_DRAWING = LONG > 0 ? 10 : 80;
/** Of all steps together. */
const MOST_KEPT_BYTES = 400_000;

type Terms = Readonly<Record<string, unknown>>;

interface Way {
  readonly terms: Terms;
  readonly tapes: GrowthAsked['tapes'];
  readonly most: number;
}

const PLAIN: Terms = { environments: 4, slots: 6 };
/** Each way also has slippage, a late feed and a curriculum that has not come to its end. */
const HARD: Terms = {
  ...PLAIN,
  exposureLimit: 1e6,
  bankroll: 1e6,
  slippagePercent: 30,
  feedLatencyMillis: 250,
  curriculumSteps: 1e7
};
const LATENCIES: Readonly<Record<string, Terms>> = {
  constant: { latencyModel: 'constant' },
  logNormal: { latencyModel: 'logNormal' },
  recorded: {
    latencyModel: 'recorded',
    placeLatencySamples: '80 120.5 3000',
    cancelLatencySamples: '60, 200',
    feedLatencySamples: '5 900'
  }
};
const QUEUES = MarketEnvSchema.entries.queue.wrapped.options;

type Ways = readonly (readonly [string, Way])[];

const classic: Ways = [['as it is', { terms: { environments: 4 }, tapes: 'none', most: MOST_BYTES }]];

const recorded: Ways = [
  ...Object.entries(LATENCIES).flatMap(([latency, terms], i) =>
    // In the short run each latency meets some of the queues, and each queue one of the latencies at least.
    QUEUES.filter((_, k) => LONG > 0 || k % 3 === i).map((queue): [string, Way] => [
      `${latency}, ${queue}`,
      { terms: { ...HARD, ...terms, queue }, tapes: 'samples', most: MOST_BYTES }
    ])
  ),
  [
    'a long ladder',
    { terms: { ...HARD, ...LATENCIES['logNormal'], decisionSeconds: 2 }, tapes: 'long ladders', most: MOST_BYTES }
  ],
  ['none of it', { terms: PLAIN, tapes: 'samples', most: MOST_BYTES }]
];

const simulated: Ways = [
  ...Object.entries(LATENCIES).map(([latency, terms]): [string, Way] => [
    latency,
    { terms: { ...HARD, ...terms }, tapes: 'none', most: MOST_BYTES_DRAWING }
  ]),
  ['none of it', { terms: PLAIN, tapes: 'none', most: MOST_BYTES_DRAWING }]
];

/** One that is new has no entry here, and does not compile. */
const WAYS: Readonly<Record<EnvConfig['id'], Ways>> = {
  AUPreOffV7TradeCost: recorded,
  'SimulatedPreOff-v0': simulated,
  'Pendulum-v1': classic,
  'PendulumNoVel-v1': classic,
  'MountainCarContinuous-v0': classic,
  'CartPole-v1': classic,
  'CartPoleNoVel-v1': classic,
  'Acrobot-v1': classic
};

async function growthOf(asked: Omit<GrowthAsked, 'steps' | 'warmSteps'>): Promise<Growth> {
  const all: GrowthAsked = { ...asked, steps: STEPS, warmSteps: WARM };
  const words = ['--no-concurrent-recompilation', PROGRAM, JSON.stringify(all)];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return JSON.parse(stdout) as Growth;
}

describe.each(Object.entries(WAYS))('%s allocates nothing while it steps, and keeps nothing', (id, ways) => {
  it.each(ways)('%s', { timeout: 900_000 }, async (_, { terms, tapes, most }) => {
    const { made, kept } = await growthOf({ config: { id, ...terms }, tapes });
    expect(made).toBeLessThan(most);
    expect(kept).toBeLessThan(MOST_KEPT_BYTES);
  });
});

it('one object an environment step shows, made and kept', { timeout: 60_000 }, async () => {
  const config = { id: 'CartPole-v1', environments: 4 };
  const { made, kept } = await growthOf({ config, tapes: 'none', leaking: true });
  expect(made).toBeGreaterThan(MOST_BYTES);
  expect(kept).toBeGreaterThan(16 * STEPS);
});
