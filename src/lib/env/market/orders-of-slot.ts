/**
 * The orders one runner slot has out: at most MAX_ORDERS, the newest last. Turns a decoded action into requests, and
 * takes leave of orders that are done. Owns the records of its orders until it releases them to the exchange.
 */
import type { Lots, Ticks } from '../../core/units.ts';
import { NO_TICK } from '../../market/tape.ts';
import type { GreenUp } from '../account/hedge.ts';
import type { EpisodeExchange } from './episode-exchange.ts';
import { OrderStatus, Side } from '../matching/order.ts';
import type { Order, OrderRequest } from '../matching/order.ts';
import { Intent } from './action.ts';
import type { SlotAction, StakeRange } from './action.ts';

/** One resting and one on its way a side, one that closes a position, one to spare. */
const MAX_ORDERS = 6;

/** Written over for every order: the exchange copies what it keeps. */
const request: OrderRequest = {
  slot: 0,
  side: Side.back,
  tick: 0 as Ticks,
  lots: 0 as Lots,
  reducing: false,
  touch: NO_TICK
};

/** Called with an order that is done, before its record is reused. */
export type OrderVisitor = (order: Order) => void;

export class OrdersOfSlot {
  readonly orders: Order[] = [];
  /** The newest orders that were not done when `sweep` last looked. */
  newestBack: Order | undefined;
  newestLay: Order | undefined;

  clear(): void {
    while (this.orders.length > 0) this.orders.pop();
    this.newestBack = undefined;
    this.newestLay = undefined;
  }

  /**
   * Carries an action out. Returns how many requests it took.
   * @param green what would close the slot's position now
   */
  act(action: SlotAction, slot: number, exchange: EpisodeExchange, green: GreenUp, stakes: StakeRange): number {
    switch (action.intent) {
      case Intent.none:
        return 0;
      case Intent.withdraw:
        return this.#withdraw(exchange, undefined);
      case Intent.greenUp:
        return this.#withdraw(exchange, undefined) + this.#close(action, slot, exchange, green);
      case Intent.quote:
        return this.#quote(action, slot, exchange, green, stakes);
    }
  }

  /** Takes leave of what is done. */
  sweep(exchange: EpisodeExchange, visit: OrderVisitor): void {
    const orders = this.orders;
    let kept = 0;
    this.newestBack = undefined;
    this.newestLay = undefined;
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i]!;
      if (order.status === OrderStatus.complete) {
        visit(order);
        exchange.release(order);
        continue;
      }
      orders[kept++] = order;
      if (order.side === Side.back) this.newestBack = order;
      else this.newestLay = order;
    }
    // Not by its length: that gives the memory back, and the next order asks for it again.
    while (orders.length > kept) orders.pop();
  }

  /** @param side only this side's orders, or every order when undefined */
  #withdraw(exchange: EpisodeExchange, side: Side | undefined): number {
    let requests = 0;
    for (let i = 0; i < this.orders.length; i++) {
      const order = this.orders[i]!;
      if (side !== undefined && order.side !== side) continue;
      if (order.cancelling || order.status === OrderStatus.complete) continue;
      exchange.cancel(order);
      requests++;
    }
    return requests;
  }

  /** Of what waits on its side, what rests is replaced; what is on its way, or still to be withdrawn, is counted. */
  #quote(action: SlotAction, slot: number, exchange: EpisodeExchange, green: GreenUp, stakes: StakeRange): number {
    const { side, tick } = action;
    const { account } = exchange;
    let waiting = side === Side.back ? account.waitingBack(slot) : account.waitingLay(slot);
    for (let i = 0; i < this.orders.length; i++) {
      const order = this.orders[i]!;
      if (order.cancelling || order.side !== side) continue;
      if (order.tick === tick) return 0;
      if (order.status === OrderStatus.executable) waiting -= order.rest;
    }
    const lots = Math.min(action.lots, room(side, green, stakes) - waiting);
    if (lots < stakes.minimumLots || this.orders.length >= MAX_ORDERS) return 0;
    const withdrawn = this.#withdraw(exchange, side);
    request.touch = side === Side.back ? action.bid : action.ask;
    this.#place(slot, side, tick, lots, false, exchange);
    return withdrawn + 1;
  }

  /** Closes against what is visible. Nothing more while an order is on its way: its result is not known yet. */
  #close(action: SlotAction, slot: number, exchange: EpisodeExchange, green: GreenUp): number {
    const lots = Math.round(green.stake * action.share);
    if (green.tick === NO_TICK || lots <= 0 || this.orders.length >= MAX_ORDERS) return 0;
    for (const order of this.orders) if (order.status === OrderStatus.pending) return 0;
    request.touch = green.side === Side.back ? action.bid : action.ask;
    this.#place(slot, green.side, green.tick, lots, true, exchange);
    return 1;
  }

  #place(slot: number, side: Side, tick: number, lots: number, reducing: boolean, exchange: EpisodeExchange): void {
    request.slot = slot;
    request.side = side;
    request.tick = tick as Ticks;
    request.lots = lots as Lots;
    request.reducing = reducing;
    this.orders.push(exchange.place(request));
  }
}

/**
 * Lots that may be staked on a side, what waits there included, before the position passes the stake cap; below 0 when it
 * has. The position is counted as the stake that would close it.
 */
function room(side: Side, green: GreenUp, { capLots }: StakeRange): number {
  const open = green.closable > 0 ? Math.round(green.stake / green.closable) : 0;
  // What closes a position is staked against it: that side has all of it and the cap besides.
  return green.side === side ? capLots + open : capLots - open;
}
