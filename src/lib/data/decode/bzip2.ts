/** Streaming bzip2: any number of streams one after the other, every checksum verified. Knows no files. */
import { BitReader, OutOfBits } from './bit-reader.ts';
import { BlockDecoder, BlockFault } from './bzip2-block.ts';
import { corrupt, truncated } from './decode-error.ts';

const BLOCK_MAGIC = [0x314159, 0x265359] as const;
const END_MAGIC = [0x177245, 0x385090] as const;
/**
 * A block is only tried when all of it must be there: its coded form cannot be longer than this. Coded bytes can exceed
 * the block by little, tables and selectors take up to 30,000 bytes.
 */
const longestBlock = (level: number): number => level * 101_000 + 30_000;

type Expecting = 'stream' | 'block';

export class Bzip2Decoder {
  readonly #name: string;
  readonly #bits = new BitReader();
  #decoder: BlockDecoder | undefined;
  #level = 0;
  #expecting: Expecting = 'stream';
  #streams = 0;
  #combined = 0;

  /** @param name what the input is called in messages */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * @returns the blocks that could be decoded, each a copy of its own
   * @throws data.corrupt
   */
  *push(piece: Uint8Array): Generator<Uint8Array> {
    this.#bits.append(piece);
    yield* this.#decode(false);
  }

  /**
   * Decodes what is left.
   * @throws data.truncated when the input ends early, data.corrupt
   */
  *end(): Generator<Uint8Array> {
    yield* this.#decode(true);
    if (this.#expecting === 'block' || this.#streams === 0) throw this.#truncated();
  }

  *#decode(last: boolean): Generator<Uint8Array> {
    const bits = this.#bits;
    for (;;) {
      if (this.#expecting === 'stream') {
        if (bits.available < 4) {
          if (last && bits.available > 0) this.#afterTheEnd();
          return;
        }
        this.#startStream();
      }
      if (!last && bits.available < longestBlock(this.#level)) return;
      const before = bits.position;
      const byte = bits.byteOffset;
      let block: Uint8Array | undefined;
      try {
        block = this.#nextBlock();
      } catch (thrown) {
        bits.position = before;
        if (thrown instanceof OutOfBits) throw this.#truncated();
        if (thrown instanceof BlockFault) throw this.#corrupt(byte, thrown.message, thrown);
        throw thrown;
      }
      if (block !== undefined) yield block;
    }
  }

  #startStream(): void {
    const bits = this.#bits;
    const byte = bits.byteOffset;
    const magic = bits.read(24);
    const level = bits.read(8) - 48;
    if (magic !== 0x425a68 || level < 1 || level > 9) {
      throw this.#corrupt(byte, this.#streams === 0 ? 'no bzip2 header' : 'something that is no bzip2 stream');
    }
    if (level !== this.#level || this.#decoder === undefined) this.#decoder = new BlockDecoder(level);
    this.#level = level;
    this.#combined = 0;
    this.#expecting = 'block';
  }

  /** @returns the block, or undefined at the end of a stream */
  #nextBlock(): Uint8Array | undefined {
    const bits = this.#bits;
    const byte = bits.byteOffset;
    const high = bits.read(24);
    const low = bits.read(24);
    if (high === BLOCK_MAGIC[0] && low === BLOCK_MAGIC[1]) {
      const { bytes, crc } = this.#decoder!.decode(bits);
      this.#combined = ((this.#combined << 1) | (this.#combined >>> 31)) ^ crc;
      return bytes.slice();
    }
    if (high !== END_MAGIC[0] || low !== END_MAGIC[1]) throw new BlockFault('neither a block nor an end');
    const expected = bits.read(16) * 65536 + bits.read(16);
    if (expected !== this.#combined >>> 0) {
      throw this.#corrupt(byte, 'a stream whose checksum is not that of its blocks');
    }
    bits.align();
    this.#streams++;
    this.#expecting = 'stream';
    return undefined;
  }

  /** One to three bytes after the last stream: padding if they are zero. */
  #afterTheEnd(): void {
    const byte = this.#bits.byteOffset;
    while (this.#bits.available > 0) {
      if (this.#bits.read(8) !== 0) throw this.#corrupt(byte, 'something that is no bzip2 stream');
    }
  }

  #truncated(): Error {
    return truncated(this.#name, 'bzip2', this.#bits.byteOffset + this.#bits.available);
  }

  #corrupt(byte: number, what: string, cause?: unknown): Error {
    return corrupt({ name: this.#name, container: 'bzip2', byte, what, cause });
  }
}

export async function* bunzip2(pieces: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const decoder = new Bzip2Decoder(name);
  for await (const piece of pieces) yield* decoder.push(piece);
  yield* decoder.end();
}
