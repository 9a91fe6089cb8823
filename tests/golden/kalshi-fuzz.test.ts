/**
 * Recorded Kalshi messages, damaged: lines lost, repeated, exchanged, cut, spoilt byte by byte and field by field. The
 * reader refuses, or counts and locates; what it still calls a book is one. `FURLONG_FUZZ_CASES` sets how many.
 */
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/lib/core/errors.ts';
import { KalshiStreamReader } from '../../src/lib/data/kalshi/kalshi-stream.ts';
import { MarketState } from '../../src/lib/market/market-state.ts';
import { NO_TICK, messageCount } from '../../src/lib/market/tape.ts';
import { fuzzCases, fuzzSeed, fuzzTimeout } from '../support/fuzz-cases.ts';
import { kalshiRecordings } from '../support/kalshi-recordings.ts';

const WINDOW = 60;

interface Line {
  recv_ms: number;
  event: { type: string; sid: number; seq: number; msg: Record<string, unknown> };
}

const [recording] = kalshiRecordings();
const path = recording?.files[0];
const ticker = recording?.ticker ?? '';
const lines: readonly Line[] =
  path === undefined
    ? []
    : new TextDecoder()
        .decode(path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path))
        .split('\n')
        .filter(Boolean)
        .map((text) => JSON.parse(text) as Line);

/** Both axes after each of a run of messages; the first is an image of what was there before them. */
interface Run {
  readonly lines: readonly Line[];
  /** By index in `lines`. */
  readonly books: readonly ReadonlyMap<string, number>[];
}

/** Runs at a few places of the recording, their messages numbered as those of a subscription to it alone would be. */
const runs: readonly Run[] = makeRuns();

function makeRuns(): readonly Run[] {
  const made: Run[] = [];
  let book = new Map<string, number>();
  const every = Math.floor(lines.length / 8);
  let open: { lines: Line[]; books: ReadonlyMap<string, number>[] } | undefined;
  lines.forEach((line, index) => {
    if (open === undefined && book.size > 0 && index % every > every / 2 && made.length < 8) {
      open = { lines: [imageOf(book, line)], books: [new Map(book)] };
    }
    const { type, msg } = line.event;
    if (type === 'orderbook_snapshot') {
      book = new Map();
      for (const axis of ['yes', 'no']) {
        for (const [price, size] of (msg[`${axis}_dollars_fp`] ?? []) as [string, string][]) {
          book.set(`${axis} ${price}`, Math.round(Number(size) * 100));
        }
      }
    } else if (type === 'orderbook_delta') {
      const key = `${String(msg['side'])} ${String(msg['price_dollars'])}`;
      const size = (book.get(key) ?? 0) + Math.round(Number(msg['delta_fp']) * 100);
      if (size === 0) book.delete(key);
      else book.set(key, size);
    }
    if (open === undefined) return;
    open.lines.push(line);
    open.books.push(new Map(book));
    if (open.lines.length < WINDOW) return;
    made.push({ lines: numbered(open.lines), books: open.books });
    open = undefined;
  });
  return made;
}

function imageOf(book: ReadonlyMap<string, number>, before: Line): Line {
  const levels = (axis: string): [string, string][] =>
    [...book]
      .filter(([key]) => key.startsWith(axis))
      .map(([key, size]) => [key.slice(axis.length + 1), (size / 100).toFixed(2)]);
  const msg = { market_ticker: ticker, yes_dollars_fp: levels('yes'), no_dollars_fp: levels('no') };
  return { recv_ms: before.recv_ms, event: { type: 'orderbook_snapshot', sid: 1, seq: 0, msg } };
}

function numbered(made: readonly Line[]): readonly Line[] {
  const next = new Map<number, number>();
  return made.map(({ recv_ms, event }) => {
    const seq = (next.get(event.sid) ?? 0) + 1;
    next.set(event.sid, seq);
    return { recv_ms, event: { ...event, seq } };
  });
}

const textOf = (made: readonly Line[]): string[] => made.map((line) => JSON.stringify(line));
const run = fc.nat(Math.max(0, runs.length - 1));
const at = fc.integer({ min: 1, max: WINDOW - 1 });

