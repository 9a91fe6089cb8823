/** Typed columns to Arrow and back, without a builder: every column is one flat buffer. */
import {
  Bool,
  DataType,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  TimestampMicrosecond,
  Type,
  Uint32,
  Uint8,
  Utf8,
  Field,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimeUnit,
  makeData,
  tableToIPC
} from 'apache-arrow';
import type { Data } from 'apache-arrow';
import { AppError } from '../../core/errors.ts';
import { canonicalJson, sha256Hex } from '../../core/digest.ts';

export type ColumnType = 'u8' | 'u32' | 'i32' | 'i64' | 'f32' | 'f64' | 'bool' | 'text' | 'time' | 'f32s';

/** One column of a layer or a table. `time` is a UTC timestamp in microseconds, `f32s` a list of numbers a row. */
export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  readonly about: string;
  readonly nullable?: boolean;
}

/** A column by its name and the name of its type, as a file may say it. */
export interface ColumnName {
  readonly name: string;
  readonly type: string;
}

export type ColumnValues =
  | Uint8Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly (string | undefined)[]
  | NumberLists
  | PackedTexts;

/** A list of numbers a row, end to end: row i holds `values` from `starts[i]` up to `starts[i + 1]`. */
export interface NumberLists {
  readonly values: Float32Array;
  /** [rows + 1] */
  readonly starts: Int32Array;
}

/** A text a row, end to end as UTF-8: row i is `bytes` from `ends[i - 1]` up to `ends[i]`. */
export interface PackedTexts {
  readonly bytes: Uint8Array;
  /** [rows] */
  readonly ends: Uint32Array;
}

/** Lists of one width. */
export const listsOf = (values: Float32Array, width: number): NumberLists => ({
  values,
  starts: Int32Array.from({ length: values.length / width + 1 }, (_, row) => row * width)
});

const listOfFloats = (): List<Float32> => new List(new Field('item', new Float32(), true));

const types: Record<ColumnType, () => DataType> = {
  u8: () => new Uint8(),
  u32: () => new Uint32(),
  i32: () => new Int32(),
  i64: () => new Int64(),
  f32: () => new Float32(),
  f64: () => new Float64(),
  f32s: listOfFloats,
  bool: () => new Bool(),
  text: () => new Utf8(),
  time: () => new TimestampMicrosecond()
};

export const schemaOf = (specs: readonly ColumnSpec[], metadata?: Map<string, string>): Schema =>
  new Schema(
    specs.map((spec) => new Field(spec.name, types[spec.type](), true)),
    metadata
  );

/**
 * SHA-256 of the columns' names and types in order: what a sidecar records and a reader verifies.
 * @returns 64 hex digits
 */
export const schemaHash = async (specs: readonly ColumnName[]): Promise<string> =>
  await sha256Hex(canonicalJson(specs.map(({ name, type }) => [name, type])));

/** An Arrow IPC stream of one batch. Every column has `rows` values; NaN stands for null in nullable f32 and f64 columns. */
export function toIpc(
  specs: readonly ColumnSpec[],
  columns: Readonly<Record<string, ColumnValues>>,
  rows: number,
  metadata?: Map<string, string>
): Uint8Array {
  const schema = schemaOf(specs, metadata);
  const children = specs.map((spec) => columnData(spec, columns[spec.name], rows));
  const data = makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children });
  return tableToIPC(new Table([new RecordBatch(schema, data)]), 'stream');
}

function columnData(spec: ColumnSpec, values: ColumnValues | undefined, rows: number): Data {
  const length = values === undefined ? undefined : rowsOf(values);
  if (length !== rows) throw new Error(`column ${spec.name}: ${String(length)} values for ${String(rows)} rows`);
  const about = { length: rows, nullCount: 0 };
  switch (spec.type) {
    case 'f32':
      if (spec.nullable === true) return nullableFloats(new Float32(), values as Float32Array);
      return makeData({ ...about, type: new Float32(), data: values as Float32Array });
    case 'f32s':
      return listData(values as NumberLists);
    case 'u8':
      return makeData({ ...about, type: new Uint8(), data: values as Uint8Array });
    case 'u32':
      return makeData({ ...about, type: new Uint32(), data: values as Uint32Array });
    case 'i32':
      return makeData({ ...about, type: new Int32(), data: values as Int32Array });
    case 'i64':
      return makeData({ ...about, type: new Int64(), data: values as BigInt64Array });
    case 'time':
      return makeData({ ...about, type: new TimestampMicrosecond(), data: values as BigInt64Array });
    case 'f64':
      if (spec.nullable === true) return nullableFloats(new Float64(), values as Float64Array);
      return makeData({ ...about, type: new Float64(), data: values as Float64Array });
    case 'bool':
      return makeData({ ...about, type: new Bool(), data: bitsOf(values as Uint8Array) });
    case 'text':
      return 'ends' in values! ? packedData(values) : textData(values as readonly (string | undefined)[]);
  }
}

