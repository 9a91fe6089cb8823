/**
 * Tells trades from restatements in a runner's traded ladder (`trd`). Sizes there are absolute, both sides counted, and
 * restated when an exchange rate moves or an image is sent again, so a trade is only what exceeds the largest size a
 * price ever showed; or, once the venue took a level to nothing, than the largest since. Knows nothing of rows' times.
 */
import { Depth } from '../../market/depth.ts';
import { RowKind } from '../../market/tape.ts';

interface OffLadderLevel {
  stated: number;
  largest: number;
}

/** `emit` is called with the rows that bring a book to the new size: at most a correction, a fresh trade and a trade. */
export type EmitTraded = (kind: RowKind, tick: number, lots: number) => void;

export class TradedLadder {
  /** What the book now states, the most it ever stated, and the most since it stated nothing, in lots. */
  readonly #stated: Depth;
  readonly #largest: Depth;
  readonly #since: Depth;
  readonly #offLadder = new Map<number, OffLadderLevel>();

  constructor(ladderSize: number) {
    this.#stated = new Depth(ladderSize);
    this.#largest = new Depth(ladderSize);
    this.#since = new Depth(ladderSize);
  }

  set(tick: number, lots: number, emit: EmitTraded): void {
    const stated = this.#stated.at(tick);
    const since = this.#since.at(tick);
    if (lots > since) {
      const largest = this.#largest.at(tick);
      if (stated !== since) emit(RowKind.tradedCorrection, tick, since);
      if (largest > since) emit(RowKind.freshTrade, tick, Math.min(largest, lots) - since);
      if (lots > largest) {
        emit(RowKind.trade, tick, lots - largest);
        this.#largest.set(tick, lots);
      }
      this.#since.set(tick, lots);
    } else if (lots !== stated) {
      emit(RowKind.tradedCorrection, tick, lots);
      if (lots === 0) this.#since.set(tick, 0);
    }
    this.#stated.set(tick, lots);
  }

  /** @param units price in 1e-4 */
  setOffLadder(units: number, lots: number, emit: EmitTraded): void {
    let level = this.#offLadder.get(units);
    if (level === undefined) this.#offLadder.set(units, (level = { stated: 0, largest: 0 }));
    if (lots > level.largest) {
      if (level.stated !== level.largest) emit(RowKind.offLadderCorrection, units, level.largest);
      emit(RowKind.offLadderTrade, units, lots - level.largest);
      level.largest = lots;
    } else if (lots !== level.stated) emit(RowKind.offLadderCorrection, units, lots);
    level.stated = lots;
  }

  /** `trd: []`: every level goes to nothing. */
  empty(emit: EmitTraded): void {
    for (let tick = this.#stated.lowest; tick >= 0; tick = this.#stated.above(tick)) {
      emit(RowKind.tradedCorrection, tick, 0);
    }
    for (const [units, level] of this.#offLadder) {
      if (level.stated > 0) emit(RowKind.offLadderCorrection, units, 0);
    }
    this.forget();
  }

  /** The book was cleared by a row of its own; what was traded before stays no trade when it is stated again. */
  forget(): void {
    this.#stated.clear();
    for (const level of this.#offLadder.values()) level.stated = 0;
  }
}
