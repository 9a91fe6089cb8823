/** What the streams of crypto venues say, once each venue's own names are gone. Reads no JSON and keeps no book. */
import type { TextLevel } from './level-book.ts';

interface Common {
  readonly instrument: string;
  /** Time at the venue in milliseconds since the epoch; NaN where it says none. */
  readonly exchangeMillis: number;
}

export type CryptoMessage =
  | (Common & {
      readonly kind: 'book';
      /** Which of the venue's streams: one instrument's book is read from one of them alone. */
      readonly channel: string;
      /** The whole of what the channel shows, or what has changed in it. */
      readonly whole: boolean;
      readonly bids: readonly TextLevel[];
      readonly asks: readonly TextLevel[];
      /** How it follows the message before it: undefined where the venue does not say. */
      readonly sequence: Sequence | undefined;
      /** Signed CRC-32 of the book after it. */
      readonly checksum: number | undefined;
    })
  | (Common & {
      readonly kind: 'trade';
      readonly price: string;
      readonly size: string;
      readonly taker: 'buy' | 'sell';
    })
  /** Known and of no use to a tape. */
  | { readonly kind: 'other'; readonly name: string };

export interface Sequence {
  readonly number: number;
  /** The number of the message that must come before it. */
  readonly previous: number;
}

/** What is wrong with a message, as a clause, and whose it is where that can be told. */
export interface MessageFault {
  readonly kind: 'fault';
  readonly clause: string;
  readonly instrument?: string;
}

export type CryptoParser = (body: Fields) => readonly CryptoMessage[] | MessageFault;

export type Fields = Readonly<Record<string, unknown>>;
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

/** Whole or fractional milliseconds given as a number or as text. */
export function millisOf(value: unknown): number {
  const millis =
    typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
  return millis > 0 ? millis : Number.NaN;
}

export const wholeOf = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
};

/** Pairs of price and size, more behind them allowed. */
export function levelsOf(value: unknown): readonly TextLevel[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const levels: TextLevel[] = [];
  for (const level of value as readonly unknown[]) {
    if (!Array.isArray(level) || level.length < 2) return undefined;
    levels.push({ price: textOf(level[0]), size: textOf(level[1]) });
  }
  return levels;
}
