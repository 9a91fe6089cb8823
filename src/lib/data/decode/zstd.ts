/**
 * Streaming Zstandard (RFC 8878): any number of frames, skippable ones passed over, sizes and content checksums
 * verified. fzstd decodes the blocks; it verifies no checksum, tells no place, and takes what window a frame asks for, so
 * frames are walked here and handed to it one by one.
 */
import { Decompress } from 'fzstd';
import type { XXHash } from 'xxhash-wasm';
import { AppError } from '../../core/errors.ts';
import { ByteCursor } from './byte-cursor.ts';
import { corrupt, truncated } from './decode-error.ts';

const FRAME = 0xfd2fb528;
/** Any of sixteen: the lowest four bits are free. */
const SKIPPABLE = 0x184d2a50;
/** Of the window, 128 MiB: what the zstd program itself takes without being told to. */
const LARGEST_WINDOW = 1 << 27;
const COMPRESSED_BLOCK = 2;
const RESERVED_BLOCK = 3;
const RLE_BLOCK = 1;
/** Block_Maximum_Size, RFC 8878 section 3.1.1.2.4. */
const LARGEST_BLOCK = 1 << 17;

interface FrameHeader {
  readonly bytes: Uint8Array;
  readonly window: number;
  readonly checksum: boolean;
  /** Of the plain content, where it is stated. */
  readonly contentSize: number | undefined;
}

/** Whether a file that begins so is Zstandard: with a frame, or with a skippable one. */
export function looksZstd(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const magic = uint32(head, 0);
  return magic === FRAME || isSkippable(magic);
}

/** @throws data.truncated, data.corrupt, data.kind for a frame that needs a dictionary or too much memory */
export async function* unzstd(pieces: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  // Loaded when first needed: the checksum is the only thing of the app that needs it.
  const { default: xxhash } = await import('xxhash-wasm');
  const hashes = await xxhash();
  yield* new Frames(new ByteCursor(pieces), name, () => hashes.create64()).read();
}

class Frames {
  readonly #cursor: ByteCursor;
  readonly #name: string;
  readonly #hash: () => XXHash<bigint>;

