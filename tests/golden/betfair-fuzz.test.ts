/**
 * Recorded messages, altered at random: lost, doubled, out of order, cut, with bytes flipped and values replaced. What
 * the reader takes must give the very books that the plain implementation gives from the same lines, with every level
 * sound; what it does not take it must have told.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/lib/core/errors.ts';
import type { Ticks } from '../../src/lib/core/units.ts';
import { ExchangeStreamReader } from '../../src/lib/data/betfair/exchange-stream.ts';
import type { ParsedMarket } from '../../src/lib/data/betfair/parsed-market.ts';
import type { Book } from '../../src/lib/market/book.ts';
import type { Depth } from '../../src/lib/market/depth.ts';
import { MarketState } from '../../src/lib/market/market-state.ts';
import { NO_TICK } from '../../src/lib/market/tape.ts';
import { PlainMarket, bookText } from '../support/betfair-plain-book.ts';
import type { PlainMessage } from '../support/betfair-plain-book.ts';
import { fuzzCases, fuzzSeed, fuzzTimeout } from '../support/fuzz-cases.ts';
import { fileAt, plainBytes, readStream } from '../support/read-stream.ts';
import { betfairStreams, orSkipped, recordings } from '../support/recordings.ts';

/** Messages of a case, after an image of what stood before them. */
const WINDOW = 24;
const WINDOWS_A_RECORDING = 12;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = Record<string, Json>;

/** Lines of recordings of one market with depth on the classic ladder, each stretch after an image of its book. */
let read: Promise<string[][]> | undefined;
const windows = (): Promise<string[][]> => (read ??= readWindows());

async function readWindows(): Promise<string[][]> {
  const found: string[][] = [];
  for (const path of betfairStreams()) {
    const file = fileAt(path);
    const { markets } = await readStream(file, { keepTexts: false });
    const market = markets[0]!;
    const classic = market.info('').rules.ladder.id === 'betfair-classic';
    if (markets.length > 1 || market.counts.depth === 0 || !classic) continue;
    const lines = decoder
      .decode(await plainBytes(file))
      .trimEnd()
      .split('\n');
    found.push(...stretches(lines));
  }
  return orSkipped('recordings of one market with depth on the classic ladder', recordings.path, found);
}

function stretches(lines: readonly string[]): string[][] {
  const found: string[][] = [];
  const every = Math.max(WINDOW, Math.floor(lines.length / WINDOWS_A_RECORDING));
  const plain = new PlainMarket();
  let definition: Json = null;
  lines.forEach((line, index) => {
    if (index % every === 0 && index > 0) {
      const before = JSON.parse(lines[index - 1]!) as JsonObject;
      found.push([imageOf(plain, definition, before), ...lines.slice(index, index + WINDOW)]);
    }
    const message = JSON.parse(line) as PlainMessage;
    for (const entry of message.mc ?? []) {
      definition = (entry as unknown as JsonObject)['marketDefinition'] ?? definition;
      plain.apply(entry);
    }
  });
  return found;
}

/** What a new subscriber would be sent: the whole book in one message. */
function imageOf(plain: PlainMarket, definition: Json, before: JsonObject): string {
  const levels = (side: ReadonlyMap<number | string, number>): Json[] =>
    [...side].map(([price, lots]): Json => [
      typeof price === 'number' ? price : Number(price.slice(1)) / 1e4,
      lots / 100
    ]);
  const rc = [...plain.runners].map(([key, { back, lay, traded, last }]): Json => {
    const [id, hc] = key.split(' ').map(Number) as [number, number];
    return {
      id,
      hc,
      atb: levels(back),
      atl: levels(lay),
      trd: levels(traded),
      ...(last === undefined ? {} : { ltp: last })
    };
  });
  const id = (before['mc'] as JsonObject[])[0]!['id']!;
  return JSON.stringify({ ...before, mc: [{ id, img: true, marketDefinition: definition, rc }] });
}

// Alterations

interface Alteration {
  readonly what: (typeof WHAT)[number];
  readonly line: number;
  readonly where: number;
  readonly value: number;
}
const WHAT = [
  'drop',
  'repeat',
  'swap',
  'cut',
  'flip byte',
  'drop byte',
  'replace value',
  'replace value',
  'replace number',
  'drop field',
  'repeat field',
  'rename field',
  'insert line',
  'join lines',
  'image'
] as const;

