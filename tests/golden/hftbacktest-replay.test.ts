/**
 * Every recorded USD-M stream, read by our parser into a tape and replayed through our book, against `hftbacktest.json`:
 * the merged rows of both clocks, the local book after every step of 100 ms, the book at the end of the data. The
 * golden tells how each is defined.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Book } from '../../src/lib/market/book.ts';
import { MarketState } from '../../src/lib/market/market-state.ts';
import { NO_TICK, RowKind } from '../../src/lib/market/tape.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import type { Ticks } from '../../src/lib/core/units.ts';
import { goldens, readGolden, recordings } from '../support/recordings.ts';
import { mergedRows, readUsdm, usdmName, usdmStreams } from '../support/usdm-recordings.ts';

interface GoldenFile {
  readonly parameters: { readonly tickSize: number; readonly lotSize: number };
  readonly conversion: {
    readonly lines: number;
    readonly messages: Readonly<Record<string, number>>;
    readonly startNs: string;
    readonly smallestLatencyNs: number;
    readonly localShiftNs: number;
    readonly rows: number;
    readonly rowsByKind: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly sha256Rows: string;
  };
  readonly replay: {
    readonly stepNs: number;
    readonly steps: number;
    readonly sha256Steps: string;
    readonly samples: readonly (readonly number[])[];
    readonly endBook: {
      readonly bestBidTick: number;
      readonly bestAskTick: number;
      readonly bidLevels: number;
      readonly askLevels: number;
      readonly staleBidLevelsAboveBest: number;
      readonly staleAskLevelsBelowBest: number;
      readonly bids: readonly Level[];
      readonly asks: readonly Level[];
      readonly lastBids: readonly Level[];
      readonly lastAsks: readonly Level[];
      readonly sha256Levels: string;
    };
  };
}
type Level = readonly [tick: number, lots: number];

const ready = recordings.present && goldens.present && usdmStreams().length > 0;
const golden = ready ? (readGolden('hftbacktest.json') as { readonly files: Record<string, GoldenFile> }) : undefined;
const files = ready ? usdmStreams().map((path) => ({ path, name: usdmName(path) })) : [];

/** What the golden calls a kind; its number within `ev`; and its side's flag there. */
const KIND_NAMES = new Map<number, { readonly name: string; readonly event: number; readonly side: 'buy' | 'sell' }>([
  [RowKind.bid, { name: 'depth', event: 1, side: 'buy' }],
  [RowKind.ask, { name: 'depth', event: 1, side: 'sell' }],
  [RowKind.buyTrade, { name: 'trade', event: 2, side: 'buy' }],
  [RowKind.sellTrade, { name: 'trade', event: 2, side: 'sell' }],
  [RowKind.clearBids, { name: 'clear', event: 3, side: 'buy' }],
  [RowKind.clearAsks, { name: 'clear', event: 3, side: 'sell' }]
]);

/** Rows of messages that hold a clear row came from an image. */
function imageRows(tape: Tape): Uint8Array {
  const image = new Uint8Array(tape.rows);
  for (let message = 0; message + 1 < tape.messageStart.length; message++) {
    const [from, to] = [tape.messageStart[message]!, tape.messageStart[message + 1]!];
    const kinds = tape.kind.subarray(from, to);
    if (kinds.includes(RowKind.clearBids) || kinds.includes(RowKind.clearAsks)) image.fill(1, from, to);
  }
  return image;
}

interface Converted {
  readonly rows: number;
  readonly rowsByKind: Record<string, Record<string, number>>;
  readonly sha256: string;
}

function conversionOf(tape: Tape, startNs: bigint): Converted {
  const shift = Number(tape.startEpochNanos - startNs);
  const { ladder, spec } = tape.market.rules;
  const lotsPerUnit = 10 ** (spec.venue === 'binance-usdm' ? spec.sizeDecimals : Number.NaN);
  const image = imageRows(tape);
  const hash = createHash('sha256');
  const rowsByKind: Record<string, Record<string, number>> = {};
  let rows = 0;
  for (const { row, exchange, local } of mergedRows(tape)) {
    const kind = KIND_NAMES.get(tape.kind[row]!)!;
    const isImage = image[row] === 1 && kind.event === 1;
    const event = (isImage ? 4 : kind.event) + (kind.side === 'buy' ? 2 ** 29 : 2 ** 28);
    const flags = (exchange ? 2 ** 31 : 0) + (local ? 2 ** 30 : 0);
    const times = [tape.exchange[row]! + shift, tape.received[row]! + shift];
    const level = [ladder.priceOf(tape.tick[row]! as Ticks), tape.lots[row]! / lotsPerUnit];
    hash.update(`${[event + flags, ...times, ...level].join('|')}\n`);
    const name = `${isImage ? 'snapshot' : kind.name} ${kind.side}`;
    const counts = (rowsByKind[name] ??= { both: 0, 'exchange only': 0, 'local only': 0 });
    counts[exchange && local ? 'both' : exchange ? 'exchange only' : 'local only']!++;
    rows++;
  }
  return { rows, rowsByKind, sha256: hash.digest('hex') };
}

