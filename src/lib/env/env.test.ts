/** Every environment keeps the contract, shows nothing of the future, and repeats from its seed. */
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { fileAt, readStream } from '../../../tests/support/read-stream.ts';
import { betfairStreams } from '../../../tests/support/recordings.ts';
import { miniTape } from '../../../tests/support/mini-tape.ts';
import { EnvSchema } from '../config/run-config.ts';
import type { EnvConfig, MarketEnvConfig } from '../config/run-config.ts';
import { AppError } from '../core/errors.ts';
import type { Nanos, Seed } from '../core/units.ts';
import { baselines, randomPolicy } from './baselines.ts';
import { checkEnv } from './check-env.ts';
import { leakTest } from './leak-test.ts';
import { makeVectorEnv } from './make-env.ts';
import { STAKE_DEAD_ZONE } from './market/action.ts';
import { observationNames } from './market/au-pre-off.ts';
import { episodeFrom } from './market/metrics.ts';
import { timelineOf } from './market/timeline.ts';
import { ordersOf } from './episode-orders.ts';
import type { EpisodeTrace } from './trace.ts';
import type { Tape } from '../market/tape.ts';

const config = (text: Record<string, unknown>): EnvConfig => v.parse(EnvSchema, text);
const market = (text: Record<string, unknown> = {}): MarketEnvConfig => {
  const made = config({
    id: 'AUPreOffV7TradeCost',
    environments: 3,
    slots: 3,
    startMinutes: 1,
    decisionSeconds: 2,
    ...text
  });
  if (made.id !== 'AUPreOffV7TradeCost') throw new Error('not a market environment');
  return made;
};
const tapes = [1, 2, 3, 4, 5].map((seed) => miniTape({ seed, id: `1.${String(seed)}` }));

