/** Tables of candles: what is guessed of them, what they become, and that every fault in them is told where it stands. */
import { describe, expect, it } from 'vitest';
import { askOnce } from '../import-question.ts';
import type { ImportAnswer, ImportQuestion } from '../import-question.ts';
import { readRecording } from '../read-recording.ts';
import type { ReadMarket, Recording } from '../recording.ts';
import type { Ask } from '../import-question.ts';
import { sampleCsv } from './csv.ts';
import { markOf, numberOf } from './decimal-text.ts';
import { Zone, formsOf, instantOf } from './instants.ts';
import { complaintsOf, guessReading, trial } from './table-reading.ts';

const file = (text: string | Uint8Array<ArrayBuffer>, name = 'XYZ-1h.csv'): File => new File([text], name);

async function read(
  from: File,
  ask?: Ask
): Promise<{ readonly recording: Recording; readonly markets: readonly ReadMarket[] }> {
  const markets: ReadMarket[] = [];
  const recording = await readRecording(from, {
    breathe: () => Promise.resolve(),
    onProgress: () => undefined,
    onMarket: (market) => {
      markets.push(market);
      return Promise.resolve();
    },
    ...(ask === undefined ? {} : { ask })
  });
  return { recording, markets };
}

const codes = ({ recording, markets }: Awaited<ReturnType<typeof read>>): readonly string[] =>
  [...recording.oddities, ...markets.flatMap(({ record }) => record.oddities)].map(({ code }) => code);

/** Hourly candles that rise by one; times as `time` writes them. */
function candles(count: number, time: (hour: number) => string): readonly (readonly string[])[] {
  return Array.from({ length: count }, (_, hour) => {
    const open = 100 + hour;
    return [time(hour), String(open), String(open + 1.5), String(open - 0.5), String(open + 1), String(10 * hour + 1)];
  });
}
const HEADER = ['time', 'open', 'high', 'low', 'close', 'volume'];
const START = Date.UTC(2024, 0, 30);
const iso = (hour: number): string => new Date(START + hour * 3_600_000).toISOString();
const csv = (rows: readonly (readonly string[])[], delimiter = ','): string =>
  `${rows.map((row) => row.join(delimiter)).join('\n')}\n`;

describe('numbers', () => {
  it.each([
    ['1234.5', '.', 1234.5],
    ['1,234.5', '.', 1234.5],
    ['1.234,5', ',', 1234.5],
    ["1'234.5", '.', 1234.5],
    ['-.5', '.', -0.5],
    ['1e-7', '.', 1e-7]
  ] as const)('%s with %s is %d', (text, mark, value) => {
    expect(numberOf(text, mark)).toBe(value);
  });
  it.each([
    ['1.234,5', '.'],
    ['1,234.5', ','],
    ['12,34.5', '.'],
    ['NaN', '.'],
    ['', '.'],
    ['.', '.'],
    ['1.2.3', '.'],
    ['0x10', '.'],
    ['1 2', '.']
  ] as const)('%s with %s is none', (text, mark) => {
    expect(numberOf(text, mark)).toBeNaN();
  });
  it('the mark is the one that reads more of them', () => {
    expect(markOf(['1,5', '2,25', '3'])).toBe(',');
    expect(markOf(['1.5', '2.25', '3'])).toBe('.');
    expect(markOf(['1.234,5', '2'])).toBe(',');
  });
});

