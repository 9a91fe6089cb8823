/**
 * What must be known of the files of an import before the first is read, whatever order they were given in: what Kalshi
 * says of its markets, the order books that Binance's streams begin from, and which recordings carry one on, as files or
 * as members of an archive. Copies no bytes.
 */
import { checkAborted } from '../core/errors.ts';
import type { BookImage } from './binance/book-image.ts';
import { joinedImages } from './binance/book-image.ts';
import type { KalshiTerms } from './kalshi/metadata.ts';
import type { Look, Part } from './look-into.ts';
import { lookInto } from './look-into.ts';
import type { Chain } from './recording.ts';

export interface Arranged {
  /** In the order they are to be read; several that carry one recording on are one. */
  readonly files: readonly File[];
  /** The others: they hold nothing but terms and images. */
  readonly beside: readonly File[];
  readonly terms: readonly KalshiTerms[];
  /** Of instruments that are recorded among the files. */
  readonly images: readonly BookImage[];
  /** Of an archive: its members that carry one recording on. */
  readonly chains: ReadonlyMap<File, readonly Chain[]>;
}

const NAMED = 3;

/** @throws aborted; what is wrong with a file is left for its reader to say */
export async function arrangeFiles(files: readonly File[], signal?: AbortSignal): Promise<Arranged> {
  const looks: Look[] = [];
  for (const file of files) {
    checkAborted(signal, 'the import');
    looks.push(await lookInto(file, signal));
  }
  const terms = looks.flatMap((one) => one.terms);
  const recorded = looks.flatMap((one) => one.recorded);
  const images = joinedImages(
    looks.flatMap((one) => one.images),
    recorded
  );
  const joinedFrom = new Set(images.map(({ source }) => source));
  const read = looks.filter((one) => !one.isBeside || !isJoined(one, joinedFrom));
  const chains = new Map(
    read.filter(({ isArchive }) => isArchive).map(({ file, parts }) => [file, chainsOf(parts)] as const)
  );
  // Metadata alone are no recording: their reader says so.
  if (read.length === 0) return { files, beside: [], terms: [], images: [], chains: new Map() };
  const beside = looks.filter((one) => !read.includes(one)).map(({ file }) => file);
  return { files: joined(read), beside, terms, images, chains };
}

/** Whether all that a file of companions holds has found its recording; terms are for whoever needs them. */
const isJoined = ({ images }: Look, joinedFrom: ReadonlySet<string>): boolean =>
  images.every(({ source }) => joinedFrom.has(source));

const overlap = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  [...other].some((ticker) => one.has(ticker));

/** Groups of those that fit one another, directly or by way of others, in order of their first. */
function grouped<T>(all: readonly T[], fits: (one: T, other: T) => boolean): readonly (readonly T[])[] {
  const groups: T[][] = [];
  for (const one of all) {
    const [first, ...more] = groups.filter((group) => group.some((other) => fits(one, other)));
    if (first === undefined) groups.push([one]);
    else {
      // What two groups have in common makes them one.
      first.push(one, ...more.flat());
      for (const group of more) groups.splice(groups.indexOf(group), 1);
    }
  }
  return groups;
}

const byTime = (a: Part, b: Part): number => a.firstMillis - b.firstMillis || (a.path < b.path ? -1 : 1);

const chainsOf = (parts: readonly Part[]): readonly Chain[] =>
  grouped(parts, (one, other) => overlap(one.tickers, other.tickers))
    .filter(({ length }) => length > 1)
    .map((group) => group.toSorted(byTime).map(({ path, nth }) => ({ path, nth })));

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
  const goesOn = (one: Look, other: Look): boolean => {
    const [here, there] = [one.isArchive ? undefined : one.parts[0], other.isArchive ? undefined : other.parts[0]];
    return one.container === other.container && here !== undefined && there !== undefined
      ? overlap(here.tickers, there.tickers)
      : false;
  };
  return grouped(looks, goesOn).map((group) =>
    group.length === 1 && group[0] !== undefined ? group[0].file : oneFile(group)
  );
}

function oneFile(group: readonly Look[]): File {
  const parts = group.toSorted((a, b) =>
    a.parts[0] === undefined || b.parts[0] === undefined ? 0 : byTime(a.parts[0], b.parts[0])
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