describe('AUPreOffV7TradeCost', () => {
  it('keeps the contract', () => {
    expect(checkEnv(() => makeVectorEnv({ config: market(), tapes }), { steps: 150 })).toEqual([]);
  });

  it('keeps the contract with more slots than runners, and when the step limit cuts episodes', () => {
    const make = () => makeVectorEnv({ config: market({ slots: 7, maxSteps: 5 }), tapes });
    expect(checkEnv(make, { steps: 60 })).toEqual([]);
  });

  it('truncates at the step limit and terminates at the off', () => {
    for (const [maxSteps, flag] of [
      [5, 'truncated'],
      [240, 'terminated']
    ] as const) {
      const env = makeVectorEnv({ config: market({ maxSteps, environments: 1 }), tapes: tapes.slice(0, 1) });
      env.reset({ seed: 1 as Seed, schedule: 'once' });
      env.buffers.actions.fill(0);
      let steps = 0;
      while (env.buffers.episode[0] === 0) {
        env.step();
        steps++;
      }
      expect(env.buffers[flag][0]).toBe(1);
      expect(steps).toBe(Math.min(maxSteps, 30));
    }
  });

  it('ends an episode whose worst runner loses more than the exposure limit', () => {
    const env = makeVectorEnv({
      config: market({ exposureLimit: 5, environments: 1, slots: 1 }),
      tapes: tapes.slice(0, 1)
    });
    env.reset({ seed: 1 as Seed, schedule: 'once' });
    let steps = 0;
    for (; env.buffers.episode[0] === 0; steps++) {
      env.buffers.actions.set([1, -1, 0]);
      env.step();
    }
    expect(steps).toBeLessThan(30);
    expect(env.buffers.terminated[0]).toBe(1);
    expect(episodeFrom(env.buffers.info, 0).worst_roi).toBeLessThan(-5 / 1000);
  });

  it('doing nothing trades nothing, costs nothing and is not green', () => {
    const env = makeVectorEnv({ config: market({ environments: 1 }), tapes: tapes.slice(0, 1) });
    env.reset({ seed: 1 as Seed, schedule: 'once' });
    env.buffers.actions.fill(STAKE_DEAD_ZONE * 0.99);
    while (env.buffers.episode[0] === 0) env.step();
    const episode = episodeFrom(env.buffers.info, 0);
    expect(episode).toMatchObject({ return: 0, traded: 0, all_green: 0, pnl: 0, orders_submitted: 0 });
  });

  it('holds a position within the stake cap, and turns it round, for one who leans on every decision', () => {
    const plain = market({ environments: 1, slots: 1, exposureLimit: 1e6 });
    const held = observationNames(plain).indexOf('slot 0 green_stake');
    for (const side of [1, -1]) {
      const env = makeVectorEnv({ config: plain, tapes: tapes.slice(0, 1) });
      env.reset({ seed: 1 as Seed, schedule: 'once' });
      const positions: number[] = [];
      for (let step = 0; env.buffers.episode[0] === 0; step++) {
        positions.push(side * env.buffers.observations[held]!);
        env.buffers.actions.set([step < 15 ? side : -side, -1, 0]);
        env.step();
      }
      // Closing costs a stake of another size than opening as the price moves: the cap holds when an order is made.
      expect(Math.max(...positions.map(Math.abs))).toBeLessThan(1.25);
      expect(positions[15]).toBeGreaterThan(0.7);
      expect(positions.at(-1)).toBeLessThan(-0.7);
    }
  });

  it('prepares every market when it is made, saying how far it is: no reset reads a tape', () => {
    let reads = 0;
    const watched = tapes.map(
      (tape) =>
        new Proxy(tape, {
          get: (target, key) => {
            reads++;
            return Reflect.get(target, key) as unknown;
          }
        })
    );
    const told: string[] = [];
    const onPrepared = (done: number, of: number): void => void told.push(`${String(done)} of ${String(of)}`);
    const env = makeVectorEnv({ config: market(), tapes: watched, preparation: { onPrepared } });
    expect(told).toEqual(['1 of 5', '2 of 5', '3 of 5', '4 of 5', '5 of 5']);
    expect(reads).toBeGreaterThan(10_000);
    // What an exchange is made of: the market's description, its rules, its ladder.
    reads = 0;
    for (let seed = 1; seed <= 4; seed++) env.reset({ seed: seed as Seed, schedule: 'shuffle' });
    expect(reads).toBeLessThan(100);
    const ready = new Map(tapes.slice(0, 2).map((tape) => [tape, timelineOf(tape, market())!]));
    const again = makeVectorEnv({ config: market(), tapes, preparation: { ready } });
    expect(again.episodeMarkets).toEqual(env.episodeMarkets);
  });

  it('gives an episode the same result whatever the size of the vector', () => {
    const results = (environments: number): Map<number, number[]> => {
      const env = makeVectorEnv({ config: market({ environments }), tapes });
      const found = new Map<number, number[]>();
      env.reset({ seed: 1 as Seed, schedule: 'once' });
      const width = env.buffers.actions.length / environments;
      for (let step = 0; env.buffers.episode.some((episode) => episode >= 0); step++) {
        const playing = env.buffers.episode.slice();
        // An action that depends on what is seen alone.
        for (let i = 0; i < environments; i++) {
          for (let k = 0; k < width; k++) {
            const seen = env.buffers.observations[i * env.spec.observation.size + k * 7]!;
            env.buffers.actions[i * width + k] = Math.sin(10 * seen + k);
          }
        }
        env.step();
        playing.forEach((episode, i) => {
          if (episode < 0 || env.buffers.terminated[i]! + env.buffers.truncated[i]! === 0) return;
          found.set(episode, Object.values(episodeFrom(env.buffers.info, i * env.spec.info.length)));
        });
      }
      return found;
    };
    const alone = results(1);
    expect(alone.size).toBe(tapes.length);
    expect([...alone.values()].some((row) => row[3] === 1)).toBe(true);
    expect(results(4)).toEqual(alone);
  });

  it('records an episode for the replay: decisions, and orders whose fills are all there is', () => {
    const traces: EpisodeTrace[] = [];
    const env = makeVectorEnv({
      config: market(),
      tapes,
      trace: { environment: 1, onEpisode: (trace) => traces.push(structuredClone(trace)) }
    });
    env.reset({ seed: 1 as Seed, schedule: 'once' });
    const policy = randomPolicy(env.spec, 4 as Seed);
    while (env.buffers.episode.some((episode) => episode >= 0)) {
      policy.act(env.buffers);
      env.step();
    }
    expect(traces.map((trace) => trace.market)).toEqual(['1.2', '1.5']);
    for (const trace of traces) {
      const info = episodeFrom(Float32Array.from(trace.info), 0);
      expect(trace.decisions.length).toBe(info.length);
      expect(trace.orders.length).toBe(info.orders_submitted);
      expect(trace.orders.filter((order) => order.matchedLots > 0).length).toBe(info.orders_filled);
      const rewards = trace.decisions.reduce((sum, decision) => sum + decision.reward, 0);
      expect(rewards).toBeCloseTo(info.return, 4);
      for (const order of trace.orders) {
        expect(order.fills.reduce((sum, fill) => sum + fill.lots, 0)).toBe(order.matchedLots);
        expect(order.sentence.length).toBeGreaterThan(10);
      }
    }
  });

  it('records every environment, or none after a reset that says so, and plays the same either way', () => {
    const traces: EpisodeTrace[] = [];
    const play = (recording: boolean, trace?: boolean): number[] => {
      const env = makeVectorEnv({
        config: market(),
        tapes,
        ...(recording ? { trace: { environment: 'all', onEpisode: (one) => traces.push(one) } } : {})
      });
      const seen: number[] = [];
      // Left half way: nothing of it may be found in the episodes after the reset.
      for (const [seed, steps] of [
        [9, 5],
        [1, Infinity]
      ] as const) {
        env.reset({ seed: seed as Seed, schedule: 'once', ...(trace === undefined ? {} : { trace }) });
        const policy = randomPolicy(env.spec, 4 as Seed);
        for (let step = 0; step < steps && env.buffers.episode.some((episode) => episode >= 0); step++) {
          policy.act(env.buffers);
          env.step();
          seen.push(...env.buffers.observations, ...env.buffers.rewards, ...env.buffers.info);
        }
      }
      return seen;
    };
    const plain = play(false);
    expect(play(true, false)).toEqual(plain);
    expect(traces).toEqual([]);
    expect(play(true)).toEqual(plain);
    expect(traces.map((trace) => trace.market).sort()).toEqual(tapes.map((tape) => tape.market.id));
    for (const trace of traces) {
      expect(trace.decisions.length).toBe(episodeFrom(Float32Array.from(trace.info), 0).length);
    }
  });

  it('keeps of an episode its first orders, in time order, and counts what it leaves out', () => {
    const traces: EpisodeTrace[] = [];
    const env = makeVectorEnv({
      config: market({ environments: 1 }),
      tapes: tapes.slice(0, 1),
      trace: { environment: 'all', onEpisode: (one) => traces.push(one) }
    });
    env.reset({ seed: 1 as Seed, schedule: 'once' });
    const policy = randomPolicy(env.spec, 4 as Seed);
    while (env.buffers.episode.some((episode) => episode >= 0)) {
      policy.act(env.buffers);
      env.step();
    }
    const [trace] = traces;
    if (trace === undefined) throw new Error('no episode was recorded');
    const few = ordersOf(trace);
    expect(few.orders.length).toBe(trace.orders.length);
    expect(few.leftOut).toBe(0);
    expect(few.orders.map((order) => order.runnerId)).toEqual(few.orders.map((order) => String(order.slot + 1)));
    const [order] = trace.orders;
    if (order === undefined) throw new Error('no order was placed');
    const many = Array.from({ length: 450 }, (_, id) => ({ ...order, id, madeMillis: 1e6 - id }));
    const cut = ordersOf({ ...trace, orders: many });
    expect(cut.orders.length + cut.leftOut).toBe(450);
    expect(cut.orders.length).toBe(200);
    expect(cut.orders[0]?.madeMillis).toBe(1e6 - 449);
  });

  it('refuses markets that cannot be played, and names the remedy', () => {
    expect(() => makeVectorEnv({ config: market(), tapes: [] })).toThrow(AppError);
    const late = miniTape({ seed: 1, scheduledSeconds: 1, every: 2 });
    expect(timelineOf(late, market())?.steps).toBe(1);
  });

  it('plays every baseline, the same twice, and the fixed rule trades', () => {
    const setup = market({ environments: 2, startMinutes: 9 });
    const long = [1, 2, 3].map((seed) => miniTape({ seed, id: `1.${String(seed)}`, scheduledSeconds: 600 }));
    for (const policy of baselines(setup, 3 as Seed)) {
      const returns = [0, 1].map(() => {
        const env = makeVectorEnv({ config: setup, tapes: long });
        env.reset({ seed: 1 as Seed, schedule: 'once' });
        policy.begin();
        const found: number[] = [];
        while (env.buffers.episode.some((episode) => episode >= 0)) {
          policy.act(env.buffers);
          const playing = env.buffers.episode.slice();
          env.step();
          playing.forEach((episode, i) => {
            if (episode < 0 || env.buffers.terminated[i]! + env.buffers.truncated[i]! === 0) return;
            const info = episodeFrom(env.buffers.info, i * env.spec.info.length);
            found.push(info.return, info.traded);
          });
        }
        return found;
      });
      expect(returns[0]).toEqual(returns[1]);
      const traded = returns[0]!.filter((_, k) => k % 2 === 1).reduce((sum, one) => sum + one, 0);
      if (policy.name === 'do nothing') expect(traded).toBe(0);
      else expect(traded).toBeGreaterThan(0);
    }
  });
});

