/**
 * The Kalshi recordings found: each market's files in the order of their days, and what the venue says of it. Both
 * layouts of names that recorders use are known: `events/MARKET.DAY.ndjson.gz` and `events/MARKET/DAY.ndjson.gz`.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTerms } from '../../src/lib/data/kalshi/metadata.ts';
import type { KalshiTerms } from '../../src/lib/data/kalshi/metadata.ts';
import { orSkipped, recordings } from './recordings.ts';

const root = join(recordings.path, 'kalshi');

export interface KalshiRecording {
  readonly ticker: string;
  /** Full paths, first day first. */
  readonly files: readonly string[];
  readonly terms: readonly KalshiTerms[];
}

export interface KalshiSettlement {
  readonly ticker: string;
  readonly result: string;
  readonly structure: string;
}

export function kalshiRecordings(): readonly KalshiRecording[] {
  const events = join(root, 'events');
  const files = new Map<string, string[]>();
  const names = existsSync(events) ? (readdirSync(events, { recursive: true }) as string[]) : [];
  for (const name of names.sort()) {
    const match = /^(.+?)[./\\](\d{4}-\d\d-\d\d)\.ndjson(\.gz)?$/.exec(name);
    const ticker = match?.[1];
    if (ticker === undefined) continue;
    files.set(ticker, [...(files.get(ticker) ?? []), join(events, name)]);
  }
  const found = [...files].map(([ticker, paths]) => ({ ticker, files: paths, terms: termsOf(ticker) }));
  return orSkipped('Kalshi recordings', events, found);
}

/** A market's event is its ticker without the last part. */
function termsOf(ticker: string): readonly KalshiTerms[] {
  const path = join(root, 'metadata', `${ticker.replace(/-[^-]*$/, '')}.json`);
  return existsSync(path) ? readTerms(readFileSync(path, 'utf8'), path) : [];
}

/** The rows of `markets.csv`, by their columns' names; no cell of it holds a comma. */
export function kalshiSettlements(): readonly KalshiSettlement[] {
  const path = join(root, 'markets.csv');
  if (!existsSync(path)) return [];
  const [head = '', ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = head.split(',');
  const cell = (line: string, name: string): string => line.split(',')[names.indexOf(name)] ?? '';
  return lines.map((line) => ({
    ticker: cell(line, 'window'),
    result: cell(line, 'result'),
    structure: cell(line, 'price_level_structure')
  }));
}
