/** Stories that would be easy to tell wrongly: what an order's last state alone does not say. */
import { describe, expect, it } from 'vitest';
import { at, scene, trade } from '../../../../tests/support/exchange-scene.ts';
import { perpetualRules, tapeOf } from '../../../../tests/support/instrument-tape.ts';
import { Random } from '../../core/random.ts';
import { lots, millis, seconds } from '../../core/units.ts';
import type { Lots, Seed, Ticks } from '../../core/units.ts';
import type { TapeBuilder } from '../../market/tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../market/tape.ts';
import { InstrumentExchange } from './instrument-exchange.ts';
import { Direction } from './instrument-order.ts';
import { constantLatency } from './latency.ts';
import { OrderStatus, Side } from './order.ts';

const startingPrice =
  (time: number, price: number) =>
  (builder: TapeBuilder): void => {
    builder.message(seconds(time));
    builder.row(RowKind.startingPrice, 0, at(price), price * 1e6);
  };

describe('the story of an order whose runner left', () => {
  const removal = (builder: TapeBuilder): void => {
    trade(builder, 5, 4.6, 2 * 5_300);
    builder.message(seconds(20));
    builder.row(RowKind.removal, 0, NO_TICK, 1_000);
  };

  it('says that it is void, and what of it had been matched', () => {
    const { exchange, place } = scene(removal);
    const taken = place({ side: Side.back, price: 4.5, stake: 1_000 });
    const part = place({ side: Side.back, price: 4.6, stake: 1_000 });
    const none = place({ side: Side.back, price: 4.8, stake: 1_000 });
    exchange.advanceTo(seconds(10));
    expect([taken.matched, part.matched, none.matched]).toEqual([1_000, 300, 0]);
    exchange.advanceTo(seconds(30));
    const told = [taken, part, none].map((order) => exchange.explain(order));
    expect(told.map(({ headline, state, end }) => [headline, state, end])).toEqual([
      ['Void: back $10.00 at 4.50 (it was matched), the runner left.', 'ended', 'runnerRemoved'],
      ['Void: back $10.00 at 4.60 ($3.00 of it was matched), the runner left.', 'ended', 'runnerRemoved'],
      ['Not filled: back $10.00 at 4.80, void: the runner left.', 'ended', 'runnerRemoved']
    ]);
  });

  it('leaves what ended for another reason before as it was', () => {
    const { exchange, place } = scene(removal);
    const order = place({ side: Side.back, price: 4.8, stake: 1_000 });
    exchange.advanceTo(seconds(2));
    exchange.cancel(order);
    exchange.advanceTo(seconds(30));
    expect(exchange.explain(order).headline).toBe(
      'Not filled: back $10.00 at 4.80, cancelled; nothing was ahead of it any more.'
    );
  });
});

it('what took did so when it reached the venue, not when the book had last changed', () => {
  const { exchange, place } = scene(() => undefined, {
    latency: constantLatency({ place: 4_000, cancel: 100, replace: 100 })
  });
  exchange.advanceTo(seconds(10));
  const order = place({ side: Side.back, price: 4.5, stake: 1_000 });
  exchange.advanceTo(seconds(20));
  expect([order.acceptedAt, order.endedAt]).toEqual([seconds(14), seconds(14)]);
  expect(exchange.explain(order).causes).toMatch(/^\$10\.00 at 4\.50, taken 4 s after it was sent \(message \d+\)\.$/u);
});

describe('an order ends when the venue ended it, not when a message next came', () => {
  const slow = { latency: constantLatency({ place: 2_000, cancel: 3_000, replace: 4_000 }) };
  const late = (builder: TapeBuilder): void => {
    builder.message(seconds(30));
    builder.row(RowKind.ask, 0, at(4.7), 9_000);
    builder.message(seconds(40));
    builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
    builder.message(seconds(90));
  };

  it('that was cancelled or replaced', () => {
    const { exchange, place } = scene(late, slow);
    const [cancelled, replaced] = [4.6, 4.7].map((price) => place({ side: Side.back, price, stake: 1_000 })) as [
      ReturnType<typeof place>,
      ReturnType<typeof place>
    ];
    exchange.advanceTo(seconds(10));
    exchange.cancel(cancelled);
    const successor = exchange.replace(replaced, at(4.8));
    exchange.advanceTo(seconds(35));
    expect([cancelled.end, cancelled.endedAt]).toEqual(['cancelled', seconds(13)]);
    expect([replaced.end, replaced.endedAt]).toEqual(['replaced', seconds(14)]);
    expect([successor.status, successor.acceptedAt]).toEqual([OrderStatus.executable, seconds(14)]);
  });

  it('that found nothing to replace, too little to take, or the market closed', () => {
    const { exchange, place } = scene(late, slow);
    const order = place({ side: Side.back, price: 4.6, stake: 1_000 });
    const killed = place({ side: Side.back, price: 4.5, stake: 20_000, fillOrKillMinimum: lots(20_000) });
    exchange.advanceTo(seconds(1.5));
    exchange.cancel(order);
    exchange.advanceTo(seconds(2));
    const none = exchange.replace(order, at(4.8));
    exchange.advanceTo(seconds(39));
    const closed = place({ side: Side.back, price: 4.6, stake: 1_000 });
    exchange.advanceTo(seconds(91));
    expect([killed.end, killed.endedAt]).toEqual(['fillOrKill', seconds(3)]);
    expect([none.end, none.endedAt]).toEqual(['nothingToReplace', seconds(2)]);
    expect([closed.end, closed.endedAt]).toEqual(['marketNotOpen', seconds(41)]);
  });
});

