/** Every kind of latency, of every model, at both exchanges: when a request is carried out, to the nanosecond. */
import { describe, expect, it } from 'vitest';
import { at, scene } from '../../../../tests/support/exchange-scene.ts';
import { perpetualRules, tapeOf } from '../../../../tests/support/instrument-tape.ts';
import { Random } from '../../core/random.ts';
import type { Lots, Nanos, Ticks } from '../../core/units.ts';
import { millis, seconds, seed } from '../../core/units.ts';
import type { TapeBuilder } from '../../market/tape-builder.ts';
import { NO_SLOT, NO_TICK, RowKind } from '../../market/tape.ts';
import { InstrumentExchange } from './instrument-exchange.ts';
import { Direction } from './instrument-order.ts';
import { constantLatency, logNormalLatency, recordedLatency } from './latency.ts';
import type { LatencyModel } from './latency.ts';
import { OrderStatus, Side } from './order.ts';

const MILLIS = { place: 150, cancel: 250, replace: 350, response: 20, feed: 70 };
const of = <T>(each: (ms: number) => T) => ({
  place: each(MILLIS.place),
  cancel: each(MILLIS.cancel),
  replace: each(MILLIS.replace),
  response: each(MILLIS.response),
  feed: each(MILLIS.feed)
});

const FIXED: readonly (readonly [string, LatencyModel])[] = [
  ['constant', constantLatency(MILLIS)],
  ['log-normal without spread', logNormalLatency(MILLIS, 0)],
  ['recorded, of one sample a kind', recordedLatency(of((ms) => [ms]))]
];
const DRAWN: readonly (readonly [string, LatencyModel])[] = [
  ['log-normal', logNormalLatency(MILLIS, 0.5)],
  ['recorded', recordedLatency(of((ms) => [ms / 2, ms, 2 * ms, 3 * ms]))]
];

/** A message every ten seconds, so that nothing is carried out in time by chance. */
const quiet = (builder: TapeBuilder): void => {
  for (let time = 10; time <= 600; time += 10) {
    builder.message(seconds(time));
    builder.row(RowKind.bid, 1, at(3), 10_000 + time);
  }
};
const middleOf = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1]!;

describe('at a betting exchange, whose feed delays what is decided', () => {
  it.each(FIXED)('%s', (_, latency) => {
    const { exchange, place } = scene(quiet, { latency });
    const waits = place({ side: Side.back, price: 4.8, stake: 1_000 });
    exchange.advanceTo(seconds(10.5));
    const other = place({ side: Side.back, price: 4.9, stake: 1_000 });
    exchange.advanceTo(seconds(20.5));
    exchange.cancel(waits);
    const successor = exchange.replace(other, at(5));
    exchange.advanceTo(seconds(30.5));
    expect([waits, other].map((order) => order.acceptedAt - order.madeAt)).toEqual([millis(220), millis(220)]);
    expect([waits.end, other.end]).toEqual(['cancelled', 'replaced']);
    expect([waits.endedAt, other.endedAt].map((time) => time - seconds(20.5))).toEqual([millis(320), millis(420)]);
    expect(successor.acceptedAt - successor.madeAt).toBe(millis(420));
  });

  it.each(DRAWN)('%s: each request draws its own', (_, latency) => {
    const { exchange, place } = scene(quiet, { latency, bankroll: Infinity });
    const gaps = { place: [] as number[], cancel: [] as number[], replace: [] as number[] };
    for (let round = 0; round < 18; round++) {
      const orders = Array.from({ length: 6 }, () => place({ side: Side.back, price: 4.8, stake: 200 }));
      exchange.advanceTo(seconds(10 * (3 * round + 1) + 5));
      const asked = exchange.now;
      const successors = orders.slice(3).map((order) => exchange.replace(order, at(5)));
      for (const order of orders.slice(0, 3)) exchange.cancel(order);
      exchange.advanceTo(seconds(10 * (3 * round + 2) + 5));
      gaps.place.push(...orders.map((order) => order.acceptedAt - order.madeAt));
      gaps.cancel.push(...orders.slice(0, 3).map((order) => order.endedAt - asked));
      gaps.replace.push(...successors.map((order) => order.acceptedAt - order.madeAt));
    }
    for (const kind of ['place', 'cancel', 'replace'] as const) {
      expect(new Set(gaps[kind]).size).toBeGreaterThan(5);
      const middle = millis(MILLIS[kind] + MILLIS.feed);
      expect(middleOf(gaps[kind])).toBeGreaterThan(0.6 * middle);
      expect(middleOf(gaps[kind])).toBeLessThan(1.9 * middle);
    }
  });
});

