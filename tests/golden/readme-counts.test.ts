/** The counts that the README of the recordings states, held against what an import makes of each file. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadParquetInNode } from '../../src/lib/data/parquet/load-node.ts';
import type { Ticks } from '../../src/lib/core/units.ts';
import { CryptoStreamReader } from '../../src/lib/data/crypto/crypto-stream.ts';
import { OKX } from '../../src/lib/data/okx/okx-venue.ts';
import { parquetToTape } from '../../src/lib/data/parquet/silver.ts';
import { recognise } from '../../src/lib/data/recognise.ts';
import { MarketState } from '../../src/lib/market/market-state.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { NO_TICK } from '../../src/lib/market/tape.ts';
import type { Desk } from '../support/import-desk.ts';
import { diskFile, openDesk } from '../support/import-desk.ts';
import { filesIn, isRecorded, recordings } from '../support/recordings.ts';

beforeAll(loadParquetInNode);

const path = join(recordings.path, 'README.md');
const readme = isRecorded(path) ? readFileSync(path, 'utf8') : '';
const whole = (text: string): number => Number(text.replaceAll(',', ''));

/** Rows of its table of streams: names of files, and how many messages each holds. */
const streams = readme
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells.length === 6 && /^[\d,]+/u.test(cells[3] ?? ''))
  .flatMap(([, files = '', , messages = '', about = '']) => {
    const [first = '', ...others] = files.split(', ');
    const count = whole(/^[\d,]+/u.exec(messages)?.[0] ?? '');
    const winner = /winner (\d+)/u.exec(about)?.[1];
    return [first, ...others].map((name) => ({ name, count, winner }));
  })
  .filter(({ name }) => existsSync(join(recordings.path, 'betfair/stream', name)));

