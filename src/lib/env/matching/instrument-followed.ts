/**
 * Our orders at the venue that rows of one instrument matter to: those that rest, and those of which only the shadows
 * still do; by side, best price first, first come first, with the range of prices that they lie in. Knows no book and
 * matches nothing.
 */
import { NO_TICK } from '../../market/tape.ts';
import { Direction } from './instrument-order.ts';
import type { InstrumentOrder } from './instrument-order.ts';
import { OrderStatus } from './order.ts';
import type { ShadowQueues } from './shadow-queues.ts';

/** Beyond every tick. */
const NEVER = 0x7fffffff;

export class FollowedOrders {
  readonly bids: InstrumentOrder[] = [];
  readonly asks: InstrumentOrder[] = [];
  /** How many there are of both sides. Read-only to others, as are the ticks below. */
  count = 0;
  /** Ticks between which they lie; an empty range when none does. */
  lowBid = NEVER;
  highBid: number = NO_TICK;
  lowAsk = NEVER;
  highAsk: number = NO_TICK;
  readonly #shadows: ShadowQueues | undefined;

  constructor(shadows: ShadowQueues | undefined) {
    this.#shadows = shadows;
  }

  clear(): void {
    this.bids.length = 0;
    this.asks.length = 0;
    this.count = 0;
    this.#range();
  }

  insert(order: InstrumentOrder): void {
    const buys = order.direction === Direction.buy;
    const orders = buys ? this.bids : this.asks;
    let at = orders.length;
    orders.push(order);
    for (; at > 0 && (buys ? orders[at - 1]!.tick < order.tick : orders[at - 1]!.tick > order.tick); at--) {
      orders[at] = orders[at - 1]!;
    }
    orders[at] = order;
    this.count++;
    this.#range();
  }

  /** Takes an order out, if it is there. */
  remove(order: InstrumentOrder): void {
    const orders = order.direction === Direction.buy ? this.bids : this.asks;
    const at = orders.indexOf(order);
    if (at < 0) return;
    for (let i = at + 1; i < orders.length; i++) orders[i - 1] = orders[i]!;
    orders.pop();
    this.count--;
    this.#range();
  }

  /** Takes out what is filled and followed by no other model. @param orders `bids` or `asks` */
  sweep(orders: readonly InstrumentOrder[]): void {
    for (let i = orders.length - 1; i >= 0; i--) {
      const order = orders[i]!;
      if (order.open > 0) continue;
      order.venueStatus = OrderStatus.complete;
      if (order.shadow === undefined || this.#shadows?.open(order.shadow) !== true) this.remove(order);
    }
  }

  #range(): void {
    const { bids, asks } = this;
    this.highBid = bids.length > 0 ? bids[0]!.tick : NO_TICK;
    this.lowBid = bids.length > 0 ? bids[bids.length - 1]!.tick : NEVER;
    this.lowAsk = asks.length > 0 ? asks[0]!.tick : NEVER;
    this.highAsk = asks.length > 0 ? asks[asks.length - 1]!.tick : NO_TICK;
  }
}
