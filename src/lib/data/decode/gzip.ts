/**
 * Gzip by the platform's own decompressor, and by fflate where that gives up: it refuses files of several members, and
 * tells a cut-off file from a corrupt one nowhere. The second pass checks every member's CRC, which fflate does not.
 */
import { Gunzip } from 'fflate';
import { corrupt, truncated } from './decode-error.ts';
import { crc32 } from './crc32.ts';

const TRAILER = 8;

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

/** All members, each checked against its trailer: CRC-32 and length (RFC 1952, section 2.3.1). */
async function* memberByMember(pieces: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const out: Uint8Array[] = [];
  let crc = 0;
  let length = 0;
  let offset = 0;
  let tail: Uint8Array = new Uint8Array(0);
  let tailStart = 0;
  const fault = (what: string, cause?: unknown): Error =>
    corrupt({ name, container: 'gzip', byte: offset, what, cause });
  const verify = (end: number): void => {
    const at = end - TRAILER - tailStart;
    if (at < 0) throw fault('a member without a trailer');
    const view = new DataView(tail.buffer, tail.byteOffset + at, TRAILER);
    if (view.getUint32(0, true) !== crc) throw fault('a member whose CRC is not that of its data');
    if (view.getUint32(4, true) !== length % 2 ** 32) throw fault('a member whose length is not that of its data');
    crc = 0;
    length = 0;
  };
  const inflater = new Gunzip((data) => {
    if (data.length === 0) return;
    crc = crc32(data, crc);
    length += data.length;
    out.push(data.slice());
  });
  inflater.onmember = (start) => {
    verify(start);
  };
  const push = (piece: Uint8Array, last: boolean): void => {
    // The tail spans this piece and the one before: a trailer, and a header after it, may be split between them.
    const kept = tail.subarray(Math.max(0, tail.length - (1 << 16)));
    tailStart = offset - kept.length;
    tail = new Uint8Array(kept.length + piece.length);
    tail.set(kept);
    tail.set(piece, kept.length);
    try {
      inflater.push(piece, last);
    } catch (thrown) {
      if (isUnexpectedEnd(thrown)) throw truncated(name, 'gzip', offset + piece.length);
      if (thrown instanceof Error && thrown.name === 'AppError') throw thrown;
      throw fault(thrown instanceof Error ? thrown.message : 'something that is not gzip', thrown);
    }
    offset += piece.length;
  };
  for await (const piece of pieces) {
    push(piece, false);
    yield* out.splice(0);
  }
  push(new Uint8Array(0), true);
  yield* out.splice(0);
  verify(offset);
}

/** fflate's code 0: unexpected EOF. */
const isUnexpectedEnd = (thrown: unknown): boolean =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 0;
