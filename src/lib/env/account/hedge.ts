/**
 * What a position is worth if it is closed now, against what the book shows, level by level: the green-up. A runner
 * with more backed than laid is laid where others ask, one with more laid is backed where others bid.
 */
import type { BookView } from '../../market/book.ts';
import { NO_TICK } from '../../market/tape.ts';
import type { Ticks } from '../../core/units.ts';
import { Side } from '../matching/order.ts';
import { POINTS_PER_LOT } from './account.ts';
import type { BackLayAccount } from './account.ts';

/** Prices in hundredths by tick, made once a ladder: the hot path multiplies whole numbers. */
export function ladderPoints(ladder: { readonly size: number; priceOf(tick: Ticks): number }): Float64Array {
  return Float64Array.from({ length: ladder.size }, (_, tick) => Math.round(ladder.priceOf(tick as Ticks) * 100));
}

/** The closing trade of one runner; a record that is written over. Its fractions stand in a row; see `Order`. */
export class GreenUp {
  /** Side of the closing order. */
  side: Side = Side.lay;
  /** The worst tick it reaches: its limit. NO_TICK when there is nothing to close, or nobody to close against. */
  tick: number = NO_TICK;
  /** Four numbers from `at` on: 0 stake, 1 value, 2 closable. */
  private readonly row: Float64Array;
  private readonly at: number;

  constructor(rows = new Float64Array(4), at = 0) {
    this.row = rows;
    this.at = at;
    this.closable = 1;
  }

  /** Its stake in lots, not rounded. */
  get stake(): number {
    return this.row[this.at]!;
  }

  set stake(value: number) {
    this.row[this.at] = value;
  }

  /** Points of the runner, whether it wins or loses, once closed. */
  get value(): number {
    return this.row[this.at + 1]!;
  }

  set value(value: number) {
    this.row[this.at + 1] = value;
  }

  /** Share of the position that the visible book can close, 0 to 1. */
  get closable(): number {
    return this.row[this.at + 2]!;
  }

  set closable(value: number) {
    this.row[this.at + 2] = value;
  }

  clear(): void {
    this.side = Side.lay;
    this.stake = 0;
    this.tick = NO_TICK;
    this.value = 0;
    this.closable = 1;
  }
}

/** One a slot, side by side. */
export function greenUps(slots: number): readonly GreenUp[] {
  const rows = new Float64Array(4 * slots);
  return Array.from({ length: slots }, (_, slot) => new GreenUp(rows, 4 * slot));
}

/**
 * Closes what `slot` holds against `book`. What the visible book cannot take is valued at the end of the ladder: a
 * back that nobody lays counts as lost, a lay that nobody backs at its liability.
 * @param points price in hundredths by tick
 */
export function greenUp(
  account: BackLayAccount,
  slot: number,
  book: Pick<BookView, 'bids' | 'asks'>,
  points: Float64Array,
  into: GreenUp
): void {
  const lose = account.ifLoses(slot);
  const held = account.ifWins(slot) - lose;
  into.stake = 0;
  into.tick = NO_TICK;
  into.value = lose;
  into.closable = 1;
  if (held === 0) return;
  into.side = held > 0 ? Side.lay : Side.back;
  const depth = held > 0 ? book.asks : book.bids;
  let open = Math.abs(held);
  let tick = held > 0 ? depth.lowest : depth.highest;
  while (tick !== NO_TICK) {
    const price = points[tick]!;
    const lots = Math.min(depth.at(tick), open / price);
    into.stake += lots;
    into.tick = tick;
    open -= lots * price;
    if (open < 1e-6) {
      open = 0;
      // Before the next level is looked for, which may be far.
      break;
    }
    tick = held > 0 ? depth.above(tick) : depth.below(tick);
  }
  const end = held > 0 ? points[points.length - 1]! : points[0]!;
  const unhedged = open > 0 ? open / end : 0;
  into.closable = 1 - open / Math.abs(held);
  const change = (into.stake + unhedged) * POINTS_PER_LOT;
  into.value = held > 0 ? lose + change : lose - change;
}

/** The best prices of one book as ticks (NO_TICK where there is none) and the lots that wait there. */
export interface TouchView {
  readonly bid: number;
  readonly ask: number;
  readonly bidLots: number;
  readonly askLots: number;
}

/**
 * `greenUp` where the best price alone takes the whole position, as most often it does.
 * @returns false, and nothing is said, where it does not
 */
export function greenUpAtTouch(
  account: BackLayAccount,
  slot: number,
  touch: TouchView,
  points: Float64Array,
  into: GreenUp
): boolean {
  const lose = account.ifLoses(slot);
  const held = account.ifWins(slot) - lose;
  into.closable = 1;
  if (held === 0) {
    into.stake = 0;
    into.tick = NO_TICK;
    into.value = lose;
    return true;
  }
  const tick = held > 0 ? touch.ask : touch.bid;
  if (tick === NO_TICK) return false;
  const price = points[tick]!;
  const open = Math.abs(held);
  const lots = Math.min(held > 0 ? touch.askLots : touch.bidLots, open / price);
  if (open - lots * price >= 1e-6) return false;
  const change = lots * POINTS_PER_LOT;
  into.side = held > 0 ? Side.lay : Side.back;
  into.stake = lots;
  into.tick = tick;
  into.value = held > 0 ? lose + change : lose - change;
  return true;
}

/** Points of the whole market if every runner is closed now: the same whoever wins. */
export function markToMarket(
  account: BackLayAccount,
  books: readonly BookView[],
  points: Float64Array,
  scratch: GreenUp
): number {
  let sum = 0;
  for (let slot = 0; slot < account.slots; slot++) {
    if (account.ifWins(slot) === 0 && account.ifLoses(slot) === 0) continue;
    greenUp(account, slot, books[slot]!, points, scratch);
    sum += scratch.value;
  }
  return sum;
}
