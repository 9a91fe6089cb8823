import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { MarketEnvSchema, SimulatedEnvSchema } from '../../../config/run-config.ts';
import type { SimulatedEnvConfig } from '../../../config/run-config.ts';
import { Random } from '../../../core/random.ts';
import { lots, seconds, seed, ticks } from '../../../core/units.ts';
import { checkEnv } from '../../check-env.ts';
import { sampleActions } from '../../check-play.ts';
import { ACTIONS_PER_SLOT } from '../../market/action.ts';
import { EPISODE_INFO } from '../../market/metrics.ts';
import { preOffSpec } from '../../market/pre-off-spec.ts';
import { OrderStatus, Side } from '../../matching/order.ts';
import { makeVectorEnv } from '../../make-env.ts';
import type { EpisodeTrace, TraceRequest } from '../../trace.ts';
import { drawScenario } from '../market-draw.ts';
import { slabBytes, stepBuffers } from '../../vector-env.ts';
import type { StepBuffers } from '../../vector-env.ts';
import { LiveEpisode, WARM_UP_SECONDS } from './live-episode.ts';
import { LiveExchange } from './live-exchange.ts';
import { SimulatedPreOffVectorEnv } from './simulated-pre-off.ts';

const config = v.parse(SimulatedEnvSchema, {
  id: 'SimulatedPreOff-v0',
  environments: 2,
  slots: 3,
  startMinutes: 1,
  pace: 'lean'
});
const make = (changed: Partial<SimulatedEnvConfig> = {}): SimulatedPreOffVectorEnv =>
  new SimulatedPreOffVectorEnv({ config: { ...config, ...changed }, episodes: 4 });

describe('SimulatedPreOff-v0', () => {
  // Plays it ten times and more: the market is made anew for every episode of each.
  it.each([
    ['to the turn in play', { startMinutes: 0.5 }, { steps: 60 }],
    ['cut at a step limit, at the pace of recorded markets', { maxSteps: 7, pace: 'full' }, { steps: 30, maxSteps: 7 }]
  ] as const)(
    'keeps the contract of vector environments, %s',
    (_, changed, check) => {
      expect(checkEnv(() => make(changed), check)).toEqual([]);
    },
    30_000
  );

  it('has the spaces of AUPreOffV7TradeCost, so that one agent plays both', () => {
    const recorded = preOffSpec(v.parse(MarketEnvSchema, { id: 'AUPreOffV7TradeCost', slots: 3 }));
    expect({ ...preOffSpec(config), id: '' }).toEqual({ ...recorded, id: '' });
  });

  it('ends at the turn in play, at a moment nobody is told, and starts the next market', () => {
    const env = make({ exposureLimit: 1e6, bankroll: 1e6 });
    env.reset({ seed: seed(3), schedule: 'shuffle' });
    const lengths: number[] = [];
    for (let step = 0, since = [0, 0]; lengths.length < 6; step++) {
      env.step();
      for (let i = 0; i < 2; i++) {
        since[i]!++;
        if (env.buffers.terminated[i] === 0) continue;
        lengths.push(since[i]!);
        expect(env.buffers.info[i * EPISODE_INFO.length + 1]).toBe(since[i]);
        since[i] = 0;
      }
      expect(env.buffers.truncated.every((flag) => flag === 0)).toBe(true);
      expect(step).toBeLessThan(500);
    }
    // A minute of five-second steps and the delay of the start, which differs.
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(13);
    expect(new Set(lengths).size).toBeGreaterThan(2);
  });

  it('answers: the same market goes another way once we have traded in it', () => {
    const play = (push: boolean): Float32Array => {
      const env = make({ environments: 1, stakeCap: 200, exposureLimit: 1e6, bankroll: 1e6 });
      env.reset({ seed: seed(5), schedule: 'once' });
      const { actions, observations } = env.buffers;
      actions.fill(0);
      // Backs the favourite at any price for three decisions, then stands aside.
      for (let step = 0; step < 10; step++) {
        if (push && step < 3) {
          actions[0] = 1;
          actions[1] = -1;
        } else actions.fill(0);
        env.step();
      }
      return observations.slice();
    };
    const width = preOffSpec(config).observation.size / 3;
    expect(play(false)).toEqual(play(false));
    // The second slot's market features: where we never traded.
    const second = (observations: Float32Array): Float32Array =>
      observations.subarray(Math.ceil(width), Math.ceil(width) + 20);
    expect(second(play(true))).not.toEqual(second(play(false)));
  });

  it('is worth nothing to one who does nothing', () => {
    const env = make();
    env.reset({ seed: seed(1), schedule: 'once' });
    for (let step = 0; step < 40; step++) {
      env.step();
      expect(env.buffers.rewards.every((reward) => reward === 0)).toBe(true);
    }
  });
});