function rowsOf(values: ColumnValues): number {
  if ('starts' in values) return values.starts.length - 1;
  return 'ends' in values ? values.ends.length : values.length;
}

function packedData({ bytes, ends }: PackedTexts): Data {
  const offsets = new Int32Array(ends.length + 1);
  offsets.set(ends, 1);
  return makeData({ type: new Utf8(), length: ends.length, nullCount: 0, valueOffsets: offsets, data: bytes });
}

function bitsOf(values: Uint8Array): Uint8Array {
  const bits = new Uint8Array((values.length + 7) >> 3);
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}

function listData({ values, starts }: NumberLists): Data {
  const child = makeData({ type: new Float32(), length: values.length, nullCount: 0, data: values });
  return makeData({ type: listOfFloats(), length: starts.length - 1, nullCount: 0, valueOffsets: starts, child });
}

function nullableFloats(type: Float32 | Float64, values: Float32Array | Float64Array): Data {
  const nullBitmap = new Uint8Array((values.length + 7) >> 3);
  let nullCount = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) nullCount++;
    else nullBitmap[i >> 3]! |= 1 << (i & 7);
  }
  return makeData({ type, length: values.length, nullCount, nullBitmap, data: values });
}

function textData(values: readonly (string | undefined)[]): Data {
  const encoder = new TextEncoder();
  const offsets = new Int32Array(values.length + 1);
  const nullBitmap = new Uint8Array((values.length + 7) >> 3);
  let nullCount = 0;
  let units = 0;
  for (const value of values) units += value?.length ?? 0;
  let bytes = new Uint8Array(Math.max(64, units + (units >> 3)));
  let end = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined) nullCount++;
    else {
      nullBitmap[i >> 3]! |= 1 << (i & 7);
      if (bytes.length - end < value.length * 3) {
        const wider = new Uint8Array(bytes.length * 2 + value.length * 3);
        wider.set(bytes.subarray(0, end));
        bytes = wider;
      }
      end += encoder.encodeInto(value, bytes.subarray(end)).written;
    }
    offsets[i + 1] = end;
  }
  return makeData({
    type: new Utf8(),
    length: values.length,
    nullCount,
    nullBitmap,
    valueOffsets: offsets,
    data: bytes.subarray(0, end)
  });
}

/** What a file's Arrow schema says in our terms, for comparison and for the message when it differs. */
export function specsOf(schema: Schema): readonly ColumnName[] {
  return schema.fields.map((field) => ({ name: field.name, type: typeName(field.type as DataType) }));
}

/** In our terms; what we never write keeps Arrow's own name, for the message. */
function typeName(type: DataType): string {
  if (DataType.isInt(type)) return `${type.isSigned ? 'i' : 'u'}${String(type.bitWidth)}`;
  if (DataType.isFloat(type)) return `f${String(16 << type.precision)}`;
  if (DataType.isList(type)) return `${typeName((type.children[0] as Field).type as DataType)}s`;
  if (DataType.isBool(type)) return 'bool';
  if (DataType.isUtf8(type)) return 'text';
  if (DataType.isTimestamp(type) && type.unit === TimeUnit.MICROSECOND) return 'time';
  return Type[type.typeId];
}

/** Refuses a file whose columns are not the ones this version reads, naming both sides. */
export async function verifySchema(
  subject: string,
  found: readonly ColumnName[],
  expected: readonly ColumnSpec[]
): Promise<void> {
  const [foundHash, expectedHash] = await Promise.all([schemaHash(found), schemaHash(expected)]);
  if (foundHash !== expectedHash) throw drift(subject, describe(expected, expectedHash), describe(found, foundHash));
}

const describe = (specs: readonly ColumnName[], hash: string): string =>
  `${specs.map((spec) => `${spec.name} ${spec.type}`).join(', ')} (schema ${hash.slice(0, 12)})`;

export const drift = (subject: string, expected: string, got: string): AppError =>
  new AppError('data.drift', {
    subject,
    expected,
    got: `it holds ${got}`,
    remedy:
      'build its layers again (Data, quality and lineage of the dataset), or import the source file again with this version'
  });

/** Whole numbers as 64-bit integers without a BigInt each: low and high words are written apart. */
export function wholeToInt64(values: Float64Array): BigInt64Array {
  const out = new BigInt64Array(values.length);
  const words = new Int32Array(out.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const high = Math.floor(value / 4294967296);
    words[2 * i] = (value - high * 4294967296) | 0;
    words[2 * i + 1] = high;
  }
  return out;
}

/** The reverse of `wholeToInt64`, exact up to 2^53, written into `into` from `at` on. */
export function int64ToWhole(values: BigInt64Array, into: Float64Array, at: number): void {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let i = 0; i < values.length; i++) into[at + i] = words[2 * i + 1]! * 4294967296 + (words[2 * i]! >>> 0);
}
