/**
 * One account's orders at the venue: what the messages of the market do to them until they end. Trades and levels reach
 * them, removals void them, the starting price and suspensions end them. Sends nothing and moves no time.
 */
import type { Nanos } from '../../core/units.ts';
import type { BookView } from '../../market/book.ts';
import type { MarketState } from '../../market/market-state.ts';
import { MarketStatus } from '../../market/tape.ts';
import type { ExchangeOptions } from './exchange-options.ts';
import type { FillLog } from './fill-log.ts';
import { LiveOrders } from './live-orders.ts';
import { OrderStatus, takesStartingPrice } from './order.ts';
import type { EndReason, Order } from './order.ts';
import { OrderShadows, ownDepth } from './order-shadows.ts';
import type { QueueModel } from './queue/queue-model.ts';
import { otherQueues } from './queue/queue-name.ts';
import { repriceForRemoval, voidOrder } from './removal.ts';
import { closeWaitingPoints, matchAtStartingPrice } from './starting-price.ts';
import { TradeEater } from './trades.ts';

export interface RestingOptions extends Pick<ExchangeOptions, 'history' | 'shadows' | 'sizeAccounting' | 'tradeShare'> {
  readonly queue: QueueModel;
  /** Status, removals and starting prices, kept up to date by the owner. */
  readonly state: MarketState;
  readonly books: readonly BookView[];
  readonly fills: FillLog;
  /** Every order that was asked for, where history is kept: a removal voids those that are complete as well. */
  readonly orders: readonly Order[];
  /** Read when an order ends. A record, because a number that is handed on is a new object. */
  readonly clock: { readonly now: Nanos };
}

export class RestingOrders {
  readonly live: LiveOrders;
  readonly eater: TradeEater;
  /** Orders that trades and levels matter to: `live`, and with history those that only other queue models still hold. */
  readonly followed: LiveOrders;
  /** Whether `work` looks at the levels at which orders wait: the owner's books must then show every message. */
  readonly followsDepth: boolean;
  readonly #options: RestingOptions;
  readonly #shadows: OrderShadows | undefined;
  /** Whether anybody asks what waited at an order's price when it came to rest. */
  readonly #asksLevels: boolean;
  #activeRunners: number;

