/**
 * Every book of every recording, replayed from our tape through our book, against `betfair-books.json`: hashes over all
 * books, checkpoints that tell where a difference begins, books in clear, and how each market ended.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MarketStatus } from '../../src/lib/market/tape.ts';
import { BookReplay } from '../support/betfair-book-text.ts';
import type { BookHead, BookRunner } from '../support/betfair-book-text.ts';
import { fileAt, plainBytes, readStream } from '../support/read-stream.ts';
import { betfairStreams, goldens, readGolden, recordings } from '../support/recordings.ts';

type LevelList = readonly (readonly [number, number])[];
type SampleRunner = readonly [number, number, string, number | null, number | null, LevelList, LevelList, LevelList];
type FinalRunner = readonly [number, number, string, number | null, number | null, number, number];

interface GoldenFile {
  readonly messages: number;
  readonly marketBooks: number;
  readonly markets: number;
  readonly sha256Best3: string;
  readonly sha256Full: string;
  readonly best3Bytes: number;
  readonly checkpoints: readonly (readonly [number, number, string, string])[];
  readonly final: readonly {
    readonly marketId: string;
    readonly finalStatus: string;
    readonly finalPublishTime: number;
    readonly runners: readonly FinalRunner[];
  }[];
  readonly samples: readonly (BookHead & { readonly n: number; readonly runners: readonly SampleRunner[] })[];
}

interface Seen {
  readonly checkpoints: (readonly [number, number, string, string])[];
  readonly samples: Map<number, { readonly head: BookHead; readonly runners: readonly BookRunner[] }>;
  readonly best3: Hash;
  readonly full: Hash;
  books: number;
  best3Bytes: number;
}

const ready = recordings.present && goldens.present && betfairStreams().length > 0;
const golden = ready ? (readGolden('betfair-books.json') as { readonly files: Record<string, GoldenFile> }) : undefined;
const decoder = new TextDecoder();

/** Which markets each message names, in its order, from the text itself. */
function entriesOf(bytes: Uint8Array): string[] {
  return decoder
    .decode(bytes)
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => ((JSON.parse(line) as { mc?: { id: string }[] }).mc ?? []).map((entry) => entry.id));
}

interface Text {
  readonly best3: string;
  readonly full: string;
  readonly head: BookHead;
  readonly runners: readonly BookRunner[] | undefined;
}

interface Ended {
  readonly head: BookHead;
  readonly runners: readonly BookRunner[];
  readonly tradedBeforeClose: readonly number[];
}

/** A whole market at once, so that the books of only one are ever held. */
function replayMarket(replay: BookReplay, wanted: (book: number) => boolean): { texts: Text[]; ended: Ended } {
  const texts: Text[] = [];
  let tradedBeforeClose: readonly number[] = [];
  for (let message = 0; message < replay.messages; message++) {
    const { best3, full, head } = replay.next();
    texts.push({ best3, full, head, runners: wanted(message) ? replay.runners() : undefined });
    if (replay.state.status !== MarketStatus.closed) tradedBeforeClose = replay.runners().map((one) => one.totalTraded);
  }
  const head = texts.at(-1)!.head;
  return { texts, ended: { head, runners: replay.runners(), tradedBeforeClose } };
}

function numbered(text: string, n: number): string {
  return `B|${String(n)}|${text.slice(2)}`;
}

function sampleOf(runner: BookRunner): SampleRunner {
  const { id, handicap, status, lastTraded, startingPrice, back, lay, traded } = runner;
  return [id, handicap, status, lastTraded ?? null, startingPrice ?? null, back, lay, traded];
}

describe.skipIf(!ready)('books of recorded markets', () => {
  test('the golden and the data folder hold the same recordings', () => {
    expect(betfairStreams().map((path) => basename(path))).toEqual(Object.keys(golden!.files).sort());
  });

  for (const path of betfairStreams()) {
    const expected = golden?.files[basename(path)];
    test.skipIf(expected === undefined)(`${basename(path)}: every book as betfairlightweight rebuilds it`, async () => {
      const want = expected!;
      const file = fileAt(path);
      const { reader, markets } = await readStream(file);
      expect(markets.length).toBe(want.markets);
      expect(reader.messages).toBe(want.messages);
      const entries = entriesOf(await plainBytes(file));
      const numbers = new Map<string, number[]>();
      entries.forEach((id, index) => {
        const list = numbers.get(id) ?? [];
        list.push(index + 1);
        numbers.set(id, list);
      });
      const sampled = new Set(want.samples.map((sample) => sample.n));
      const texts = new Map<string, Text[]>();
      const ends = new Map<string, Ended>();
      for (const market of markets) {
        const ns = numbers.get(market.id)!;
        expect(market.counts.messages, `messages of market ${market.id}`).toBe(ns.length);
        const replayed = replayMarket(new BookReplay(market), (message) => sampled.has(ns[message]!));
        texts.set(market.id, replayed.texts);
        ends.set(market.id, replayed.ended);
      }
      const seen: Seen = {
        checkpoints: [],
        samples: new Map(),
        best3: createHash('sha256'),
        full: createHash('sha256'),
        books: 0,
        best3Bytes: 0
      };
      const cursor = new Map<string, number>();
      for (const id of entries) {
        const at = cursor.get(id) ?? 0;
        cursor.set(id, at + 1);
        take(seen, texts.get(id)![at]!);
      }
      expect(seen.books).toBe(want.marketBooks);
      for (const sample of want.samples) {
        const { head, runners } = seen.samples.get(sample.n)!;
        const { n, runners: sampleRunners, ...sampleHead } = sample;
        expect({ n, ...head }).toEqual({ n, ...sampleHead });
        expect(runners.map(sampleOf), `runners of book ${String(n)}`).toEqual(sampleRunners);
      }
      expect(seen.checkpoints).toEqual(want.checkpoints);
      expect(seen.best3Bytes).toBe(want.best3Bytes);
      expect(seen.best3.digest('hex')).toBe(want.sha256Best3);
      expect(seen.full.digest('hex')).toBe(want.sha256Full);
      expect(want.final.length).toBe(markets.length);
      for (const final of want.final) checkFinal(ends.get(final.marketId)!, final);
    });
  }
});

function take(seen: Seen, text: Text): void {
  const n = ++seen.books;
  const best3 = numbered(text.best3, n);
  seen.best3.update(best3);
  seen.full.update(numbered(text.full, n));
  seen.best3Bytes += Buffer.byteLength(best3);
  if (text.runners !== undefined) seen.samples.set(n, { head: text.head, runners: text.runners });
  if (n % 500 !== 0) return;
  const digest = (hash: Hash): string => hash.copy().digest('hex').slice(0, 16);
  seen.checkpoints.push([n, text.head.publishTime, digest(seen.best3), digest(seen.full)]);
}

function checkFinal(ended: Ended, final: GoldenFile['final'][number]): void {
  expect(ended.head.status).toBe(final.finalStatus);
  expect(ended.head.publishTime).toBe(final.finalPublishTime);
  expect(ended.runners.length).toBe(final.runners.length);
  ended.runners.forEach((runner, index) => {
    const [id, handicap, status, startingPrice, last, total, before] = final.runners[index]!;
    const { id: ourId, handicap: ourHandicap, status: ourStatus } = runner;
    expect([ourId, ourHandicap, ourStatus]).toEqual([id, handicap, status]);
    expect([runner.startingPrice ?? null, runner.lastTraded ?? null]).toEqual([startingPrice, last]);
    expect(runner.totalTraded).toBeCloseTo(total, 6);
    expect(ended.tradedBeforeClose[index] ?? 0).toBeCloseTo(before, 6);
  });
}