/** Ticks count from price 0 in the golden, from the ladder's lowest price here. */
function goldenTick(tape: Tape, tick: number): number {
  const { spec } = tape.market.rules;
  return tick + (spec.venue === 'binance-usdm' ? spec.lowestStep : Number.NaN);
}

function replayOf(tape: Tape, golden: GoldenFile) {
  const { stepNs } = golden.replay;
  const shift = Number(tape.startEpochNanos - BigInt(golden.conversion.startNs));
  const state = new MarketState(tape.market);
  const book = state.books[0]!;
  const hash = createHash('sha256');
  const lines: (readonly number[])[] = [];
  const lastExchange = tape.exchange.reduce((most, time) => Math.max(most, time), 0);
  const last = Math.max(tape.received[tape.rows - 1]!, lastExchange) + shift;
  let row = 0;
  for (let time = stepNs; time <= last; time += stepNs) {
    row = state.applyReceived(tape, row, time - shift);
    const { bestBid, bestAsk, bids, asks } = book;
    const line = [time, goldenTick(tape, bestBid), bids.at(bestBid), goldenTick(tape, bestAsk), asks.at(bestAsk)];
    lines.push(line);
    hash.update(`${line.join('|')}\n`);
  }
  state.applyReceived(tape, row, Number.POSITIVE_INFINITY);
  return { steps: lines, sha256: hash.digest('hex'), book };
}

/** From the best outwards, crossed ones (beyond the best) first. */
function levelsOf(tape: Tape, book: Book, side: 'bids' | 'asks'): Level[] {
  const depth = book[side];
  const levels: Level[] = [];
  for (let tick = side === 'bids' ? depth.highest : depth.lowest; tick !== NO_TICK;) {
    levels.push([goldenTick(tape, tick), depth.at(tick)]);
    tick = side === 'bids' ? depth.below(tick) : depth.above(tick);
  }
  return levels;
}

describe.skipIf(!ready)('hftbacktest: conversion and replay', () => {
  test('the golden and the data folder hold the same recordings', () => {
    expect(files.map((file) => file.name)).toEqual(Object.keys(golden!.files).sort());
  });

  for (const { path, name } of files) {
    const expected = golden?.files[name];
    test.skipIf(expected === undefined)(`${name}: every row, book and level`, async () => {
      const { conversion, replay, parameters } = expected!;
      const { tape, reader, smallestLatencyNs, localShiftNs } = await readUsdm(path);
      expect(tape.market.rules.lotSize).toBe(parameters.lotSize);
      expect(tape.market.rules.ladder.priceOf(1 as Ticks) - tape.market.rules.ladder.priceOf(0 as Ticks)).toBe(
        parameters.tickSize
      );
      expect(reader.lines).toBe(conversion.lines);
      expect(reader.counts).toMatchObject(conversion.messages);
      expect(smallestLatencyNs).toBe(conversion.smallestLatencyNs);
      expect(localShiftNs).toBe(conversion.localShiftNs);

      const converted = conversionOf(tape, BigInt(conversion.startNs));
      expect(converted.rows).toBe(conversion.rows);
      expect(converted.rowsByKind).toEqual(conversion.rowsByKind);
      expect(converted.sha256).toBe(conversion.sha256Rows);

      const { steps, sha256, book } = replayOf(tape, expected!);
      expect(steps).toEqual(expect.arrayContaining(replay.samples.map((sample) => [...sample])));
      expect(steps).toHaveLength(replay.steps);
      expect(sha256).toBe(replay.sha256Steps);

      const { endBook } = replay;
      const bids = levelsOf(tape, book, 'bids');
      const asks = levelsOf(tape, book, 'asks');
      const best = { bid: goldenTick(tape, book.bestBid), ask: goldenTick(tape, book.bestAsk) };
      expect(best).toEqual({ bid: endBook.bestBidTick, ask: endBook.bestAskTick });
      expect([bids.length, asks.length]).toEqual([endBook.bidLevels, endBook.askLevels]);
      expect(bids.filter(([tick]) => tick > best.bid)).toHaveLength(endBook.staleBidLevelsAboveBest);
      expect(asks.filter(([tick]) => tick < best.ask)).toHaveLength(endBook.staleAskLevelsBelowBest);
      expect(bids.slice(0, endBook.bids.length)).toEqual(endBook.bids);
      expect(asks.slice(0, endBook.asks.length)).toEqual(endBook.asks);
      expect(bids.slice(-endBook.lastBids.length)).toEqual(endBook.lastBids);
      expect(asks.slice(-endBook.lastAsks.length)).toEqual(endBook.lastAsks);
      const text = [...bids.map((level) => ['B', ...level]), ...asks.map((level) => ['A', ...level])];
      const levels = text.map((level) => `${level.join('|')}\n`).join('');
      expect(createHash('sha256').update(levels).digest('hex')).toBe(endBook.sha256Levels);
    });
  }
});
