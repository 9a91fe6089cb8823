import { expect, test } from 'vitest';
import { parseFetched } from '$lib/data/binance/fetched.ts';
import { messageCount } from '$lib/market/tape.ts';
import type { Nanos, Ticks } from '$lib/core/units.ts';
import { DepthHistory } from './depth-history.ts';
import { centreTick, firstTick, sizeText, spreadText } from './ladder-rows.ts';
import { outlineMarket } from './market-outline.ts';
import { runnerName } from './runner-name.ts';

/** An order book as the proxy fetches it, on a ladder far wider than what the depth chart keeps. */
function snapshot() {
  const fetched = parseFetched(
    JSON.stringify({
      format: 'furlong-fetch/1',
      operation: 'binance.depth',
      parameters: { symbol: 'BTCUSDT' },
      fetchedMillis: 1_700_000_000_000,
      body: {
        lastUpdateId: 5,
        bids: [
          ['84120.10000000', '1.50000000'],
          ['84000.00000000', '2.00000000']
        ],
        asks: [
          ['84120.30000000', '0.00120000'],
          ['84500.00000000', '9.00000000']
        ]
      }
    }),
    { source: 'f', fingerprint: 'ab', shared: false }
  );
  if (fetched.kind !== 'depth') throw new Error('expected a book');
  return fetched.tape;
}

test('a market of one message has one moment, and its book at that moment', () => {
  const tape = snapshot();
  const { replay, first, last, off } = outlineMarket(tape);
  expect([messageCount(tape), first, last, off]).toEqual([1, 0, 0, 0]);
  const cursor = replay.cursor();
  replay.seek(cursor, 0 as Nanos);
  const { rules } = tape.market;
  expect(spreadText(cursor.state.books[0], rules)).toBe('84120.1 / 84120.3, 0.024 bp apart');
  expect(spreadText(undefined, rules)).toBe('– / –');
  expect([0, 0.0012, 1.5, 2345.67].map((size) => sizeText(size, rules))).toEqual(['', '0.0012', '1.50', '2,346']);
});

test('depth through time keeps the prices around the book, though it was empty when the span began', () => {
  const { replay } = outlineMarket(snapshot());
  const history = new DepthHistory(replay, { slot: 0, spanNanos: 60e9, columns: 60 });
  expect(history.ticks).toBeLessThan(replay.tape.market.rules.ladder.size);
  history.follow(0 as Nanos);
  expect(history.bids.some((lots) => lots > 0)).toBe(true);
  expect(history.asks.some((lots) => lots > 0)).toBe(true);
});

test('an instrument is called by its symbol, a runner known by number only by its place', () => {
  const runner = { slot: 0, id: 'BTCUSDT', handicap: 0, name: 'BTCUSDT', sortPriority: 1 };
  expect(runnerName(runner)).toBe('BTCUSDT');
  expect(runnerName({ ...runner, id: '4711', name: '4711', sortPriority: 3 })).toBe('Runner 3');
});

test('before its first order a ladder shows where orders will come, not the middle of millions of prices', () => {
  const tape = snapshot();
  const book = outlineMarket(tape).replay.cursor().state.books[0]!;
  const first = firstTick(tape, 0);
  expect(tape.market.rules.ladder.priceOf(first as Ticks)).toBeGreaterThan(84_000);
  expect(centreTick(book, first)).toBe(first);
  expect(firstTick(tape, 7)).toBe(tape.market.rules.ladder.size >> 1);
});
