/**
 * Zip archives, entry by entry as the bytes come, by their local headers: the directory stands at the end, where a
 * stream comes last and a cut-off file never does. After PKWARE's APPNOTE 6.3.10. fflate inflates; its own archive reader
 * is not used, since it checks no CRC, takes encrypted bytes for plain ones, keeps what nobody reads, and looks for an
 * entry's end in the midst of its data.
 */
import { Inflate } from 'fflate';
import { AppError } from '../../core/errors.ts';
import type { ByteCursor } from '../decode/byte-cursor.ts';
import { bunzip2 } from '../decode/bzip2.ts';
import { crc32 } from '../decode/crc32.ts';
import { corrupt, truncated } from '../decode/decode-error.ts';
import { unzstd } from '../decode/zstd.ts';
import type { ArchiveEntry } from './entry.ts';
import { climbs, isFolder, nameOf, refused, safePath } from './entry.ts';
import type { ZipBody, ZipSums } from './zip-body.ts';
import { FramedBody, SizedBody } from './zip-body.ts';
import { readZipDirectory } from './zip-directory.ts';

const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const METHODS = { stored: 0, deflated: 8, bzip2: 12, zstd: 93 } as const;
const IN_EXTRA = 0xffffffff;
const ZIP64_EXTRA = 1;
/** Deflate grows by a thousand at most: pieces of this size come out as 16 MiB at most. */
const INFLATE_PIECE = 1 << 14;

/** Whether a file that begins so is a zip archive: with an entry, or empty. */
export const looksZip = (head: Uint8Array): boolean =>
  head.length >= 4 &&
  head[0] === 0x50 &&
  head[1] === 0x4b &&
  ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6));

interface LocalHeader extends ZipSums {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  /** Sizes and CRC stand behind the data. */
  readonly streamed: boolean;
}

/**
 * @throws data.truncated and data.corrupt, located; what came before has been given by then. An entry that is damaged
 *   throws them out of its own bytes.
 */
export async function* zipEntries(cursor: ByteCursor, name: string): AsyncGenerator<ArchiveEntry> {
  let entries = 0;
  for (;;) {
    const head = await cursor.peek(4);
    if (head.length < 4) cursor.fail(truncated(name, 'zip', cursor.offset));
    if (new DataView(head.buffer, head.byteOffset).getUint32(0, true) !== LOCAL_HEADER) break;
    const header = await localHeader(cursor, name);
    entries++;
    const body = header.streamed ? new FramedBody(cursor, name) : new SizedBody(cursor, name, header);
    if (!isFolder(header.name)) yield entryOf(header, body, name);
    await body.leave();
  }
  await readZipDirectory(cursor, name, entries);
}

function entryOf(header: LocalHeader, body: ZipBody, archive: string): ArchiveEntry {
  const path = safePath(header.name);
  if (path === undefined) return climbs(archive, header.name);
  if (header.encrypted) return refused(archive, header.name, 'it is encrypted', 'unpack it with its password first');
  const subject = `${archive}/${path}`;
  const open = unpackerOf(header.method);
  if (open === undefined) return refused(archive, header.name, `packing method ${String(header.method)}`);
  return { kind: 'file', path, bytes: verified(open(body.bytes(), subject), body, subject) };
}

type Unpack = (pieces: AsyncIterable<Uint8Array>, name: string) => AsyncIterable<Uint8Array>;

function unpackerOf(method: number): Unpack | undefined {
  switch (method) {
    case METHODS.stored:
      return (pieces) => pieces;
    case METHODS.deflated:
      return inflate;
    case METHODS.bzip2:
      return bunzip2;
    case METHODS.zstd:
      return unzstd;
    default:
      return undefined;
  }
}

async function localHeader(cursor: ByteCursor, name: string): Promise<LocalHeader> {
  const at = cursor.offset;
  const exactly = async (count: number): Promise<Uint8Array> => {
    const bytes = (await cursor.take(count)).slice();
    if (bytes.length < count) cursor.fail(truncated(name, 'zip', cursor.offset));
    return bytes;
  };
  const view = new DataView((await exactly(LOCAL_HEADER_BYTES)).buffer);
  const flags = view.getUint16(6, true);
  const entry = nameOf(await exactly(view.getUint16(26, true)));
  const extra = await exactly(view.getUint16(28, true));
  const sizes = sizesOf(view, extra);
  if (sizes === undefined) {
    cursor.fail(corrupt({ name, container: 'zip', byte: at, what: 'an entry without its 64-bit sizes' }));
  }
  return {
    name: entry,
    method: view.getUint16(8, true),
    encrypted: (flags & 0x2041) !== 0,
    streamed: (flags & 8) !== 0,
    crc: view.getUint32(14, true) | 0,
    ...sizes
  };
}

/** From the header, or where they do not fit from its extra field (4.5.3): the plain size first. */
function sizesOf(view: DataView, extra: Uint8Array): { readonly packed: number; readonly plain: number } | undefined {
  const [packed, plain] = [view.getUint32(18, true), view.getUint32(22, true)];
  if (packed !== IN_EXTRA && plain !== IN_EXTRA) return { packed, plain };
  const fields = new DataView(extra.buffer, extra.byteOffset, extra.length);
  for (let at = 0; at + 4 <= extra.length; at += 4 + fields.getUint16(at + 2, true)) {
    if (fields.getUint16(at, true) !== ZIP64_EXTRA) continue;
    let field = at + 4;
    const wide = (short: number): number => {
      if (short !== IN_EXTRA) return short;
      field += 8;
      return field <= extra.length ? Number(fields.getBigUint64(field - 8, true)) : Number.NaN;
    };
    const widePlain = wide(plain);
    const widePacked = wide(packed);
    return Number.isSafeInteger(widePlain + widePacked) ? { packed: widePacked, plain: widePlain } : undefined;
  }
  return undefined;
}

async function* inflate(pieces: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  let out: Uint8Array[] = [];
  let read = 0;
  const inflater = new Inflate((data) => {
    if (data.length > 0) out.push(data);
  });
  const push = (bytes: Uint8Array, last: boolean): readonly Uint8Array[] => {
    out = [];
    try {
      inflater.push(bytes, last);
    } catch (thrown) {
      const what = thrown instanceof Error ? thrown.message : 'something that is not deflated';
      throw corrupt({ name, container: 'deflate', byte: read, what, cause: thrown });
    }
    read += bytes.length;
    return out;
  };
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += INFLATE_PIECE) {
      yield* push(piece.subarray(at, at + INFLATE_PIECE), false);
    }
  }
  yield* push(new Uint8Array(0), true);
}

/** Plain bytes, their CRC and their number checked once they have all come. */
async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  body: ZipBody,
  subject: string
): AsyncGenerator<Uint8Array> {
  let crc = 0;
  let length = 0;
  for await (const chunk of chunks) {
    crc = crc32(chunk, crc);
    length += chunk.length;
    yield chunk;
  }
  const sums = await body.leave();
  if ((crc | 0) === sums.crc && length === sums.plain) return;
  throw new AppError('data.corrupt', {
    subject,
    expected: `${String(sums.plain)} bytes of the stated CRC`,
    got: `${String(length)} bytes${length === sums.plain ? ' of another CRC' : ''}`,
    remedy: 'copy or download the archive again'
  });
}
