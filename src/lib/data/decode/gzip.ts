/**
 * Gzip by the platform's own decompressor, and by fflate where that gives up: it refuses files of several members, and
 * tells a cut-off file from a corrupt one nowhere. The second pass checks every member's CRC, which fflate does not.
 */
import { Gunzip } from 'fflate';
import { AppError } from '../../core/errors.ts';
import { corrupt, truncated } from './decode-error.ts';
import { crc32 } from './crc32.ts';

const TRAILER = 8;
/** Bytes kept of what was pushed: more than a trailer and the longest sensible header. */
const TAIL = 1 << 16;

export type OpenPieces = () => AsyncIterable<Uint8Array>;

/** @param open gives the packed bytes from their start each time it is called */
export async function* gunzip(open: OpenPieces, name: string): AsyncGenerator<Uint8Array> {
  let given = 0;
  try {
    for await (const piece of nativeGunzip(open())) {
      yield piece;
      given += piece.length;
    }
    return;
  } catch (thrown) {
    // Only the decompressor's own complaint leads to the second pass.
    if (!(thrown instanceof NativeRefusal)) throw thrown;
  }
  for await (const piece of memberByMember(open(), name)) {
    const skip = Math.min(given, piece.length);
    given -= skip;
    if (skip < piece.length) yield piece.subarray(skip);
  }
}

/** For bytes that come but once: a member within an archive. */
export const gunzipOnce = (pieces: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> =>
  memberByMember(pieces, name);

class NativeRefusal extends Error {
  override readonly name = 'NativeRefusal';
}

async function* nativeGunzip(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  let sourceFault: { readonly thrown: unknown } | undefined;
  const feeding = (async () => {
    try {
      for await (const piece of pieces) await writer.write(piece as Uint8Array<ArrayBuffer>);
      await writer.close();
    } catch (thrown) {
      sourceFault = { thrown };
      await writer.abort(thrown).catch(() => undefined);
    }
  })();
  const reader = stream.readable.getReader();
  try {
    for (;;) {
      const { done, value } = await readOrRefuse(reader);
      if (done) break;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    await feeding;
  }
  if (sourceFault !== undefined) throw new NativeRefusal('the writer failed', { cause: sourceFault.thrown });
}

async function readOrRefuse(
  reader: ReadableStreamDefaultReader<Uint8Array>
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await reader.read();
  } catch (thrown) {
    throw new NativeRefusal('the native decompressor refused', { cause: thrown });
  }
}

/**
 * An empty member. fflate does not tell whether the last member came to its end, but it does tell where a new one
 * begins: put after everything, this begins at the very end of a whole file and nowhere in a cut-off one.
 */
const EMPTY_MEMBER = Uint8Array.of(31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** All members, each checked against its trailer: CRC-32 and length (RFC 1952, section 2.3.1). */
async function* memberByMember(pieces: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const members = new Members(name);
  for await (const piece of pieces) yield* members.push(piece);
  members.end();
}

class Members {
  readonly #name: string;
  readonly #inflater: Gunzip;
  #out: Uint8Array[] = [];
  #crc = 0;
  #length = 0;
  /** Packed bytes pushed so far. */
  #offset = 0;
  /** The last of them: a trailer, and the header after it, may be split between two pieces. */
  #tail: Uint8Array = new Uint8Array(0);
  /** Offset of the end of `#tail`. */
  #tailEnd = 0;
  #lastStart = 0;

  constructor(name: string) {
    this.#name = name;
    this.#inflater = new Gunzip((data) => {
      if (data.length === 0) return;
      this.#crc = crc32(data, this.#crc);
      this.#length += data.length;
      this.#out.push(data.slice());
    });
    this.#inflater.onmember = (start) => {
      this.#verify(start);
      this.#lastStart = start;
    };
  }

  push(piece: Uint8Array): Uint8Array[] {
    this.#remember(piece);
    this.#offset += piece.length;
    try {
      this.#inflater.push(piece);
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown;
      throw this.#fault(thrown instanceof Error ? thrown.message : 'something that is not gzip', thrown);
    }
    const out = this.#out;
    this.#out = [];
    return out;
  }

  /** @throws data.truncated when the last member is not whole, data.corrupt when its trailer is not its own */
  end(): void {
    const end = this.#offset;
    this.#remember(EMPTY_MEMBER);
    try {
      this.#inflater.push(EMPTY_MEMBER);
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown;
      throw truncated(this.#name, 'gzip', end);
    }
    if (this.#lastStart !== end) throw truncated(this.#name, 'gzip', end);
  }

  #remember(piece: Uint8Array): void {
    const kept = this.#tail.subarray(Math.max(0, this.#tail.length - TAIL));
    const tail = new Uint8Array(kept.length + piece.length);
    tail.set(kept);
    tail.set(piece, kept.length);
    this.#tail = tail;
    this.#tailEnd = this.#offset + piece.length;
  }

  #verify(end: number): void {
    const at = this.#tail.length - (this.#tailEnd - end) - TRAILER;
    if (at < 0) throw this.#fault('a member without a trailer');
    const view = new DataView(this.#tail.buffer, this.#tail.byteOffset + at, TRAILER);
    if (view.getUint32(0, true) !== this.#crc) throw this.#fault('a member whose CRC is not that of its data');
    if (view.getUint32(4, true) !== this.#length % 2 ** 32) {
      throw this.#fault('a member whose length is not that of its data');
    }
    this.#crc = 0;
    this.#length = 0;
  }

  #fault(what: string, cause?: unknown): AppError {
    return corrupt({ name: this.#name, container: 'gzip', byte: this.#offset, what, cause });
  }
}
