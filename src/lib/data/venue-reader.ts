/** Which venue's parser reads a recording: its first plain bytes say so, not its name. */
import { ExchangeStreamReader } from './betfair/exchange-stream.ts';
import { usdmMarket } from './binance/usdm-market.ts';
import { UsdmStreamReader, looksUsdm } from './binance/usdm-stream.ts';
import { KalshiStreamReader, looksLikeKalshi } from './kalshi/kalshi-stream.ts';
import type { BronzeColumns } from './parquet/bronze.ts';
import type { ReadMarket } from './recording.ts';
import type { MarketRecord, Oddity } from './records.ts';
import type { Tape } from '../market/tape.ts';

export interface VenueReader {
  readonly messages: number;
  /** Of the file itself: what belongs to no market. */
  readonly fileOddities: readonly Oddity[];
  push(bytes: Uint8Array): void;
  /** Markets that have ended while others go on: given once, and forgotten. */
  takeFinished?(fingerprint: string): Iterable<ReadMarket>;
  /** Markets one after the other, each laid out when it is asked for. */
  end(fingerprint: string): Iterable<ReadMarket>;
}

/** Anything unknown is for the Exchange Stream's reader to refuse. */
export function readerFor(head: Uint8Array, source: string): VenueReader {
  const beginning = new TextDecoder().decode(head.subarray(0, 64));
  if (looksUsdm(beginning)) return usdmReader(source);
  return looksLikeKalshi(beginning)
    ? asVenueReader(new KalshiStreamReader({ source }))
    : asVenueReader(new ExchangeStreamReader({ source }));
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

function usdmReader(source: string): VenueReader {
  const reader = new UsdmStreamReader({ source, keepTexts: true });
  return {
    get messages() {
      return reader.messages;
    },
    // One market a file: all that is odd is its own.
    fileOddities: [],
    push: (bytes) => {
      reader.push(bytes);
    },
    *end(fingerprint) {
      yield usdmMarket(reader, fingerprint);
    }
  };
}
