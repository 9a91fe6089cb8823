/**
 * One market's simulated exchange: takes requests, lets them reach the recorded book after their latency, matches them
 * and books the result. The recorded book is read and never changed. Knows nothing of episodes, actions or rewards.
 *
 * One message of the tape is one step of the venue. Requests older than their latency are carried out first, against
 * the book as it was; then the message is applied, runners that left are voided, the starting price is given out,
 * trades reach resting orders, and orders lapse at a suspension.
 */
import type { Lots, Nanos, Ticks } from '../../core/units.ts';
import { NANOS_PER_SECOND } from '../../core/units.ts';
import type { Book } from '../../market/book.ts';
import { MarketState } from '../../market/market-state.ts';
import type { Tape } from '../../market/tape.ts';
import { MarketStatus, NO_SLOT, RowKind } from '../../market/tape.ts';
import { BackLayAccount } from '../account/account.ts';
import { ladderPoints } from '../account/hedge.ts';
import { arrive, fillOrKill } from './arrival.ts';
import type { Arrival } from './arrival.ts';
import type { ExchangeOptions } from './exchange-options.ts';
import { FillLog } from './fill-log.ts';
import { LiveOrders } from './live-orders.ts';
import { Order, OrderStatus, Side, takesStartingPrice } from './order.ts';
import type { EndReason, Fill, OrderRequest } from './order.ts';
import { RequestQueue } from './request-queue.ts';
import { refusalOf } from './refusal.ts';
import type { Request } from './request-queue.ts';
import { repriceForRemoval, voidOrder } from './removal.ts';
import { closeWaitingPoints, matchAtStartingPrice } from './starting-price.ts';
import { StatedTrades } from './stated-trades.ts';
import type { NoteTrade } from './stated-trades.ts';
import { storyOf } from './story.ts';
import type { OrderStory } from './story.ts';
import { TakenLiquidity } from './taken.ts';
import { TradeEater } from './trades.ts';

export class SimulatedExchange {
  readonly tape: Tape;
  readonly state: MarketState;
  readonly account: BackLayAccount;
  /** Price in hundredths by tick. */
  readonly points: Float64Array;
  /** Orders asked for, refused ones included; place requests plus cancels and replaces. */
  submitted = 0;
  transactions = 0;
  readonly live: LiveOrders;
  readonly #options: ExchangeOptions;
  readonly #requests = new RequestQueue();
  readonly #taken: TakenLiquidity | undefined;
  /** By slot: 1 where a level may have changed since taken liquidity last followed the books. */
  readonly #touched: Uint8Array;
  readonly #fills: FillLog;
  readonly #eater: TradeEater;
  readonly #stated: StatedTrades | undefined;
  readonly #note: NoteTrade;
  readonly #arrival: { book: Book } & Omit<Arrival, 'book'>;
  readonly #carryOut: (request: Request) => void;
  readonly #orders: Order[] = [];
  readonly #pool: Order[] = [];
  #nextId = 1;
  #now: Nanos = 0 as Nanos;
  /** Time of the last message applied. */
  #bookTime: Nanos = 0 as Nanos;
  #message = 0;
  #activeRunners: number;
  #closed = false;

