import { test as property, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { betfairRules } from '$lib/market/venues/betfair.ts';
import { MarketState } from '$lib/market/market-state.ts';
import { TapeBuilder } from '$lib/market/tape-builder.ts';
import { MarketStatus, NO_SLOT, RowKind } from '$lib/market/tape.ts';
import type { MarketInfo, Tape } from '$lib/market/tape.ts';
import type { Nanos } from '$lib/core/units.ts';
import { Replay } from './replay.ts';
import { outlineMarket, messageCounts } from './market-outline.ts';
import { DepthHistory } from './depth-history.ts';

const market: MarketInfo = {
  id: '1.1',
  venue: 'betfair',
  name: 'Test',
  eventName: 'Test',
  kind: 'WIN',
  country: 'AU',
  rules: betfairRules(),
  runners: [0, 1, 2].map((slot) => ({
    slot,
    id: `${slot}`,
    handicap: 0,
    name: `Horse ${slot}`,
    sortPriority: slot + 1
  })),
  scheduledMillis: 3_000_000,
  fingerprint: '',
  synthetic: true
};

interface Step {
  readonly kind: number;
  readonly slot: number;
  readonly tick: number;
  readonly lots: number;
}
const kinds = [
  RowKind.bid,
  RowKind.ask,
  RowKind.trade,
  RowKind.lastTraded,
  RowKind.clear,
  RowKind.removal,
  RowKind.offLadderTrade,
  RowKind.tradedCorrection,
  RowKind.startingPrice,
  RowKind.outcome,
  RowKind.adjustmentFactor
];
const step = fc.record({
  kind: fc.constantFrom(...kinds),
  slot: fc.integer({ min: 0, max: 2 }),
  tick: fc.integer({ min: 0, max: 349 }),
  lots: fc.integer({ min: 0, max: 4 })
});

/** The steps are repeated until several snapshots must have been taken. */
function tapeOf(steps: readonly Step[], repeats: number): Tape {
  const builder = new TapeBuilder(0n);
  for (let round = 0, at = 0; round < repeats; round++) {
    for (const [index, one] of steps.entries()) {
      if (index % 3 === 0) builder.message((at++ * 1e6) as Nanos);
      builder.row(one.kind as RowKind, one.slot, (one.tick + round) % 350, one.lots);
    }
  }
  return builder.build(market, { shared: false });
}

function content(state: MarketState) {
  return {
    time: state.time,
    removed: [...state.removed],
    active: state.activeRunners,
    outcome: [...state.outcome],
    starting: [...state.startingPrice],
    adjustment: [...state.adjustmentPercent],
    books: state.books.map((book) => ({
      bids: Array.from({ length: 350 }, (_, tick) => book.bids.at(tick)),
      asks: Array.from({ length: 350 }, (_, tick) => book.asks.at(tick)),
      traded: Array.from({ length: 350 }, (_, tick) => book.traded.at(tick)),
      best: [book.bestBid, book.bestAsk, book.lastTraded, book.lastTradedPrice],
      total: book.totalTraded,
      off: [...book.offLadder].sort((a, b) => a.price - b.price)
    }))
  };
}

describe('replay', () => {
  property.prop(
    [
      fc.array(step, { minLength: 60, maxLength: 120 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 6 })
    ],
    { numRuns: 12 }
  )('seeking to a time, from wherever, equals replaying to it from the start', (steps, shares) => {
    const tape = tapeOf(steps, 400);
    const replay = new Replay(tape);
    const cursor = replay.cursor();
    for (const share of shares) {
      const time = Math.round(share * tape.exchange[tape.rows - 1]!) as Nanos;
      replay.seek(cursor, time);
      const plain = new MarketState(market);
      for (let row = 0; row < tape.rows && tape.exchange[row]! <= time; row++) plain.apply(tape, row);
      expect(content(cursor.state)).toEqual(content(plain));
    }
  });

  test('the number of messages until a time counts those at that very time', () => {
    const builder = new TapeBuilder(0n);
    for (const at of [0, 5, 5, 9]) {
      builder.message(at as Nanos);
      builder.row(RowKind.bid, 0, 10, 100 + at);
    }
    const replay = new Replay(builder.build(market, { shared: false }));
    expect([-1, 0, 4, 5, 8, 9, 10].map((at) => replay.messagesUntil(at as Nanos))).toEqual([0, 1, 1, 3, 3, 4, 4]);
  });
});

describe('outline of a market', () => {
  function eventful(): Tape {
    const builder = new TapeBuilder(0n);
    const status = (seconds: number, to: number): void => {
      builder.message((seconds * 1e9) as Nanos);
      builder.row(RowKind.status, NO_SLOT, 0, to);
    };
    status(0, MarketStatus.open);
    builder.message(60e9 as Nanos);
    builder.row(RowKind.removal, 2, 0, 1250);
    status(100, MarketStatus.suspended);
    status(105, MarketStatus.open);
    status(110, MarketStatus.suspended);
    builder.message(111e9 as Nanos);
    builder.row(RowKind.inPlay, NO_SLOT, 0, 1);
    builder.row(RowKind.status, NO_SLOT, 0, MarketStatus.open);
    status(300, MarketStatus.closed);
    return builder.build(market, { shared: false });
  }

  test('names removals, suspensions, the turn in play and the close, once each', () => {
    const { events, off, turnedInPlay } = outlineMarket(eventful());
    expect(events.map((event) => `${event.time / 1e9} ${event.text}`)).toEqual([
      '60 Horse 2 removed',
      '100 Suspended',
      '105 Open again',
      '111 In play',
      '300 Closed'
    ]);
    expect(off).toBe(111e9);
    expect(turnedInPlay).toBe(true);
  });

  test('every message of a span is in one bin', () => {
    const { replay } = outlineMarket(eventful());
    const counts = messageCounts(replay, 0 as Nanos, 300e9 as Nanos, 3);
    expect([...counts]).toEqual([2, 4, 1]);
  });
});

describe('depth through time', () => {
  function quoted(): Tape {
    const builder = new TapeBuilder(0n);
    for (let second = 0; second < 100; second++) {
      builder.message((second * 1e9) as Nanos);
      builder.row(RowKind.bid, 0, 100, 1000 + second);
      builder.row(RowKind.ask, 0, 102, 500);
      if (second === 50) builder.row(RowKind.trade, 0, 100, 300);
      if (second === 60) builder.row(RowKind.trade, 0, 102, 200);
      if (second === 70) builder.row(RowKind.trade, 0, 101, 100);
    }
    return builder.build(market, { shared: false });
  }
  const options = { slot: 0, spanNanos: 60e9, columns: 60 };

  test('following step by step gives what a jump gives', () => {
    const replay = new Replay(quoted());
    const walked = new DepthHistory(replay, options);
    for (let at = 0; at <= 90.5; at += 0.7) walked.follow((at * 1e9) as Nanos);
    walked.follow(90.5e9 as Nanos);
    const jumped = new DepthHistory(replay, options);
    jumped.follow(90.5e9 as Nanos);
    expect(walked.bids).toEqual(jumped.bids);
    expect(walked.asks).toEqual(jumped.asks);
    expect(walked.trades).toEqual(jumped.trades);
  });

  test('a column shows the book at its end and nothing later', () => {
    const history = new DepthHistory(new Replay(quoted()), options);
    history.follow(80.5e9 as Nanos);
    expect(history.bids[(80 % 60) * history.ticks + 100]).toBe(1080);
    expect(Math.max(...history.bids)).toBe(1080);
  });

  test('trades carry who took, as far as the prices before them tell', () => {
    const history = new DepthHistory(new Replay(quoted()), { ...options, spanNanos: 90e9, columns: 90 });
    history.follow(85e9 as Nanos);
    expect(history.trades.map((trade) => [trade.tick, trade.size, trade.aggressor])).toEqual([
      [100, 3, 'backed'],
      [102, 2, 'laid'],
      [101, 1, 'unknown']
    ]);
  });
});
