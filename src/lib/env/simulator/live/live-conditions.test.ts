/** What stands between us and a market that answers: drawn latencies, a late feed, someone quicker, and the curriculum. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { SimulatedEnvSchema } from '../../../config/run-config.ts';
import type { SimulatedEnvConfig } from '../../../config/run-config.ts';
import { Random } from '../../../core/random.ts';
import type { Nanos } from '../../../core/units.ts';
import { lots, seconds, seed, ticks } from '../../../core/units.ts';
import { NO_TICK } from '../../../market/tape.ts';
import { checkEnv } from '../../check-env.ts';
import { sampleActions } from '../../check-play.ts';
import { makeVectorEnv } from '../../make-env.ts';
import { MARKET_FEATURES, RUNNER_FEATURES } from '../../market/market-columns.ts';
import { EPISODE_INFO } from '../../market/metrics.ts';
import { Order, OrderStatus, Side } from '../../matching/order.ts';
import type { OrderRequest } from '../../matching/order.ts';
import { drawScenario } from '../market-draw.ts';
import { CancelQueue } from './cancel-queue.ts';
import { LiveExchange } from './live-exchange.ts';
import type { LiveFeed } from './live-feed.ts';

type Changed = Partial<SimulatedEnvConfig>;
const configOf = (changed: Changed): SimulatedEnvConfig =>
  v.parse(SimulatedEnvSchema, { id: 'SimulatedPreOff-v0', slots: 3, startMinutes: 1, bankroll: 1e6, ...changed });

const exchangeOf = (
  changed: Changed,
  more: { index?: number; level?: number; history?: boolean } = {}
): LiveExchange => {
  const { index = 0, ...options } = more;
  const scenario = drawScenario({ seed: seed(4), index, scheduledMillis: 0, leadSeconds: 300 });
  return new LiveExchange({ ...configOf(changed), scenario, ...options });
};

/** Every price and size of a market, and every feature of it. */
function told(feed: LiveFeed): unknown {
  const { books } = feed.state;
  const features = new Float32Array(RUNNER_FEATURES.length * books.length + MARKET_FEATURES.length);
  books.forEach((_, slot) => feed.features.write(feed.state, slot, features, slot * RUNNER_FEATURES.length));
  feed.features.writeMarket(feed.state, features, books.length * RUNNER_FEATURES.length);
  const levels = books.map(({ bids, asks }) =>
    [bids, asks].map((side) => {
      const found: number[] = [];
      for (let tick = side.lowest; tick !== NO_TICK; tick = side.above(tick)) found.push(tick, side.at(tick));
      return found;
    })
  );
  return { levels, features };
}

describe('a late feed', () => {
  it('that always takes as long tells the market as it was published so long before, to the number', () => {
    const late = exchangeOf({ feedLatencyMillis: 1700 });
    const prompt = exchangeOf({});
    expect(prompt.seen).toBe(prompt.feed);
    for (let step = 1; step <= 60; step++) {
      late.advanceTo(seconds(60 + 1.3 * step));
      prompt.advanceTo((late.now - 1.7e9) as Nanos);
      expect(told(late.seen), `step ${String(step)}`).toEqual(told(prompt.feed));
    }
  });

  it('whose time is drawn tells every message in the order it was published, and all of them in the end', () => {
    const late = exchangeOf({ feedLatencyMillis: 900, latencyModel: 'logNormal', latencySpread: 1 });
    let behind = 0;
    for (let step = 1; step <= 40; step++) {
      late.advanceTo(seconds(60 + step));
      expect(late.seen.state.time).toBeLessThan(late.feed.state.time);
      behind += late.feed.state.time - late.seen.state.time;
    }
    // Of a log-normal with median 0.9 s and a spread of 1 most messages wait for one that was slower.
    expect(behind / 40 / 1e9).toBeGreaterThan(0.9);
    expect(behind / 40 / 1e9).toBeLessThan(30);
  });

  it('leaves the market as it is: what is matched and published is the same', () => {
    const [late, prompt] = [exchangeOf({ feedLatencyMillis: 3000 }), exchangeOf({})];
    for (let step = 1; step <= 30; step++) {
      for (const one of [late, prompt]) one.advanceTo(seconds(60 + step));
      expect(told(late.feed)).toEqual(told(prompt.feed));
      // By one and the same book, though the one would not see it yet.
      const { bestAsk } = prompt.books[0]!;
      for (const one of [late, prompt]) {
        one.place({ slot: 0, side: Side.lay, tick: ticks(bestAsk), lots: lots(300) });
      }
    }
    expect(late.account.ifWins(0)).not.toBe(0);
    expect(late.account.ifWins(0)).toBe(prompt.account.ifWins(0));
  });
});

