/**
 * One block of bzip2: Huffman codes, move to front, inverse Burrows-Wheeler transform, run lengths, CRC. After the
 * format as its author describes it (J. Seward, bzip2 1.0.8; the bit layout is in "bzip2 format specification",
 * J. Tsai, 2016). Faults are `BlockFault`s; running out of bits is `OutOfBits`.
 */
import type { BitReader } from './bit-reader.ts';
import { OutOfBits } from './bit-reader.ts';

export class BlockFault extends Error {
  override readonly name = 'BlockFault';
}

const GROUP = 50;
const LONGEST_CODE = 20;
/** Codes up to this length are found in one look-up. */
const FAST_BITS = 10;
const RUN_A = 0;
const RUN_B = 1;

export const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

interface Codes {
  /** By the next FAST_BITS bits: symbol * 32 + length, 0 where the code is longer. */
  readonly fast: Uint16Array;
  /** By length: the largest code of it, left-aligned to LONGEST_CODE bits, plus one; and what to add to get its index. */
  readonly limit: Int32Array;
  readonly base: Int32Array;
  readonly symbols: Uint16Array;
  shortest: number;
}

/** Arrays that every block of a stream uses again. */
export class BlockDecoder {
  readonly #tt: Int32Array;
  readonly #capacity: number;
  readonly #groups: Codes[] = [];
  readonly #selectors = new Uint8Array(18002);
  readonly #lengths = new Uint8Array(258);
  readonly #counts = new Int32Array(256);
  #output: Uint8Array = new Uint8Array(1 << 20);

  /** @param level 1 to 9: the block size in 100,000 bytes */
  constructor(level: number) {
    this.#capacity = level * 100000;
    this.#tt = new Int32Array(this.#capacity);
  }

  /**
   * Decodes the block that starts after its magic number.
   * @returns its bytes (valid until the next call) and its CRC
   */
  decode(bits: BitReader): { readonly bytes: Uint8Array; readonly crc: number } {
    const expected = (bits.read(16) * 65536 + bits.read(16)) >>> 0;
    if (bits.read(1) === 1) throw new BlockFault('a randomised block, which bzip2 has not written since 1997');
    const origin = bits.read(24);
    const symbols = readSymbols(bits);
    const groups = this.#readCodes(bits, symbols.length + 2);
    const length = this.#readCodedBytes(bits, symbols, groups);
    if (origin >= length) throw new BlockFault('a block that points outside itself');
    this.#linkBack(length);
    const { used, crc } = this.#writeOut(length, origin);
    if (crc !== expected) {
      throw new BlockFault(`a block with CRC ${hex(crc)} where ${hex(expected)} is written`);
    }
    return { bytes: this.#output.subarray(0, used), crc };
  }

  #readCodes(bits: BitReader, alphabet: number): number {
    const groups = bits.read(3);
    if (groups < 2 || groups > 6) throw new BlockFault(`${String(groups)} Huffman tables`);
    const selectors = bits.read(15);
    if (selectors === 0) throw new BlockFault('no Huffman selectors');
    const order = [0, 1, 2, 3, 4, 5];
    for (let i = 0; i < selectors; i++) {
      let index = 0;
      while (bits.read(1) === 1) if (++index >= groups) throw new BlockFault('a selector out of range');
      const [chosen] = order.splice(index, 1);
      order.unshift(chosen!);
      // Some writers add selectors that are never used; only the first 18,002 can be.
      if (i < this.#selectors.length) this.#selectors[i] = chosen!;
    }
    const lengths = this.#lengths;
    for (let group = 0; group < groups; group++) {
      let length = bits.read(5);
      for (let symbol = 0; symbol < alphabet; symbol++) {
        for (;;) {
          if (length < 1 || length > LONGEST_CODE) throw new BlockFault('a code length out of range');
          if (bits.read(1) === 0) break;
          length += bits.read(1) === 0 ? 1 : -1;
        }
        lengths[symbol] = length;
      }
      this.#groups[group] = buildCodes(lengths.subarray(0, alphabet), this.#groups[group]);
    }
    return Math.min(selectors, this.#selectors.length);
  }

  /** Huffman, zero runs and move to front in one pass. Keeps the bit position in locals: this is the hot loop. */
  #readCodedBytes(bits: BitReader, alphabet: Uint8Array, selectors: number): number {
    const tt = this.#tt;
    const capacity = this.#capacity;
    const counts = this.#counts.fill(0);
    const front = Uint8Array.from(alphabet);
    const endOfBlock = alphabet.length + 1;
    const bytes = bits.bytes;
    const bitEnd = bits.usedBytes * 8;
    let bit = bits.position;
    let codes = this.#groups[0]!;
    let { fast } = codes;
    let left = 0;
    let selector = 0;
    let at = 0;
    let run = 0;
    let runBit = 1;
    /* Past the end of the input any bits are read, and what they amount to is no fault of the block. */
    const fault = (what: string): Error => (bit > bitEnd ? new OutOfBits() : new BlockFault(what));
    for (;;) {
      if (left === 0) {
        if (selector >= selectors) throw fault('more symbols than its selectors allow');
        codes = this.#groups[this.#selectors[selector++]!]!;
        fast = codes.fast;
        left = GROUP;
      }
      left--;
      const byte = bit >> 3;
      const word =
        ((bytes[byte]! << 24) | (bytes[byte + 1]! << 16) | (bytes[byte + 2]! << 8) | bytes[byte + 3]!) << (bit & 7);
      let symbol: number;
      const entry = fast[word >>> (32 - FAST_BITS)]!;
      if (entry !== 0) {
        symbol = entry >> 5;
        bit += entry & 31;
      } else {
        // At least 25 bits of `word` are real, and no code is longer than 20.
        const code = word >>> (32 - LONGEST_CODE);
        let length = FAST_BITS + 1;
        while (length <= LONGEST_CODE && code >= codes.limit[length]!) length++;
        if (length > LONGEST_CODE) {
          if (bit + LONGEST_CODE > bitEnd) throw new OutOfBits();
          throw new BlockFault('a code that stands for nothing');
        }
        symbol = codes.symbols[(code >>> (LONGEST_CODE - length)) + codes.base[length]!]!;
        bit += length;
      }
      if (symbol <= RUN_B) {
        run += symbol === RUN_A ? runBit : runBit << 1;
        runBit <<= 1;
        if (run > capacity) throw fault('a run longer than a block');
        continue;
      }
      if (run > 0) {
        const value = front[0]!;
        if (at + run > capacity) throw fault('more bytes than a block holds');
        counts[value]! += run;
        tt.fill(value, at, at + run);
        at += run;
        run = 0;
        runBit = 1;
      }
      if (symbol === endOfBlock) break;
      if (bit > bitEnd) throw new OutOfBits();
      if (at >= capacity) throw new BlockFault('more bytes than a block holds');
      const index = symbol - 1;
      const value = front[index]!;
      if (index < 16) for (let i = index; i > 0; i--) front[i] = front[i - 1]!;
      else front.copyWithin(1, 0, index);
      front[0] = value;
      counts[value]!++;
      tt[at++] = value;
    }
    if (bit > bitEnd) throw new OutOfBits();
    bits.position = bit;
    return at;
  }

  /** Inverse Burrows-Wheeler: each entry gets the position of the next byte in its upper 24 bits. */
  #linkBack(length: number): void {
    const counts = this.#counts;
    const tt = this.#tt;
    let sum = 0;
    for (let value = 0; value < 256; value++) {
      const count = counts[value]!;
      counts[value] = sum;
      sum += count;
    }
    for (let i = 0; i < length; i++) {
      const at = counts[tt[i]! & 255]!++;
      tt[at] = tt[at]! | (i << 8);
    }
  }

