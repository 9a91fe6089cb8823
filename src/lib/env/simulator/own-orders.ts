/**
 * Orders placed in a simulated market from outside it: those on their way, those that rest, and what was matched of
 * each. They are orders of the book like any other; this only remembers which are ours. All state is in typed arrays
 * that grow by doubling and are used again by the next market.
 */
import type { Lots, Nanos, Ticks } from '../../core/units.ts';
import { NANOS_PER_SECOND } from '../../core/units.ts';
import { NO_TICK } from '../../market/tape.ts';
import type { Match, OrderRef, RunnerBook } from './runner-book.ts';
import { NO_ORDER, Side } from './runner-book.ts';
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
  /** What the bet that came to it took at the price in all, and of that, before this order; 0 when it took itself. */
  readonly cameLots: number;
  readonly aheadLots: number;
  /** Messages that were published before it. */
  readonly message: number;
}
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What is asked for when an order is placed. */
export interface OwnRequest {
  readonly slot: number;
  readonly side: Side;
  readonly tick: Ticks;
  readonly lots: Lots;
  /** From now until it comes to its book, the bet delay not counted; none when left out. */
  readonly delaySeconds?: number;
  /**
   * Ticks of the prices it would take that someone quicker takes just before it comes; none when left out. Nobody is
   * quicker to what it does not take.
   */
  readonly quickerTicks?: number;
  /** Of what waits at its price when it comes to rest, the share that is ahead of it: 1, all, when left out. */
  readonly queueShare?: number;
}

/**
 * Where an order of ours is: on its way to the book, in it, or gone: matched or taken back, `lapsed` with what was left
 * of it when the market was suspended, or `dropped` because the market was not open when it came or was on its way.
 */
export type OwnOrderPlace = 'onItsWay' | 'resting' | 'gone' | 'lapsed' | 'dropped';
const Place = { onItsWay: 0, resting: 1, gone: 2, lapsed: 3, dropped: 4 } as const;
const NAMES: readonly OwnOrderPlace[] = ['onItsWay', 'resting', 'gone', 'lapsed', 'dropped'];

const FIRST_CAPACITY = 256;

export class OwnOrders {
  /** Orders placed so far. */
  count = 0;
  /** When the next order on its way comes to its book, seconds; infinite when none is. */
  nextDue = Number.POSITIVE_INFINITY;
  /** The market's clock, seconds, as far as the books were told; and messages published. The market sets both. */
  now = 0;
  message = 0;
  readonly #books: readonly RunnerBook[];
  #place = new Uint8Array(FIRST_CAPACITY);
  #slot = new Uint8Array(FIRST_CAPACITY);
  #side = new Uint8Array(FIRST_CAPACITY);
  #tick = new Int32Array(FIRST_CAPACITY);
  #lots = new Float64Array(FIRST_CAPACITY);
  #matched = new Float64Array(FIRST_CAPACITY);
  /** Lots ahead of it when it came to rest. */
  #ahead = new Float64Array(FIRST_CAPACITY);
  #due = new Float64Array(FIRST_CAPACITY);
  /** Messages that were published before it came to its book. */
  #messages = new Int32Array(FIRST_CAPACITY);
  /** When it lapsed or was dropped, seconds. */
  #ended = new Float64Array(FIRST_CAPACITY);
  #quicker = new Uint8Array(FIRST_CAPACITY);
  #share = new Float64Array(FIRST_CAPACITY);
  #ref = new Float64Array(FIRST_CAPACITY);
  /** Orders on their way, in order of placing, and how many. */
  #travelling = new Int32Array(FIRST_CAPACITY);
  #travellers = 0;
  readonly #fills: Writable<OwnFill>[] = [];
  #fillCount = 0;

  constructor(books: readonly RunnerBook[]) {
    this.#books = books;
  }

  /** Starts over with no order. */
  begin(): void {
    this.count = 0;
    this.nextDue = Number.POSITIVE_INFINITY;
    this.now = 0;
    this.message = 0;
    this.#travellers = 0;
    this.#fillCount = 0;
  }

