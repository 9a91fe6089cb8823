/**
 * Our own layers as single Parquet or Arrow files: silver carries its sidecar in its metadata and is a market again;
 * bronze is read anew from its messages; bars are candles; what is made of silver is kept as it came. Which it is, its
 * columns say.
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
import type { LayerKind } from '../layer-about.ts';
import type { ColumnName, ColumnSpec } from '../parquet/columns.ts';
import { specsOf } from '../parquet/columns.ts';
import type { TapeSidecar } from '../parquet/silver.ts';
import { SILVER_COLUMNS, wireFromTable } from '../parquet/silver.ts';
import type { ReadMarket } from '../recording.ts';
import { seriesSpecs } from '../runner-series-layer.ts';

export type OwnLayer = 'bronze' | 'silver' | 'bars' | LayerKind;

const LAYERS: readonly (readonly [OwnLayer, readonly ColumnSpec[]])[] = [
  ['silver', SILVER_COLUMNS],
  ['bronze', BRONZE_COLUMNS],
  ['bars', BARS_COLUMNS],
  ['gold', GOLD_COLUMNS],
  ['rollout', ROLLOUT_COLUMNS],
  ['runner_ts', seriesSpecs('none')],
  ['runner_ts', seriesSpecs('preOff')],
  ['runner_ts', seriesSpecs('all')]
];

const textOf = ({ name, type }: Pick<ColumnSpec, 'name' | 'type'> | ColumnName): string => `${name} ${type}`;

export function ownLayer(table: Table): OwnLayer | undefined {
  const found = specsOf(table.schema).map(textOf).join();
  return LAYERS.find(([, columns]) => found === columns.map(textOf).join())?.[0];
}

/**
 * What begins as one of our layers does and goes on otherwise was made by another version, or by hand: no candles are
 * looked for in it.
 * @throws data.drift naming the columns that differ
 */
export function refuseNearly(table: Table, source: string): void {
  const found = specsOf(table.schema).map(textOf);
  const begun = LAYERS.filter(
    ([layer, columns]) =>
      layer !== 'bars' && columns.slice(0, TELLING_COLUMNS).every((one, i) => found[i] === textOf(one))
  );
  // Of the series that there are, the one that it is nearest to.
  const [nearest] = begun
    .map(([layer, columns]) => ({ layer, ...differing(found, columns.map(textOf)) }))
    .sort((one, other) => one.lacking.length + one.more.length - other.lacking.length - other.more.length);
  if (nearest === undefined) return;
  const { layer, lacking, more } = nearest;
  const got = [
    ...(lacking.length === 0 ? [] : [`it lacks ${listed(lacking)}`]),
    ...(more.length === 0 ? [] : [`it holds ${listed(more)}`]),
    ...(lacking.length + more.length === 0 ? ['the same in another order'] : [])
  ].join(' and ');
  throw new AppError('data.drift', {
    subject: source,
    expected: `the columns of ${layer} as this version writes them`,
    got,
    remedy: 'export it with this version, or import the recording that it was made of'
  });
}

const TELLING_COLUMNS = 3;
const NAMED = 5;

const differing = (found: readonly string[], expected: readonly string[]) => ({
  lacking: expected.filter((one) => !found.includes(one)),
  more: found.filter((one) => !expected.includes(one))
});

const listed = (columns: readonly string[]): string =>
  `${columns.slice(0, NAMED).join(', ')}${columns.length > NAMED ? ` and ${String(columns.length - NAMED)} more` : ''}`;

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
