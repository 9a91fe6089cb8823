/**
 * The safetensors file format: an 8-byte little-endian header length, a JSON header, then the bytes of all tensors
 * without gaps (https://github.com/huggingface/safetensors, README, "Format"). Of its types the four that typed arrays
 * of ours have; a checkpoint has float32 alone. Knows no tensors, no files.
 */
import { AppError } from '../core/errors.ts';
import { sizeOf, type NamedArrays } from './named-arrays.ts';

/** The reference reader refuses longer headers. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export type StoredValues = Float32Array | Float64Array | Int32Array | Uint8Array;

export interface StoredArray {
  readonly shape: readonly number[];
  readonly values: StoredValues;
}
export type StoredArrays = ReadonlyMap<string, StoredArray>;

const TYPES = { F32: Float32Array, F64: Float64Array, I32: Int32Array, U8: Uint8Array } as const;
type TypeName = keyof typeof TYPES;

export interface Safetensors<Arrays = NamedArrays> {
  readonly arrays: Arrays;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The same arrays and metadata give the same bytes: names are sorted, the header is padded with spaces to 8 bytes. */
export function encodeSafetensors(
  arrays: StoredArrays,
  metadata: Readonly<Record<string, string>> = {}
): Uint8Array<ArrayBuffer> {
  const names = [...arrays.keys()].sort();
  const sortedMetadata = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
  // Without a prototype, so that a tensor called `__proto__` is a name like any other.
  const header = Object.create(null) as Record<string, unknown>;
  if (Object.keys(metadata).length > 0) header[METADATA] = sortedMetadata;
  let offset = 0;
  for (const name of names) {
    const { shape, values } = arrays.get(name) as StoredArray;
    if (name === METADATA) throw new Error(`safetensors: ${METADATA} cannot name a tensor`);
    if (sizeOf(shape) !== values.length) {
      throw new Error(`safetensors: ${name} has shape [${shape.join(', ')}] and ${String(values.length)} values`);
    }
    header[name] = { dtype: typeOf(values), shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(json, 8);
  let at = 8 + headerBytes;
  for (const name of names) {
    const { values } = arrays.get(name) as StoredArray;
    bytes.set(bytesOf(values), at);
    at += values.byteLength;
  }
  return bytes;
}

/**
 * A file of float32 alone. Arrays are copies: the file's bytes may be reused.
 * @throws AppError `data.truncated` when bytes are missing, `data.corrupt` when they make no sense.
 */
export function decodeSafetensors(bytes: Uint8Array, subject = 'safetensors file'): Safetensors {
  const { arrays, metadata } = decode(bytes, subject, ['F32']);
  return { arrays: arrays as NamedArrays, metadata };
}

/** A file of any of the four types; as `decodeSafetensors` otherwise. */
export function decodeStoredArrays(bytes: Uint8Array, subject: string): Safetensors<StoredArrays> {
  return decode(bytes, subject, Object.keys(TYPES) as TypeName[]);
}

function decode(bytes: Uint8Array, subject: string, types: readonly TypeName[]): Safetensors<StoredArrays> {
  const corrupt = (got: string, expected?: string): AppError =>
    new AppError('data.corrupt', {
      subject,
      got,
      ...(expected === undefined ? {} : { expected }),
      remedy: 'use an earlier checkpoint, or export it again'
    });
  const truncated = (expected: string): AppError =>
    new AppError('data.truncated', {
      subject,
      expected,
      got: `${String(bytes.length)} bytes`,
      remedy: 'copy or download the file again'
    });

  if (bytes.length < 8) throw truncated('at least 8 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES) throw corrupt(`a header of ${String(headerBytes)} bytes`, 'at most 100,000,000');
  if (bytes.length < 8 + headerBytes) throw truncated(`a header of ${String(headerBytes)} bytes`);

  const entries = parseHeader(bytes.subarray(8, 8 + headerBytes), corrupt);
  const metadata = readMetadata(entries.get(METADATA), corrupt);
  entries.delete(METADATA);

  const spans = [...entries].map(([name, entry]) => readEntry(name, entry, { corrupt, types }));
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of spans) {
    if (begin !== covered) {
      throw corrupt(
        `${name} at byte ${String(begin)}`,
        `tensors without gaps or overlaps, the next at ${String(covered)}`
      );
    }
    covered = end;
  }
  const dataBytes = bytes.length - 8 - headerBytes;
  if (covered > dataBytes) throw truncated(`${String(covered)} bytes of tensors after the header`);
  if (covered < dataBytes)
    throw corrupt(`${String(dataBytes)} bytes of tensors`, `${String(covered)} as the header says`);

  const arrays = new Map<string, StoredArray>();
  for (const { name, type, shape, begin, end } of spans) {
    const start = 8 + headerBytes + begin;
    const copy = new Uint8Array(bytes.subarray(start, start + end - begin));
    const values = new TYPES[type](copy.buffer, 0, copy.length / TYPES[type].BYTES_PER_ELEMENT);
    if (!littleEndian) copy.set(bytesOf(values));
    arrays.set(name, { shape, values });
  }
  return { arrays, metadata };
}

function typeOf(values: StoredValues): TypeName {
  if (values instanceof Float32Array) return 'F32';
  if (values instanceof Float64Array) return 'F64';
  return values instanceof Int32Array ? 'I32' : 'U8';
}

/** As the file has them, the lowest byte first: a view, or a turned copy on a machine that has the highest first. */
function bytesOf(values: StoredValues): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (littleEndian) return bytes;
  const turned = bytes.slice();
  for (let at = 0; at < turned.length; at += values.BYTES_PER_ELEMENT) {
    turned.subarray(at, at + values.BYTES_PER_ELEMENT).reverse();
  }
  return turned;
}

type Corrupt = (got: string, expected?: string) => AppError;

function parseHeader(bytes: Uint8Array, corrupt: Corrupt): Map<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw corrupt('a header that is not JSON', 'a JSON object');
  }
  if (bytes[0] !== 0x7b || typeof header !== 'object' || header === null) {
    throw corrupt('a header that is not a JSON object', 'a JSON object');
  }
  return new Map(Object.entries(header));
}

function readMetadata(value: unknown, corrupt: Corrupt): Record<string, string> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw corrupt('metadata that is not an object', 'text by name');
  }
  const metadata: Record<string, string> = {};
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw corrupt(`metadata ${key} that is not text`, 'text by name');
    metadata[key] = text;
  }
  return metadata;
}

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

function readEntry(
  name: string,
  value: unknown,
  { corrupt, types }: { readonly corrupt: Corrupt; readonly types: readonly TypeName[] }
): { name: string; type: TypeName; shape: readonly number[]; begin: number; end: number } {
  const entry = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { dtype, shape, data_offsets: offsets } = entry;
  const type = types.find((one) => one === dtype);
  if (type === undefined) {
    throw corrupt(`${name} of type ${typeof dtype === 'string' ? dtype : 'none'}`, types.join(', '));
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) throw corrupt(`${name} without a shape`, 'whole numbers');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw corrupt(`${name} without data_offsets`, 'two whole numbers');
  }
  const [begin, end] = offsets as [number, number];
  const width = TYPES[type].BYTES_PER_ELEMENT;
  if (end - begin !== sizeOf(shape) * width) {
    throw corrupt(
      `${name} of shape [${shape.join(', ')}] in ${String(end - begin)} bytes`,
      `${String(sizeOf(shape) * width)} bytes`
    );
  }
  return { name, type, shape, begin, end };
}