  constructor(options: RestingOptions) {
    const { state, queue, fills } = options;
    const slots = state.removed.length;
    const models = options.history === true ? (options.shadows ?? otherQueues(queue, state.market.rules)) : [];
    this.#options = options;
    this.#shadows = models.length > 0 ? new OrderShadows(models, slots) : undefined;
    this.live = new LiveOrders(slots);
    this.followed = this.#shadows?.followed ?? this.live;
    this.followsDepth = queue.onDepth !== undefined || models.some((model) => model.onDepth !== undefined);
    this.#asksLevels = this.followsDepth || this.#shadows !== undefined;
    this.eater = new TradeEater({ queue, fills, share: options.tradeShare ?? 0.5, shadows: this.#shadows?.queues });
    this.#activeRunners = state.activeRunners;
  }

  /** Starts over with nothing, in the market as its state now is. */
  clear(): void {
    this.live.clear();
    this.#shadows?.clear();
    this.#activeRunners = this.#options.state.activeRunners;
  }

  /** `lots` of an order are withdrawn in every other queue model; the caller does so in the one that counts. */
  withdraw(order: Order, lots: number): void {
    this.#shadows?.cancel(order, lots);
  }

  /** An order comes to the venue and has something left. */
  add(order: Order): void {
    if (order.kind === 'limit' && this.#asksLevels) {
      order.levelLots = ownDepth(this.#options.books[order.slot]!, order.side).at(order.tick);
    }
    this.live.add(order);
    this.#shadows?.rest(order);
  }

  /** What an applied message does to the orders at the venue; the eater holds its trades. */
  work(): void {
    const { bySlot } = this.live;
    this.closeAtStartingPrice();
    if (this.eater.feed(bySlot, this.followed.bySlot)) {
      for (let slot = 0; slot < bySlot.length; slot++) this.#sweep(slot);
    }
    if (this.followsDepth) this.#followDepth();
    this.lapseIfSuspended();
  }

  /** The part of `work` that trades and levels do, on one slot alone: the eater holds the trades of that slot. */
  workSlot(slot: number): void {
    if (this.eater.feed(this.live.bySlot, this.followed.bySlot)) this.#sweep(slot);
    if (this.followsDepth) this.#followDepthOf(slot);
  }

  lapseIfSuspended(): void {
    if (this.#options.state.status !== MarketStatus.suspended) return;
    this.#shadows?.suspend();
    for (const orders of this.live.bySlot) {
      for (let i = orders.length - 1; i >= 0; i--) {
        const order = orders[i]!;
        if (order.persistence === 'lapse' && order.kind === 'limit') this.#lapse(order);
      }
    }
  }

  /** Takes leave of the resting orders of a slot that have nothing left. */
  #sweep(slot: number): void {
    const orders = this.live.bySlot[slot]!;
    for (let i = orders.length - 1; i >= 0; i--) {
      const order = orders[i]!;
      if (order.rest === 0) this.retire(order, 'matched');
    }
  }

  /** Voids and restates what the removals since the last call make of it. */
  followRemovals(): void {
    const { state, fills, orders } = this.#options;
    if (state.activeRunners === this.#activeRunners) return;
    this.#activeRunners = state.activeRunners;
    const whole = this.#options.sizeAccounting === 'loose';
    for (let slot = 0; slot < state.removed.length; slot++) {
      if (state.removed[slot] !== 1 || fills.account.removed[slot] === 1) continue;
      fills.void(slot);
      this.#shadows?.remove(slot);
      for (const order of [...this.live.bySlot[slot]!]) {
        fills.account.wait(slot, order.side, -order.rest, closeWaitingPoints(order));
        this.retire(order, 'runnerRemoved');
        voidOrder(order, whole);
      }
      for (const order of orders) {
        if (order.slot === slot && order.status === OrderStatus.complete) voidOrder(order, whole);
      }
      repriceForRemoval(fills, this.live, state, slot);
    }
  }

  /** Tells the queue models how the levels changed at which orders wait, once the trades of the message are through. */
  #followDepth(): void {
    this.#shadows?.depth(this.#options.books);
    for (let slot = 0; slot < this.live.bySlot.length; slot++) this.#followDepthOf(slot);
  }

  #followDepthOf(slot: number): void {
    const { queue } = this.#options;
    if (queue.onDepth === undefined) return;
    const orders = this.live.bySlot[slot]!;
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i]!;
      if (order.kind !== 'limit') continue;
      const lots = ownDepth(this.#options.books[slot]!, order.side).at(order.tick);
      if (lots === order.levelLots) continue;
      queue.onDepth(order, order.levelLots, lots, order.levelTraded);
      order.levelLots = lots;
      order.levelTraded = 0;
    }
  }

  /** Orders that take the starting price leave with it: trades that come with it are no longer theirs. */
  closeAtStartingPrice(): void {
    if (this.followed.onClose === 0) return;
    for (let slot = 0; slot < this.live.bySlot.length; slot++) {
      const price = this.#options.state.startingPrice[slot]!;
      if (!(price > 1)) continue;
      this.#shadows?.close(slot, price, this.#options.fills);
      const orders = this.live.bySlot[slot]!;
      for (let i = orders.length - 1; i >= 0; i--) {
        const order = orders[i]!;
        if (!takesStartingPrice(order)) continue;
        matchAtStartingPrice(order, price, {
          fills: this.#options.fills,
          loose: this.#options.sizeAccounting === 'loose'
        });
        this.retire(order, order.matched > 0 && order.lapsed === 0 ? 'matched' : 'lapsedAtStartingPrice');
      }
    }
  }

  #lapse(order: Order): void {
    this.#options.fills.account.wait(order.slot, order.side, -order.rest, order.points);
    order.lapsed += order.rest;
    this.retire(order, 'lapsedAtSuspension');
  }

  retire(order: Order, reason: EndReason): void {
    this.live.remove(order);
    this.finish(order, reason);
    this.#shadows?.retire(order, reason === 'matched' && order.kind === 'limit');
  }

  finish(order: Order, reason: EndReason): void {
    order.status = OrderStatus.complete;
    order.end = reason;
    order.endedAt = this.#options.clock.now;
  }
}
