import { describe, expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import type { Ticks } from '../../core/units.ts';
import { RowKind } from '../../market/tape.ts';
import { recognise } from '../recognise.ts';
import { UsdmStreamReader } from './usdm-stream.ts';
import type { UsdmFinishOptions, UsdmStreamOptions } from './usdm-stream.ts';

const START_MILLIS = 1_700_000_000_000;
const FINISH: UsdmFinishOptions = { fingerprint: 'f', shared: false };

/** A line: received so many microseconds after the start, and what the venue sent. */
function line(micros: number, data: object): string {
  return `${String(BigInt(START_MILLIS) * 1_000_000n + BigInt(micros) * 1000n)} ${JSON.stringify(data)}`;
}

const wrapped = (stream: string, data: object): object => ({ stream, data });
type Levels = readonly (readonly [string, string])[];

function depth(at: number, u: number, sides: { b?: Levels; a?: Levels; pu?: number; s?: string } = {}): object {
  const { b = [['100.10', '1.000']], a = [['100.20', '2.000']], pu = u - 1, s = 'ABCUSDT' } = sides;
  const T = START_MILLIS + at;
  return wrapped('abcusdt@depth@0ms', { e: 'depthUpdate', E: T + 1, T, s, U: u, u, pu, b, a });
}

function trade(at: number, fields: Record<string, unknown> = {}): object {
  const T = START_MILLIS + at;
  const data = { e: 'trade', E: T, T, s: 'ABCUSDT', t: 7, p: '100.20', q: '0.250', X: 'MARKET', m: false, ...fields };
  return wrapped('abcusdt@trade', data);
}

const snapshot = (at: number, bids: Levels, asks: Levels): object => ({
  lastUpdateId: 5,
  E: START_MILLIS + at,
  T: START_MILLIS + at,
  bids,
  asks
});

const mark = (at: number, r: string, nextFundingMillis: number): object => {
  const E = START_MILLIS + at;
  const data = {
    e: 'markPriceUpdate',
    E,
    s: 'ABCUSDT',
    p: '100.12345678',
    P: '1.0',
    i: '2.0',
    r,
    T: nextFundingMillis
  };
  return wrapped('abcusdt@markPrice', data);
};

interface Given extends Partial<UsdmStreamOptions>, Partial<UsdmFinishOptions> {
  /** Bytes in one push; all when absent. */
  readonly piece?: number;
}

function read(lines: readonly string[], given: Given = {}) {
  const { piece, instrument, ...options } = given;
  const reader = new UsdmStreamReader({ source: 'abc', ...options });
  const bytes = new TextEncoder().encode(lines.map((text) => `${text}\n`).join(''));
  for (let at = 0; at < bytes.length; at += piece ?? bytes.length) {
    reader.push(bytes.subarray(at, at + (piece ?? bytes.length)));
  }
  const read = reader.end({ ...FINISH, ...(instrument === undefined ? {} : { instrument }) });
  const { tape } = read;
  const rows = Array.from({ length: tape.rows - 1 }, (_, index) => {
    const row = index + 1;
    return [tape.kind[row]!, tape.tick[row]!, tape.lots[row]!, tape.exchange[row]!, tape.received[row]!];
  });
  // A sample of a few updates has no snapshot, and is told of it: see its own test.
  const codes = reader.oddities.map((oddity) => oddity.code).filter((code) => code !== 'no-snapshot');
  return { ...read, reader, rows, codes };
}

function refusal(lines: readonly string[]): AppError {
  try {
    read(lines);
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error('expected a refusal');
}

describe('a recorded USD-M stream', () => {
  test('gives levels as ticks and lots, with both clocks in nanoseconds', () => {
    const { rows, tape, codes } = read([line(3_000, depth(0, 1)), line(9_000, trade(8, { m: true }))]);
    expect(tape.market.rules.spec).toMatchObject({ symbol: 'ABCUSDT', priceDecimals: 1, sizeDecimals: 2 });
    expect(rows).toEqual([
      [RowKind.bid, 1001, 100, 0, 3_000_000],
      [RowKind.ask, 1002, 200, 0, 3_000_000],
      [RowKind.sellTrade, 1002, 25, 8e6, 9e6]
    ]);
    expect(tape.market.rules.ladder.priceOf(1001 as Ticks)).toBe(100.1);
    expect(codes).toEqual([]);
  });

  test('is the same in pieces of any size, and by the scanner or by JSON.parse', () => {
    const lines = [
      line(3_000, depth(0, 1)),
      line(
        4_000,
        wrapped('abcusdt@bookTicker', { e: 'bookTicker', u: 9, s: 'ABCUSDT', b: '1.0', B: '1', a: '2', A: '3' })
      ),
      line(5_000, snapshot(1, [['100.00', '3.000']], [['100.30', '4.000']])),
      line(6_000, mark(2, '-0.00012500', START_MILLIS + 60_000)),
      line(7_000, trade(3)),
      line(8_000, depth(4, 2, { b: [], a: [['100.30', '0.000']] }))
    ];
    const whole = read(lines);
    for (const piece of [1, 2, 7, 61, 1000]) expect(read(lines, { piece }).rows).toEqual(whole.rows);
    expect(read(lines, { scan: false }).rows).toEqual(whole.rows);
    expect(whole.reader.counts).toEqual({ depthUpdate: 2, bookTicker: 1, trade: 1, snapshot: 1, markPriceUpdate: 1 });
    expect(whole.codes).toEqual([]);
  });

  test('takes keys in any order and blanks in the JSON', () => {
    const body = `{ "data": {"a":[["100.20","2.000"]], "b":[["100.10","1.000"]], "T":${String(START_MILLIS)}, "pu":0, "u":1, "U":1, "s":"ABCUSDT", "E":1, "e":"depthUpdate"}, "stream":"x"}`;
    expect(read([`${String(START_MILLIS)}000000 ${body}`]).rows).toEqual(read([line(0, depth(0, 1))]).rows);
  });

  test('a snapshot clears its own range alone, side by side', () => {
    const bids: Levels = [
      ['100.10', '1.0'],
      ['99.90', '2.0']
    ];
    const { rows } = read([line(0, snapshot(0, bids, [['100.20', '3.0']]))]);
    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      [RowKind.clearBids, 999, 0],
      [RowKind.bid, 1001, 1],
      [RowKind.bid, 999, 2],
      [RowKind.clearAsks, 1002, 0],
      [RowKind.ask, 1002, 3]
    ]);
    const oneSided = read([line(0, snapshot(0, bids, []))]);
    expect(oneSided.rows.map((row) => row[0])).toEqual([RowKind.clearBids, RowKind.bid, RowKind.bid]);
  });

  test('a local clock that runs behind is put forward by one amount, so that nothing comes before it was sent', () => {
    const { localShiftNs, smallestLatencyNs, rows, tape } = read([
      line(2_000, depth(10, 1)),
      line(9_000, depth(12, 2)),
      line(15_000, depth(13, 3))
    ]);
    expect([smallestLatencyNs, localShiftNs]).toEqual([-8e6, 8e6]);
    expect(tape.startEpochNanos).toBe(BigInt(START_MILLIS + 10) * 1_000_000n);
    expect(rows.map((row) => row.slice(3))).toEqual([
      [0, 0],
      [0, 0],
      [2e6, 7e6],
      [2e6, 7e6],
      [3e6, 13e6],
      [3e6, 13e6]
    ]);
  });

  test('the ladder is as fine as the finest price, though it comes last', () => {
    const late: Levels = [['100.125', '0.0005']];
    const { rows, tape } = read([line(3_000, depth(0, 1)), line(4_000, depth(1, 2, { b: late, a: [] }))]);
    expect(tape.market.rules.spec).toMatchObject({ priceDecimals: 3, sizeDecimals: 4 });
    expect(rows.map((row) => row.slice(1, 3))).toEqual([
      [100_100, 10_000],
      [100_200, 20_000],
      [100_125, 5]
    ]);
  });

  test('prices between the steps of a known instrument are left out, sizes between its lots rounded, both told', () => {
    const b: Levels = [
      ['100.15', '1.000'],
      ['100.10', '1.04']
    ];
    const { rows, codes, reader } = read([line(3_000, depth(0, 1, { b }))], {
      instrument: { priceDecimals: 1, sizeDecimals: 1 }
    });
    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      [RowKind.bid, 1001, 10],
      [RowKind.ask, 1002, 20]
    ]);
    expect(codes).toEqual(['off-ladder-price', 'off-lot-size']);
    expect(reader.oddities.map((oddity) => oddity.example)).toContain(
      'abc line 1: a price between two steps; it is left out'
    );
  });

  test('one number among thousands that needs a finer step is told: a price is left out, a size rounded', () => {
    const many = Array.from({ length: 1_500 }, (_, i) => line(3_000 + i, depth(i, 1 + i)));
    const stray: Levels = [
      ['100.15', '1.00'],
      ['100.30', '0.125']
    ];
    const { rows, codes, reader, tape } = read([...many, line(9_000, depth(1_500, 1_501, { b: [], a: stray }))]);
    expect(tape.market.rules.spec).toMatchObject({ priceDecimals: 1, sizeDecimals: 0 });
    expect(rows.slice(3_000).map((row) => row.slice(0, 3))).toEqual([[RowKind.ask, 1003, 1]]);
    expect(codes).toEqual(['off-ladder-price', 'off-lot-size']);
    expect(reader.oddities.map((oddity) => oddity.example.slice(0, 14))).toContain('abc line 1501:');
  });

  test('an instrument finer than its data is kept as fine as it is', () => {
    const { rows } = read([line(3_000, depth(0, 1))], { instrument: { priceDecimals: 2, sizeDecimals: 3 } });
    expect(rows[0]!.slice(0, 3)).toEqual([RowKind.bid, 10_010, 1000]);
  });

  test('funding falls due when a later one is announced, at the rate last told', () => {
    const due = START_MILLIS + 28_800_000;
    const { rows } = read([
      line(0, depth(0, 1)),
      line(1_000, mark(1, '0.00010000', due)),
      line(2_000, mark(2, '-0.00012500', due)),
      line(3_000, mark(3, '0.00003000', due + 28_800_000))
    ]);
    expect(rows.slice(2).map((row) => row.slice(0, 3))).toEqual([
      [RowKind.markPrice, -1, 100_123_457],
      [RowKind.markPrice, -1, 100_123_457],
      [RowKind.funding, -1, -12_500],
      [RowKind.markPrice, -1, 100_123_457]
    ]);
  });
});

