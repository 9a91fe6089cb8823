/**
 * What a file holds, however it is packed: every file within every archive within it, one after the other, as plain
 * bytes. Which container each layer is, its first bytes say, not its name. Flat memory: nothing is kept but the piece
 * that is being read. Must not know what a recording is.
 */
import { AppError, checkAborted } from '../../core/errors.ts';
import { ByteCursor } from '../decode/byte-cursor.ts';
import { bunzip2 } from '../decode/bzip2.ts';
import type { ByteSource, DecodeOptions } from '../decode/decode.ts';
import { filePieces, sniff } from '../decode/decode.ts';
import { gunzip, gunzipOnce } from '../decode/gzip.ts';
import { unzstd } from '../decode/zstd.ts';
import type { Container } from '../records.ts';
import { Sha256 } from '../sha256.ts';
import type { ArchiveEntry } from './entry.ts';
import type { ArchiveLimits } from './limits.ts';
import { Budget, LIMITS } from './limits.ts';
import { tarEntries } from './tar.ts';
import { zipEntries } from './zip.ts';

/** So many first bytes tell every container: a tape archive's header is the longest. */
const SNIFF_BYTES = 512;

export type Member =
  | {
      readonly kind: 'file';
      /** `archive.tar/2023/1.206.bz2`; the file's own name where it is no archive. */
      readonly path: string;
      /** From the outermost; `plain` where there is none. */
      readonly containers: readonly Container[];
      /** Plain bytes, iterated once, before the next member is asked for. Throws data.*, aborted. */
      readonly chunks: AsyncIterable<Uint8Array>;
      /**
       * SHA-256, hex, of its bytes as they lie in the archive, as far as they have been read; undefined for a file that
       * is no archive: that is the caller's to know.
       */
      readonly sha256: () => string | undefined;
    }
  | { readonly kind: 'refused'; readonly path: string; readonly error: AppError };

export interface MemberOptions extends DecodeOptions {
  readonly limits?: Partial<ArchiveLimits>;
  /** What lies in an archive packed so is passed over unopened, and told instead of given. */
  readonly unopened?: { readonly container: Container; readonly tell: (path: string) => void };
}

/**
 * A fault within one member is thrown by its chunks, or gives a refused one where it is an archive itself; the members
 * after it follow. A fault of what holds the members ends the iteration; the member it falls into throws the same first.
 * @throws data.truncated, data.corrupt, data.limit, aborted
 */
export async function* members(file: ByteSource, options: MemberOptions = {}): AsyncGenerator<Member> {
  let read = 0;
  const budget = new Budget(file.name, { ...LIMITS, ...options.limits }, () => read);
  const open = (): AsyncGenerator<Uint8Array> =>
    filePieces(file, {
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onRead: (bytes) => {
        read = Math.max(read, bytes);
        options.onRead?.(read);
      }
    });
  const cursor = new ByteCursor(open());
  try {
    checkAborted(options.signal, file.name);
    yield* walk({ path: file.name, cursor, containers: [], reopen: open, hash: undefined }, budget, options.unopened);
  } finally {
    await cursor.close();
  }
}

interface Layer {
  readonly path: string;
  readonly cursor: ByteCursor;
  readonly containers: readonly Container[];
  /** Of the archive's member this lies in; undefined in no archive. */
  readonly hash: Sha256 | undefined;
  /** The bytes from their start once more: the platform's gzip needs that, and only a file itself can. */
  readonly reopen?: () => AsyncIterable<Uint8Array>;
}

async function* walk(layer: Layer, budget: Budget, unopened: MemberOptions['unopened']): AsyncGenerator<Member> {
  const { path, cursor, containers, hash } = layer;
  const container = sniff(await cursor.peek(SNIFF_BYTES));
  if (container !== 'plain' && containers.length >= budget.depth) throw tooDeep(path, budget.depth);
  const inside = [...containers, container];
  if (container === 'tar' || container === 'zip') {
    const entries = container === 'tar' ? tarEntries(cursor, path) : zipEntries(cursor, path);
    yield* membersOf(entries, { ...layer, containers: inside }, budget, unopened);
  } else if (container === unopened?.container && hash !== undefined) unopened.tell(path);
  else if (container === 'plain') {
    const found = containers.length === 0 ? inside : containers;
    yield { kind: 'file', path, containers: found, chunks: cursor.pieces(), sha256: () => hash?.hex() };
  } else {
    const plain = new ByteCursor(budget.meter(unpack(container, layer)));
    try {
      yield* walk({ path, cursor: plain, containers: inside, hash }, budget, unopened);
    } finally {
      await plain.close();
    }
  }
}

function unpack(container: 'bzip2' | 'gzip' | 'zstd', layer: Layer): AsyncIterable<Uint8Array> {
  const { path, cursor, reopen } = layer;
  switch (container) {
    case 'bzip2':
      return bunzip2(cursor.pieces(), path);
    case 'zstd':
      return unzstd(cursor.pieces(), path);
    case 'gzip':
      return reopen === undefined ? gunzipOnce(cursor.pieces(), path) : gunzip(reopen, path);
  }
}

async function* membersOf(
  entries: AsyncIterable<ArchiveEntry>,
  { path: archive, cursor, containers }: Layer,
  budget: Budget,
  unopened: MemberOptions['unopened']
): AsyncGenerator<Member> {
  for await (const entry of entries) {
    budget.member();
    const path = `${archive}/${entry.path}`;
    if (entry.kind === 'refused') {
      yield { ...entry, path };
      continue;
    }
    const hash = new Sha256();
    const inner = new ByteCursor(budget.meter(hashed(entry.bytes, hash)));
    try {
      yield* walk({ path, cursor: inner, containers, hash }, budget, unopened);
    } catch (thrown) {
      const ours = !cursor.failed && !budget.isOver && thrown instanceof AppError && thrown.code.startsWith('data.');
      if (!ours) throw thrown;
      yield { kind: 'refused', path, error: thrown };
    } finally {
      await inner.close();
    }
  }
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: Sha256): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

const tooDeep = (path: string, depth: number): AppError =>
  new AppError('data.limit', {
    subject: path,
    expected: `at most ${String(depth)} containers within each other`,
    got: 'one more',
    remedy: 'unpack it yourself, and import what is a recording'
  });
