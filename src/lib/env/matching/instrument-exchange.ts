/**
 * A market of instruments (perpetuals, yes/no contracts, shares) as an exchange that is simulated from its tape: takes
 * requests, carries them to the venue and its answers back, matches them there and books what we were told. Knows
 * nothing of episodes, actions or rewards.
 *
 * Two clocks, hence two books: the venue's moves by when things happened there, ours by when we saw them. A request sent
 * at t meets the venue's book of t + latency; its answer, and every fill, reaches us a latency later. Orders, account
 * and `books` show what we know. At equal times: our rows, then answers, then the venue's rows, then requests there.
 *
 * It is a class beside `SimulatedExchange`, not a mode of it: a betting market moves a message at a time on one clock,
 * counts both sides of a trade, knows suspension, starting prices and removals, and its account is a bet on each
 * runner. Queue models, latency, slippage, taken liquidity and shadows are the same; `ExchangeLike` is what both do.
 */
import type { Nanos, Ticks } from '../../core/units.ts';
import type { Book } from '../../market/book.ts';
import { MarketState } from '../../market/market-state.ts';
import { NO_SLOT, Outcome, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { PositionAccount } from '../account/position-account.ts';
import { AnswerKind } from './answers.ts';
import type { Answer } from './answers.ts';
import type { ExchangeLike } from './exchange-like.ts';
import { FeedClock } from './feed-clock.ts';
import { InstrumentFloor } from './instrument-floor.ts';
import { InstrumentFills } from './instrument-fills.ts';
import type { InstrumentOptions } from './instrument-options.ts';
import { Direction, InstrumentOrder } from './instrument-order.ts';
import type { InstrumentEnd, InstrumentFill, InstrumentRequest } from './instrument-order.ts';
import { protectedTick, refusalOfInstrument } from './instrument-refusal.ts';
import { instrumentStory } from './instrument-story.ts';
import type { InstrumentStory } from './instrument-story.ts';
import type { InstrumentVenue } from './instrument-venue.ts';
import { OrderStatus, mustBeCancellable } from './order.ts';

export class InstrumentExchange implements ExchangeLike<
  InstrumentRequest,
  InstrumentOrder,
  InstrumentFill,
  InstrumentStory
> {
  readonly tape: Tape;
  /** The market as we have seen it. */
  readonly state: MarketState;
  /** The books as we have seen them, by slot. */
  readonly books: readonly Book[];
  /** What we were told: it learns of a fill when its answer comes, of marks and funding when their rows do. */
  readonly account: PositionAccount;
  /** By slot: the venue's own book and what rests there. Only for what may look ahead of us: explanations and tests. */
  readonly venues: readonly InstrumentVenue[];
  /** Orders asked for, refused ones included; place requests plus cancels and replaces. */
  submitted = 0;
  transactions = 0;
  /** How often the account was liquidated. */
  liquidations = 0;
  readonly #options: InstrumentOptions;
  readonly #floor: InstrumentFloor;
  readonly #feed: FeedClock;
  readonly #fills: InstrumentFills;
  /** By slot: 1 where the tape states marks; elsewhere the middle of our book is the mark. */
  readonly #marked: Uint8Array;
  /** Orders not complete as far as we know, in the order they were made. */
  readonly #open: InstrumentOrder[] = [];
  readonly #orders: InstrumentOrder[] = [];
  readonly #pool: InstrumentOrder[] = [];
  #nextId = 1;
  #now: Nanos = 0 as Nanos;
  /** The next message for us. */
  #message = 0;

  constructor(tape: Tape, options: InstrumentOptions) {
    const { rules, runners } = tape.market;
    this.tape = tape;
    this.#options = options;
    this.state = new MarketState(tape.market);
    this.books = this.state.books;
    this.account = new PositionAccount({ rules, slots: runners.length, cash: options.cash });
    this.#marked = new Uint8Array(runners.length);
    this.#feed = new FeedClock(options.latency, options.random.split('feed'));
    this.#fills = new InstrumentFills(options.history === true);
    this.#floor = new InstrumentFloor(tape, options);
    this.venues = this.#floor.venues;
  }

  get now(): Nanos {
    return this.#now;
  }

  /** Whether the tape has nothing more to show. */
  get ended(): boolean {
    return this.#floor.ended && this.#message === this.tape.messageStart.length - 1;
  }

  /** Orders that are not complete as far as we know, in the order they were made. */
  get openOrders(): readonly InstrumentOrder[] {
    return this.#open;
  }

  /** Every order, when history is kept. */
  get orders(): readonly InstrumentOrder[] {
    return this.#orders;
  }

  /** Starts over with an empty account, at the start of the tape or where another exchange of it has come to. */
  reset(from?: InstrumentExchange): void {
    for (const order of this.#open) this.#pool.push(order);
    this.#open.length = 0;
    this.#orders.length = 0;
    this.#floor.reset(from === undefined ? undefined : from.#floor);
    this.#feed.clear();
    this.#fills.clear();
    this.account.clear();
    this.submitted = 0;
    this.transactions = 0;
    this.liquidations = 0;
    this.#nextId = 1;
    if (from === undefined) this.state.reset();
    else this.state.copyFrom(from.state);
    this.#now = from === undefined ? (0 as Nanos) : from.#now;
    this.#message = from === undefined ? 0 : from.#message;
    if (from === undefined) this.#marked.fill(0);
    else this.#marked.set(from.#marked);
    for (let slot = 0; slot < this.#marked.length; slot++) {
      if (this.#marked[slot] === 1) this.account.setMark(slot, this.state.markPrice[slot]!);
    }
  }

  /** All that happens up to and including `time`, at the venue and in front of us. */
  advanceTo(time: Nanos): void {
    this.#floor.advanceTo(time);
    this.#ourRows(time);
    this.#deliver(time);
    this.#markToBook();
    if (time > this.#now) this.#now = time;
  }

  /** Sends an order. A refused one comes back complete, with the reason in `end`. */
  place(request: InstrumentRequest): InstrumentOrder {
    this.submitted++;
    this.transactions++;
    const order = this.#newOrder(request);
    if (this.#refused(order)) return order;
    this.#floor.send('place', order, this.#now);
    return order;
  }

  /**
   * Asks to cancel `lots` of an order, all that is left when not given.
   * @throws Error unless `lots` are whole and above 0, or Infinity
   */
  cancel(order: InstrumentOrder, lots = Infinity): void {
    mustBeCancellable(lots);
    this.transactions++;
    if (order.status === OrderStatus.complete || order.cancelling) return;
    order.cancelling = true;
    this.#floor.send('cancel', order, this.#now).lots = lots;
  }

  /**
   * Asks to cancel what is left of an order and to place as much at another price: a new order, last in its queue. Both
   * are paid for until the venue has answered.
   */
  replace(order: InstrumentOrder, tick: Ticks): InstrumentOrder {
    this.submitted++;
    this.transactions++;
    const { slot, direction, timeInForce, kind } = order;
    const lots = Math.max(0, order.rest) as InstrumentRequest['lots'];
    const successor = this.#newOrder({ slot, direction, timeInForce, kind, tick, lots });
    if (order.status === OrderStatus.complete || order.cancelling) this.#refuse(successor, 'nothingToReplace');
    else if (!this.#refused(successor)) {
      order.cancelling = true;
      const request = this.#floor.send('replace', order, this.#now);
      request.successor = successor;
      request.successorId = successor.id;
    }
    return successor;
  }

  /**
   * An order-level source tells of somebody else's cancellation, as the venue has it now: `place` lots were before him
   * in his level. Queue models that count single orders move by it.
   */
  cancelledByOthers(slot: number, direction: Direction, tick: Ticks, gone: { place: number; lots: number }): void {
    this.venues[slot]!.cancelledByOthers(direction, tick, gone.place, gone.lots);
  }

  /** Gives a complete order's record back for reuse: the caller must not look at it again. */
  release(order: InstrumentOrder): void {
    if (this.#options.history !== true && order.status === OrderStatus.complete) this.#pool.push(order);
  }

  drainFills(visit: (fill: InstrumentFill) => void): void {
    this.#fills.drain(visit);
  }

  /** Fills of one order, when history is kept. */
  fillsOf(order: InstrumentOrder): readonly InstrumentFill[] {
    return this.#fills.of(order);
  }

  explain(order: InstrumentOrder): InstrumentStory {
    return instrumentStory({ order, fills: this.#fills.of(order), now: this.#now, market: this.tape.market });
  }

  // --- requests -----------------------------------------------------------------------------------------------------

  #newOrder(request: InstrumentRequest): InstrumentOrder {
    const order = this.#pool.pop() ?? new InstrumentOrder();
    order.start(this.#nextId++, request, this.#now);
    const book = this.books[order.slot];
    if (book !== undefined) {
      order.touchAtDecision = order.direction === Direction.buy ? book.bestAsk : book.bestBid;
      if (order.kind === 'market' && request.tick === undefined) {
        order.tick = protectedTick(book, order.direction, this.#options.marketProtection ?? 0.05);
      }
    }
    if (this.#options.history === true) this.#orders.push(order);
    return order;
  }

  /** Refuses an order where it must, else puts its money aside. */
  #refused(order: InstrumentOrder): boolean {
    const refusal = refusalOfInstrument(order, this.state, this.account);
    if (refusal !== undefined) {
      this.#refuse(order, refusal);
      return true;
    }
    this.account.wait(order.slot, order.direction * order.lots, order.tick, order.fees);
    this.#open.push(order);
    return false;
  }

  #refuse(order: InstrumentOrder, reason: InstrumentEnd): void {
    order.expired = order.lots;
    order.open = 0;
    order.venueStatus = OrderStatus.complete;
    order.status = OrderStatus.complete;
    order.end = reason;
    order.endedAt = this.#now;
  }

  // --- in front of us -----------------------------------------------------------------------------------------------

  /** The messages that we see up to and including `until`. */
  #ourRows(until: number): void {
    const { tape, books, state } = this;
    const { received, kind, slot, tick, lots, messageStart } = tape;
    const messages = messageStart.length - 1;
    let message = this.#message;
    let first = messageStart[message]!;
    for (; message < messages; message++) {
      const end = messageStart[message + 1]!;
      if (first === end) continue;
      const seenAt = this.#feed.seenAt(message, received[first]!);
      if (seenAt > until) break;
      for (let row = first; row < end; row++) {
        const what = kind[row]!;
        if (what === RowKind.bid) books[slot[row]!]!.setBid(tick[row]!, lots[row]!);
        else if (what === RowKind.ask) books[slot[row]!]!.setAsk(tick[row]!, lots[row]!);
        else this.#ourEvent(row, seenAt);
      }
      state.time = seenAt;
      first = end;
    }
    this.#message = message;
  }

  /** Any row that is no level. */
  #ourEvent(row: number, seenAt: number): void {
    const { tape, state, account } = this;
    const what = tape.kind[row]! as RowKind;
    state.apply(tape, row);
    const slot = tape.slot[row]!;
    if (slot === NO_SLOT || (what !== RowKind.markPrice && what !== RowKind.funding && what !== RowKind.outcome))
      return;
    // What the account held: at equal times rows come before answers.
    while (this.#floor.answers.earliest < seenAt) this.#told(this.#floor.answers.take());
    if (what === RowKind.markPrice) {
      this.#marked[slot] = 1;
      account.setMark(slot, state.markPrice[slot]!);
    } else if (what === RowKind.funding) account.applyFunding(slot, state.fundingRate[slot]!);
    else this.#settle(slot, tape.lots[row]! as Outcome);
    this.#liquidateIfDue();
  }

  /** Answers that reach us up to and including `until`. */
  #deliver(until: number): void {
    while (this.#floor.answers.hasBy(until)) this.#told(this.#floor.answers.take());
  }

  #told(answer: Answer): void {
    const { order } = answer;
    // Only the answer to a request that came too late outlives its order.
    if (order.id !== answer.id) return;
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
        this.account.unwait(slot, direction * lots, order.tick, fees);
        const fee = this.account.fill(slot, direction * lots, tick, answer.role, fees);
        this.#fills.add(answer, fee);
        if (order.rest === 0) this.#complete(order, 'filled', answer.time);
        return;
      }
      case AnswerKind.withdrawn: {
        const { lots, reason } = answer;
        if (order.status === OrderStatus.pending) this.#trim(order, lots);
        if (reason === 'cancelled' || reason === 'replaced') order.cancelled += lots;
        else order.expired += lots;
        order.cancelling = false;
        if (lots > 0) this.account.unwait(order.slot, order.direction * lots, order.tick, order.fees);
        if (order.rest === 0) this.#complete(order, reason, answer.time);
      }
    }
  }

  /** A successor is only as large as what was left of the order it replaces when the venue carried it out. */
  #trim(order: InstrumentOrder, lots: number): void {
    const less = order.lots - lots;
    if (less <= 0) return;
    order.lots = lots;
    this.account.unwait(order.slot, order.direction * less, order.tick, order.fees);
  }

  #complete(order: InstrumentOrder, reason: InstrumentEnd, at: Nanos): void {
    order.status = OrderStatus.complete;
    order.end = reason;
    order.endedAt = at;
    order.cancelling = false;
    const open = this.#open;
    const index = open.indexOf(order);
    if (index < 0) return;
    for (let i = index + 1; i < open.length; i++) open[i - 1] = open[i]!;
    open.pop();
  }

  /** Where the tape states no marks, the middle of our book is the mark of what we hold. */
  #markToBook(): void {
    const { account, books } = this;
    for (let slot = 0; slot < books.length; slot++) {
      if (this.#marked[slot] === 1 || account.position[slot] === 0) continue;
      const book = books[slot]!;
      const { bestBid, bestAsk, ladder } = book;
      if (bestBid < 0 || bestAsk < 0) continue;
      account.setMark(slot, (ladder.priceOf(bestBid as Ticks) + ladder.priceOf(bestAsk as Ticks)) / 2);
    }
    this.#liquidateIfDue();
  }

  #liquidateIfDue(): void {
    const { account, tape } = this;
    if (tape.market.rules.settlement.kind !== 'linearPerpetual' || !account.mustLiquidate()) return;
    for (const venue of this.venues) venue.close('liquidated');
    this.#deliver(Infinity);
    this.#abandon(undefined, 'liquidated');
    account.liquidate();
    this.liquidations++;
  }

  /** A contract pays; what is on its way will find it gone. */
  #settle(slot: number, outcome: Outcome): void {
    if (this.tape.market.rules.settlement.kind !== 'yesNo') return;
    if (outcome !== Outcome.winner && outcome !== Outcome.loser) return;
    const venue = this.venues[slot]!;
    venue.ended = true;
    venue.close('settled');
    this.#deliver(Infinity);
    this.#abandon(slot, 'settled');
    this.account.settleYesNo(slot, outcome === Outcome.winner ? 1 : 0);
  }

  /** Orders still on their way, of a slot or all: the venue will not take them. */
  #abandon(slot: number | undefined, reason: InstrumentEnd): void {
    for (const order of [...this.#open]) {
      if (slot !== undefined && order.slot !== slot) continue;
      const { rest } = order;
      order.expired += rest;
      order.open = 0;
      order.venueStatus = OrderStatus.complete;
      this.account.unwait(order.slot, order.direction * rest, order.tick, order.fees);
      this.#complete(order, reason, this.#now);
    }
  }
}