describe('odd data', () => {
  const odd: readonly (readonly [what: string, code: string, lines: readonly string[], rowsKept: number])[] = [
    ['a gap in the updates', 'sequence-gap', [line(1, depth(0, 1)), line(2, depth(1, 9))], 4],
    ['an event sent again', 'sequence-went-back', [line(1, depth(0, 5)), line(2, depth(0, 5))], 4],
    ['a sequence number that is none', 'sequence-unknown', [line(1, depth(0, -3))], 2],
    ['a venue whose time goes back', 'time-went-back', [line(1, depth(5, 1)), line(2, depth(4, 2))], 4],
    ['lines out of order', 'received-went-back', [line(9, depth(0, 1)), line(2, depth(1, 2))], 4],
    ['a negative size', 'negative-size', [line(1, depth(0, 1, { b: [['100.10', '-1.0']] }))], 1],
    ['a size that is no number', 'unreadable-number', [line(1, depth(0, 1, { b: [['100.10', 'NaN']] }))], 1],
    ['an infinite size', 'unreadable-number', [line(1, depth(0, 1, { b: [['100.10', 'Infinity']] }))], 1],
    ['a size with an exponent', 'unreadable-number', [line(1, depth(0, 1, { b: [['100.10', '1e3']] }))], 1],
    [
      'more digits than a double holds',
      'unreadable-number',
      [line(1, depth(0, 1, { b: [['1.1', '1234567890.123456']] }))],
      1
    ],
    ['a price of nothing', 'price-not-positive', [line(1, depth(0, 1, { b: [['0.00', '1.0']] }))], 1],
    ['a price far from all others', 'far-levels', [line(1, depth(0, 1, { b: [['99999999.1', '1.0']] }))], 1],
    ['another instrument', 'other-symbol', [line(1, depth(0, 1)), line(2, depth(1, 1, { s: 'XYZUSDT' }))], 2],
    ['a message of another kind', 'other-message', [line(1, depth(0, 1)), line(2, { e: 'kline', s: 'ABCUSDT' })], 2],
    [
      'a liquidation taken over',
      'not-market-trade',
      [line(1, depth(0, 1)), line(2, trade(1, { X: 'INSURANCE_FUND' }))],
      2
    ],
    ['a time that is none', 'unreadable-time', [line(1, depth(0, 1)), line(2, trade(1, { T: 1.5 }))], 2],
    [
      'a line that is no JSON',
      'unreadable-line',
      [line(1, depth(0, 1)), '1700000000000000000 {"e":', line(3, depth(1, 2))],
      4
    ],
    ['a line without a time', 'unreadable-line', [line(1, depth(0, 1)), '{"e":"trade"}', line(3, depth(1, 2))], 4],
    [
      'a side that is no list',
      'unreadable-line',
      [line(1, depth(0, 1)), line(2, wrapped('x', { e: 'depthUpdate', b: 3 })), line(3, depth(1, 2))],
      4
    ],
    ['a crossed snapshot', 'crossed-snapshot', [line(1, snapshot(0, [['2.0', '1']], [['2.0', '1']]))], 4]
  ];
  for (const [what, code, lines, rowsKept] of odd) {
    test(`${what} is counted and located`, () => {
      const { codes, rows, reader } = read(lines);
      expect(codes).toEqual([code]);
      expect(reader.oddities[0]).toMatchObject({ count: 1 });
      expect(reader.oddities[0]?.example).toMatch(/^abc line [123]: /u);
      expect(rows).toHaveLength(rowsKept);
    });
  }

  test('a last line that is cut off is left out and told', () => {
    const lines = [line(1, snapshot(0, [['100.10', '1.0']], [])), line(2, depth(1, 2))];
    const bytes = new TextEncoder().encode(lines.join('\n').slice(0, -5));
    const reader = new UsdmStreamReader({ source: 'abc' });
    reader.push(bytes);
    expect(reader.end(FINISH).tape.rows).toBe(3);
    expect(reader.oddities.map((oddity) => oddity.code)).toEqual(['last-line-cut']);
    expect(reader.damage).toBeUndefined();
  });

  test('depth updates without a snapshot are no whole book, and told', () => {
    const updates = [line(2, depth(1, 2)), line(3, depth(2, 3))];
    const { reader } = read([line(1, trade(0)), ...updates]);
    const clause =
      'the recording holds depth updates and no order book snapshot: levels that never changed are missing';
    expect(reader.oddities).toEqual([
      { code: 'no-snapshot', severity: 'warning', count: 1, example: `abc line 2: ${clause}` }
    ]);
    expect(reader.damage).toBe(clause);
    const whole = read([...updates, line(4, snapshot(3, [['100.00', '3.0']], [['100.30', '4.0']]))]).reader;
    expect([whole.oddities, whole.damage]).toEqual([[], undefined]);
    const trades = read([line(1, trade(0))]).reader;
    expect([trades.oddities, trades.damage]).toEqual([[], undefined]);
  });

  test('a line lost in mid-file is a damage that the reader names', () => {
    expect(read([line(1, depth(0, 1)), 'x', line(3, depth(1, 2))]).reader.damage).toBe('line 2 could not be read');
  });

  test('messages that came out of order are put in the order of reception', () => {
    const { tape, rows } = read([
      line(9_000, depth(0, 1)),
      line(2_000, depth(1, 2, { b: [['100.00', '1.0']], a: [] }))
    ]);
    expect(rows.map((row) => row[1])).toEqual([1000, 1001, 1002]);
    expect(Array.from(tape.received).every((time, row) => row === 0 || time >= tape.received[row - 1]!)).toBe(true);
    expect(Array.from(tape.exchangeOrder ?? [])).toEqual([0, 2, 3, 1]);
  });

  test('what is no such recording is refused with what was expected', () => {
    expect(refusal(['{"op":"mcm"}'])).toMatchObject({ code: 'data.kind', subject: 'abc line 1' });
    expect(refusal(['']).code).toBe('data.empty');
    expect(refusal([line(1, { e: 'kline' })]).code).toBe('data.empty');
    const mixed = refusal([line(1, depth(0, 1)), line(2, depth(200 * 86_400_000, 2))]);
    expect(mixed).toMatchObject({
      code: 'data.corrupt',
      subject: 'abc line 2',
      expected: 'times within 104 days of the first'
    });
  });

  test('is known by how it begins', () => {
    const head = new TextEncoder().encode(line(1, depth(0, 1)));
    expect(recognise(head, true)).toMatchObject([{ kind: 'binance-usdm' }]);
  });
});
