import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { millis } from '../core/units.ts';
import { MarketState } from './market-state.ts';
import { betfairRules } from './venues/betfair.ts';
import { TapeBuilder } from './tape-builder.ts';
import { tapeFromWire, tapeToWire } from './tape-wire.ts';
import { MarketStatus, NO_SLOT, NO_TICK, Outcome, RowKind, epochMillis, messageCount } from './tape.ts';
import type { MarketInfo, Tape } from './tape.ts';

const SLOTS = 4;
const market: MarketInfo = {
  id: '1.1',
  venue: 'betfair',
  name: 'R1',
  eventName: 'Somewhere',
  kind: 'WIN',
  country: 'AU',
  rules: betfairRules(),
  runners: Array.from({ length: SLOTS }, (_, slot) => ({
    slot,
    id: String(100 + slot),
    handicap: 0,
    name: `Runner ${String(slot)}`,
    sortPriority: slot + 1
  })),
  scheduledMillis: 1_700_000_600_000,
  fingerprint: '',
  synthetic: true
};
const START = 1_700_000_000_000n;

type Row = readonly [kind: RowKind, slot: number, tick: number, lots: number];
const level = fc.tuple(
  fc.constantFrom(RowKind.bid, RowKind.ask, RowKind.trade, RowKind.tradedCorrection),
  fc.nat(SLOTS - 1),
  fc.nat(349),
  fc.oneof(fc.constant(0), fc.nat(10_000_000))
);
const last = fc.tuple(fc.constant(RowKind.lastTraded), fc.nat(SLOTS - 1), fc.nat(349), fc.constant(0));
const clear = fc.tuple(
  fc.constant(RowKind.clear),
  fc.constantFrom(...Array.from({ length: SLOTS }, (_, slot) => slot), NO_SLOT),
  fc.constant(NO_TICK),
  fc.constant(0)
);
const row = fc.oneof({ arbitrary: level, weight: 20 }, { arbitrary: last, weight: 2 }, { arbitrary: clear, weight: 1 });
const messages = fc.array(fc.record({ gap: fc.nat(5_000), rows: fc.array(row, { maxLength: 12 }) }), { maxLength: 40 });

function build(list: readonly { readonly gap: number; readonly rows: readonly Row[] }[], shared: boolean): Tape {
  const builder = new TapeBuilder(START * 1_000_000n);
  let at = 0;
  for (const { gap, rows } of list) {
    at += gap;
    builder.message(millis(at));
    for (const [kind, slot, tick, lots] of rows) builder.row(kind, slot, tick, lots);
  }
  return builder.build(market, { shared });
}

function picture(state: MarketState): unknown {
  return state.books.map((book) => {
    const levels: number[][] = [];
    for (let tick = 0; tick < 350; tick++) {
      const sizes = [book.bids.at(tick), book.asks.at(tick), book.traded.at(tick)];
      if (sizes.some((size) => size !== 0)) levels.push([tick, ...sizes]);
    }
    return { levels, last: book.lastTradedPrice, bid: book.bestBid, ask: book.bestAsk, traded: book.totalTraded };
  });
}

function replay(tape: Tape, upTo = messageCount(tape)): MarketState {
  const state = new MarketState(tape.market);
  for (let message = 0; message < upTo; message++) state.applyMessage(tape, message);
  return state;
}

