/** Recorded Binance USD-M streams as the tests and benchmarks read them: found by folder, read by the project's way. */
import { basename, join } from 'node:path';
import { UsdmStreamReader } from '../../src/lib/data/binance/usdm-stream.ts';
import type { UsdmTape } from '../../src/lib/data/binance/usdm-tape.ts';
import { RowKind } from '../../src/lib/market/tape.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { fileAt, plainBytes } from './read-stream.ts';
import { filesIn, orSkipped, recordings } from './recordings.ts';

/** Full paths of the recordings found, in the order of their names. */
export function usdmStreams(): readonly string[] {
  const path = join(recordings.path, 'crypto/binance-usdm');
  return orSkipped('USD-M recordings', path, filesIn(path));
}

/** A file's name as the goldens have it, without its ending. */
export const usdmName = (path: string): string => basename(path).replace(/\.(gz|bz2|txt)$/u, '');

export interface UsdmRead extends UsdmTape {
  readonly reader: UsdmStreamReader;
}

export async function readUsdm(path: string): Promise<UsdmRead> {
  const reader = new UsdmStreamReader({ source: basename(path) });
  reader.push(await plainBytes(fileAt(path)));
  return { reader, ...reader.end({ fingerprint: '', shared: false }) };
}

/** A row and in which of the two orders it has its place here. */
export interface MergedRow {
  readonly row: number;
  readonly exchange: boolean;
  readonly local: boolean;
}

const COUNTED: ReadonlySet<number> = new Set([
  RowKind.bid,
  RowKind.ask,
  RowKind.buyTrade,
  RowKind.sellTrade,
  RowKind.clearBids,
  RowKind.clearAsks
]);

/**
 * Rows of book and trades in the venue's order and in that of reception, merged into one list as the `conversion` of
 * `hftbacktest.json` says: a row that is next in both stands once, any other once for each order.
 */
export function* mergedRows(tape: Tape): Generator<MergedRow> {
  const counts = (row: number): boolean => COUNTED.has(tape.kind[row]!);
  const byReception = Array.from(tape.kind.keys()).filter(counts);
  const byExchange = tape.exchangeOrder === undefined ? byReception : Array.from(tape.exchangeOrder).filter(counts);
  const { exchange, received } = tape;
  let [e, l] = [0, 0];
  while (e < byExchange.length || l < byReception.length) {
    const [atVenue, seen] = [byExchange[e], byReception[l]];
    if (atVenue !== undefined && atVenue === seen) {
      yield { row: atVenue, exchange: true, local: true };
      e++;
      l++;
      continue;
    }
    const venueFirst =
      seen === undefined ||
      (atVenue !== undefined && (exchange[atVenue]! - exchange[seen]! || received[atVenue]! - received[seen]!) < 0);
    if (venueFirst) {
      yield { row: atVenue!, exchange: true, local: false };
      e++;
    } else {
      yield { row: seen, exchange: false, local: true };
      l++;
    }
  }
}
