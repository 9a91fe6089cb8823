/** Tapes of instruments with two clocks: what is seen in order of reception, what happened in the venue's order. */
import { describe, expect, test } from 'vitest';
import type { Nanos } from '../core/units.ts';
import { MarketState } from './market-state.ts';
import { TapeBuilder } from './tape-builder.ts';
import { tapeFromWire, tapeToWire } from './tape-wire.ts';
import { NO_TICK, RowKind } from './tape.ts';
import type { MarketInfo, Tape } from './tape.ts';
import { binanceUsdmRules } from './venues/binance.ts';

const market: MarketInfo = {
  id: 'ABCUSDT-1',
  venue: 'binance-usdm',
  name: 'ABCUSDT perpetual',
  eventName: 'Binance USD-M',
  kind: 'PERPETUAL',
  country: '',
  rules: binanceUsdmRules({ symbol: 'ABCUSDT', priceDecimals: 1, sizeDecimals: 3, lowestStep: 0, steps: 2000 }),
  runners: [{ slot: 0, id: 'ABCUSDT', handicap: 0, name: 'ABCUSDT', sortPriority: 1 }],
  scheduledMillis: 0,
  fingerprint: '',
  synthetic: false
};

type Row = readonly [kind: RowKind, tick: number, lots: number];
type Message = readonly [exchange: number, received: number, rows: readonly Row[]];

function tapeOf(messages: readonly Message[]): Tape {
  const builder = new TapeBuilder(1_700_000_000_000_000_000n);
  for (const [exchange, received, rows] of messages) {
    builder.message(exchange as Nanos, received as Nanos);
    for (const [kind, tick, lots] of rows) builder.row(kind, 0, tick, lots);
  }
  return builder.build(market, { shared: false });
}

/** The image was made first, and came last. */
const late = tapeOf([
  [
    200,
    300,
    [
      [RowKind.bid, 99, 5],
      [RowKind.bid, 90, 1],
      [RowKind.ask, 101, 6]
    ]
  ],
  [210, 310, [[RowKind.buyTrade, 101, 2]]],
  [
    100,
    400,
    [
      [RowKind.clearBids, 95, 0],
      [RowKind.bid, 98, 7],
      [RowKind.clearAsks, 105, 0],
      [RowKind.ask, 102, 8]
    ]
  ]
]);

describe('a tape with two clocks', () => {
  test('the book as seen and the book as it was differ where a message came late', () => {
    const seen = new MarketState(market);
    const venue = new MarketState(market);
    expect(seen.applyReceived(late, 0, 299)).toBe(0);
    expect(seen.applyReceived(late, 0, 310)).toBe(4);
    expect([seen.books[0]!.bestBid, seen.books[0]!.bestAsk, seen.time]).toEqual([99, 101, 310]);
    expect(venue.applyHappened(late, 0, 199)).toBe(4);
    expect([venue.books[0]!.bestBid, venue.books[0]!.bestAsk, venue.time]).toEqual([98, 102, 100]);
    expect(venue.applyHappened(late, 4, 1000)).toBe(8);
    expect([venue.books[0]!.bestBid, venue.books[0]!.bestAsk, venue.time]).toEqual([99, 101, 210]);
    expect(seen.applyReceived(late, 4, 1000)).toBe(8);
    // The clearing took 99 and left 90, which lies beyond the image.
    expect([seen.books[0]!.bestBid, seen.books[0]!.bids.lowest, seen.books[0]!.bestAsk]).toEqual([98, 90, 102]);
    expect(seen.time).toBe(400);
  });

  test('row by row and by time are the same', () => {
    const [one, other] = [new MarketState(market), new MarketState(market)];
    for (let row = 0; row < late.rows; row++) one.apply(late, row);
    other.applyReceived(late, 0, Number.POSITIVE_INFINITY);
    const picture = (state: MarketState): unknown => {
      const { bids, asks, traded, bestBid, bestAsk, lastTradedPrice } = state.books[0]!;
      const levels = [bids, asks, traded].map((depth) => Array.from({ length: 2000 }, (_, tick) => depth.at(tick)));
      return { levels, bestBid, bestAsk, lastTradedPrice };
    };
    expect(picture(one)).toEqual(picture(other));
  });

  test('its order at the venue crosses to another worker', () => {
    const tape = tapeFromWire(structuredClone(tapeToWire(late)));
    expect(Array.from(tape.exchangeOrder ?? [])).toEqual([4, 5, 6, 7, 0, 1, 2, 3]);
  });

  test('a trade says its price, a mark price and a funding are kept until the next', () => {
    const tape = tapeOf([
      [0, 0, [[RowKind.sellTrade, 990, 12]]],
      [1, 1, [[RowKind.markPrice, NO_TICK, 99_012_500]]],
      [2, 2, [[RowKind.funding, NO_TICK, -12_500]]]
    ]);
    const state = new MarketState(market);
    expect([state.markPrice[0], state.fundingRate[0]]).toEqual([Number.NaN, Number.NaN]);
    state.applyReceived(tape, 0, 2);
    const { lastTradedPrice, totalTraded } = state.books[0]!;
    expect([lastTradedPrice, totalTraded, state.markPrice[0], state.fundingRate[0]]).toEqual([
      99, 12, 99.0125, -0.000125
    ]);
    const copy = new MarketState(market);
    copy.copyFrom(state);
    state.reset();
    expect([copy.markPrice[0], copy.fundingRate[0]]).toEqual([99.0125, -0.000125]);
    expect([state.markPrice[0], state.fundingRate[0]]).toEqual([Number.NaN, Number.NaN]);
  });
});