/** `1e999` is written as it stands: JSON's way to infinity. */
const INFINITE = '"<1e999>"';
const VALUES: readonly Json[] = [
  ...[null, true, false, '', 'NaN', '5', {}, [], [[]], [[2]], [[2, 5]], [[2, 5, 5]], [['2', 5]], [[null, 5]]],
  ...[0, -1, -0.001, 1, 2, 2.015, 1e15, 1e-9, 0.01, 1000, 1001, 4096, 300, 11.5, 2 ** 53, '<1e999>', 'constructor'],
  [[2.015, 5]],
  [[2, -5]],
  [[0, 2, 5]]
];
const NUMBERS: readonly Json[] = [
  0,
  -1,
  0.5,
  1.01,
  1.005,
  2.02,
  7.7,
  999,
  1000,
  1010,
  123456.78,
  1e11,
  '<1e999>',
  -0.004
];
const NAMES = [
  'atb',
  'atl',
  'trd',
  'ltp',
  'id',
  'hc',
  'rc',
  'img',
  'x',
  '__proto__',
  'constructor',
  'batb',
  'segmentType'
];
const LINES = [
  '',
  '  ',
  '{}',
  'null',
  '[]',
  '{"op":"mcm"}',
  '{"op":"status"}',
  '\uFEFF',
  '\u0000',
  '{"op":"mcm","pt":1,"mc":[{}]}'
];

/** Every place of a value within `json`: its owner and key. */
function places(json: Json, into: [owner: JsonObject | Json[], key: string][] = []): typeof into {
  if (typeof json !== 'object' || json === null) return into;
  for (const [key, value] of Object.entries(json)) {
    into.push([json, key]);
    places(value, into);
  }
  return into;
}

const pick = <T>(list: readonly T[], at: number): T => list[at % list.length]!;

function alterJson(text: string, { what, where, value }: Alteration): string {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    return text;
  }
  const all = places(json);
  const numbers = what === 'replace number';
  const chosen = all.filter(([owner, key]) => !numbers || typeof (owner as JsonObject)[key] === 'number');
  if (chosen.length === 0) return text;
  const [owner, key] = pick(chosen, where);
  const object = owner as JsonObject;
  const held = object[key]!;
  if (what === 'drop field') {
    if (Array.isArray(owner)) owner.splice(Number(key), 1);
    else Reflect.deleteProperty(owner, key);
  } else if (what === 'repeat field' && Array.isArray(owner)) owner.splice(Number(key), 0, held);
  else if (what === 'repeat field') {
    // A second field of the same name: no object can say it, only a text.
    return JSON.stringify(json).replace(`"${key}":`, `"${key}":${JSON.stringify(pick(VALUES, value))},"${key}":`);
  } else if (what === 'rename field' && !Array.isArray(owner)) {
    Reflect.deleteProperty(owner, key);
    Object.defineProperty(owner, pick(NAMES, value), { value: held, enumerable: true, configurable: true });
  } else object[key] = pick(numbers ? NUMBERS : VALUES, value);
  return JSON.stringify(json).replaceAll(INFINITE, '1e999');
}

function alter(lines: readonly string[], alterations: readonly Alteration[]): Uint8Array {
  const list = lines.map((line) => encoder.encode(line));
  for (const one of alterations) {
    if (list.length === 0) break;
    const at = one.line % list.length;
    const bytes = list[at]!;
    const text = decoder.decode(bytes);
    const other = one.where % list.length;
    switch (one.what) {
      case 'drop':
        list.splice(at, 1);
        break;
      case 'repeat':
        list.splice(at, 0, bytes);
        break;
      case 'swap':
        [list[at], list[other]] = [list[other]!, bytes];
        break;
      case 'cut':
        list[at] = bytes.slice(0, one.where % (bytes.length + 1));
        break;
      case 'flip byte':
        list[at] = bytes.map((byte, i) => (i === one.where % bytes.length ? one.value & 255 : byte));
        break;
      case 'drop byte':
        list[at] = bytes.filter((_, i) => i !== one.where % bytes.length);
        break;
      case 'insert line':
        list.splice(at, 0, encoder.encode(pick(LINES, one.value)));
        break;
      case 'join lines':
        list.splice(at, 2, encoder.encode(text + decoder.decode(list[at + 1] ?? new Uint8Array(0))));
        break;
      case 'image':
        list[at] = encoder.encode(text.replace('"img":false', '"img":true'));
        break;
      default:
        list[at] = encoder.encode(alterJson(text, one));
    }
  }
  return joined(list);
}

