/** The quality of every market as an SQL table. */
import type { ColumnSpec } from '../parquet/columns.ts';
import type { SqlTable } from '../sql/tables.ts';
import type { MarketQuality } from './figures.ts';

const text = (name: string, about: string): ColumnSpec => ({ name, type: 'text', about });
const real = (name: string, about: string): ColumnSpec => ({ name, type: 'f64', about, nullable: true });

/** A market with its figures, and the rule that leaves it out of training. */
export interface MarketQualityRow {
  readonly dataset: string;
  readonly market: string;
  readonly name: string;
  readonly quality: MarketQuality;
  /** As text; absent where none does. */
  readonly excludedBy?: string;
}

export const QUALITY_TABLE: SqlTable = {
  name: 'quality',
  about: 'one row a market: how good its recording is',
  columns: [
    text('dataset', 'name of the dataset'),
    text('market', "the venue's id of the market"),
    real('gaps', 'places where messages are missing or could not be read'),
    real('backward_time', 'messages whose time or number lies before the one before'),
    real('crossed_books', 'messages after which a book of the open market was crossed'),
    real('checksum_failures', "books that did not give the venue's checksum"),
    real('repeated_messages', 'messages that came twice'),
    real('missing_definition', '1 where the market or a runner was never defined'),
    real('clipped_anomalies', 'values that cannot be true, rounded or left out'),
    real('traded', 'sum of its trades, in the currency of the venue'),
    real('volume', "the venue's own traded volume at the end"),
    real('traded_to_volume', 'the one divided by the other'),
    real('silence_s', 'longest time without a message in the ten minutes before the off, seconds'),
    real('lag_p50_ms', 'from the venue to reception, median, milliseconds'),
    real('lag_p90_ms', 'the same, nine in ten messages'),
    real('lag_p99_ms', 'the same, 99 in 100 messages'),
    real('lag_max_ms', 'the same, the slowest'),
    text('excluded_by', 'the rule that leaves it out of training')
  ]
};

export const qualityRow = ({ dataset, market, quality, excludedBy }: MarketQualityRow) => ({
  dataset,
  market,
  gaps: quality.gaps,
  backward_time: quality.backwardTime,
  crossed_books: quality.crossedBooks,
  checksum_failures: quality.checksumFailures,
  repeated_messages: quality.repeatedMessages,
  missing_definition: quality.missingDefinition,
  clipped_anomalies: quality.clippedAnomalies,
  traded: quality.traded,
  volume: quality.volume,
  traded_to_volume: quality.tradedToVolume,
  silence_s: quality.silenceSeconds,
  lag_p50_ms: quality.lagP50Millis,
  lag_p90_ms: quality.lagP90Millis,
  lag_p99_ms: quality.lagP99Millis,
  lag_max_ms: quality.lagMaxMillis,
  excluded_by: excludedBy
});
