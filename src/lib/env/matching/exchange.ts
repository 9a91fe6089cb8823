/**
 * One market's simulated exchange: takes requests, lets them reach the recorded book after their latency, matches them
 * and books the result. The recorded book is read and never changed. Knows nothing of episodes, actions or rewards.
 *
 * One message of the tape is one step of the venue. Requests older than their latency are carried out first, against
 * the book as it was; then the message is applied, runners that left are voided, the starting price is given out,
 * trades reach resting orders, and orders lapse at a suspension.
 */
import type { Random } from '../../core/random.ts';
import type { Nanos, Ticks } from '../../core/units.ts';
import type { Book } from '../../market/book.ts';
import { MarketState } from '../../market/market-state.ts';
import type { Tape } from '../../market/tape.ts';
import { MarketStatus, NO_SLOT, RowKind } from '../../market/tape.ts';
import type { BackLayAccount } from '../account/account.ts';
import { ladderPoints } from '../account/hedge.ts';
import { settleMarket } from '../account/settle.ts';
import type { DeadHeat, MarketSettlement } from '../account/payout.ts';
import type { ExchangeOptions } from './exchange-options.ts';
import type { Fill, Order, OrderRequest } from './order.ts';
import { OrderDesk } from './order-desk.ts';
import { queueNamed } from './queue/queue-name.ts';
import { StatedTrades } from './stated-trades.ts';
import type { NoteTrade } from './stated-trades.ts';
import { storyOf } from './story.ts';
import type { OrderStory } from './story.ts';
import { TakenLiquidity } from './taken.ts';

export class SimulatedExchange {
  readonly tape: Tape;
  readonly state: MarketState;
  readonly account: BackLayAccount;
  /** Price in hundredths by tick. */
  readonly points: Float64Array;
  readonly #options: ExchangeOptions;
  readonly #desk: OrderDesk;
  readonly #taken: TakenLiquidity | undefined;
  /** By slot: 1 where a level may have changed since taken liquidity last followed the books. */
  readonly #touched: Uint8Array;
  readonly #stated: StatedTrades | undefined;
  readonly #note: NoteTrade;
  /** Time of the last message applied. */
  #bookTime: Nanos = 0 as Nanos;
  #message = 0;
  #closed = false;

