/**
 * Trades as simulators count them that look at the traded ladder alone: whatever a price states above what it stated a
 * message before was traded, be it a size that sank and rose again, or an old trade stated at a reduced price. To
 * reproduce them: `trade` rows of a tape are what our own matching goes by.
 */
import { ladderPoints } from '../account/hedge.ts';
import type { Book } from '../../market/book.ts';
import type { MarketState } from '../../market/market-state.ts';
import type { Tape } from '../../market/tape.ts';
import { NO_SLOT, NO_TICK, OFF_LADDER_SCALE, RowKind } from '../../market/tape.ts';

/** `points` is the price in hundredths. */
export type NoteTrade = (slot: number, points: number, lots: number) => void;

const POINTS_PER_UNIT = 100 / OFF_LADDER_SCALE;

/** Prices of one runner that the message at hand touched, and what they stated before it. */
class Touched {
  readonly book: Book;
  count = 0;
  /** The first `count` entries hold. */
  readonly ticks: Int32Array;
  readonly lots: Float64Array;
  /** By tick: the message that touched it last. */
  readonly #message: Int32Array;
  /** Prices off the ladder, in units of 1e-4. */
  readonly offLadder = new Map<number, number>();

  constructor(book: Book) {
    const { size } = book.ladder;
    this.book = book;
    this.ticks = new Int32Array(size);
    this.lots = new Float64Array(size);
    this.#message = new Int32Array(size).fill(-1);
  }

  tick(message: number, tick: number): void {
    if (this.#message[tick] === message) return;
    this.#message[tick] = message;
    const at = this.count++;
    this.ticks[at] = tick;
    this.lots[at] = this.book.traded.at(tick);
  }

  units(units: number): void {
    if (!this.offLadder.has(units)) this.offLadder.set(units, this.book.tradedOffLadder(units));
  }

  all(message: number): void {
    const { traded } = this.book;
    for (let tick = traded.lowest; tick !== NO_TICK; tick = traded.above(tick)) this.tick(message, tick);
    for (const { price } of this.book.offLadder) this.units(Math.round(price * OFF_LADDER_SCALE));
  }
}

export class StatedTrades {
  readonly #points: Float64Array;
  /** By slot. The books themselves hold what each price states now. */
  readonly #touched: readonly Touched[];
  #message = 0;
  /** Whether the message has touched a price: most touch none. */
  #moved = false;

  constructor(state: MarketState) {
    this.#points = ladderPoints(state.market.rules.ladder);
    this.#touched = state.books.map((book) => new Touched(book));
  }

  /** Reads one row of the message that is being applied, before it is. */
  row(tape: Tape, row: number): void {
    const slot = tape.slot[row]!;
    switch (tape.kind[row]! as RowKind) {
      case RowKind.trade:
      case RowKind.freshTrade:
      case RowKind.tradedCorrection:
        this.#touched[slot]!.tick(this.#message, tape.tick[row]!);
        this.#moved = true;
        return;
      case RowKind.offLadderTrade:
      case RowKind.offLadderCorrection:
        this.#touched[slot]!.units(tape.tick[row]!);
        this.#moved = true;
        return;
      case RowKind.clear:
        if (slot !== NO_SLOT) this.#touched[slot]!.all(this.#message);
        else for (const touched of this.#touched) touched.all(this.#message);
        this.#moved = true;
    }
  }

  /** Ends the message, once it is applied: every price that states more than before it is noted. */
  end(note: NoteTrade): void {
    this.#message++;
    if (!this.#moved) return;
    this.#moved = false;
    for (let slot = 0; slot < this.#touched.length; slot++) {
      const touched = this.#touched[slot]!;
      const { ticks, lots, book, offLadder } = touched;
      for (let i = 0; i < touched.count; i++) {
        const more = book.traded.at(ticks[i]!) - lots[i]!;
        if (more > 0) note(slot, this.#points[ticks[i]!]!, more);
      }
      touched.count = 0;
      if (offLadder.size === 0) continue;
      for (const [units, before] of offLadder) {
        const more = book.tradedOffLadder(units) - before;
        if (more > 0) note(slot, units * POINTS_PER_UNIT, more);
      }
      offLadder.clear();
    }
  }
}
