/**
 * The stylised facts of one market's last hour, measured the same way on a recorded tape and on a simulated one:
 * spread by price, depth by level, sizes of trades, pace and volatility as the off comes near, memory of changes and of
 * their sizes, clustering of arrivals, and what happens in play. Pure: a tape in, figures out, no comparison.
 * The list follows Cont, "Empirical properties of asset returns" (2001), and for books Bouchaud, Mezard and Potters,
 * "Statistical properties of stock order books" (2002).
 */
import type { Nanos, Ticks } from '../../../core/units.ts';
import { seconds } from '../../../core/units.ts';
import type { MarketState } from '../../../market/market-state.ts';
import { MarketStatus, NO_TICK, RowKind } from '../../../market/tape.ts';
import type { Tape } from '../../../market/tape.ts';
import { correlation, quantile } from '../stylised-facts.ts';
import { playOnGrid, turnInPlay } from './tape-grid.ts';

/** Decimal odds at which one band of prices ends and the next begins; the last band is open. */
export const PRICE_BANDS = [3, 6, 12, 30] as const;
/** Minutes before the turn in play that part the last hour. */
export const MINUTE_EDGES = [60, 45, 30, 20, 15, 10, 7, 5, 3, 2, 1, 0] as const;
export const DEPTH_LEVELS = 8;
export const TRADE_QUANTILES = [0.1, 0.25, 0.75, 0.9, 0.95, 0.99] as const;
export const LAGS = 6;
/** Windows in which arrivals are counted, seconds. */
export const ALLAN_WINDOWS = [1, 5, 20] as const;
const STEP_SECONDS = 5;
/** Spread, depth, trade sizes, memory and clustering are those of the last so many seconds. */
export const CLOSE_SECONDS = 600;
const LONGEST_PRICE = 30;
/** Fewer looks than this at a band of prices are no typical spread: prices that cross an edge are seen when they jump. */
const FEWEST_LOOKS = 30;

/** NaN where a market shows nothing to measure a figure on. */
export interface RealismFacts {
  /** By price band, over looks five seconds apart: best lay above best back, ticks. */
  readonly spreadMeanTicks: readonly number[];
  readonly spreadOneTickShare: readonly number[];
  /** Sum of inverse best back prices, per cent. */
  readonly bookPercent: number;
  /** Mean size `k` ticks behind the best, against the mean at the best; both sides, runners shorter than 30. */
  readonly depthToBest: readonly number[];
  /** Sizes of trades against their median, at `TRADE_QUANTILES`. */
  readonly tradeToMedian: readonly number[];
  /** Between two of `MINUTE_EDGES`: root mean square change of the mid over five seconds, ticks. */
  readonly volatilityTicks: readonly number[];
  /** Between two of `MINUTE_EDGES`: trade rows a minute. */
  readonly tradesPerMinute: readonly number[];
  /** Autocorrelation of five-second changes of the mid at lags 1 to `LAGS`, and of their absolute values. */
  readonly changeMemory: readonly number[];
  readonly absoluteChangeMemory: readonly number[];
  /** Fourth moment of five-second changes over the square of the second: 3 of a normal. */
  readonly kurtosis: number;
  /** Allan factor of trade rows in windows of `ALLAN_WINDOWS`: 1 of a Poisson process, more where arrivals cluster. */
  readonly allanFactor: readonly number[];
  /** In play: seconds, mean spread in ticks of prices under 30, trade rows a minute, rms log-change of the mid over 5 s. */
  readonly inPlaySeconds: number;
  readonly inPlaySpreadTicks: number;
  readonly inPlayTradesPerMinute: number;
  readonly inPlayVolatility: number;
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b, 0) / values.length;
const rms = (values: readonly number[]): number => Math.sqrt(mean(values.map((value) => value * value)));

const bandOf = (price: number): number => {
  const band = PRICE_BANDS.findIndex((edge) => price < edge);
  return band < 0 ? PRICE_BANDS.length : band;
};

/**
 * Allan factor (Allan 1966): mean squared difference of the counts of neighbouring windows over twice their mean. Unlike
 * variance over mean it does not mistake a rising rate for clustering.
 */
