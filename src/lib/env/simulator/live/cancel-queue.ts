/** Cancels on their way to a market, first due first; of those due together, first sent. A ring that is used again. */
import type { Nanos } from '../../../core/units.ts';
import { Order } from '../../matching/order.ts';

interface Travelling {
  order: Order;
  /** The order's own when the cancel was sent: its record may be another order's by the time it arrives. */
  id: number;
}

const FIRST_CAPACITY = 16;

export class CancelQueue {
  count = 0;
  /** When the first arrives, nanoseconds; infinite when none is on its way. */
  nextDue = Number.POSITIVE_INFINITY;
  #ring: Travelling[] = Array.from({ length: FIRST_CAPACITY }, empty);
  #dues = new Float64Array(FIRST_CAPACITY);
  #first = 0;

  clear(): void {
    this.count = 0;
    this.nextDue = Number.POSITIVE_INFINITY;
    this.#first = 0;
  }

  /** @param clock says when it is sent @param travelNanos whole */
  add(order: Order, clock: { readonly now: Nanos }, travelNanos: number): void {
    if (this.count === this.#ring.length) this.#grow();
    const ring = this.#ring;
    const dues = this.#dues;
    const { length } = ring;
    const due = clock.now + travelNanos;
    let at = (this.#first + this.count++) % length;
    const record = ring[at]!;
    // One that travels a shorter time overtakes those sent before it.
    for (; at !== this.#first; at = (at + length - 1) % length) {
      const before = (at + length - 1) % length;
      if (dues[before]! <= due) break;
      ring[at] = ring[before]!;
      dues[at] = dues[before]!;
    }
    ring[at] = record;
    dues[at] = due;
    record.order = order;
    record.id = order.id;
    this.nextDue = dues[this.#first]!;
  }

  /** Takes the first off its way. @returns its order, or undefined when the record is another order's by now */
  take(): Order | undefined {
    const { order, id } = this.#ring[this.#first]!;
    this.#first = (this.#first + 1) % this.#ring.length;
    this.count--;
    this.nextDue = this.count > 0 ? this.#dues[this.#first]! : Number.POSITIVE_INFINITY;
    return order.id === id ? order : undefined;
  }

  #grow(): void {
    const { length } = this.#ring;
    const at = (k: number): number => (this.#first + k) % length;
    const dues = new Float64Array(2 * length);
    for (let k = 0; k < length; k++) dues[k] = this.#dues[at(k)]!;
    this.#ring = Array.from({ length: 2 * length }, (_, k) => (k < length ? this.#ring[at(k)]! : empty()));
    this.#dues = dues;
    this.#first = 0;
  }
}

const empty = (): Travelling => ({ order: new Order(), id: -1 });
