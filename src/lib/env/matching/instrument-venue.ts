/**
 * The venue's side of one instrument: the book as the venue had it, our orders that rest in front of it, and what rows
 * of the tape and arriving requests make of them. The recorded book is read and never changed: what we took is kept
 * aside. Tells what happened through `VenueReport`; knows no clock, no latency, no account.
 *
 * Two orders of ours at one price share a trade: what the first filled does not reach the second. Two orders of ours
 * that would match each other do not: the recorded market holds neither, and venues prevent it.
 */
import { Book } from '../../market/book.ts';
import type { Depth } from '../../market/depth.ts';
import type { MarketRules } from '../../market/rules.ts';
import { NO_TICK } from '../../market/tape.ts';
import { Role } from '../account/order-fees.ts';
import { Direction, FillCause } from './instrument-order.ts';
import type { InstrumentEnd, InstrumentOrder } from './instrument-order.ts';
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

const NEVER = 0x7fffffff;

export class InstrumentVenue {
  readonly slot: number;
  readonly book: Book;
  /** Our orders that rows matter to, best price first, first come first: those that rest, and shadows that still do. */
  readonly bids: InstrumentOrder[] = [];
  readonly asks: InstrumentOrder[] = [];
  /** How many orders are in `bids` and `asks`. */
  followed = 0;
  /** The trading of this instrument is over. */
  ended = false;
  readonly #options: VenueOptions;
  readonly #taken = new TakenLiquidity();
  readonly #touched = new Uint8Array(1);
  readonly #books: readonly Book[];
  /** When part of the book was last cleared for an image that may still come; -1 when that is over. */
  #clearedAt = -1;
  /** Ticks between which our orders rest; an empty range when none does. */
  #lowBid = NEVER;
  #highBid = NO_TICK;
  #lowAsk = NEVER;
  #highAsk = NO_TICK;
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
    this.#books = [this.book];
  }

  /** Whether rows may go to the book alone: nothing of ours is there to be touched by them. */
  get idle(): boolean {
    return this.followed === 0 && this.#taken.count === 0;
  }

  /** Forgets our orders; the book stays. */
  clearOrders(): void {
    this.bids.length = 0;
    this.asks.length = 0;
    this.followed = 0;
    this.ended = false;
    this.#taken.clear();
    this.#clearedAt = -1;
    this.#range();
  }

  /** A bid of the tape: the new absolute size of a level. */
  bid(tick: number, lots: number): void {
    const { book } = this;
    if (tick <= this.#highBid && tick >= this.#lowBid) {
      const before = book.bids.at(tick);
      book.setBid(tick, lots);
      this.#depth(this.bids, tick, before);
    } else book.setBid(tick, lots);
    if (this.#taken.count > 0) this.#cut(Side.back, tick, lots);
    if (tick >= this.#lowAsk && lots > 0) this.#cross(this.asks, tick, lots);
  }

  /** An ask of the tape. */
  ask(tick: number, lots: number): void {
    const { book } = this;
    if (tick <= this.#highAsk && tick >= this.#lowAsk) {
      const before = book.asks.at(tick);
      book.setAsk(tick, lots);
      this.#depth(this.asks, tick, before);
    } else book.setAsk(tick, lots);
    if (this.#taken.count > 0) this.#cut(Side.lay, tick, lots);
    if (tick <= this.#highBid && lots > 0) this.#cross(this.bids, tick, lots);
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
    if (tick >= this.#lowAsk) {
      this.#options.shadows?.begin();
      this.#trade(this.asks, tick, lots, lots);
    }
  }

  /** A taker sold: reaches what we bid at that price or higher. */
  sold(tick: number, lots: number): void {
    if (tick <= this.#highBid) {
      this.#options.shadows?.begin();
      this.#trade(this.bids, tick, lots, lots);
    }
  }

  /**
   * A trade of which nobody says whether the taker bought or sold: reaches what we ask, and what that left of it reaches
   * what we bid, so that no lot fills on both sides.
   */
  traded(tick: number, lots: number): void {
    this.#options.shadows?.begin();
    const left = tick >= this.#lowAsk ? this.#trade(this.asks, tick, lots, lots) : lots;
    if (tick <= this.#highBid) this.#trade(this.bids, tick, lots, left);
  }

  /** An order-level source told that somebody with `place` lots before him in his level cancelled `lots`. */
  cancelledByOthers(direction: Direction, tick: number, place: number, lots: number): void {
    const { queue } = this.#options;
    for (const order of direction === Direction.buy ? this.bids : this.asks) {
      if (order.tick === tick && order.venueStatus === OrderStatus.executable) queue.onCancel?.(order, place, lots);
    }
  }

  /** An order comes: takes what its limit reaches, best first and each level at its own price, and rests or ends. */
  arrive(order: InstrumentOrder): void {
    const { report, queue } = this.#options;
    const { timeInForce } = order;
    let touch = this.#touch(order);
    let takes = this.#reaches(order, touch);
    if (timeInForce === 'GTX' && takes) {
      this.#end(order, 'wouldTake');
      return;
    }
    if (takes) {
      touch = this.#slipped(order, touch);
      takes = this.#reaches(order, touch);
    }
    if (timeInForce === 'FOK' && this.#available(order, touch) < order.open) {
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
    this.#insert(order);
  }

  /** Withdraws up to `lots` of an order. @returns how many */
  withdraw(order: InstrumentOrder, lots: number, reason: InstrumentEnd): number {
    const gone = Math.min(lots, order.open);
    order.open -= gone;
    if (order.shadow !== undefined) this.#options.shadows?.cancel(order.shadow, lots);
    const complete = order.open === 0;
    if (complete) {
      order.venueStatus = OrderStatus.complete;
      this.#remove(order);
    }
    this.#options.report.withdrawn(order, gone, reason);
    return gone;
  }

  /** No more trading: every order that rests is withdrawn. */
  close(reason: InstrumentEnd): void {
    for (const orders of [this.bids, this.asks]) {
      for (const order of [...orders]) {
        if (order.venueStatus === OrderStatus.executable) this.withdraw(order, Infinity, reason);
        else this.#remove(order);
      }
    }
  }

  #touch(order: InstrumentOrder): number {
    return order.direction === Direction.buy ? this.book.bestAsk : this.book.bestBid;
  }

  /** The best tick that is there for an order that comes to take, NO_TICK when there is none. */
  #slipped(order: InstrumentOrder, touch: number): number {
    const { slippage, random } = this.#options;
    if (slippage === undefined) return touch;
    order.slippedTicks = slippage(random);
    if (order.slippedTicks === 0) return touch;
    const { asks, bids } = this.book;
    if (order.direction === Direction.buy) return asks.above(touch + order.slippedTicks - 1);
    return bids.below(touch - order.slippedTicks + 1);
  }

  #reaches(order: InstrumentOrder, tick: number): boolean {
    return tick !== NO_TICK && (order.direction === Direction.buy ? tick <= order.tick : tick >= order.tick);
  }

  /** What the order takes from, and the side under which it is kept. */
  #opposite(order: InstrumentOrder): Depth {
    return order.direction === Direction.buy ? this.book.asks : this.book.bids;
  }

  #next(order: InstrumentOrder, tick: number): number {
    return order.direction === Direction.buy ? this.book.asks.above(tick) : this.book.bids.below(tick);
  }

  /** Lots that a level still has for us. */
  #left(order: InstrumentOrder, tick: number): number {
    const lots = this.#opposite(order).at(tick);
    return this.#taken.count === 0 ? lots : Math.max(0, lots - this.#taken.at(0, takerSide(order), tick));
  }

  #available(order: InstrumentOrder, touch: number): number {
    let lots = 0;
    for (let tick = touch; this.#reaches(order, tick); tick = this.#next(order, tick)) {
      lots += this.#left(order, tick);
      if (lots >= order.open) break;
    }
    return lots;
  }

  #take(order: InstrumentOrder, touch: number): void {
    for (let tick = touch; this.#reaches(order, tick) && order.open > 0; tick = this.#next(order, tick)) {
      const left = this.#left(order, tick);
      const lots = Math.min(order.open, left);
      if (lots <= 0) continue;
      this.#taken.add(0, takerSide(order), tick, lots);
      this.#cause(FillCause.took, 0, left, tick);
      this.#fill(order, lots, tick);
    }
  }

  /** The level at which some of our orders rest changed from `before` to what the book now says. */
  #depth(orders: readonly InstrumentOrder[], tick: number, before: number): void {
    const { queue, shadows } = this.#options;
    const after = (orders === this.bids ? this.book.bids : this.book.asks).at(tick);
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
    const sign = orders === this.asks ? 1 : -1;
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
      const { ahead } = order;
      order.ahead = 0;
      this.#cause(FillCause.crossed, ahead, left, tick);
      this.#fill(order, filled, order.tick);
      if (wholeFills) continue;
      left -= filled;
      this.#taken.add(0, side, tick, filled);
    }
    this.#sweep(orders);
  }

  /** A trade of `lots`, of which `unused` have filled none of ours yet. @returns how many have not after it */
  #trade(orders: InstrumentOrder[], tick: number, lots: number, unused: number): number {
    const { wholeFills, queue, shadows, moment } = this.#options;
    const sign = orders === this.asks ? 1 : -1;
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
      const { ahead } = order;
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
      this.#cause(beyond > 0 ? FillCause.tradeThrough : FillCause.trade, ahead, left, tick);
      this.#fill(order, filled, order.tick);
      if (!wholeFills) left -= filled;
      if (order.open === 0) done = true;
    }
    if (done) this.#sweep(orders);
    return left;
  }

  /** What came would have met the whole level first: nothing is ahead any more in any model. */
  #shadowThrough(order: InstrumentOrder, lots: number): void {
    const { shadows, moment } = this.#options;
    if (shadows === undefined || order.shadow === undefined) return;
    for (const position of order.shadow.positions) position.ahead = 0;
    shadows.trade(order.shadow, 0, lots, moment);
  }

  /** What makes the next fill; positional, since fills allocate nothing. */
  #cause(cause: FillCause, ahead: number, traded: number, tradeTick: number): void {
    const match = this.#match;
    match.cause = cause;
    match.role = cause === FillCause.took ? Role.taker : Role.maker;
    match.ahead = ahead;
    match.traded = traded;
    match.tradeTick = tradeTick;
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

  #insert(order: InstrumentOrder): void {
    const buys = order.direction === Direction.buy;
    const orders = buys ? this.bids : this.asks;
    let at = orders.length;
    orders.push(order);
    for (; at > 0 && (buys ? orders[at - 1]!.tick < order.tick : orders[at - 1]!.tick > order.tick); at--) {
      orders[at] = orders[at - 1]!;
    }
    orders[at] = order;
    this.followed++;
    this.#range();
  }

  #remove(order: InstrumentOrder): void {
    const orders = order.direction === Direction.buy ? this.bids : this.asks;
    const at = orders.indexOf(order);
    if (at < 0) return;
    for (let i = at + 1; i < orders.length; i++) orders[i - 1] = orders[i]!;
    orders.pop();
    this.followed--;
    this.#range();
  }

  /** Takes out what is filled and followed by no other model. */
  #sweep(orders: InstrumentOrder[]): void {
    const { shadows } = this.#options;
    for (let i = orders.length - 1; i >= 0; i--) {
      const order = orders[i]!;
      if (order.open > 0) continue;
      order.venueStatus = OrderStatus.complete;
      if (order.shadow === undefined || shadows?.open(order.shadow) !== true) this.#remove(order);
    }
  }

  #range(): void {
    const { bids, asks } = this;
    this.#highBid = bids.length > 0 ? bids[0]!.tick : NO_TICK;
    this.#lowBid = bids.length > 0 ? bids[bids.length - 1]!.tick : NEVER;
    this.#lowAsk = asks.length > 0 ? asks[0]!.tick : NEVER;
    this.#highAsk = asks.length > 0 ? asks[asks.length - 1]!.tick : NO_TICK;
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

/** Under which side of the back and lay books taken liquidity is kept: a back takes bids, as a sell does. */
const takerSide = (order: InstrumentOrder): Side => (order.direction === Direction.buy ? Side.lay : Side.back);
