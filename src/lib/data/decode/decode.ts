/**
 * A packed or plain file as a stream of its plain bytes. Which it is, its first bytes say, not its name. What lies in an
 * archive is for `archive/members.ts`.
 */
import { AppError, checkAborted } from '../../core/errors.ts';
import { looksTar } from '../archive/tar.ts';
import { looksZip } from '../archive/zip.ts';
import type { Container } from '../records.ts';
import { bunzip2 } from './bzip2.ts';
import { gunzip } from './gzip.ts';
import { looksZstd, unzstd } from './zstd.ts';

/** What can be read again from its start; a browser's `File` is one. */
export interface ByteSource {
  readonly name: string;
  readonly size: number;
  stream(): ReadableStream<Uint8Array>;
}

export interface DecodeOptions {
  readonly signal?: AbortSignal;
  /** Told how many bytes of the packed input have been read so far. */
  readonly onRead?: (bytes: number) => void;
}

export interface Decoded {
  readonly container: Container;
  /** Plain bytes; may be iterated once. Throws data.truncated, data.corrupt, aborted. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

const SNIFF_BYTES = 512;

/** Says what the first bytes are those of; anything unknown is plain, and for its reader to judge. */
export function sniff(head: Uint8Array): Container {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  const level = (head[3] ?? 0) - 48;
  if (head[0] === 0x42 && head[1] === 0x5a && head[2] === 0x68 && level >= 1 && level <= 9) return 'bzip2';
  if (looksZstd(head)) return 'zstd';
  if (looksZip(head)) return 'zip';
  return looksTar(head) ? 'tar' : 'plain';
}

/** @throws data.kind for an archive */
export async function decode(source: ByteSource, options: DecodeOptions = {}): Promise<Decoded> {
  const container = sniff(await firstBytes(source));
  const open = (): AsyncGenerator<Uint8Array> => filePieces(source, options);
  switch (container) {
    case 'bzip2':
      return { container, chunks: bunzip2(open(), source.name) };
    case 'gzip':
      return { container, chunks: gunzip(open, source.name) };
    case 'zstd':
      return { container, chunks: unzstd(open(), source.name) };
    case 'plain':
      return { container, chunks: open() };
    case 'zip':
    case 'tar':
      throw new AppError('data.kind', {
        subject: source.name,
        expected: 'one recording',
        got: `an archive (${container})`,
        remedy: 'import it, or unpack it'
      });
  }
}

async function firstBytes(source: ByteSource): Promise<Uint8Array> {
  const head = new Uint8Array(Math.min(SNIFF_BYTES, source.size));
  let used = 0;
  for await (const piece of filePieces(source, {})) {
    const part = piece.subarray(0, head.length - used);
    head.set(part, used);
    used += part.length;
    if (used === head.length) break;
  }
  return head;
}

/** By a reader, since streams are not async iterable everywhere; cancels the stream when the consumer stops early. */
export async function* filePieces(source: ByteSource, options: DecodeOptions): AsyncGenerator<Uint8Array> {
  const reader = source.stream().getReader();
  let read = 0;
  try {
    for (;;) {
      checkAborted(options.signal, source.name);
      const { done, value } = await reader.read();
      if (done) return;
      read += value.length;
      options.onRead?.(read);
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
