/**
 * What the venue says of the books: changes gathered over a fraction of a second into one message, trades first, then
 * the new sizes of the levels that changed. A sink is a `TapeBuilder`, or anything that takes rows as it does.
 */
import type { Nanos } from '../../core/units.ts';
import { RowKind } from '../../market/tape.ts';
import type { RunnerBook } from './runner-book.ts';
import { Side } from './runner-book.ts';

export interface RowSink {
  message(exchange: Nanos): void;
  row(kind: RowKind, slot: number, tick: number, lots: number): void;
}

export class Publisher {
  readonly #sink: RowSink;
  readonly #books: readonly RunnerBook[];
  readonly #ladderSize: number;
  /** Lots traded since the last message, by slot and tick, and the levels in order of their first trade. */
  readonly #traded: Float64Array;
  readonly #tradedAt: Int32Array;
  #tradedCount = 0;
  /** By slot: tick of the last trade that was not yet said, or -1. */
  readonly #lastTraded: Int32Array;
  /** By slot: what was said last. */
  readonly #saidLastTraded: Int32Array;
  /** Sizes as last said, so that a level that changed and changed back is not said again. */
  readonly #said: Float64Array;
  #slot = 0;

  constructor(sink: RowSink, books: readonly RunnerBook[], ladderSize: number) {
    this.#sink = sink;
    this.#books = books;
    this.#ladderSize = ladderSize;
    this.#traded = new Float64Array(books.length * ladderSize);
    this.#tradedAt = new Int32Array(books.length * ladderSize);
    this.#lastTraded = new Int32Array(books.length).fill(-1);
    this.#saidLastTraded = new Int32Array(books.length).fill(-1);
    this.#said = new Float64Array(books.length * 2 * ladderSize);
  }

  noteTrade(slot: number, tick: number, lots: number): void {
    const at = slot * this.#ladderSize + tick;
    if (this.#traded[at] === 0) this.#tradedAt[this.#tradedCount++] = at;
    this.#traded[at]! += lots;
    this.#lastTraded[slot] = tick;
  }

  get hasNews(): boolean {
    if (this.#tradedCount > 0) return true;
    for (const book of this.#books) if (book.hasChanges) return true;
    return false;
  }

  /** Says all that changed as one message at `time`; the caller may have begun that message with rows of its own. */
  publish(time: Nanos, options: { readonly begun: boolean }): void {
    if (!options.begun) this.#sink.message(time);
    for (let i = 0; i < this.#tradedCount; i++) {
      const at = this.#tradedAt[i]!;
      const slot = Math.floor(at / this.#ladderSize);
      // Betfair counts both sides of a bet in what was traded.
      this.#sink.row(RowKind.trade, slot, at - slot * this.#ladderSize, 2 * this.#traded[at]!);
      this.#traded[at] = 0;
    }
    this.#tradedCount = 0;
    for (let slot = 0; slot < this.#books.length; slot++) {
      const last = this.#lastTraded[slot]!;
      if (last !== -1 && last !== this.#saidLastTraded[slot]) {
        this.#sink.row(RowKind.lastTraded, slot, last, 0);
        this.#saidLastTraded[slot] = last;
      }
      this.#lastTraded[slot] = -1;
      this.#slot = slot;
      this.#books[slot]!.drainChanges(this.#level);
    }
  }

  /** Forgets what was said of the books, as after a `clear` row. */
  forget(): void {
    this.#said.fill(0);
    this.#slot = 0;
    for (const book of this.#books) book.drainChanges(() => undefined);
  }

  readonly #level = (side: Side, tick: number, lots: number): void => {
    const at = (this.#slot * 2 + side) * this.#ladderSize + tick;
    if (this.#said[at] === lots) return;
    this.#said[at] = lots;
    this.#sink.row(side === Side.bid ? RowKind.bid : RowKind.ask, this.#slot, tick, lots);
  };
}
