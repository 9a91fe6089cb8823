/**
 * What a file of an import is, as far as others must know of it before the first is read: what it says of their markets,
 * and which recordings in it go on in others. Looks at beginnings alone; an archive is gone through once, whatever it
 * holds: what belongs together may stand at its two ends. Reads no market.
 */
import { AppError } from '../core/errors.ts';
import type { Member } from './archive/members.ts';
import { members } from './archive/members.ts';
import { symbolsIn } from './binance/binance-kind.ts';
import type { BookImage, Recorded } from './binance/book-image.ts';
import { bookImages } from './binance/book-image.ts';
import { sniff } from './decode/decode.ts';
import type { KalshiTerms } from './kalshi/metadata.ts';
import { readTerms } from './kalshi/metadata.ts';
import { plainText } from './plain-text.ts';
import { HEAD_BYTES, recognise } from './recognise.ts';
import type { Container } from './records.ts';

/** A recording that may go on in another: recorders of Kalshi begin a new file each day. */
export interface Part {
  readonly path: string;
  /** Among the members of that path in its archive. */
  readonly nth: number;
  readonly tickers: ReadonlySet<string>;
  readonly firstMillis: number;
}

export interface Look {
  readonly file: File;
  readonly container: Container;
  readonly isArchive: boolean;
  readonly parts: readonly Part[];
  readonly recorded: readonly Recorded[];
  readonly terms: readonly KalshiTerms[];
  readonly images: readonly BookImage[];
  /** Whether there is nothing in it but terms and images, which are joined to recordings elsewhere. */
  readonly isBeside: boolean;
}

/** No answer of an interface is near this. */
const LONGEST_ANSWER = 1 << 24;
const SNIFF_BYTES = 512;
/** An image says so before its first level. */
const IMAGE_START = 512;

type FileMember = Extract<Member, { kind: 'file' }>;

interface Found {
  readonly parts: Part[];
  readonly recorded: Recorded[];
  readonly terms: KalshiTerms[];
  readonly images: BookImage[];
  others: number;
}

/** @throws aborted; what is wrong with the file is left for its reader to say */
export async function lookInto(file: File, signal: AbortSignal | undefined): Promise<Look> {
  const container = sniff(new Uint8Array(await file.slice(0, SNIFF_BYTES).arrayBuffer()));
  const found: Found = { parts: [], recorded: [], terms: [], images: [], others: 0 };
  let isArchive = container === 'zip' || container === 'tar';
  // A block of bzip2 takes longer than the whole look at anything else, and no recorder with companions writes it.
  if (container !== 'bzip2') {
    const met = new Map<string, number>();
    const meet = (path: string): number => {
      const nth = met.get(path) ?? 0;
      met.set(path, nth + 1);
      return nth;
    };
    const unopened = {
      container: 'bzip2',
      tell: (path: string): void => {
        meet(path);
        found.others++;
      }
    } as const;
    try {
      for await (const member of members(file, { unopened, ...(signal === undefined ? {} : { signal }) })) {
        if (member.kind === 'refused') continue;
        isArchive ||= member.path !== file.name;
        await lookAt(member, meet(member.path), found);
        if (!isArchive) break;
      }
    } catch (thrown) {
      if (!(thrown instanceof AppError) || !thrown.code.startsWith('data.')) throw thrown;
      found.others++;
    }
  } else found.others++;
  const { others, ...told } = found;
  const beside = told.terms.length + told.images.length > 0;
  const isBeside = beside && others === 0 && told.parts.length === 0 && told.recorded.length === 0;
  return { file, container, isArchive, ...told, isBeside };
}

/** What is torn in it is left for its reader. */
async function lookAt(member: FileMember, nth: number, found: Found): Promise<void> {
  const { path } = member;
  const head = await beginning(member.chunks, HEAD_BYTES);
  const rest = async (): Promise<string> =>
    plainText(head.whole ? head.bytes : (await beginning(head.rest, LONGEST_ANSWER, head.bytes)).bytes);
  const text = plainText(head.bytes);
  const images = mayBeImages(text) ? bookImages(await rest(), path) : undefined;
  if (images !== undefined) {
    found.images.push(...images);
    return;
  }
  const [first] = recognise(head.bytes, head.whole);
  switch (first?.kind) {
    case 'kalshi-terms':
      try {
        found.terms.push(...readTerms(await rest(), path));
      } catch (thrown) {
        if (!(thrown instanceof AppError)) throw thrown;
        found.others++;
      }
      break;
    case 'kalshi':
      found.parts.push({ path, nth, ...partOf(text) });
      break;
    case 'binance-spot':
    case 'binance-usdm':
    case 'binance-coinm':
      found.recorded.push({ kind: first.kind, symbols: symbolsIn(text) });
      break;
    default:
      found.others++;
  }
}

const mayBeImages = (text: string): boolean => {
  const at = text.indexOf('"lastUpdateId"');
  return at >= 0 && at < IMAGE_START && !/"(?:e|stream)"\s*:/u.test(text);
};

function partOf(text: string): Pick<Part, 'tickers' | 'firstMillis'> {
  const tickers = new Set([...text.matchAll(/"market_ticker"\s*:\s*"([^"]+)"/gu)].map(([, ticker]) => ticker ?? ''));
  return { tickers, firstMillis: Number(/"recv_ms"\s*:\s*(\d+)/u.exec(text)?.[1] ?? Number.NaN) };
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
    // What is wrong with it is told when it is read: as far as it goes it says what it is.
    const next = await source.next().catch((thrown: unknown) => {
      if (!(thrown instanceof AppError) || !thrown.code.startsWith('data.')) throw thrown;
      return { done: true, value: undefined } as const;
    });
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