describe.skipIf(runs.length === 0)('damaged Kalshi messages', () => {
  const settings = { numRuns: fuzzCases(), seed: fuzzSeed() };

  it(
    'lost, repeated, exchanged or cut: a book that is trusted is the venue’s at that message',
    () => {
      const damage = fc.record({ kind: fc.constantFrom('lose', 'repeat', 'exchange', 'cut', 'image'), at });
      let trusted = 0;
      let doubted = 0;
      fc.assert(
        fc.property(run, fc.array(damage, { minLength: 1, maxLength: 4 }), (index, damages) => {
          const { lines: made, books } = runs[index]!;
          let order = made.map((line, place) => ({ text: JSON.stringify(line), place }));
          for (const { kind, at: place } of damages) order = damaged(order, kind, place, { made, books });
          const reader = new KalshiStreamReader({ source: 'damaged', wholeSubscriptions: true });
          const encoder = new TextEncoder();
          let last = 0;
          for (const { text, place } of order) {
            reader.push(encoder.encode(`${text}\n`));
            // Only what changes books is numbered with them: that a change is missing, the next change tells.
            if (text.includes('orderbook_snapshot')) last = place;
            else if (made[place]!.event.sid === 1) last = Math.max(last, place);
            const recorder = reader.market(ticker)!;
            if (recorder.rows === 0 || !recorder.trusted) {
              doubted++;
              continue;
            }
            trusted++;
            const truth = books[last]!;
            const held = new Map<string, number>();
            for (const axis of ['yes', 'no'] as const) {
              for (let price = 1; price < 10_000; price++) {
                const size = recorder.size(axis, price);
                if (size > 0) held.set(`${axis} ${(price / 10_000).toFixed(4)}`, size);
              }
            }
            expect(Object.fromEntries([...held].sort())).toEqual(Object.fromEntries([...truth].sort()));
          }
        }),
        { ...settings, numRuns: fuzzCases(0.2) }
      );
      expect(Math.min(trusted, doubted)).toBeGreaterThan(fuzzCases(0.2));
    },
    fuzzTimeout()
  );

  it(
    'spoilt in any field or byte: refused, or counted, and no row that could not be',
    () => {
      const spoil = fc.record({
        at: fc.nat(WINDOW - 1),
        field: fc.constantFrom(
          'recv_ms',
          'type',
          'sid',
          'seq',
          'ticker',
          'ts_ms',
          'side',
          'price',
          'delta',
          'count',
          'taker',
          'levels',
          'byte',
          'cut'
        ),
        value: fc.oneof(
          fc.constantFrom<unknown>(
            null,
            '',
            'yes',
            'no',
            'K-2',
            '0.0000',
            '1.0000',
            '0.5050',
            '-0.5',
            '-1000000.00',
            '9e99',
            'NaN',
            '0.12345',
            -1,
            0,
            1e300,
            Number.MAX_SAFE_INTEGER,
            0.5,
            [],
            {},
            true
          ),
          fc.integer({ min: 1, max: 99 }).map((cents) => (cents / 100).toFixed(4)),
          fc.integer({ min: -100_000, max: 100_000 }).map((lots) => (lots / 100).toFixed(2)),
          fc.string({ maxLength: 6 })
        ),
        byte: fc.nat(255),
        place: fc.nat(400)
      });
      let refused = 0;
      let told = 0;
      fc.assert(
        fc.property(
          run,
          fc.array(spoil, { minLength: 1, maxLength: 6 }),
          fc.integer({ min: 1, max: 5_000 }),
          (index, spoils, piece) => {
            const made = structuredClone(runs[index]!.lines) as Line[];
            const byLine = new Map<number, (typeof spoils)[number]>();
            for (const one of spoils) {
              if (one.field === 'byte' || one.field === 'cut') byLine.set(one.at, one);
              else spoilField(made[one.at]!, one.field, one.value);
            }
            const texts = textOf(made).map((text, line) => {
              const one = byLine.get(line);
              if (one === undefined) return text;
              const place = one.place % text.length;
              return one.field === 'cut'
                ? text.slice(0, place)
                : text.slice(0, place) + String.fromCharCode(one.byte) + text.slice(place + 1);
            });
            const bytes = new TextEncoder().encode(texts.join('\n'));
            const reader = new KalshiStreamReader({ source: 'spoilt', terms: recording?.terms ?? [] });
            try {
              for (let from = 0; from < bytes.length; from += piece) reader.push(bytes.subarray(from, from + piece));
              for (const market of reader.end()) checkTape(market.finish({ fingerprint: '', shared: false }));
            } catch (thrown) {
              expect(thrown).toBeInstanceOf(AppError);
              expect((thrown as AppError).code).toMatch(/^data\./);
              refused++;
            }
            for (const { code, example, count } of reader.oddities) {
              // Of a market, not of a line: a spoilt ticker is of a series nobody knows.
              expect(example).toMatch(code === 'general-fees' ? /^spoilt: / : /^spoilt line \d+: /);
              expect(count).toBeGreaterThan(0);
            }
            if (reader.oddities.some(({ severity }) => severity !== 'note')) told++;
          }
        ),
        settings
      );
      expect(refused).toBeGreaterThan(0);
      expect(told).toBeGreaterThan(settings.numRuns / 4);
    },
    fuzzTimeout()
  );
});

