import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { miniTape } from '../../../tests/support/mini-tape.ts';
import { EnvSchema } from '../config/run-config.ts';
import type { EnvConfig } from '../config/run-config.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { sampleActions } from './check-play.ts';
import { makeVectorEnv } from './make-env.ts';
import type { EpisodicVectorEnv } from './vector.ts';
import { slabOf } from './vector-env.ts';

const tapes = [1, 2, 3, 4, 5].map((one) => miniTape({ seed: one, id: `1.${String(one)}` }));
const configOf = (config: Readonly<Record<string, unknown>>): EnvConfig => v.parse(EnvSchema, config);
const make = (config: EnvConfig, markets = tapes) =>
  makeVectorEnv({ config, tapes: config.id === 'AUPreOffV7TradeCost' ? markets : [] });

/** The slab after each of some steps, with actions that depend on nothing but the number of the step. */
function play(env: EpisodicVectorEnv, from: number, steps: number): readonly Uint8Array[] {
  return Array.from({ length: steps }, (_, t) => {
    sampleActions(env.spec.action, env.buffers.actions, new Random(seed(1), `step ${String(from + t)}`));
    env.step();
    return slabOf(env).slice();
  });
}

const market = { id: 'AUPreOffV7TradeCost', environments: 4, slots: 3, startMinutes: 1, decisionSeconds: 2 };

describe.each([
  ['markets', configOf(market)],
  [
    'markets with everything left to chance, in a curriculum',
    configOf({
      ...market,
      latencyModel: 'logNormal',
      feedLatencyMillis: 300,
      slippagePercent: 30,
      curriculumSteps: 300,
      exposureLimit: 30
    })
  ],
  [
    'markets that answer',
    configOf({ id: 'SimulatedPreOff-v0', environments: 2, slots: 3, startMinutes: 0.5, decisionSeconds: 2 })
  ],
  ['CartPole', configOf({ id: 'CartPole-v1', environments: 5 })],
  ['a pendulum', configOf({ id: 'Pendulum-v1', environments: 3 })],
  ['Acrobot', configOf({ id: 'Acrobot-v1', environments: 2 })]
])('%s', (_, config) => {
  it.each([0, 3, 47, 111])('goes on as if it had been one environment, from step %i', (steps) => {
    const straight = make(config);
    straight.reset({ seed: seed(7), schedule: 'shuffle', stepsBefore: 0 });
    play(straight, 0, steps);
    const standing = straight.standing();
    const other = make(config);
    // Whatever it did before.
    other.reset({ seed: seed(8), schedule: 'shuffle' });
    play(other, 500, 13);
    other.restore(standing);
    expect(slabOf(other)).toEqual(slabOf(straight));
    expect(other.standing()).toEqual(standing);
    const [one, two] = [play(straight, steps, 90), play(other, steps, 90)];
    expect(two).toEqual(one);
    expect(other.standing()).toEqual(straight.standing());
  });

  it('refuses where it cannot stand', () => {
    const env = make(config);
    env.reset({ seed: seed(7), schedule: 'shuffle' });
    play(env, 0, 20);
    const standing = env.standing();
    const wider = make({ ...config, environments: config.environments + 1 });
    expect(() => {
      wider.restore(standing);
    }).toThrow(/one of another size/);
    if (config.id !== 'AUPreOffV7TradeCost') return;
    const elsewhere = make(
      config,
      [11, 12, 13, 14, 15].map((one) => miniTape({ seed: one, id: `1.${String(one)}` }))
    );
    expect(() => {
      elsewhere.restore(standing);
    }).toThrow(/as it stood: expected the same environment/);
    const more = make(config, [...tapes, miniTape({ seed: 16, id: '1.16' })]);
    expect(() => {
      more.restore(standing);
    }).toThrow(/one of other markets/);
  });
});
