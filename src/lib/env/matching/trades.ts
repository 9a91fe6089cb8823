/**
 * Trades that come to resting orders. The volume of a message's trades is taken a price at a time, rising; what one of
 * our orders used is gone for the next.
 */
import type { FillLog } from './fill-log.ts';
import { Side } from './order.ts';
import type { Order } from './order.ts';
import type { QueueModel } from './queue/queue-model.ts';

/** One fill's cause, written over: `FillLog` copies what it keeps. */
const cause = { taking: false, ahead: 0, traded: 0 };

export class TradeEater {
  readonly #queue: QueueModel;
  readonly #fills: FillLog;
  readonly #share: number;
  #count = 0;
  #slot = new Int32Array(64);
  /** Price in hundredths. */
  #points = new Float64Array(64);
  #left = new Float64Array(64);

  /** @param share taker-side part of a recorded trade: 0.5 where maker and taker are both counted */
  constructor(options: { queue: QueueModel; fills: FillLog; share: number }) {
    this.#queue = options.queue;
    this.#fills = options.fills;
    this.#share = options.share;
  }

  /** Forgets the trades of the message before. */
  begin(): void {
    this.#count = 0;
  }

  /** Lets the trades noted since `begin` reach the orders of `bySlot`. Returns whether there were any. */
  feed(bySlot: readonly (readonly Order[])[]): boolean {
    if (this.#count === 0) return false;
    for (let first = 0; first < this.#count; first++) {
      const slot = this.#slot[first]!;
      if (first > 0 && this.#slot[first - 1] === slot) continue;
      let last = first + 1;
      while (last < this.#count && this.#slot[last] === slot) last++;
      for (const order of bySlot[slot]!) if (order.kind === 'limit') this.#reach(order, first, last);
    }
    return true;
  }

  #reach(order: Order, first: number, last: number): void {
    for (let i = first; i < last && order.rest > 0; i++) {
      const points = this.#points[i]!;
      const left = this.#left[i]!;
      if (left <= 0 || (order.side === Side.back ? points < order.points : points > order.points)) continue;
      const ahead = order.ahead;
      // Half a traded lot is half a lot: it moves the queue, but nothing fills by it.
      const lots = Math.floor(this.#queue.onTrade(order, left * this.#share, order.rest));
      if (order.ahead > 0) {
        this.#left[i] = 0;
        continue;
      }
      this.#left[i] = Math.max(0, left - (ahead + lots) / this.#share);
      if (lots <= 0) continue;
      cause.ahead = ahead;
      cause.traded = left * this.#share;
      this.#fills.match(order, lots, order.points, cause);
    }
  }

  /** A recorded trade at a price in hundredths. Entries are kept sorted by slot, then by price; a message rarely holds more than a handful. */
  note(slot: number, points: number, lots: number): void {
    if (this.#count === this.#slot.length) this.#grow();
    let at = this.#count++;
    for (; at > 0; at--) {
      const before = this.#slot[at - 1]!;
      if (before < slot || (before === slot && this.#points[at - 1]! <= points)) break;
      this.#slot[at] = before;
      this.#points[at] = this.#points[at - 1]!;
      this.#left[at] = this.#left[at - 1]!;
    }
    this.#slot[at] = slot;
    this.#points[at] = points;
    this.#left[at] = lots;
  }

  #grow(): void {
    const length = this.#slot.length * 2;
    const slot = new Int32Array(length);
    const points = new Float64Array(length);
    const left = new Float64Array(length);
    slot.set(this.#slot);
    points.set(this.#points);
    left.set(this.#left);
    this.#slot = slot;
    this.#points = points;
    this.#left = left;
  }
}