  /** Takes an order that is to come to its book once `now` is `delaySeconds` and `betDelay` on. */
  add(order: OwnRequest, betDelay: number): OwnOrder {
    if (this.count === this.#place.length) this.#grow();
    const at = this.count++;
    const due = this.now + (order.delaySeconds ?? 0) + betDelay;
    this.#place[at] = Place.onItsWay;
    this.#slot[at] = order.slot;
    this.#side[at] = order.side;
    this.#tick[at] = order.tick;
    this.#lots[at] = order.lots;
    this.#matched[at] = 0;
    this.#ahead[at] = 0;
    this.#due[at] = due;
    this.#quicker[at] = order.quickerTicks ?? 0;
    this.#share[at] = order.queueShare ?? 1;
    this.#ref[at] = NO_ORDER;
    this.#travelling[this.#travellers++] = at + 1;
    if (due < this.nextDue) this.nextDue = due;
    return at + 1;
  }

  /** Takes the first order that is due by `now` off its way; the caller brings it to its book or drops it. */
  arriving(): OwnOrder {
    let found: OwnOrder = NO_OWN_ORDER;
    for (let i = 0; i < this.#travellers; i++) {
      const order = this.#travelling[i]!;
      const due = this.#due[order - 1]!;
      if (due <= this.now && (found === NO_OWN_ORDER || due < this.#due[found - 1]!)) found = order;
    }
    if (found !== NO_OWN_ORDER) this.#leave(found);
    return found;
  }

  /**
   * Lots that someone quicker takes from an order that is about to enter: all that waits within its `quickerTicks` of the
   * best price, where it would take that. Sets `slippedTicks`.
   */
  quickerLots(order: OwnOrder): number {
    const at = order - 1;
    const ticks = this.#quicker[at]!;
    this.#quicker[at] = 0;
    if (ticks === 0) return 0;
    const book = this.#books[this.#slot[at]!]!;
    const bids = this.#side[at] === Side.ask;
    const best = bids ? book.bestBid : book.bestAsk;
    if (best === NO_TICK || (bids ? best < this.#tick[at]! : best > this.#tick[at]!)) return 0;
    let lots = 0;
    for (let step = 0; step < ticks; step++) {
      const tick = bids ? best - step : best + step;
      if (tick < 0 || tick >= book.ladderSize) break;
      lots += book.sizeAt(bids ? Side.bid : Side.ask, tick);
    }
    this.#quicker[at] = ticks;
    return lots;
  }

  /** Once it has come to its book: ticks that someone quicker took from it. */
  slippedTicks(order: OwnOrder): number {
    return this.#quicker[order - 1] ?? 0;
  }

  /** Takes prices with an order that has arrived, then rests what is left. @returns lots matched at once */
  enter(order: OwnOrder): number {
    const at = order - 1;
    const book = this.#books[this.#slot[at]!]!;
    const side = this.side(order);
    const tick = this.#tick[at]!;
    const lots = this.#lots[at]!;
    this.#messages[at] = this.message;
    const left = book.take(side, tick, lots, Owner.own + order);
    if (left > 0) {
      const ref = book.place(side, tick, left, Owner.own + order);
      const share = this.#share[at]!;
      if (share < 1) book.overtake(ref, Math.round(share * book.queueAhead(ref)));
      this.#ref[at] = ref;
      this.#ahead[at] = book.queueAhead(ref);
      this.#place[at] = Place.resting;
    }
    return lots - left;
  }

  /** @returns lots taken out of the book: 0 when it had gone, and when it is still on its way, which it stays */
  cancel(order: OwnOrder): Lots {
    if (this.where(order) === 'onItsWay') return 0 as Lots;
    const left = this.#books[this.slot(order)]?.cancel(this.ref(order)) ?? 0;
    if (left > 0) this.#place[order - 1] = Place.gone;
    return left as Lots;
  }

  /** The market is suspended: what rests lapses, and what is on its way is dropped. The books are not cleared yet. */
  lapse(): void {
    for (let i = 0; i < this.#travellers; i++) this.drop(this.#travelling[i]!);
    this.#travellers = 0;
    this.nextDue = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.count; at++) {
      if (this.#place[at] !== Place.resting || this.remaining(at + 1) === 0) continue;
      this.#place[at] = Place.lapsed;
      this.#ended[at] = this.now;
    }
  }

  /** The market does not take it. */
  drop(order: OwnOrder): void {
    this.#place[order - 1] = Place.dropped;
    this.#quicker[order - 1] = 0;
    this.#ended[order - 1] = this.now;
  }

  /** When it lapsed or was dropped, seconds on the market's clock. */
  endedAt(order: OwnOrder): number {
    return this.#ended[order - 1] ?? 0;
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

  /** Lots that stood ahead of it when it came to rest; 0 when it never did. */
  aheadOnArrival(order: OwnOrder): number {
    return this.#ahead[order - 1] ?? 0;
  }

  /** Messages that were published before it came to its book. */
  messagesBefore(order: OwnOrder): number {
    return this.#messages[order - 1] ?? 0;
  }

  /** Lots that still wait in the book or are on their way. */
  remaining(order: OwnOrder): Lots {
    if (this.where(order) === 'onItsWay') return this.#lots[order - 1]! as Lots;
    return (this.#books[this.slot(order)]?.remaining(this.ref(order)) ?? 0) as Lots;
  }

  /** A match of the resting order, or of the one that came, on a runner, at `now`. */
  noteFill(slot: number, match: Readonly<Match>, resting: boolean): void {
    const order = (resting ? match.makerOwner : match.takerOwner) - Owner.own;
    this.#matched[order - 1]! += match.lots;
    const fill = (this.#fills[this.#fillCount++] ??= emptyFill());
    fill.order = order;
    fill.slot = slot;
    fill.side = resting ? match.side : match.side === Side.bid ? Side.ask : Side.bid;
    fill.tick = match.tick as Ticks;
    fill.lots = match.lots as Lots;
    fill.time = Math.round(this.now * NANOS_PER_SECOND) as Nanos;
    fill.resting = resting;
    fill.cameLots = resting ? match.cameLots : 0;
    fill.aheadLots = resting ? match.aheadLots : 0;
    fill.message = this.message;
  }

  /** Matches since the last call, in order. */
  drainFills(visit: (fill: OwnFill) => void): void {
    for (let i = 0; i < this.#fillCount; i++) visit(this.#fills[i]!);
    this.#fillCount = 0;
  }

  #leave(order: OwnOrder): void {
    this.#place[order - 1] = Place.gone;
    let kept = 0;
    this.nextDue = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#travellers; i++) {
      const other = this.#travelling[i]!;
      if (other === order) continue;
      this.#travelling[kept++] = other;
      this.nextDue = Math.min(this.nextDue, this.#due[other - 1]!);
    }
    this.#travellers = kept;
  }

  #grow(): void {
    this.#place = wider(this.#place);
    this.#slot = wider(this.#slot);
    this.#side = wider(this.#side);
    this.#tick = wider(this.#tick);
    this.#lots = wider(this.#lots);
    this.#matched = wider(this.#matched);
    this.#ahead = wider(this.#ahead);
    this.#due = wider(this.#due);
    this.#messages = wider(this.#messages);
    this.#ended = wider(this.#ended);
    this.#quicker = wider(this.#quicker);
    this.#share = wider(this.#share);
    this.#ref = wider(this.#ref);
    this.#travelling = wider(this.#travelling);
  }
}

const emptyFill = (): Writable<OwnFill> => ({
  order: NO_OWN_ORDER,
  slot: 0,
  side: Side.bid,
  tick: 0 as Ticks,
  lots: 0 as Lots,
  // A fraction, so that the engine gives the field room for a number of any size.
  time: 0.5 as Nanos,
  resting: false,
  cameLots: 0,
  aheadLots: 0,
  message: 0
});

function wider<T extends Uint8Array | Int32Array | Float64Array>(column: T): T {
  const grown = new (column.constructor as new (length: number) => T)(2 * column.length);
  grown.set(column);
  return grown;
}
