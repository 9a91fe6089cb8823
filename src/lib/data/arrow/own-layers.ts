/**
 * Our own layers as single Parquet or Arrow files: silver carries its sidecar in its metadata and is a market again;
 * bronze is read anew from its messages; bars are candles. Which it is, its columns say.
 */
import type { Table } from 'apache-arrow';
import { AppError } from '../../core/errors.ts';
import { tapeFromWire } from '../../market/tape-wire.ts';
import { GOLD_COLUMNS } from '../gold/episode.ts';
import { ROLLOUT_COLUMNS } from '../gold/rollout.ts';
import { recordOfTape } from '../market-record.ts';
import { BARS_COLUMNS } from '../parquet/bars.ts';
import type { RecordingKind } from '../import-question.ts';
import { BRONZE_COLUMNS, receivedNanos } from '../parquet/bronze.ts';
import type { ColumnSpec } from '../parquet/columns.ts';
import { specsOf } from '../parquet/columns.ts';
import type { TapeSidecar } from '../parquet/silver.ts';
import { SILVER_COLUMNS, wireFromTable } from '../parquet/silver.ts';
import type { ReadMarket } from '../recording.ts';
import { SERIES_COLUMNS } from '../runner-series.ts';

export type OwnLayer = 'bronze' | 'silver' | 'bars';

export function ownLayer(table: Table): OwnLayer | undefined {
  const found = JSON.stringify(specsOf(table.schema).map(({ name, type }) => [name, type]));
  const is = (columns: readonly ColumnSpec[]): boolean =>
    found === JSON.stringify(columns.map(({ name, type }) => [name, type]));
  return is(SILVER_COLUMNS) ? 'silver' : is(BRONZE_COLUMNS) ? 'bronze' : is(BARS_COLUMNS) ? 'bars' : undefined;
}

/** Layers that are made of a tape and hold less than it: no market can be made of them. */
const DERIVED: readonly (readonly [what: string, columns: readonly ColumnSpec[]])[] = [
  ['gold, episodes that are made of silver', GOLD_COLUMNS],
  ['a rollout, what a policy did in an episode', ROLLOUT_COLUMNS],
  ['runner_ts, prices on a grid that are made of silver', SERIES_COLUMNS.filter(({ name }) => name !== 'market_key')]
];

/** @throws data.kind naming the layer, where the table is one of ours that is made of another */
export function refuseDerived(table: Table, source: string): void {
  const found = specsOf(table.schema).map(({ name, type }) => `${name} ${type}`);
  // Features stand behind the columns that are always there, whichever were chosen.
  const fixed = (columns: readonly ColumnSpec[]): readonly string[] =>
    columns.slice(0, FIXED_COLUMNS).map(({ name, type }) => `${name} ${type}`);
  const derived = DERIVED.find(([, columns]) => fixed(columns).every((column, i) => found[i] === column));
  if (derived === undefined) return;
  throw new AppError('data.kind', {
    subject: source,
    expected: 'a layer that a market can be made of: bronze, silver or bars',
    got: derived[0],
    remedy: 'import the exported dataset, which holds every layer of it, or build this one anew on the Data page'
  });
}

const FIXED_COLUMNS = 3;
const METADATA = 'furlong.tape';

/** @throws data.missing when its metadata were lost on the way, data.corrupt when they do not fit its rows */
export function silverMarket(table: Table, source: string): ReadMarket {
  const text = table.schema.metadata.get(METADATA);
  if (text === undefined) {
    throw new AppError('data.missing', {
      subject: source,
      expected: `a tape with its market under ${METADATA} in the file's metadata`,
      got: 'rows alone',
      remedy: 'import the exported dataset with its metadata.json, or the source file'
    });
  }
  let tape;
  try {
    tape = tapeFromWire(wireFromTable(table, JSON.parse(text, nullIsNaN) as TapeSidecar, { shared: false }));
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('data.corrupt', {
      subject: source,
      expected: 'a tape and what its market is',
      got: `metadata that do not fit (${thrown instanceof Error ? thrown.message : String(thrown)})`,
      remedy: 'export the dataset again',
      cause: thrown
    });
  }
  const none = new Float64Array(0);
  return { record: recordOfTape(tape, ''), tape, bronze: { published: none, received: none, text: [] } };
}

const nullIsNaN = (_key: string, value: unknown): unknown => (value === null ? Number.NaN : value);

/** Of venues whose messages do not say when they were received: it stands before them, as recorders write it. */
const isFramed = (kind: RecordingKind): boolean => /^(?:binance|okx|bybit)/u.test(kind);
const NANO_DIGITS = 19;

/** The messages as they came, a line each. */
export function bronzeText(table: Table, kind: RecordingKind): string {
  const column = table.getChild('text');
  const lines: string[] = [];
  const received = isFramed(kind) ? receivedNanos(table) : undefined;
  for (let row = 0; row < table.numRows; row++) {
    const text = String(column?.get(row) ?? '');
    const nanos = String(received?.[row] ?? '');
    // A recorder that kept no time left the venue's to stand for it, and a message may bear none.
    lines.push(nanos.length === NANO_DIGITS ? `${nanos} ${text}` : text);
  }
  return lines.join('\n');
}
