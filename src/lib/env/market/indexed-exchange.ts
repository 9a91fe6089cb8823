/**
 * The simulated exchange of an episode, without its messages. It answers as `SimulatedExchange` does, order by order
 * and lot by lot, but reads a `BookHistory` instead of applying rows: between two decisions it goes from request to
 * request, and over the trades that reach an order of ours. Keeps no history of its own; an episode that is recorded
 * runs on `SimulatedExchange`.
 *
 * Slots do not see each other between two market events (a removal, a suspension), so each slot's resting orders are
 * worked in one go: when one of its requests is carried out, at an event, and at the next decision. Requests, whose
 * latencies may be drawn by chance, keep their order over all slots.
 */
import type { Random } from '../../core/random.ts';
import type { Nanos } from '../../core/units.ts';
import type { BookView } from '../../market/book.ts';
import { MarketState } from '../../market/market-state.ts';
import { MarketStatus } from '../../market/tape.ts';
import type { BackLayAccount } from '../account/account.ts';
import type { ExchangeOptions } from '../matching/exchange-options.ts';
import { Side } from '../matching/order.ts';
import type { Fill, Order, OrderRequest } from '../matching/order.ts';
import type { DeskRecords } from '../matching/desk-records.ts';
import { OrderDesk } from '../matching/order-desk.ts';
import type { BookHistory, Moment } from './book-history.ts';
import { DECISION_WIDTH, HistoryBook, nextChange } from './book-history.ts';
import { isEvent } from './history-builder.ts';
import { FollowedTaken } from './followed-taken.ts';
import type { Realism } from './realism.ts';
import type { Timeline } from './timeline.ts';

export class IndexedExchange {
  readonly account: BackLayAccount;
  /** Status and removals; its books stay empty. */
  readonly state: MarketState;
  /** By slot of the tape. Those of runners that are not watched hold nothing. */
  readonly books: readonly BookView[];
  /** What its models follow. */
  readonly realism: Realism;
  readonly #timeline: Timeline;
  readonly #history: BookHistory;
  readonly #desk: OrderDesk;
  readonly #taken: FollowedTaken;
  readonly #moment: Moment = { cursor: 0, decision: 0 };
  /** Slot of the timeline by slot of the tape. */
  readonly #slotOf: Int32Array;
  /** By slot of the timeline: the cursor up to which its resting orders have been worked. */
  readonly #worked: Uint32Array;
  /**
   * Hundredths of the lowest resting back and the highest resting lay, which every trade there or better may reach; past
   * every price without one. In fields, for a fraction that a call hands back may be an object made for the occasion.
   */
  #lowestBack = Infinity;
  #highestLay = -Infinity;
  #nextEvent = 0;
  #closed = false;

