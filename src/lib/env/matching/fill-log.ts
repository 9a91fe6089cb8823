/**
 * The one place where a match is booked: on the order, in the account, in the list that waits to be drained, and in
 * the ledger of matches that a later removal restates.
 */
import type { Nanos } from '../../core/units.ts';
import type { BackLayAccount } from '../account/account.ts';
import type { DeskRecords } from './desk-records.ts';
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
  readonly #records: DeskRecords;
  /** Not shown yet. */
  readonly #waiting: Fill[] = [];
  readonly #byOrder = new Map<number, Fill[]>();
  #matches = 0;
  /** A row of four a match: slot, side, lots, points. */
  #ledger = new Float64Array(4 * 64);
  readonly #orders: Order[] = [];
  readonly #kept: Fill[] = [];

  constructor(account: BackLayAccount, records: DeskRecords, keep: boolean) {
    this.account = account;
    this.#records = records;
    this.keep = keep;
  }

  clear(): void {
    while (this.#waiting.length > 0) this.#records.giveFill(this.#waiting.pop()!);
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
    const fills = this.#waiting;
    for (let i = 0; i < fills.length; i++) visit(fills[i]!);
    while (fills.length > 0) this.#records.giveFill(fills.pop()!);
  }

  /**
   * `drain`, by `ordinal`: for an owner that works slot after slot, though fills of several slots were made at the same
   * time. Trades of one message reach slots in rising order; whatever was made in order keeps it.
   */
  drainInOrder(visit: (fill: Fill) => void): void {
    const fills = this.#waiting;
    for (let i = 1; i < fills.length; i++) {
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
      if (this.#ledger[4 * i] === slot) this.#ledger[4 * i + 2] = 0;
    }
    this.account.remove(slot);
  }

  /**
   * Restates every match made so far on the other runners.
   * @param restate new price in hundredths, or undefined to leave a match as it is
   */
  reprice(restate: (points: number, side: Side, order: Order | undefined) => number | undefined): void {
    for (let i = 0; i < this.#matches; i++) {
      const at = 4 * i;
      const lots = this.#ledger[at + 2]!;
      if (lots === 0) continue;
      const from = this.#ledger[at + 3]!;
      const side = this.#ledger[at + 1]! as Side;
      const order = this.#orders[i];
      const to = restate(from, side, order);
      if (to === undefined || to === from) continue;
      this.#ledger[at + 3] = to;
      this.account.reprice(this.#ledger[at]!, side, lots, { from, to });
      if (order !== undefined) order.matchedPoints += lots * (to - from);
      const kept = this.#kept[i];
      if (kept !== undefined) kept.standingPoints = to;
    }
  }

  #book(order: Order, lots: number, points: number, cause: FillCause): void {
    this.account.match(order.slot, order.side, lots, points);
    if (4 * this.#matches === this.#ledger.length) this.#grow();
    const at = this.#matches++;
    const row = 4 * at;
    this.#ledger[row] = order.slot;
    this.#ledger[row + 1] = order.side;
    this.#ledger[row + 2] = lots;
    this.#ledger[row + 3] = points;
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
    const fill = this.#records.fill(order);
    this.#waiting.push(fill);
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
    const ledger = new Float64Array(this.#ledger.length * 2);
    ledger.set(this.#ledger);
    this.#ledger = ledger;
  }
}

/** Whether a fill was made before another; those that took what was visible at one moment were made in order. */
const isBefore = (fill: Fill, other: Fill): boolean =>
  fill.ordinal < other.ordinal ||
  (fill.ordinal === other.ordinal && !fill.taking && fill.order.slot < other.order.slot);
