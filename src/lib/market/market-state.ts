/**
 * A market at one moment of its tape: every book, status, in play or not, who left and who won. Rows go in one way,
 * forward; it never looks ahead. Knows nothing of orders or files.
 */
import type { Nanos } from '../core/units.ts';
import { Book } from './book.ts';
import { MarketStatus, NO_SLOT, Outcome, RowKind } from './tape.ts';
import type { MarketInfo, Tape } from './tape.ts';

export class MarketState {
  readonly market: MarketInfo;
  /** By slot. */
  readonly books: readonly Book[];
  status: MarketStatus = MarketStatus.inactive;
  inPlay = false;
  betDelaySeconds = 0;
  /** As announced so far, milliseconds since the epoch; the market's own where the tape announces none. */
  scheduledMillis: number;
  /** Time of the last row applied. */
  time: Nanos = 0 as Nanos;
  /** By slot: 1 once the runner has left. */
  readonly removed: Uint8Array;
  /** By slot: reduction (adjustment) factor in per cent of a removed runner, else 0. */
  readonly reductionPercent: Float64Array;
  /** By slot: the factor in per cent by which its removal would reduce the others, as last announced; 0 before. */
  readonly adjustmentPercent: Float64Array;
  /** By slot: one of `Outcome`. */
  readonly outcome: Uint8Array;
  /** By slot: reconciled starting price, NaN before. */
  readonly startingPrice: Float64Array;
  /** By slot: the price that margins are counted at, in the venue's unit; NaN before. */
  readonly markPrice: Float64Array;
  /** By slot: the rate of the last funding that fell due, a part of a position's value; NaN before. */
  readonly fundingRate: Float64Array;
  /** Runners that have not left. */
  activeRunners: number;

  constructor(market: MarketInfo) {
    const slots = market.runners.length;
    this.market = market;
    this.books = market.runners.map(() => new Book(market.rules.ladder, market.rules.crossing));
    this.removed = new Uint8Array(slots);
    this.reductionPercent = new Float64Array(slots);
    this.adjustmentPercent = new Float64Array(slots);
    this.outcome = new Uint8Array(slots);
    this.startingPrice = new Float64Array(slots).fill(Number.NaN);
    this.markPrice = new Float64Array(slots).fill(Number.NaN);
    this.fundingRate = new Float64Array(slots).fill(Number.NaN);
    this.scheduledMillis = market.scheduledMillis;
    this.activeRunners = slots;
  }

  /** Back to before the first row. */
  reset(): void {
    for (let slot = 0; slot < this.books.length; slot++) this.books[slot]!.clear();
    this.status = MarketStatus.inactive;
    this.inPlay = false;
    this.betDelaySeconds = 0;
    this.scheduledMillis = this.market.scheduledMillis;
    this.time = 0 as Nanos;
    this.removed.fill(0);
    this.reductionPercent.fill(0);
    this.adjustmentPercent.fill(0);
    this.outcome.fill(Outcome.unknown);
    this.startingPrice.fill(Number.NaN);
    this.markPrice.fill(Number.NaN);
    this.fundingRate.fill(Number.NaN);
    this.activeRunners = this.books.length;
  }

  /** Becomes a copy of another state of the same market; nothing is shared. */
  copyFrom(other: MarketState): void {
    for (let slot = 0; slot < this.books.length; slot++) this.books[slot]!.copyFrom(other.books[slot]!);
    this.copyConditionsFrom(other);
  }

  /** Copies what waits in some of the books, and everything but the books. @param watched by slot: 1 for those books */
  copyQuotesFrom(other: MarketState, watched: Uint8Array): void {
    for (let slot = 0; slot < this.books.length; slot++) {
      if (watched[slot] === 1) this.books[slot]!.copyQuotesFrom(other.books[slot]!);
    }
    this.copyConditionsFrom(other);
  }

  /** Copies everything but the books. */
  copyConditionsFrom(other: MarketState): void {
    this.status = other.status;
    this.inPlay = other.inPlay;
    this.betDelaySeconds = other.betDelaySeconds;
    this.scheduledMillis = other.scheduledMillis;
    this.time = other.time;
    this.removed.set(other.removed);
    this.reductionPercent.set(other.reductionPercent);
    this.adjustmentPercent.set(other.adjustmentPercent);
    this.outcome.set(other.outcome);
    this.startingPrice.set(other.startingPrice);
    this.markPrice.set(other.markPrice);
    this.fundingRate.set(other.fundingRate);
    this.activeRunners = other.activeRunners;
  }

