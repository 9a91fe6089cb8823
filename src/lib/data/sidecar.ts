/** `metadata.json` beside a dataset's layers: what they are, from what and by what they were made. */
import { AppError } from '../core/errors.ts';
import type { DatasetRecord, MarketRecord } from './records.ts';
import type { ColumnSpec } from './parquet/columns.ts';
import { drift, schemaHash } from './parquet/columns.ts';
import { BARS_COLUMNS } from './parquet/bars.ts';
import { BRONZE_COLUMNS } from './parquet/bronze.ts';
import type { StoredLayer } from './imported-layers.ts';
import type { MarketQuality } from './quality/figures.ts';
import type { TapeSidecar } from './parquet/silver.ts';
import type { ReadAs } from './recording.ts';
import { SILVER_COLUMNS } from './parquet/silver.ts';

export const SIDECAR_VERSION = 1;
/**
 * Which rows the parsers make of the same bytes: columns say how a row is kept, this says which rows there are. Raise it
 * with every change of a `RowKind`, or of when one is written, so that silver of before is refused, not read as if new.
 * 2: adjustment factors, fresh trades; starting prices once they are reconciled.
 */
export const ROWS_VERSION = 2;
/** Of datasets that were written before they said so. */
const FIRST_ROWS_VERSION = 1;

export interface LayerSchema {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly schemaHash: string;
}

export interface StoredMarket {
  readonly record: MarketRecord;
  readonly tape: TapeSidecar;
  /** Path within the dataset's folder. */
  readonly silver: string;
  /** Absent where there is nothing as received: a synthetic market. */
  readonly bronze?: string;
  readonly bars?: string;
  /** Rows of layers above that were imported as files. */
  readonly layers?: readonly StoredLayer[];
  readonly silverBytes: number;
  readonly bronzeBytes: number;
  /** Absent where it was stored before there was any. */
  readonly quality?: MarketQuality;
  /** How its messages were read; absent where none are kept, or it was stored before this was said. */
  readonly readAs?: ReadAs;
}

/** Whether it holds nothing but layers that were imported as files: no messages, no book, no candles. */
export const isLayersAlone = ({ layers, record, bars }: Pick<StoredMarket, 'layers' | 'record' | 'bars'>): boolean =>
  layers !== undefined && record.rows === 0 && record.messages === 0 && bars === undefined;

export interface Sidecar {
  readonly version: number;
  /** As `ROWS_VERSION` was; absent in the first ones. */
  readonly rowsVersion?: number;
  readonly codeVersion: string;
  /** What was done to the bytes on the way, in order. */
  readonly transforms: readonly string[];
  readonly layers: { readonly silver: LayerSchema; readonly bronze?: LayerSchema; readonly bars?: LayerSchema };
  readonly dataset: DatasetRecord;
  readonly markets: readonly StoredMarket[];
}

export async function layerSchema(columns: readonly ColumnSpec[]): Promise<LayerSchema> {
  return { columns: columns.map(({ name, type }) => ({ name, type })), schemaHash: await schemaHash(columns) };
}

/** JSON has no NaN (a market without a scheduled start): it is written as null, and nothing else is. */
export const sidecarText = (sidecar: Sidecar): string => JSON.stringify(sidecar, undefined, 1);
const nullIsNaN = (_key: string, value: unknown): unknown => (value === null ? Number.NaN : value);

/** @throws data.corrupt when it is no sidecar, data.drift when its layers are not the ones this version reads */
export async function parseSidecar(subject: string, text: string): Promise<Sidecar> {
  const sidecar = readSidecar(subject, text);
  const [stale] = await staleLayers(sidecar);
  if (stale !== undefined) throw drift(subject, stale.expected, stale.got);
  return sidecar;
}

/**
 * A sidecar whose layers another version may have made: to be shown, and to build them anew from.
 * @throws data.corrupt when it is none, data.drift when it is laid out otherwise
 */
export function readSidecar(subject: string, text: string): Sidecar {
  let sidecar: Sidecar;
  try {
    sidecar = JSON.parse(text, nullIsNaN) as Sidecar;
    if (!Array.isArray(sidecar.markets) || typeof sidecar.layers.silver.schemaHash !== 'string')
      throw new Error('keys');
  } catch (thrown) {
    throw new AppError('data.corrupt', {
      subject,
      got: 'its metadata.json cannot be read',
      remedy: 'remove the dataset and import its source files again',
      cause: thrown
    });
  }
  if (sidecar.version !== SIDECAR_VERSION) {
    throw drift(subject, `metadata version ${String(SIDECAR_VERSION)}`, `version ${String(sidecar.version)}`);
  }
  return sidecar;
}

export interface StaleLayer {
  readonly layer: 'silver' | 'bronze' | 'bars';
  readonly expected: string;
  readonly got: string;
}

/** Layers that this version does not read as they were written. */
export async function staleLayers(sidecar: Sidecar): Promise<readonly StaleLayer[]> {
  const rows = sidecar.rowsVersion ?? FIRST_ROWS_VERSION;
  const { silver, bronze, bars } = sidecar.layers;
  const parser = (version: number): string => `rows of parser version ${String(version)}`;
  return [
    ...(rows === ROWS_VERSION ? [] : [{ layer: 'silver' as const, expected: parser(ROWS_VERSION), got: parser(rows) }]),
    ...(await compare('silver', silver, SILVER_COLUMNS)),
    ...(bronze === undefined ? [] : await compare('bronze', bronze, BRONZE_COLUMNS)),
    ...(bars === undefined ? [] : await compare('bars', bars, BARS_COLUMNS))
  ];
}

async function compare(
  layer: StaleLayer['layer'],
  found: LayerSchema,
  columns: readonly ColumnSpec[]
): Promise<readonly StaleLayer[]> {
  const now = await layerSchema(columns);
  if (found.schemaHash === now.schemaHash) return [];
  const text = (schema: LayerSchema): string =>
    `${layer} ${schema.columns.map((column) => `${column.name} ${column.type}`).join(', ')} (schema ${schema.schemaHash.slice(0, 12)})`;
  return [{ layer, expected: text(now), got: text(found) }];
}
