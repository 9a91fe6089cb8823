/**
 * The venue's side of one instrument: the book as the venue had it, our orders that rest in front of it, and what rows
 * of the tape and arriving requests make of them. The recorded book is read and never changed: what we took is kept
 * aside. Tells what happened through `VenueReport`; knows no clock, no latency, no account.
 *
 * Two orders of ours at one price share a trade: what the first filled does not reach the second. Two orders of ours
 * that would match each other do not: the recorded market holds neither, and venues prevent it.
 */
import { Book } from '../../market/book.ts';
import type { MarketRules } from '../../market/rules.ts';
import { Role } from '../account/order-fees.ts';
import { FollowedOrders } from './instrument-followed.ts';
import { Direction, FillCause } from './instrument-order.ts';
import type { InstrumentEnd, InstrumentOrder } from './instrument-order.ts';
import { Taking } from './instrument-taking.ts';
import { OrderStatus, Side } from './order.ts';
import type { QueueModel } from './queue/queue-model.ts';
import type { ShadowQueues, TradeMoment } from './shadow-queues.ts';
import type { SlippageModel } from './slippage.ts';
import type { Random } from '../../core/random.ts';
import { TakenLiquidity } from './taken.ts';

/** One match as the venue makes it: written over, to be copied by who wants to keep it. */
export interface VenueMatch {
  lots: number;
  tick: number;
  role: Role;
  cause: FillCause;
  ahead: number;
  traded: number;
  tradeTick: number;
}

export interface VenueReport {
  accepted(order: InstrumentOrder): void;
  filled(order: InstrumentOrder, match: Readonly<VenueMatch>): void;
  /** `lots` of the order will never fill; the order is complete when nothing is open. */
  withdrawn(order: InstrumentOrder, lots: number, reason: InstrumentEnd): void;
}

export interface VenueOptions {
  readonly slot: number;
  readonly rules: MarketRules;
  readonly queue: QueueModel;
  /** Whole orders fill as soon as one lot of a trade reaches them, and no volume is ever used up. */
  readonly wholeFills: boolean;
  readonly report: VenueReport;
  readonly slippage: SlippageModel | undefined;
  /** Only drawn from by `slippage`. */
  readonly random: Random;
  /** Other models' views of the same orders, where they are worked, and the moment they are told. */
  readonly shadows: ShadowQueues | undefined;
  readonly moment: TradeMoment;
}

