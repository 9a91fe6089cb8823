/**
 * What an episode's messages do to the watched books, by level instead of by time: the size of any price after any
 * message is a search in that price's few changes, and what happens to nobody's orders costs nothing. Made once a
 * timeline, read by every environment that plays it. Knows nothing of orders.
 *
 * Messages are counted from the episode's first, empty ones left out: POSITION p is the p-th of them. A CURSOR is how
 * many have been applied.
 */
import type { Ladder } from '../../market/ladder.ts';
import type { BookView } from '../../market/book.ts';
import type { DepthView } from '../../market/depth.ts';
import { NO_TICK } from '../../market/tape.ts';

export interface BookHistory {
  /** By position: time of the message, and its number on the tape. */
  readonly times: Float64Array;
  readonly messages: Uint32Array;
  /** By decision: the cursor when it is taken. */
  readonly cursors: Uint32Array;
  /** Positions of the messages that hold more than books and trades: status, removals, and the like. */
  readonly events: Uint32Array;
  /** Ticks of the ladder. */
  readonly ticks: number;
  /**
   * Changes of every level. Those of tick t on side d of slot s, d being 0 for bids and 1 for asks, begin at
   * `levelStart[(2 * s + d) * ticks + t]` and end where the next one's begin: from the cursor `levelAt` on it holds
   * `levelLots`. The first stands from the episode's beginning.
   */
  readonly levelStart: Uint32Array;
  readonly levelAt: Uint32Array;
  readonly levelLots: Float64Array;
  /** The same of the best price of side 2 * s + d. */
  readonly bestStart: Uint32Array;
  readonly bestAt: Uint32Array;
  readonly bestTick: Int32Array;
  /** Trades of slot s begin at `tradeStart[s]`: position, price in hundredths, lots; a message's in the tape's order. */
  readonly tradeStart: Uint32Array;
  readonly tradeAt: Uint32Array;
  readonly tradePoints: Float64Array;
  readonly tradeLots: Float64Array;
  /**
   * [decisions, slots, DECISION_WIDTH], so that what a decision asks of a slot lies together: for bids 0 the best price,
   * as a tick, 1 the cursor from which another one is, NEVER where none comes, 2 its place in `bestAt`; for asks the same
   * at 3 to 5; 6 the first trade after the decision; 7 and 8 the lowest and highest price traded until the next one, in
   * hundredths, past every price where nothing was. From 9 on the NEAR levels of the bids that begin at the best one,
   * three numbers each: the lots they hold, the cursor from which they hold others, and the place of their last change in
   * `levelAt`, one before their first where none came yet; then those of the asks.
   */
  readonly decisions: Int32Array;
}

/** Levels a side whose place a decision knows: what is joined or taken is mostly among them. */
export const NEAR = 3;
export const NEAR_WIDTH = 3 * NEAR;
export const NEAR_AT = 9;
export const DECISION_WIDTH = NEAR_AT + 2 * NEAR_WIDTH;
export const NEVER = 2 ** 31 - 1;

/** Memory of the columns. */
export function historyBytes(history: BookHistory): number {
  let bytes = 0;
  for (const column of Object.values(history) as unknown[]) if (ArrayBuffer.isView(column)) bytes += column.byteLength;
  return bytes;
}

/** Place in `levelAt` of the last change of a level that is not after a cursor; one before its first without one. */
function placeAt({ levelStart, levelAt }: BookHistory, level: number, cursor: number): number {
  let low = levelStart[level]! - 1;
  let high = levelStart[level + 1]!;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (levelAt[middle]! <= cursor) low = middle;
    else high = middle;
  }
  return low;
}

/** The same, from a place that is not after it. */
function placeFrom({ levelStart, levelAt }: BookHistory, level: number, place: number, cursor: number): number {
  const last = levelStart[level + 1]! - 1;
  let at = place;
  while (at < last && levelAt[at + 1]! <= cursor) at++;
  return at;
}

/**
 * Where a decision's row tells of a level, -1 where it does not.
 * @param side 2 * s + d
 */
function nearOf({ decisions, bestStart }: BookHistory, side: number, tick: number, decision: number): number {
  const row = (decision * ((bestStart.length - 1) >> 1) + (side >> 1)) * DECISION_WIDTH;
  const best = decisions[row + (side & 1) * 3]!;
  const behind = (side & 1) === 0 ? best - tick : tick - best;
  return behind < 0 || behind >= NEAR || best === NO_TICK ? -1 : row + NEAR_AT + (side & 1) * NEAR_WIDTH + 3 * behind;
}

