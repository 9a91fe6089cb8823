/**
 * What is kept of a market that answers so that orders' stories can be told: every order, every fill, and what was
 * published, by which queue models say what they would have made of an order. Nothing is worked out before it is asked.
 */
import type { Nanos } from '../../../core/units.ts';
import type { MarketInfo } from '../../../market/tape.ts';
import type { Fill, Order } from '../../matching/order.ts';
import { OWN_BOOK } from '../../matching/queue-story.ts';
import { fifo } from '../../matching/queue/fifo.ts';
import { otherQueues } from '../../matching/queue/queue-name.ts';
import type { ShadowPosition } from '../../matching/shadow-queues.ts';
import { storyOf } from '../../matching/story.ts';
import type { OrderStory } from '../../matching/story.ts';
import type { OwnOrders } from '../own-orders.ts';
import { PublishedQueues } from './published-queues.ts';

export class LiveHistory {
  /** Every order that was asked for. */
  readonly orders: Order[] = [];
  /** To be told of all that is published. */
  readonly published: PublishedQueues;
  readonly #fills = new Map<Order, Fill[]>();
  #fillCount = 0;
  /** What the models made of our orders when they were last asked, and what that went by. */
  #told: ReadonlyMap<Order, readonly ShadowPosition[]> = new Map();
  #toldBy = '';

  /** @param points price in hundredths by tick */
  constructor({ rules, runners }: MarketInfo, points: Float64Array) {
    // The real queue is first in, first out: of the models it stands for that one.
    this.published = new PublishedQueues({ models: otherQueues(fifo, rules), points, slots: runners.length });
  }

  /** @param fill a record that stays as it is */
  keep(order: Order, fill: Fill): void {
    const before = this.#fills.get(order);
    if (before === undefined) this.#fills.set(order, [fill]);
    else before.push(fill);
    this.#fillCount++;
  }

  /** @param own where each order was when; an order's `tag` is its number there */
  explain(order: Order, now: Nanos, market: MarketInfo, own: OwnOrders): OrderStory {
    const others = this.#others(now, own).get(order) ?? [];
    return storyOf({ order, fills: this.#fillsOf(order), now, market, queue: OWN_BOOK, others });
  }

  #fillsOf(order: Order): readonly Fill[] {
    return this.#fills.get(order) ?? [];
  }

  /** Worked anew only where something happened since. */
  #others(now: Nanos, own: OwnOrders): ReadonlyMap<Order, readonly ShadowPosition[]> {
    const { orders } = this;
    const by = [now, orders.length, this.#fillCount].join();
    if (by !== this.#toldBy) {
      this.#toldBy = by;
      this.#told = this.published.follow({
        orders,
        fillsOf: (order) => this.#fillsOf(order),
        messagesBefore: (order) => own.messagesBefore(order.tag)
      });
    }
    return this.#told;
  }
}