export class InstrumentVenue {
  readonly slot: number;
  readonly book: Book;
  /** Our orders that rows matter to. */
  readonly followed: FollowedOrders;
  /** The trading of this instrument is over. */
  ended = false;
  readonly #options: VenueOptions;
  readonly #taking: Taking;
  readonly #taken = new TakenLiquidity();
  readonly #touched = new Uint8Array(1);
  readonly #books: readonly Book[];
  /** When part of the book was last cleared for an image that may still come; -1 when that is over. */
  #clearedAt = -1;
  readonly #match: VenueMatch = {
    lots: 0,
    tick: 0,
    role: Role.maker,
    cause: FillCause.took,
    ahead: 0,
    traded: 0,
    tradeTick: 0
  };

  constructor(options: VenueOptions) {
    const { rules, slot } = options;
    this.#options = options;
    this.slot = slot;
    this.book = new Book(rules.ladder, rules.crossing);
    this.followed = new FollowedOrders(options.shadows);
    this.#books = [this.book];
    const { slippage, random } = options;
    this.#taking = new Taking({ book: this.book, taken: this.#taken, slippage, random });
  }

  /** Whether rows may go to the book alone: nothing of ours is there to be touched by them. */
  get idle(): boolean {
    return this.followed.count === 0 && this.#taken.count === 0;
  }

  /** Forgets our orders; the book stays. */
  clearOrders(): void {
    this.followed.clear();
    this.ended = false;
    this.#taken.clear();
    this.#clearedAt = -1;
  }

  /** A bid of the tape: the new absolute size of a level. */
  bid(tick: number, lots: number): void {
    const { book, followed } = this;
    if (tick <= followed.highBid && tick >= followed.lowBid) {
      const before = book.bids.at(tick);
      book.setBid(tick, lots);
      this.#depth(followed.bids, tick, before);
    } else book.setBid(tick, lots);
    if (this.#taken.count > 0) this.#cut(Side.back, tick, lots);
    if (tick >= followed.lowAsk && lots > 0) this.#cross(followed.asks, tick, lots);
  }

  /** An ask of the tape. */
  ask(tick: number, lots: number): void {
    const { book, followed } = this;
    if (tick <= followed.highAsk && tick >= followed.lowAsk) {
      const before = book.asks.at(tick);
      book.setAsk(tick, lots);
      this.#depth(followed.asks, tick, before);
    } else book.setAsk(tick, lots);
    if (this.#taken.count > 0) this.#cut(Side.lay, tick, lots);
    if (tick <= followed.highBid && lots > 0) this.#cross(followed.bids, tick, lots);
  }

  /**
   * The bids down to a tick, the asks up to it, or the whole book are about to be stated anew. Queues stand still, and
   * what we took stays taken: what an image states again was there before.
   */
  clearBids(tick: number): void {
    this.book.clearBids(tick);
    this.#clearedAt = this.#options.moment.time;
  }

  clearAsks(tick: number): void {
    this.book.clearAsks(tick);
    this.#clearedAt = this.#options.moment.time;
  }

  clearBook(): void {
    this.book.clear();
    this.#clearedAt = this.#options.moment.time;
  }

  /** A taker bought: reaches what we ask at that price or lower. */
  bought(tick: number, lots: number): void {
    if (tick >= this.followed.lowAsk) {
      this.#options.shadows?.begin();
      this.#trade(this.followed.asks, tick, lots, lots);
    }
  }

  /** A taker sold: reaches what we bid at that price or higher. */
  sold(tick: number, lots: number): void {
    if (tick <= this.followed.highBid) {
      this.#options.shadows?.begin();
      this.#trade(this.followed.bids, tick, lots, lots);
    }
  }

  /**
   * A trade of which nobody says whether the taker bought or sold: reaches what we ask, and what that left of it reaches
   * what we bid, so that no lot fills on both sides.
   */
  traded(tick: number, lots: number): void {
    const { followed } = this;
    this.#options.shadows?.begin();
    const left = tick >= followed.lowAsk ? this.#trade(followed.asks, tick, lots, lots) : lots;
    if (tick <= followed.highBid) this.#trade(followed.bids, tick, lots, left);
  }

  /** An order-level source told that somebody with `place` lots before him in his level cancelled `lots`. */
  cancelledByOthers(direction: Direction, tick: number, place: number, lots: number): void {
    const { queue, shadows } = this.#options;
    const { bids, asks } = this.followed;
    for (const order of direction === Direction.buy ? bids : asks) {
      if (order.tick !== tick) continue;
      if (order.shadow !== undefined) shadows?.cancelledByOthers(order.shadow, place, lots);
      if (order.venueStatus === OrderStatus.executable) queue.onCancel?.(order, place, lots);
    }
  }

  /** An order comes: takes what its limit reaches, best first and each level at its own price, and rests or ends. */
  arrive(order: InstrumentOrder): void {
    const { report, queue } = this.#options;
    const { timeInForce } = order;
    const taking = this.#taking;
    let touch = taking.touch(order);
    let takes = taking.reaches(order, touch);
    if (timeInForce === 'GTX' && takes) {
      this.#end(order, 'wouldTake');
      return;
    }
    if (takes) {
      touch = taking.slipped(order, touch);
      takes = taking.reaches(order, touch);
    }
    if (timeInForce === 'FOK' && !taking.takesWhole(order, touch)) {
      this.#end(order, 'fillOrKill');
      return;
    }
    order.venueStatus = OrderStatus.executable;
    report.accepted(order);
    if (takes) this.#take(order, touch);
    if (order.open === 0) {
      order.venueStatus = OrderStatus.complete;
      return;
    }
    if (timeInForce === 'IOC' || timeInForce === 'FOK') {
      this.#end(order, 'nothingToTake');
      return;
    }
    const visible = (order.direction === Direction.buy ? this.book.bids : this.book.asks).at(order.tick);
    order.ahead = queue.onPlace(visible);
    order.aheadOnArrival = order.ahead;
    order.shadow = this.#options.shadows?.rest(order.open, visible);
    this.followed.insert(order);
  }

  /** Withdraws up to `lots` of an order. @returns how many */
  withdraw(order: InstrumentOrder, lots: number, reason: InstrumentEnd): number {
    const gone = Math.min(lots, order.open);
    order.open -= gone;
    if (order.shadow !== undefined) this.#options.shadows?.cancel(order.shadow, lots);
    const complete = order.open === 0;
    if (complete) {
      order.venueStatus = OrderStatus.complete;
      this.followed.remove(order);
    }
    this.#options.report.withdrawn(order, gone, reason);
    return gone;
  }

  /** No more trading: every order that rests is withdrawn. */
  close(reason: InstrumentEnd): void {
    for (const orders of [this.followed.bids, this.followed.asks]) {
      for (const order of [...orders]) {
        if (order.venueStatus === OrderStatus.executable) this.withdraw(order, Infinity, reason);
        else this.followed.remove(order);
      }
    }
  }

  #take(order: InstrumentOrder, touch: number): void {
    const taking = this.#taking;
    const match = this.#match;
    for (let tick = touch; taking.reaches(order, tick) && order.open > 0; tick = taking.next(order, tick)) {
      const left = taking.left(order, tick);
      const lots = Math.min(order.open, left);
      if (lots <= 0) continue;
      taking.take(order, tick, lots);
      match.role = Role.taker;
      match.cause = FillCause.took;
      match.ahead = 0;
      match.traded = left;
      match.tradeTick = tick;
      this.#fill(order, lots, tick);
    }
  }

  /** The level at which some of our orders rest changed from `before` to what the book now says. */
  #depth(orders: readonly InstrumentOrder[], tick: number, before: number): void {
    const { queue, shadows } = this.#options;
    const after = (orders === this.followed.bids ? this.book.bids : this.book.asks).at(tick);
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i]!;
      if (order.tick !== tick) continue;
      if (order.shadow !== undefined) shadows?.depth(order.shadow, after);
      if (order.venueStatus !== OrderStatus.executable) continue;
      queue.onDepth?.(order, before, after, order.traded);
      order.traded = 0;
    }
  }

  /** The other side's level at `tick` now holds `lots` at our price or beyond. */
  #cross(orders: InstrumentOrder[], tick: number, lots: number): void {
    const { wholeFills, shadows } = this.#options;
    const match = this.#match;
    const sign = orders === this.followed.asks ? 1 : -1;
    const side = sign === 1 ? Side.back : Side.lay;
    let left = this.#taken.count === 0 ? lots : Math.max(0, lots - this.#taken.at(0, side, tick));
    shadows?.begin();
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i]!;
      if ((tick - order.tick) * sign < 0) break;
      this.#shadowThrough(order, lots);
      if (order.venueStatus !== OrderStatus.executable) continue;
      const filled = wholeFills ? order.open : Math.min(order.open, left);
      if (filled <= 0) continue;
      match.role = Role.maker;
      match.cause = FillCause.crossed;
      match.ahead = order.ahead;
      match.traded = left;
      match.tradeTick = tick;
      order.ahead = 0;
      this.#fill(order, filled, order.tick);
      if (wholeFills) continue;
      left -= filled;
      this.#taken.add(0, side, tick, filled);
    }
    this.followed.sweep(orders);
  }

  /** A trade of `lots`, of which `unused` have filled none of ours yet. @returns how many have not after it */
  #trade(orders: InstrumentOrder[], tick: number, lots: number, unused: number): number {
    const { wholeFills, queue, shadows, moment } = this.#options;
    const match = this.#match;
    const sign = orders === this.followed.asks ? 1 : -1;
    let left = unused;
    let done = false;
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i]!;
      const beyond = (tick - order.tick) * sign;
      if (beyond < 0) break;
      if (beyond > 0) this.#shadowThrough(order, lots);
      else if (order.shadow !== undefined) {
        shadows?.trade(order.shadow, 0, lots, moment);
        order.shadow.traded += lots;
      }
      if (order.venueStatus !== OrderStatus.executable) {
        done = true;
        continue;
      }
      match.ahead = order.ahead;
      let filled: number;
      if (beyond > 0) {
        order.ahead = 0;
        filled = Math.min(order.open, left);
      } else {
        order.traded += lots;
        filled = left > 0 ? Math.floor(queue.onTrade(order, left, order.open)) : 0;
      }
      if (wholeFills && (beyond > 0 || filled > 0)) filled = order.open;
      if (filled <= 0) continue;
      match.role = Role.maker;
      match.cause = beyond > 0 ? FillCause.tradeThrough : FillCause.trade;
      match.traded = left;
      match.tradeTick = tick;
      this.#fill(order, filled, order.tick);
      if (!wholeFills) left -= filled;
      if (order.open === 0) done = true;
    }
    if (done) this.followed.sweep(orders);
    return left;
  }

  /** What came would have met the whole level first: nothing is ahead any more in any model. */
  #shadowThrough(order: InstrumentOrder, lots: number): void {
    const { shadows, moment } = this.#options;
    if (shadows === undefined || order.shadow === undefined) return;
    for (const position of order.shadow.positions) position.ahead = 0;
    shadows.trade(order.shadow, 0, lots, moment);
  }

  #fill(order: InstrumentOrder, lots: number, tick: number): void {
    order.open -= lots;
    this.#match.lots = lots;
    this.#match.tick = tick;
    this.#options.report.filled(order, this.#match);
  }

  /** An order that never rested, or no longer may. */
  #end(order: InstrumentOrder, reason: InstrumentEnd): void {
    const lots = order.open;
    order.open = 0;
    order.venueStatus = OrderStatus.complete;
    this.#options.report.withdrawn(order, lots, reason);
  }

  /** A level now shows `lots`: no more of it can be taken than that. */
  #cut(side: Side, tick: number, lots: number): void {
    if (this.#clearedAt >= 0 && this.#options.moment.time > this.#clearedAt) {
      // The image is over: what it left out is gone.
      this.#clearedAt = -1;
      this.#touched[0] = 1;
      this.#taken.follow(this.#books, this.#touched);
    }
    this.#taken.cut(0, side, tick, lots);
  }
}
