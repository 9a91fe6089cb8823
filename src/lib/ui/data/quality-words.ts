/** The figures of quality in words and rows, for the table, the charts and who hears them. Pure. */
import type { MarketQuality } from '$lib/data/quality/figures.ts';
import type { MarketQualityRow } from '$lib/data/quality/quality-table.ts';
import type { Measure, MeasureAbout } from '$lib/data/quality/rules.ts';
import { MEASURES } from '$lib/data/quality/rules.ts';
import { formatCount, formatDuration, formatNumber, plural } from '../format.ts';

/** A figure as it is shown: counts, times with their unit, a share; a dash where the recording has none. */
export function figureText({ unit, measure }: MeasureAbout, quality: MarketQuality): string {
  const value = quality[measure];
  if (Number.isNaN(value)) return '–';
  if (unit === 'ms') return formatDuration(value / 1000);
  if (unit === 's') return formatDuration(value);
  return measure === 'tradedToVolume' ? formatNumber(value, 4) : formatCount(value);
}

/** Counts: of which any at all is worth a look. */
export const FAULTS: readonly MeasureAbout[] = MEASURES.filter(
  ({ unit, measure }) => unit === '' && measure !== 'tradedToVolume'
);

export interface FaultRow {
  readonly name: string;
  /** Markets that have any. */
  readonly markets: number;
  readonly total: number;
}

export const faultRows = (rows: readonly MarketQualityRow[]): readonly FaultRow[] =>
  FAULTS.map(({ measure, name }) => ({
    name,
    markets: rows.filter(({ quality }) => quality[measure] > 0).length,
    total: rows.reduce((sum, { quality }) => sum + quality[measure], 0)
  }));

/** What the chart of faults says. */
export function faultsSpoken(rows: readonly FaultRow[]): string {
  const found = rows.filter((row) => row.markets > 0);
  if (found.length === 0) return 'No market shows any fault.';
  return `${found.map((row) => `${row.name}: ${plural(row.markets, 'market')}, ${formatCount(row.total)} in all`).join('; ')}.`;
}

export interface LagRow {
  readonly market: string;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** Markets whose recording has two clocks, the slowest first. */
export const lagRows = (rows: readonly MarketQualityRow[]): readonly LagRow[] =>
  rows
    .filter(({ quality }) => !Number.isNaN(quality.lagP50Millis))
    .map(({ market, quality }) => ({
      market,
      p50: quality.lagP50Millis,
      p90: quality.lagP90Millis,
      p99: quality.lagP99Millis
    }))
    .sort((a, b) => b.p99 - a.p99);

/** By one figure, the worst first; markets without it last. */
export const worstFirst = (rows: readonly MarketQualityRow[], measure: Measure): readonly MarketQualityRow[] =>
  [...rows].sort((a, b) => order(b.quality[measure]) - order(a.quality[measure]));

const order = (value: number): number => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value);
