/** The large tables: raw columns as they are loaded, in a schema of their own, and the views that show them. */
import type { MarketRecord } from '../records.ts';
import type { ColumnSpec, ColumnValues } from '../parquet/columns.ts';
import { SILVER_COLUMNS, silverColumns } from '../parquet/silver.ts';
import { RowKind, OFF_LADDER_SCALE } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import type { Ticks } from '../../core/units.ts';
import { SERIES_COLUMNS } from '../runner-series.ts';
import { GOLD_SCHEMA } from './gold-tables.ts';
import { SERIES_FEATURES, createTable, quoted } from './tables.ts';

/** Read off a market's record and its layers below gold. */
export type LayerName = 'tape' | 'bronze' | 'runner_ts';
export type GoldName = 'episodes' | 'rollouts';
export type LargeName = LayerName | GoldName;
export const LARGE_NAMES: readonly LargeName[] = ['tape', 'bronze', 'runner_ts', 'episodes', 'rollouts'];

/** Rows that may be loaded at once: together they stay below about half a gigabyte. */
export const LARGE_CAPS: Readonly<Record<LargeName, number>> = {
  tape: 4_000_000,
  bronze: 400_000,
  runner_ts: 4_000_000,
  episodes: 1_000_000,
  rollouts: 300_000
};

/** A row of `runner_ts` with features takes the room of so many with prices alone. */
export const FEATURE_ROW = 4;

/** Rows a market adds to a large table; for `runner_ts` an upper bound of what is made of its tape. */
export function largeRows(name: LayerName, record: MarketRecord): number {
  switch (name) {
    case 'tape':
      return record.rows;
    case 'bronze':
      return record.messages;
    case 'runner_ts': {
      const seconds = Math.ceil((record.lastMillis - record.firstMillis) / 1000) + 1;
      return Math.min(record.messages, Number.isFinite(seconds) ? seconds : record.messages) * record.runners;
    }
  }
}

const KEY: ColumnSpec = { name: 'market_key', type: 'u32', about: 'the market, as a number' };
export const RAW_TAPE_COLUMNS: readonly ColumnSpec[] = [
  KEY,
  ...SILVER_COLUMNS,
  { name: 'price', type: 'f64', about: 'price at the tick', nullable: true }
];
export const MARKET_KEY_COLUMNS: readonly ColumnSpec[] = [
  KEY,
  { name: 'dataset', type: 'text', about: 'name of the dataset' },
  { name: 'market', type: 'text', about: "the venue's id" },
  { name: 'start_micros', type: 'f64', about: 'start of the tape, microseconds since the epoch' },
  { name: 'scheduled_micros', type: 'f64', about: 'scheduled start, where known', nullable: true },
  { name: 'lot_size', type: 'f64', about: 'size of a lot' }
];
export const RUNNER_KEY_COLUMNS: readonly ColumnSpec[] = [
  KEY,
  { name: 'slot', type: 'u8', about: "the runner's slot" },
  { name: 'runner', type: 'text', about: 'its name' }
];
const GRID: ColumnSpec = { name: 'grid_millis', type: 'f64', about: 'time between moments, milliseconds' };
/** Prices alone: made of a tape, or built without features. */
const RAW_SERIES_COLUMNS: readonly ColumnSpec[] = [...SERIES_COLUMNS, GRID];
const NAME_COLUMNS: readonly ColumnSpec[] = [
  { name: 'code', type: 'u8', about: 'a RowKind' },
  { name: 'kind', type: 'text', about: 'its name' }
];

const SIZES = ['bid', 'ask', 'trade', 'tradedCorrection', 'offLadderTrade', 'offLadderCorrection'] as const;
const STATUS = "CASE s.status WHEN 0 THEN 'inactive' WHEN 1 THEN 'open' WHEN 2 THEN 'suspended' ELSE 'closed' END";
const when = (micros: string): string => `make_timestamp(CAST(${micros} AS BIGINT))`;

/** Statements that make the schema, once an engine. */
export const LARGE_SCHEMA: readonly string[] = [
  'CREATE SCHEMA store',
  createTable('store.tape', RAW_TAPE_COLUMNS),
  createTable('store.runner_ts', RAW_SERIES_COLUMNS),
  createTable('store.runner_features', [...RAW_SERIES_COLUMNS, ...SERIES_FEATURES]),
  'CREATE TABLE store.bronze (market_key UINTEGER, published TIMESTAMP, received TIMESTAMP, "text" VARCHAR)',
  createTable('store.market_keys', MARKET_KEY_COLUMNS),
  createTable('store.runner_keys', RUNNER_KEY_COLUMNS),
  createTable('store.row_kinds', NAME_COLUMNS),
  `INSERT INTO store.row_kinds VALUES ${Object.entries(RowKind)
    .map(([name, code]) => `(${String(code)}, '${name}')`)
    .join(', ')}`,
  `CREATE VIEW tape AS
     SELECT k.dataset, k.market, ${when('k.start_micros + t.exchange / 1000')} AS "time",
       (k.scheduled_micros - k.start_micros - t.exchange / 1000) / 1e6 AS seconds_to_off,
       t.message, n.kind, t.slot, r.runner, t.price,
       CASE WHEN t.kind IN (${SIZES.map((name) => String(RowKind[name])).join(', ')}) THEN t.lots * k.lot_size END AS size,
       t.tick, t.lots, ${when('k.start_micros + t.received / 1000')} AS received
     FROM store.tape t JOIN store.market_keys k USING (market_key)
       LEFT JOIN store.row_kinds n ON n.code = t.kind
       LEFT JOIN store.runner_keys r ON r.market_key = t.market_key AND r.slot = t.slot`,
  `CREATE VIEW runner_ts AS
     SELECT k.dataset, k.market, ${when('s.millis * 1000')} AS "time",
       (k.scheduled_micros - s.millis * 1000) / 1e6 AS seconds_to_off, s.slot, r.runner,
       s.back, s.back_size, s.lay, s.lay_size, s.last_traded, s.traded, ${STATUS} AS status, s.in_play, s.grid_millis,
       ${SERIES_FEATURES.map(({ name }) => `s.${quoted(name)}`).join(', ')}
     FROM (FROM store.runner_features UNION ALL BY NAME FROM store.runner_ts) s JOIN store.market_keys k USING (market_key)
       LEFT JOIN store.runner_keys r ON r.market_key = s.market_key AND r.slot = s.slot`,
  `CREATE VIEW bronze AS
     SELECT k.dataset, k.market, b.published, b.received, b."text"
     FROM store.bronze b JOIN store.market_keys k USING (market_key)`,
  ...GOLD_SCHEMA
];

/** A tape's rows as `RAW_TAPE_COLUMNS`. */
export function rawTape(tape: Tape, key: number): Readonly<Record<string, ColumnValues>> {
  const { ladder } = tape.market.rules;
  const price = new Float64Array(tape.rows).fill(Number.NaN);
  for (let row = 0; row < tape.rows; row++) {
    const kind = tape.kind[row]!;
    const tick = tape.tick[row]!;
    if (kind >= RowKind.offLadderTrade && kind <= RowKind.offLadderLastTraded) price[row] = tick / OFF_LADDER_SCALE;
    else if (kind === RowKind.startingPrice) price[row] = tape.lots[row]! / 1e6;
    else if (tick >= 0) price[row] = ladder.priceOf(tick as Ticks);
  }
  return { market_key: new Uint32Array(tape.rows).fill(key), ...silverColumns(tape), price };
}
