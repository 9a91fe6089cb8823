/**
 * The packed bytes of a zip entry: of stated length, or until what follows them shows where they end. Knows how an entry
 * is framed, not how it is packed.
 */
import type { ByteCursor } from '../decode/byte-cursor.ts';
import { truncated } from '../decode/decode-error.ts';

export interface ZipSums {
  /** As a signed 32-bit number. */
  readonly crc: number;
  readonly packed: number;
  readonly plain: number;
}

export interface ZipBody {
  /** May be iterated once, and not to its end. */
  bytes(): AsyncIterable<Uint8Array>;
  /** Passes over what was not read, and what stands behind it. */
  leave(): Promise<ZipSums>;
}

export class SizedBody implements ZipBody {
  readonly #cursor: ByteCursor;
  readonly #archive: string;
  readonly #sums: ZipSums;
  readonly #end: number;

  constructor(cursor: ByteCursor, archive: string, sums: ZipSums) {
    this.#cursor = cursor;
    this.#archive = archive;
    this.#sums = sums;
    this.#end = cursor.offset + sums.packed;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    while (this.#cursor.offset < this.#end) {
      const piece = await this.#cursor.some(this.#end - this.#cursor.offset);
      if (piece.length === 0) this.#truncated();
      yield piece;
    }
  }

  async leave(): Promise<ZipSums> {
    const left = this.#end - this.#cursor.offset;
    // Asked more than once: the first time the cursor stands in the entry, later perhaps behind it.
    if (left > 0 && (await this.#cursor.skip(left)) < left) this.#truncated();
    return this.#sums;
  }

  #truncated(): never {
    this.#cursor.fail(truncated(this.#archive, 'zip', this.#cursor.offset));
  }
}

/** A descriptor at its longest, and the signature of the record after it. */
const TAIL = 24 + 4;
const WINDOW = 1 << 16;
const DESCRIPTOR = 0x08074b50;

/**
 * An entry whose sizes stand behind its data (APPNOTE 4.3.9). The end is where a next record follows a descriptor that
 * states just the length that lies between: an archive within the archive has its own, which state another.
 */
export class FramedBody implements ZipBody {
  readonly #cursor: ByteCursor;
  readonly #archive: string;
  readonly #start: number;
  #sums: ZipSums | undefined;

  constructor(cursor: ByteCursor, archive: string) {
    this.#cursor = cursor;
    this.#archive = archive;
    this.#start = cursor.offset;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = await this.#next();
      if (piece === undefined) return;
      if (piece.length > 0) yield piece;
    }
  }

  async leave(): Promise<ZipSums> {
    while ((await this.#next()) !== undefined);
    if (this.#sums === undefined) throw new Error('an entry ended without its sums');
    return this.#sums;
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#sums !== undefined) return undefined;
    const window = await this.#cursor.peek(WINDOW);
    if (window.length === 0) this.#cursor.fail(truncated(this.#archive, 'zip', this.#cursor.offset));
    const before = this.#cursor.offset - this.#start;
    const view = new DataView(window.buffer, window.byteOffset, window.length);
    for (let at = window.indexOf(0x50); at >= 0 && at + 4 <= window.length; at = window.indexOf(0x50, at + 1)) {
      if (!isRecord(view.getUint32(at, true))) continue;
      const found = descriptorBefore(view, at, before);
      if (found === undefined) continue;
      this.#sums = found.sums;
      const data = (await this.#cursor.take(at - found.length)).slice();
      await this.#cursor.skip(found.length);
      return data;
    }
    // The last bytes may be those of a descriptor that is not wholly there yet; unless nothing follows.
    const free = window.length < WINDOW ? window.length : WINDOW - TAIL;
    return (await this.#cursor.take(free)).slice();
  }
}

/** An entry or the directory: what may stand behind a descriptor. */
const isRecord = (signature: number): boolean => signature === 0x04034b50 || signature === 0x02014b50;

/** @param before bytes of the entry that came before the window */
function descriptorBefore(
  view: DataView,
  end: number,
  before: number
): { readonly length: number; readonly sums: ZipSums } | undefined {
  // The signature may be left out, and sizes are of 64 bits in an archive that needs them.
  for (const [length, wide] of FORMS) {
    const at = end - length;
    if (at < 0) continue;
    const signed = length % 8 === 0;
    if (signed && view.getUint32(at, true) !== DESCRIPTOR) continue;
    const crcAt = signed ? at + 4 : at;
    const packed = wide ? Number(view.getBigUint64(crcAt + 4, true)) : view.getUint32(crcAt + 4, true);
    if (packed !== before + at) continue;
    const plain = wide ? Number(view.getBigUint64(crcAt + 12, true)) : view.getUint32(crcAt + 8, true);
    return { length, sums: { crc: view.getInt32(crcAt, true), packed, plain } };
  }
  return undefined;
}

const FORMS = [
  [16, false],
  [24, true],
  [12, false],
  [20, true]
] as const;
