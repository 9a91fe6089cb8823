/**
 * Queue models against the real queue. The simulated market knows every order of its books, so what a real order was
 * filled by, and when, is known: here the engines play an order that comes just before a real one, as large as it and at
 * its price, which a queue by price and time would fill by the same trades and lots.
 *
 * - `fifo`, told of single cancellations as an order-level source does, fills exactly as the real order did.
 * - From sizes alone nobody can tell who cancelled. Where nobody did ahead of the order, `fifo`, `riskAverse` and
 *   `fullQueue` are exact as well; elsewhere the real order is never later than `riskAverse` (which `fifo` then is), and
 *   that never later than `fullQueue`.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { instrumentInfo, perpetualRules } from '../../../../tests/support/instrument-tape.ts';
import { miniMarket } from '../../../../tests/support/mini-tape.ts';
import { commandsOf, replayOrders } from '../../../../tests/support/order-stream.ts';
import type { OrderStream, RestedOrder } from '../../../../tests/support/order-stream.ts';
import { Random } from '../../core/random.ts';
import type { Lots, Nanos, Seed, Ticks } from '../../core/units.ts';
import { millis, seed } from '../../core/units.ts';
import { betfairClassic } from '../../market/ladder.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import type { MarketInfo, Tape } from '../../market/tape.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../market/tape.ts';
import { SimulatedExchange } from '../matching/exchange.ts';
import { InstrumentExchange } from '../matching/instrument-exchange.ts';
import { Direction } from '../matching/instrument-order.ts';
import { constantLatency } from '../matching/latency.ts';
import { Side as OrderSide } from '../matching/order.ts';
import type { QueueName } from '../matching/queue/queue-name.ts';
import { Side } from './runner-book.ts';

const SEEDS = [1, 2, 3] as const;
const UNTIL_SECONDS = 150;
const latency = constantLatency({ place: 0, cancel: 0, replace: 0 });
/** Events are told a hundredth of a second apart; what we ask comes between two of them. */
const timeOf = (event: number): Nanos => millis(10 * (event + 1));
const before = (event: number): Nanos => millis(10 * (event + 1) - 5);
const eventAt = (time: Nanos): number => Math.round(time / 1e7) - 1;

/** The stream as sizes by level, a message an event: trades first, then the levels they and others left. */
function published(stream: OrderStream, info: MarketInfo): Tape {
  const betting = info.rules.settlement.kind === 'backLay';
  const builder = new TapeBuilder(0n);
  builder.message(0 as Nanos);
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  stream.events.forEach(({ matches, changes }, event) => {
    builder.message(timeOf(event));
    const traded = new Map<number, number>();
    for (const { tick, lots } of matches) traded.set(tick, (traded.get(tick) ?? 0) + lots);
    const taken = matches[0]?.side === Side.ask ? RowKind.buyTrade : RowKind.sellTrade;
    // A betting exchange counts both sides of a bet.
    for (const [tick, lots] of traded) builder.row(betting ? RowKind.trade : taken, 0, tick, betting ? 2 * lots : lots);
    for (const { side, tick, lots } of changes) {
      builder.row(side === Side.bid ? RowKind.bid : RowKind.ask, 0, tick, lots);
    }
  });
  return builder.build(info, { shared: false });
}

type Fills = readonly (readonly [event: number, lots: number])[];
/** An event that took more than a level is told as a trade at each: what they filled of an order is one fill of it. */
function byEvent(fills: readonly { readonly time: Nanos; readonly lots: number }[]): Fills {
  const sums = new Map<number, number>();
  for (const { time, lots } of fills) sums.set(eventAt(time), (sums.get(eventAt(time)) ?? 0) + lots);
  return [...sums];
}
/** Lots filled up to and including an event. */
const filledBy = (fills: Fills, event: number): number =>
  fills.reduce((sum, [at, lots]) => (at <= event ? sum + lots : sum), 0);

/** What the betting exchange fills of the order's twin under a model that is told sizes alone, for as long as it stood. */
function twinBySizes(tape: Tape, order: RestedOrder, queue: QueueName): Fills {
  const random = new Random(seed(1));
  const exchange = new SimulatedExchange(tape, {
    queue,
    latency,
    random,
    bankroll: Infinity,
    history: true,
    shadows: []
  });
  exchange.advanceTo(before(order.came));
  const twin = exchange.place({
    slot: 0,
    side: order.side === Side.bid ? OrderSide.lay : OrderSide.back,
    tick: order.tick as Ticks,
    lots: order.lots as Lots,
    reducing: true
  });
  exchange.advanceTo(timeOf(order.gone));
  expect([twin.crossed, twin.aheadOnArrival]).toEqual([false, order.ahead]);
  return byEvent(exchange.fillsOf(twin));
}

