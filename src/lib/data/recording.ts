/** What an import needs of a venue's reader: one file's bytes in, its markets out. */
import type { Tape } from '../market/tape.ts';
import type { Bar } from './binance/fetched.ts';
import type { BronzeColumns } from './parquet/bronze.ts';
import type { MarketRecord, Oddity, SourceFile } from './records.ts';

export interface ReadMarket {
  readonly record: MarketRecord;
  readonly tape: Tape;
  readonly bronze: BronzeColumns;
  /** Candles, where the source holds those instead of a book. */
  readonly bars?: readonly Bar[];
}

export interface Recording {
  readonly sha256: string;
  readonly container: SourceFile['container'];
  readonly messages: number;
  readonly markets: number;
  /** Of the file itself; each market's record tells its own. */
  readonly oddities: readonly Oddity[];
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  readonly breathe: () => Promise<void>;
  /** Bytes of the file as it is stored. */
  readonly onProgress: (progress: { readonly bytesRead: number; readonly messages: number }) => void;
  /** Takes each market as soon as it is whole; the next one is read when it has been written. */
  readonly onMarket: (market: ReadMarket) => Promise<void>;
}

/** @throws an AppError `data.*` when the file is no recording or is torn */
export type RecordingReader = (file: File, options: ReadOptions) => Promise<Recording>;