describe('times', () => {
  const utc = new Zone('UTC');
  it.each([
    ['2024-01-30T12:00:00Z', 'iso', Date.UTC(2024, 0, 30, 12)],
    ['2024-01-30 12:00:00.250000', 'iso', Date.UTC(2024, 0, 30, 12, 0, 0, 250)],
    ['20240130', 'iso', Date.UTC(2024, 0, 30)],
    ['2024.01.30 12:00', 'iso', Date.UTC(2024, 0, 30, 12)],
    ['2024-01-30T12:00:00+05:30', 'iso', Date.UTC(2024, 0, 30, 6, 30)],
    ['30/01/2024', 'day-first', Date.UTC(2024, 0, 30)],
    ['01/30/2024 1:05 PM', 'month-first', Date.UTC(2024, 0, 30, 13, 5)],
    ['12/31/2023 12:00 AM', 'month-first', Date.UTC(2023, 11, 31)],
    ['1706616000', 's', 1_706_616_000_000],
    ['1706616000000', 'ms', 1_706_616_000_000],
    ['1706616000000000', 'us', 1_706_616_000_000],
    ['1706616000000000000', 'ns', 1_706_616_000_000]
  ] as const)('%s as %s', (text, form, millis) => {
    expect(instantOf(text, form, utc)).toEqual({ kind: 'at', millis });
    expect(formsOf([text])).toContain(form);
  });
  it.each([
    ['2024-02-30', 'iso'],
    ['2024-13-01', 'iso'],
    ['31/04/2024', 'day-first'],
    ['2024-01-30 25:00', 'iso'],
    ['soon', 'iso'],
    ['1706616000000', 's'],
    ['1e12', 'ms']
  ] as const)('%s is none as %s', (text, form) => {
    expect(instantOf(text, form, utc).kind).toBe('none');
  });
  it('the day is told from the month where any day is over twelve', () => {
    expect(formsOf(['01/02/2024', '13/02/2024'])).toEqual(['day-first']);
    expect(formsOf(['01/02/2024', '02/13/2024'])).toEqual(['month-first']);
  });
  it('a local time is that of its zone in summer and in winter', () => {
    const berlin = new Zone('Europe/Berlin');
    expect(instantOf('2024-01-30 12:00', 'iso', berlin)).toEqual({ kind: 'at', millis: Date.UTC(2024, 0, 30, 11) });
    expect(instantOf('2024-07-30 12:00', 'iso', berlin)).toEqual({ kind: 'at', millis: Date.UTC(2024, 6, 30, 10) });
  });
  it('an hour that clocks skip does not occur, one that they repeat is taken in order', () => {
    const berlin = new Zone('Europe/Berlin');
    expect(instantOf('2024-03-31 02:30', 'iso', berlin)).toMatchObject({
      got: expect.stringContaining('does not occur') as string
    });
    const first = Date.UTC(2024, 9, 27, 0, 30);
    expect(instantOf('2024-10-27 02:30', 'iso', berlin)).toEqual({ kind: 'at', millis: first });
    expect(instantOf('2024-10-27 02:30', 'iso', berlin, first)).toEqual({ kind: 'at', millis: first + 3_600_000 });
  });
});

describe('a guess', () => {
  const guess = (text: string) => guessReading(sampleCsv(text, true)!, 'XYZ');
  it('reads names in any order, and leaves what it does not know', () => {
    const text = csv([
      ['Adj Close', 'Volume', 'Close', 'Low', 'High', 'Open', 'Date'],
      ['1', '5', '1', '1', '2', '1', '2024-01-30']
    ]);
    expect(guess(text).roles).toEqual(['ignore', 'volume', 'close', 'low', 'high', 'open', 'time']);
  });
  it('reads without names', () => {
    const reading = guess(csv(candles(5, (hour) => String(START / 1000 + hour * 3600))));
    expect(reading).toMatchObject({
      header: false,
      time: 's',
      roles: ['time', 'open', 'high', 'low', 'close', 'volume']
    });
  });
  it('reads semicolons, commas in numbers, a day and a clock apart', () => {
    const text =
      'Datum;Uhrzeit;Eröffnung;Hoch;Tief;Schluss;Umsatz\n30.01.2024;12:00;1,5;2,5;1,0;2,0;1.234,5\n31.01.2024;12:00;1,5;2,5;1,0;2,0;7,0\n';
    expect(guess(text)).toMatchObject({
      delimiter: ';',
      decimal: ',',
      time: 'day-first',
      roles: ['date', 'clock', 'open', 'high', 'low', 'close', 'volume']
    });
    expect(trial(guess(text), sampleCsv(text, true)!.rows)).toEqual({ read: 2, of: 2 });
  });
  it('says what it could not find', () => {
    expect(complaintsOf(guess('a,b,c,d,e\n1,2,3,4,5\n'))).toContain('no column is open');
    expect(complaintsOf({ ...guess(csv([HEADER, ...candles(3, iso)])), zone: 'Europe/Nowhere' })).toEqual([
      '"Europe/Nowhere" is no time zone'
    ]);
  });
});

