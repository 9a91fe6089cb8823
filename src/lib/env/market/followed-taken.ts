/**
 * `TakenLiquidity` over a book history: the same rule (see there), but a level's taken lots follow the recording only
 * when somebody asks, by the least that the level held since they were last looked at.
 */
import type { Taken } from '../matching/arrival.ts';
import { Side } from '../matching/order.ts';
import type { BookHistory, Moment } from './book-history.ts';
import { leastLots } from './book-history.ts';

export class FollowedTaken implements Taken {
  readonly #history: BookHistory;
  readonly #moment: Moment;
  /** Slot of the history by slot of the tape. */
  readonly #slotOf: Int32Array;
  #count = 0;
  #level = new Int32Array(64);
  #lots = new Float64Array(64);
  /** Cursor up to which the entry has followed its level. */
  #seen = new Uint32Array(64);

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
  }

  at(slot: number, side: Side, tick: number): number {
    const entry = this.#find(this.#levelOf(slot, side, tick));
    return entry < 0 ? 0 : this.#lots[entry]!;
  }

  add(slot: number, side: Side, tick: number, lots: number): void {
    const level = this.#levelOf(slot, side, tick);
    const entry = this.#find(level);
    if (entry >= 0) {
      this.#lots[entry]! += lots;
      return;
    }
    if (this.#count === this.#level.length) this.#grow();
    const at = this.#count++;
    this.#level[at] = level;
    this.#lots[at] = lots;
    this.#seen[at] = this.#moment.cursor;
  }

  /** A back takes what is bid, a lay what is asked. */
  #levelOf(slot: number, side: Side, tick: number): number {
    return (2 * this.#slotOf[slot]! + (side === Side.back ? 0 : 1)) * this.#history.ticks + tick;
  }

  /** The entry of a level, brought up to now; -1 where nothing is taken any more. */
  #find(level: number): number {
    const levels = this.#level;
    for (let i = 0; i < this.#count; i++) {
      if (levels[i] !== level) continue;
      const { cursor } = this.#moment;
      const least = leastLots(this.#history, level, this.#seen[i]!, cursor);
      this.#seen[i] = cursor;
      if (least >= this.#lots[i]!) return i;
      if (least > 0) {
        this.#lots[i] = least;
        return i;
      }
      const last = --this.#count;
      levels[i] = levels[last]!;
      this.#lots[i] = this.#lots[last]!;
      this.#seen[i] = this.#seen[last]!;
      return -1;
    }
    return -1;
  }

  #grow(): void {
    const length = this.#level.length * 2;
    const level = new Int32Array(length);
    const lots = new Float64Array(length);
    const seen = new Uint32Array(length);
    level.set(this.#level);
    lots.set(this.#lots);
    seen.set(this.#seen);
    this.#level = level;
    this.#lots = lots;
    this.#seen = seen;
  }
}
