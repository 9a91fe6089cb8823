import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import type { Ticks } from '../../core/units.ts';
import { MarketState } from '../../market/market-state.ts';
import { looksFetched, parseFetched } from './fetched.ts';

const minute = 60_000;
const kline = (at: number, close = '10.50000000') => [
  at,
  '10.1',
  '10.9',
  '10.0',
  close,
  '5.25',
  at + minute - 1,
  '54.1',
  7,
  '2.5',
  '26',
  '0'
];
const file = (operation: string, body: unknown): string =>
  JSON.stringify({
    format: 'furlong-fetch/1',
    operation,
    parameters: { symbol: 'BTCUSDT', interval: '1m' },
    fetchedMillis: 1700000000000,
    body
  });
const parse = (text: string) => parseFetched(text, { source: 'f.json', fingerprint: 'ab', shared: false });
const codeOf = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'none';
};

describe('fetched klines', () => {
  it('become bars in the venue’s units, with the candles that are missing counted', () => {
    const fetched = parse(file('binance.klines', [kline(0), kline(minute), kline(4 * minute)]));
    expect(fetched).toMatchObject({ kind: 'bars', symbol: 'BTCUSDT', interval: '1m', missing: 2 });
    if (fetched.kind === 'bars') {
      expect(fetched.bars[1]).toMatchObject({
        openMillis: minute,
        close: 10.5,
        volume: 5.25,
        trades: 7,
        takerBuyVolume: 2.5
      });
    }
  });
  it('are refused when cut off, empty, out of order or not numbers', () => {
    const good = file('binance.klines', [kline(0)]);
    expect(codeOf(good.slice(0, -20))).toBe('data.corrupt');
    expect(codeOf(file('binance.klines', []))).toBe('data.empty');
    expect(codeOf(file('binance.klines', [kline(minute), kline(0)]))).toBe('data.corrupt');
    expect(codeOf(file('binance.klines', [kline(0, 'NaN')]))).toBe('data.corrupt');
    expect(codeOf(file('binance.trades', []))).toBe('data.corrupt');
  });
});

describe('a fetched order book', () => {
  const body = {
    lastUpdateId: 42,
    bids: [
      ['61659.70000000', '1.48600000'],
      ['61659.00000000', '0.00200000'],
      ['1.00000000', '3.00000000']
    ],
    asks: [
      ['61659.80000000', '2.00000000'],
      ['61660.10000000', '0.50000000']
    ]
  };
  it('becomes a tape of one message whose book is the answer’s', () => {
    const fetched = parse(file('binance.depth', body));
    if (fetched.kind !== 'depth') throw new Error('expected depth');
    const { tape } = fetched;
    const state = new MarketState(tape.market);
    for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
    const book = state.books[0]!;
    const { ladder, lotSize } = tape.market.rules;
    expect(ladder.priceOf(book.bestBid as Ticks)).toBe(61659.7);
    expect(ladder.priceOf(book.bestAsk as Ticks)).toBe(61659.8);
    expect(book.bids.at(book.bestBid) * lotSize).toBeCloseTo(1.486, 12);
    expect(tape.messageStart.length).toBe(2);
    expect(fetched.dropped).toBe(1);
  });
  it('is refused when crossed or with an empty side', () => {
    expect(codeOf(file('binance.depth', { ...body, asks: [['61659.70', '1']] }))).toBe('data.corrupt');
    expect(codeOf(file('binance.depth', { ...body, asks: [] }))).toBe('data.empty');
  });
});

it('is recognised by how it begins', () => {
  expect(looksFetched('{"format":"furlong-fetch/1","operation"')).toBe(true);
  expect(looksFetched('{"op":"mcm"')).toBe(false);
});