interface Placed {
  readonly text: string;
  /** Index of the message in its run: what the book should be once it is applied. */
  readonly place: number;
}

function damaged(
  order: Placed[],
  kind: string,
  place: number,
  { made, books }: { made: readonly Line[]; books: Run['books'] }
): Placed[] {
  const index = Math.min(place, order.length - 1);
  const [one, next] = [order[index], order[index + 1]];
  if (one === undefined || index === 0) return order;
  const rest = order.slice(index + 1);
  const before = order.slice(0, index);
  switch (kind) {
    case 'lose':
      return [...before, ...rest];
    case 'repeat':
      return [...before, one, one, ...rest];
    case 'exchange':
      return next === undefined ? order : [...before, next, one, ...rest.slice(1)];
    case 'cut':
      return [...before, { text: one.text.slice(0, one.text.length >> 1), place: one.place }, ...rest];
    default: {
      // An image of the book as it is after this message, numbered as its last: what comes next goes on from it.
      const line = made[one.place]!;
      const image = imageOf(books[one.place]!, line);
      const seq = made.slice(0, one.place + 1).filter(({ event }) => event.sid === 1).length;
      return [
        ...before,
        one,
        { text: JSON.stringify({ ...image, event: { ...image.event, seq } }), place: one.place },
        ...rest
      ];
    }
  }
}

function spoilField(line: Line, field: string, value: unknown): void {
  const { event } = line as unknown as { event: Record<string, unknown> & { msg: Record<string, unknown> } };
  const fields: Record<string, string> = {
    ticker: 'market_ticker',
    ts_ms: 'ts_ms',
    side: 'side',
    price: 'price_dollars',
    delta: 'delta_fp',
    count: 'count_fp',
    taker: 'taker_side',
    levels: 'yes_dollars_fp'
  };
  const name = fields[field];
  if (name !== undefined) event.msg[name] = value;
  else if (field === 'recv_ms') line.recv_ms = value as number;
  else event[field] = value;
}

/** Time runs on, sizes are whole and not below 0, prices are on the ladder, bids and offers do not meet. */
function checkTape(tape: Parameters<typeof messageCount>[0]): void {
  const state = new MarketState(tape.market);
  const [book] = state.books as [(typeof state.books)[number]];
  for (let message = 0; message < messageCount(tape); message++) {
    for (let row = tape.messageStart[message]!; row < tape.messageStart[message + 1]!; row++) {
      const [tick, lots] = [tape.tick[row]!, tape.lots[row]!];
      expect(Number.isSafeInteger(lots) && lots >= 0).toBe(true);
      expect(tick >= NO_TICK && tick < book.ladder.size).toBe(true);
      expect(tape.slot[row] === 0 ? tick >= 0 || tape.kind[row]! > 8 : tick === NO_TICK).toBe(true);
      expect(Number.isFinite(tape.exchange[row])).toBe(true);
      if (row > 0) expect(tape.received[row]! >= tape.received[row - 1]!).toBe(true);
    }
    state.applyMessage(tape, message);
    if (book.bestBid !== NO_TICK && book.bestAsk !== NO_TICK) expect(book.bestBid).toBeLessThan(book.bestAsk);
  }
}