function joined(list: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(list.reduce((sum, one) => sum + one.length + 1, 0));
  let at = 0;
  for (const one of list) {
    bytes.set(one, at);
    at += one.length;
    bytes[at++] = 10;
  }
  return bytes;
}

// Comparison

const keyOf = (price: number, book: Book): number | string =>
  book.ladder.tickOf(price) === undefined ? `o${String(Math.round(price * 1e4))}` : price;

function sideOf(book: Book, depth: Depth): Map<number | string, number> {
  const side = new Map<number | string, number>();
  for (let tick = depth.lowest; tick !== NO_TICK; tick = depth.above(tick)) {
    const lots = depth.at(tick);
    if (!(lots > 0 && Number.isSafeInteger(lots))) throw new Error(`a level of ${String(lots)} lots`);
    side.set(book.ladder.priceOf(tick as Ticks), lots);
  }
  expect(depth.count, 'levels of a side').toBe(side.size);
  return side;
}

function textOf(state: MarketState): string {
  return state.books
    .map((book, slot) => {
      const { id, handicap } = state.market.runners[slot]!;
      const traded = sideOf(book, book.traded);
      for (const { price, lots } of book.offLadder) traded.set(keyOf(price, book), lots);
      const total = [...traded.values()].reduce((sum, lots) => sum + lots, 0);
      expect(book.totalTraded, 'total traded').toBe(total);
      const last = Number.isNaN(book.lastTradedPrice) ? undefined : book.lastTradedPrice;
      return bookText(`${id} ${String(handicap)}`, [sideOf(book, book.bids), sideOf(book, book.asks), traded], last);
    })
    .filter((line) => line !== '')
    .sort()
    .join('\n');
}

const isCrossed = ({ bids, asks }: Book): boolean => bids.count > 0 && asks.count > 0 && bids.highest >= asks.lowest;

