/** Documents: files that are read as a whole, because they are tables or one answer of an interface. Bytes in, markets out. */
import type { Table } from 'apache-arrow';
import { AppError } from '../core/errors.ts';
import { bronzeText, ownLayer, refuseNearly, silverMarket } from './arrow/own-layers.ts';
import { typedFormat, typedTable } from './arrow/typed-table.ts';
import { klinesReading } from './bars/klines.ts';
import { sampleCsv } from './bars/csv.ts';
import { readTextTable, readTypedTable } from './bars/table-document.ts';
import type { TableReading } from './bars/table-reading.ts';
import { readingFingerprint, withBeside } from './beside.ts';
import { readResults } from './betfair/results.ts';
import { chooseColumns } from './choose-kind.ts';
import type { Ask, RecordingKind } from './import-question.ts';
import type { KalshiTerms } from './kalshi/metadata.ts';
import { layerMarket } from './layer-file.ts';
import { plainText } from './plain-text.ts';
import { readFetched } from './read-fetched.ts';
import type { ReadAs, ReadMarket } from './recording.ts';
import type { Oddity } from './records.ts';
import { recognise } from './recognise.ts';
import type { StreamKind } from './venue-reader.ts';
import { isDocument, readerFor } from './venue-reader.ts';

export interface DocumentOptions {
  readonly kind: Exclude<RecordingKind, StreamKind | 'kalshi-terms'>;
  readonly source: string;
  /** SHA-256 of its bytes, hex. */
  readonly fingerprint: string;
  /** Of a table of text. */
  readonly table?: TableReading;
  readonly ask?: Ask;
  /** What Kalshi says of its markets. */
  readonly terms?: readonly KalshiTerms[];
}

export interface DocumentRead {
  readonly markets: readonly ReadMarket[];
  readonly oddities: readonly Oddity[];
}

/** The Parquet codec must have been loaded. @throws data.* */
export async function readDocument(bytes: Uint8Array<ArrayBuffer>, options: DocumentOptions): Promise<DocumentRead> {
  const { kind, source, fingerprint, table } = options;
  if (kind === 'typed-table') return await readTyped(bytes, options);
  const text = plainText(bytes);
  switch (kind) {
    case 'fetched': {
      const { market, oddities } = readFetched(text, { source, fingerprint });
      return { markets: [market], oddities };
    }
    case 'betfair-results':
      return readResults(text, { source, fingerprint });
    case 'klines': {
      const { reading, interval } = klinesReading(sampleCsv(text.slice(0, 4096), false)?.rows ?? [], source);
      const about = { source, reading, fingerprint, venue: 'binance', eventName: 'Binance klines' };
      return readTextTable(text, { ...about, ...(interval === undefined ? {} : { interval }) });
    }
    case 'table': {
      if (table === undefined) throw new Error('a table without a reading');
      return readTextTable(text, { source, reading: table, fingerprint, venue: 'table', eventName: source });
    }
  }
}

async function readTyped(bytes: Uint8Array<ArrayBuffer>, options: DocumentOptions): Promise<DocumentRead> {
  const { source, fingerprint, ask } = options;
  const format = typedFormat(bytes) ?? 'arrow';
  const table = typedTable(bytes, format, source);
  const layer = ownLayer(table);
  if (layer === 'silver') return { markets: [silverMarket(table, source)], oddities: [] };
  if (layer === 'bronze') return fromBronze(table, options);
  if (layer === 'gold' || layer === 'rollout' || layer === 'runner_ts') {
    const of = { kind: layer, bytes, isParquet: format === 'parquet', source, fingerprint };
    return { markets: [layerMarket(table, of)], oddities: [] };
  }
  if (layer === undefined) refuseNearly(table, source);
  const { table: reading, ownReading, oddities } = await chooseColumns(table, source, ask);
  if (reading === undefined) throw new Error('a table without a reading');
  const about = { source, reading, venue: 'table', eventName: source };
  const read = readTypedTable(table, { ...about, fingerprint: readingFingerprint(fingerprint, ownReading) });
  return { markets: read.markets, oddities: [...oddities, ...read.oddities] };
}

/** Messages as they came, read anew by the parser they were read by. */
function fromBronze(table: Table, { source, fingerprint, terms = [] }: DocumentOptions): DocumentRead {
  const encoder = new TextEncoder();
  // What they are, their texts say; when they were received is no part of them.
  const kind = recognise(encoder.encode(bronzeText(table, 'betfair-stream')), true)[0]?.kind;
  if (kind === undefined || isDocument(kind)) {
    throw new AppError('data.kind', {
      subject: source,
      expected: 'the messages of a stream',
      got: kind === undefined ? 'text of no kind that is known' : `what was a ${kind}`,
      remedy: 'import the exported dataset with its metadata.json, or the source file'
    });
  }
  const reader = readerFor(kind, { source, terms });
  reader.push(encoder.encode(`${bronzeText(table, kind)}\n`));
  const markets = [...reader.end(fingerprint)].map((market): ReadMarket => {
    const { id, venue, runners } = market.tape.market;
    const symbol = kind.startsWith('binance') ? runners[0]?.id : undefined;
    const told = venue === 'kalshi' ? terms.find(({ ticker }) => ticker === id) : undefined;
    const readAs: ReadAs = {
      kind,
      source,
      ...(symbol === undefined ? {} : { symbol }),
      ...(told === undefined ? {} : { terms: told })
    };
    return withBeside({ ...market, readAs }, told === undefined ? {} : { terms: told });
  });
  return { markets, oddities: reader.fileOddities };
}
