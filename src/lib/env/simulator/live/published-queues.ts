/**
 * What queue models would have made of orders that stood in a simulated market's own books, where the queue is the real
 * one: they are shown what the venue published, as on a recording. Keeps what was published and works it through when
 * somebody asks, so that playing costs nothing; only where history is kept.
 *
 * What others have at a level is what was published of it less our own lots there. A trade counts in whole, for what came
 * to us is what the models share out, but for what we took ourselves on the same side: on a recording nobody sees that.
 */
import type { Nanos } from '../../../core/units.ts';
import { NANOS_PER_MILLI } from '../../../core/units.ts';
import { MarketStatus, RowKind } from '../../../market/tape.ts';
import { LiveOrders } from '../../matching/live-orders.ts';
import { OrderStatus, Side } from '../../matching/order.ts';
import type { Fill, Order } from '../../matching/order.ts';
import type { QueueModel } from '../../matching/queue/queue-model.ts';
import { ShadowQueues } from '../../matching/shadow-queues.ts';
import type { Shadow, ShadowPosition, TradeMoment } from '../../matching/shadow-queues.ts';
import type { RowSink } from '../publisher.ts';

interface Published {
  readonly time: Nanos;
  /** Kind, slot, tick and lots, row by row. */
  readonly rows: number[];
}

/** Our orders of a market and what was matched of each, as the exchange keeps them. */
export interface OwnHistory {
  readonly orders: readonly Order[];
  readonly fillsOf: (order: Order) => readonly Fill[];
  /** Messages that were published before it came to its book. */
  readonly messagesBefore: (order: Order) => number;
}

/** An order as the models see it, and what is in the book of it. */
interface Followed {
  readonly order: Order;
  readonly fills: readonly Fill[];
  readonly shadow: Shadow;
  /** Where its level stands among all levels. */
  readonly level: number;
  /** Lots that are in the book by its fills so far, and those of them that were published last. */
  rest: number;
  nextFill: number;
  published: number;
}

const ROW = 4;
/** A trade of a message is one for those who back and one for those who lay; and a price has a level for each. */
const SIDES = 2;

export class PublishedQueues implements RowSink {
  readonly #models: readonly QueueModel[];
  /** Price in hundredths by tick. */
  readonly #points: Float64Array;
  readonly #slots: number;
  readonly #messages: Published[] = [];

  constructor(options: { models: readonly QueueModel[]; points: Float64Array; slots: number }) {
    this.#models = options.models;
    this.#points = options.points;
    this.#slots = options.slots;
  }

  message(millis: number): void {
    this.#messages.push({ time: (NANOS_PER_MILLI * millis) as Nanos, rows: [] });
  }

  row(kind: RowKind, slot: number, tick: number, lots: number): void {
    if (kind > RowKind.trade && kind !== RowKind.status) return;
    this.#messages[this.#messages.length - 1]!.rows.push(kind, slot, tick, lots);
  }

  /** By order that came to rest so far: what each model made of it. */
  follow({ orders, fillsOf, messagesBefore }: OwnHistory): Map<Order, readonly ShadowPosition[]> {
    const walk = new Walk(this.#models, this.#points, this.#slots);
    const coming = orders
      .filter((order) => order.status !== OrderStatus.pending && order.voided === 0)
      .sort((a, b) => messagesBefore(a) - messagesBefore(b) || a.acceptedAt - b.acceptedAt || a.id - b.id);
    let next = 0;
    for (let message = 0; message <= this.#messages.length; message++) {
      for (; next < coming.length && messagesBefore(coming[next]!) <= message; next++) {
        walk.enter(coming[next]!, fillsOf(coming[next]!));
      }
      const published = this.#messages[message];
      if (published !== undefined) walk.apply({ time: published.time, message }, published.rows);
    }
    walk.withdraw(Infinity as Nanos);
    return walk.positions;
  }
}

/** One pass over what was published. */
class Walk {
  /** Of every order that came to rest. */
  readonly positions = new Map<Order, readonly ShadowPosition[]>();
  readonly #points: Float64Array;
  readonly #queues: ShadowQueues;
  /** Those that wait in any model, in the order in which trades reach them. */
  readonly #waiting: LiveOrders;
  /** Those, and those that stand in the book. */
  #followed: Followed[] = [];
  readonly #byOrder = new Map<Order, Followed>();
  /** Lots that orders of ours took, and that came to them, by message, slot, side and price. */
  readonly #took = new Map<string, number>();
  readonly #came = new Map<string, number>();
  /** By level: sizes as published, and how much of them was ours. */
  readonly #sizes: Float64Array;
  readonly #own: Float64Array;

  constructor(models: readonly QueueModel[], points: Float64Array, slots: number) {
    this.#points = points;
    this.#queues = new ShadowQueues(models);
    this.#waiting = new LiveOrders(slots);
    this.#sizes = new Float64Array(slots * SIDES * points.length);
    this.#own = new Float64Array(slots * SIDES * points.length);
  }