/** Every book after every message, beside the plain one's; how many levels the plain one left out. */
function sameBooks(market: ParsedMarket, lines: readonly string[], codes: ReadonlySet<string>): number {
  const tape = market.finish({ fingerprint: '', shared: false });
  expect(tape.exchange, 'times in order').toEqual(tape.exchange.toSorted());
  const state = new MarketState(tape.market);
  const plain = new PlainMarket();
  let message = 0;
  while (message < market.counts.messages) {
    // A line may speak of a market twice: two messages of ours.
    const line = market.line(message)!;
    const entries = (JSON.parse(lines[line - 1]!) as PlainMessage).mc!.filter((entry) => entry.id === market.id);
    for (const entry of entries) {
      expect(market.line(message)).toBe(line);
      state.applyMessage(tape, message++);
      plain.apply(entry);
      expect(textOf(state), `line ${String(line)}`).toBe(plain.text());
    }
    if (state.books.some(isCrossed)) expect([...codes], `line ${String(line)}`).toContain('crossed-book');
  }
  return plain.leftOut;
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** Whether a line says nothing of a market, so that it may be passed over untold. */
function isIdle(line: string): boolean {
  if (/^[ \t\r]*$/.test(line)) return true;
  try {
    const message = JSON.parse(line) as Partial<PlainMessage> | null;
    if (typeof message?.op !== 'string') return false;
    if (message.op !== 'mcm') return message.op.trim().toLowerCase() !== 'mcm';
    return message.mc === undefined || message.mc === null || isEmptyList(message.mc);
  } catch {
    return false;
  }
}

const linesOf = (market: ParsedMarket): number[] =>
  Array.from({ length: market.counts.messages }, (_, message) => market.line(message)!);

/** Whether the market goes on after a lost line with less than a whole image. */
function leavesHole(market: ParsedMarket, lines: readonly string[], lost: number): boolean {
  const own = linesOf(market);
  const next = own.find((line) => line > lost);
  if (next === undefined || own[0]! > lost) return false;
  const { mc } = JSON.parse(lines[next - 1]!) as { mc: { id: string; img?: boolean; marketDefinition?: object }[] };
  const entry = mc.find((one) => one.id === market.id);
  return entry?.img !== true || entry.marketDefinition === undefined;
}

function check(bytes: Uint8Array): 'read' | 'refused' {
  const reader = new ExchangeStreamReader({ source: 'case', keepTexts: false });
  let markets: readonly ParsedMarket[];
  try {
    reader.push(bytes);
    markets = reader.end();
  } catch (thrown) {
    if (thrown instanceof AppError && /^data\.(kind|empty)$/.test(thrown.code)) return 'refused';
    throw thrown;
  }
  const lines = decoder.decode(bytes).split('\n');
  const count = (...codes: readonly string[]): number =>
    reader.oddities.reduce((sum, one) => sum + (codes.includes(one.code) ? one.count : 0), 0);
  const codes = new Set(reader.oddities.map((one) => one.code));
  const leftOut = markets.reduce((sum, market) => sum + sameBooks(market, lines, codes), 0);
  const told = count('negative-size', 'off-ladder-price', 'odd-runner');
  expect(told >= leftOut && (leftOut > 0 || told === 0 || codes.has('odd-runner')), 'levels left out are told').toBe(
    true
  );
  const taken = new Set(markets.flatMap(linesOf));
  const lost = lines.flatMap((line, index) => (taken.has(index + 1) || isIdle(line) ? [] : [index + 1]));
  expect(count('unreadable-line', 'last-line-cut'), 'lines left out are told').toBe(lost.length);
  for (const one of reader.oddities) expect(one.example).toMatch(/^case line [0-9]+: /);
  const open = markets.filter((market) => market.record({ dataset: '', fingerprint: '' }).trainable);
  for (const market of open) {
    expect(
      lost.filter((line) => leavesHole(market, lines, line)),
      'no episode is made of a market with a hole'
    ).toEqual([]);
  }
  if (told > 0) expect(open.length, 'no episode is made of a book with faults').toBeLessThan(markets.length);
  return 'read';
}

const alteration = fc.record({
  what: fc.constantFrom(...WHAT),
  line: fc.nat(WINDOW * 2),
  where: fc.nat(100_000),
  value: fc.nat(1_000)
});

describe.skipIf(!recordings.present)('recorded messages that were altered', () => {
  it(
    'give the books of the plain implementation, with sound levels, or are refused or told',
    async ({ skip }) => {
      const all = await windows();
      skip(all.length === 0, 'no recording to alter');
      const seen = { read: 0, refused: 0 };
      for (const window of all) expect(check(alter(window, []))).toBe('read');
      fc.assert(
        fc.property(fc.nat(all.length - 1), fc.array(alteration, { minLength: 1, maxLength: 6 }), (index, list) => {
          seen[check(alter(all[index]!, list))]++;
        }),
        { numRuns: fuzzCases(), seed: fuzzSeed() }
      );
      expect(seen.read).toBeGreaterThan(seen.refused);
    },
    fuzzTimeout()
  );

  it(
    'in segments are the same as whole',
    async ({ skip }) => {
      const all = await windows();
      skip(all.length === 0, 'no recording to alter');
      const split = (line: string, at: number): string[] => {
        const message = JSON.parse(line) as { mc: { rc?: Json[] }[] };
        const [entry] = message.mc;
        const rc = entry?.rc ?? [];
        if (message.mc.length !== 1 || rc.length < 2) return [line];
        const cut = 1 + (at % (rc.length - 1));
        const { marketDefinition: _, ...later } = entry as JsonObject;
        return [
          JSON.stringify({ ...message, segmentType: 'SEG_START', mc: [{ ...entry, rc: rc.slice(0, cut) }] }),
          JSON.stringify({ ...message, segmentType: 'SEG_END', mc: [{ ...later, rc: rc.slice(cut) }] })
        ];
      };
      const tapeOf = (lines: readonly string[]) => {
        const reader = new ExchangeStreamReader({ source: 'case', keepTexts: false });
        reader.push(encoder.encode(`${lines.join('\n')}\n`));
        const [market] = reader.end();
        return market!.finish({ fingerprint: '', shared: false });
      };
      fc.assert(
        fc.property(
          fc.nat(all.length - 1),
          fc.array(fc.nat(20), { minLength: WINDOW + 1, maxLength: WINDOW + 1 }),
          (index, cuts) => {
            const window = all[index]!;
            expect(tapeOf(window.flatMap((line, i) => split(line, cuts[i]!)))).toEqual(tapeOf(window));
          }
        ),
        { numRuns: fuzzCases(0.1), seed: fuzzSeed() }
      );
    },
    fuzzTimeout(0.1)
  );
});
