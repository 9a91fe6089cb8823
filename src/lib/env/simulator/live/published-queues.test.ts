/** What queue models make of orders in a market that answers, by what it published: hand-counted, and bounded by the real queue. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { SimulatedEnvSchema } from '../../../config/run-config.ts';
import { lots, seconds, seed, ticks } from '../../../core/units.ts';
import type { Nanos, Seed } from '../../../core/units.ts';
import { betfairClassic } from '../../../market/ladder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../../market/tape.ts';
import { betfairRules } from '../../../market/venues/betfair.ts';
import { ladderPoints } from '../../account/hedge.ts';
import { Fill, Order, OrderStatus, Side } from '../../matching/order.ts';
import { fifo } from '../../matching/queue/fifo.ts';
import { otherQueues } from '../../matching/queue/queue-name.ts';
import { drawScenario } from '../market-draw.ts';
import { LiveExchange } from './live-exchange.ts';
import { PublishedQueues } from './published-queues.ts';

const points = ladderPoints(betfairClassic);
const at = (price: number): number => betfairClassic.tickOf(price)!;
const models = otherQueues(fifo, betfairRules());

/** A market that is published by hand, and orders of which what really happened is told by hand. */
function scene() {
  const queues = new PublishedQueues({ models, points, slots: 1 });
  const orders: Order[] = [];
  const fills = new Map<Order, Fill[]>();
  const before = new Map<Order, number>();
  let messages = 0;
  return {
    orders,
    say(second: number, ...rows: readonly (readonly [RowKind, number, number])[]) {
      queues.message(1000 * second);
      for (const [kind, tick, size] of rows) queues.row(kind, kind === RowKind.status ? NO_SLOT : 0, tick, size);
      messages++;
    },
    comes(second: number, side: Side, price: number, stake: number): Order {
      const order = new Order();
      const request = { slot: 0, side, tick: ticks(at(price)), lots: lots(stake) };
      order.fill(orders.length + 1, request, points[at(price)]!, { now: seconds(second) });
      order.status = OrderStatus.executable;
      orders.push(order);
      before.set(order, messages);
      return order;
    },
    fills(order: Order, second: number, size: number, price: number, taking = false) {
      const fill = new Fill(order);
      Object.assign(fill, { time: seconds(second), lots: size, taking, message: messages, points: points[at(price)]! });
      fills.set(order, [...(fills.get(order) ?? []), fill]);
      order.matched += size;
      if (order.rest === 0)
        Object.assign(order, { status: OrderStatus.complete, end: 'matched', endedAt: seconds(second) });
    },
    told(order: Order) {
      const history = {
        orders,
        fillsOf: (one: Order) => fills.get(one) ?? [],
        messagesBefore: (one: Order) => before.get(one)!
      };
      return Object.fromEntries((queues.follow(history).get(order) ?? []).map((one) => [one.model, one]));
    }
  };
}

const open = [RowKind.status, NO_TICK, MarketStatus.open] as const;

