/**
 * `TakenLiquidity` over a book history: the same rule (see there), but a level's taken lots follow the recording only
 * when somebody asks, by the least that the level held since they were last looked at.
 */
import type { Taken } from '../matching/arrival.ts';
import { Side } from '../matching/order.ts';
import type { BookHistory, Moment } from './book-history.ts';
import { leastLots } from './book-history.ts';

/** A power of two. */
const CHAINS = 128;
const NONE = -1;

export class FollowedTaken implements Taken {
  readonly #history: BookHistory;
  readonly #moment: Moment;
  /** Slot of the history by slot of the tape. */
  readonly #slotOf: Int32Array;
  #count = 0;
  /** Entries of levels with the same last bits hang together: the first of each chain, and the next of each entry. */
  readonly #first = new Int32Array(CHAINS).fill(NONE);
  /**
   * A row of four an entry: 0 the next entry of its chain, 1 its level, 2 the lots, which are 0 once the recorded level
   * was empty, 3 the cursor up to which it has followed its level.
   */
  #rows = new Float64Array(4 * 64);

  constructor(history: BookHistory, moment: Moment, slotOf: Int32Array) {
    this.#history = history;
    this.#moment = moment;
    this.#slotOf = slotOf;
  }

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
    this.#first.fill(NONE);
  }

  at(slot: number, side: Side, tick: number): number {
    const entry = this.#find(this.#levelOf(slot, side, tick));
    return entry === NONE ? 0 : this.#rows[4 * entry + 2]!;
  }

  add(slot: number, side: Side, tick: number, lots: number): void {
    const level = this.#levelOf(slot, side, tick);
    const entry = this.#find(level);
    if (entry !== NONE) {
      this.#rows[4 * entry + 2]! += lots;
      return;
    }
    if (4 * this.#count === this.#rows.length) this.#grow();
    const chain = level & (CHAINS - 1);
    const row = 4 * this.#count;
    this.#rows[row] = this.#first[chain]!;
    this.#rows[row + 1] = level;
    this.#rows[row + 2] = lots;
    this.#rows[row + 3] = this.#moment.cursor;
    this.#first[chain] = this.#count++;
  }

  /** A back takes what is bid, a lay what is asked. */
  #levelOf(slot: number, side: Side, tick: number): number {
    return (2 * this.#slotOf[slot]! + (side === Side.back ? 0 : 1)) * this.#history.ticks + tick;
  }

  /** The entry of a level, brought up to now; NONE where nothing was ever taken. */
  #find(level: number): number {
    const rows = this.#rows;
    let entry = this.#first[level & (CHAINS - 1)]!;
    while (entry !== NONE && rows[4 * entry + 1] !== level) entry = rows[4 * entry]! | 0;
    if (entry === NONE) return NONE;
    const { cursor } = this.#moment;
    const { ticks } = this.#history;
    const row = 4 * entry;
    if (rows[row + 2]! > 0 && rows[row + 3] !== cursor) {
      const least = leastLots(this.#history, (level / ticks) | 0, level % ticks, rows[row + 3]!, this.#moment);
      if (least < rows[row + 2]!) rows[row + 2] = least;
    }
    rows[row + 3] = cursor;
    return entry;
  }

  #grow(): void {
    const rows = new Float64Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
