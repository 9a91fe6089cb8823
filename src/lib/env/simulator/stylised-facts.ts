/**
 * What is typical of a market before its off, measured the same way on a recorded tape and on a simulated one: spread,
 * depth, trade sizes, pace, volatility. Pure: a tape in, figures out.
 */
import { MarketState } from '../../market/market-state.ts';
import { NO_TICK, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import type { Ticks } from '../../core/units.ts';
import { betfairMids } from './mid-series.ts';

export interface StylisedFacts {
  /** Seconds measured, up to the turn in play. */
  readonly seconds: number;
  /** Over runners shorter than 30 and moments five seconds apart: best lay above best back. */
  readonly spreadTicksMedian: number;
  readonly spreadTicks90: number;
  /** Sums of inverse best prices over all runners, per cent. */
  readonly backOverroundMedian: number;
  readonly layOverroundMedian: number;
  /** Median size behind the best one, against the best: a flat profile is 1. */
  readonly secondLevelToBest: number;
  readonly thirdLevelToBest: number;
  /** Median size at the best back price of the shortest runner, against the median trade. */
  readonly bestToTrade: number;
  /** How skewed trades are: 90th percentile and 99th against the median. */
  readonly trade90ToMedian: number;
  readonly trade99ToMedian: number;
  readonly messagesPerMinute: number;
  readonly rowsPerMessage: number;
  readonly tradesPerMinute: number;
  /** Trades a minute in the last three minutes against those before. */
  readonly tradeRush: number;
  /** Standard deviation of the mid's change, ticks, a median over runners shorter than 30. */
  readonly volatility5sTicks: number;
  readonly volatility60sTicks: number;
  /** Of changes five seconds apart with the ones before; negative is bounce. */
  readonly autocorrelation5s: number;
  /** Share of five-second steps in which the mid moved. */
  readonly moved5s: number;
}

/** The quantile of a sample, 0 of an empty one. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

const median = (values: readonly number[]): number => quantile(values, 0.5);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

export function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  const together = mean(a.map((value, i) => (value - ma) * (b[i]! - mb)));
  const spread = deviation(a) * deviation(b);
  return spread === 0 ? 0 : together / spread;
}

const LONGEST_PRICE = 30;

/** Sizes of the best three levels of a side, at moments of the grid. */
interface Depths {
  readonly best: number[];
  readonly second: number[];
  readonly third: number[];
}

function measureDepth(state: MarketState, slots: readonly number[], into: Depths, shortest: number[]): void {
  let lowest = Number.POSITIVE_INFINITY;
  let atLowest = 0;
  for (const slot of slots) {
    const { bids, asks, bestBid, bestAsk } = state.books[slot]!;
    if (bestBid === NO_TICK || bestAsk === NO_TICK) continue;
    for (const [side, best] of [
      [bids, bestBid],
      [asks, bestAsk]
    ] as const) {
      const step = side === bids ? -1 : 1;
      into.best.push(side.at(best));
      into.second.push(side.at(Math.max(0, best + step)));
      into.third.push(side.at(Math.max(0, best + 2 * step)));
    }
    if (bestBid < lowest) [lowest, atLowest] = [bestBid, bids.at(bestBid)];
  }
  if (atLowest > 0) shortest.push(atLowest);
}

/**
 * @param seconds how much before the turn in play is measured; less where the tape starts later
 * @returns undefined for a market that never turned in play
 */
export function stylisedFacts(tape: Tape, seconds = 720): StylisedFacts | undefined {
  const series = betfairMids(tape, { seconds, stepSeconds: 5 });
  if (series === undefined) return undefined;
  const { ladder } = tape.market.rules;
  const short = series.slots.filter((slot) => {
    const mids = series.mid[slot]!;
    return mids.every((mid) => !Number.isNaN(mid)) && ladder.priceOf(Math.floor(mean(mids)) as Ticks) < LONGEST_PRICE;
  });

  const depths: Depths = { best: [], second: [], third: [] };
  const shortest: number[] = [];
  const trades: number[] = [];
  const perMinute = new Map<number, number>();
  let messages = 0;
  let rows = 0;
  const state = new MarketState(tape.market);
  let grid = series.startNanos;
  for (let message = 0; message + 1 < tape.messageStart.length; message++) {
    const first = tape.messageStart[message]!;
    const end = tape.messageStart[message + 1]!;
    const time = tape.exchange[first]!;
    if (time >= series.endNanos) break;
    while (grid <= time) {
      measureDepth(state, short, depths, shortest);
      grid += 5e9;
    }
    state.applyMessage(tape, message);
    if (time < series.startNanos) continue;
    messages++;
    rows += end - first;
    for (let row = first; row < end; row++) {
      if (tape.kind[row] !== RowKind.trade) continue;
      trades.push(tape.lots[row]! / 2);
      const minute = Math.floor((series.endNanos - time) / 60e9);
      perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
    }
  }

  const minutes = (series.endNanos - series.startNanos) / 60e9;
  const late = [0, 1, 2].reduce((sum, minute) => sum + (perMinute.get(minute) ?? 0), 0) / 3;
  const early = (trades.length - 3 * late) / Math.max(1, minutes - 3);
  const changes = (slot: number, steps: number): number[] => {
    const mids = series.mid[slot]!;
    return mids.slice(steps).map((mid, i) => mid - mids[i]!);
  };
  const spreads = short.flatMap((slot) => series.spread[slot]!);
  const middleTrade = median(trades);
  return {
    seconds: minutes * 60,
    spreadTicksMedian: median(spreads),
    spreadTicks90: quantile(spreads, 0.9),
    backOverroundMedian: median(series.backOverround),
    layOverroundMedian: median(series.layOverround),
    secondLevelToBest: median(depths.second) / median(depths.best),
    thirdLevelToBest: median(depths.third) / median(depths.best),
    bestToTrade: median(shortest) / middleTrade,
    trade90ToMedian: quantile(trades, 0.9) / middleTrade,
    trade99ToMedian: quantile(trades, 0.99) / middleTrade,
    messagesPerMinute: messages / minutes,
    rowsPerMessage: rows / Math.max(1, messages),
    tradesPerMinute: trades.length / minutes,
    tradeRush: late / Math.max(1e-9, early),
    volatility5sTicks: median(short.map((slot) => deviation(changes(slot, 1)))),
    volatility60sTicks: median(short.map((slot) => deviation(changes(slot, 12)))),
    autocorrelation5s: median(
      short.map((slot) => correlation(changes(slot, 1).slice(1), changes(slot, 1).slice(0, -1)))
    ),
    moved5s: mean(short.map((slot) => mean(changes(slot, 1).map((change) => (change === 0 ? 0 : 1)))))
  };
}