describe('latencies of requests', () => {
  const arrivals = (changed: Changed): number[] => {
    const exchange = exchangeOf(changed);
    exchange.advanceTo(seconds(60));
    const orders = Array.from({ length: 200 }, (_, k) => {
      const order = exchange.place({ slot: 0, side: Side.back, tick: ticks(300), lots: lots(200) });
      exchange.advanceTo(seconds(60 + k));
      return order;
    });
    exchange.advanceTo(seconds(280));
    return orders.map((order) => (order.acceptedAt - order.madeAt) / 1e6);
  };

  it('are as given, drawn around it, or drawn from what was recorded', () => {
    expect(new Set(arrivals({ placeLatencyMillis: 250 }))).toEqual(new Set([250]));
    const drawn = arrivals({ placeLatencyMillis: 250, latencyModel: 'logNormal' }).sort((a, b) => a - b);
    expect(drawn[100]).toBeGreaterThan(200);
    expect(drawn[100]).toBeLessThan(310);
    expect(drawn.at(-1)! / drawn[0]!).toBeGreaterThan(4);
    const recorded = arrivals({ latencyModel: 'recorded', placeLatencySamples: '80 95.5 400' });
    expect([...new Set(recorded)].sort((a, b) => a - b)).toEqual([80, 95.5, 400]);
  });

  it('let a cancel come before its order, as on a recorded market: it finds nothing, and the order arrives', () => {
    const exchange = exchangeOf({ placeLatencyMillis: 3500, cancelLatencyMillis: 0, bankroll: 1e6 });
    exchange.advanceTo(seconds(60));
    const order = exchange.place({ slot: 0, side: Side.back, tick: ticks(300), lots: lots(200) });
    exchange.advanceTo(seconds(61));
    exchange.cancel(order);
    expect(order.cancelling).toBe(true);
    exchange.advanceTo(seconds(62));
    expect([order.status, order.cancelling, order.cancelled]).toEqual([OrderStatus.pending, false, 0]);
    exchange.advanceTo(seconds(64));
    expect([order.status, order.rest, exchange.account.waitingBack(0)]).toEqual([OrderStatus.executable, 200, 200]);
    exchange.cancel(order);
    exchange.advanceTo(seconds(65));
    expect([order.end, order.cancelled, exchange.account.waitingBack(0)]).toEqual(['cancelled', 200, 0]);
  });

  it('bring an order before a cancel that is due at the same nanosecond, as it was sent first', () => {
    const exchange = exchangeOf({ placeLatencyMillis: 700, cancelLatencyMillis: 0, bankroll: 1e6 });
    const ends = Array.from({ length: 100 }, (_, k) => {
      const sent = 60 + 1.1 * k;
      exchange.advanceTo(seconds(sent));
      const order = exchange.place({ slot: 0, side: Side.back, tick: ticks(300), lots: lots(200) });
      exchange.advanceTo((order.madeAt + 7e8) as Nanos);
      exchange.cancel(order);
      exchange.advanceTo((order.madeAt + 8e8) as Nanos);
      return order.end;
    });
    expect(new Set(ends)).toEqual(new Set(['cancelled']));
  });

  it('let a quick cancel overtake a slow one, and each finds its own order', () => {
    const queue = new CancelQueue();
    const random = new Random(seed(3));
    const sent = Array.from({ length: 100 }, (_, k) => {
      const order = new Order();
      order.id = k;
      const travel = random.below(50);
      queue.add(order, { now: (10 * k) as Nanos }, travel);
      return { order, due: 10 * k + travel };
    });
    const expected = sent.sort((a, b) => a.due - b.due || a.order.id - b.order.id);
    for (const { order, due } of expected) {
      expect(queue.nextDue).toBe(due);
      expect(queue.take()).toBe(order);
    }
    expect([queue.count, queue.nextDue]).toEqual([0, Infinity]);
  });

  it('come from the market’s own stream: the same again, and nothing of the market changes with them', () => {
    const drawn = { latencyModel: 'logNormal', placeLatencyMillis: 400 } as const;
    expect(arrivals(drawn)).toEqual(arrivals(drawn));
    const [one, other] = [exchangeOf(drawn), exchangeOf({})];
    for (const each of [one, other]) each.advanceTo(seconds(200));
    expect(told(one.feed)).toEqual(told(other.feed));
  });
});

