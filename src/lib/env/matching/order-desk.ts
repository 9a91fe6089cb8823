/**
 * One account's orders at one market: takes requests, carries them out against the book as it stands once their latency
 * is over, and lets what is left of them rest. Whoever owns it says when: it moves no time, reads no tape, and
 * does not know how the books in front of it come about.
 */
import type { Random } from '../../core/random.ts';
import type { Lots, Nanos, Ticks } from '../../core/units.ts';
import { NANOS_PER_SECOND } from '../../core/units.ts';
import type { BookView } from '../../market/book.ts';
import type { MarketState } from '../../market/market-state.ts';
import { MarketStatus, NO_TICK } from '../../market/tape.ts';
import { BackLayAccount } from '../account/account.ts';
import { arrive, fillOrKill } from './arrival.ts';
import type { Arrival, Taken } from './arrival.ts';
import type { ExchangeOptions } from './exchange-options.ts';
import type { RequestKind } from './latency.ts';
import { DeskRecords } from './desk-records.ts';
import { FillLog } from './fill-log.ts';
import { OrderStatus, Side, mustBeCancellable } from './order.ts';
import type { Order, OrderRequest } from './order.ts';
import { notAffordable, offLadder, refusalOf } from './refusal.ts';
import { queueNamed } from './queue/queue-name.ts';
import { RequestQueue } from './request-queue.ts';
import type { Request } from './request.ts';
import { RestingOrders } from './resting-orders.ts';
import { closeWaitingPoints } from './starting-price.ts';

export interface DeskOptions extends ExchangeOptions {
  /** Status and removals, kept up to date by the owner; its books are not looked at. */
  readonly state: MarketState;
  /** By slot, kept up to date by the owner. */
  readonly books: readonly BookView[];
  /** Price in hundredths by tick. */
  readonly points: Float64Array;
  /** Undefined where what we took is there again for the next order. */
  readonly taken: Taken | undefined;
  /** Called before a request is carried out: brings a slot's resting orders up to that moment, where the owner lags. */
  readonly catchUp?: (slot: number) => void;
  /** What it writes over, shared with desks that take turns with it; its own when absent. */
  readonly records?: DeskRecords;
}

/** Best tick of the side that an order would take; NO_TICK where nobody is. */
function touchOf(book: BookView | undefined, side: Side): number {
  if (book === undefined) return NO_TICK;
  return side === Side.back ? book.bids.highest : book.asks.lowest;
}

export class OrderDesk {
  readonly account: BackLayAccount;
  readonly fills: FillLog;
  /** What is at the venue. */
  readonly resting: RestingOrders;
  /** Now, set by the owner. */
  now: Nanos = 0 as Nanos;
  /** Orders asked for, refused ones included; place requests plus cancels and replaces. */
  submitted = 0;
  transactions = 0;
  readonly #options: DeskOptions;
  readonly #requests: RequestQueue;
  readonly #arrival: { book: BookView; random: Random } & Omit<Arrival, 'book' | 'random'>;
  #random: Random;
  readonly #carryOut: (request: Request) => void;
  readonly #orders: Order[] = [];
  readonly #records: DeskRecords;