describe('the story of an order at a venue without latency', () => {
  it('says what was still ahead when it was cancelled', () => {
    const { exchange, place } = scene(() => undefined, {
      latency: constantLatency({ place: 0, cancel: 0, replace: 0 })
    });
    const order = place({ side: Side.back, price: 4.6, stake: 1_000 });
    exchange.advanceTo(seconds(3));
    exchange.cancel(order);
    exchange.advanceTo(seconds(4));
    expect([order.end, order.acceptedAt]).toEqual(['cancelled', order.madeAt]);
    expect(exchange.explain(order).headline).toBe(
      'Not filled: back $10.00 at 4.60, cancelled; $50.00 was still ahead.'
    );
  });
});

describe('an order that comes when the market is open no more', () => {
  const suspended = (builder: TapeBuilder): void => {
    builder.message(seconds(2));
    builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
    builder.message(seconds(9));
  };

  it('is void on a betting exchange, where one that is sent then is refused', () => {
    const { exchange, place } = scene(suspended, {
      latency: constantLatency({ place: 1_500, cancel: 100, replace: 100 })
    });
    const onItsWay = place({ side: Side.back, price: 4.6, stake: 1_000 });
    exchange.advanceTo(seconds(5));
    const late = place({ side: Side.back, price: 4.6, stake: 1_000 });
    expect([onItsWay.end, late.end]).toEqual(['marketNotOpen', 'marketNotOpen']);
    expect([onItsWay, late].map((order) => exchange.explain(order).sentence)).toEqual([
      'Void: back $10.00 at 4.60, the market was no longer open when it arrived.',
      'Refused: back $10.00 at 4.60, the market was not open.'
    ]);
  });

  it('is not filled on an exchange for instruments, nor is what waited there', () => {
    const { bid, ask, sellTrade, status } = RowKind;
    const tape = tapeOf(perpetualRules(), [
      [1, 1, [bid, 999, 20], [ask, 1001, 10]],
      [40, 40, [sellTrade, 999, 22]],
      [100, 100, [status, NO_TICK, MarketStatus.closed, NO_SLOT]],
      [900, 900]
    ]);
    const exchange = new InstrumentExchange(tape, {
      queue: 'fullQueue',
      latency: constantLatency({ place: 10, cancel: 10, replace: 10, response: 5 }),
      random: new Random(7 as Seed),
      cash: 1e5,
      history: true
    });
    exchange.advanceTo(millis(5));
    const place = (tick: number): ReturnType<typeof exchange.place> =>
      exchange.place({ slot: 0, direction: Direction.buy, tick: tick as Ticks, lots: 6 as Lots });
    const [part, waits] = [place(999), place(998)];
    exchange.advanceTo(millis(95));
    const late = place(998);
    exchange.advanceTo(millis(200));
    const refused = place(998);
    const orders = [part, waits, late, refused];
    expect(orders.map((order) => order.end)).toEqual(orders.map(() => 'marketNotOpen'));
    expect(orders.map((order) => exchange.explain(order).headline)).toEqual([
      'Part filled: 0.002 of buy 0.006 at 99.9, the market was no longer open; nothing was ahead of it any more.',
      'Not filled: buy 0.006 at 99.8, the market was no longer open.',
      'Not filled: buy 0.006 at 99.8, the market was no longer open.',
      'Refused: buy 0.006 at 99.8, the market was not open.'
    ]);
  });
});

it('what takes is told at the moment the order arrived, not when the book it took from had last changed', () => {
  const { exchange, place } = scene((builder) => {
    trade(builder, 5, 4.6, 2 * 6_000);
  });
  exchange.advanceTo(seconds(2));
  const order = place({ side: Side.back, price: 4.5, stake: 1_000 });
  exchange.advanceTo(seconds(6));
  const { fills } = exchange.explain(order);
  expect(fills.map(({ time, cause }) => [time, cause])).toEqual([[seconds(2.1), 'taking']]);
  expect(exchange.fillsOf(order)[0]!.time).toBe(seconds(0));
});

it('a part cancelled before the rest was matched is told as cancelled', () => {
  const { exchange, place } = scene((builder) => {
    trade(builder, 5, 4.6, 2 * 6_000);
  });
  const order = place({ side: Side.back, price: 4.6, stake: 1_000 });
  exchange.advanceTo(seconds(2));
  exchange.cancel(order, 400);
  exchange.advanceTo(seconds(6));
  expect(exchange.explain(order).headline).toBe(
    'Part filled: back $6.00 at 4.60, 4 s after it was sent, behind $50.00, $4.00 cancelled.'
  );
});

