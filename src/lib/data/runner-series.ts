/**
 * `runner_ts`: the best prices of every runner on a common grid in time. A grid moment has rows, one for every runner,
 * when anything happened in the market since the moment before; moments in which nothing did would repeat the last row
 * and are left out, so that a market of four days stays small.
 */
import type { Nanos } from '../core/units.ts';
import { NANOS_PER_MILLI } from '../core/units.ts';
import { MarketState } from '../market/market-state.ts';
import type { Tape } from '../market/tape.ts';
import { NO_TICK, epochMillis } from '../market/tape.ts';
import type { Book } from '../market/book.ts';
import type { Ticks } from '../core/units.ts';
import type { ColumnSpec } from './parquet/columns.ts';

export const DEFAULT_GRID_MILLIS = 1000;

export const SERIES_COLUMNS: readonly ColumnSpec[] = [
  { name: 'market_key', type: 'u32', about: 'the market, as a number' },
  { name: 'slot', type: 'u8', about: "the runner's slot" },
  { name: 'millis', type: 'f64', about: 'end of the grid interval, milliseconds since the epoch' },
  { name: 'back', type: 'f64', about: 'best price available to back', nullable: true },
  { name: 'back_size', type: 'f64', about: 'size there', nullable: true },
  { name: 'lay', type: 'f64', about: 'best price available to lay', nullable: true },
  { name: 'lay_size', type: 'f64', about: 'size there', nullable: true },
  { name: 'last_traded', type: 'f64', about: 'last traded price', nullable: true },
  { name: 'traded', type: 'f64', about: 'size traded so far' },
  { name: 'status', type: 'u8', about: 'market status' },
  { name: 'in_play', type: 'bool', about: 'whether the market is in play' }
];

export interface RunnerSeries {
  readonly rows: number;
  readonly columns: {
    readonly market_key: Uint32Array;
    readonly slot: Uint8Array;
    readonly millis: Float64Array;
    readonly back: Float64Array;
    readonly back_size: Float64Array;
    readonly lay: Float64Array;
    readonly lay_size: Float64Array;
    readonly last_traded: Float64Array;
    readonly traded: Float64Array;
    readonly status: Uint8Array;
    readonly in_play: Uint8Array;
  };
}

/**
 * @param options.key goes into `market_key` of every row
 * @returns rows in order of time, then slot; NaN where a runner has no such price
 */
export function runnerSeries(
  tape: Tape,
  options: { readonly gridMillis?: number; readonly key?: number } = {}
): RunnerSeries {
  const grid = (options.gridMillis ?? DEFAULT_GRID_MILLIS) * NANOS_PER_MILLI;
  const starts = momentStarts(tape, grid);
  const slots = tape.market.runners.length;
  const rows = (starts.length - 1) * slots;
  const columns = {
    market_key: new Uint32Array(rows).fill(options.key ?? 0),
    slot: new Uint8Array(rows),
    millis: new Float64Array(rows),
    back: new Float64Array(rows),
    back_size: new Float64Array(rows),
    lay: new Float64Array(rows),
    lay_size: new Float64Array(rows),
    last_traded: new Float64Array(rows),
    traded: new Float64Array(rows),
    status: new Uint8Array(rows),
    in_play: new Uint8Array(rows)
  };
  const state = new MarketState(tape.market);
  const { lotSize } = tape.market.rules;
  let at = 0;
  for (let moment = 0; moment + 1 < starts.length; moment++) {
    const end = starts[moment + 1]!;
    for (let row = starts[moment]!; row < end; row++) state.apply(tape, row);
    const ends = (Math.floor(tape.exchange[end - 1]! / grid) + 1) * grid;
    const millis = epochMillis(tape, ends as Nanos);
    for (let slot = 0; slot < slots; slot++, at++) {
      const book = state.books[slot]!;
      columns.slot[at] = slot;
      columns.millis[at] = millis;
      columns.back[at] = priceAt(book, book.bestBid);
      columns.back_size[at] = book.bestBid === NO_TICK ? Number.NaN : book.bids.at(book.bestBid) * lotSize;
      columns.lay[at] = priceAt(book, book.bestAsk);
      columns.lay_size[at] = book.bestAsk === NO_TICK ? Number.NaN : book.asks.at(book.bestAsk) * lotSize;
      columns.last_traded[at] = book.lastTradedPrice;
      columns.traded[at] = book.totalTraded * lotSize;
      columns.status[at] = state.status;
      columns.in_play[at] = state.inPlay ? 1 : 0;
    }
  }
  return { rows, columns };
}

/** First row of each grid interval that has any, and the end. */
function momentStarts(tape: Tape, grid: number): readonly number[] {
  const starts: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < tape.rows; row++) {
    const moment = Math.floor(tape.exchange[row]! / grid);
    /* A venue's clock may step back within a tape: such rows stay with the moment before. */
    if (moment > last) {
      starts.push(row);
      last = moment;
    }
  }
  starts.push(tape.rows);
  return starts;
}

const priceAt = (book: Book, tick: number): number =>
  tick === NO_TICK ? Number.NaN : book.ladder.priceOf(tick as Ticks);