  constructor(cursor: ByteCursor, name: string, hash: () => XXHash<bigint>) {
    this.#cursor = cursor;
    this.#name = name;
    this.#hash = hash;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    try {
      for (let frames = 0; ; frames++) {
        const head = await this.#cursor.peek(4);
        if (head.length === 0 && frames > 0) return;
        if (head.length < 4) throw this.#truncated();
        const magic = uint32(head, 0);
        if (isSkippable(magic)) await this.#skip();
        else if (magic === FRAME) yield* this.#frame();
        else throw this.#corrupt('no zstd frame');
      }
    } finally {
      await this.#cursor.close();
    }
  }

  async #skip(): Promise<void> {
    const length = uint32(await this.#exactly(8), 4);
    if ((await this.#cursor.skip(length)) < length) throw this.#truncated();
  }

  async *#frame(): AsyncGenerator<Uint8Array> {
    const header = await this.#header();
    const hash = header.checksum ? this.#hash() : undefined;
    let length = 0;
    let out: Uint8Array[] = [];
    const decoder = new Decompress((data) => {
      if (data.length === 0) return;
      length += data.length;
      hash?.update(data);
      out.push(data);
    });
    this.#push(decoder, header.bytes);
    for (let last = false; !last;) {
      const block = await this.#block(header.window);
      last = (block[0]! & 1) === 1;
      this.#push(decoder, block);
      yield* out;
      out = [];
    }
    const checksum = header.checksum ? (await this.#exactly(4)).slice() : new Uint8Array(0);
    this.#push(decoder, checksum, 'last');
    yield* out;
    if (hash !== undefined && uint32(checksum, 0) !== Number(hash.digest() & 0xffff_ffffn)) {
      throw this.#corrupt('a frame whose checksum is not that of its content');
    }
    if (header.contentSize !== undefined && header.contentSize !== length) {
      throw this.#corrupt('a frame whose length is not the stated one');
    }
  }

  /** RFC 8878 section 3.1.1.1. */
  async #header(): Promise<FrameHeader> {
    const start = this.#cursor.offset;
    const descriptor = (await this.#cursor.peek(5))[4];
    if (descriptor === undefined) throw this.#truncated();
    const single = (descriptor & 0x20) !== 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    const bytes = (await this.#exactly(5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes)).slice();
    if ((descriptor & 8) !== 0) throw this.#corrupt('a reserved bit that is set', start);
    const dictionaryAt = single ? 5 : 6;
    const dictionary = bytes.subarray(dictionaryAt, dictionaryAt + dictionaryBytes);
    if (dictionary.some((byte) => byte !== 0)) throw this.#refused('it was packed with a dictionary');
    const contentSize = sizeBytes === 0 ? undefined : sizeOf(bytes.subarray(dictionaryAt + dictionaryBytes));
    const exponent = bytes[5]! >> 3;
    const window = single ? (contentSize ?? 0) : 2 ** (10 + exponent) * (1 + (bytes[5]! & 7) / 8);
    if (window > LARGEST_WINDOW) throw this.#refused(`it needs a window of ${String(window)} bytes`);
    return { bytes, window, checksum: (descriptor & 4) !== 0, contentSize };
  }

  /** One block with its header, RFC 8878 section 3.1.1.2. */
  async #block(window: number): Promise<Uint8Array> {
    const start = this.#cursor.offset;
    const head = await this.#cursor.peek(3);
    if (head.length < 3) throw this.#truncated();
    const type = (head[0]! >> 1) & 3;
    const size = (head[0]! >> 3) | (head[1]! << 5) | (head[2]! << 13);
    if (type === RESERVED_BLOCK) throw this.#corrupt('a block of the reserved kind', start);
    // A compressed block is smaller than what it holds; a repeated byte states the length of what it holds.
    const most = Math.min(LARGEST_BLOCK, Math.max(window, 1));
    if (size > most) throw this.#corrupt('a block larger than its window', start);
    const bytes = await this.#exactly(3 + (type === RLE_BLOCK ? 1 : size));
    if (type === COMPRESSED_BLOCK && size < 2) throw this.#corrupt('a block without sections', start);
    // fzstd keeps what it is given; the cursor's bytes are its own.
    return bytes.slice();
  }

  #push(decoder: Decompress, bytes: Uint8Array, last?: 'last'): void {
    try {
      decoder.push(bytes, last !== undefined);
    } catch (thrown) {
      // Every block it is given is whole: whatever it throws, a range error of its tables included, is the data's fault.
      throw this.#corrupt(
        thrown instanceof Error ? thrown.message : 'a block that cannot be decoded',
        undefined,
        thrown
      );
    }
  }

  async #exactly(count: number): Promise<Uint8Array> {
    const bytes = await this.#cursor.take(count);
    if (bytes.length < count) throw this.#truncated();
    return bytes;
  }

  #truncated(): AppError {
    return truncated(this.#name, 'zstd', this.#cursor.offset);
  }

  #corrupt(what: string, byte = this.#cursor.offset, cause?: unknown): AppError {
    return corrupt({ name: this.#name, container: 'zstd', byte, what, cause });
  }

  #refused(got: string): AppError {
    return new AppError('data.kind', {
      subject: this.#name,
      expected: 'zstd that unpacks without a dictionary and within 128 MiB',
      got,
      remedy: 'pack it again without --long and without a dictionary'
    });
  }
}

const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) >>> 0 === SKIPPABLE;

const uint32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

/** Two bytes are stated less 256, RFC 8878 section 3.1.1.1.4. */
function sizeOf(field: Uint8Array): number {
  const size = field.reduceRight((sum, byte) => sum * 256 + byte, 0);
  return field.length === 2 ? size + 256 : size;
}