describe.skipIf(readme === '')('the README of the recordings', () => {
  test('states a count for most of the streams', () => {
    expect(streams.length).toBeGreaterThan(8);
  });

  test.each(streams)('$name holds $count messages', async ({ name, count, winner }) => {
    const desk = await openDesk();
    const { dataset, markets } = await desk.import([diskFile(join(recordings.path, 'betfair/stream', name))]);
    expect(dataset.messages).toBe(count);
    if (winner !== undefined) expect(markets[0]?.winners).toEqual([winner]);
  });

  test('candles: as many rows as it says', { timeout: 120_000 }, async () => {
    const [, minutes = ''] = /1-minute bars \(([\d,]+) rows\)/u.exec(readme) ?? [];
    const [, caps = '', days = ''] = /(\d+) large caps,.* ([\d,]+) aligned rows each/u.exec(readme) ?? [];
    const desk = await openDesk();
    const csv = filesIn(join(recordings.path, 'crypto/bars')).filter((one) => one.endsWith('_1m.csv'));
    const bars = await desk.import(csv.map((one) => diskFile(one)));
    const left = bars.dataset.oddities.filter(
      ({ severity, code }) => severity !== 'note' && code !== 'missing-candles'
    );
    expect(bars.dataset.messages + left.reduce((sum, { count }) => sum + count, 0)).toBe(whole(minutes));
    const shares = filesIn(join(recordings.path, 'equities/sp500_5yr'));
    expect(shares).toHaveLength(whole(caps));
    const { markets } = await desk.import(
      shares.map((one) => diskFile(one)),
      'shares'
    );
    expect(markets).toHaveLength(whole(caps));
    // A row without an opening price is no candle: what is left out is told.
    for (const { messages } of markets) expect(whole(days) - messages).toBeLessThan(3);
  });

  /** Numbers of a sentence of it, where it is written so. */
  const stated = (pattern: RegExp): readonly number[] => {
    const found = pattern.exec(readme);
    if (found === null) throw new Error(`the README does not say ${String(pattern)}`);
    return found.slice(1).map(whole);
  };
  const tapeOf = async (desk: Desk, dataset: string): Promise<Tape> => {
    const [silver] = await desk.silver(dataset);
    const { markets } = await desk.catalogue.sidecar(dataset);
    return await parquetToTape(silver!, markets[0]!.tape, { shared: false });
  };

  test('images in the middle of a recording: as many as it says', async () => {
    const [images] = stated(/`img:true` (\d+) times in mid-file/u);
    const [line = ''] = readme.split('\n').filter((one) => one.includes('times in mid-file'));
    const name = line.split('|')[1]?.trim() ?? '';
    const desk = await openDesk();
    const { markets } = await desk.import([diskFile(join(recordings.path, 'betfair/stream', name))]);
    const told = markets[0]?.oddities.find(({ code }) => code === 'mid-file-image');
    expect(told?.count).toBe(images);
  });

  test('Binance: its lines, and the book at the end, level by level', { timeout: 120_000 }, async () => {
    const [lines] = stated(/([\d,]+) lines, each a receive time/u);
    const [levels, bids, asks] = stated(/the book holds ([\d,]+) levels \(([\d,]+) bids, ([\d,]+) asks\)/u);
    const [, best = ''] = /best bids ((?:[\d.]+ × [\d.]+(?:, )?)+)/u.exec(readme) ?? [];
    const desk = await openDesk();
    const { dataset } = await desk.import(
      filesIn(join(recordings.path, 'crypto/binance-usdm')).map((one) => diskFile(one)),
      'd'
    );
    expect(dataset.messages).toBe(lines);
    expect(dataset.oddities.map(({ code }) => code)).not.toContain('gap');
    const tape = await tapeOf(desk, 'd');
    const state = new MarketState(tape.market);
    for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
    const { ladder, lotSize } = tape.market.rules;
    const book = state.books[0]!;
    const held = (side: typeof book.bids): readonly string[] => {
      const found: string[] = [];
      for (let tick = 0; tick < ladder.size; tick++) {
        const lots = side.at(tick);
        if (lots > 0)
          found.push(`${String(ladder.priceOf(tick as Ticks))} × ${String(Number((lots * lotSize).toFixed(9)))}`);
      }
      return found;
    };
    const [bid, ask] = [held(book.bids), held(book.asks)];
    expect([bid.length + ask.length, bid.length, ask.length]).toEqual([levels, bids, asks]);
    const written = best.split(', ').map((one) => one.split(' × ').map(Number).join(' × '));
    expect(written.length).toBeGreaterThan(3);
    expect(bid.slice(-written.length).reverse()).toEqual(written);
  });

  test('OKX: every checksum that it counts matches', () => {
    const [match, all] = stated(/CRC32 checksum on 25 levels: (\d+) of (\d+) match/u);
    const counts = filesIn(join(recordings.path, 'crypto/raw')).flatMap((path) => {
      const bytes = new Uint8Array(readFileSync(path));
      if (recognise(bytes.subarray(0, 1 << 16), false)[0]?.kind !== 'okx') return [];
      const stream = new CryptoStreamReader({ source: path, venue: OKX });
      stream.push(bytes);
      return [...stream.end('f')].map(({ tape }) => stream.instrument(tape.market.runners[0]!.id)!.counts);
    });
    const checked = counts.reduce((sum, one) => sum + one.checksums, 0);
    const failed = counts.reduce((sum, one) => sum + one.checksumFailures, 0);
    expect([checked - failed, checked]).toEqual([match, all]);
  });

  test('Kalshi: its markets, each settled, whose books end empty', { timeout: 120_000 }, async () => {
    const [count] = stated(/## kalshi:[^\n]*\n+(\d+) markets, raw WebSocket events/u);
    const desk = await openDesk();
    const { markets } = await desk.import(
      [...filesIn(join(recordings.path, 'kalshi/events')), join(recordings.path, 'kalshi/markets.csv')].map((one) =>
        diskFile(one)
      ),
      'd'
    );
    expect(markets).toHaveLength(count!);
    // One that was settled at no has no winner.
    const settled = readFileSync(join(recordings.path, 'kalshi/markets.csv'), 'utf8').split(/\r?\n/u);
    for (const { id, winners, status } of markets) {
      const row = settled.find((one) => one.includes(id)) ?? '';
      expect([id, winners.length, status]).toEqual([id, Number(row.split(',').includes('yes')), 'closed']);
    }
    const silver = await desk.silver('d');
    const stored = (await desk.catalogue.sidecar('d')).markets;
    for (const [i, bytes] of silver.entries()) {
      const tape = await parquetToTape(bytes, stored[i]!.tape, { shared: false });
      const state = new MarketState(tape.market);
      for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
      for (const book of state.books)
        expect([book.bestBid, book.bestAsk], stored[i]!.record.id).toEqual([NO_TICK, NO_TICK]);
      expect(stored[i]!.record.oddities.map(({ code }) => code)).not.toContain('negative-size');
    }
  });
});
