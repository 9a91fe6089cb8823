/** Messages that bronze keeps, given to the reader they were read by, with all that it was told then. Knows no storage. */
import type { Table } from 'apache-arrow';
import { bronzeText } from './arrow/own-layers.ts';
import { readDocument } from './read-document.ts';
import type { ReadAs, ReadMarket } from './recording.ts';
import { isDocument, readerFor } from './venue-reader.ts';

/**
 * The Parquet codec must have been loaded.
 * @param bronze one market's, verified
 * @param fingerprint of the source as it was when it was read first
 * @returns every market that its messages name, with none of what was odd in their file
 * @throws data.* when they are no such recording
 */
export async function readAgain(bronze: Table, readAs: ReadAs, fingerprint: string): Promise<readonly ReadMarket[]> {
  const { kind, source, symbol, terms, table } = readAs;
  const bytes = new TextEncoder().encode(bronzeText(bronze, kind));
  if (kind === 'kalshi-terms') return [];
  if (isDocument(kind)) {
    const read = await readDocument(bytes, { kind, source, fingerprint, ...(table === undefined ? {} : { table }) });
    return read.markets.map((market) => ({ ...market, readAs }));
  }
  const reader = readerFor(kind, {
    source,
    ...(symbol === undefined ? {} : { symbol }),
    ...(terms === undefined ? {} : { terms: [terms] })
  });
  reader.push(bytes);
  return [...reader.end(fingerprint)].map((market) => ({ ...market, readAs }));
}
