/**
 * The orders of one desk as other queue models see them: which order has a shadow, and how long it lives. An order that
 * the counting model filled is followed on until the market would have ended it, for a slower model still waits; one
 * that was withdrawn ends in every model. Only where history is kept.
 */
import type { BookView } from '../../market/book.ts';
import { LiveOrders } from './live-orders.ts';
import { OrderStatus, Side, takesStartingPrice } from './order.ts';
import type { Order } from './order.ts';
import type { QueueModel } from './queue/queue-model.ts';
import { ShadowQueues } from './shadow-queues.ts';
import type { TradeMoment } from './shadow-queues.ts';
import { closingStake } from './starting-price.ts';

/** The side of a book on which an order waits. */
export const ownDepth = (book: BookView, side: Side): BookView['bids'] => (side === Side.back ? book.asks : book.bids);

export class OrderShadows {
  readonly queues: ShadowQueues;
  /** All that is at the venue, and what is complete but still waits in another model. */
  readonly followed: LiveOrders;

  constructor(models: readonly QueueModel[], slots: number) {
    this.queues = new ShadowQueues(models);
    this.followed = new LiveOrders(slots);
  }

  clear(): void {
    this.followed.clear();
  }

  /** An order comes to the venue and has something left. */
  rest(order: Order): void {
    if (order.kind === 'limit') {
      const { rest, levelLots } = order;
      order.shadow = this.queues.rest(rest, order.crossed ? 0 : levelLots, levelLots);
    }
    this.followed.add(order);
  }

  /** `lots` of an order are withdrawn, whatever the counting model has left of it. */
  cancel(order: Order, lots: number): void {
    if (order.shadow !== undefined) this.queues.cancel(order.shadow, lots);
    if (order.status === OrderStatus.complete) this.retire(order, true);
  }

  /** An order is complete: filled by the counting model, or ended by us or the market. */
  retire(order: Order, filled: boolean): void {
    if (!filled || order.shadow === undefined || !this.queues.open(order.shadow)) this.#forget(order);
  }

  /** Tells every model how the levels changed at which orders wait. */
  depth(books: readonly BookView[]): void {
    const { bySlot } = this.followed;
    for (let slot = 0; slot < bySlot.length; slot++) {
      for (const { shadow, side, tick } of bySlot[slot]!) {
        if (shadow !== undefined) this.queues.depth(shadow, ownDepth(books[slot]!, side).at(tick));
      }
    }
  }

  /** The market was suspended: what would have lapsed is followed no further. */
  suspend(): void {
    for (const orders of this.followed.bySlot) this.#drop(orders, (order) => order.persistence === 'lapse');
  }

  /**
   * The starting price of a runner was reconciled: what still waits in any model takes it there too, and what the
   * counting model had filled is followed no further.
   */
  close(slot: number, price: number, at: TradeMoment): void {
    const orders = this.followed.bySlot[slot]!;
    for (const order of orders) {
      if (order.shadow === undefined || !takesStartingPrice(order)) continue;
      this.queues.close(order.shadow, (rest) => closingStake(order, rest, price), at);
    }
    this.#drop(orders, takesStartingPrice);
  }

  /** A runner left. */
  remove(slot: number): void {
    this.#drop(this.followed.bySlot[slot]!, () => true);
  }

  #drop(orders: readonly Order[], ended: (order: Order) => boolean): void {
    for (let i = orders.length - 1; i >= 0; i--) {
      const order = orders[i]!;
      if (order.status === OrderStatus.complete && ended(order)) this.#forget(order);
    }
  }

  #forget(order: Order): void {
    if (order.shadow !== undefined) this.queues.end(order.shadow);
    this.followed.remove(order);
  }
}
