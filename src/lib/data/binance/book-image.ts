/**
 * Answers of Binance's REST order book that a recorder kept in a file of their own, beside the stream whose book they
 * begin: which instrument each is of and where it belongs in the stream. Knows no reader and no tape.
 * Field meanings: "Order Book" of Binance spot, USD-M and COIN-M.
 */
import { framed, isFrameHeader } from '../crypto/framing.ts';
import type { BinanceKind } from './binance-kind.ts';
import { MARKETS_OF } from './binance-kind.ts';

export interface BookImage {
  /** Path of the file it stands in. */
  readonly source: string;
  /** Undefined where neither the answer nor the address that was asked says it. */
  readonly kind: BinanceKind | undefined;
  /** '' where neither says it. */
  readonly symbol: string;
  readonly lastUpdate: number;
  /** Nanoseconds since the epoch, nineteen digits; undefined where the recorder kept no time. */
  readonly received: string | undefined;
  /** The answer as it came, on one line. */
  readonly json: string;
}

const ADDRESS = /^https:\/\/([a-z-]+)\.binance\.[a-z]+\/.*\/depth\?(?:.*&)?symbol=([A-Z0-9_]+)/u;

/** @returns the images in it, or undefined where it holds anything else */
export function bookImages(text: string, source: string): readonly BookImage[] | undefined {
  const alone = imageOf(text.trim(), undefined, source);
  if (alone !== undefined) return [alone];
  const images: BookImage[] = [];
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed === '') continue;
    const message = framed(trimmed);
    const image = message === undefined ? undefined : imageOf(message.json, message, source);
    if (image !== undefined) images.push(image);
    else if (!isFrameHeader(trimmed)) return undefined;
  }
  return images.length === 0 ? undefined : images;
}

function imageOf(
  json: string,
  message: { readonly received: string | undefined; readonly url?: string } | undefined,
  source: string
): BookImage | undefined {
  if (!json.startsWith('{') || !json.includes('"lastUpdateId"')) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null) return undefined;
  const { lastUpdateId, bids, asks, pair, symbol, T } = body as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(lastUpdateId) || !Array.isArray(bids) || !Array.isArray(asks)) return undefined;
  const [, host = '', asked = ''] = ADDRESS.exec(message?.url ?? '') ?? [];
  const told = MARKETS_OF[host];
  return {
    source,
    kind: told ?? (typeof pair === 'string' ? 'binance-coinm' : typeof T === 'number' ? undefined : 'binance-spot'),
    symbol: typeof symbol === 'string' ? symbol : asked,
    lastUpdate: lastUpdateId as number,
    received: message?.received,
    json: JSON.stringify(body)
  };
}

/** Whether it may be of an instrument of that market: futures say their time, spot does not. */
export const isOf = (image: BookImage, kind: BinanceKind): boolean =>
  image.kind === undefined ? kind !== 'binance-spot' : image.kind === kind;

/** A recording of an import, as far as its beginning tells. */
export interface Recorded {
  readonly kind: BinanceKind;
  readonly symbols: ReadonlySet<string>;
}

/**
 * Those that a recording goes on from, each with its instrument: as it says, or the only one there is, or the one that is
 * in the name of its file.
 */
export function joinedImages(images: readonly BookImage[], recordings: readonly Recorded[]): readonly BookImage[] {
  return images.flatMap((image) => {
    const symbols = new Set(recordings.filter(({ kind }) => isOf(image, kind)).flatMap((one) => [...one.symbols]));
    const [only] = symbols;
    const symbol = image.symbol || (symbols.size === 1 ? only : namedIn(image, symbols));
    return symbol !== undefined && symbols.has(symbol) ? [{ ...image, symbol }] : [];
  });
}

const namedIn = ({ source }: BookImage, symbols: ReadonlySet<string>): string | undefined =>
  [...symbols].filter((one) => source.toUpperCase().includes(one)).sort((a, b) => b.length - a.length)[0];