describe('of requests that one quiet spell of the feed holds, the first due is carried out first', () => {
  const latency = constantLatency({ place: 100, cancel: 200, replace: 300 });

  it('a cancel that the bet delay lets overtake its order finds nothing, and the order arrives', () => {
    const script = (builder: TapeBuilder): void => {
      builder.message(seconds(2));
      builder.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
      builder.row(RowKind.betDelay, NO_SLOT, NO_TICK, 5);
      quiet(builder);
    };
    const { exchange, place } = scene(script, { latency });
    exchange.advanceTo(seconds(10.5));
    const order = place({ side: Side.back, price: 4.8, stake: 1_000 });
    exchange.advanceTo(seconds(11));
    exchange.cancel(order);
    exchange.advanceTo(seconds(20));
    expect([order.status, order.cancelled, order.acceptedAt]).toEqual([OrderStatus.executable, 0, seconds(15.6)]);
  });

  it('no order ends before it came', () => {
    const drawn = logNormalLatency(MILLIS, 1);
    const { exchange, place } = scene(quiet, { latency: drawn, bankroll: Infinity });
    for (let round = 1; round <= 40; round++) {
      exchange.advanceTo(seconds(10 * round + 1));
      const orders = Array.from({ length: 3 }, () => place({ side: Side.back, price: 4.8, stake: 200 }));
      for (const order of orders) exchange.cancel(order);
      exchange.replace(place({ side: Side.back, price: 4.8, stake: 200 }), at(4.9));
    }
    exchange.advanceTo(seconds(600));
    const came = exchange.orders.filter((order) => order.end === 'cancelled' || order.end === 'replaced');
    expect(came.length).toBeGreaterThan(20);
    expect(came.filter((order) => order.endedAt < order.acceptedAt)).toEqual([]);
    const overtaken = exchange.orders.filter((order) => order.status === OrderStatus.executable);
    expect(overtaken.length).toBeGreaterThan(20);
  });
});

describe('at an exchange for instruments, whose feed and answers come late', () => {
  const { bid, ask } = RowKind;
  const tape = tapeOf(perpetualRules(), [
    [1, 1, [bid, 999, 20], [ask, 1001, 10]],
    [1_000, 1_000, [bid, 999, 30]],
    [9_000, 9_000]
  ]);
  const exchangeWith = (latency: LatencyModel): InstrumentExchange =>
    new InstrumentExchange(tape, {
      queue: 'fullQueue',
      latency,
      random: new Random(seed(5)),
      cash: 1e5,
      history: true
    });
  const buy = { slot: 0, direction: Direction.buy, tick: 998 as Ticks, lots: 6 as Lots };

  it.each(FIXED)('%s', (_, latency) => {
    const exchange = exchangeWith(latency);
    exchange.advanceTo(millis(500));
    const [waits, other] = [exchange.place(buy), exchange.place(buy)];
    exchange.advanceTo((millis(500 + 150 + 20) - 1) as Nanos);
    expect(exchange.openOrders.every((order) => order.acceptedAt === order.madeAt)).toBe(true);
    exchange.advanceTo(millis(670));
    expect([waits, other].map((order) => order.acceptedAt - order.madeAt)).toEqual([millis(150), millis(150)]);
    exchange.advanceTo((millis(1_070) - 1) as Nanos);
    expect(exchange.books[0]!.bids.at(999)).toBe(20);
    exchange.advanceTo(millis(1_070));
    expect(exchange.books[0]!.bids.at(999)).toBe(30);
    exchange.cancel(waits);
    const successor = exchange.replace(other, 997 as Ticks);
    exchange.advanceTo(millis(3_000));
    expect([waits.end, other.end]).toEqual(['cancelled', 'replaced']);
    expect([waits.endedAt, other.endedAt].map((time) => time - millis(1_070))).toEqual([millis(250), millis(350)]);
    expect(successor.acceptedAt - successor.madeAt).toBe(millis(350));
  });

  it.each(DRAWN)('%s: each draws its own', (_, latency) => {
    const exchange = exchangeWith(latency);
    const seen = new Set<number>();
    for (let k = 0; k < 40; k++) {
      exchange.advanceTo(millis(500 + 10 * k));
      exchange.place({ ...buy, tick: (900 + k) as Ticks });
    }
    exchange.advanceTo(millis(8_000));
    for (const order of exchange.orders) seen.add(order.acceptedAt - order.madeAt);
    expect(exchange.orders).toHaveLength(40);
    expect(seen.size).toBeGreaterThan(3);
  });
});
