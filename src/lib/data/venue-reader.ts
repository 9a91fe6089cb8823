/** Which parser reads a stream of messages, by its kind. */
import { unreachable } from '../core/assert.ts';
import { ExchangeStreamReader } from './betfair/exchange-stream.ts';
import type { BookImage } from './binance/book-image.ts';
import { binanceReader } from './binance/stream-reader.ts';
import { bybit } from './bybit/bybit-venue.ts';
import { CryptoStreamReader } from './crypto/crypto-stream.ts';
import type { RecordingKind } from './import-question.ts';
import { KalshiStreamReader } from './kalshi/kalshi-stream.ts';
import type { KalshiTerms } from './kalshi/metadata.ts';
import { OKX } from './okx/okx-venue.ts';
import type { BronzeColumns } from './parquet/bronze.ts';
import type { ReadMarket } from './recording.ts';
import type { MarketRecord, Oddity } from './records.ts';
import type { Tape } from '../market/tape.ts';

export interface VenueReader {
  readonly messages: number;
  /** Of the file itself: what belongs to no market. */
  readonly fileOddities: readonly Oddity[];
  push(bytes: Uint8Array): void;
  /** The recording goes on in another file; absent where a venue's recordings do not. */
  nextFile?(source: string): void;
  /** Markets that have ended while others go on: given once, and forgotten. */
  takeFinished?(fingerprint: string): Iterable<ReadMarket>;
  /** Markets one after the other, each laid out when it is asked for. */
  end(fingerprint: string): Iterable<ReadMarket>;
}

export type StreamKind = Exclude<
  RecordingKind,
  'betfair-results' | 'fetched' | 'kalshi-terms' | 'klines' | 'table' | 'typed-table'
>;

const DOCUMENTS: ReadonlySet<RecordingKind> = new Set([
  'betfair-results',
  'fetched',
  'kalshi-terms',
  'klines',
  'table',
  'typed-table'
]);

/** Whether it is read as a whole and not as it streams. */
export const isDocument = (kind: RecordingKind): kind is Exclude<RecordingKind, StreamKind> => DOCUMENTS.has(kind);

export interface ReaderOptions {
  readonly source: string;
  /** What Kalshi says of its markets, where it was recorded too. */
  readonly terms?: readonly KalshiTerms[];
  /** Answers of Binance's REST order book, where they were recorded beside the stream. */
  readonly images?: readonly BookImage[];
  /** Of the one instrument in it, where a venue's messages need not name theirs. */
  readonly symbol?: string;
}

/** Anything unknown is for the Exchange Stream's reader to refuse. */
export function readerFor(kind: StreamKind | undefined, options: ReaderOptions): VenueReader {
  const { source, terms, images, symbol } = options;
  switch (kind) {
    case 'binance-usdm':
    case 'binance-coinm':
    case 'binance-spot':
      return binanceReader({
        kind,
        source,
        ...(images === undefined ? {} : { images }),
        ...(symbol === undefined ? {} : { symbol })
      });
    case 'kalshi':
      return asVenueReader(new KalshiStreamReader({ source, ...(terms === undefined ? {} : { terms }) }));
    case 'okx':
      return new CryptoStreamReader({ source, venue: OKX });
    case 'bybit-spot':
      return new CryptoStreamReader({ source, venue: bybit('spot') });
    case 'bybit-linear':
      return new CryptoStreamReader({ source, venue: bybit('linear') });
    case 'bybit-inverse':
      return new CryptoStreamReader({ source, venue: bybit('inverse') });
    case 'betfair-stream':
    case undefined:
      return asVenueReader(new ExchangeStreamReader({ source }));
    default:
      return unreachable(kind);
  }
}

/** Markets are settled again up to so long after they closed, by the recording's own time. */
const RESETTLED_WITHIN_MILLIS = 3_600_000;

interface Parsed {
  record(options: { readonly dataset: string; readonly fingerprint: string }): MarketRecord;
  finish(options: { readonly fingerprint: string; readonly shared: boolean }): Tape;
  texts(): BronzeColumns;
}

interface Parser {
  readonly messages: number;
  readonly fileOddities: readonly Oddity[];
  push(bytes: Uint8Array): void;
  nextFile?(source: string): void;
  /** Absent where no market ends before its recording does. */
  takeClosed?(quietMillis: number): readonly Parsed[];
  end(): readonly Parsed[];
}

function asVenueReader(parser: Parser): VenueReader {
  return {
    get messages() {
      return parser.messages;
    },
    get fileOddities() {
      return parser.fileOddities;
    },
    push: (bytes) => {
      parser.push(bytes);
    },
    ...(parser.nextFile === undefined
      ? {}
      : {
          nextFile: (source: string) => {
            parser.nextFile?.(source);
          }
        }),
    *takeFinished(fingerprint) {
      for (const market of parser.takeClosed?.(RESETTLED_WITHIN_MILLIS) ?? []) yield laidOut(market, fingerprint);
    },
    *end(fingerprint) {
      for (const market of parser.end()) yield laidOut(market, fingerprint);
    }
  };
}

const laidOut = (market: Parsed, fingerprint: string): ReadMarket => ({
  record: market.record({ dataset: '', fingerprint }),
  tape: market.finish({ fingerprint, shared: false }),
  bronze: market.texts()
});
