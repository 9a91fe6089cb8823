/** Labels of the near future: what they say, that they say it when it is past, and that nothing else knows of them. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { eventfulTape } from '../../../../tests/support/eventful-tape.ts';
import { miniBuilder, miniMarket, miniTape } from '../../../../tests/support/mini-tape.ts';
import { plainHindsight } from '../../../../tests/support/plain-hindsight.ts';
import { fileAt, readStream } from '../../../../tests/support/read-stream.ts';
import { betfairStreams } from '../../../../tests/support/recordings.ts';
import { MarketEnvSchema } from '../../config/run-config.ts';
import type { MarketEnvConfig } from '../../config/run-config.ts';
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import { seconds } from '../../core/units.ts';
import type { Tape } from '../../market/tape.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../market/tape.ts';
import { checkEnv } from '../check-env.ts';
import { sampleActions } from '../check-play.ts';
import { leakTest } from '../leak-test.ts';
import { envSpec, makeVectorEnv } from '../make-env.ts';
import { timelineOf } from './timeline.ts';

const market = (text: Record<string, unknown> = {}): MarketEnvConfig =>
  v.parse(MarketEnvSchema, {
    id: 'AUPreOffV7TradeCost',
    environments: 1,
    slots: 3,
    startMinutes: 1,
    decisionSeconds: 2,
    exposureLimit: 1e6,
    bankroll: 1e6,
    ...text
  });

/** After each step of an episode, at random actions: the labels it told. */
function play(tape: Tape, config: MarketEnvConfig, forecastSteps: number): number[][] {
  const env = makeVectorEnv({ config, tapes: [tape], forecastSteps });
  const random = new Random(3 as Seed, 'actions');
  env.reset({ seed: 1 as Seed, schedule: 'once' });
  expect(env.buffers.labels.every(Number.isNaN)).toBe(true);
  const told: number[][] = [];
  while (env.buffers.episode[0] === 0) {
    sampleActions(env.spec.action, env.buffers.actions, random);
    env.step();
    told.push([...env.buffers.labels]);
  }
  env.step();
  expect(env.buffers.labels.every(Number.isNaN)).toBe(true);
  env.dispose();
  return told;
}

/** Compares every label of an episode with the plain way; of a long one a decision in `every`. */
function compare(
  tape: Tape,
  config: MarketEnvConfig,
  { steps, every = 1 }: { steps: number; every?: number }
): number[] {
  const timeline = timelineOf(tape, config);
  if (timeline === undefined) throw new Error('not playable');
  const told = play(tape, config, steps);
  expect(told.length).toBe(timeline.steps);
  const capLots = config.stakeCap / tape.market.rules.lotSize;
  const all: number[] = [];
  told.forEach((labels, k) => {
    const decision = k + 1 - steps;
    if (decision < 0) expect(labels.every(Number.isNaN)).toBe(true);
    else if (decision % every === 0) {
      const plain = plainHindsight(timeline, { decision, steps, capLots });
      labels.forEach((label, column) => {
        if (Number.isNaN(plain[column])) expect(label, `decision ${String(decision)}, ${String(column)}`).toBeNaN();
        else expect(label, `decision ${String(decision)}, ${String(column)}`).toBeCloseTo(plain[column]!, 4);
      });
      all.push(...labels);
    }
  });
  return all;
}

/** One runner: 10.00 waits at tick 60 to lay, 8.00 at tick 64; trades at 5, 7 and 11 seconds. */
function threeTrades(): Tape {
  const builder = miniBuilder();
  const level = (kind: RowKind, tick: number, lots: number): void => {
    builder.row(kind, 0, tick, lots);
  };
  builder.message(seconds(0));
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  level(RowKind.bid, 60, 1000);
  level(RowKind.ask, 64, 800);
  level(RowKind.trade, 62, 100);
  level(RowKind.lastTraded, 62, 0);
  const trade = (at: number, tick: number, lots: number): void => {
    builder.message(seconds(at));
    level(RowKind.trade, tick, lots);
    level(RowKind.lastTraded, tick, 0);
  };
  // Both sides are counted: 9.99 and then 0.02 were taken of the asks, 5.00 of the bids.
  trade(5, 64, 1598);
  trade(7, 65, 4);
  trade(11, 60, 1000);
  builder.message(seconds(30));
  builder.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
  return builder.build(miniMarket({ runners: 1, scheduledSeconds: 30 }), { shared: false });
}

