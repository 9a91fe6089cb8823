/** The tables SQL sees: their columns as the user reads them, and how the small ones are filled from records. */
import type { DatasetRecord, MarketRecord } from '../records.ts';
import type { ColumnSpec, ColumnType, ColumnValues } from '../parquet/columns.ts';
import { BARS_COLUMNS } from '../parquet/bars.ts';
import { toIpc } from '../parquet/columns.ts';
import { featureColumns, featureSpecs } from '../runner-series.ts';
import type { MarketInfo } from '../../market/tape.ts';
import type { Scope } from './scope.ts';

export interface SqlTable {
  readonly name: string;
  readonly about: string;
  readonly columns: readonly ColumnSpec[];
}

/** A table made anew from records before every query that names it. `columns` may grow with the records. */
export interface RecordTable extends SqlTable {
  /** @param scope the markets that the query needs of it; a table of few rows may give all */
  rows(scope: Scope): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const text = (name: string, about: string): ColumnSpec => ({ name, type: 'text', about });
const real = (name: string, about: string): ColumnSpec => ({ name, type: 'f64', about, nullable: true });
const time = (name: string, about: string): ColumnSpec => ({ name, type: 'time', about, nullable: true });
const flag = (name: string, about: string): ColumnSpec => ({ name, type: 'bool', about });

const KEYS = [text('dataset', 'name of the dataset'), text('market', "the venue's id of the market")] as const;

export const DATASETS_TABLE: SqlTable = {
  name: 'datasets',
  about: 'one row a dataset',
  columns: [
    text('dataset', 'its name'),
    text('origin', 'sample, import or fetch'),
    text('venue', 'where it was recorded'),
    flag('synthetic', 'made by the simulator'),
    time('created', 'when it was imported, UTC'),
    real('files', 'source files'),
    real('markets', 'markets in it'),
    real('trainable', 'markets an episode can be made of'),
    real('messages', 'messages of all markets'),
    real('runners', 'runners of all markets'),
    real('trades', 'trades of all markets'),
    time('first', 'first message, UTC'),
    time('last', 'last message, UTC'),
    real('bronze_bytes', 'stored size of the messages as received'),
    real('silver_bytes', 'stored size of the tapes'),
    text('fingerprint', "SHA-256 over its markets' fingerprints"),
    text('code_version', 'version of the app that imported it')
  ]
};

export const MARKETS_TABLE: SqlTable = {
  name: 'markets',
  about: 'one row a market',
  columns: [
    ...KEYS,
    text('name', 'its name'),
    text('event', 'name of the event'),
    text('kind', 'WIN, PLACE, ...'),
    text('country', 'ISO country code'),
    text('venue', 'where it was recorded'),
    flag('synthetic', 'made by the simulator'),
    real('runners', 'runners in it'),
    real('messages', 'messages'),
    real('definitions', 'market definitions'),
    real('rows', 'rows of its tape'),
    real('trades', 'trades'),
    real('matched', 'sum of trades, in the currency of the venue'),
    time('first', 'first message, UTC'),
    time('last', 'last message, UTC'),
    time('scheduled', 'scheduled start, UTC'),
    time('in_play', 'when it turned in play, UTC'),
    text('status', 'at the end of the recording'),
    text('winners', 'names of the winners, parted by commas'),
    flag('trainable', 'whether an episode can be made of it'),
    text('reason', 'why not'),
    text('fingerprint', 'SHA-256 of its source')
  ]
};

export const RUNNERS_TABLE: SqlTable = {
  name: 'runners',
  about: 'one row a runner or instrument of a market',
  columns: [
    ...KEYS,
    { name: 'slot', type: 'u8', about: 'its number in tape and runner_ts' },
    text('id', "the venue's id"),
    text('runner', 'its name'),
    real('handicap', 'handicap'),
    real('sort_priority', 'place in the list'),
    flag('winner', 'whether it won')
  ]
};

/** The large tables are views over what `warehouse.ts` loads for a query that names them. */
export const TAPE_TABLE: SqlTable = {
  name: 'tape',
  about: 'one row a book event',
  columns: [
    ...KEYS,
    time('time', 'at the venue, UTC'),
    real('seconds_to_off', 'to the scheduled start, negative after it'),
    { name: 'message', type: 'u32', about: 'number of the message in its market' },
    text('kind', 'bid, ask, trade, lastTraded, status, ...'),
    { name: 'slot', type: 'u8', about: "the runner's slot, 255 for the whole market" },
    text('runner', "the runner's name"),
    real('price', 'price'),
    real('size', 'size at the price in the currency of the venue, 0 removes it'),
    { name: 'tick', type: 'i32', about: 'index of the price on the ladder, -1 for none' },
    real('lots', "size in the venue's smallest unit"),
    time('received', 'when it was received, UTC')
  ]
};

/** Of every choice: columns that a series was built without are empty. */
export const SERIES_FEATURES: readonly ColumnSpec[] = featureSpecs(featureColumns('all')).map((spec) => ({
  ...spec,
  nullable: true
}));

export const RUNNER_TS_TABLE: SqlTable = {
  name: 'runner_ts',
  about:
    'best prices of every runner, a row each for every moment of a grid in which anything happened in the market: a second, and no features, until it is built otherwise',
  columns: [
    ...KEYS,
    time('time', 'end of the interval, UTC'),
    real('seconds_to_off', 'to the scheduled start, negative after it'),
    { name: 'slot', type: 'u8', about: "the runner's slot" },
    text('runner', "the runner's name"),
    real('back', 'best price available to back'),
    real('back_size', 'size there'),
    real('lay', 'best price available to lay'),
    real('lay_size', 'size there'),
    real('last_traded', 'last traded price'),
    real('traded', 'size traded so far'),
    text('status', 'inactive, open, suspended or closed'),
    flag('in_play', 'whether the market is in play'),
    real('grid_millis', 'time between moments, milliseconds'),
    ...SERIES_FEATURES
  ]
};

export const BRONZE_TABLE: SqlTable = {
  name: 'bronze',
  about: 'one row a message as it was received',
  columns: [
    ...KEYS,
    time('published', "the venue's own time of publication, UTC"),
    time('received', 'when it was received, UTC'),
    text('text', 'the message as it came')
  ]
};

export const BARS_TABLE: SqlTable = {
  name: 'bars',
  about: 'one row a candle',
  columns: [...KEYS, ...BARS_COLUMNS.map((one) => (one.type === 'f64' ? { ...one, nullable: true } : one))]
};

/** Every table of the data room, for completion and for the reference beside the editor. */
export const DATA_TABLES: readonly SqlTable[] = [
  DATASETS_TABLE,
  MARKETS_TABLE,
  RUNNERS_TABLE,
  TAPE_TABLE,
  RUNNER_TS_TABLE,
  BRONZE_TABLE,
  BARS_TABLE
];

export const datasetRow = (record: DatasetRecord) => ({
  dataset: record.name,
  origin: record.origin,
  venue: record.venue,
  synthetic: record.synthetic,
  created: record.createdMillis,
  files: record.files.length,
  markets: record.markets,
  trainable: record.trainable,
  messages: record.messages,
  runners: record.runners,
  trades: record.trades,
  first: record.firstMillis,
  last: record.lastMillis,
  bronze_bytes: record.bronzeBytes,
  silver_bytes: record.silverBytes,
  fingerprint: record.fingerprint,
  code_version: record.codeVersion
});

export const marketRow = (record: MarketRecord) => ({
  dataset: record.dataset,
  market: record.id,
  name: record.name,
  event: record.eventName,
  kind: record.kind,
  country: record.country,
  venue: record.venue,
  synthetic: record.synthetic,
  runners: record.runners,
  messages: record.messages,
  definitions: record.definitions,
  rows: record.rows,
  trades: record.trades,
  matched: record.matched,
  first: record.firstMillis,
  last: record.lastMillis,
  scheduled: record.scheduledMillis > 0 ? record.scheduledMillis : undefined,
  in_play: record.inPlayMillis,
  status: record.status,
  winners: record.winners.join(', '),
  trainable: record.trainable,
  reason: record.reason,
  fingerprint: record.fingerprint
});

export const runnerRows = (record: MarketRecord, info: Pick<MarketInfo, 'runners'>) =>
  info.runners.map((runner) => ({
    dataset: record.dataset,
    market: record.id,
    slot: runner.slot,
    id: runner.id,
    runner: runner.name,
    handicap: runner.handicap,
    sort_priority: runner.sortPriority,
    winner: record.winners.includes(runner.name) || record.winners.includes(runner.id)
  }));

const DUCKDB_TYPES: Record<ColumnType, string> = {
  u8: 'UTINYINT',
  u32: 'UINTEGER',
  i32: 'INTEGER',
  i64: 'BIGINT',
  f32: 'FLOAT',
  f64: 'DOUBLE',
  f32s: 'FLOAT[]',
  bool: 'BOOLEAN',
  text: 'VARCHAR',
  time: 'TIMESTAMP'
};

/** @param name as it stands in SQL, with its schema */
export const createTable = (name: string, columns: readonly ColumnSpec[]): string =>
  `CREATE OR REPLACE TABLE ${name} (${columns.map((one) => `${quoted(one.name)} ${DUCKDB_TYPES[one.type]}`).join(', ')})`;

/** Moves rows staged by `recordsToIpc` into the table they are for; staged times are milliseconds. */
export const moveStaged = (name: string, staged: string, columns: readonly ColumnSpec[]): string =>
  `INSERT INTO ${name} SELECT ${columns
    .map((one) =>
      one.type === 'time' ? `make_timestamp(CAST(${quoted(one.name)} * 1000 AS BIGINT))` : quoted(one.name)
    )
    .join(', ')} FROM ${staged}`;

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Records as an Arrow IPC stream; times come in milliseconds since the epoch, undefined and NaN are null. */
export function recordsToIpc(
  columns: readonly ColumnSpec[],
  rows: readonly Readonly<Record<string, unknown>>[]
): Uint8Array {
  /* A nullable time crosses as milliseconds and becomes a TIMESTAMP in DuckDB. */
  const specs = columns.map((one) => (one.type === 'time' ? { ...one, type: 'f64' as const, nullable: true } : one));
  const values = Object.fromEntries(specs.map((spec) => [spec.name, columnOf(spec, rows)]));
  return toIpc(specs, values, rows.length);
}

function columnOf(spec: ColumnSpec, rows: readonly Readonly<Record<string, unknown>>[]): ColumnValues {
  const number = (row: Readonly<Record<string, unknown>>): number => {
    const value = row[spec.name];
    return typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : Number.NaN;
  };
  switch (spec.type) {
    case 'text':
      return rows.map((row) => {
        const value = row[spec.name];
        if (typeof value === 'string') return value;
        return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
      });
    case 'f32':
      return Float32Array.from(rows, number);
    case 'f32s':
      throw new Error(`column ${spec.name}: lists are not made from records`);
    case 'f64':
      return Float64Array.from(rows, number);
    case 'u8':
    case 'bool':
      return Uint8Array.from(rows, number);
    case 'u32':
      return Uint32Array.from(rows, number);
    case 'i32':
      return Int32Array.from(rows, number);
    case 'i64':
    case 'time':
      return BigInt64Array.from(rows, (row) => BigInt(Math.round(number(row))));
  }
}