  /** @param state the market at message 0; or a copy of it at any message, then call `resume` */
  constructor(tape: Tape, options: ExchangeOptions, state = new MarketState(tape.market), points?: Float64Array) {
    this.tape = tape;
    this.state = state;
    this.points = points ?? ladderPoints(tape.market.rules.ladder);
    this.#options = options;
    this.#touched = new Uint8Array(state.books.length);
    this.#taken = options.takenLiquidity === 'ignored' ? undefined : new TakenLiquidity();
    this.#desk = new OrderDesk({ ...options, state, books: state.books, points: this.points, taken: this.#taken });
    this.account = this.#desk.account;
    this.#stated = options.tradeCounting === 'stated' ? new StatedTrades(state) : undefined;
    const { followed, eater } = this.#desk.resting;
    this.#note = (runner, hundredths, lots) => {
      if (followed.bySlot[runner]!.length > 0) eater.note(runner, hundredths, lots);
    };
  }

  get books(): readonly Book[] {
    return this.state.books;
  }

  get now(): Nanos {
    return this.#desk.now;
  }

  /** Orders asked for, refused ones included; and place requests plus cancels and replaces. */
  get submitted(): number {
    return this.#desk.submitted;
  }

  get transactions(): number {
    return this.#desk.transactions;
  }

  /** The next message to apply. */
  get message(): number {
    return this.#message;
  }

  /** Whether the market has closed: nothing moves any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Starts over with an empty account at a message whose state the caller has put into `state`.
   * @param random where chance comes from from now on, if not from where it did
   */
  resume(message: number, now: Nanos, random?: Random): void {
    if (random !== undefined) this.#desk.reseed(random);
    this.#desk.clear(now);
    this.#desk.fills.message = message;
    this.#taken?.clear();
    this.#message = message;
    this.#bookTime = this.state.time;
    this.#closed = this.state.status === MarketStatus.closed;
  }

  /**
   * Applies every message up to and including `time`, and carries out what is due before it.
   * @param before a message to stop at, not applied
   */
  advanceTo(time: Nanos, before = Infinity): void {
    const desk = this.#desk;
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
      desk.now = at;
      this.#step();
    }
    if (time > desk.now) desk.now = time;
    if (desk.earliest < desk.now && !this.#closed) this.#carryOutDue();
  }

  /** Applies the next message, at the desk's `now`: a time that is handed over may be an object. */
  #step(): void {
    const desk = this.#desk;
    const at = desk.now;
    const message = this.#message++;
    desk.fills.message = message;
    if (desk.earliest < at && !this.#closed) this.#carryOutDue();
    this.#bookTime = at;
    this.#applyMessage(message);
    if (this.#closed) return;
    if (this.state.status === MarketStatus.closed) {
      this.#closed = true;
      return;
    }
    desk.fills.time = at;
    desk.resting.followRemovals();
    if (this.#taken !== undefined && this.#taken.count > 0) this.#taken.follow(this.state.books, this.#touched);
    if (desk.resting.followed.count > 0) desk.resting.work();
  }

  /** Sends an order. A refused one comes back complete, with the reason in `end`. */
  place(request: OrderRequest): Order {
    return this.#desk.place(request);
  }

  /**
   * Asks to cancel `lots` of an order, all that is left when not given.
   * @throws Error unless `lots` are whole and above 0, or Infinity
   */
  cancel(order: Order, lots: number = Infinity): void {
    this.#desk.cancel(order, lots);
  }

  /** Asks to cancel what is left of an order and to place as much at another price: a new order, last in its queue. */
  replace(order: Order, tick: Ticks): Order {
    return this.#desk.replace(order, tick);
  }

  /** Gives a complete order's record back for reuse: the caller must not look at it again. */
  release(order: Order): void {
    this.#desk.release(order);
  }

  drainFills(visit: (fill: Fill) => void): void {
    this.#desk.fills.drain(visit);
  }

  /** Every order, when history is kept. */
  get orders(): readonly Order[] {
    return this.#desk.orders;
  }

  fillsOf(order: Order): readonly Fill[] {
    return this.#desk.fills.of(order);
  }

  explain(order: Order): OrderStory {
    const { market } = this.tape;
    const { queue } = this.#options;
    return storyOf({
      order,
      fills: this.fillsOf(order),
      now: this.now,
      market,
      queue: (typeof queue === 'string' ? queueNamed(queue, market.rules) : queue).id,
      others: order.shadow?.positions ?? []
    });
  }

  /**
   * What the market pays once its result is known, in minor units, commission by the market's rules.
   * @throws AppError where the recording, as far as it was applied, does not say how a runner did
   */
  settle(deadHeat?: DeadHeat): MarketSettlement {
    return settleMarket(this.state, this.account, deadHeat);
  }

  #carryOutDue(): void {
    this.#desk.fills.time = this.#bookTime;
    this.#desk.carryOutDue();
  }

  #applyMessage(message: number): void {
    const { tape, state } = this;
    const { kind, slot, tick, lots, messageStart } = tape;
    const { watched } = this.#options;
    const touched = this.#touched;
    const { followed, eater } = this.#desk.resting;
    const bySlot = followed.bySlot;
    const noting = followed.count > 0;
    const end = messageStart[message + 1]!;
    eater.begin();
    if (this.#stated !== undefined) {
      this.#applyStated(message, this.#stated);
      return;
    }
    for (let row = messageStart[message]!; row < end; row++) {
      const what = kind[row]!;
      const runner = slot[row]!;
      if (what <= RowKind.lastTraded && runner !== NO_SLOT) {
        if (what === RowKind.trade && noting && bySlot[runner]!.length > 0) {
          eater.note(runner, this.points[tick[row]!]!, lots[row]!);
        }
        if (watched !== undefined && (watched[runner] === 0 || what >= RowKind.trade)) continue;
        touched[runner] = 1;
      } else if (what === RowKind.clear) touched.fill(1);
      else if (what === RowKind.freshTrade && noting && bySlot[runner]!.length > 0) {
        eater.note(runner, this.points[tick[row]!]!, lots[row]!);
      }
      state.apply(tape, row);
    }
  }

  #applyStated(message: number, stated: StatedTrades): void {
    const { tape, state } = this;
    const { kind, messageStart } = tape;
    const end = messageStart[message + 1]!;
    if (this.#taken !== undefined) this.#touched.fill(1);
    for (let row = messageStart[message]!; row < end; row++) {
      if (kind[row]! > RowKind.ask) stated.row(tape, row);
      state.apply(tape, row);
    }
    stated.end(this.#note);
  }
}
