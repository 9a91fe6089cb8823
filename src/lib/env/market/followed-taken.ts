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
  #next = new Int32Array(64);
  #level = new Int32Array(64);
  /** 0 once the recorded level was empty. */
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
    this.#first.fill(NONE);
  }

  at(slot: number, side: Side, tick: number): number {
    const entry = this.#find(this.#levelOf(slot, side, tick));
    return entry === NONE ? 0 : this.#lots[entry]!;
  }

  add(slot: number, side: Side, tick: number, lots: number): void {
    const level = this.#levelOf(slot, side, tick);
    const entry = this.#find(level);
    if (entry !== NONE) {
      this.#lots[entry]! += lots;
      return;
    }
    if (this.#count === this.#level.length) this.#grow();
    const at = this.#count++;
    const chain = level & (CHAINS - 1);
    this.#next[at] = this.#first[chain]!;
    this.#first[chain] = at;
    this.#level[at] = level;
    this.#lots[at] = lots;
    this.#seen[at] = this.#moment.cursor;
  }

  /** A back takes what is bid, a lay what is asked. */
  #levelOf(slot: number, side: Side, tick: number): number {
    return (2 * this.#slotOf[slot]! + (side === Side.back ? 0 : 1)) * this.#history.ticks + tick;
  }

  /** The entry of a level, brought up to now; NONE where nothing was ever taken. */
  #find(level: number): number {
    let entry = this.#first[level & (CHAINS - 1)]!;
    while (entry !== NONE && this.#level[entry] !== level) entry = this.#next[entry]!;
    if (entry === NONE) return NONE;
    const { cursor } = this.#moment;
    if (this.#lots[entry]! > 0 && this.#seen[entry] !== cursor) {
      const least = leastLots(this.#history, level, this.#seen[entry]!, cursor);
      if (least < this.#lots[entry]!) this.#lots[entry] = least;
    }
    this.#seen[entry] = cursor;
    return entry;
  }

  #grow(): void {
    const length = this.#level.length * 2;
    const next = new Int32Array(length);
    const level = new Int32Array(length);
    const lots = new Float64Array(length);
    const seen = new Uint32Array(length);
    next.set(this.#next);
    level.set(this.#level);
    lots.set(this.#lots);
    seen.set(this.#seen);
    this.#next = next;
    this.#level = level;
    this.#lots = lots;
    this.#seen = seen;
  }
}
