/**
 * What a market's rows were made of besides the bytes of its recording: order books and terms from beside it, what the
 * user said that it is, and how a table was said to be read. It is part of the market's fingerprint; a market that was
 * read of its recording alone keeps the recording's own.
 */
import type { TableReading } from './bars/table-reading.ts';
import type { BookImage } from './binance/book-image.ts';
import type { RecordingKind } from './import-question.ts';
import type { KalshiTerms } from './kalshi/metadata.ts';
import type { ReadMarket } from './recording.ts';
import { Sha256 } from './sha256.ts';

export interface Beside {
  /** Those of the market's instrument. */
  readonly images?: readonly BookImage[];
  readonly terms?: KalshiTerms;
  /** The user's own, where it is not the one that the bytes suggest. */
  readonly kind?: RecordingKind;
}

/** The market under the fingerprint of all that it was read of; file names and the order of files do not matter. */
export function withBeside(market: ReadMarket, { images = [], terms, kind }: Beside): ReadMarket {
  const parts = [
    ...images.map(({ received = '', json }) => `image ${received} ${json}`),
    ...(terms === undefined ? [] : [`terms ${sorted(terms)}`]),
    ...(kind === undefined ? [] : [`kind ${kind}`])
  ];
  if (parts.length === 0) return market;
  const fingerprint = folded(market.record.fingerprint, parts);
  return {
    ...market,
    record: { ...market.record, fingerprint },
    tape: { ...market.tape, market: { ...market.tape.market, fingerprint } }
  };
}

/** @param reading the user's own, where it is not the one that the table suggests */
export const readingFingerprint = (fingerprint: string, reading: TableReading | undefined): string =>
  reading === undefined ? fingerprint : folded(fingerprint, [`table ${sorted(reading)}`]);

/** Whether they say the same, in whatever order. */
export const isSameReading = (one: TableReading, other: TableReading): boolean => sorted(one) === sorted(other);

/** As JSON, fields by name. */
const sorted = (fields: KalshiTerms | TableReading): string =>
  JSON.stringify(Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))));

/** SHA-256, hex, over the recording's own and that of each part, in order of these. */
function folded(fingerprint: string, parts: readonly string[]): string {
  return digestOf([fingerprint, ...parts.map(digestOf).sort()].join('\n'));
}

function digestOf(text: string): string {
  const hash = new Sha256();
  hash.update(new TextEncoder().encode(text));
  return hash.hex();
}