export function allanFactor(times: readonly number[], windowSeconds: number, spanSeconds: number): number {
  const counts = new Array<number>(Math.floor(spanSeconds / windowSeconds)).fill(0);
  for (const time of times) {
    const at = Math.floor(time / windowSeconds);
    if (at < counts.length) counts[at]!++;
  }
  const squares = counts.slice(1).map((count, i) => (count - counts[i]!) ** 2);
  return mean(squares) / (2 * mean(counts));
}

const bothKnown = (a: number, b: number): boolean => !Number.isNaN(a) && !Number.isNaN(b);

/** Correlation of a series with itself `lag` later, over pairs that are both known. */
function memory(values: readonly number[], lag: number): number {
  const first: number[] = [];
  const second: number[] = [];
  for (let i = lag; i < values.length; i++) {
    if (!bothKnown(values[i]!, values[i - lag]!)) continue;
    first.push(values[i - lag]!);
    second.push(values[i]!);
  }
  return first.length < 30 ? Number.NaN : correlation(first, second);
}

const known = (values: readonly number[]): number[] => values.filter((value) => !Number.isNaN(value));

/** What is gathered on the way before the off. */
class Gathered {
  readonly spreads: number[][] = [...PRICE_BANDS, 0].map(() => []);
  readonly depths: number[][] = Array.from({ length: DEPTH_LEVELS }, () => []);
  readonly books: number[] = [];
  /** By runner: the mid at every look, NaN without one or above the longest price. */
  readonly mids: number[][];
  readonly trades: number[] = [];
  /** Seconds after the start of the close of every trade row in it. */
  readonly arrivals: number[] = [];
  readonly tradesByMinute = MINUTE_EDGES.slice(1).map(() => 0);

  constructor(runners: number) {
    this.mids = Array.from({ length: runners }, () => []);
  }

  look(state: MarketState, secondsLeft: number): void {
    const { ladder } = state.market.rules;
    const close = secondsLeft <= CLOSE_SECONDS && state.status === MarketStatus.open;
    let book = 0;
    let missing = 0;
    state.books.forEach(({ bids, asks, bestBid, bestAsk }, slot) => {
      if (state.removed[slot] === 1) return;
      const mid = bestBid === NO_TICK || bestAsk === NO_TICK ? Number.NaN : (bestBid + bestAsk) / 2;
      const price = Number.isNaN(mid) ? Number.NaN : ladder.priceOf(bestBid as Ticks);
      this.mids[slot]!.push(price < LONGEST_PRICE ? mid : Number.NaN);
      if (Number.isNaN(mid)) missing++;
      if (!close || Number.isNaN(mid)) return;
      book += 100 / price;
      this.spreads[bandOf(price)]!.push(bestAsk - bestBid);
      if (price >= LONGEST_PRICE) return;
      for (let level = 0; level < DEPTH_LEVELS; level++) {
        if (bestBid - level >= 0) this.depths[level]!.push(bids.at(bestBid - level));
        if (bestAsk + level < ladder.size) this.depths[level]!.push(asks.at(bestAsk + level));
      }
    });
    if (close && missing === 0) this.books.push(book);
  }

  trade(lots: number, secondsLeft: number): void {
    const minute = MINUTE_EDGES.findIndex((edge) => secondsLeft > edge * 60) - 1;
    if (minute >= 0) this.tradesByMinute[minute]!++;
    if (secondsLeft > CLOSE_SECONDS) return;
    this.trades.push(lots);
    this.arrivals.push(CLOSE_SECONDS - secondsLeft);
  }
}

function volatilityByMinute(mids: readonly (readonly number[])[], seconds: number): number[] {
  return MINUTE_EDGES.slice(1).map((edge, i) => {
    if (seconds < MINUTE_EDGES[i]! * 60 * 0.98) return Number.NaN;
    const changes: number[] = [];
    for (const series of mids) {
      // The last look is at the turn itself.
      const at = (minutes: number): number => series.length - 1 - (minutes * 60) / STEP_SECONDS;
      for (let k = Math.max(1, at(MINUTE_EDGES[i]!) + 1); k <= at(edge); k++) {
        if (bothKnown(series[k]!, series[k - 1]!)) changes.push(series[k]! - series[k - 1]!);
      }
    }
    return rms(changes);
  });
}

/** Five-second changes within the close, by runner. */
function closeChanges(mids: readonly (readonly number[])[]): number[][] {
  return mids.map((series) => {
    const close = series.slice(-(CLOSE_SECONDS / STEP_SECONDS + 1));
    return close.slice(1).map((mid, i) => mid - close[i]!);
  });
}

