/** Depth through time in rows, newest first: what the heatmap draws, for who reads it or has it read. Pure. */
import type { Nanos } from '$lib/core/units.ts';
import type { Aggressor, DepthHistory } from './depth-history.ts';

/** Prices from the best one outward whose sizes are summed as depth. */
export const DEPTH_LEVELS = 5;

export interface DepthRow {
  /** End of the interval. */
  readonly time: Nanos;
  /** Ticks at its end; undefined for a side on which nothing waits. */
  readonly bestBid: number | undefined;
  readonly bestAsk: number | undefined;
  /** What waits at the five best prices at its end, in the venue's unit. */
  readonly bidDepth: number;
  readonly askDepth: number;
  /** Traded within it by who took, in the venue's unit. */
  readonly traded: Readonly<Record<Aggressor, number>>;
  /** NaN before the first trade. */
  readonly lastTraded: number;
}

/** @param time the moment that `history` follows */
export function depthTable(
  history: DepthHistory,
  options: { readonly time: Nanos; readonly rows: number; readonly lotSize: number }
): readonly DepthRow[] {
  const { time, lotSize } = options;
  const target = Math.floor(time / history.bucketNanos);
  const each = Math.max(1, Math.ceil(history.columns / options.rows));
  const rows: DepthRow[] = [];
  for (let last = target; last > target - history.columns && last >= 0; last -= each) {
    const column = history.columnOf(last);
    const bids = sideOf(history, column, 'bids');
    const asks = sideOf(history, column, 'asks');
    rows.push({
      time: Math.min(time, (last + 1) * history.bucketNanos) as Nanos,
      bestBid: bids.best,
      bestAsk: asks.best,
      bidDepth: bids.lots * lotSize,
      askDepth: asks.lots * lotSize,
      traded: tradedIn(history, Math.max(0, last - each + 1, target - history.columns + 1), last),
      lastTraded: history.lastTraded[column]!
    });
  }
  return rows;
}

/** From the best price outward: the highest that is bid, the lowest that is asked. */
function sideOf(
  history: DepthHistory,
  column: number,
  side: 'bids' | 'asks'
): { best: number | undefined; lots: number } {
  const from = column * history.ticks;
  const sizes = history[side];
  let best: number | undefined;
  let lots = 0;
  let levels = 0;
  for (let step = 0; step < history.ticks && levels < DEPTH_LEVELS; step++) {
    const tick = side === 'bids' ? history.ticks - 1 - step : step;
    const size = sizes[from + tick]!;
    if (size === 0) continue;
    best ??= history.firstTick + tick;
    lots += size;
    levels++;
  }
  return { best, lots };
}

function tradedIn(history: DepthHistory, from: number, to: number): Record<Aggressor, number> {
  const sums = { backed: 0, laid: 0, unknown: 0 };
  for (let bucket = from; bucket <= to; bucket++) {
    const column = history.columnOf(bucket);
    for (const who of ['backed', 'laid', 'unknown'] as const) sums[who] += history.volume[who][column]!;
  }
  return sums;
}