  /** An order came to its book. */
  enter(order: Order, fills: readonly Fill[]): void {
    const { slot, side, tick } = order;
    let rest = order.lots;
    for (const { taking, message, points, lots } of fills) {
      const sums = taking ? this.#took : this.#came;
      const key = keyOf(message, slot, side, points);
      sums.set(key, (sums.get(key) ?? 0) + lots);
      if (taking) rest -= lots;
    }
    if (rest === 0) return;
    const level = this.#level(slot, side, tick);
    const others = this.#others(level);
    // What it crossed is gone: nobody is before it at its price.
    const shadow = this.#queues.rest(rest, rest < order.lots ? 0 : others, others);
    const came = fills.filter(({ taking }) => !taking);
    const followed = { order, fills: came, shadow, level, rest, nextFill: 0, published: 0 };
    this.positions.set(order, shadow.positions);
    this.#followed.push(followed);
    this.#byOrder.set(order, followed);
    this.#waiting.add(order);
  }

  /** One message: its trades reach who waits, then the levels that it left are seen. */
  apply(at: TradeMoment, rows: readonly number[]): void {
    this.withdraw(at.time);
    const trades: { slot: number; points: number; lots: number }[] = [];
    let suspended = false;
    for (let i = 0; i < rows.length; i += ROW) {
      const [kind, slot, tick, lots] = [rows[i]!, rows[i + 1]!, rows[i + 2]!, rows[i + 3]!];
      if (kind === RowKind.status) suspended ||= lots === MarketStatus.suspended;
      // Both sides of a bet are counted in what is published.
      else if (kind === RowKind.trade) trades.push({ slot, points: this.#points[tick]!, lots: lots / 2 });
      else this.#sizes[this.#level(slot, kind === RowKind.ask ? Side.back : Side.lay, tick)] = lots;
    }
    trades.sort((a, b) => a.slot - b.slot || a.points - b.points);
    this.#queues.begin();
    trades.forEach(({ slot, points, lots }, index) => {
      for (const side of [Side.back, Side.lay]) {
        const key = keyOf(at.message, slot, side, points);
        const volume = lots - (this.#took.get(key) ?? 0);
        if (volume > 0) this.#trade({ slot, side, points, volume, index: SIDES * index + side }, at);
      }
    });
    this.#show(at);
    for (const { shadow, level } of this.#followed) this.#queues.depth(shadow, this.#others(level));
    if (suspended) for (const one of this.#followed) this.#end(one);
    this.#followed = this.#followed.filter((one) => one.published > 0 || this.#queues.open(one.shadow));
  }

  /** Orders that were cancelled before a time end in every model. */
  withdraw(before: Nanos): void {
    for (const one of this.#followed) {
      if (one.order.end === 'cancelled' && one.order.endedAt < before) this.#end(one);
    }
  }

  #trade(trade: { slot: number; side: Side; points: number; volume: number; index: number }, at: TradeMoment): void {
    const { slot, side, points, volume, index } = trade;
    for (const order of this.#waiting.bySlot[slot]!) {
      if (order.side !== side || (side === Side.back ? points < order.points : points > order.points)) continue;
      const { shadow } = this.#byOrder.get(order)!;
      this.#queues.trade(shadow, index, volume, at);
      // What others lost of the level is what traded there, less what came to us.
      const came = this.#came.get(keyOf(at.message, slot, side, points)) ?? 0;
      if (points === order.points) shadow.traded += Math.max(0, volume - came);
    }
  }

  /** What of the levels is ours, now that a message is out. */
  #show({ time, message }: TradeMoment): void {
    for (const { level } of this.#followed) this.#own[level] = 0;
    for (const one of this.#followed) {
      const { order, fills } = one;
      for (; one.nextFill < fills.length && fills[one.nextFill]!.message <= message; one.nextFill++) {
        one.rest -= fills[one.nextFill]!.lots;
      }
      const gone = order.status === OrderStatus.complete && order.endedAt < time;
      one.published = gone ? 0 : one.rest;
      this.#own[one.level]! += one.published;
    }
  }

  #end({ order, shadow }: Followed): void {
    this.#queues.end(shadow);
    this.#waiting.remove(order);
  }

  /** Lots of others at a level, as published last. */
  #others(level: number): number {
    return Math.max(0, this.#sizes[level]! - this.#own[level]!);
  }

  /** @param side of who waits there */
  #level(slot: number, side: Side, tick: number): number {
    return (slot * SIDES + side) * this.#points.length + tick;
  }
}

const keyOf = (message: number, slot: number, side: Side, points: number): string =>
  `${String(message)} ${String(slot)} ${String(side)} ${String(points)}`;