/** The least a level held after cursor `from`, up to now; Infinity when it did not change. @param side 2 * s + d */
export function leastLots(history: BookHistory, side: number, tick: number, from: number, moment: Moment): number {
  const { levelStart, levelAt, levelLots, decisions, ticks } = history;
  const { cursor, decision } = moment;
  const level = side * ticks + tick;
  const near = nearOf(history, side, tick, decision);
  const first = levelStart[level]!;
  let at = near < 0 ? placeAt(history, level, cursor) : placeFrom(history, level, decisions[near + 2]!, cursor);
  let least = Infinity;
  for (; at >= first && levelAt[at]! > from; at--) least = Math.min(least, levelLots[at]!);
  return least;
}

/** The first cursor after `cursor` at which a level changes; Infinity where it does not. */
export function nextChange(history: BookHistory, level: number, cursor: number): number {
  const { levelStart, levelAt } = history;
  let low = levelStart[level]!;
  let high = levelStart[level + 1]!;
  const end = high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (levelAt[middle]! <= cursor) low = middle + 1;
    else high = middle;
  }
  return low === end ? Infinity : levelAt[low]!;
}

/** Where a reader of the history stands; views follow it. */
export interface Moment {
  cursor: number;
  /** The last decision whose cursor is not after it. */
  decision: number;
}

/** One side of a book at a moment. */
class SideView implements DepthView {
  readonly #history: BookHistory;
  readonly #moment: Moment;
  readonly #side: number;
  readonly #isBid: boolean;
  /** Where the side's best price begins in a decision's rows, and how long those are. */
  readonly #of: number;
  readonly #width: number;

  constructor(history: BookHistory, moment: Moment, side: number) {
    this.#history = history;
    this.#moment = moment;
    this.#side = side;
    this.#isBid = side % 2 === 0;
    this.#of = (side >> 1) * DECISION_WIDTH + (this.#isBid ? 0 : 3);
    this.#width = ((history.bestStart.length - 1) >> 1) * DECISION_WIDTH;
  }

  get highest(): number {
    return this.#isBid ? this.#best() : this.below(this.#history.ticks);
  }

  get lowest(): number {
    return this.#isBid ? this.above(-1) : this.#best();
  }

  at(tick: number): number {
    const history = this.#history;
    const { cursor, decision } = this.#moment;
    const near = nearOf(history, this.#side, tick, decision);
    if (near >= 0 && cursor < history.decisions[near + 1]!) return history.decisions[near]!;
    const level = this.#side * history.ticks + tick;
    const place =
      near < 0 ? placeAt(history, level, cursor) : placeFrom(history, level, history.decisions[near + 2]!, cursor);
    return place < history.levelStart[level]! ? 0 : history.levelLots[place]!;
  }

  below(tick: number): number {
    for (let next = tick - 1; next >= 0; next--) if (this.at(next) > 0) return next;
    return NO_TICK;
  }

  above(tick: number): number {
    for (let next = tick + 1; next < this.#history.ticks; next++) if (this.at(next) > 0) return next;
    return NO_TICK;
  }

  #best(): number {
    const { decisions } = this.#history;
    const { cursor, decision } = this.#moment;
    const row = decision * this.#width + this.#of;
    // Most requests arrive while the price that was decided by still stands.
    return cursor < decisions[row + 1]! ? decisions[row]! : this.#bestFrom(decisions[row + 2]!, cursor);
  }

  #bestFrom(place: number, cursor: number): number {
    const { bestAt, bestTick, bestStart } = this.#history;
    const end = bestStart[this.#side + 1]!;
    let at = place;
    while (at + 1 < end && bestAt[at + 1]! <= cursor) at++;
    return bestTick[at]!;
  }
}

/** One watched book at a moment. */
export class HistoryBook implements BookView {
  readonly ladder: Ladder;
  readonly bids: DepthView;
  readonly asks: DepthView;

  constructor(ladder: Ladder, history: BookHistory, moment: Moment, slot: number) {
    this.ladder = ladder;
    this.bids = new SideView(history, moment, 2 * slot);
    this.asks = new SideView(history, moment, 2 * slot + 1);
  }

  get bestBid(): number {
    return this.bids.highest;
  }

  get bestAsk(): number {
    return this.asks.lowest;
  }
}
