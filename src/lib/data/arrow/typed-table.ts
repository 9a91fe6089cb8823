/**
 * Arrow files and streams (Feather among them) and Parquet as one typed table: what its columns are called, its first
 * rows as text for the guess, its rows as cells. Knows no candle and no market.
 */
import { DataType, RecordBatchReader, Table, tableFromIPC } from 'apache-arrow';
import { AppError } from '../../core/errors.ts';
import type { Cell } from '../bars/read-table.ts';
import { parquetToArrow } from '../parquet/codec.ts';
import { knowCodecs } from './arrow-codecs.ts';

const SAMPLE_ROWS = 24;

export type TypedFormat = 'arrow' | 'parquet';

const text = (head: Uint8Array, to: number): string => String.fromCharCode(...head.subarray(0, to));

/** By its magic: `ARROW1`, a stream's continuation and schema, `PAR1`; Feather of before Arrow's own (`FEA1`) too. */
export function typedFormat(head: Uint8Array): TypedFormat | 'feather-1' | undefined {
  if (text(head, MAGIC_BYTES) === FILE_MAGIC) return 'arrow';
  if (text(head, 4) === 'PAR1') return 'parquet';
  if (text(head, 4) === 'FEA1') return 'feather-1';
  const isStream = head.length >= 8 && head[0] === 255 && head[1] === 255 && head[2] === 255 && head[3] === 255;
  return isStream && (head[6] ?? 1) === 0 && (head[7] ?? 1) === 0 ? 'arrow' : undefined;
}

/**
 * The Parquet codec must have been loaded for Parquet.
 * @throws data.corrupt for torn bytes and for what is compressed by a codec that is not known, data.kind for Feather 1
 */
export function typedTable(bytes: Uint8Array, format: TypedFormat | 'feather-1', source: string): Table {
  if (format === 'feather-1') {
    throw new AppError('data.kind', {
      subject: source,
      expected: 'Feather version 2, which is Arrow',
      got: 'Feather version 1',
      remedy: 'write it again with a pandas or pyarrow of this decade'
    });
  }
  try {
    if (format === 'parquet') return parquetToArrow(source, bytes);
    knowCodecs();
    const table = text(bytes, MAGIC_BYTES) === FILE_MAGIC ? fileTable(bytes) : tableFromIPC(bytes);
    checkLengths(table);
    return table;
  } catch (thrown) {
    if (thrown instanceof AppError && format !== 'parquet') throw thrown;
    const why = thrown instanceof AppError ? thrown.got : thrown instanceof Error ? thrown.message : String(thrown);
    throw new AppError('data.corrupt', {
      subject: source,
      expected:
        format === 'parquet' ? 'a whole Parquet file' : 'a whole Arrow file, plain or compressed by LZ4 or ZSTD',
      got: why,
      remedy: 'copy or write the file again',
      cause: thrown
    });
  }
}

const FILE_MAGIC = 'ARROW1';
const MAGIC_BYTES = 6;

/**
 * Batch by batch, at the places that the file lists: the library's own loop goes round for ever where a damaged message
 * calls itself a schema.
 * @throws Error for a file that is cut off or torn
 */
function fileTable(bytes: Uint8Array): Table {
  if (text(bytes.subarray(-MAGIC_BYTES), MAGIC_BYTES) !== FILE_MAGIC) throw new Error('it ends before its end');
  const reader = RecordBatchReader.from(bytes).open();
  if (!reader.isFile()) throw new Error('it lists no batches');
  const batches = Array.from({ length: reader.numRecordBatches }, (_, index) => {
    const batch = reader.readRecordBatch(index);
    if (batch === null) throw new Error(`batch ${String(index + 1)} cannot be read`);
    return batch;
  });
  return new Table(reader.schema, batches);
}

/** A batch says how long it is, and so do its buffers: torn files differ in it. @throws Error */
function checkLengths(table: Table): void {
  for (const batch of table.batches) {
    batch.schema.fields.forEach(({ name, type }, child) => {
      const data = batch.data.children[child];
      const fixed =
        DataType.isInt(type) || DataType.isFloat(type) || DataType.isTimestamp(type) || DataType.isDate(type);
      const values: unknown = data?.values;
      const held = ArrayBuffer.isView(values) && 'length' in values ? Number(values.length) : 0;
      if (data?.length !== batch.numRows || (fixed && held < data.length)) {
        throw new Error(`column ${name} holds ${String(held)} values of ${String(batch.numRows)} rows`);
      }
      if (DataType.isUtf8(type) && (data.valueOffsets as Int32Array).length <= batch.numRows) {
        throw new Error(`column ${name} holds fewer texts than ${String(batch.numRows)} rows`);
      }
    });
  }
}

/** Names first, then the first rows as a table of text would have them. */
export function sampleRows(table: Table): readonly (readonly string[])[] {
  const names = table.schema.fields.map((field) => field.name);
  const count = Math.min(SAMPLE_ROWS, table.numRows);
  const rows = Array.from({ length: count }, (_, row) =>
    names.map((_name, column) => {
      const { value, isTime } = valueAt(table, row, column);
      if (isTime && typeof value === 'number') return isoOf(value);
      return value === undefined ? '' : String(value);
    })
  );
  return [names, ...rows];
}

/** Times that say their zone, and all where the zone is UTC, are numbers: milliseconds. Others are text of that place. */
export function* cellRows(table: Table, zone: string): Generator<readonly Cell[]> {
  const fields = table.schema.fields;
  const aware = fields.map(({ type }) => zone === 'UTC' || (DataType.isTimestamp(type) && Boolean(type.timezone)));
  for (let row = 0; row < table.numRows; row++) {
    yield fields.map((_field, column): Cell => {
      const { value, isTime } = valueAt(table, row, column);
      if (!isTime || typeof value !== 'number') return isTime && value !== undefined ? String(value) : value;
      return aware[column] === true ? value : isoOf(value).slice(0, -1);
    });
  }
}

const isoOf = (millis: number): string =>
  Math.abs(millis) <= 8.64e15 ? new Date(millis).toISOString() : String(millis);

/** Undefined for what no number can hold: a time of damaged bytes. */
function held(table: Table, row: number, column: number): unknown {
  try {
    return table.getChildAt(column)?.get(row);
  } catch {
    return undefined;
  }
}

/** Whole numbers of 64 bits are text: they may be epochs in any unit. */
function valueAt(table: Table, row: number, column: number): { readonly value: Cell; readonly isTime: boolean } {
  const type = table.schema.fields[column]?.type as DataType;
  const value = held(table, row, column);
  const isTime = DataType.isTimestamp(type) || DataType.isDate(type);
  if (value === null || value === undefined) return { value: undefined, isTime };
  if (typeof value === 'bigint') return { value: String(value), isTime };
  if (value instanceof Date) return { value: value.getTime(), isTime };
  if (typeof value === 'number') return { value: DataType.isInt(type) && !isTime ? String(value) : value, isTime };
  return { value: typeof value === 'string' ? value : JSON.stringify(value), isTime };
}