it('shows nothing of how late the start will be: markets that differ in it alone are one until the first turn', () => {
  const scenario = drawScenario({ seed: seed(6), index: 0, scheduledMillis: 0, leadSeconds: 60 + WARM_UP_SECONDS });
  const spec = preOffSpec(config);
  const [soon, late] = [0, 60].map((more) => {
    const buffers = stepBuffers(spec, 1, new ArrayBuffer(slabBytes(spec, 1)));
    const episode = new LiveEpisode({ config: { ...config, exposureLimit: 1e6, bankroll: 1e6 }, buffers, index: 0 });
    const told = { ...scenario, delaySeconds: scenario.delaySeconds + more };
    episode.begin(new LiveExchange({ ...config, bankroll: 1e6, scenario: told }), 'simulated', undefined);
    return { buffers, episode };
  }) as [{ buffers: StepBuffers; episode: LiveEpisode }, { buffers: StepBuffers; episode: LiveEpisode }];
  const random = new Random(seed(1), 'actions');
  const names = ['observations', 'rewards', 'rewardTerms', 'terminated', 'truncated', 'info'] as const;
  let steps = 0;
  for (let turned = false; !turned; steps++) {
    for (const name of names)
      expect(soon.buffers[name], `${name} of step ${String(steps)}`).toEqual(late.buffers[name]);
    sampleActions(spec.action, soon.buffers.actions, random);
    late.buffers.actions.set(soon.buffers.actions);
    turned = soon.episode.step();
    expect(late.episode.step()).toBe(false);
  }
  // More than the scheduled minute was compared, and the turn itself is where they part.
  expect(steps).toBeGreaterThan(13);
  expect([soon.buffers.terminated[0], late.buffers.terminated[0]]).toEqual([1, 0]);
});

describe('the exchange of a live episode', () => {
  const started = (): LiveExchange => {
    const scenario = drawScenario({ seed: seed(4), index: 0, scheduledMillis: 0, leadSeconds: 300 });
    const exchange = new LiveExchange({ ...config, scenario, bankroll: 10_000 });
    exchange.advanceTo(seconds(60));
    return exchange;
  };

  it('lets a cancel overtake nothing: what is matched before it arrives stays matched', () => {
    const exchange = started();
    const book = exchange.books[0]!;
    const order = exchange.place({ slot: 0, side: Side.back, tick: ticks(book.bestAsk), lots: lots(500) });
    exchange.advanceTo(seconds(60.2));
    expect(order.status).toBe(OrderStatus.executable);
    expect(order.ahead).toBeGreaterThan(0);
    exchange.cancel(order);
    exchange.advanceTo(seconds(60.36));
    expect(order.status).toBe(OrderStatus.executable);
    exchange.advanceTo(seconds(60.38));
    expect([order.status, order.end]).toEqual([OrderStatus.complete, 'cancelled']);
    expect(order.matched + order.cancelled).toBe(500);
    expect(exchange.account.waitingBack(0)).toBe(0);
  });

  it('refuses what cannot be paid for, and stakes under the minimum', () => {
    const exchange = started();
    const tick = ticks(exchange.books[0]!.bestAsk);
    const dear = exchange.place({ slot: 0, side: Side.back, tick, lots: lots(2_000_000) });
    const small = exchange.place({ slot: 0, side: Side.back, tick, lots: lots(1) });
    expect([dear.end, small.end]).toEqual(['unaffordable', 'belowMinimum']);
    expect(exchange.account.waitingBack(0)).toBe(0);
  });

  it('loses and makes no lots under random orders: matched, waiting and taken back add up, and so does the account', () => {
    const exchange = started();
    const random = new Random(seed(8));
    const orders = [];
    const filled = new Map<number, number>();
    for (let step = 0; step < 200; step++) {
      const slot = random.below(3);
      const book = exchange.books[slot]!;
      const side = random.below(2) as Side;
      const tick = Math.max(0, (side === Side.back ? book.bestAsk : book.bestBid) + random.below(3) - 1);
      orders.push(exchange.place({ slot, side, tick: ticks(tick), lots: lots(200 + random.below(400)) }));
      if (step % 3 === 0) exchange.cancel(orders[random.below(orders.length)]!);
      exchange.advanceTo(seconds(60 + step));
      exchange.drainFills(({ order, lots: size }) => filled.set(order.id, (filled.get(order.id) ?? 0) + size));
    }
    let waiting = 0;
    for (const order of orders) {
      expect(order.matched + order.cancelled + order.lapsed + order.voided + order.rest).toBe(order.lots);
      expect(order.matched).toBe(filled.get(order.id) ?? 0);
      if (order.status !== OrderStatus.complete) waiting += order.rest;
    }
    const { account } = exchange;
    const sum = (of: (slot: number) => number): number =>
      Array.from({ length: account.slots }, (_, slot) => of(slot)).reduce((a, b) => a + b, 0);
    expect(sum((slot) => account.waitingBack(slot) + account.waitingLay(slot))).toBe(waiting);
    expect(sum((slot) => account.matchedBack(slot) + account.matchedLay(slot))).toBe(
      [...filled.values()].reduce((a, b) => a + b, 0)
    );
    expect(filled.size).toBeGreaterThan(50);
  });
});

