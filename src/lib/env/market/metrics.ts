/**
 * From what each episode of `AUPreOffV7TradeCost` came to (its `info` row) to the figures of a run. Pure functions;
 * research adds the intervals. Doing nothing is green and worth nothing, so `green_rate` is over traded markets only
 * and is always shown beside `traded_rate`.
 */

/** Columns of `info`. All hold only at an episode's end; before it they are what the episode has come to so far. */
export const EPISODE_INFO = [
  /** Sum of rewards. */
  'return',
  /** Decisions taken. */
  'length',
  /** 1 when something was matched and no runner's result is under 0. */
  'all_green',
  /** 1 when at least one bet was matched. */
  'traded',
  /** `pnl` over the bankroll. */
  'mtm_roi',
  /** Result of the worst runner, nothing hedged, over the bankroll. */
  'worst_roi',
  /** Orders asked for, refused ones included. */
  'orders_submitted',
  /** Orders of which something was matched, void since or not. */
  'orders_filled',
  /** What taking cost against the best price when the order was decided, mean over taken lots, in 1e-4 of the price. */
  'slippage_bps',
  /** Mean time from an order's request to the book. */
  'latency_ms',
  /** Hedged at the last book before the off, what cannot be hedged written off, less commission; currency units. */
  'pnl'
] as const;
export type EpisodeColumn = (typeof EPISODE_INFO)[number];

/** After the others, where there is a curriculum: how real the episode was, 0 to 1. */
export const REALISM = 'realism';

export const episodeInfo = (config: { readonly curriculumSteps: number }): readonly string[] =>
  config.curriculumSteps > 0 ? [...EPISODE_INFO, REALISM] : EPISODE_INFO;

export type Episode = Readonly<Record<EpisodeColumn, number>>;

/** One row of `info` by name; `at` is where environment i's row starts. */
export function episodeFrom(info: Float32Array, at: number): Episode {
  return Object.fromEntries(EPISODE_INFO.map((name, column) => [name, info[at + column]!])) as Record<
    EpisodeColumn,
    number
  >;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Linear interpolation between order statistics (Hyndman and Fan 1996, type 7). NaN of nothing. */
function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

/** Mean of the worst `share` of the values, at least one of them (expected shortfall). NaN of nothing. */
function tailMean(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Array.from(values).sort((a, b) => a - b);
  return mean(sorted.slice(0, Math.max(1, Math.floor(sorted.length * share))));
}

/**
 * Figures over episodes; one that has no value (no market traded) is left out.
 * - `green_rate`: share of traded markets that ended all green. `traded_rate`: share of markets with a match.
 * - `mtm_roi_mean`: mean hedged result over the bankroll, all markets. `cvar_5pc`: mean of its worst 5 %.
 * - `worst_roi_p95`: the loss of the worst runner, over the bankroll, that 95 % of markets stay within: minus the
 *   5 % quantile of `worst_roi`.
 * - the rest: means over markets (over traded ones for slippage and latency).
 */
export function episodeMetrics(episodes: readonly Episode[]): Readonly<Record<string, number>> {
  const traded = episodes.filter((episode) => episode.traded === 1);
  const asked = episodes.filter((episode) => episode.orders_submitted > 0);
  const column = (name: EpisodeColumn, of: readonly Episode[] = episodes): number[] =>
    of.map((episode) => episode[name]);
  const figures: Record<string, number> = {
    return: mean(column('return')),
    episode_length: mean(column('length')),
    green_rate: mean(column('all_green', traded)),
    traded_rate: mean(column('traded')),
    mtm_roi_mean: mean(column('mtm_roi')),
    worst_roi_p95: -quantile(column('worst_roi'), 0.05),
    cvar_5pc: tailMean(column('mtm_roi'), 0.05),
    pnl: mean(column('pnl')),
    orders_submitted: mean(column('orders_submitted')),
    orders_filled: mean(column('orders_filled')),
    slippage_bps: mean(column('slippage_bps', traded)),
    latency_ms: mean(column('latency_ms', asked))
  };
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => !Number.isNaN(value)));
}
