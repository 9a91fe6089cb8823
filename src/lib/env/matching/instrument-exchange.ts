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
import { NANOS_PER_SECOND } from '../../core/units.ts';
import type { Book } from '../../market/book.ts';
import { MarketState } from '../../market/market-state.ts';
import { NO_SLOT, Outcome, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { PositionAccount } from '../account/position-account.ts';
import type { ExchangeLike } from './exchange-like.ts';
import { FeedClock } from './feed-clock.ts';
import { InstrumentDesk } from './instrument-desk.ts';
import { InstrumentFloor } from './instrument-floor.ts';
import { liquidate } from './instrument-liquidation.ts';
import type { Liquidation } from '../account/liquidation.ts';
import type { InstrumentOptions } from './instrument-options.ts';
import type { InstrumentFill, InstrumentOrder, InstrumentRequest } from './instrument-order.ts';
import type { Direction } from './instrument-order.ts';
import { instrumentStory } from './instrument-story.ts';
import type { InstrumentStory } from './instrument-story.ts';
import type { InstrumentVenue } from './instrument-venue.ts';
import { OrderStatus, mustBeCancellable } from './order.ts';

const DAY = 86_400 * NANOS_PER_SECOND;

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
  /** How often the account was liquidated, in whole or in part. */
  liquidations = 0;
  readonly #desk: InstrumentDesk;
  readonly #floor: InstrumentFloor;
  readonly #feed: FeedClock;
  /** By slot: 1 where the tape states marks; elsewhere the middle of our book is the mark. */
  readonly #marked: Uint8Array;
  /** The next message for us. */
  #message = 0;
  /** How far `#advance` goes. */
  #until = 0;
  /** When the next day's fee for borrowed shares falls due; Infinity where none are lent. */
  #borrowDue = Infinity;

  constructor(tape: Tape, options: InstrumentOptions) {
    const { rules, runners } = tape.market;
    this.tape = tape;
    this.state = new MarketState(tape.market);
    this.books = this.state.books;
    this.account = new PositionAccount({ rules, slots: runners.length, cash: options.cash });
    this.#marked = new Uint8Array(runners.length);
    this.#feed = new FeedClock(tape, options.latency, options.random.split('feed'));
    this.#floor = new InstrumentFloor(tape, options);
    this.venues = this.#floor.venues;
    const { account, state } = this;
    const { history = false, marketProtection } = options;
    this.#desk = new InstrumentDesk({ account, state, history, marketProtection });
    this.#borrowDue = this.#firstClose();
  }

  get now(): Nanos {
    return this.#desk.now;
  }

  /** Orders asked for, refused ones included. */
  get submitted(): number {
    return this.#desk.submitted;
  }

  /** Place requests plus cancels and replaces. */
  get transactions(): number {
    return this.#desk.transactions;
  }

  /** Whether the tape has nothing more to show. */
  get ended(): boolean {
    return this.#floor.ended && this.#message === this.tape.messageStart.length - 1;
  }

  /** Orders that are not complete as far as we know, in the order they were made. */
  get openOrders(): readonly InstrumentOrder[] {
    return this.#desk.open;
  }

  /** Every order, when history is kept. */
  get orders(): readonly InstrumentOrder[] {
    return this.#desk.orders;
  }

  /** Starts over with an empty account, at the start of the tape or where another exchange of it has come to. */
  reset(from?: InstrumentExchange): void {
    this.#desk.clear();
    this.#floor.reset(from === undefined ? undefined : from.#floor);
    this.#feed.clear();
    this.account.clear();
    this.liquidations = 0;
    if (from === undefined) this.state.reset();
    else this.state.copyFrom(from.state);
    if (from !== undefined) this.#desk.now = from.#desk.now;
    this.#message = from === undefined ? 0 : from.#message;
    this.#borrowDue = from === undefined ? this.#firstClose() : from.#borrowDue;
    if (from === undefined) this.#marked.fill(0);
    else this.#marked.set(from.#marked);
    for (let slot = 0; slot < this.#marked.length; slot++) {
      if (this.#marked[slot] === 1) this.account.setMark(slot, this.state.markPrice[slot]!);
    }
  }

  /** All that happens up to and including `time`, at the venue and in front of us. */
  advanceTo(time: Nanos): void {
    this.#until = time;
    this.#advance();
  }

  /**
   * `advanceTo(times[index])`: for who steps along moments that are laid out, without making an object of each.
   * @param times nanoseconds since the tape's start
   */
  advanceAlong(times: Float64Array, index: number): void {
    this.#until = times[index]!;
    this.#advance();
  }

  /** Sends an order. A refused one comes back complete, with the reason in `end`. */
  place(request: InstrumentRequest): InstrumentOrder {
    const desk = this.#desk;
    desk.submitted++;
    desk.transactions++;
    const order = desk.make(request);
    this.#markUnheld();
    if (!desk.refused(order)) this.#floor.send('place', order);
    return order;
  }

  /**
   * Asks to cancel `lots` of an order, all that is left when not given.
   * @throws Error unless `lots` are whole and above 0, or Infinity
   */
  cancel(order: InstrumentOrder, lots = Infinity): void {
    mustBeCancellable(lots);
    this.#desk.transactions++;
    if (order.status === OrderStatus.complete || order.cancelling) return;
    order.cancelling = true;
    order.askedAt = this.#desk.now;
    this.#floor.send('cancel', order).lots = lots;
  }

  /**
   * Asks to cancel what is left of an order and to place as much at another price: a new order, last in its queue. Both
   * are paid for until the venue has answered.
   */
  replace(order: InstrumentOrder, tick: Ticks): InstrumentOrder {
    const desk = this.#desk;
    desk.submitted++;
    desk.transactions++;
    const { slot, direction, timeInForce, kind } = order;
    const lots = Math.max(0, order.rest) as InstrumentRequest['lots'];
    const successor = desk.make({ slot, direction, timeInForce, kind, tick, lots });
    this.#markUnheld();
    if (order.status === OrderStatus.complete || order.cancelling) desk.refuse(successor, 'nothingToReplace');
    else if (!desk.refused(successor)) {
      order.cancelling = true;
      order.askedAt = desk.now;
      const request = this.#floor.send('replace', order);
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
    this.#desk.release(order);
  }

  /** Every fill since the last call, those of the venue's own orders that liquidate included. */
  drainFills(visit: (fill: InstrumentFill) => void): void {
    this.#desk.fills.drain(visit);
  }

  /** Fills of one order, when history is kept. */
  fillsOf(order: InstrumentOrder): readonly InstrumentFill[] {
    return this.#desk.fills.of(order);
  }

  explain(order: InstrumentOrder): InstrumentStory {
    const { market } = this.tape;
    return instrumentStory({ order, fills: this.fillsOf(order), now: this.now, market, queue: this.#floor.queueId });
  }

  #advance(): void {
    if (this.#until < this.#borrowDue) {
      this.#advanceThrough();
      return;
    }
    const until = this.#until;
    for (; this.#borrowDue <= until; this.#borrowDue += DAY) {
      this.#until = this.#borrowDue;
      this.#advanceThrough();
      for (let slot = 0; slot < this.books.length; slot++) this.account.chargeBorrow(slot);
    }
    this.#until = until;
    this.#advanceThrough();
  }

  #advanceThrough(): void {
    this.#floor.until = this.#until;
    this.#floor.advance();
    this.#ourRows();
    const { answers } = this.#floor;
    while (answers.hasBy(this.#until)) this.#desk.told(answers.take());
    this.#markToBook();
    if (this.#until > this.#desk.now) this.#desk.now = this.#until as Nanos;
  }

  /** The first close of a day on or after the start of the tape, where shares are lent. */
  #firstClose(): number {
    const { settlement } = this.tape.market.rules;
    if (settlement.kind !== 'cash' || settlement.shorting === undefined) return Infinity;
    const ofDay = Number(this.tape.startEpochNanos % BigInt(DAY));
    return (settlement.shorting.closeMinute * 60 * NANOS_PER_SECOND - ofDay + DAY) % DAY;
  }

  /** The messages that we see up to and including `#until`. */
  #ourRows(): void {
    const { tape, books, state } = this;
    const { kind, slot, tick, lots, messageStart } = tape;
    const until = this.#until;
    const feed = this.#feed;
    const messages = messageStart.length - 1;
    let message = this.#message;
    let first = messageStart[message]!;
    for (; message < messages; message++) {
      const end = messageStart[message + 1]!;
      if (first === end) continue;
      feed.look(message, first);
      if (feed.seenAt > until) break;
      for (let row = first; row < end; row++) {
        const what = kind[row]!;
        if (what === RowKind.bid) books[slot[row]!]!.setBid(tick[row]!, lots[row]!);
        else if (what === RowKind.ask) books[slot[row]!]!.setAsk(tick[row]!, lots[row]!);
        else this.#ourEvent(row);
      }
      state.time = feed.seenAt as Nanos;
      first = end;
    }
    this.#message = message;
  }

  /** Any row that is no level. */
  #ourEvent(row: number): void {
    const { tape, state, account } = this;
    const what = tape.kind[row]! as RowKind;
    state.apply(tape, row);
    const slot = tape.slot[row]!;
    if (slot === NO_SLOT || (what !== RowKind.markPrice && what !== RowKind.funding && what !== RowKind.outcome))
      return;
    // What the account held: at equal times rows come before answers.
    const { answers } = this.#floor;
    while (answers.earliest < this.#feed.seenAt) this.#desk.told(answers.take());
    if (what === RowKind.markPrice) {
      this.#marked[slot] = 1;
      account.setMark(slot, state.markPrice[slot]!);
    } else if (what === RowKind.funding) account.applyFunding(slot, state.fundingRate[slot]!);
    else this.#settle(slot, tape.lots[row]! as Outcome);
    this.#liquidateIfDue();
  }

  /** Where the tape states no marks, the middle of our book is the mark of what we hold. */
  #markToBook(): void {
    const { account, books } = this;
    for (let slot = 0; slot < books.length; slot++) {
      if (this.#marked[slot] === 1 || account.position[slot] === 0) continue;
      const book = books[slot]!;
      const { bestBid, bestAsk } = book;
      if (bestBid < 0 || bestAsk < 0) continue;
      account.setMarkBetween(slot, bestBid, bestAsk);
    }
    this.#liquidateIfDue();
  }

  /**
   * An order on margin asks for it at the mark, and what was the mark when something was last held is none by now: where
   * nothing is held, our book's is taken when an order is sent; of one side alone its best price. With neither the last
   * one stays.
   */
  #markUnheld(): void {
    const { account, books } = this;
    if (account.margin === undefined) return;
    for (let slot = 0; slot < books.length; slot++) {
      if (this.#marked[slot] === 1 || account.position[slot] !== 0) continue;
      const { bestBid, bestAsk } = books[slot]!;
      if (bestBid < 0 && bestAsk < 0) continue;
      account.setMarkBetween(slot, bestBid < 0 ? bestAsk : bestBid, bestAsk < 0 ? bestBid : bestAsk);
    }
  }

  #liquidateIfDue(): void {
    if (this.account.margin !== undefined && this.account.mustLiquidate()) this.#liquidate();
  }

  /** See `instrument-liquidation.ts`. The venue works its orders against its own book, as it has it now. */
  #liquidate(): void {
    const { account, tape } = this;
    const desk = this.#desk;
    const floor = this.#floor;
    const ended = [...desk.open];
    for (const venue of this.venues) venue.close('liquidated');
    this.#tellAll();
    desk.abandon(undefined, 'liquidated');
    const { ladder } = tape.market.rules;
    const work = (request: InstrumentRequest, record: Liquidation): InstrumentOrder => {
      const order = desk.make(request);
      order.forced = true;
      order.liquidation = record;
      desk.wait(order);
      floor.force(order);
      this.#tellAll();
      return order;
    };
    const [first] = liquidate({ account, ladder, now: desk.now, work });
    for (const order of ended) if (order.end === 'liquidated') order.liquidation = first;
    this.liquidations++;
  }

  /** All that the venue has said, however far it still has to go. */
  #tellAll(): void {
    const { answers } = this.#floor;
    while (answers.hasBy(Infinity)) this.#desk.told(answers.take());
  }

  /** A contract pays; what is on its way will find it gone. */
  #settle(slot: number, outcome: Outcome): void {
    if (this.tape.market.rules.settlement.kind !== 'yesNo') return;
    if (outcome !== Outcome.winner && outcome !== Outcome.loser) return;
    const venue = this.venues[slot]!;
    venue.ended = true;
    venue.close('settled');
    this.#tellAll();
    this.#desk.abandon(slot, 'settled');
    this.account.settleYesNo(slot, outcome === Outcome.winner ? 1 : 0);
  }
}
