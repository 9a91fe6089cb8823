/** Best prices through time at evenly spaced moments: what small charts and notebooks draw. One pass over the tape. */
import { AppError } from '../core/errors.ts';
import { MarketState } from './market-state.ts';
import { epochMillis, messageCount, NO_TICK, RowKind, tapeTime } from './tape.ts';
import type { Runner, Tape } from './tape.ts';
import type { Nanos, Ticks } from '../core/units.ts';
import type { Book } from './book.ts';

/** The default stretch of a market looked at before the off. */
export const LOOK_BACK_MINUTES = 30;

export interface PriceSeries {
  readonly runner: Runner;
  /** Milliseconds since the epoch, evenly spaced. */
  readonly millis: Float64Array;
  readonly offMillis: number;
  /** Prices in the venue's unit; NaN where there is none. */
  readonly bestBack: Float64Array;
  readonly bestLay: Float64Array;
  readonly lastTraded: Float64Array;
  /** Traded so far, in the venue's unit (Betfair: currency). */
  readonly matched: Float64Array;
}

/** When the market turned in play, else its last announced start, held to the tape's span; its end where none is known. */
export function offTime(tape: Tape): Nanos {
  for (let row = 0; row < tape.rows; row++) {
    if (tape.kind[row] === RowKind.inPlay && tape.lots[row] === 1) return tape.exchange[row]! as Nanos;
  }
  const last = tape.rows === 0 ? 0 : tape.exchange[tape.rows - 1]!;
  const { scheduledMillis } = tape.market;
  return (scheduledMillis > 0 ? Math.min(last, Math.max(0, tapeTime(tape, scheduledMillis))) : last) as Nanos;
}

export interface SeriesOptions {
  /** Number of moments, 2 or more. */
  readonly points: number;
  /** Defaults: thirty minutes before the off (or the tape's start) to the off. */
  readonly from?: Nanos;
  readonly to?: Nanos;
}

const price = (book: Book, tick: number): number =>
  tick === NO_TICK ? Number.NaN : book.ladder.priceOf(tick as Ticks);

/** Every runner's series, in the order of slots. */
export function allPriceSeries(tape: Tape, options: SeriesOptions): readonly PriceSeries[] {
  const { points } = options;
  const off = offTime(tape);
  const to = options.to ?? off;
  const from = options.from ?? (Math.max(0, to - LOOK_BACK_MINUTES * 60e9) as Nanos);
  const offMillis = epochMillis(tape, off);
  const moments = Float64Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
  const millis = moments.map((at) => epochMillis(tape, at as Nanos));
  const series = tape.market.runners.map((runner) => ({
    runner,
    millis,
    offMillis,
    bestBack: new Float64Array(points),
    bestLay: new Float64Array(points),
    lastTraded: new Float64Array(points),
    matched: new Float64Array(points)
  }));
  const state = new MarketState(tape.market);
  const messages = messageCount(tape);
  let message = 0;
  for (let point = 0; point < points; point++) {
    const until = moments[point]!;
    while (message < messages && tape.exchange[tape.messageStart[message]!]! <= until)
      state.applyMessage(tape, message++);
    for (const [slot, line] of series.entries()) {
      const book = state.books[slot];
      if (book === undefined) continue;
      const gone = state.removed[slot] === 1;
      line.bestBack[point] = gone ? Number.NaN : price(book, book.bestBid);
      line.bestLay[point] = gone ? Number.NaN : price(book, book.bestAsk);
      line.lastTraded[point] = gone ? Number.NaN : book.lastTradedPrice;
      line.matched[point] = book.totalTraded * tape.market.rules.lotSize;
    }
  }
  return series;
}

/**
 * One runner's series.
 * @param options.runner its id, its name, or the number of its slot
 * @throws AppError `data.missing` when the market has no such runner
 */
export function priceSeries(tape: Tape, options: SeriesOptions & { readonly runner: string | number }): PriceSeries {
  const { runner } = options;
  const slot = tape.market.runners.findIndex((each) =>
    typeof runner === 'number' ? each.slot === runner : each.id === runner || each.name === runner
  );
  const found = slot < 0 ? undefined : allPriceSeries(tape, options)[slot];
  if (found !== undefined) return found;
  throw new AppError('data.missing', {
    subject: `market ${tape.market.id}`,
    expected: `a runner by id, name or slot (0 to ${String(tape.market.runners.length - 1)})`,
    got: `there is no runner ${String(runner)}`,
    remedy: `choose one of ${tape.market.runners.map((each) => each.name || each.id).join(', ')}`
  });
}
