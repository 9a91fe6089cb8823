/**
 * The one place where a match is booked: on the order, in the account, in the list that waits to be drained, and in
 * the ledger of matches that a later removal restates.
 */
import type { Nanos } from '../../core/units.ts';
import type { BackLayAccount } from '../account/account.ts';
import { Fill, Side } from './order.ts';
import type { Order } from './order.ts';

export interface FillCause {
  readonly taking: boolean;
  /** At the reconciled starting price. */
  readonly closing: boolean;
  readonly ahead: number;
  readonly traded: number;
  /** Price of that trade in hundredths; 0 where none came. */
  readonly tradePoints: number;
}

/** Taker of visible liquidity: no queue, no trade. */
export const TAKING: FillCause = { taking: true, closing: false, ahead: 0, traded: 0, tradePoints: 0 };
const CLOSING: FillCause = { ...TAKING, closing: true };

export class FillLog {
  readonly account: BackLayAccount;
  /** Whether fills are kept an order at a time, for stories and goldens; off where steps must not allocate. */
  readonly keep: boolean;
  /** Now, and the message being applied or about to be; set by the exchange. */
  time: Nanos = 0 as Nanos;
  message = 0;
  /** Copied to every fill: where its moment stands among all others. Only owners that go back in time set it. */
  ordinal = 0;
  readonly #drain: Fill[] = [];
  #waiting = 0;
  readonly #byOrder = new Map<number, Fill[]>();
  #matches = 0;
  #slot = new Int32Array(64);
  #side = new Uint8Array(64);
  #lots = new Float64Array(64);
  #points = new Float64Array(64);
  readonly #orders: Order[] = [];
  readonly #kept: Fill[] = [];

  constructor(account: BackLayAccount, keep: boolean) {
    this.account = account;
    this.keep = keep;
  }

  clear(): void {
    this.#waiting = 0;
    this.#matches = 0;
    this.#orders.length = 0;
    this.#kept.length = 0;
    if (this.#byOrder.size > 0) this.#byOrder.clear();
  }

  /** Books a match of `lots` at `points` hundredths that came out of what `order` had waiting. */
  match(order: Order, lots: number, points: number, cause: FillCause): void {
    order.matched += lots;
    order.matchedPoints += lots * points;
    this.account.wait(order.slot, order.side, -lots, order.points);
    this.#book(order, lots, points, cause);
  }

  /** Books a match whose waiting part is settled by the caller: at the starting price, stake and liability differ. */
  matchAtClose(order: Order, lots: number, points: number): void {
    order.matched += lots;
    order.matchedPoints += lots * points;
    this.#book(order, lots, points, CLOSING);
  }

  /** Shows every fill since the last call, in the order they were made. The records are reused afterwards. */
  drain(visit: (fill: Fill) => void): void {
    for (let i = 0; i < this.#waiting; i++) visit(this.#drain[i]!);
    this.#waiting = 0;
  }

  /**
   * `drain`, by `ordinal`: for an owner that works slot after slot, though fills of several slots were made at the same
   * time. Trades of one message reach slots in rising order; whatever was made in order keeps it.
   */
  drainInOrder(visit: (fill: Fill) => void): void {
    const fills = this.#drain;
    for (let i = 1; i < this.#waiting; i++) {
      const fill = fills[i]!;
      let at = i;
      for (; at > 0 && isBefore(fill, fills[at - 1]!); at--) fills[at] = fills[at - 1]!;
      fills[at] = fill;
    }
    this.drain(visit);
  }

  /** Fills of one order, when they are kept. */
  of(order: Order): readonly Fill[] {
    return this.#byOrder.get(order.id) ?? [];
  }

  /** Voids every match on a runner that left. */
  void(slot: number): void {
    for (let i = 0; i < this.#matches; i++) {
      if (this.#slot[i] === slot) this.#lots[i] = 0;
    }
    this.account.remove(slot);
  }

  /**
   * Restates every match made so far on the other runners.
   * @param restate new price in hundredths, or undefined to leave a match as it is
   */
  reprice(restate: (points: number, side: Side, order: Order | undefined) => number | undefined): void {
    for (let i = 0; i < this.#matches; i++) {
      const lots = this.#lots[i]!;
      if (lots === 0) continue;
      const from = this.#points[i]!;
      const side = this.#side[i]! as Side;
      const order = this.#orders[i];
      const to = restate(from, side, order);
      if (to === undefined || to === from) continue;
      this.#points[i] = to;
      this.account.reprice(this.#slot[i]!, side, lots, { from, to });
      if (order !== undefined) order.matchedPoints += lots * (to - from);
      const kept = this.#kept[i];
      if (kept !== undefined) kept.standingPoints = to;
    }
  }

  #book(order: Order, lots: number, points: number, cause: FillCause): void {
    this.account.match(order.slot, order.side, lots, points);
    if (this.#matches === this.#slot.length) this.#grow();
    const at = this.#matches++;
    this.#slot[at] = order.slot;
    this.#side[at] = order.side;
    this.#lots[at] = lots;
    this.#points[at] = points;
    const fill = this.#record(order, lots, points, cause);
    if (!this.keep) return;
    this.#orders[at] = order;
    const copy = Object.assign(new Fill(order), fill);
    this.#kept[at] = copy;
    const held = this.#byOrder.get(order.id);
    if (held === undefined) this.#byOrder.set(order.id, [copy]);
    else held.push(copy);
  }

  #record(order: Order, lots: number, points: number, cause: FillCause): Fill {
    if (this.#waiting === this.#drain.length) this.#drain.push(new Fill(order));
    const fill = this.#drain[this.#waiting++]!;
    fill.order = order;
    fill.time = this.time;
    fill.message = this.message;
    fill.ordinal = this.ordinal;
    fill.points = points;
    fill.standingPoints = points;
    fill.lots = lots;
    fill.taking = cause.taking;
    fill.closing = cause.closing;
    fill.ahead = cause.ahead;
    fill.traded = cause.traded;
    fill.tradePoints = cause.tradePoints;
    return fill;
  }

  #grow(): void {
    const length = this.#slot.length * 2;
    const slot = new Int32Array(length);
    const side = new Uint8Array(length);
    const lots = new Float64Array(length);
    const points = new Float64Array(length);
    slot.set(this.#slot);
    side.set(this.#side);
    lots.set(this.#lots);
    points.set(this.#points);
    this.#slot = slot;
    this.#side = side;
    this.#lots = lots;
    this.#points = points;
  }
}

/** Whether a fill was made before another; those that took what was visible at one moment were made in order. */
const isBefore = (fill: Fill, other: Fill): boolean =>
  fill.ordinal < other.ordinal ||
  (fill.ordinal === other.ordinal && !fill.taking && fill.order.slot < other.order.slot);