describe('by what was published', () => {
  it('an order stands behind what others showed at its price, and moves by their trades and cancellations alone', () => {
    const market = scene();
    market.say(0, open, [RowKind.ask, at(4.6), 5_000]);
    const order = market.comes(1, Side.back, 4.6, 1_500);
    // 40.00 of others leave untraded; our own 15.00 shows.
    market.say(5, [RowKind.ask, at(4.6), 2_500]);
    expect(market.told(order)).toMatchObject({
      fullQueue: { aheadOnArrival: 5_000, ahead: 5_000, filled: 0, rest: 1_500 },
      riskAverse: { aheadOnArrival: 5_000, ahead: 1_000, filled: 0, rest: 1_500 }
    });
    // A bet of 22.00 takes what is left of the others, and of ours 12.00.
    market.fills(order, 8, 1_200, 4.6);
    market.say(10, [RowKind.trade, at(4.6), 2 * 2_200], [RowKind.ask, at(4.6), 300]);
    expect(market.told(order)).toMatchObject({
      fullQueue: { ahead: 2_800, filled: 0, rest: 1_500 },
      riskAverse: { ahead: 0, filled: 1_200, rest: 300, firstAt: seconds(10), firstMessage: 2 }
    });
  });

  it('one that is all matched is followed on in slower models until the suspension', () => {
    const market = scene();
    market.say(0, open, [RowKind.ask, at(4.6), 5_000]);
    const order = market.comes(1, Side.back, 4.6, 1_000);
    market.say(5, [RowKind.ask, at(4.6), 1_000]);
    market.fills(order, 8, 1_000, 4.6);
    market.say(10, [RowKind.trade, at(4.6), 2 * 1_000], [RowKind.ask, at(4.6), 0]);
    expect(market.told(order)['fullQueue']).toMatchObject({ ahead: 4_000, filled: 0, rest: 1_000 });
    market.say(20, [RowKind.trade, at(4.6), 2 * 4_300]);
    expect(market.told(order)['fullQueue']).toMatchObject({ filled: 300, rest: 700, firstAt: seconds(20) });
    market.say(30, [RowKind.status, NO_TICK, MarketStatus.suspended]);
    expect(market.told(order)['fullQueue']).toMatchObject({ filled: 300, rest: 0 });
  });

  it('what an order takes itself fills nothing of what is left of it', () => {
    const market = scene();
    market.say(0, open, [RowKind.bid, at(4.7), 800]);
    const order = market.comes(1, Side.back, 4.6, 1_500);
    market.fills(order, 1, 800, 4.7, true);
    market.say(5, [RowKind.trade, at(4.7), 2 * 800], [RowKind.bid, at(4.7), 0], [RowKind.ask, at(4.6), 700]);
    for (const one of Object.values(market.told(order))) {
      expect(one).toMatchObject({ aheadOnArrival: 0, filled: 0, rest: 700 });
    }
    market.fills(order, 8, 200, 4.6);
    market.say(10, [RowKind.trade, at(4.6), 2 * 200], [RowKind.ask, at(4.6), 500]);
    for (const one of Object.values(market.told(order))) expect(one).toMatchObject({ filled: 200, rest: 500 });
  });

  it('a cancelled order ends in every model, and its own size at a level is never taken for another’s', () => {
    const market = scene();
    market.say(0, open, [RowKind.ask, at(4.6), 1_000]);
    const first = market.comes(1, Side.back, 4.6, 400);
    market.say(3, [RowKind.ask, at(4.6), 1_400]);
    const second = market.comes(4, Side.back, 4.6, 600);
    market.say(5, [RowKind.ask, at(4.6), 2_000]);
    Object.assign(first, { cancelled: 400, status: OrderStatus.complete, end: 'cancelled', endedAt: seconds(6) });
    market.say(7, [RowKind.ask, at(4.6), 1_600]);
    expect(market.told(first)['riskAverse']).toMatchObject({ aheadOnArrival: 1_000, filled: 0, rest: 0 });
    for (const one of Object.values(market.told(second))) {
      expect(one).toMatchObject({ aheadOnArrival: 1_000, ahead: 1_000, rest: 600 });
    }
    // They share a trade as orders of one account do.
    market.say(10, [RowKind.trade, at(4.6), 2 * 1_250], [RowKind.ask, at(4.6), 350]);
    market.fills(second, 9, 250, 4.6);
    expect(market.told(second)['fullQueue']).toMatchObject({ filled: 250, rest: 350 });
  });

  it('tells nothing of an order that took all it wanted, was void, or is on its way', () => {
    const market = scene();
    market.say(0, open, [RowKind.bid, at(4.7), 800]);
    const took = market.comes(1, Side.back, 4.6, 500);
    market.fills(took, 1, 500, 4.7, true);
    const onItsWay = market.comes(1, Side.back, 4.6, 500);
    onItsWay.status = OrderStatus.pending;
    const none = market.comes(1, Side.back, 4.6, 500);
    Object.assign(none, { status: OrderStatus.complete, voided: 500 });
    for (const order of market.orders) expect(market.told(order)).toEqual({});
  });
});