describe('a market replayed', () => {
  test('gives the same books again, from a shared buffer too, and after a reset', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const tape = build(list, false);
        const once = picture(replay(tape));
        expect(picture(replay(tapeFromWire(tapeToWire(build(list, true)))))).toEqual(once);
        const state = replay(tape);
        state.reset();
        for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
        expect(picture(state)).toEqual(once);
      })
    );
  });

  test('never holds a negative size or a best price without a size', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const tape = build(list, false);
        const state = new MarketState(tape.market);
        for (let message = 0; message < messageCount(tape); message++) {
          state.applyMessage(tape, message);
          for (const { bids, asks, traded, bestBid, bestAsk } of state.books) {
            for (const depth of [bids, asks, traded]) {
              for (let tick = depth.lowest; tick !== NO_TICK; tick = depth.above(tick)) {
                expect(depth.at(tick)).toBeGreaterThan(0);
              }
            }
            if (bestBid !== NO_TICK) expect(bids.at(bestBid)).toBeGreaterThan(0);
            if (bestAsk !== NO_TICK) expect(asks.at(bestAsk)).toBeGreaterThan(0);
          }
        }
      })
    );
  });

  test('is empty after a clear of all, whatever came before', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const tape = build([...list, { gap: 1, rows: [[RowKind.clear, NO_SLOT, NO_TICK, 0]] }], false);
        expect(picture(replay(tape))).toEqual(picture(new MarketState(market)));
      })
    );
  });

  test('can be copied at any message and goes on as the original does', () => {
    fc.assert(
      fc.property(messages, fc.nat(40), (list, at) => {
        const tape = build(list, false);
        const cut = Math.min(at, messageCount(tape));
        const copy = new MarketState(market);
        copy.copyFrom(replay(tape, cut));
        for (let message = cut; message < messageCount(tape); message++) copy.applyMessage(tape, message);
        expect(picture(copy)).toEqual(picture(replay(tape)));
      })
    );
  });

  test('follows status, schedule, removals and outcomes', () => {
    const rows: Row[] = [
      [RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open],
      [RowKind.betDelay, NO_SLOT, NO_TICK, 5],
      [RowKind.scheduledStart, NO_SLOT, NO_TICK, 1_700_000_900_000],
      [RowKind.removal, 2, NO_TICK, 1_662],
      [RowKind.inPlay, NO_SLOT, NO_TICK, 1],
      [RowKind.outcome, 1, NO_TICK, Outcome.winner],
      [RowKind.startingPrice, 1, 80, 1_850_000]
    ];
    const tape = build([{ gap: 250, rows }], false);
    const state = replay(tape);
    expect([state.status, state.inPlay, state.betDelaySeconds]).toEqual([MarketStatus.open, true, 5]);
    expect(state.scheduledMillis).toBe(1_700_000_900_000);
    expect([state.removed[2], state.reductionPercent[2], state.activeRunners]).toEqual([1, 16.62, SLOTS - 1]);
    expect([state.outcome[1], state.outcome[2]]).toEqual([Outcome.winner, Outcome.removed]);
    expect(state.startingPrice[1]).toBe(1.85);
    expect(epochMillis(tape, state.time)).toBe(1_700_000_000_250);
  });

  test('a runner that is put back is active again', () => {
    const tape = build(
      [
        { gap: 0, rows: [[RowKind.removal, 0, NO_TICK, 500]] },
        { gap: 9, rows: [[RowKind.outcome, 0, NO_TICK, Outcome.unknown]] }
      ],
      false
    );
    const state = replay(tape);
    expect([state.removed[0], state.reductionPercent[0], state.activeRunners]).toEqual([0, 0, SLOTS]);
  });
});

describe('a tape being built', () => {
  test('keeps two clocks apart, grows over its first size and closes the last message', () => {
    const builder = new TapeBuilder(0n);
    for (let message = 0; message < 1000; message++) {
      builder.message(millis(message), millis(message + (message < 500 ? 0 : 3)));
      builder.row(RowKind.bid, 0, message % 350, message);
    }
    const tape = builder.build(market, { shared: true });
    expect(tape.exchange.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([tape.rows, messageCount(tape), tape.messageStart[1000]]).toEqual([1000, 1000, 1000]);
    expect([tape.received[499], tape.received[500]]).toEqual([499e6, 503e6]);
    expect([tape.exchange[500], tape.lots[999]]).toEqual([500e6, 999]);
  });

  test('refuses time of reception that goes back', () => {
    const builder = new TapeBuilder(0n);
    builder.message(millis(5));
    expect(() => {
      builder.message(millis(4));
    }).toThrow('received');
  });
});
