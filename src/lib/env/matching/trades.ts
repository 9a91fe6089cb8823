/**
 * Trades that come to resting orders. The volume of a message's trades is taken a price at a time, rising; what one of
 * our orders used is gone for the next.
 */
import type { FillLog } from './fill-log.ts';
import { Side } from './order.ts';
import type { Order } from './order.ts';
import { passTrade } from './queue/pass-trade.ts';
import type { QueueModel } from './queue/queue-model.ts';
import type { ShadowQueues } from './shadow-queues.ts';

/** One fill's cause, written over: `FillLog` copies what it keeps. */
const cause = { taking: false, closing: false, ahead: 0, traded: 0, tradePoints: 0 };

export class TradeEater {
  readonly #queue: QueueModel;
  readonly #fills: FillLog;
  readonly #share: number;
  readonly #shadows: ShadowQueues | undefined;
  #count = 0;
  #slot = new Int32Array(64);
  /** Price in hundredths. */
  #points = new Float64Array(64);
  /** Taker-side lots, and those that no order of ours has used. */
  #lots = new Float64Array(64);
  #left = new Float64Array(64);
  readonly #passing = { left: this.#left, index: 0 };

  /** @param share taker-side part of a recorded trade: 0.5 where maker and taker are both counted */
  constructor(options: { queue: QueueModel; fills: FillLog; share: number; shadows: ShadowQueues | undefined }) {
    this.#queue = options.queue;
    this.#fills = options.fills;
    this.#share = options.share;
    this.#shadows = options.shadows;
  }

  /** Forgets the trades of the message before. */
  begin(): void {
    this.#count = 0;
  }

  /**
   * Lets the trades noted since `begin` reach the orders of `bySlot`. Returns whether there were any.
   * @param shadowed by slot, the orders with a shadow, in the same order of precedence
   */
  feed(bySlot: readonly (readonly Order[])[], shadowed: readonly (readonly Order[])[]): boolean {
    if (this.#count === 0) return false;
    for (let i = 0; i < this.#count; i++) this.#left[i] = this.#lots[i]!;
    this.#shadows?.begin();
    for (let first = 0; first < this.#count; first++) {
      const slot = this.#slot[first]!;
      if (first > 0 && this.#slot[first - 1] === slot) continue;
      let last = first + 1;
      while (last < this.#count && this.#slot[last] === slot) last++;
      for (const order of bySlot[slot]!) if (order.kind === 'limit') this.#reach(order, first, last);
      if (this.#shadows === undefined) continue;
      for (const order of shadowed[slot]!) this.#reachShadow(order, first, last, this.#shadows);
    }
    return true;
  }

  #reach(order: Order, first: number, last: number): void {
    const passing = this.#passing;
    for (let i = first; i < last && order.rest > 0; i++) {
      const points = this.#points[i]!;
      if (order.side === Side.back ? points < order.points : points > order.points) continue;
      if (points === order.points) order.levelTraded += this.#lots[i]!;
      const left = this.#left[i]!;
      if (left <= 0) continue;
      const ahead = order.ahead;
      passing.left = this.#left;
      passing.index = i;
      const lots = passTrade(this.#queue, order, passing, order.rest);
      if (lots <= 0) continue;
      cause.ahead = ahead;
      cause.traded = left;
      cause.tradePoints = points;
      this.#fills.match(order, lots, order.points, cause);
    }
  }

  #reachShadow(order: Order, first: number, last: number, shadows: ShadowQueues): void {
    const shadow = order.shadow;
    if (shadow === undefined) return;
    for (let i = first; i < last; i++) {
      const points = this.#points[i]!;
      if (order.side === Side.back ? points < order.points : points > order.points) continue;
      if (points === order.points) shadow.traded += this.#lots[i]!;
      shadows.trade(shadow, i, this.#lots[i]!, this.#fills);
    }
  }

  /**
   * A recorded trade at a price in hundredths. Entries are kept sorted by slot, then by price; a message rarely holds
   * more than a handful.
   */
  note(slot: number, points: number, lots: number): void {
    if (this.#count === this.#slot.length) this.#grow();
    let at = this.#count++;
    for (; at > 0; at--) {
      const before = this.#slot[at - 1]!;
      if (before < slot || (before === slot && this.#points[at - 1]! <= points)) break;
      this.#slot[at] = before;
      this.#points[at] = this.#points[at - 1]!;
      this.#lots[at] = this.#lots[at - 1]!;
    }
    this.#slot[at] = slot;
    this.#points[at] = points;
    this.#lots[at] = lots * this.#share;
  }

  #grow(): void {
    const length = this.#slot.length * 2;
    const slot = new Int32Array(length);
    const points = new Float64Array(length);
    const lots = new Float64Array(length);
    slot.set(this.#slot);
    points.set(this.#points);
    lots.set(this.#lots);
    this.#slot = slot;
    this.#points = points;
    this.#lots = lots;
    this.#left = new Float64Array(length);
  }
}