/** Scrambles the future from somewhere within an episode on, in the middle of it if nothing else is said. */
function leaks(tape: Tape, setup: MarketEnvConfig, share = 0.5) {
  const timeline = timelineOf(tape, setup);
  if (timeline === undefined) throw new Error(`${tape.market.id}: no episode`);
  const steps = Math.floor(timeline.steps * share);
  return leakTest({
    make: (one) => makeVectorEnv({ config: { ...setup, environments: 1 }, tapes: [one] }),
    tape,
    time: timeline.times[steps]! as Nanos,
    steps
  });
}

describe('leak test', () => {
  it('nothing of a scrambled future shows before it comes', () => {
    const setup = market({ exposureLimit: 1e6, bankroll: 1e6 });
    for (const tape of tapes) {
      for (const share of [0.1, 0.3, 0.5, 0.8])
        expect(leaks(tape, setup, share)).toEqual({ firstLeak: undefined, futureDiffers: true });
    }
  });

  it('finds a leak when there is one', () => {
    const setup = market();
    const tape = tapes[0]!;
    const timeline = timelineOf(tape, setup)!;
    const steps = Math.floor(timeline.steps / 2);
    // Scrambling from earlier on than is compared: the present differs too.
    const time = timeline.times[steps - 3]! as Nanos;
    const make = (one: Tape) => makeVectorEnv({ config: { ...setup, environments: 1 }, tapes: [one] });
    expect(leakTest({ make, tape, time, steps }).firstLeak?.step).toBeGreaterThan(steps - 4);
  });
});

const streams = betfairStreams();
describe.skipIf(streams.length === 0)('on recorded markets', () => {
  it('keeps the contract and leaks nothing on every market that can be played', async () => {
    const setup = market({ slots: 4, startMinutes: 5, decisionSeconds: 5, exposureLimit: 1e6, bankroll: 1e6 });
    const played: Tape[] = [];
    for (const path of streams) {
      const { markets } = await readStream(fileAt(path), { keepTexts: false });
      for (const one of markets) {
        const tape = one.finish({ fingerprint: '', shared: false });
        if (timelineOf(tape, setup) !== undefined) played.push(tape);
      }
    }
    expect(played.length).toBeGreaterThan(0);
    for (const tape of played.slice(0, 8)) {
      const timeline = timelineOf(tape, setup)!;
      const report = leaks(tape, setup);
      expect(report.firstLeak, tape.market.id).toBeUndefined();
      if (timeline.steps > 10) expect(report.futureDiffers, tape.market.id).toBe(true);
    }
    expect(checkEnv(() => makeVectorEnv({ config: setup, tapes: played }), { steps: 150 })).toEqual([]);
  }, 120_000);
});