it('an order that is all matched ended with its last fill, however long the step was', () => {
  const exchange = exchangeOf({ placeLatencyMillis: 120 }, { history: true });
  for (let step = 0; step < 12; step++) {
    exchange.advanceTo(seconds(60 + 15 * step));
    const { bestBid, bestAsk } = exchange.books[0]!;
    for (const tick of [bestBid, bestAsk]) {
      exchange.place({ slot: 0, side: Side.back, tick: ticks(tick), lots: lots(300) });
    }
  }
  exchange.advanceTo(seconds(255));
  const matched = exchange.orders.filter(({ end }) => end === 'matched');
  const waited = matched.filter(({ crossed }) => !crossed);
  expect(Math.min(waited.length, matched.length - waited.length)).toBeGreaterThan(2);
  for (const order of matched) {
    expect(order.endedAt).toBe(exchange.explain(order).fills.at(-1)!.time);
    expect(order.endedAt).toBeGreaterThanOrEqual(order.acceptedAt);
  }
  expect(waited.some(({ endedAt, acceptedAt }) => endedAt > acceptedAt + 1e9)).toBe(true);
});

it('an order that asks for more than the simulated books hold is refused, not taken for another', () => {
  const exchange = exchangeOf({ placeLatencyMillis: 0 }, { history: true });
  exchange.advanceTo(seconds(60));
  const plain = { slot: 0, side: Side.back, tick: ticks(300), lots: lots(200) };
  const more = [
    { kind: 'marketOnClose' },
    { kind: 'limitOnClose' },
    { persistence: 'persist' },
    { persistence: 'marketOnClose' },
    { fillOrKillMinimum: lots(0) }
  ] as const;
  const orders = more.map((asked) => exchange.place({ ...plain, ...asked }));
  exchange.advanceTo(seconds(61));
  expect(orders.map(({ end, voided, status }) => [end, voided, status])).toEqual(
    more.map(() => ['notOffered', 200, OrderStatus.complete])
  );
  expect([exchange.account.waitingBack(0), exchange.market.own.count]).toEqual([0, 0]);
  expect(exchange.explain(orders[0]!).sentence).toMatch(/^Refused: .*, the venue does not offer it\.$/u);
});

