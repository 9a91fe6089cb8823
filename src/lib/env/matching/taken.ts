/**
 * What our own orders took from the recorded book. The recording is never changed, so what was taken is kept aside and
 * subtracted from what is visible.
 *
 * Rule: a level's taken lots stay taken until the recorded level sinks below them, and are then cut to it. Hence what
 * is left to take grows only by what the recording adds, and the same liquidity never fills twice; and a level that
 * vanishes and comes back is new.
 */
import type { Book } from '../../market/book.ts';
import { Side } from './order.ts';

export class TakenLiquidity {
  /** Entries in use, in no order; each a level of one side of one slot. */
  #count = 0;
  #slot = new Int32Array(64);
  #side = new Uint8Array(64);
  #tick = new Int32Array(64);
  #lots = new Float64Array(64);

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Lots of ours gone from the level that an order of `side` takes. */
  at(slot: number, side: Side, tick: number): number {
    for (let i = 0; i < this.#count; i++) {
      if (this.#tick[i] === tick && this.#slot[i] === slot && this.#side[i] === side) return this.#lots[i]!;
    }
    return 0;
  }

  add(slot: number, side: Side, tick: number, lots: number): void {
    for (let i = 0; i < this.#count; i++) {
      if (this.#tick[i] === tick && this.#slot[i] === slot && this.#side[i] === side) {
        this.#lots[i]! += lots;
        return;
      }
    }
    if (this.#count === this.#lots.length) this.#grow();
    const at = this.#count++;
    this.#slot[at] = slot;
    this.#side[at] = side;
    this.#tick[at] = tick;
    this.#lots[at] = lots;
  }

  /**
   * Cuts entries to what the books now show.
   * @param touched by slot: 1 where a level may have changed since the last call; set back to 0
   */
  follow(books: readonly Book[], touched: Uint8Array): void {
    for (let i = this.#count - 1; i >= 0; i--) {
      const slot = this.#slot[i]!;
      if (touched[slot] === 0) continue;
      const book = books[slot]!;
      const visible = (this.#side[i] === Side.back ? book.bids : book.asks).at(this.#tick[i]!);
      if (visible >= this.#lots[i]!) continue;
      if (visible > 0) this.#lots[i] = visible;
      else this.#drop(i);
    }
    touched.fill(0);
  }

  /** Cuts one level's entry to what the level now shows: for who follows a book row by row. */
  cut(slot: number, side: Side, tick: number, visible: number): void {
    for (let i = 0; i < this.#count; i++) {
      if (this.#tick[i] !== tick || this.#slot[i] !== slot || this.#side[i] !== side) continue;
      if (visible === 0) this.#drop(i);
      else if (visible < this.#lots[i]!) this.#lots[i] = visible;
      return;
    }
  }

  #drop(i: number): void {
    const last = --this.#count;
    this.#slot[i] = this.#slot[last]!;
    this.#side[i] = this.#side[last]!;
    this.#tick[i] = this.#tick[last]!;
    this.#lots[i] = this.#lots[last]!;
  }

  #grow(): void {
    const length = this.#lots.length * 2;
    const wider = <A extends { set(from: A): void }>(array: A, made: A): A => {
      made.set(array);
      return made;
    };
    this.#slot = wider(this.#slot, new Int32Array(length));
    this.#side = wider(this.#side, new Uint8Array(length));
    this.#tick = wider(this.#tick, new Int32Array(length));
    this.#lots = wider(this.#lots, new Float64Array(length));
  }
}
