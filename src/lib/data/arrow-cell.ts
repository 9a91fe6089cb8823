/**
 * One value of an Arrow column as a plain one: exact where a number can be, else the text DuckDB would print. It knows
 * Arrow's layouts ("Arrow Columnar Format") and nothing of tables or pages.
 */
import { DataType, IntervalUnit, TimeUnit } from 'apache-arrow';
import type { Field } from 'apache-arrow';

/** @returns undefined for a missing value; numbers, text, booleans; dates as milliseconds since the epoch */
export type CellReader = (value: unknown) => unknown;

/** What reads the cells of a column; one is made for a column, not for a cell. */
export function cellReader(field: Field): CellReader {
  const read = presentReader(field);
  return (value) => (value === null || value === undefined ? undefined : read(value));
}

function presentReader(field: Field): CellReader {
  const type = field.type as DataType;
  if (DataType.isDecimal(type)) {
    const { scale } = type;
    return (value) => (value instanceof Uint32Array ? decimal(signed(value), scale) : value);
  }
  if (isUnsignedHuge(field)) return (value) => (value instanceof Uint8Array ? whole(unsigned(value)) : value);
  if (DataType.isInterval(type) && type.unit === IntervalUnit.MONTH_DAY_NANO) {
    return (value) => (value instanceof Int32Array ? intervalText(value) : value);
  }
  if (DataType.isTime(type)) {
    const { unit } = type;
    return (value) => clockText(BigInt(value as number | bigint) * NANOS_IN[unit]);
  }
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isFixedSizeBinary(type)) {
    return (value) => (value instanceof Uint8Array ? bytesText(value) : value);
  }
  if (isNested(type)) return (value) => JSON.stringify(inner(field, value) ?? '');
  return (value) => (typeof value === 'bigint' ? whole(value) : value);
}

/** DuckDB marks what Arrow has no type for. */
export const isUnsignedHuge = (field: Field): boolean =>
  DataType.isFixedSizeBinary(field.type) &&
  (field.metadata.get('ARROW:extension:metadata') ?? '').includes('"uhugeint"');

const isNested = (type: DataType): boolean =>
  DataType.isList(type) || DataType.isFixedSizeList(type) || DataType.isStruct(type) || DataType.isMap(type);

/** A value inside lists and structs, ready to be written as JSON. */
function inner(field: Field, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const type = field.type as DataType;
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) {
    const [child] = type.children;
    return child === undefined ? [] : Array.from(value as Iterable<unknown>, (one) => inner(child, one));
  }
  if (DataType.isStruct(type)) {
    const row = value as Readonly<Record<string, unknown>>;
    return Object.fromEntries(type.children.map((child) => [child.name, inner(child, row[child.name])]));
  }
  if (DataType.isMap(type)) {
    const [, child] = (type.children[0] as Field<DataType>).type.children;
    const entries = [...(value as Iterable<readonly [unknown, unknown]>)];
    return Object.fromEntries(
      entries.map(([key, one]) => [String(key), child === undefined ? null : inner(child, one)])
    );
  }
  const plain = presentReader(field)(value);
  if ((DataType.isDate(type) || DataType.isTimestamp(type)) && typeof plain === 'number') return dateText(plain);
  return plain;
}

/** ISO 8601; a moment no calendar of the browser reaches stays a number. */
const dateText = (millis: number): string =>
  Math.abs(millis) <= 8.64e15 ? new Date(millis).toISOString() : String(millis);

/** Whole numbers beyond 2^53 stay exact as text. */
function whole(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** A number where its digits all fit one, else exact as text. */
function decimal(unscaled: bigint, scale: number): number | string {
  if (scale <= 0) return whole(unscaled * 10n ** BigInt(-scale));
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const fraction = digits.slice(-scale).replace(/0+$/u, '');
  const text = `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}${fraction === '' ? '' : `.${fraction}`}`;
  /* 15 digits go through a double and back unchanged. */
  return text.replace(/\D/gu, '').replace(/^0+/u, '').length <= 15 ? Number(text) : text;
}

/** Limbs, the lowest first, in two's complement. */
function signed(limbs: Uint32Array): bigint {
  let value = 0n;
  for (let i = limbs.length - 1; i >= 0; i--) value = (value << 32n) | BigInt(limbs[i]!);
  return BigInt.asIntN(limbs.length * 32, value);
}

/** Bytes, the lowest first. */
const unsigned = (bytes: Uint8Array): bigint => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

const NANOS_IN: Readonly<Record<TimeUnit, bigint>> = {
  [TimeUnit.SECOND]: 1_000_000_000n,
  [TimeUnit.MILLISECOND]: 1_000_000n,
  [TimeUnit.MICROSECOND]: 1000n,
  [TimeUnit.NANOSECOND]: 1n
};

/** `10:00:00.5`; hours may pass 24, as those of an interval do. */
function clockText(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  const seconds = size / NANOS_IN[TimeUnit.SECOND];
  const two = (value: bigint): string => value.toString().padStart(2, '0');
  const fraction = (size % NANOS_IN[TimeUnit.SECOND]).toString().padStart(9, '0').replace(/0+$/u, '');
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return `${nanos < 0n ? '-' : ''}${clock}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Months, days and nanoseconds of 64 bits in two words: `1 year 2 months 3 days 04:05:06`. */
function intervalText(parts: Int32Array): string {
  const [months = 0, days = 0, low = 0, high = 0] = parts;
  const nanos = (BigInt(high) << 32n) | BigInt(low >>> 0);
  const counted = (count: number, name: string): string[] =>
    count === 0 ? [] : [`${String(count)} ${name}${Math.abs(count) === 1 ? '' : 's'}`];
  const words = [
    ...counted(Math.trunc(months / 12), 'year'),
    ...counted(months % 12, 'month'),
    ...counted(days, 'day')
  ];
  return [...words, ...(nanos !== 0n || words.length === 0 ? [clockText(nanos)] : [])].join(' ');
}

/** Letters as they are, all else as `\x00`. */
const bytesText = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) =>
    byte >= 32 && byte < 127 && byte !== 92 && byte !== 39 && byte !== 34
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
  ).join('');
