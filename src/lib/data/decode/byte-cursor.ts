/**
 * Bytes that come in pieces, read by count: what a container's reader stands on. Holds one piece at a time (more only for
 * a `peek` that spans several), remembers the first failure, and knows no format.
 */

const EMPTY = new Uint8Array(0);
/** A source may give all it has in one piece; whoever reads piece by piece wants to breathe in between. */
const LONGEST_PIECE = 1 << 20;

export class ByteCursor {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = EMPTY;
  #offset = 0;
  #ended = false;
  #failure: { readonly thrown: unknown } | undefined;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Bytes consumed so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether the bytes can be read no further; every call then throws what was thrown first. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Fails this and all that is read after: a fault that only the container's reader can see. */
  fail(thrown: unknown): never {
    this.#failure ??= { thrown };
    throw this.#failure.thrown;
  }

  /** The next `count` bytes without consuming them, fewer only at the end. Valid until the next call. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.#held.length < count && (await this.#more()));
    return this.#held.subarray(0, count);
  }

  /** Consumes `count` bytes, fewer only at the end. Valid until the next call. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = await this.peek(count);
    this.#consume(bytes.length);
    return bytes;
  }

  /** What is held of the next bytes, `most` at the most, consumed; empty only at the end. */
  async some(most: number): Promise<Uint8Array> {
    if (this.#held.length === 0) await this.#more();
    const bytes = this.#held.subarray(0, Math.min(most, this.#held.length));
    this.#consume(bytes.length);
    return bytes;
  }

  /** @returns how many bytes were there to skip */
  async skip(count: number): Promise<number> {
    let left = count;
    while (left > 0) {
      const { length } = await this.some(left);
      if (length === 0) break;
      left -= length;
    }
    return count - left;
  }

  /** All that is left, piece by piece. An iteration that stops early leaves the rest to be read. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = await this.some(LONGEST_PIECE);
      if (piece.length === 0) return;
      yield piece;
    }
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#held = EMPTY;
    await this.#source.return?.();
  }

  #consume(count: number): void {
    this.#held = this.#held.subarray(count);
    this.#offset += count;
  }

  async #more(): Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure.thrown;
    if (this.#ended) return false;
    let result: IteratorResult<Uint8Array, unknown>;
    try {
      result = await this.#source.next();
    } catch (thrown) {
      this.fail(thrown);
    }
    if (result.done === true) {
      this.#ended = true;
      return false;
    }
    this.#held = this.#held.length === 0 ? result.value : joined(this.#held, result.value);
    return true;
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
