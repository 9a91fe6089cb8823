/**
 * Rows of several environments, each in a ring of its own within one contiguous array a field: what of them is new is
 * copied out, and back in. Knows neither what the fields mean nor when a row is whole.
 */
import type { StoredArray, StoredArrays, StoredValues } from '../../compute/safetensors.ts';
import { AppError } from '../../core/errors.ts';

export interface RingField {
  readonly name: string;
  /** [environments * rows / every, width] */
  readonly values: StoredValues;
  readonly width: number;
  /** There is a value for each row whose number is a multiple of this, which divides `rows`. */
  readonly every: number;
}

export interface Rings {
  readonly environments: number;
  /** Of one ring. */
  readonly rows: number;
  readonly fields: readonly RingField[];
}

/** From and to which row, by number since the beginning, an environment each. */
interface Span {
  readonly from: Float64Array;
  readonly to: Float64Array;
}

/**
 * Copies the rows `from` to `to - 1` of each environment, or as many of the last of them as a ring holds.
 * @returns `replay.from`, `replay.to` and an array a field, `replay.NAME`, one environment after the other
 */
export function copyOut(rings: Rings, from: readonly number[], to: readonly number[]): StoredArrays {
  const span: Span = {
    from: Float64Array.from(to, (end, e) => Math.max(from[e]!, end - rings.rows)),
    to: Float64Array.from(to)
  };
  const parts = new Map<string, StoredArray>([
    ['replay.from', { shape: [rings.environments], values: span.from }],
    ['replay.to', { shape: [rings.environments], values: span.to }]
  ]);
  for (const field of rings.fields) {
    const pieces = piecesOf(rings, field, span);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const copy = new (field.values.constructor as new (length: number) => StoredValues)(length);
    let at = 0;
    for (const { begin, length: count } of pieces) {
      copy.set(field.values.subarray(begin, begin + count), at);
      at += count;
    }
    parts.set(`replay.${field.name}`, { shape: [length / Math.max(1, field.width), field.width], values: copy });
  }
  return parts;
}

/** Puts back what `copyOut` gave. @returns the rows they end before @throws AppError `data.drift` */
export function copyIn(rings: Rings, parts: StoredArrays): readonly number[] {
  const span: Span = { from: numbersOf(rings, parts, 'from'), to: numbersOf(rings, parts, 'to') };
  span.from.forEach((from, e) => {
    const rows = span.to[e]! - from;
    if (rows < 0 || rows > rings.rows) throw drift('rows', `at most ${String(rings.rows)}`, String(rows));
  });
  const copies = rings.fields.map((field) => {
    const pieces = piecesOf(rings, field, span);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return { field, pieces, saved: arrayOf(parts, `replay.${field.name}`, length, field.values) };
  });
  for (const { field, pieces, saved } of copies) {
    let at = 0;
    for (const { begin, length } of pieces) {
      field.values.set(saved.subarray(at, at + length), begin);
      at += length;
    }
  }
  return [...span.to];
}

/**
 * An array of what was saved.
 * @param like of the type it must have
 * @throws AppError `data.drift` when it is missing, or of another type or length
 */
export function arrayOf<T extends StoredValues>(parts: StoredArrays, name: string, length: number, like: T): T {
  const found = parts.get(name)?.values;
  if (found?.length === length && found.constructor === like.constructor) return found as T;
  throw drift(name, `${String(length)} values`, found === undefined ? 'none' : String(found.length));
}

function numbersOf(rings: Rings, parts: StoredArrays, name: string): Float64Array {
  return arrayOf(parts, `replay.${name}`, rings.environments, new Float64Array(0));
}

interface Piece {
  /** Index into the field's values. */
  readonly begin: number;
  readonly length: number;
}

/** Where the rows of a span lie in a field: two pieces for a ring that the span goes round the end of. */
function piecesOf({ rows }: Rings, { width, every }: RingField, { from, to }: Span): readonly Piece[] {
  const pieces: Piece[] = [];
  const kept = rows / every;
  from.forEach((first, e) => {
    const last = Math.ceil(to[e]! / every);
    for (let k = Math.ceil(first / every); k < last;) {
      const count = Math.min(last - k, kept - (k % kept));
      pieces.push({ begin: (e * kept + (k % kept)) * width, length: count * width });
      k += count;
    }
  });
  return pieces;
}

function drift(name: string, expected: string, got: string): AppError {
  return new AppError('data.drift', {
    subject: `${name} of what was experienced`,
    expected,
    got,
    remedy: 'resume with the configuration the checkpoint was made with'
  });
}
