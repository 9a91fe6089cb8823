/**
 * Tape archives, member by member as the bytes come: ustar (POSIX.1-1988, and the v7 form before it), pax (POSIX.1-2001)
 * and GNU's long names. Readers on the registry were tried first: the one that streams in a browser (modern-tar) drops
 * whole members it had read when it meets a fault after them, and says no place.
 */
import type { ByteCursor } from '../decode/byte-cursor.ts';
import { corrupt, truncated } from '../decode/decode-error.ts';
import type { ArchiveEntry } from './entry.ts';
import { climbs, isFolder, nameOf, refused, safePath } from './entry.ts';

const BLOCK = 512;
/** Names and times need a fraction of it. */
const LONGEST_EXTRA = 1 << 20;
const CHECKSUM = { from: 148, to: 156 } as const;
const LINKS: Readonly<Record<string, string>> = {
  '1': 'a link to another member',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a pipe'
};

interface Header {
  readonly type: string;
  readonly name: string;
  readonly size: number;
}

/** Values of an extended header, or of GNU's, that stand for those of the header after it. */
type Extra = ReadonlyMap<string, string>;
const NOTHING: Extra = new Map();

/** Whether a file that begins so is a tape archive: by its first header's checksum. */
export const looksTar = (head: Uint8Array): boolean => head.length >= BLOCK && checksumHolds(head.subarray(0, BLOCK));

/**
 * @throws data.truncated and data.corrupt, located; what came before has been given by then. A member that is cut off
 *   throws them out of its own bytes first.
 */
export async function* tarEntries(cursor: ByteCursor, name: string): AsyncGenerator<ArchiveEntry> {
  const reader = new TarReader(cursor, name);
  let global = NOTHING;
  let next = NOTHING;
  for (;;) {
    const header = await reader.header();
    if (header === undefined) return;
    if ('xgLK'.includes(header.type)) {
      const extra = await reader.extra(header);
      if (header.type === 'g') global = new Map([...global, ...extra]);
      else next = new Map([...next, ...extra]);
      continue;
    }
    const values = new Map([...global, ...next]);
    next = NOTHING;
    const path = values.get('path') ?? header.name;
    const size = wholeNumber(values.get('size')) ?? header.size;
    const folder = header.type === '5' || isFolder(path);
    const link = LINKS[header.type];
    const end = reader.body(folder || link !== undefined ? 0 : size);
    const safe = safePath(path);
    const sparse = header.type === 'S' || [...values.keys()].some((key) => key.startsWith('GNU.sparse.'));
    if (link !== undefined) yield refused(name, path, link);
    else if (sparse) yield refused(name, path, 'a sparse file');
    else if ('MDNV'.includes(header.type)) yield refused(name, path, 'a part of another archive');
    else if (!folder && safe === undefined) yield climbs(name, path);
    else if (!folder && safe !== undefined) yield { kind: 'file', path: safe, bytes: reader.bytes(end) };
    await reader.leave(end);
  }
}

class TarReader {
  readonly #cursor: ByteCursor;
  readonly #name: string;

  constructor(cursor: ByteCursor, name: string) {
    this.#cursor = cursor;
    this.#name = name;
  }

  /** @returns undefined at the archive's end */
  async header(): Promise<Header | undefined> {
    const at = this.#cursor.offset;
    const block = await this.#cursor.take(BLOCK);
    if (block.length < BLOCK) this.#truncated();
    if (isZero(block)) {
      await this.#finish();
      return undefined;
    }
    if (!checksumHolds(block)) this.#corrupt(at, 'a header whose checksum is not its own');
    const size = numberOf(block.subarray(124, 136));
    if (size === undefined) this.#corrupt(at, 'a header without a size');
    const type = String.fromCharCode(block[156]! === 0 ? 48 : block[156]!);
    const name = text(block.subarray(0, 100));
    const posix = text(block.subarray(257, 263)) === 'ustar';
    const prefix = posix ? text(block.subarray(345, 500)) : '';
    return { type, name: prefix === '' ? name : `${prefix}/${name}`, size };
  }

