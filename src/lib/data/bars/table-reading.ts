/**
 * How a table of candles is to be read: which column is what, how numbers and times are written. It is guessed from the
 * first rows, shown, and may be changed before anything is read. Pure; knows neither files nor markup.
 */
import { markOf, numberOf } from './decimal-text.ts';
import type { DecimalMark } from './decimal-text.ts';
import { MOST, formsOf, instantOf, Zone } from './instants.ts';
import type { TimeForm } from './instants.ts';

export const COLUMN_ROLES = [
  'ignore',
  'time',
  'date',
  'clock',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'quoteVolume',
  'trades',
  'takerBuyVolume',
  'closeTime',
  'symbol'
] as const;
/** `time` is a whole moment; `date` and `clock` are its two halves in columns of their own. */
export type ColumnRole = (typeof COLUMN_ROLES)[number];

export const DELIMITERS = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

export interface TableReading {
  readonly delimiter: Delimiter;
  /** Whether the first row names the columns. */
  readonly header: boolean;
  readonly decimal: DecimalMark;
  /** One a column. */
  readonly roles: readonly ColumnRole[];
  readonly time: TimeForm;
  /** Of times that say none themselves: a name of the tz database. */
  readonly zone: string;
  /** Whether a time is when its candle opened or when it closed. */
  readonly stamps: 'open' | 'close';
  /** Of candles that name no instrument. */
  readonly symbol: string;
}

/** The first rows, as text; what the guess is made of and what is shown beside it. */
export interface TableSample {
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: Delimiter;
}

const NAMES: Readonly<Record<Exclude<ColumnRole, 'ignore'>, readonly string[]>> = {
  time: [
    'when',
    'timestamp',
    'opentime',
    'datetime',
    'date',
    'time',
    'ts',
    't',
    'unix',
    'unixtime',
    'gmttime',
    'localtime',
    'datum',
    'zeit',
    'starttime',
    'begin'
  ],
  date: [],
  clock: ['clock', 'hour', 'uhrzeit'],
  open: ['open', 'o', 'openprice', 'first', 'eröffnung', 'eröffnungskurs', 'ouverture'],
  high: ['high', 'h', 'hi', 'highprice', 'max', 'hoch', 'tageshoch'],
  low: ['low', 'l', 'lo', 'lowprice', 'min', 'tief', 'tagestief'],
  close: ['close', 'c', 'closeprice', 'last', 'schluss', 'schlusskurs', 'closelast', 'price'],
  volume: ['volume', 'v', 'vol', 'basevolume', 'tickvol', 'tickvolume', 'umsatz', 'volumen', 'volumebtc', 'qty'],
  quoteVolume: [
    'quotevolume',
    'quoteassetvolume',
    'quoteav',
    'turnover',
    'amount',
    'volumeusdt',
    'volumeusd',
    'volccyquote'
  ],
  trades: ['trades', 'count', 'numberoftrades', 'tradecount', 'transactions', 'n'],
  takerBuyVolume: ['takerbuyvolume', 'takerbuybaseassetvolume', 'takerbuybaseassetvol', 'tbbav', 'takerbasevol'],
  closeTime: ['closetime', 'endtime'],
  symbol: [
    'symbol',
    'sym',
    'ticker',
    'tradingsymbol',
    'pair',
    'instrument',
    'instid',
    'contract',
    'coin',
    'asset',
    'stock',
    'security',
    'product',
    'market',
    'code',
    'name',
    'ric',
    'isin'
  ]
};

/** What has to be there. */
export const NEEDED = ['open', 'high', 'low', 'close'] as const satisfies readonly ColumnRole[];

const keyOf = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** The likeliest reading; `complaintsOf` says what is missing in it. */
export function guessReading(sample: TableSample, symbol: string): TableReading {
  const { rows, delimiter } = sample;
  const columns = commonWidth(rows);
  const [first = [], ...others] = rows;
  const cells = (of: readonly (readonly string[])[], column: number): readonly string[] =>
    of.map((row) => row[column]?.trim() ?? '').filter((cell) => cell !== '');
  const bodyMark = markOf(others.flat().filter((cell) => /\d/u.test(cell)));
  const header =
    first.length > 0 && first.every((cell) => Number.isNaN(numberOf(cell, bodyMark)) && formsOf([cell]).length === 0);
  const body = header ? others : rows;
  const decimal = markOf(body.flatMap((row) => row.filter((cell) => /\d/u.test(cell) && formsOf([cell])[0] !== 'iso')));
  const indexes = Array.from({ length: columns }, (_, column) => column);
  const timely = indexes.filter((column) => formsOf(cells(body, column)).length > 0);
  const roles: ColumnRole[] = header
    ? byName(first, columns)
    : byContent({
        columns,
        timely,
        isNumber: (column) => allNumbers(cells(body, column), decimal),
        isWord: (column) => allWords(cells(body, column))
      });
  // A column whose name says time and whose cells do not is none; the first that reads as one takes its place.
  for (const column of indexes) if (roles[column] === 'time' && !timely.includes(column)) roles[column] = 'ignore';
  splitClock(roles, (column) => cells(body, column));
  if (!roles.includes('time') && !roles.includes('date')) {
    const free = timely.find((column) => roles[column] === 'ignore' && (!header || keyOf(first[column] ?? '') === ''));
    if (free !== undefined) roles[free] = 'time';
  }
  const timeColumn = roles.findIndex((role) => role === 'time' || role === 'date');
  const form = timeColumn < 0 ? 'iso' : (formsOf(cells(body, timeColumn))[0] ?? 'iso');
  return { delimiter, header, decimal, roles, time: form, zone: 'UTC', stamps: 'open', symbol };
}

