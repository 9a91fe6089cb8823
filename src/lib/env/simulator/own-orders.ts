/**
 * Orders placed in a simulated market from outside it: those on their way, those that rest, and what was matched of
 * each. They are orders of the book like any other; this only remembers which are ours. All state is in typed arrays
 * that grow by doubling, so a long episode allocates nothing.
 */
import type { Lots, Nanos, Ticks } from '../../core/units.ts';
import type { OrderRef, RunnerBook, Side } from './runner-book.ts';
import { NO_ORDER } from './runner-book.ts';
import { Owner } from './trading-floor.ts';

/** An order of ours: 1, 2, ... in order of placing. 0 is none. */
export type OwnOrder = number;
export const NO_OWN_ORDER: OwnOrder = 0;

/** A match of an order of ours. The object is used again for the next one: copy what is kept. */
export interface OwnFill {
  readonly order: OwnOrder;
  readonly slot: number;
  readonly side: Side;
  readonly tick: Ticks;
  readonly lots: Lots;
  readonly time: Nanos;
  /** False when it took a price that stood. */
  readonly resting: boolean;
}
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Where an order of ours is: on its way to the book, in it, or gone (matched, taken back or lapsed). */
export type OwnOrderPlace = 'onItsWay' | 'resting' | 'gone';
const Place = { onItsWay: 0, resting: 1, gone: 2 } as const;
const NAMES: readonly OwnOrderPlace[] = ['onItsWay', 'resting', 'gone'];

export class OwnOrders {
  /** Orders placed so far. */
  count = 0;
  /** When the next order on its way comes to its book, seconds; infinite when none is. */
  nextDue = Number.POSITIVE_INFINITY;
  readonly #books: readonly RunnerBook[];
  #capacity = 256;
  #place = new Uint8Array(this.#capacity);
  #slot = new Uint8Array(this.#capacity);
  #side = new Uint8Array(this.#capacity);
  #tick = new Int32Array(this.#capacity);
  #lots = new Float64Array(this.#capacity);
  #matched = new Float64Array(this.#capacity);
  #due = new Float64Array(this.#capacity);
  #ref = new Float64Array(this.#capacity);
  /** Orders on their way, in order of placing. */
  readonly #travelling: OwnOrder[] = [];
  readonly #fills: Writable<OwnFill>[] = [];
  #fillCount = 0;

  constructor(books: readonly RunnerBook[]) {
    this.#books = books;
  }

  add(order: { slot: number; side: Side; tick: Ticks; lots: Lots }, due: number): OwnOrder {
    if (this.count === this.#capacity) this.#grow();
    const at = this.count++;
    this.#place[at] = Place.onItsWay;
    this.#slot[at] = order.slot;
    this.#side[at] = order.side;
    this.#tick[at] = order.tick;
    this.#lots[at] = order.lots;
    this.#due[at] = due;
    this.#travelling.push(at + 1);
    this.nextDue = Math.min(this.nextDue, due);
    return at + 1;
  }

  /** Takes the first order that is due by `time` off its way; the caller brings it to its book or drops it. */
  arriving(time: number): OwnOrder {
    let found: OwnOrder = NO_OWN_ORDER;
    for (const order of this.#travelling) {
      const due = this.#due[order - 1]!;
      if (due <= time && (found === NO_OWN_ORDER || due < this.#due[found - 1]!)) found = order;
    }
    if (found !== NO_OWN_ORDER) this.#leave(found);
    return found;
  }

  /** Takes prices with an order that has arrived, then rests what is left. @returns lots matched at once */
  enter(order: OwnOrder): number {
    const at = order - 1;
    const book = this.#books[this.#slot[at]!]!;
    const [side, tick, lots] = [this.side(order), this.#tick[at]!, this.#lots[at]!];
    const left = book.take(side, tick, lots, Owner.own + order);
    if (left > 0) {
      this.#ref[at] = book.place(side, tick, left, Owner.own + order);
      this.#place[at] = Place.resting;
    }
    return lots - left;
  }

  /** @returns lots that were still unmatched, 0 when it had gone */
  cancel(order: OwnOrder): Lots {
    if (this.where(order) === 'onItsWay') {
      this.#leave(order);
      return this.#lots[order - 1]! as Lots;
    }
    const left = this.#books[this.slot(order)]?.cancel(this.ref(order)) ?? 0;
    if (order > 0 && order <= this.count) this.#place[order - 1] = Place.gone;
    return left as Lots;
  }

  /** Every order on its way is dropped: the market takes none. */
  drop(): void {
    for (const order of this.#travelling) this.#place[order - 1] = Place.gone;
    this.#travelling.length = 0;
    this.nextDue = Number.POSITIVE_INFINITY;
  }

  where(order: OwnOrder): OwnOrderPlace {
    if (order < 1 || order > this.count) return 'gone';
    const place = this.#place[order - 1]!;
    if (place === Place.resting && this.#books[this.slot(order)]!.remaining(this.ref(order)) === 0) return 'gone';
    return NAMES[place]!;
  }

  /** Its reference in the book, NO_ORDER while it does not rest. */
  ref(order: OwnOrder): OrderRef {
    return this.#place[order - 1] === Place.resting ? this.#ref[order - 1]! : NO_ORDER;
  }

  slot(order: OwnOrder): number {
    return this.#slot[order - 1] ?? 0;
  }

  side(order: OwnOrder): Side {
    return this.#side[order - 1]! as Side;
  }

  tick(order: OwnOrder): Ticks {
    return this.#tick[order - 1]! as Ticks;
  }

  matched(order: OwnOrder): Lots {
    return (this.#matched[order - 1] ?? 0) as Lots;
  }

  /** Lots that still wait in the book or are on their way. */
  remaining(order: OwnOrder): Lots {
    if (this.where(order) === 'onItsWay') return this.#lots[order - 1]! as Lots;
    return (this.#books[this.slot(order)]?.remaining(this.ref(order)) ?? 0) as Lots;
  }

  noteFill(fill: OwnFill): void {
    this.#matched[fill.order - 1]! += fill.lots;
    const kept = this.#fills[this.#fillCount];
    if (kept === undefined) this.#fills.push({ ...fill });
    else Object.assign(kept, fill);
    this.#fillCount++;
  }

  /** Matches since the last call, in order. */
  drainFills(visit: (fill: OwnFill) => void): void {
    for (let i = 0; i < this.#fillCount; i++) visit(this.#fills[i]!);
    this.#fillCount = 0;
  }

  #leave(order: OwnOrder): void {
    this.#place[order - 1] = Place.gone;
    this.#travelling.splice(this.#travelling.indexOf(order), 1);
    this.nextDue = Number.POSITIVE_INFINITY;
    for (const other of this.#travelling) this.nextDue = Math.min(this.nextDue, this.#due[other - 1]!);
  }

  #grow(): void {
    this.#capacity *= 2;
    const wider = <T extends Uint8Array | Int32Array | Float64Array>(column: T): T => {
      const grown = new (column.constructor as new (length: number) => T)(this.#capacity);
      grown.set(column);
      return grown;
    };
    this.#place = wider(this.#place);
    this.#slot = wider(this.#slot);
    this.#side = wider(this.#side);
    this.#tick = wider(this.#tick);
    this.#lots = wider(this.#lots);
    this.#matched = wider(this.#matched);
    this.#due = wider(this.#due);
    this.#ref = wider(this.#ref);
  }
}