  constructor(options: DeskOptions) {
    const { state, books, points, taken } = options;
    const { rules } = state.market;
    const { settlement } = rules;
    const queue = typeof options.queue === 'string' ? queueNamed(options.queue, rules) : options.queue;
    const slots = state.removed.length;
    const winners = settlement.kind === 'backLay' ? settlement.winners : 1;
    this.#options = options;
    this.#records = options.records ?? new DeskRecords();
    this.#requests = new RequestQueue(this.#records);
    this.account = new BackLayAccount({ slots, winners });
    this.fills = new FillLog(this.account, this.#records, options.history === true);
    this.resting = new RestingOrders({ ...options, queue, fills: this.fills, orders: this.#orders, clock: this });
    this.#arrival = {
      book: books[0]!,
      points,
      queue,
      taken,
      fills: this.fills,
      slippage: options.slippage,
      random: options.random.split('slippage')
    };
    this.#random = options.random;
    this.#carryOut = (request) => {
      // A record that was given back meanwhile may be another order's by now: what was asked of the first finds nothing.
      if (request.order.id !== request.id) this.#tooLate(request);
      else {
        options.catchUp?.(request.order.slot);
        this.#execute(request);
      }
    };
  }

  /** No request is due up to and including this moment; Infinity when none waits. */
  get earliest(): number {
    return this.#requests.earliest;
  }

  /** Every order, when history is kept. */
  get orders(): readonly Order[] {
    return this.#orders;
  }

  /** Starts over with an empty account, in the market as `state` now is. */
  clear(now: Nanos): void {
    const { state } = this.#options;
    const { bySlot } = this.resting.live;
    for (let slot = 0; slot < bySlot.length; slot++) {
      const orders = bySlot[slot]!;
      for (let i = 0; i < orders.length; i++) this.#records.giveOrder(orders[i]!);
    }
    this.#requests.clear();
    this.fills.clear();
    this.account.clear(state.removed);
    this.#orders.length = 0;
    this.submitted = 0;
    this.transactions = 0;
    this.now = now;
    this.resting.clear();
  }

  /** From now on chance comes from this stream: as if the desk had been made with it. */
  reseed(random: Random): void {
    this.#random = random;
    this.#arrival.random.reseed(random, 'slippage');
  }

  /** Sends an order. A refused one comes back complete, with the reason in `end`. */
  place(request: OrderRequest): Order {
    const { state, books } = this.#options;
    const order = this.#newOrder(request);
    this.submitted++;
    this.transactions++;
    order.touchAtDecision = request.touch ?? touchOf(books[request.slot], request.side);
    const refusal = refusalOf(order, request, state, this.account, this.#options);
    if (refusal !== undefined) {
      order.voided = order.lots;
      this.resting.finish(order, refusal);
      return order;
    }
    this.account.wait(order.slot, order.side, order.lots, closeWaitingPoints(order));
    this.#send('place', order, Infinity, undefined);
    return order;
  }

  /**
   * Asks to cancel `lots` of an order, all that is left when not given.
   * @throws Error unless `lots` are whole and above 0, or Infinity
   */
  cancel(order: Order, lots: number = Infinity): void {
    mustBeCancellable(lots);
    this.transactions++;
    if (order.status === OrderStatus.complete || order.cancelling) return;
    order.cancelling = true;
    this.#send('cancel', order, lots, undefined);
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
    const wrong = offLadder(successor, this.#options.state.market.rules.ladder);
    if (wrong || order.status === OrderStatus.complete || order.cancelling) {
      successor.voided = successor.lots;
      this.resting.finish(successor, wrong ? 'offLadder' : 'nothingToReplace');
      return successor;
    }
    order.cancelling = true;
    this.#send('replace', order, Infinity, successor);
    return successor;
  }

  /** Gives a complete order's record back for reuse: the caller must not look at it again. */
  release(order: Order): void {
    if (this.#options.history !== true && order.status === OrderStatus.complete) this.#records.giveOrder(order);
  }

  /** Carries out what is due before `now`, against the book as it has been since `fills.time`. */
  carryOutDue(): void {
    this.#requests.release(this, this.#carryOut);
  }

  #newOrder(request: OrderRequest): Order {
    const order = this.#records.order();
    order.fill(this.#records.nextId(), request, this.#options.points[request.tick] ?? 0, this);
    if (this.#options.history === true) this.#orders.push(order);
    return order;
  }

  /** The decision is taken by what was seen now, once that has reached us; then the request travels. */
  #send(kind: RequestKind, order: Order, lots: number, successor: Order | undefined): void {
    const { state, latency } = this.#options;
    const random = this.#random;
    const delayed = kind !== 'cancel' && state.inPlay;
    const delay = delayed ? state.betDelaySeconds * NANOS_PER_SECOND : 0;
    // Written into the record: a number that is handed on is a new object, and this is done for every order.
    const request = this.#requests.add(kind, order, lots, successor);
    const travel = latency('feed', random) + latency(kind, random);
    request.due = (this.now + travel + delay) as Nanos;
    this.#requests.timed(request);
  }

  #execute(request: Request): void {
    const { kind, order, lots, successor, due } = request;
    if (kind === 'place') {
      order.acceptedAt = due;
      if (order.status === OrderStatus.pending) this.#arrive(order);
      return;
    }
    order.cancelling = false;
    const open = this.#options.state.status === MarketStatus.open;
    const alive = order.status === OrderStatus.executable;
    if (open) this.resting.withdraw(order, lots);
    if (!open || !alive) {
      this.#tooLate(request);
      return;
    }
    const gone = Math.min(lots, order.rest);
    order.cancelled += gone;
    this.account.wait(order.slot, order.side, -gone, closeWaitingPoints(order));
    if (order.rest === 0) {
      this.resting.retire(order, successor === undefined ? 'cancelled' : 'replaced');
      // When the venue did it, though what is due is carried out only once time goes on.
      order.endedAt = due;
    }
    if (successor === undefined) return;
    successor.lots = gone;
    successor.liability = gone;
    successor.acceptedAt = due;
    const refusal = notAffordable(successor, this.account, this.#options);
    if (refusal !== undefined) {
      successor.voided = gone;
      this.resting.finish(successor, refusal);
      successor.endedAt = due;
      return;
    }
    this.account.wait(successor.slot, successor.side, gone, closeWaitingPoints(successor));
    this.#arrive(successor);
  }

  /** A request finds the order no more that it was about: one to replace it comes to nothing as well. */
  #tooLate({ successor, due }: Request): void {
    if (successor === undefined) return;
    const open = this.#options.state.status === MarketStatus.open;
    successor.voided = successor.lots;
    this.resting.finish(successor, open ? 'nothingToReplace' : 'marketNotOpen');
    successor.endedAt = due;
  }

  /** An order reaches the venue. */
  #arrive(order: Order): void {
    const { state } = this.#options;
    if (state.removed[order.slot] === 1 || state.status !== MarketStatus.open) {
      this.account.wait(order.slot, order.side, -order.lots, closeWaitingPoints(order));
      order.voided = order.lots;
      this.resting.finish(order, state.removed[order.slot] === 1 ? 'runnerRemoved' : 'marketNotOpen');
      order.endedAt = order.acceptedAt;
      return;
    }
    order.status = OrderStatus.executable;
    if (order.kind === 'limit') {
      this.#arrival.book = this.#options.books[order.slot]!;
      if (order.fillOrKillMinimum >= 0) fillOrKill(order, this.#arrival);
      else arrive(order, this.#arrival);
    }
    if (order.rest > 0 && order.fillOrKillMinimum < 0) {
      this.resting.add(order);
      return;
    }
    if (order.rest === 0) this.resting.finish(order, 'matched');
    else {
      this.account.wait(order.slot, order.side, -order.rest, order.points);
      order.cancelled = order.rest;
      this.resting.finish(order, 'fillOrKill');
    }
    // With its last fill, though what is due is carried out only once time goes on.
    order.endedAt = order.acceptedAt;
  }
}