  /** @param state the market at message 0; or a copy of it at any message, then call `resume` */
  constructor(tape: Tape, options: ExchangeOptions, state = new MarketState(tape.market), points?: Float64Array) {
    const { settlement, ladder } = tape.market.rules;
    this.tape = tape;
    this.state = state;
    this.points = points ?? ladderPoints(ladder);
    this.#options = options;
    const slots = state.books.length;
    const winners = settlement.kind === 'backLay' ? settlement.winners : 1;
    this.account = new BackLayAccount({ slots, winners });
    this.live = new LiveOrders(slots);
    this.#fills = new FillLog(this.account, options.history === true);
    this.#touched = new Uint8Array(slots);
    this.#taken = options.takenLiquidity === 'ignored' ? undefined : new TakenLiquidity();
    this.#eater = new TradeEater({
      queue: options.queue,
      fills: this.#fills,
      share: options.tradeShare ?? 0.5
    });
    this.#arrival = {
      book: state.books[0]!,
      points: this.points,
      queue: options.queue,
      taken: this.#taken,
      fills: this.#fills
    };
    this.#stated = options.tradeCounting === 'stated' ? new StatedTrades(state) : undefined;
    this.#note = (runner, hundredths, lots) => {
      if (this.live.bySlot[runner]!.length > 0) this.#eater.note(runner, hundredths, lots);
    };
    this.#carryOut = (request) => {
      this.#execute(request);
    };
    this.#activeRunners = state.activeRunners;
  }

  get books(): readonly Book[] {
    return this.state.books;
  }

  get now(): Nanos {
    return this.#now;
  }

  /** The next message to apply. */
  get message(): number {
    return this.#message;
  }

  /** Whether the market has closed: nothing moves any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Starts over with an empty account at a message whose state the caller has put into `state`. */
  resume(message: number, now: Nanos): void {
    for (const orders of this.live.bySlot) for (const order of orders) this.#pool.push(order);
    this.live.clear();
    this.#requests.clear();
    this.#fills.clear();
    this.#taken?.clear();
    this.#stated?.start(this.state);
    this.account.clear();
    this.#orders.length = 0;
    this.submitted = 0;
    this.transactions = 0;
    this.#nextId = 1;
    this.#message = message;
    this.#now = now;
    this.#bookTime = this.state.time;
    this.#activeRunners = this.state.activeRunners;
    for (let slot = 0; slot < this.state.books.length; slot++) this.account.removed[slot] = this.state.removed[slot]!;
    this.#closed = this.state.status === MarketStatus.closed;
  }

  /**
   * Applies every message up to and including `time`, and carries out what is due before it.
   * @param before a message to stop at, not applied
   */
  advanceTo(time: Nanos, before = Infinity): void {
    const { messageStart, exchange } = this.tape;
    const messages = Math.min(before, messageStart.length - 1);
    while (this.#message < messages) {
      const row = messageStart[this.#message]!;
      if (row === messageStart[this.#message + 1]) {
        this.#message++;
        continue;
      }
      const at = exchange[row]! as Nanos;
      if (at > time) break;
      this.step(at);
    }
    if (time > this.#now) this.#now = time;
    if (this.#requests.earliest < time && !this.#closed) this.#release(time, this.#bookTime);
  }

  /** Applies the next message, whose time is `at`. */
  step(at: Nanos): void {
    this.#now = at;
    const message = this.#message++;
    this.#fills.message = message;
    if (this.#requests.earliest < at && !this.#closed) this.#release(at, this.#bookTime);
    this.#bookTime = at;
    this.#applyMessage(message);
    if (this.#closed) return;
    if (this.state.status === MarketStatus.closed) {
      this.#closed = true;
      return;
    }
    this.#fills.time = at;
    if (this.state.activeRunners !== this.#activeRunners) this.#followRemovals();
    if (this.#taken !== undefined && this.#taken.count > 0) this.#taken.follow(this.state.books, this.#touched);
    if (this.live.count > 0) this.#work();
  }

  /** Sends an order. A refused one comes back complete, with the reason in `end`. */
  place(request: OrderRequest): Order {
    const order = this.#newOrder(request);
    this.submitted++;
    this.transactions++;
    const depth = request.side === Side.back ? this.books[request.slot]?.bids : this.books[request.slot]?.asks;
    if (depth !== undefined) order.touchAtDecision = request.side === Side.back ? depth.highest : depth.lowest;
    const refusal = refusalOf(order, request.reducing === true, this.state, this.account, this.#options);
    if (refusal !== undefined) {
      order.voided = order.lots;
      this.#finish(order, refusal);
      return order;
    }
    this.account.wait(order.slot, order.side, order.lots, closeWaitingPoints(order));
    this.#requests.add('place', order, this.#due('place'));
    return order;
  }

  /** Asks to cancel `lots` of an order, all that is left when not given. */
  cancel(order: Order, lots: number = Infinity): void {
    this.transactions++;
    if (order.status === OrderStatus.complete || order.cancelling) return;
    order.cancelling = true;
    this.#requests.add('cancel', order, this.#due('cancel'), lots);
  }

  /** Asks to cancel what is left of an order and to place as much at another price: a new order, last in its queue. */
  replace(order: Order, tick: Ticks): Order {
    const request = {
      slot: order.slot,
      side: order.side,
      tick,
      lots: Math.max(0, order.rest) as Lots,
      kind: order.kind,
      persistence: order.persistence
    };
    const successor = this.#newOrder(request);
    this.submitted++;
    this.transactions++;
    if (order.status === OrderStatus.complete || order.cancelling) {
      successor.voided = successor.lots;
      this.#finish(successor, 'replaced');
      return successor;
    }
    order.cancelling = true;
    this.#requests.add('replace', order, this.#due('replace'), Infinity, successor);
    return successor;
  }

  /** Gives a complete order's record back for reuse: the caller must not look at it again. */
  release(order: Order): void {
    if (this.#options.history !== true && order.status === OrderStatus.complete) this.#pool.push(order);
  }

  drainFills(visit: (fill: Fill) => void): void {
    this.#fills.drain(visit);
  }

  /** Every order, when history is kept. */
  get orders(): readonly Order[] {
    return this.#orders;
  }

  fillsOf(order: Order): readonly Fill[] {
    return this.#fills.of(order);
  }

  explain(order: Order): OrderStory {
    return storyOf({
      order,
      fills: this.#fills.of(order),
      now: this.#now,
      market: this.tape.market,
      book: this.books[order.slot]
    });
  }

  #newOrder(request: OrderRequest): Order {
    const order = this.#pool.pop() ?? new Order();
    order.fill(this.#nextId++, request, this.points[request.tick] ?? 0, this.#now);
    if (this.#options.history === true) this.#orders.push(order);
    return order;
  }

  #due(kind: 'place' | 'cancel' | 'replace'): Nanos {
    const latency = this.#options.latency(kind, this.#options.random);
    const delayed = kind !== 'cancel' && this.state.inPlay;
    const delay = delayed ? this.state.betDelaySeconds * NANOS_PER_SECOND : 0;
    return (this.#now + latency + delay) as Nanos;
  }

  /** Carries out what is due before `time`, against the book as it has been since `bookTime`: the fills' time. */
  #release(time: Nanos, bookTime: Nanos): void {
    this.#fills.time = bookTime;
    this.#requests.release(time, this.#carryOut);
  }

  #execute({ kind, order, lots, successor, due }: Request): void {
    if (kind === 'place') {
      order.acceptedAt = due;
      if (order.status === OrderStatus.pending) this.#arrive(order);
      return;
    }
    order.cancelling = false;
    const open = this.state.status === MarketStatus.open;
    const alive = order.status === OrderStatus.executable;
    if (!open || !alive) {
      if (successor !== undefined) {
        successor.voided = successor.lots;
        this.#finish(successor, open ? 'replaced' : 'marketNotOpen');
      }
      return;
    }
    const gone = Math.min(lots, order.rest);
    order.cancelled += gone;
    this.account.wait(order.slot, order.side, -gone, closeWaitingPoints(order));
    if (order.rest === 0) this.#retire(order, successor === undefined ? 'cancelled' : 'replaced');
    if (successor === undefined) return;
    successor.lots = gone;
    successor.acceptedAt = due;
    this.account.wait(successor.slot, successor.side, gone, closeWaitingPoints(successor));
    this.#arrive(successor);
  }

  /** An order reaches the venue. */
  #arrive(order: Order): void {
    if (this.state.removed[order.slot] === 1 || this.state.status !== MarketStatus.open) {
      this.account.wait(order.slot, order.side, -order.lots, closeWaitingPoints(order));
      order.voided = order.lots;
      this.#finish(order, this.state.removed[order.slot] === 1 ? 'runnerRemoved' : 'marketNotOpen');
      return;
    }
    order.status = OrderStatus.executable;
    if (order.kind === 'limit') {
      this.#arrival.book = this.books[order.slot]!;
      if (order.fillOrKillMinimum >= 0) fillOrKill(order, this.#arrival);
      else arrive(order, this.#arrival);
    }
    if (order.rest === 0) this.#finish(order, 'matched');
    else if (order.fillOrKillMinimum >= 0) {
      this.account.wait(order.slot, order.side, -order.rest, order.points);
      order.cancelled = order.rest;
      this.#finish(order, 'fillOrKill');
    } else this.live.add(order);
  }

  #applyMessage(message: number): void {
    const { tape, state } = this;
    const { kind, slot, tick, lots, messageStart } = tape;
    const { watched } = this.#options;
    const touched = this.#touched;
    const bySlot = this.live.bySlot;
    const noting = this.live.count > 0;
    const end = messageStart[message + 1]!;
    this.#eater.begin();
    if (this.#stated !== undefined) {
      this.#applyStated(message, this.#stated);
      return;
    }
    for (let row = messageStart[message]!; row < end; row++) {
      const what = kind[row]!;
      const runner = slot[row]!;
      if (what <= RowKind.lastTraded && runner !== NO_SLOT) {
        if (what === RowKind.trade && noting && bySlot[runner]!.length > 0) {
          this.#eater.note(runner, this.points[tick[row]!]!, lots[row]!);
        }
        if (watched !== undefined && (watched[runner] === 0 || what >= RowKind.trade)) continue;
        touched[runner] = 1;
      } else if (what === RowKind.clear) touched.fill(1);
      else if (what === RowKind.freshTrade && noting && bySlot[runner]!.length > 0) {
        this.#eater.note(runner, this.points[tick[row]!]!, lots[row]!);
      }
      state.apply(tape, row);
    }
  }

  #applyStated(message: number, stated: StatedTrades): void {
    const end = this.tape.messageStart[message + 1]!;
    this.#touched.fill(1);
    for (let row = this.tape.messageStart[message]!; row < end; row++) {
      stated.row(this.tape, row);
      this.state.apply(this.tape, row);
    }
    stated.end(this.#note);
  }

  /** What one applied message does to the orders at the venue. */
  #work(): void {
    const { live, state } = this;
    if (live.onClose > 0) this.#close();
    if (this.#eater.feed(live.bySlot)) this.#sweep();
    if (state.status !== MarketStatus.suspended) return;
    for (const orders of live.bySlot) {
      for (let i = orders.length - 1; i >= 0; i--) {
        const order = orders[i]!;
        if (order.persistence === 'lapse' && order.kind === 'limit') this.#lapse(order);
      }
    }
  }

  /** Orders that take the starting price leave with it: trades that come with it are no longer theirs. */
  #close(): void {
    for (let slot = 0; slot < this.live.bySlot.length; slot++) {
      const price = this.state.startingPrice[slot]!;
      if (!(price > 1)) continue;
      const orders = this.live.bySlot[slot]!;
      for (let i = orders.length - 1; i >= 0; i--) {
        const order = orders[i]!;
        if (!takesStartingPrice(order)) continue;
        matchAtStartingPrice(order, price, { fills: this.#fills, loose: this.#options.sizeAccounting === 'loose' });
        this.#retire(order, order.matched > 0 ? 'matched' : 'lapsedAtStartingPrice');
      }
    }
  }

  #lapse(order: Order): void {
    this.account.wait(order.slot, order.side, -order.rest, order.points);
    order.lapsed += order.rest;
    this.#retire(order, 'lapsedAtSuspension');
  }

  #sweep(): void {
    for (const orders of this.live.bySlot) {
      for (let i = orders.length - 1; i >= 0; i--) {
        const order = orders[i]!;
        if (order.rest === 0) this.#retire(order, 'matched');
      }
    }
  }

  #followRemovals(): void {
    this.#activeRunners = this.state.activeRunners;
    const whole = this.#options.sizeAccounting === 'loose';
    for (let slot = 0; slot < this.books.length; slot++) {
      if (this.state.removed[slot] !== 1 || this.account.removed[slot] === 1) continue;
      this.#fills.void(slot);
      for (const order of [...this.live.bySlot[slot]!]) {
        this.account.wait(slot, order.side, -order.rest, closeWaitingPoints(order));
        this.#retire(order, 'runnerRemoved');
        voidOrder(order, whole);
      }
      for (const order of this.#orders) {
        if (order.slot === slot && order.status === OrderStatus.complete) voidOrder(order, whole);
      }
      repriceForRemoval(this.#fills, this.live, this.state, slot);
    }
  }

  #retire(order: Order, reason: EndReason): void {
    this.live.remove(order);
    this.#finish(order, reason);
  }

  #finish(order: Order, reason: EndReason): void {
    order.status = OrderStatus.complete;
    order.end = reason;
    order.endedAt = this.#now;
  }
}