  /** Walks the links and expands the first run-length code: four equal bytes and a count. */
  #writeOut(length: number, origin: number): { used: number; crc: number } {
    const tt = this.#tt;
    const table = CRC_TABLE;
    let output = this.#output;
    let used = 0;
    let crc = -1;
    let position = tt[origin]! >>> 8;
    let previous = -1;
    let same = 0;
    for (let i = 0; i < length; i++) {
      const entry = tt[position]!;
      const byte = entry & 255;
      position = entry >>> 8;
      if (used + 256 > output.length) output = this.#widen(used);
      if (same === 4) {
        for (let k = 0; k < byte; k++) {
          output[used++] = previous;
          crc = (crc << 8) ^ table[(crc >>> 24) ^ previous]!;
        }
        same = 0;
        previous = -1;
        continue;
      }
      same = byte === previous ? same + 1 : 1;
      previous = byte;
      output[used++] = byte;
      crc = (crc << 8) ^ table[(crc >>> 24) ^ byte]!;
    }
    return { used, crc: ~crc >>> 0 };
  }

  #widen(used: number): Uint8Array {
    const wider = new Uint8Array(this.#output.length * 2);
    wider.set(this.#output.subarray(0, used));
    this.#output = wider;
    return wider;
  }
}

function readSymbols(bits: BitReader): Uint8Array {
  const ranges = bits.read(16);
  const symbols: number[] = [];
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue;
    const present = bits.read(16);
    for (let i = 0; i < 16; i++) if ((present & (0x8000 >> i)) !== 0) symbols.push(range * 16 + i);
  }
  if (symbols.length === 0) throw new BlockFault('a block without symbols');
  return Uint8Array.from(symbols);
}

/** Canonical codes: by length, then by symbol. */
function buildCodes(lengths: Uint8Array, reuse: Codes | undefined): Codes {
  const codes = reuse ?? {
    fast: new Uint16Array(1 << FAST_BITS),
    limit: new Int32Array(LONGEST_CODE + 1),
    base: new Int32Array(LONGEST_CODE + 1),
    symbols: new Uint16Array(258),
    shortest: 0
  };
  codes.fast.fill(0);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    codes.base[length] = index - code;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      if (length <= FAST_BITS) {
        const first = code << (FAST_BITS - length);
        codes.fast.fill((symbol << 5) | length, first, first + (1 << (FAST_BITS - length)));
      }
      codes.symbols[index++] = symbol;
      code++;
    }
    codes.limit[length] = code << (LONGEST_CODE - length);
    code <<= 1;
  }
  return codes;
}

const hex = (crc: number): string => crc.toString(16).padStart(8, '0');