describe('a table', () => {
  it('becomes candles, and says what was guessed where nobody is asked', async () => {
    const got = await read(file(csv([HEADER, ...candles(30, iso)])));
    const [market] = got.markets;
    expect(market?.record).toMatchObject({
      kind: 'BARS',
      messages: 30,
      firstMillis: START,
      id: `XYZ-1h-${String(START)}`
    });
    expect(market?.bars?.[1]).toMatchObject({
      openMillis: START + 3_600_000,
      closeMillis: START + 7_199_999,
      open: 101,
      volume: 11
    });
    expect(market?.bars?.[1]?.trades).toBeNaN();
    expect(codes(got)).toEqual(['columns-guessed']);
  });
  it('is read as the answer says: zone, stamps, roles, symbol', async () => {
    const seen: ImportQuestion[] = [];
    const ask: Ask = (question) => {
      seen.push(question);
      const { guess } = question.table!;
      const table = { ...guess, zone: 'America/New_York', stamps: 'close' as const, symbol: 'ABC' };
      return Promise.resolve({ kind: 'read', as: 'table', table, forAll: false });
    };
    const local = candles(5, (hour) => `2024-01-30 1${String(hour)}:00`);
    const { markets } = await read(file(csv([HEADER, ...local])), ask);
    expect(seen[0]?.table?.rows.slice(0, 2)).toEqual([HEADER, local[0]]);
    expect(markets[0]?.bars?.[0]?.openMillis).toBe(Date.UTC(2024, 0, 30, 14));
    expect(markets[0]?.tape.market.runners[0]?.id).toBe('ABC');
    const [asSuggested] = (await read(file(csv([HEADER, ...local])))).markets;
    expect(markets[0]?.record.fingerprint).not.toBe(asSuggested?.record.fingerprint);
  });
  it('of several instruments is a market each', async () => {
    const rows = ['A', 'B'].flatMap((name) => candles(4, iso).map((row) => [...row, name]));
    const { markets } = await read(file(csv([[...HEADER, 'symbol'], ...rows])));
    expect(markets.map(({ tape, bars }) => [tape.market.runners[0]?.id, bars?.length])).toEqual([
      ['A', 4],
      ['B', 4]
    ]);
  });
  it.each(['Name', 'Ticker', 'stock', 'Symbol', 'code', 'Trading Symbol', 'contract'])(
    'of several instruments under the name %s is a market each, named by its own, with its own rows alone',
    async (name) => {
      const each = ['AAPL', 'BTC-USDT', 'ES=F'];
      const rows = candles(5, iso).flatMap((row) => each.map((symbol) => [...row, symbol]));
      const { markets } = await read(file(csv([[...HEADER, name], ...rows]), 'AAPL.csv'));
      expect(markets.map(({ tape }) => tape.market.name)).toEqual(each.map((symbol) => `${symbol} 1h candles`));
      expect(new Set(markets.map(({ record }) => record.id)).size).toBe(3);
      for (const [i, { bronze, bars }] of markets.entries()) {
        expect(bars).toHaveLength(5);
        const [head, ...lines] = bronze.text.join('').trim().split('\n');
        expect(head).toBe([...HEADER, name].join(','));
        expect(lines).toHaveLength(5);
        expect(lines.every((line) => line.endsWith(`,${each[i]!}`))).toBe(true);
      }
    }
  );
  it('of several instruments without names of columns is a market each', async () => {
    const rows = ['AAPL', 'AMZN'].flatMap((symbol) => candles(30, iso).map((row) => [symbol, ...row]));
    const { markets } = await read(file(csv(rows)));
    expect(markets.map(({ tape }) => tape.market.runners[0]?.id)).toEqual(['AAPL', 'AMZN']);
  });
  it('of several instruments that no column names says so', async () => {
    const other = candles(8, iso).map(([time, ...prices]) => [
      time!,
      ...prices.map((price) => String(Number(price) * 3))
    ]);
    const told = await read(file(csv([HEADER, ...candles(8, iso), ...other])));
    expect(told.markets).toHaveLength(1);
    expect(codes(told)).toContain('several-instruments');
    const same = candles(8, iso);
    expect(codes(await read(file(csv([HEADER, ...same, ...same]))))).not.toContain('several-instruments');
  });
  it('that runs backward is turned round without a word; one out of order is put in place and told', async () => {
    const rows = candles(6, iso);
    const falling = await read(file(csv([HEADER, ...rows.toReversed()])));
    expect(falling.markets[0]?.bars?.[0]?.openMillis).toBe(START);
    expect(codes(falling)).toEqual(['columns-guessed']);
    const mixed = await read(file(csv([HEADER, rows[0]!, rows[2]!, rows[1]!, ...rows.slice(3)])));
    expect(codes(mixed)).toContain('time-went-back');
    expect(mixed.markets[0]?.bars?.map(({ open }) => open)).toEqual([100, 101, 102, 103, 104, 105]);
  });
  it('whose columns are called anything is asked about, and read as the answer says', async () => {
    const seen: ImportQuestion[] = [];
    const roles = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;
    const ask: Ask = (question) => {
      seen.push(question);
      return Promise.resolve({
        kind: 'read',
        as: 'table',
        table: { ...question.table!.guess, roles },
        forAll: false
      });
    };
    const text = csv([['moment', 'p1', 'p2', 'p3', 'p4', 'size'], ...candles(4, iso)]).replaceAll(',', '|');
    const { markets } = await read(file(text), ask);
    expect(seen[0]?.table?.guess.delimiter).toBe('|');
    expect(markets[0]?.bars?.map(({ openMillis, open }) => [openMillis - START, open])).toEqual([
      [0, 100],
      [3_600_000, 101],
      [7_200_000, 102],
      [10_800_000, 103]
    ]);
    await expect(read(file(text))).rejects.toMatchObject({ code: 'data.kind' });
  });
  it('is UTF-16 where its first bytes say so', async () => {
    const text = `\uFEFF${csv([HEADER, ...candles(4, iso)])}`;
    const plain = await read(file(text));
    for (const little of [true, false]) {
      const bytes = new DataView(new ArrayBuffer(2 * text.length));
      for (let i = 0; i < text.length; i++) bytes.setUint16(2 * i, text.charCodeAt(i), little);
      const { markets } = await read(new File([bytes], 'a.csv'));
      expect(markets[0]?.bars).toEqual(plain.markets[0]?.bars);
    }
  });
  it('of names alone says that there are no rows', async () => {
    const refused = { code: 'data.empty', got: 'the names alone' };
    await expect(read(file(csv([HEADER])))).rejects.toMatchObject(refused);
    await expect(read(file(csv([HEADER]).trimEnd()))).rejects.toMatchObject(refused);
  });
  it('is left out where the answer says so', async () => {
    const leave: Ask = () => Promise.resolve({ kind: 'leave', forAll: false });
    await expect(read(file(csv([HEADER, ...candles(3, iso)])), leave)).rejects.toMatchObject({ code: 'data.kind' });
  });
  it('is asked about once where the answer is for all; what it is a table of stays its own', async () => {
    let asked = 0;
    const ask = askOnce((question): Promise<ImportAnswer> => {
      asked++;
      return Promise.resolve({ kind: 'read', as: 'table', table: question.table!.guess, forAll: true });
    });
    const names: (string | undefined)[] = [];
    for (const name of ['one.csv', 'two.csv']) {
      const { markets } = await read(file(csv([HEADER, ...candles(3, iso)]), name), ask);
      names.push(markets[0]?.tape.market.runners[0]?.id);
    }
    expect([asked, names]).toEqual([1, ['one', 'two']]);
  });
});