  /** The body of an extended header. */
  async extra(header: Header): Promise<Extra> {
    if (header.size > LONGEST_EXTRA) this.#corrupt(this.#cursor.offset, 'an extended header of unlikely length');
    const end = this.body(header.size);
    const body = (await this.#cursor.take(header.size)).slice();
    if (body.length < header.size) this.#truncated();
    await this.leave(end);
    if (header.type === 'K') return NOTHING;
    return header.type === 'L' ? new Map([['path', text(body)]]) : paxRecords(body);
  }

  /** Where a body that begins here ends. */
  body(size: number): { readonly data: number; readonly padded: number } {
    const start = this.#cursor.offset;
    return { data: start + size, padded: start + Math.ceil(size / BLOCK) * BLOCK };
  }

  async *bytes(end: { readonly data: number }): AsyncGenerator<Uint8Array> {
    while (this.#cursor.offset < end.data) {
      const piece = await this.#cursor.some(end.data - this.#cursor.offset);
      if (piece.length === 0) this.#truncated();
      yield piece;
    }
  }

  async leave(end: { readonly padded: number }): Promise<void> {
    const left = end.padded - this.#cursor.offset;
    if ((await this.#cursor.skip(left)) < left) this.#truncated();
  }

  /** Two blocks of zeros end it; one alone is borne with. What pads the last record is read, for outer checksums. */
  async #finish(): Promise<void> {
    for (;;) {
      const at = this.#cursor.offset;
      const piece = await this.#cursor.some(1 << 16);
      if (piece.length === 0) return;
      if (!isZero(piece)) this.#corrupt(at, 'something after its end');
    }
  }

  #truncated(): never {
    this.#cursor.fail(truncated(this.#name, 'tar', this.#cursor.offset));
  }

  #corrupt(byte: number, what: string): never {
    this.#cursor.fail(corrupt({ name: this.#name, container: 'tar', byte, what }));
  }
}

/** The sum of a header's bytes, its checksum field read as blanks; some writers summed signed bytes. */
function checksumHolds(block: Uint8Array): boolean {
  const stated = numberOf(block.subarray(CHECKSUM.from, CHECKSUM.to));
  if (stated === undefined || isZero(block)) return false;
  let unsigned = 0;
  let signed = 0;
  for (let i = 0; i < BLOCK; i++) {
    const byte = i >= CHECKSUM.from && i < CHECKSUM.to ? 32 : block[i]!;
    unsigned += byte;
    signed += (byte << 24) >> 24;
  }
  return stated === unsigned || stated === signed;
}

/** Octal digits, or where those do not suffice GNU's binary form: the highest bit, then the number. */
function numberOf(field: Uint8Array): number | undefined {
  if ((field[0]! & 0x80) !== 0) {
    const value = field.reduce((sum, byte, i) => sum * 256 + (i === 0 ? byte & 0x7f : byte), 0);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = text(field).trim();
  return /^[0-7]+$/u.test(digits) ? Number.parseInt(digits, 8) : digits === '' ? 0 : undefined;
}

const wholeNumber = (digits: string | undefined): number | undefined =>
  digits !== undefined && /^\d{1,15}$/u.test(digits) ? Number(digits) : undefined;

/** Each a line: its own length in decimal, a blank, the key, an equals sign, the value. */
function paxRecords(body: Uint8Array): Extra {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length;) {
    const blank = body.indexOf(32, at);
    const length = blank < 0 ? Number.NaN : Number(nameOf(body.subarray(at, blank)));
    if (!(length > blank - at + 1) || at + length > body.length) break;
    const record = body.subarray(blank + 1, at + length - 1);
    const equals = record.indexOf(61);
    if (equals > 0) records.set(nameOf(record.subarray(0, equals)), nameOf(record.subarray(equals + 1)));
    at += length;
  }
  return records;
}

function text(field: Uint8Array): string {
  const end = field.indexOf(0);
  return nameOf(end < 0 ? field : field.subarray(0, end));
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