describe('hindsight on recorded markets', () => {
  it('tells of price, volume and fills what a trade by trade account says', () => {
    const tape = threeTrades();
    const config = market({ slots: 1, startMinutes: 0.5, decisionSeconds: 4, stakeCap: 20 });
    const price = (tick: number): number => tape.market.rules.ladder.priceOf(tick as never);
    const told = play(tape, config, 2);
    expect(told[0]!.every(Number.isNaN)).toBe(true);
    // From 0 to 8 seconds: 7.99 at the best ask, then 0.02 through it: a penny over what waited there.
    const [change, volume, back, lay] = told[1]!;
    expect(change).toBeCloseTo(100 * Math.log(price(65) / price(62)), 4);
    expect(volume).toBeCloseTo(Math.log(1 + 8.01 / 20), 5);
    expect([back, lay]).toEqual([1, 0]);
    // From 4 to 12 seconds: the bids at 60 lost 5.00 of their 10.00.
    expect(told[2]![1]).toBeCloseTo(Math.log(1 + 13.01 / 20), 5);
    expect(told[2]!.slice(2)).toEqual([1, 0]);
    // From 8 to 16: nothing came to the asks.
    expect(told[3]!.slice(2)).toEqual([0, 0]);
  });

  it.each([1, 2, 5])('is what the tape says when it is read anew for every label, %i decisions ahead', (steps) => {
    const all = [1, 2].flatMap((seed) => compare(miniTape({ seed, every: 0.25 }), market(), { steps }));
    const known = all.filter((label) => !Number.isNaN(label));
    expect(known.length).toBeGreaterThan(200);
    expect(new Set(known).size).toBeGreaterThan(20);
  });

  it('has no answer for a runner that leaves, through suspensions and books stated anew', () => {
    for (const seed of [1, 4, 7]) compare(eventfulTape({ seed }), market({ slots: 6, startMinutes: 3 }), { steps: 3 });
  });

  it('keeps the contract of environments, and shows nothing of the future', () => {
    const tapes = [1, 2, 3].map((seed) => miniTape({ seed, id: `1.${String(seed)}` }));
    const make = (played: readonly Tape[]) => makeVectorEnv({ config: market(), tapes: played, forecastSteps: 3 });
    expect(checkEnv(() => make(tapes), { steps: 90 })).toEqual([]);
    for (const tape of tapes) {
      const timeline = timelineOf(tape, market());
      const steps = 12;
      const time = timeline!.times[steps]! as never;
      expect(leakTest({ make: (one) => make([one]), tape, time, steps })).toEqual({
        firstLeak: undefined,
        futureDiffers: true
      });
    }
  });

  it('changes nothing of an episode, and takes no room where nobody asked', () => {
    const tape = miniTape({ seed: 5 });
    const [with_, without] = [4, 0].map((forecastSteps) =>
      makeVectorEnv({ config: market(), tapes: [tape], forecastSteps })
    );
    const random = new Random(8 as Seed, 'actions');
    for (const env of [with_!, without!]) env.reset({ seed: 2 as Seed, schedule: 'shuffle' });
    expect(without!.buffers.labels.length).toBe(0);
    expect(envSpec(market(), 0)).toEqual(without!.spec);
    for (let step = 0; step < 60; step++) {
      sampleActions(with_!.spec.action, with_!.buffers.actions, random);
      without!.buffers.actions.set(with_!.buffers.actions);
      for (const env of [with_!, without!]) env.step();
      for (const name of ['observations', 'finalObservations', 'rewards', 'terminated', 'truncated', 'info'] as const) {
        expect(with_!.buffers[name]).toEqual(without!.buffers[name]);
      }
    }
  });

  it('goes on telling where an environment stood in the midst of an episode', () => {
    const tapes = [1, 2].map((seed) => miniTape({ seed, id: `1.${String(seed)}` }));
    const make = () => makeVectorEnv({ config: market({ environments: 2 }), tapes, forecastSteps: 4 });
    const [one, other] = [make(), make()];
    const random = new Random(8 as Seed, 'actions');
    one.reset({ seed: 2 as Seed, schedule: 'shuffle' });
    const step = (env: typeof one): void => {
      sampleActions(env.spec.action, env.buffers.actions, random);
      env.step();
    };
    for (let k = 0; k < 40; k++) step(one);
    other.restore(one.standing());
    for (let k = 0; k < 30; k++) {
      step(one);
      other.buffers.actions.set(one.buffers.actions);
      other.step();
      expect(other.buffers.labels).toEqual(one.buffers.labels);
    }
  });
});

const streams = betfairStreams();
describe.skipIf(streams.length === 0)('hindsight on recordings', () => {
  it('is what the tape says when it is read anew', async () => {
    const config = market({ slots: 4, startMinutes: 5, decisionSeconds: 5 });
    let compared = 0;
    const known: number[] = [];
    for (const path of streams) {
      const { markets } = await readStream(fileAt(path), { keepTexts: false });
      for (const one of markets) {
        const tape = one.finish({ fingerprint: '', shared: false });
        if (compared === 6 || timelineOf(tape, config) === undefined) continue;
        known.push(...compare(tape, config, { steps: 6, every: 11 }));
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(0);
    expect(known.filter((label) => label > 0).length).toBeGreaterThan(50);
  }, 120_000);
});
