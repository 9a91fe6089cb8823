/**
 * What must be known of the files of an import before the first is read, whatever order they were given in: what Kalshi
 * says of its markets, and which files carry one recording on. Looks at beginnings alone and copies no bytes.
 */
import { AppError, checkAborted } from '../core/errors.ts';
import { members } from './archive/members.ts';
import { sniff } from './decode/decode.ts';
import type { KalshiTerms } from './kalshi/metadata.ts';
import { readTerms } from './kalshi/metadata.ts';
import { HEAD_BYTES, recognise } from './recognise.ts';
import type { Container } from './records.ts';

export interface Arranged {
  /** In the order they are to be read; several that carry one recording on are one. */
  readonly files: readonly File[];
  readonly terms: readonly KalshiTerms[];
}

/** No answer of an interface is near this. */
const LONGEST_TERMS = 1 << 24;
const SNIFF_BYTES = 512;
const NAMED = 3;

interface Look {
  readonly file: File;
  readonly container: Container;
  readonly isArchive: boolean;
  /** Undefined where it was not looked into. */
  readonly part?: { readonly tickers: ReadonlySet<string>; readonly firstMillis: number };
  readonly terms?: readonly KalshiTerms[];
}

/** @throws aborted; what is wrong with a file is left for its reader to say */
export async function arrangeFiles(files: readonly File[], signal?: AbortSignal): Promise<Arranged> {
  const looks: Look[] = [];
  for (const file of files) {
    checkAborted(signal, 'the import');
    looks.push(await look(file, signal));
  }
  const recorded = looks.filter((one) => one.terms === undefined || one.isArchive);
  const terms = looks.flatMap((one) => one.terms ?? []);
  // Metadata alone are no recording: their reader says so.
  if (recorded.length === 0) return { files, terms: [] };
  return { files: joined(recorded), terms };
}

async function look(file: File, signal: AbortSignal | undefined): Promise<Look> {
  const container = sniff(new Uint8Array(await file.slice(0, SNIFF_BYTES).arrayBuffer()));
  const isArchive = container === 'zip' || container === 'tar';
  // A block of bzip2 takes longer than the whole look at anything else, and no Kalshi recorder writes it.
  if (container === 'bzip2') return { file, container, isArchive };
  const terms: KalshiTerms[] = [];
  try {
    for await (const member of members(file, signal === undefined ? {} : { signal })) {
      if (member.kind === 'refused') continue;
      const head = await beginning(member.chunks, HEAD_BYTES);
      const [first, second] = recognise(head.bytes, head.whole);
      const kind = second === undefined ? first?.kind : undefined;
      const isDirectory = member.path !== file.name;
      if (kind === 'kalshi-terms') {
        const bytes = head.whole ? head.bytes : (await beginning(head.rest, LONGEST_TERMS, head.bytes)).bytes;
        terms.push(...readTerms(new TextDecoder().decode(bytes), member.path));
        if (!isDirectory) return { file, container, isArchive, terms };
      } else if (!isDirectory) {
        return kind === 'kalshi'
          ? { file, container, isArchive, part: partOf(head.bytes) }
          : { file, container, isArchive };
        // An archive of something else need not be gone through.
      } else if (kind !== 'kalshi') return { file, container, isArchive };
    }
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code.startsWith('data.')) return { file, container, isArchive };
    throw thrown;
  }
  return { file, container, isArchive, ...(terms.length === 0 ? {} : { terms }) };
}

interface Beginning {
  readonly bytes: Uint8Array;
  readonly whole: boolean;
  readonly rest: AsyncIterable<Uint8Array>;
}

async function beginning(chunks: AsyncIterable<Uint8Array>, length: number, before?: Uint8Array): Promise<Beginning> {
  const pieces = before === undefined ? [] : [before];
  let count = before?.length ?? 0;
  const source = chunks[Symbol.asyncIterator]();
  const rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => source };
  let whole = false;
  while (count < length && !whole) {
    const next = await source.next();
    if (next.done === true) whole = true;
    else {
      pieces.push(next.value);
      count += next.value.length;
    }
  }
  const bytes = new Uint8Array(count);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, whole, rest };
}

function partOf(head: Uint8Array): { readonly tickers: ReadonlySet<string>; readonly firstMillis: number } {
  const text = new TextDecoder().decode(head);
  const tickers = new Set([...text.matchAll(/"market_ticker"\s*:\s*"([^"]+)"/gu)].map(([, ticker]) => ticker ?? ''));
  return { tickers, firstMillis: Number(/"recv_ms"\s*:\s*(\d+)/u.exec(text)?.[1] ?? Number.NaN) };
}

/**
 * A line end in each packing: what stands between two files that become one, in case the first has none at its end. Packed
 * files that are joined are one packed file (RFC 1952, section 2.2; RFC 8878, section 3; bzip2's own manual).
 */
const LINE_END: Readonly<Record<'plain' | 'gzip' | 'zstd', Uint8Array<ArrayBuffer>>> = {
  plain: Uint8Array.of(10),
  gzip: Uint8Array.from([31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 227, 2, 0, 147, 6, 215, 50, 1, 0, 0, 0]),
  zstd: Uint8Array.from([40, 181, 47, 253, 32, 1, 9, 0, 0, 10])
};

/** Files that name the same market, of one packing, as one file in order of time; others stay where they were. */
function joined(looks: readonly Look[]): readonly File[] {
  const groups: Look[][] = [];
  for (const one of looks) {
    const { part, container } = one;
    const fits = groups.filter((group) =>
      group.some(
        (other) => other.container === container && part !== undefined && overlap(other.part?.tickers, part.tickers)
      )
    );
    const [first, ...more] = fits;
    if (first === undefined) groups.push([one]);
    else {
      // What two groups have in common makes them one.
      first.push(one, ...more.flat());
      for (const group of more) groups.splice(groups.indexOf(group), 1);
    }
  }
  return groups.map((group) => (group.length === 1 && group[0] !== undefined ? group[0].file : oneFile(group)));
}

const overlap = (one: ReadonlySet<string> | undefined, other: ReadonlySet<string>): boolean =>
  one !== undefined && [...other].some((ticker) => one.has(ticker));

function oneFile(group: readonly Look[]): File {
  const parts = group.toSorted(
    (a, b) => (a.part?.firstMillis ?? 0) - (b.part?.firstMillis ?? 0) || (a.file.name < b.file.name ? -1 : 1)
  );
  const container = parts[0]?.container;
  const between = container === 'gzip' || container === 'zstd' ? LINE_END[container] : LINE_END.plain;
  const names = parts.map(({ file }) => file.name);
  const name =
    names.slice(0, NAMED).join(' + ') + (names.length > NAMED ? ` + ${String(names.length - NAMED)} more` : '');
  const lastModified = Math.max(...parts.map(({ file }) => file.lastModified));
  return new File(
    parts.flatMap(({ file }, i) => (i === 0 ? [file] : [between, file])),
    name,
    { lastModified }
  );
}