/** The twin at the exchange for instruments, which is told of every cancellation: what was filled under `queue`, and under `fifo`. */
function twinByOrders(
  stream: OrderStream,
  tape: Tape,
  order: RestedOrder,
  queue: QueueName
): { fills: Fills; fifo: { filled: number; first: number | undefined } | undefined } {
  const exchange = new InstrumentExchange(tape, {
    queue,
    latency,
    random: new Random(1 as Seed),
    cash: 1e7,
    history: true
  });
  const direction = order.side === Side.bid ? Direction.buy : Direction.sell;
  exchange.advanceTo(before(order.came));
  const twin = exchange.place({ slot: 0, direction, tick: order.tick as Ticks, lots: order.lots as Lots });
  for (let event = order.came + 1; event <= order.gone && event < stream.events.length; event++) {
    const { cancelled } = stream.events[event]!;
    if (cancelled?.side !== order.side || cancelled.tick !== order.tick) continue;
    exchange.advanceTo(before(event));
    exchange.cancelledByOthers(0, direction, order.tick as Ticks, { place: cancelled.ahead, lots: cancelled.lots });
  }
  exchange.advanceTo(timeOf(order.gone));
  expect(twin.aheadOnArrival).toBe(order.ahead);
  const fifo = exchange.explain(twin).others.find(({ model }) => model === 'fifo');
  return {
    fills: byEvent(exchange.fillsOf(twin)),
    fifo: fifo && { filled: fifo.filledLots, first: fifo.firstAt === undefined ? undefined : eventAt(fifo.firstAt) }
  };
}

/** So many of them, from the first to the last. */
function spread<T>(all: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, Math.ceil(all.length / count));
  return all.filter((_, index) => index % step === 0);
}

interface Played {
  readonly stream: OrderStream;
  readonly betting: Tape;
  readonly instrument: Tape;
  /** Orders that were filled, in part at least, of which one or more lots stood ahead; and some that were not. */
  readonly orders: readonly RestedOrder[];
}

const filledBehindSomeone = ({ fills, ahead }: RestedOrder): boolean => fills.length > 0 && ahead > 0;

describe.each(SEEDS)('on simulated market %i', (from) => {
  let runners: readonly Played[] = [];

  beforeAll(() => {
    const info = { ...miniMarket({ runners: 1, scheduledSeconds: 600 }) };
    runners = commandsOf(seed(from), UNTIL_SECONDS)
      .slice(0, 4)
      .map((commands) => {
        const stream = replayOrders(commands, betfairClassic.size);
        const filled = stream.orders.filter(filledBehindSomeone);
        const others = stream.orders.filter((order) => !filledBehindSomeone(order));
        return {
          stream,
          betting: published(stream, info),
          instrument: published(stream, instrumentInfo(perpetualRules())),
          orders: [...spread(filled, 40), ...spread(others, 15)]
        };
      });
  });

  it('fifo fills an order as the real queue did, fill by fill, where it is told who cancelled', () => {
    let behind = 0;
    let passed = 0;
    for (const { stream, instrument, orders } of runners) {
      for (const order of orders) {
        expect(twinByOrders(stream, instrument, order, 'fifo').fills).toEqual(order.fills);
        if (filledBehindSomeone(order)) behind++;
        if (order.fills.length > 0 && order.cancelledAhead > 0) passed++;
      }
    }
    expect(behind).toBeGreaterThan(50);
    expect(passed).toBeGreaterThan(10);
  });

  it('and says so of an order that another model counts for', () => {
    for (const { stream, instrument, orders } of runners) {
      for (const order of spread(orders, 15)) {
        const { fifo } = twinByOrders(stream, instrument, order, 'fullQueue');
        expect(fifo).toEqual({ filled: filledBy(order.fills, Infinity), first: order.fills[0]?.[0] });
      }
    }
  });

  it('from sizes alone the three careful models do so where nobody ahead cancelled', () => {
    let exact = 0;
    for (const { betting, orders } of runners) {
      for (const order of orders) {
        if (order.cancelledAhead > 0 || order.fills.length === 0) continue;
        for (const queue of ['fifo', 'riskAverse', 'fullQueue'] as const) {
          expect(twinBySizes(betting, order, queue), queue).toEqual(order.fills);
        }
        if (order.ahead > 0) exact++;
      }
    }
    expect(exact).toBeGreaterThan(20);
  });

  it('and elsewhere bound it: the real order is never later than risk-averse, that never later than the full queue', () => {
    let late = 0;
    let later = 0;
    for (const { betting, orders } of runners) {
      for (const order of orders) {
        const careful = twinBySizes(betting, order, 'riskAverse');
        const full = twinBySizes(betting, order, 'fullQueue');
        expect(twinBySizes(betting, order, 'fifo')).toEqual(careful);
        for (const [event] of [...order.fills, ...careful, ...full]) {
          expect(filledBy(careful, event)).toBeLessThanOrEqual(filledBy(order.fills, event));
          expect(filledBy(full, event)).toBeLessThanOrEqual(filledBy(careful, event));
        }
        if (filledBy(careful, order.gone) < filledBy(order.fills, order.gone)) late++;
        if (filledBy(full, order.gone) < filledBy(careful, order.gone)) later++;
      }
    }
    // The bounds are no equalities in disguise.
    expect([late > 3, later > 3]).toEqual([true, true]);
  });
});