  /** Applies one row. Rows must come in the tape's order. */
  apply(tape: Tape, row: number): void {
    const kind = tape.kind[row]! as RowKind;
    const slot = tape.slot[row]!;
    const lots = tape.lots[row]!;
    this.time = tape.exchange[row]! as Nanos;
    if (slot === NO_SLOT) {
      this.#applyToMarket(kind, tape.lots, row);
      return;
    }
    const book = this.books[slot]!;
    const tick = tape.tick[row]!;
    switch (kind) {
      case RowKind.bid:
        book.setBid(tick, lots);
        return;
      case RowKind.ask:
        book.setAsk(tick, lots);
        return;
      case RowKind.trade:
        book.addTrade(tick, lots);
        return;
      case RowKind.lastTraded:
        book.setLastTraded(tick);
        return;
      case RowKind.tradedCorrection:
        book.setTraded(tick, lots);
        return;
      default:
        this.#applyToRunner(kind, slot, tick, lots);
    }
  }

  /** Applies the rows of one message: `tape.messageStart[message]` up to the next message's first. */
  applyMessage(tape: Tape, message: number): void {
    const end = tape.messageStart[message + 1]!;
    for (let row = tape.messageStart[message]!; row < end; row++) this.apply(tape, row);
  }

  /**
   * Applies what was received up to and with `time`, from row `from` on: the book as we saw it.
   * @returns the first row that was not applied
   */
  applyReceived(tape: Tape, from: number, time: number): number {
    const { received, kind, slot, tick, lots, rows } = tape;
    const { books } = this;
    let row = from;
    for (; row < rows && received[row]! <= time; row++) {
      const what = kind[row]!;
      if (what === RowKind.bid) books[slot[row]!]!.setBid(tick[row]!, lots[row]!);
      else if (what === RowKind.ask) books[slot[row]!]!.setAsk(tick[row]!, lots[row]!);
      else this.apply(tape, row);
    }
    if (row > from) this.time = received[row - 1]! as Nanos;
    return row;
  }

  /**
   * Applies what happened at the venue up to and with `time`, from place `from` of the venue's own order on: the book as
   * the venue had it.
   * @returns the first place that was not applied
   */
  applyHappened(tape: Tape, from: number, time: number): number {
    const { exchange, exchangeOrder, kind, slot, tick, lots, rows } = tape;
    const { books } = this;
    let place = from;
    for (; place < rows; place++) {
      const row = exchangeOrder === undefined ? place : exchangeOrder[place]!;
      if (exchange[row]! > time) break;
      const what = kind[row]!;
      if (what === RowKind.bid) books[slot[row]!]!.setBid(tick[row]!, lots[row]!);
      else if (what === RowKind.ask) books[slot[row]!]!.setAsk(tick[row]!, lots[row]!);
      else this.apply(tape, row);
    }
    if (place > from) this.time = exchange[exchangeOrder?.[place - 1] ?? place - 1]! as Nanos;
    return place;
  }

  /** @param lots of the tape: a date is no small number, and would be handed over as an object */
  #applyToMarket(kind: RowKind, lots: Float64Array, row: number): void {
    const value = lots[row]!;
    if (kind === RowKind.status) this.status = value as MarketStatus;
    else if (kind === RowKind.inPlay) this.inPlay = value === 1;
    else if (kind === RowKind.betDelay) this.betDelaySeconds = value;
    else if (kind === RowKind.scheduledStart) this.scheduledMillis = value;
    else if (kind === RowKind.clear) for (const book of this.books) book.clear();
  }

  #applyToRunner(kind: RowKind, slot: number, tick: number, lots: number): void {
    const book = this.books[slot]!;
    switch (kind) {
      case RowKind.clear:
        book.clear();
        break;
      case RowKind.removal:
        if (this.removed[slot] === 0) this.activeRunners--;
        this.removed[slot] = 1;
        this.reductionPercent[slot] = lots / 100;
        this.outcome[slot] = Outcome.removed;
        break;
      case RowKind.outcome:
        this.outcome[slot] = lots;
        if (lots !== Outcome.removed && this.removed[slot] === 1) {
          this.removed[slot] = 0;
          this.reductionPercent[slot] = 0;
          this.activeRunners++;
        }
        break;
      case RowKind.freshTrade:
        book.addTrade(tick, lots);
        break;
      case RowKind.buyTrade:
      case RowKind.sellTrade:
        book.addTrade(tick, lots);
        book.setLastTraded(tick);
        break;
      case RowKind.clearBids:
        book.clearBids(tick);
        break;
      case RowKind.clearAsks:
        book.clearAsks(tick);
        break;
      case RowKind.markPrice:
        this.markPrice[slot] = lots / 1e6;
        break;
      case RowKind.funding:
        this.fundingRate[slot] = lots / 1e8;
        break;
      case RowKind.adjustmentFactor:
        this.adjustmentPercent[slot] = lots / 100;
        break;
      case RowKind.startingPrice:
        this.startingPrice[slot] = lots / 1e6;
        break;
      case RowKind.offLadderTrade:
        book.setTradedOffLadder(tick, book.tradedOffLadder(tick) + lots);
        break;
      case RowKind.offLadderCorrection:
        book.setTradedOffLadder(tick, lots);
        break;
      case RowKind.offLadderLastTraded:
        book.setLastTradedOffLadder(tick);
        break;
    }
  }
}