/** Plays orders at the best prices and near them, each at the moment of a message, and none on its way. */
function played(from: Seed): LiveExchange {
  const config = v.parse(SimulatedEnvSchema, {
    id: 'SimulatedPreOff-v0',
    placeLatencyMillis: 0,
    cancelLatencyMillis: 0,
    bankroll: 1e6
  });
  const scenario = drawScenario({ seed: from, index: 0, scheduledMillis: 0, leadSeconds: 300 });
  const exchange = new LiveExchange({ ...config, scenario, history: true });
  const toMessage = (after: Nanos): void => {
    exchange.advanceTo(after);
    while (exchange.feed.state.time !== exchange.now) exchange.advanceTo((exchange.now + 1e6) as Nanos);
  };
  for (let k = 0; k < 60; k++) {
    toMessage(seconds(60 + 3 * k));
    const slot = k % 3;
    const { bestBid, bestAsk } = exchange.books[slot]!;
    const side = k % 2 === 0 ? Side.back : Side.lay;
    const tick = side === Side.back ? bestAsk + (k % 5 === 4 ? 1 : 0) : bestBid - (k % 5 === 4 ? 1 : 0);
    const order = exchange.place({ slot, side, tick: ticks(tick), lots: lots(300 + 100 * (k % 4)) });
    if (k % 7 === 6) {
      exchange.advanceTo((exchange.now + 9e8) as Nanos);
      exchange.cancel(order);
    }
  }
  exchange.advanceTo(seconds(290));
  return exchange;
}

describe('an order at a market that answers', () => {
  const exchanges = [1, 2, 3, 4, 5, 6].map((one) => played(seed(one)));

  it('has its story told with what every other model made of it, and that its queue was the real one', () => {
    for (const exchange of exchanges) {
      for (const order of exchange.orders) {
        const { queue, others, otherQueues, sentence } = exchange.explain(order);
        expect(queue).toBe('book');
        const rested = exchange.explain(order).fills.filter(({ cause }) => cause === 'taking');
        if (rested.reduce((sum, fill) => sum + fill.lots, 0) === order.lots) continue;
        expect(others.map(({ model }) => model)).toEqual(models.map(({ id }) => id));
        expect(otherQueues).toMatch(/^Its queue was the real one\. By queue models, from what was published: .*\.$/u);
        expect(sentence.endsWith(otherQueues)).toBe(true);
      }
    }
  });

  it('is never later than the careful models say, and stood where they put it', () => {
    let behind = 0;
    let late = 0;
    let same = 0;
    for (const exchange of exchanges) {
      for (const order of exchange.orders) {
        const { others, fills } = exchange.explain(order);
        const [full, careful] = ['fullQueue', 'riskAverse'].map((name) => others.find(({ model }) => model === name));
        if (full === undefined || careful === undefined) continue;
        const taken = fills.reduce((sum, { cause, lots: size }) => (cause === 'taking' ? sum + size : sum), 0);
        // Own orders ahead of it are not what others have.
        const own = exchange.orders
          .filter((one) => one.id < order.id && one.slot === order.slot && one.side === order.side)
          .filter(
            (one) => one.tick === order.tick && (one.endedAt >= order.madeAt || one.status !== OrderStatus.complete)
          );
        if (own.length === 0 && taken === 0) expect(careful.aheadOnArrivalLots).toBe(order.aheadOnArrival);
        if (order.aheadOnArrival > 0) behind++;
        if (own.length > 0) continue;
        expect(careful.filledLots).toBeLessThanOrEqual(order.end === 'cancelled' ? order.lots : order.matched - taken);
        expect(full.filledLots).toBeLessThanOrEqual(careful.filledLots);
        if (order.matched - taken > careful.filledLots) late++;
        if (order.matched > taken && order.matched - taken === full.filledLots) same++;
      }
    }
    expect(behind).toBeGreaterThan(50);
    expect(late).toBeGreaterThan(2);
    expect(same).toBeGreaterThan(10);
  });

  it('costs nothing where no history is kept', () => {
    const config = v.parse(SimulatedEnvSchema, { id: 'SimulatedPreOff-v0' });
    const scenario = drawScenario({ seed: seed(1), index: 0, scheduledMillis: 0, leadSeconds: 300 });
    const exchange = new LiveExchange({ ...config, scenario });
    exchange.advanceTo(seconds(60));
    const { bestAsk } = exchange.books[0]!;
    const order = exchange.place({ slot: 0, side: Side.back, tick: ticks(bestAsk), lots: lots(300) });
    exchange.advanceTo(seconds(90));
    expect(exchange.explain(order)).toMatchObject({ queue: 'book', others: [], fills: [], otherQueues: '' });
  });
});