describe('what the turn in play does to orders', () => {
  const turned = (placeLatencyMillis: number): { exchange: LiveExchange; turn: Nanos } => {
    const exchange = exchangeOf({ placeLatencyMillis }, { history: true });
    const turn = seconds(exchange.market.turnSeconds);
    exchange.advanceTo((turn - 8e9) as Nanos);
    return { exchange, turn };
  };
  const far = { slot: 0, side: Side.back, tick: ticks(340), lots: lots(200) };

  it('one that waits lapses then, however long the step was', () => {
    const { exchange, turn } = turned(120);
    const order = exchange.place(far);
    exchange.advanceTo((turn + 15e9) as Nanos);
    expect([order.end, order.lapsed, order.voided, order.endedAt]).toEqual(['lapsedAtSuspension', 200, 0, turn]);
    expect(order.acceptedAt - order.madeAt).toBe(120e6);
    expect(exchange.account.waitingBack(0)).toBe(0);
    expect(exchange.explain(order).headline).toMatch(/, lapsed when the market was suspended; /u);
  });

  it('one on its way then is void, as on a recorded market, and never reached the venue', () => {
    const { exchange, turn } = turned(10_000);
    const order = exchange.place(far);
    exchange.advanceTo((turn + 15e9) as Nanos);
    expect([order.end, order.lapsed, order.voided, order.endedAt]).toEqual(['marketNotOpen', 0, 200, turn]);
    expect([order.acceptedAt, order.rest, exchange.account.waitingBack(0)]).toEqual([order.madeAt, 0, 0]);
    const { sentence, state } = exchange.explain(order);
    expect(sentence).toMatch(/^Void: .*the market was no longer open when it arrived\.$/u);
    expect(state).toBe('ended');
  });

  it('one that comes afterwards waits for the bet delay on top of its way, and reached the venue after both', () => {
    const { exchange, turn } = turned(120);
    exchange.advanceTo((turn + 3e9) as Nanos);
    expect([exchange.market.phase, exchange.state.betDelaySeconds]).toEqual(['inPlay', 5]);
    const order = exchange.place(far);
    exchange.advanceTo((order.madeAt + 5.1e9) as Nanos);
    expect(order.status).toBe(OrderStatus.pending);
    exchange.advanceTo((order.madeAt + 6e9) as Nanos);
    expect([order.status, order.acceptedAt - order.madeAt]).toEqual([OrderStatus.executable, 5.12e9]);
  });
});

describe('someone quicker', () => {
  it('takes the best price from an order that would, and only then', () => {
    const exchange = exchangeOf({ slippagePercent: 100, placeLatencyMillis: 0 }, { history: true });
    exchange.advanceTo(seconds(60));
    const { books } = exchange.market;
    const [best, second] = [books[0]!.bestBid, books[0]!.bestBid - 1];
    const behind = books[0]!.sizeAt(0, second);
    expect(behind).toBeGreaterThan(0);
    const taker = exchange.place({ slot: 0, side: Side.back, tick: ticks(second), lots: lots(behind) });
    const waiter = exchange.place({ slot: 1, side: Side.back, tick: ticks(books[1]!.bestAsk + 3), lots: lots(400) });
    exchange.advanceTo(seconds(60.001));
    expect([taker.slippedTicks, taker.matched, waiter.slippedTicks, waiter.matched]).toEqual([1, behind, 0, 0]);
    expect(taker.matchedPoints).toBe(behind * exchange.points[second]!);
    expect(books[0]!.sizeAt(0, best)).toBe(0);
    expect(exchange.explain(taker).sentence).toContain('slipped 1 tick');
    // It was a trade like any other, and is published as one.
    exchange.advanceTo(seconds(62));
    expect(exchange.feed.state.books[0]!.traded.at(best)).toBeGreaterThan(0);
    for (const book of books) if (book.bestAsk !== NO_TICK) expect(book.bestBid).toBeLessThan(book.bestAsk);
  });

  it('comes as often as configured', () => {
    let slipped = 0;
    let tried = 0;
    const exchange = exchangeOf({ slippagePercent: 30, placeLatencyMillis: 0 });
    for (let step = 0; step < 180; step++) {
      exchange.advanceTo(seconds(60 + step));
      const { bestBid } = exchange.market.books[0]!;
      const order = exchange.place({ slot: 0, side: Side.back, tick: ticks(bestBid), lots: lots(200) });
      exchange.advanceTo(seconds(60.5 + step));
      tried++;
      if (order.slippedTicks === 1) slipped++;
    }
    expect(slipped / tried).toBeGreaterThan(0.2);
    expect(slipped / tried).toBeLessThan(0.42);
  });
});

