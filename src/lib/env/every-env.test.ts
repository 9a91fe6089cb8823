/**
 * Every environment that a configuration can name keeps the contract, allocates nothing while it steps, and shows nothing
 * of what has not happened. One that is new has no entry here, and does not compile.
 */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { miniTape } from '../../../tests/support/mini-tape.ts';
import { actionsOf } from '../config/action-kinds.ts';
import { EnvSchema } from '../config/run-config.ts';
import type { EnvConfig } from '../config/run-config.ts';
import { Random } from '../core/random.ts';
import { seconds, seed } from '../core/units.ts';
import { checkEnv } from './check-env.ts';
import type { CheckOptions } from './check-env.ts';
import { sampleActions } from './check-play.ts';
import { leakTest } from './leak-test.ts';
import { makeVectorEnv } from './make-env.ts';
import { nodeHeap } from './node-heap.ts';
import { LiveEpisode, WARM_UP_SECONDS } from './simulator/live/live-episode.ts';
import { LiveExchange } from './simulator/live/live-exchange.ts';
import { drawScenario } from './simulator/market-draw.ts';
import { slabBytes, stepBuffers } from './vector-env.ts';

interface Case {
  readonly config: Readonly<Record<string, unknown>>;
  readonly check: CheckOptions;
  /**
   * Where what comes next lies: on a tape; in draws that are yet to be made and terms that nobody is told; or nowhere,
   * an episode being its start and what is done.
   */
  readonly future: 'tape' | 'drawn' | 'none';
}

const classic = (steps: number, maxSteps: number): Case => ({
  config: { environments: 5 },
  check: { steps, maxSteps },
  future: 'none'
});

/** Steps of a check are enough for episodes to end whatever is done. */
const CASES: Readonly<Record<EnvConfig['id'], Case>> = {
  AUPreOffV7TradeCost: {
    config: { environments: 3, slots: 3, startMinutes: 1, decisionSeconds: 2, exposureLimit: 1e6, bankroll: 1e6 },
    check: { steps: 150 },
    future: 'tape'
  },
  'SimulatedPreOff-v0': {
    config: { environments: 2, slots: 3, startMinutes: 0.5, decisionSeconds: 2, exposureLimit: 1e6, bankroll: 1e6 },
    check: { steps: 100 },
    future: 'drawn'
  },
  'Pendulum-v1': classic(450, 200),
  'PendulumNoVel-v1': classic(450, 200),
  'MountainCarContinuous-v0': classic(2100, 999),
  'CartPole-v1': classic(400, 500),
  'CartPoleNoVel-v1': classic(400, 500),
  'Acrobot-v1': classic(1100, 500)
};

const tapes = [1, 2, 3, 4, 5].map((one) => miniTape({ seed: one, id: `1.${String(one)}` }));
const configOf = (id: string, { config }: Case): EnvConfig => v.parse(EnvSchema, { id, ...config });
const make = (config: EnvConfig) => makeVectorEnv({ config, tapes: config.id === 'AUPreOffV7TradeCost' ? tapes : [] });

it('has a case for every environment that a configuration can name', () => {
  const ids = EnvSchema.options.flatMap(({ entries }) => {
    const [id] = entries.id.pipe;
    return 'options' in id ? id.options : [id.literal];
  });
  expect(Object.keys(CASES).sort()).toEqual([...ids].sort());
});

describe.each(Object.entries(CASES))('%s', (id, one) => {
  const config = configOf(id, one);

  it('keeps the contract and allocates nothing', () => {
    expect(checkEnv(() => make(config), { ...one.check, heap: nodeHeap() })).toEqual([]);
  }, 600_000);

  it('takes the kind of action that the configuration counts on', () => {
    expect(make(config).spec.action.kind === 'box').toBe(actionsOf(config.id) === 'continuous');
  });
});

const withFuture = (future: Case['future']) => Object.entries(CASES).filter(([, one]) => one.future === future);

describe.each(withFuture('tape'))('%s', { timeout: 60_000 }, (id, one) => {
  it.each([5, 15, 25])('shows nothing of what a tape holds after step %i', (steps) => {
    const config = { ...configOf(id, one), environments: 1 };
    if (config.id !== 'AUPreOffV7TradeCost') throw new Error(`${id}: say how it plays a tape`);
    for (const tape of tapes) {
      const off = (tape.market.scheduledMillis - Number(tape.startEpochNanos / 1_000_000n)) / 1000;
      const time = seconds(off - 60 * config.startMinutes + config.decisionSeconds * steps);
      const report = leakTest({ make: (played) => makeVectorEnv({ config, tapes: [played] }), tape, time, steps });
      expect(report).toEqual({ firstLeak: undefined, futureDiffers: true });
    }
  });
});

describe.each(withFuture('drawn'))('%s', { timeout: 60_000 }, (id, one) => {
  it.each([
    [1, 0],
    [4, 0],
    [9, 0],
    [5, 1500]
  ])(
    'shows nothing of what is drawn after step %i, nor of what nobody is told; its feed %i ms late',
    (steps, feedLatencyMillis) => {
      const config = configOf(id, { ...one, config: { ...one.config, feedLatencyMillis } });
      if (config.id !== 'SimulatedPreOff-v0') throw new Error(`${id}: say how its draws are scrambled`);
      const { spec } = make(config);
      for (let index = 0; index < 4; index++) {
        const scenario = drawScenario({ seed: seed(6), index, scheduledMillis: 0, leadSeconds: 60 + WARM_UP_SECONDS });
        // The start comes later and the race takes longer, from the first moment on; chance goes another way after a step.
        const hidden = { delaySeconds: scenario.delaySeconds + 40, inPlaySeconds: scenario.inPlaySeconds + 30 };
        const [truth, other] = [scenario, { ...scenario, ...hidden }].map((told) => {
          const buffers = stepBuffers(spec, 1, new ArrayBuffer(slabBytes(spec, 1)));
          const exchange = new LiveExchange({ ...config, scenario: told });
          const episode = new LiveEpisode({ config, buffers, index: 0 });
          episode.begin(exchange, 'simulated', undefined);
          return { buffers, exchange, episode };
        }) as [Play, Play];
        const random = new Random(seed(index), 'leak actions');
        let differs = false;
        for (let step = 0; step <= 13; step++) {
          const what = difference(truth, other);
          if (step <= steps) expect(what, `market ${String(index)}, step ${String(step)}`).toBeUndefined();
          else differs ||= what !== undefined;
          if (step === steps) other.exchange.market.divert('scrambled');
          sampleActions(spec.action, truth.buffers.actions, random);
          other.buffers.actions.set(truth.buffers.actions);
          truth.episode.step();
          other.episode.step();
        }
        expect(differs).toBe(true);
      }
    }
  );
});

interface Play {
  readonly buffers: ReturnType<typeof stepBuffers>;
  readonly exchange: LiveExchange;
  readonly episode: LiveEpisode;
}

function difference(a: Play, b: Play): string | undefined {
  const names = ['observations', 'rewards', 'rewardTerms', 'terminated', 'truncated', 'info'] as const;
  return names.find((name) => a.buffers[name].some((value, k) => !Object.is(value, b.buffers[name][k])));
}
