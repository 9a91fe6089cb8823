/** Sums a dataset's markets into its record. */
import { sha256Hex } from '../core/digest.ts';
import { layerBytesOf } from './imported-layers.ts';
import type { BesideFile, DatasetRecord, MarketRecord, Oddity, PartialImport, SourceFile } from './records.ts';
import { mergeOddities } from './oddities.ts';
import type { StoredMarket } from './sidecar.ts';

export interface DatasetParts {
  readonly name: string;
  readonly origin: DatasetRecord['origin'];
  readonly createdMillis: number;
  readonly codeVersion: string;
  readonly schemaHash: string;
  readonly files: readonly SourceFile[];
  readonly beside?: readonly BesideFile[];
  readonly markets: readonly StoredMarket[];
  /** Found in the files themselves, beside what each market tells. */
  readonly oddities: readonly Oddity[];
  readonly partial?: PartialImport;
}

export async function datasetRecord(parts: DatasetParts): Promise<DatasetRecord> {
  const markets = parts.markets.map((market) => market.record);
  const sum = (value: (market: MarketRecord) => number): number => markets.reduce((all, one) => all + value(one), 0);
  const layerBytes = parts.markets.reduce((all, market) => all + layerBytesOf(market), 0);
  return {
    name: parts.name,
    origin: parts.origin,
    venue: [...new Set(markets.map((market) => market.venue))].sort().join(', '),
    synthetic: markets.some((market) => market.synthetic),
    createdMillis: parts.createdMillis,
    files: parts.files,
    ...(parts.beside === undefined || parts.beside.length === 0 ? {} : { beside: parts.beside }),
    markets: markets.length,
    trainable: markets.filter((market) => market.trainable).length,
    messages: sum((market) => market.messages),
    runners: sum((market) => market.runners),
    trades: sum((market) => market.trades),
    firstMillis: Math.min(...markets.map((market) => market.firstMillis)),
    lastMillis: Math.max(...markets.map((market) => market.lastMillis)),
    bronzeBytes: parts.markets.reduce((all, market) => all + market.bronzeBytes, 0),
    silverBytes: parts.markets.reduce((all, market) => all + market.silverBytes, 0),
    ...(layerBytes === 0 ? {} : { layerBytes }),
    fingerprint: await fingerprintOf(parts.markets),
    schemaHash: parts.schemaHash,
    codeVersion: parts.codeVersion,
    ...(parts.partial === undefined ? {} : { partial: parts.partial }),
    oddities: gravestFirst([parts.oddities, ...markets.map((market) => market.oddities)])
  };
}

/**
 * SHA-256 over the markets' ids and fingerprints, and those of layers that were imported as files, sorted: the same
 * markets give the same one in any order.
 */
async function fingerprintOf(markets: readonly StoredMarket[]): Promise<string> {
  const lines = markets.flatMap(({ record: { id, fingerprint }, layers = [] }) => [
    `${id} ${fingerprint}`,
    ...layers.map(({ sha256 }) => `${id} layer ${sha256}`)
  ]);
  return await sha256Hex(lines.sort().join('\n'));
}

const GRAVITY = { error: 0, warning: 1, note: 2 } as const;

/** One entry a code, the gravest first. */
const gravestFirst = (lists: readonly (readonly Oddity[])[]): readonly Oddity[] =>
  mergeOddities(lists).toSorted((a, b) => GRAVITY[a.severity] - GRAVITY[b.severity]);
