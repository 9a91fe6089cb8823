/**
 * LZ4 frames, whole in memory: what Arrow files compress their buffers by ("LZ4 Frame Format Description" v1.6.2,
 * "LZ4 Block Format Description"). Checksums of blocks and content are passed over: Arrow's own lengths are checked.
 */

const MAGIC = 0x184d2204;
const CONTENT_SIZE = 0x08;
const BLOCK_CHECKSUM = 0x10;
const CONTENT_CHECKSUM = 0x04;
const DICTIONARY = 0x01;
const STORED = 0x80000000;

/**
 * @param size of what comes out, where the frame's owner says it
 * @throws Error with what is wrong and at which byte
 */
export function unlz4(bytes: Uint8Array, size?: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 7 || view.getUint32(0, true) !== MAGIC) throw new Error('no LZ4 frame');
  const flags = bytes[4]!;
  if (flags >> 6 !== 1) throw new Error(`LZ4 frame version ${String(flags >> 6)}`);
  if ((flags & DICTIONARY) !== 0) throw new Error('an LZ4 frame that needs a dictionary');
  let at = 6;
  let length = size;
  if ((flags & CONTENT_SIZE) !== 0) {
    if (bytes.length < at + 9) throw new Error('an LZ4 frame that is cut off in its header');
    length ??= Number(view.getBigUint64(at, true));
    at += 8;
  }
  at++;
  const out = new Output(length ?? bytes.length * 4, length !== undefined);
  for (;;) {
    if (at + 4 > bytes.length) throw new Error(`an LZ4 frame that is cut off at byte ${String(at)}`);
    const told = view.getUint32(at, true);
    at += 4;
    if (told === 0) break;
    const count = told & 0x7fffffff;
    if (at + count > bytes.length) throw new Error(`an LZ4 block that is cut off at byte ${String(bytes.length)}`);
    if (told >= STORED) out.take(bytes, at, at + count);
    else block(bytes, at, at + count, out);
    at += count + ((flags & BLOCK_CHECKSUM) === 0 ? 0 : 4);
  }
  if ((flags & CONTENT_CHECKSUM) !== 0 && at + 4 > bytes.length) throw new Error('an LZ4 frame without its checksum');
  if (size !== undefined && out.used !== size) {
    throw new Error(`an LZ4 frame of ${String(out.used)} bytes where ${String(size)} were told`);
  }
  return out.bytes.subarray(0, out.used);
}

/** Literals and matches in turn; the last sequence has no match. */
function block(bytes: Uint8Array, from: number, to: number, out: Output): void {
  let at = from;
  const extended = (first: number): number => {
    let count = first;
    if (first !== 15) return count;
    for (;;) {
      if (at >= to) throw new Error(`an LZ4 length that is cut off at byte ${String(at)}`);
      const more = bytes[at++]!;
      count += more;
      if (more !== 255) return count;
    }
  };
  while (at < to) {
    const token = bytes[at++]!;
    const literals = extended(token >> 4);
    if (at + literals > to) throw new Error(`LZ4 literals that are cut off at byte ${String(at)}`);
    out.take(bytes, at, at + literals);
    at += literals;
    if (at === to) return;
    if (at + 2 > to) throw new Error(`an LZ4 match that is cut off at byte ${String(at)}`);
    const offset = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    if (offset === 0 || offset > out.used)
      throw new Error(`an LZ4 match from before the beginning at byte ${String(at)}`);
    out.repeat(offset, extended(token & 15) + 4);
  }
}

/** Grows unless its size was told: then more than that is a fault. */
class Output {
  bytes: Uint8Array;
  used = 0;
  readonly #fixed: boolean;

  constructor(size: number, fixed: boolean) {
    this.bytes = new Uint8Array(size);
    this.#fixed = fixed;
  }

  take(from: Uint8Array, start: number, end: number): void {
    this.#room(end - start);
    this.bytes.set(from.subarray(start, end), this.used);
    this.used += end - start;
  }

  /** The last bytes again; where the count is over the offset they repeat themselves. */
  repeat(offset: number, count: number): void {
    this.#room(count);
    const { bytes, used } = this;
    if (offset >= count) bytes.copyWithin(used, used - offset, used - offset + count);
    else for (let i = 0; i < count; i++) bytes[used + i] = bytes[used - offset + i]!;
    this.used += count;
  }

  #room(count: number): void {
    const need = this.used + count;
    if (need <= this.bytes.length) return;
    if (this.#fixed) throw new Error(`an LZ4 frame of more than the ${String(this.bytes.length)} bytes that were told`);
    const wider = new Uint8Array(Math.max(need, this.bytes.length * 2));
    wider.set(this.bytes.subarray(0, this.used));
    this.bytes = wider;
  }
}
