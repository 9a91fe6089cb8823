/**
 * Our side of an exchange for instruments: the orders we made, as far as the venue's answers have told us of them, and
 * what they mean for the account. Knows no tape and no venue: the exchange hands it what comes back.
 *
 * Amounts and times stay in fields: a number that a call hands on is made an object wherever the call is not compiled
 * into its caller, and stepping makes none.
 */
import type { Nanos } from '../../core/units.ts';
import type { MarketState } from '../../market/market-state.ts';
import type { PositionAccount } from '../account/position-account.ts';
import { AnswerKind } from './answers.ts';
import type { Answer } from './answers.ts';
import { InstrumentFills } from './instrument-fills.ts';
import type { InstrumentOptions } from './instrument-options.ts';
import { Direction, InstrumentOrder } from './instrument-order.ts';
import type { InstrumentEnd, InstrumentRequest } from './instrument-order.ts';
import { protectedTick, refusalOfInstrument } from './instrument-refusal.ts';
import { OrderStatus } from './order.ts';

export interface DeskOptions {
  readonly account: PositionAccount;
  /** The market as we have seen it. */
  readonly state: MarketState;
  readonly history: boolean;
  readonly marketProtection: InstrumentOptions['marketProtection'];
}

export class InstrumentDesk {
  /** Our clock, which the exchange moves. */
  now: Nanos = 0 as Nanos;
  /** Orders asked for, refused ones included; place requests plus cancels and replaces. */
  submitted = 0;
  transactions = 0;
  /** Orders not complete as far as we know, in the order they were made. */
  readonly open: InstrumentOrder[] = [];
  /** Every order, when history is kept. */
  readonly orders: InstrumentOrder[] = [];
  readonly fills: InstrumentFills;
  readonly #options: DeskOptions;
  readonly #pool: InstrumentOrder[] = [];
  #nextId = 1;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.fills = new InstrumentFills(options.history);
  }

  /** Back to no orders; the account is its owner's to clear. */
  clear(): void {
    for (const order of this.open) this.#pool.push(order);
    this.open.length = 0;
    this.orders.length = 0;
    this.fills.clear();
    this.submitted = 0;
    this.transactions = 0;
    this.#nextId = 1;
    this.now = 0 as Nanos;
  }

  /** A new order with a request's terms, not yet looked at. */
  make(request: InstrumentRequest): InstrumentOrder {
    const { state, history, marketProtection } = this.#options;
    const order = this.#pool.pop() ?? new InstrumentOrder();
    order.start(this.#nextId++, request);
    order.madeAt = this.now;
    order.askedAt = this.now;
    order.acceptedAt = this.now;
    order.endedAt = this.now;
    const book = state.books[order.slot];
    if (book !== undefined) {
      order.touchAtDecision = order.direction === Direction.buy ? book.bestAsk : book.bestBid;
      if (order.kind === 'market' && request.tick === undefined) {
        order.tick = protectedTick(book, order.direction, marketProtection ?? 0.05);
      }
    }
    if (history) this.orders.push(order);
    return order;
  }

  /** Refuses an order where it must, else puts its money aside. @returns whether it did refuse */
  refused(order: InstrumentOrder): boolean {
    const { state, account } = this.#options;
    const refusal = refusalOfInstrument(order, state, account);
    if (refusal !== undefined) {
      this.refuse(order, refusal);
      return true;
    }
    this.wait(order);
    return false;
  }

  /** Puts the money of an order aside that is on its way. */
  wait(order: InstrumentOrder): void {
    this.#options.account.wait(order.slot, order.direction * order.lots, order.tick, order.fees);
    this.open.push(order);
  }

  refuse(order: InstrumentOrder, reason: InstrumentEnd): void {
    order.expired = order.lots;
    order.open = 0;
    order.venueStatus = OrderStatus.complete;
    order.status = OrderStatus.complete;
    order.end = reason;
    order.endedAt = this.now;
  }

  /** Gives a complete order's record back for reuse. */
  release(order: InstrumentOrder): void {
    if (!this.#options.history && order.status === OrderStatus.complete) this.#pool.push(order);
  }

  /** An answer has reached us. */
  told(answer: Answer): void {
    const { order } = answer;
    // Only the answer to a request that came too late outlives its order.
    if (order.id !== answer.id) return;
    const { account } = this.#options;
    switch (answer.kind) {
      case AnswerKind.accepted:
        order.status = OrderStatus.executable;
        order.acceptedAt = answer.time;
        this.#trim(order, answer.lots);
        return;
      case AnswerKind.tooLate:
        order.cancelling = false;
        return;
      case AnswerKind.filled: {
        const { slot, direction, fees } = order;
        const { lots, tick } = answer;
        order.filled += lots;
        order.filledTicks += lots * tick;
        account.unwait(slot, direction * lots, order.tick, fees);
        if (order.forced) account.bookForced(slot, direction * lots, tick, fees);
        else account.book(slot, direction * lots, tick, answer.role, fees);
        this.fills.add(answer, account);
        if (order.rest === 0) this.#complete(order, 'filled', answer);
        return;
      }
      case AnswerKind.withdrawn: {
        const { lots, reason } = answer;
        if (order.status === OrderStatus.pending) this.#trim(order, lots);
        if (reason === 'cancelled' || reason === 'replaced') order.cancelled += lots;
        else order.expired += lots;
        order.cancelling = false;
        if (lots > 0) account.unwait(order.slot, order.direction * lots, order.tick, order.fees);
        if (order.rest === 0) this.#complete(order, reason, answer);
      }
    }
  }

  /** Orders that are still open, of a slot or all: the venue will not take them, or never tell of them. */
  abandon(slot: number | undefined, reason: InstrumentEnd): void {
    for (const order of [...this.open]) {
      if (slot !== undefined && order.slot !== slot) continue;
      const { rest } = order;
      order.expired += rest;
      order.open = 0;
      order.venueStatus = OrderStatus.complete;
      this.#options.account.unwait(order.slot, order.direction * rest, order.tick, order.fees);
      this.#complete(order, reason, undefined);
    }
  }

  /** A successor is only as large as what was left of the order it replaces when the venue carried it out. */
  #trim(order: InstrumentOrder, lots: number): void {
    const less = order.lots - lots;
    if (less <= 0) return;
    order.lots = lots;
    this.#options.account.unwait(order.slot, order.direction * less, order.tick, order.fees);
  }

  /** @param answer that said so, undefined for what was not told */
  #complete(order: InstrumentOrder, reason: InstrumentEnd, answer: Answer | undefined): void {
    order.status = OrderStatus.complete;
    order.end = reason;
    order.endedAt = answer === undefined ? this.now : answer.time;
    order.cancelling = false;
    const { open } = this;
    const index = open.indexOf(order);
    if (index < 0) return;
    for (let i = index + 1; i < open.length; i++) open[i - 1] = open[i]!;
    open.pop();
  }
}