describe('the curriculum', () => {
  const hard = {
    latencyModel: 'logNormal',
    placeLatencyMillis: 400,
    slippagePercent: 60,
    curriculumSteps: 400
  } as const;
  const atBest = (exchange: LiveExchange): OrderRequest => ({
    slot: 0,
    side: Side.back,
    tick: ticks(exchange.market.books[0]!.bestAsk),
    lots: lots(200)
  });

  it('begins where an order arrives at once, first in its queue, at the price it saw; and ends with all of it', () => {
    const ahead = [0, 0.5, 1].map((level) => {
      const exchange = exchangeOf({ ...hard, feedLatencyMillis: 2000 }, { level });
      exchange.advanceTo(seconds(60));
      expect(exchange.seen.state.time === exchange.feed.state.time).toBe(level === 0);
      const waits = exchange.market.books[0]!.sizeAt(1, exchange.market.books[0]!.bestAsk);
      const order = exchange.place(atBest(exchange));
      if (level > 0) exchange.advanceTo(seconds(62));
      else exchange.advanceTo(seconds(60.0001));
      return { ahead: order.aheadOnArrival, waits, took: order.acceptedAt - order.madeAt };
    }) as [Seen, Seen, Seen];
    expect([ahead[0].ahead, ahead[0].took]).toEqual([0, 0]);
    expect(ahead[2].ahead).toBeGreaterThan(0);
    expect(ahead[1].took * 2).toBeCloseTo(ahead[2].took, -2);
  });

  interface Seen {
    readonly ahead: number;
    readonly waits: number;
    readonly took: number;
  }

  it('grows with the steps of the run, is told in info, and evaluations are always real', () => {
    const config = configOf({ ...hard, environments: 2, maxSteps: 20 });
    const env = makeVectorEnv({ config, tapes: [] });
    expect(env.spec.info).toEqual([...EPISODE_INFO, 'realism']);
    const at = EPISODE_INFO.length;
    const levels = (schedule: 'shuffle' | 'once', stepsBefore: number): number[] => {
      env.reset({ seed: seed(2), schedule, stepsBefore });
      const seen: number[] = [];
      for (let step = 0; step < 100; step++) {
        env.step();
        if (env.buffers.terminated[0] === 1 || env.buffers.truncated[0] === 1) seen.push(env.buffers.info[at]!);
      }
      return seen;
    };
    const rising = levels('shuffle', 0);
    expect(rising[0]).toBe(0);
    expect(rising).toEqual([...rising].sort((a, b) => a - b));
    expect(rising.at(-1)).toBeGreaterThan(0.2);
    expect(levels('shuffle', 400).every((level) => level === 1)).toBe(true);
    expect(levels('once', 0).every((level) => level === 1)).toBe(true);
  });
});

const WAYS = {
  'with drawn latencies': { latencyModel: 'logNormal' },
  'with a late feed': { feedLatencyMillis: 900 },
  'with a late feed whose time is drawn': { latencyModel: 'recorded', feedLatencySamples: '100 400 2500' },
  'with slippage': { slippagePercent: 30 },
  'with a curriculum of all of it': {
    latencyModel: 'logNormal',
    feedLatencyMillis: 400,
    slippagePercent: 30,
    curriculumSteps: 3000
  }
} as const;

describe('SimulatedPreOff-v0', () => {
  it.each(Object.entries(WAYS))(
    'keeps the contract %s',
    (_, way) => {
      const config = configOf({ ...way, environments: 2, startMinutes: 0.5, decisionSeconds: 2, exposureLimit: 1e6 });
      expect(checkEnv(() => makeVectorEnv({ config, tapes: [] }), { steps: 100 })).toEqual([]);
    },
    60_000
  );

  it('is paid by the market as it is, and told of it late', () => {
    const play = (feedLatencyMillis: number): { seen: Float32Array; info: Float32Array } => {
      const config = configOf({ environments: 1, startMinutes: 1, feedLatencyMillis, exposureLimit: 1e6 });
      const env = makeVectorEnv({ config, tapes: [] });
      env.reset({ seed: seed(7), schedule: 'once' });
      const random = new Random(seed(5));
      for (let step = 0; step < 8; step++) {
        sampleActions(env.spec.action, env.buffers.actions, random);
        env.step();
      }
      return { seen: env.buffers.observations.slice(), info: env.buffers.info.slice() };
    };
    const [late, prompt] = [play(4000), play(0)];
    expect(late.seen).not.toEqual(prompt.seen);
    expect(late.info[EPISODE_INFO.indexOf('orders_submitted')]).toBeGreaterThan(0);
  });
});
