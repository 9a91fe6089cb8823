/**
 * Trades as simulators count them that look at the traded ladder alone: whatever a price states above what it stated a
 * message before was traded, be it a size that sank and rose again, or an old trade stated at a reduced price. To
 * reproduce them: `trade` rows of a tape are what our own matching goes by.
 */
import { ladderPoints } from '../account/hedge.ts';
import type { MarketState } from '../../market/market-state.ts';
import type { Tape } from '../../market/tape.ts';
import { NO_SLOT, NO_TICK, OFF_LADDER_SCALE, RowKind } from '../../market/tape.ts';

/** `points` is the price in hundredths. */
export type NoteTrade = (slot: number, points: number, lots: number) => void;

const POINTS_PER_UNIT = 100 / OFF_LADDER_SCALE;

export class StatedTrades {
  readonly #points: Float64Array;
  /** By slot: what each price, in hundredths, states. */
  readonly #stated: readonly Map<number, number>[];
  /** By slot: what a price stated before the message that touched it. */
  readonly #before: readonly Map<number, number>[];
  /** Whether the message has touched a price: most touch none. */
  #moved = false;

  constructor(state: MarketState) {
    this.#points = ladderPoints(state.market.rules.ladder);
    this.#stated = state.books.map(() => new Map<number, number>());
    this.#before = state.books.map(() => new Map<number, number>());
    this.start(state);
  }

  /** Takes the ladders as they stand. */
  start(state: MarketState): void {
    state.books.forEach((book, slot) => {
      const stated = this.#stated[slot]!;
      stated.clear();
      this.#before[slot]!.clear();
      for (let tick = book.traded.lowest; tick !== NO_TICK; tick = book.traded.above(tick)) {
        stated.set(this.#points[tick]!, book.traded.at(tick));
      }
      for (const level of book.offLadder) stated.set(level.price * 100, level.lots);
    });
  }

  /** Reads one row of the message that is being applied. */
  row(tape: Tape, row: number): void {
    const kind = tape.kind[row]! as RowKind;
    if (kind === RowKind.bid || kind === RowKind.ask) return;
    const slot = tape.slot[row]!;
    const tick = tape.tick[row]!;
    const lots = tape.lots[row]!;
    switch (kind) {
      case RowKind.trade:
      case RowKind.freshTrade:
        this.#state(slot, this.#points[tick]!, lots, true);
        return;
      case RowKind.tradedCorrection:
        this.#state(slot, this.#points[tick]!, lots, false);
        return;
      case RowKind.offLadderTrade:
        this.#state(slot, tick * POINTS_PER_UNIT, lots, true);
        return;
      case RowKind.offLadderCorrection:
        this.#state(slot, tick * POINTS_PER_UNIT, lots, false);
        return;
      case RowKind.clear:
        if (slot !== NO_SLOT) this.#clear(slot);
        else for (let each = 0; each < this.#stated.length; each++) this.#clear(each);
    }
  }

  /** Ends the message: every price that states more than before it is noted. */
  end(note: NoteTrade): void {
    if (!this.#moved) return;
    this.#moved = false;
    for (let slot = 0; slot < this.#before.length; slot++) {
      const before = this.#before[slot]!;
      if (before.size === 0) continue;
      for (const [points, lots] of before) {
        const now = this.#stated[slot]!.get(points) ?? 0;
        if (now > lots) note(slot, points, now - lots);
      }
      before.clear();
    }
  }

  #state(slot: number, points: number, lots: number, more: boolean): void {
    this.#moved = true;
    const stated = this.#stated[slot]!;
    const held = stated.get(points) ?? 0;
    if (!this.#before[slot]!.has(points)) this.#before[slot]!.set(points, held);
    stated.set(points, more ? held + lots : lots);
  }

  #clear(slot: number): void {
    for (const points of this.#stated[slot]!.keys()) this.#state(slot, points, 0, false);
  }
}