describe('a replacement that came too late says that there was nothing to replace', () => {
  const why = 'the order it was to replace was already filled, withdrawn or not yet at the venue';

  it('on a betting exchange', () => {
    const { exchange, place } = scene((builder) => {
      trade(builder, 5, 4.6, 2 * 6_000);
    });
    const order = place({ side: Side.back, price: 4.6, stake: 1_000 });
    exchange.advanceTo(seconds(4.9));
    const late = exchange.replace(order, at(4));
    exchange.advanceTo(seconds(6));
    const later = exchange.replace(order, at(4));
    for (const successor of [late, later]) {
      expect(exchange.explain(successor).sentence).toBe(`Not placed: back at 4.00, ${why}.`);
      expect([successor.end, successor.matched, successor.rest]).toEqual(['nothingToReplace', 0, 0]);
    }
    expect(order.matched).toBe(1_000);
    // The one on arrival, the other at once.
    expect([late.endedAt, later.endedAt]).toEqual([seconds(5.1), later.madeAt]);
  });

  it('on an exchange for instruments', () => {
    const { bid, ask, sellTrade } = RowKind;
    const tape = tapeOf(perpetualRules(), [
      [1, 1, [bid, 999, 20], [ask, 1001, 10]],
      [40, 40, [sellTrade, 999, 30]],
      [900, 900]
    ]);
    const exchange = new InstrumentExchange(tape, {
      queue: 'fullQueue',
      latency: constantLatency({ place: 10, cancel: 10, replace: 10, response: 5 }),
      random: new Random(7 as Seed),
      cash: 1e5,
      history: true
    });
    exchange.advanceTo(millis(5));
    const order = exchange.place({ slot: 0, direction: Direction.buy, tick: 999 as Ticks, lots: 6 as Lots });
    exchange.advanceTo(millis(35));
    const late = exchange.replace(order, 997 as Ticks);
    exchange.advanceTo(millis(200));
    const later = exchange.replace(order, 997 as Ticks);
    for (const successor of [late, later]) {
      expect(exchange.explain(successor).sentence).toBe(`Not placed: buy at 99.7, ${why}.`);
      expect(successor.end).toBe('nothingToReplace');
    }
    expect([order.filled, exchange.account.waitingBuy[0]]).toEqual([6, 0]);
  });
});

describe('at the starting price', () => {
  it('a lay whose whole liability was used is filled', () => {
    const { exchange, place } = scene(startingPrice(10, 5));
    const byLiability = place({ side: Side.lay, price: 4.4, stake: 4_000, kind: 'marketOnClose' });
    const kept = place({ side: Side.lay, price: 3, stake: 2_000, persistence: 'marketOnClose' });
    exchange.advanceTo(seconds(11));
    for (const order of [byLiability, kept]) {
      expect(exchange.explain(order).headline).toBe(`Filled: lay $10.00 at 5.00, at the starting price.`);
    }
  });

  it('every queue model gives an order what is left of it there', () => {
    const { exchange, place } = scene(
      (builder) => {
        trade(builder, 5, 4.6, 2 * 5_600);
        startingPrice(10, 5)(builder);
      },
      { queue: 'riskAverse' }
    );
    const back = place({ side: Side.back, price: 4.6, stake: 1_000, persistence: 'marketOnClose' });
    const far = place({ side: Side.lay, price: 3, stake: 2_000, persistence: 'marketOnClose' });
    const small = place({ side: Side.lay, price: 3, stake: 300, persistence: 'marketOnClose' });
    exchange.advanceTo(seconds(11));
    const filled = (of: typeof back): number[] => exchange.explain(of).others.map((other) => other.filledLots);
    expect([back.matched, far.matched, small.matched, small.lapsed]).toEqual([1_000, 1_000, 0, 300]);
    expect([filled(back), filled(far), filled(small)].map((all) => [...new Set(all)])).toEqual([[1_000], [1_000], [0]]);
    expect(exchange.explain(far).otherQueues).toMatch(/: \$10\.00 filled, the first after 9 s\.$/u);
    expect(exchange.explain(far).others.map((other) => [other.waitingLots, other.firstAt])).toEqual(
      exchange.explain(far).others.map(() => [0, seconds(10)])
    );
  });

  it('a slower model takes it, though the one that counts had filled the order before', () => {
    const { exchange, place } = scene(
      (builder) => {
        builder.message(seconds(3));
        builder.row(RowKind.ask, 0, at(4.6), 500);
        trade(builder, 5, 4.6, 2 * 1_500);
        startingPrice(10, 5)(builder);
      },
      { queue: 'riskAverse' }
    );
    const order = place({ side: Side.back, price: 4.6, stake: 1_000, persistence: 'marketOnClose' });
    exchange.advanceTo(seconds(6));
    const full = (): unknown => exchange.explain(order).others.find((other) => other.model === 'fullQueue');
    expect(order.end).toBe('matched');
    expect(full()).toMatchObject({ filledLots: 0, waitingLots: 1_000 });
    exchange.advanceTo(seconds(11));
    expect(full()).toMatchObject({ filledLots: 1_000, waitingLots: 0, firstAt: seconds(10) });
  });
});