  /** @param options `records`: shared with the exchanges that take turns with this one */
  constructor(
    timeline: Timeline,
    history: BookHistory,
    options: ExchangeOptions & { readonly realism: Realism; readonly records?: DeskRecords }
  ) {
    const { tape, runners, points } = timeline;
    const { rules } = tape.market;
    this.#timeline = timeline;
    this.#history = history;
    this.realism = options.realism;
    this.state = new MarketState(tape.market);
    this.#slotOf = timeline.slotOf;
    this.#worked = new Uint32Array(runners.length);
    this.books = this.state.books.map((book, runner) => {
      const slot = this.#slotOf[runner]!;
      return slot < 0 ? book : new HistoryBook(rules.ladder, history, this.#moment, slot);
    });
    this.#taken = new FollowedTaken(history, this.#moment, this.#slotOf);
    this.#desk = new OrderDesk({
      ...options,
      state: this.state,
      books: this.books,
      points,
      taken: this.#taken,
      catchUp: (runner) => {
        this.#catchUp(this.#slotOf[runner]!);
      }
    });
    this.account = this.#desk.account;
    this.begin(undefined);
  }

  get submitted(): number {
    return this.#desk.submitted;
  }

  /**
   * Back to the episode's beginning, with an empty account.
   * @param random the episode's own stream, where anything is left to chance
   */
  begin(random: Random | undefined): void {
    if (random !== undefined) this.#desk.reseed(random);
    this.state.copyConditionsFrom(this.#timeline.start);
    this.#moment.cursor = 0;
    this.#moment.decision = 0;
    this.#worked.fill(0);
    this.#nextEvent = 0;
    this.#closed = this.state.status === MarketStatus.closed;
    this.#taken.clear();
    this.#desk.clear(this.#timeline.times[0]! as Nanos);
    this.#desk.fills.message = this.#timeline.firstMessage;
  }

  /** On to decision k, from the one before it. */
  toDecision(k: number): void {
    const desk = this.#desk;
    const { cursors, events, messages } = this.#history;
    const end = cursors[k]!;
    const time = this.#timeline.times[k]! as Nanos;
    while (this.#nextEvent < events.length && events[this.#nextEvent]! < end && !this.#closed) {
      const position = events[this.#nextEvent++]!;
      this.#carryOutBefore(position + 1);
      this.#workAll(position);
      this.#apply(position);
    }
    if (!this.#closed) this.#carryOutBefore(end);
    this.#moment.cursor = end;
    if (desk.earliest < time && !this.#closed) {
      desk.now = time;
      desk.fills.ordinal = 2 * end;
      desk.fills.time = this.#bookTime(end);
      if (end > 0) desk.fills.message = messages[end - 1]!;
      desk.carryOutDue();
    }
    if (!this.#closed) this.#workAll(end);
    this.#moment.decision = k;
    desk.now = time;
  }

  place(request: OrderRequest): Order {
    return this.#desk.place(request);
  }

  cancel(order: Order): void {
    this.#desk.cancel(order);
  }

  release(order: Order): void {
    this.#desk.release(order);
  }

  drainFills(visit: (fill: Fill) => void): void {
    this.#desk.fills.drainInOrder(visit);
  }

  /** When the book last changed before a cursor. */
  #bookTime(cursor: number): Nanos {
    return (cursor === 0 ? this.state.time : this.#history.times[cursor - 1]!) as Nanos;
  }

  /** Carries out, each before the first message after it is due, the requests that come before message `end`. */
  #carryOutBefore(end: number): void {
    const desk = this.#desk;
    const { times, messages } = this.#history;
    for (let position = this.#moment.cursor; position < end; position++) {
      const due = desk.earliest;
      if (due === Infinity) return;
      while (position < end && times[position]! <= due) position++;
      if (position === end) return;
      const time = times[position]! as Nanos;
      this.#moment.cursor = position;
      desk.now = time;
      desk.fills.message = messages[position]!;
      desk.fills.ordinal = 2 * position;
      desk.fills.time = this.#bookTime(position);
      desk.carryOutDue();
    }
  }

  /** A message that is an event: its rows, and what they do to orders. All before it has been worked. */
  #apply(position: number): void {
    const desk = this.#desk;
    const { tape } = this.#timeline;
    const message = this.#history.messages[position]!;
    const time = this.#history.times[position]! as Nanos;
    const end = tape.messageStart[message + 1]!;
    for (let row = tape.messageStart[message]!; row < end; row++) {
      if (isEvent(tape.kind[row]!)) this.state.apply(tape, row);
    }
    this.#moment.cursor = position + 1;
    if (this.state.status === MarketStatus.closed) {
      this.#closed = true;
      return;
    }
    desk.now = time;
    desk.fills.message = message;
    desk.fills.time = time;
    desk.fills.ordinal = 2 * position + 1;
    desk.resting.followRemovals();
    desk.resting.closeAtStartingPrice();
    this.#workAll(position + 1);
    desk.resting.lapseIfSuspended();
  }

  #workAll(to: number): void {
    const { live } = this.#desk.resting;
    if (live.count === 0) {
      this.#worked.fill(to);
      return;
    }
    for (let slot = 0; slot < this.#worked.length; slot++) this.#work(slot, to);
  }

  /** Works a slot up to a request that is about to be carried out there; then it is the request's moment again. */
  #catchUp(slot: number): void {
    const desk = this.#desk;
    const { fills, now } = desk;
    const { time, message, ordinal } = fills;
    this.#work(slot, this.#moment.cursor);
    desk.now = now;
    fills.time = time;
    fills.message = message;
    fills.ordinal = ordinal;
  }

  /** Lets what happens in a slot, up to a cursor, reach the orders that rest there. */
  #work(slot: number, to: number): void {
    const from = this.#worked[slot]!;
    this.#worked[slot] = to;
    const runner = this.#timeline.runners[slot]!;
    if (runner < 0 || from === to) return;
    const orders = this.#desk.resting.live.bySlot[runner]!;
    if (orders.length === 0) return;
    const { followsDepth } = this.#desk.resting;
    const { tradeStart, tradeAt, tradePoints, decisions } = this.#history;
    const row = (this.#moment.decision * this.#worked.length + slot) * DECISION_WIDTH;
    this.#findReach(orders);
    // Most intervals trade between our prices.
    if (!followsDepth && decisions[row + 8]! < this.#lowestBack && decisions[row + 7]! > this.#highestLay) return;
    const end = tradeStart[slot + 1]!;
    let trade = decisions[row + 6]!;
    while (trade < end && tradeAt[trade]! < from) trade++;
    if (followsDepth) {
      this.#workLevels(slot, from, to, trade);
      return;
    }
    while (orders.length > 0) {
      const back = this.#lowestBack;
      const lay = this.#highestLay;
      // A trade under every back and above every lay is nobody's.
      while (trade < end && tradePoints[trade]! < back && tradePoints[trade]! > lay) trade++;
      if (trade === end || tradeAt[trade]! >= to) return;
      trade = this.#workMessage(slot, tradeAt[trade]!, trade);
      this.#findReach(orders);
    }
  }

  #findReach(orders: readonly Order[]): void {
    this.#lowestBack = Infinity;
    this.#highestLay = -Infinity;
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i]!;
      if (order.side === Side.back) {
        if (order.points < this.#lowestBack) this.#lowestBack = order.points;
      } else if (order.points > this.#highestLay) this.#highestLay = order.points;
    }
  }

  /** With a queue model that looks at levels: also the messages that change one at which an order waits. */
  #workLevels(slot: number, from: number, to: number, firstTrade: number): void {
    const history = this.#history;
    const orders = this.#desk.resting.live.bySlot[this.#timeline.runners[slot]!]!;
    const end = history.tradeStart[slot + 1]!;
    const now = this.#moment.cursor;
    let position = from;
    let trade = firstTrade;
    while (orders.length > 0) {
      let next = trade < end ? history.tradeAt[trade]! : Infinity;
      for (const order of orders) {
        const level = (2 * slot + (order.side === Side.back ? 1 : 0)) * history.ticks + order.tick;
        next = Math.min(next, nextChange(history, level, position) - 1);
      }
      if (next >= to) break;
      this.#moment.cursor = next + 1;
      trade = this.#workMessage(slot, next, trade);
      position = next + 1;
    }
    this.#moment.cursor = now;
  }

  /** Works a slot's orders with one message, whose trades begin at or shortly before `trade`. Returns the next ones. */
  #workMessage(slot: number, position: number, trade: number): number {
    const desk = this.#desk;
    const runner = this.#timeline.runners[slot]!;
    const { tradeStart, tradeAt, tradePoints, tradeLots, times, messages } = this.#history;
    const start = tradeStart[slot]!;
    const end = tradeStart[slot + 1]!;
    let next = trade;
    while (next > start && tradeAt[next - 1] === position) next--;
    desk.resting.eater.begin();
    for (; next < end && tradeAt[next] === position; next++) {
      desk.resting.eater.note(runner, tradePoints[next]!, tradeLots[next]!);
    }
    desk.now = times[position]! as Nanos;
    desk.fills.time = desk.now;
    desk.fills.message = messages[position]!;
    desk.fills.ordinal = 2 * position + 1;
    desk.resting.workSlot(runner);
    return next;
  }
}