/** The first column that a role's names fit, the likelier name first; each role is given once. */
function byName(names: readonly string[], columns: number): ColumnRole[] {
  const roles = new Array<ColumnRole>(columns).fill('ignore');
  const keys = names.map(keyOf);
  for (const [role, wanted] of Object.entries(NAMES) as [ColumnRole, readonly string[]][]) {
    const at = wanted
      .map((name) => keys.findIndex((key, i) => key === name && roles[i] === 'ignore'))
      .find((i) => i >= 0);
    if (at !== undefined) roles[at] = role;
  }
  return roles;
}

/**
 * Without names: time, then open, high, low, close and volume, as every exchange's files have them; the first column of
 * words is what they are candles of.
 */
function byContent(of: {
  readonly columns: number;
  readonly timely: readonly number[];
  readonly isNumber: (column: number) => boolean;
  readonly isWord: (column: number) => boolean;
}): ColumnRole[] {
  const roles = new Array<ColumnRole>(of.columns).fill('ignore');
  const time = of.timely[0];
  if (time !== undefined) roles[time] = 'time';
  const order: readonly ColumnRole[] = ['open', 'high', 'low', 'close', 'volume'];
  let next = 0;
  for (let column = (time ?? -1) + 1; column < of.columns && next < order.length; column++) {
    const role = order[next];
    if (role === undefined || !of.isNumber(column)) continue;
    roles[column] = role;
    next++;
  }
  const word = roles.findIndex((role, column) => role === 'ignore' && of.isWord(column));
  if (word >= 0) roles[word] = 'symbol';
  return roles;
}

/** What instruments are called: `AAPL`, `BTC-USDT`, `ES=F`. */
const allWords = (cells: readonly string[]): boolean =>
  cells.length > 0 && cells.every((cell) => /^(?=.*[A-Za-z])[\w.:/=^-]{1,32}$/u.test(cell));

/** A day in one column and its clock in the next: both are needed for one moment. */
function splitClock(roles: ColumnRole[], cells: (column: number) => readonly string[]): void {
  const day = roles.indexOf('time');
  if (day < 0 || !cells(day).every((cell) => !cell.includes(':') && !/^\d{9,}/u.test(cell))) return;
  for (const column of [day + 1, day - 1]) {
    const clocks = cells(column);
    const free = roles[column] === 'ignore' || roles[column] === 'clock';
    if (!free || clocks.length === 0 || !clocks.every((cell) => /^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/u.test(cell)))
      continue;
    roles[day] = 'date';
    roles[column] = 'clock';
    return;
  }
}

const allNumbers = (cells: readonly string[], decimal: DecimalMark): boolean =>
  cells.length > 0 && cells.filter((cell) => !Number.isNaN(numberOf(cell, decimal))).length >= MOST * cells.length;

/** How many columns hold numbers. @param body rows without the names of the columns */
export function numberColumns(body: readonly (readonly string[])[], decimal: DecimalMark): number {
  const cells = (column: number): readonly string[] =>
    body.map((row) => row[column]?.trim() ?? '').filter((cell) => cell !== '');
  return Array.from({ length: commonWidth(body) }, (_, column) => column).filter((column) =>
    allNumbers(cells(column), decimal)
  ).length;
}

/** Of most rows; a ragged one does not count. */
function commonWidth(rows: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>();
  for (const { length } of rows) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 0;
}

/** What keeps a reading from giving candles, as clauses; none when it can be tried. */
export function complaintsOf(reading: TableReading): readonly string[] {
  const { roles } = reading;
  const wrong: string[] = NEEDED.filter((role) => !roles.includes(role)).map((role) => `no column is ${role}`);
  if (!roles.includes('time') && !roles.includes('date')) wrong.push('no column is the time');
  for (const role of COLUMN_ROLES) {
    if (role !== 'ignore' && roles.filter((one) => one === role).length > 1) wrong.push(`two columns are ${role}`);
  }
  if (reading.decimal === reading.delimiter) wrong.push('the decimal mark parts the columns too');
  try {
    new Zone(reading.zone);
  } catch {
    wrong.push(`${JSON.stringify(reading.zone)} is no time zone`);
  }
  return wrong;
}

/** Of the first rows: how many give a candle under the reading, and what keeps the first other one from it. */
export function trial(
  reading: TableReading,
  rows: readonly (readonly string[])[]
): { readonly read: number; readonly of: number } {
  const body = reading.header ? rows.slice(1) : rows;
  const at = (role: ColumnRole): number => reading.roles.indexOf(role);
  if (complaintsOf(reading).length > 0) return { read: 0, of: body.length };
  const zone = new Zone(reading.zone);
  const read = body.filter((row) => {
    const time =
      at('time') >= 0 ? (row[at('time')] ?? '') : `${row[at('date')] ?? ''} ${row[at('clock')] ?? ''}`.trim();
    const [open, high, low, close] = NEEDED.map((role) => numberOf(row[at(role)] ?? '', reading.decimal)) as [
      number,
      number,
      number,
      number
    ];
    return (
      instantOf(time, reading.time, zone).kind === 'at' && high >= Math.max(open, close) && low <= Math.min(open, close)
    );
  });
  return { read: read.length, of: body.length };
}
