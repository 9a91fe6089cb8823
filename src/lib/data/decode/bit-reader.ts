/** Bits of a byte stream, most significant first, over bytes that arrive in pieces. Knows nothing of bzip2. */

/** Thrown inside a decoder when bits run out; the caller waits for more bytes, or calls the input truncated. */
export class OutOfBits extends Error {
  override readonly name = 'OutOfBits';
}

export class BitReader {
  #bytes = new Uint8Array(1 << 16);
  #used = 0;
  /** Next bit to read, counted from the start of what is held. */
  #bit = 0;
  /** Bytes of the input that came before what is held. */
  #dropped = 0;

  append(piece: Uint8Array): void {
    if (this.#used + piece.length > this.#bytes.length) this.#makeRoom(piece.length);
    this.#bytes.set(piece, this.#used);
    this.#used += piece.length;
  }

  /** Drops what was read; where that is not enough, doubles what is held. */
  #makeRoom(more: number): void {
    const drop = this.#bit >> 3;
    const kept = this.#used - drop;
    const held = this.#bytes;
    if ((kept + more) * 2 > held.length) this.#bytes = new Uint8Array(Math.max((kept + more) * 2, held.length * 2));
    this.#bytes.set(held.subarray(drop, this.#used));
    this.#used = kept;
    this.#bit -= drop * 8;
    this.#dropped += drop;
  }

  /** Whole bytes not yet read. */
  get available(): number {
    return this.#used - ((this.#bit + 7) >> 3);
  }

  /** Offset in the whole input of the byte that holds the next bit. */
  get byteOffset(): number {
    return this.#dropped + (this.#bit >> 3);
  }

  /** For going back to where a failed attempt began; valid until the next `append`. */
  get position(): number {
    return this.#bit;
  }
  set position(bit: number) {
    this.#bit = bit;
  }

  /** What is held, for hot loops that keep their own position. Zero bytes may follow `usedBytes`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }
  get usedBytes(): number {
    return this.#used;
  }

  /** Up to 24 bits as an unsigned number. */
  read(count: number): number {
    const end = this.#bit + count;
    if (end > this.#used * 8) throw new OutOfBits();
    const bytes = this.#bytes;
    const at = this.#bit >> 3;
    const word =
      ((bytes[at]! << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
    this.#bit = end;
    return count === 0 ? 0 : ((word << (end - count - at * 8)) >>> (32 - count)) >>> 0;
  }

  /** Moves on to the next byte boundary. */
  align(): void {
    this.#bit = (this.#bit + 7) & ~7;
  }
}