describe('Binance klines', () => {
  const row = (hour: number, unit: number): string[] => {
    const [, open, high, low, close, volume] = candles(hour + 1, iso)[hour]!;
    const at = START + hour * 3_600_000;
    return [
      String(at * unit),
      open!,
      high!,
      low!,
      close!,
      volume!,
      String((at + 3_600_000) * unit - 1),
      '5',
      '7',
      '3',
      '1',
      '0'
    ];
  };
  it.each([
    ['milliseconds', 1, false],
    ['microseconds', 1000, false],
    ['milliseconds under a header', 1, true]
  ] as const)('in %s', async (_, unit, named) => {
    const header =
      'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n';
    const text = (named ? header : '') + csv([row(0, unit), row(1, unit), row(2, unit)]);
    const got = await read(file(text, 'BTCUSDT-1h-2024-01.csv'));
    expect(got.markets[0]?.record).toMatchObject({
      venue: 'binance',
      id: `BTCUSDT-1h-${String(START)}`,
      messages: 3,
      trades: 21
    });
    expect(got.markets[0]?.bars?.[2]).toMatchObject({
      openMillis: START + 7_200_000,
      quoteVolume: 5,
      takerBuyVolume: 3
    });
    expect(codes(got)).toEqual([]);
  });
});

describe('bad tables', () => {
  const rows = candles(40, iso);
  const broken = async (at: number, row: readonly string[]) => await read(file(csv([HEADER, ...rows.with(at, row)])));
  it.each([
    ['ragged', ['2024-01-30', '1', '2'], 'ragged-row', 'it has 3 columns, not 6'],
    ['NaN', [iso(7), 'NaN', '2', '1', '1', '1'], 'missing-number', 'column open holds no number'],
    ['empty', [iso(7), '', '2', '1', '1', '1'], 'missing-number', 'column open holds no number'],
    [
      'wrong decimals',
      [iso(7), '"1.234,5"', '2', '1', '1', '1'],
      'unreadable-number',
      'column open "1.234,5" is no number with a decimal point'
    ],
    [
      'no date',
      ['2024-02-31', '1', '2', '1', '1', '1'],
      'unreadable-time',
      'column time "2024-02-31" is no day of the calendar'
    ],
    [
      'impossible',
      [iso(7), '1', '0.5', '1', '1', '1'],
      'impossible-candle',
      'open 1, high 0.5, low 1, close 1 are no candle'
    ]
  ])('%s: the row is left out, and told by its line', async (_, row, code, clause) => {
    const { recording, markets } = await broken(7, row);
    expect(recording.oddities).toContainEqual(expect.objectContaining({ code, count: 1 }));
    const { example } = recording.oddities.find((one) => one.code === code)!;
    expect(example).toContain(`XYZ-1h.csv line 9: ${clause}`);
    expect(markets[0]?.bars).toHaveLength(39);
  });
  it('a row twice is kept once; one that is missing is told', async () => {
    expect(codes(await broken(8, rows[7]!))).toEqual(['columns-guessed', 'repeated-candle', 'missing-candles']);
  });
  it('a zone in which its times do not occur is told by line', async () => {
    const spring = candles(4, (hour) => `2024-03-31 0${String(hour)}:30`);
    const ask: Ask = (question) =>
      Promise.resolve({
        kind: 'read',
        as: 'table',
        forAll: false,
        table: { ...question.table!.guess, zone: 'Europe/Berlin' }
      });
    const { recording } = await read(file(csv([HEADER, ...spring])), ask);
    expect(recording.oddities[0]).toMatchObject({ code: 'unreadable-time', count: 1 });
    expect(recording.oddities[0]?.example).toContain(
      'line 4: column time "2024-03-31 02:30" does not occur in Europe/Berlin'
    );
  });
  it('of faults alone is refused with the first of them', async () => {
    const ask: Ask = (question) =>
      Promise.resolve({
        kind: 'read',
        as: 'table',
        forAll: false,
        table: { ...question.table!.guess, time: 'day-first' }
      });
    await expect(read(file(csv([HEADER, ...rows])), ask)).rejects.toMatchObject({
      code: 'data.corrupt',
      got: expect.stringContaining('line 2: column time') as string
    });
  });
  it('cut at every tenth keeps whole rows, and never reads a cut one as whole', async () => {
    const text = csv([HEADER, ...rows]);
    for (let tenth = 1; tenth < 10; tenth++) {
      const cut = text.slice(0, Math.round((text.length * tenth) / 10));
      const whole = cut.split('\n').length - 2;
      const { markets } = await read(file(cut));
      const kept = markets[0]?.bars ?? [];
      expect(kept.length - whole).toBeLessThanOrEqual(1);
      expect(kept.slice(0, whole).map(({ open }) => open)).toEqual(rows.slice(0, whole).map((row) => Number(row[1])));
    }
  });
  it('with one byte flipped anywhere is read or refused, never by a fault of ours', async () => {
    const bytes = new TextEncoder().encode(csv([HEADER, ...candles(12, iso)]));
    for (let at = 0; at < bytes.length; at += 5) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << (at % 8);
      const result: unknown = await read(file(flipped)).catch((thrown: unknown) => thrown);
      if (result instanceof Error)
        expect(result).toMatchObject({ name: 'AppError', code: expect.stringMatching(/^data\./u) as string });
    }
  });
  it('that is empty, or a header alone, is refused', async () => {
    await expect(read(file(''))).rejects.toMatchObject({ code: expect.stringMatching(/^data\./u) as string });
    await expect(read(file(`${HEADER.join(',')}\n`))).rejects.toMatchObject({
      code: expect.stringMatching(/^data\./u) as string
    });
  });
});