it('acts are read as AUPreOffV7TradeCost reads them', () => {
  const env = make({ environments: 1 });
  env.reset({ seed: seed(2), schedule: 'once' });
  const random = new Random(seed(1));
  for (let step = 0; step < 12; step++) {
    sampleActions(env.spec.action, env.buffers.actions, random);
    env.step();
  }
  expect(env.buffers.actions).toHaveLength(3 * ACTIONS_PER_SLOT);
  expect(env.buffers.info[EPISODE_INFO.indexOf('orders_submitted')]).toBeGreaterThan(3);
  expect(env.buffers.info[EPISODE_INFO.indexOf('latency_ms')]).toBe(120);
});

describe('an episode that is recorded', { timeout: 60_000 }, () => {
  const setup = { ...config, environments: 2, stakeCap: 50, exposureLimit: 1e6, bankroll: 1e6 };
  const play = (trace: TraceRequest | undefined, traced = true): Float32Array[] => {
    const env = makeVectorEnv({ config: setup, tapes: [], ...(trace === undefined ? {} : { trace }) });
    const random = new Random(seed(4), 'actions');
    env.reset({ seed: seed(12), schedule: 'once', trace: traced });
    const seen = [];
    for (let step = 0; step < 90; step++) {
      sampleActions(env.spec.action, env.buffers.actions, random);
      env.step();
      seen.push(env.buffers.observations.slice(), env.buffers.rewards.slice(), env.buffers.info.slice());
    }
    env.dispose();
    return seen;
  };
  const recorded = (environment: number | 'all' = 'all'): { traces: EpisodeTrace[]; seen: Float32Array[] } => {
    const traces: EpisodeTrace[] = [];
    const seen = play({ environment, onEpisode: (trace) => traces.push(trace) });
    return { traces, seen };
  };
  const info = (trace: EpisodeTrace, name: (typeof EPISODE_INFO)[number]): number =>
    trace.info[EPISODE_INFO.indexOf(name)]!;

  it('is played as one that is not, to the bit', () => {
    expect(recorded().seen).toEqual(play(undefined));
  });

  it('is recorded only where and when it is asked for', () => {
    const { traces } = recorded(1);
    expect(traces.length).toBeGreaterThan(1);
    expect(traces.every(({ market }) => /^simulated \d*[13579]$/u.test(market))).toBe(true);
    const none: EpisodeTrace[] = [];
    play({ environment: 'all', onEpisode: (trace) => none.push(trace) }, false);
    expect(none).toEqual([]);
  });

  it('holds every decision and every order, and they add up to what the episode came to', () => {
    const { traces } = recorded();
    expect(traces.length).toBeGreaterThan(3);
    for (const trace of traces) {
      expect(trace.synthetic).toBe(true);
      expect(trace.decisions).toHaveLength(info(trace, 'length'));
      const earned = trace.decisions.reduce((sum, { reward }) => sum + reward, 0);
      expect(earned).toBeCloseTo(info(trace, 'return'), 4);
      expect(trace.orders).toHaveLength(info(trace, 'orders_submitted'));
      expect(trace.orders.filter((order) => order.matchedLots > 0)).toHaveLength(info(trace, 'orders_filled'));
      for (const decision of trace.decisions)
        for (const term of decision.terms) expect(Number.isFinite(term)).toBe(true);
      // A minute before the scheduled start, half past two of its day.
      expect((trace.decisions[0]!.millis + 60_000) % 86_400_000).toBe(2.5 * 3_600_000);
    }
  });

  it('tells of every order what became of it and why', () => {
    const orders = recorded().traces.flatMap((trace) => trace.orders);
    const resting = orders.flatMap((order) => order.fills.filter(({ cause }) => cause === 'trade'));
    expect(resting.length).toBeGreaterThan(10);
    for (const fill of resting) {
      // What came to the price served those ahead, then this order.
      expect(fill.aheadLots + fill.lots).toBeLessThanOrEqual(fill.tradedLots);
      expect(fill.message).toBeGreaterThan(0);
    }
    expect(orders.some((order) => order.fills.some(({ cause }) => cause === 'taking'))).toBe(true);
    expect(orders.some((order) => order.aheadOnArrivalLots > 0)).toBe(true);
    for (const order of orders) {
      expect(order.fills.reduce((sum, fill) => sum + fill.lots, 0)).toBe(order.matchedLots);
      expect(order.headline).toMatch(/^(On its way|Waiting|Part filled|Filled|Not filled|Refused): (back|lay) \$/u);
      expect(order.causes === '').toBe(order.matchedLots === 0);
      expect(order.queue).toBe('book');
      expect(order.otherQueues === '').toBe(order.others.length === 0);
      // What came to it in its queue, other models have something to say of.
      if (order.fills.some(({ cause }) => cause === 'trade')) expect(order.others).toHaveLength(4);
      expect(order.runnerId).toMatch(/^SIM\.\d+\.\d{3}\.\d+$/u);
      expect(order.acceptedMillis - order.madeMillis).toBeGreaterThanOrEqual(0);
    }
  });
});