function inPlayFacts(tape: Tape, from: Nanos): Pick<RealismFacts, `inPlay${string}` & keyof RealismFacts> {
  const spreads: number[] = [];
  const changes: number[] = [];
  const before = new Map<number, number>();
  let trades = 0;
  let openSeconds = 0;
  const to = (tape.exchange[tape.rows - 1]! + 1) as Nanos;
  playOnGrid(
    tape,
    { from, to, stepSeconds: STEP_SECONDS },
    {
      look(state) {
        if (!state.inPlay || state.status !== MarketStatus.open) return;
        openSeconds += STEP_SECONDS;
        const { ladder } = state.market.rules;
        state.books.forEach(({ bestBid, bestAsk }, slot) => {
          const price = bestBid === NO_TICK ? Number.NaN : ladder.priceOf(bestBid as Ticks);
          const whole = bestAsk !== NO_TICK && price < LONGEST_PRICE;
          const mid = whole ? Math.log((price + ladder.priceOf(bestAsk as Ticks)) / 2) : Number.NaN;
          if (whole) spreads.push(bestAsk - bestBid);
          const last = before.get(slot) ?? Number.NaN;
          if (bothKnown(mid, last)) changes.push(mid - last);
          before.set(slot, mid);
        });
      },
      row(_, row) {
        if (tape.kind[row] === RowKind.trade) trades++;
      }
    }
  );
  return {
    inPlaySeconds: openSeconds,
    inPlaySpreadTicks: mean(spreads),
    inPlayTradesPerMinute: trades / (openSeconds / 60),
    inPlayVolatility: rms(changes)
  };
}

/** @returns undefined for a market that never turned in play, or is recorded for less than the close before it */
export function realismFacts(tape: Tape): RealismFacts | undefined {
  const to = turnInPlay(tape);
  if (to === undefined || to - tape.exchange[0]! < seconds(CLOSE_SECONDS)) return undefined;
  const longest = seconds(MINUTE_EDGES[0] * 60);
  const from = Math.max(tape.exchange[0]!, to - longest) as Nanos;
  const measured = (to - from) / 1e9;
  const gathered = new Gathered(tape.market.runners.length);
  playOnGrid(
    tape,
    { from, to, stepSeconds: STEP_SECONDS },
    {
      look: (state, secondsLeft) => {
        gathered.look(state, secondsLeft);
      },
      row: (_, row, secondsLeft) => {
        if (tape.kind[row] === RowKind.trade) gathered.trade(tape.lots[row]! / 2, secondsLeft);
      }
    }
  );
  const { spreads, depths, mids, trades, arrivals } = gathered;
  const changes = closeChanges(mids);
  const all = known(changes.flat());
  const bands = spreads.map((band) => (band.length < FEWEST_LOOKS ? [] : band));
  const middle = quantile(trades, 0.5);
  const lags = Array.from({ length: LAGS }, (_, i) => i + 1);
  return {
    spreadMeanTicks: bands.map(mean),
    spreadOneTickShare: bands.map((band) => mean(band.map((ticks) => (ticks === 1 ? 1 : 0)))),
    bookPercent: mean(gathered.books),
    depthToBest: depths.map((sizes) => mean(sizes) / mean(depths[0]!)),
    tradeToMedian: TRADE_QUANTILES.map((share) => quantile(trades, share) / middle),
    volatilityTicks: volatilityByMinute(mids, measured),
    tradesPerMinute: gathered.tradesByMinute.map((count, i) =>
      measured < MINUTE_EDGES[i]! * 60 * 0.98 ? Number.NaN : count / (MINUTE_EDGES[i]! - MINUTE_EDGES[i + 1]!)
    ),
    changeMemory: lags.map((lag) => mean(known(changes.map((series) => memory(series, lag))))),
    absoluteChangeMemory: lags.map((lag) => mean(known(changes.map((series) => memory(series.map(Math.abs), lag))))),
    kurtosis: mean(all.map((change) => change ** 4)) / mean(all.map((change) => change ** 2)) ** 2,
    allanFactor: ALLAN_WINDOWS.map((window) => allanFactor(arrivals, window, CLOSE_SECONDS)),
    ...inPlayFacts(tape, to)
  };
}
