/**
 * What the venue says of the books: changes gathered over a fraction of a second into one message, trades first, then
 * the new sizes of the levels that changed.
 */
import { millis as nanosOf } from '../../core/units.ts';
import type { TapeBuilder } from '../../market/tape-builder.ts';
import { RowKind } from '../../market/tape.ts';
import type { RunnerBook } from './runner-book.ts';
import { Side } from './runner-book.ts';

export interface RowSink {
  /** Begins a message. @param millis since the market's start, whole: the venue stamps no finer */
  message(millis: number): void;
  row(kind: RowKind, slot: number, tick: number, lots: number): void;
}

/** Writes what is published into a tape. */
export const intoTape = (builder: TapeBuilder): RowSink => ({
  message: (millis) => {
    builder.message(nanosOf(millis));
  },
  row: (kind, slot, tick, lots) => {
    builder.row(kind, slot, tick, lots);
  }
});

export class Publisher {
  /** Messages begun so far. */
  messages = 0;
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
    for (let slot = 0; slot < this.#books.length; slot++) if (this.#books[slot]!.hasChanges) return true;
    return false;
  }

  /** Starts over: nothing was said. The books must be as new. */
  begin(): void {
    this.messages = 0;
    this.#traded.fill(0);
    this.#tradedCount = 0;
    this.#lastTraded.fill(-1);
    this.#saidLastTraded.fill(-1);
    this.#said.fill(0);
    this.#slot = 0;
  }

  /** Begins a message. @param millis since the market's start */
  message(millis: number): void {
    this.messages++;
    this.#sink.message(millis);
  }

  /** A row of the message that was begun. */
  row(kind: RowKind, slot: number, tick: number, lots: number): void {
    this.#sink.row(kind, slot, tick, lots);
  }

  /** Says all that changed in the message that was begun. */
  publish(): void {
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

  readonly #level = (side: Side, tick: number, lots: number): void => {
    const at = (this.#slot * 2 + side) * this.#ladderSize + tick;
    if (this.#said[at] === lots) return;
    this.#said[at] = lots;
    this.#sink.row(side === Side.bid ? RowKind.bid : RowKind.ask, this.#slot, tick, lots);
  };
}
