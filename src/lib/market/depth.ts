/**
 * One side of a book: the size waiting (or traded) at each tick. A bit set over the ticks finds the best level and the
 * next one in steps of 32 ticks, of 512 where none of those ever held a size, so nothing is sorted and nothing is
 * allocated once a page of sizes exists. Knows nothing of what the sizes mean.
 */
import { NO_TICK } from './tape.ts';

const PAGE_BITS = 9;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_SIZE - 1;
/** Words of the bit set that stand for one page, and the bits of a word's number that say which of them it is. */
const WORDS_BITS = PAGE_BITS - 5;
const WORDS = 1 << WORDS_BITS;
const WORD_MASK = WORDS - 1;
/** A ladder of no more pages is copied page by page. */
const FEW_PAGES = 8;
/** Stands for every page that holds nothing; never written to. */
const EMPTY_PAGE = new Float64Array(PAGE_SIZE);
/** Stands for the bits of a depth that never held a size. */
const NO_BITS = new Uint32Array(0);
/** By number of pages: the list of a depth that never held a size, shared by all of them and never written to. */
const emptyLists = new Map<number, Float64Array[]>();

function emptyList(pages: number): Float64Array[] {
  let list = emptyLists.get(pages);
  if (list === undefined) {
    list = new Array<Float64Array>(pages).fill(EMPTY_PAGE);
    emptyLists.set(pages, list);
  }
  return list;
}

/** What may be asked of one side of a book, however it is kept. */
export interface DepthView {
  /** Lowest and highest tick with a size, NO_TICK when there is none. */
  readonly lowest: number;
  readonly highest: number;
  /** Lots at a tick, 0 where there are none. The tick must be on the ladder. */
  at(tick: number): number;
  /** The next tick with a size below, or above; or NO_TICK. */
  below(tick: number): number;
  above(tick: number): number;
}

export class Depth implements DepthView {
  /** Number of ticks. */
  readonly size: number;
  /** Lowest and highest tick with a size, NO_TICK when there is none. Read-only to others. */
  lowest: number = NO_TICK;
  highest: number = NO_TICK;
  /** Number of levels. Read-only to others. */
  count = 0;
  /** Sizes by page: wide ladders (a perpetual's has millions of prices) are mostly empty. */
  #pages: Float64Array[];
  /** Of no length until a size is held: a market of many runners is made before anybody quotes most of them. */
  #bits = NO_BITS;

  constructor(size: number) {
    this.size = size;
    this.#pages = emptyList(((size - 1) >> PAGE_BITS) + 1);
  }

  /** Lots at a tick, 0 where there are none. The tick must be on the ladder. */
  at(tick: number): number {
    return this.#pages[tick >> PAGE_BITS]![tick & PAGE_MASK]!;
  }

  /** Sets the absolute size at a tick; 0 removes the level. */
  set(tick: number, lots: number): void {
    let page = this.#pages[tick >> PAGE_BITS]!;
    const held = page[tick & PAGE_MASK]!;
    if (held === lots) return;
    if (page === EMPTY_PAGE) page = this.#makePage(tick >> PAGE_BITS);
    page[tick & PAGE_MASK] = lots;
    if (held === 0) this.#occupy(tick);
    else if (lots === 0) this.#vacate(tick);
  }

  /** The next occupied tick below, or NO_TICK. */
  below(tick: number): number {
    if (this.count === 0 || tick <= this.lowest) return NO_TICK;
    const word = (tick - 1) >> 5;
    const held = this.#bits[word]! & (0xffffffff >>> (31 - ((tick - 1) & 31)));
    return held === 0 ? this.#lastBefore(word) : (word << 5) + 31 - Math.clz32(held);
  }

  /** The next occupied tick above, or NO_TICK. */
  above(tick: number): number {
    if (this.count === 0 || tick >= this.highest) return NO_TICK;
    const word = (tick + 1) >> 5;
    const held = this.#bits[word]! & (0xffffffff << ((tick + 1) & 31));
    return held === 0 ? this.#firstAfter(word) : (word << 5) + 31 - Math.clz32(held & -held);
  }

  /** Becomes a copy of another depth of the same ladder; nothing is shared. */
  copyFrom(other: Depth): void {
    if (other.count === 0) {
      this.clear();
      return;
    }
    if (this.#bits === NO_BITS) this.#own();
    if (this.#pages.length > FEW_PAGES) {
      this.#copyLevels(other);
      return;
    }
    for (let p = 0; p < this.#pages.length; p++) {
      const from = other.#pages[p]!;
      if (this.#pages[p] === from) continue;
      if (this.#pages[p] === EMPTY_PAGE) this.#pages[p] = from.slice();
      else if (from === EMPTY_PAGE) this.#pages[p]!.fill(0);
      else this.#pages[p]!.set(from);
    }
    this.#bits.set(other.#bits);
    this.lowest = other.lowest;
    this.highest = other.highest;
    this.count = other.count;
  }

  /** Level by level: the pages of a wide ladder hold a few sizes each, and far more room than there are sizes. */
  #copyLevels(other: Depth): void {
    for (let tick = this.lowest; tick !== NO_TICK;) {
      const next = this.above(tick);
      if (other.at(tick) === 0) this.#pages[tick >> PAGE_BITS]![tick & PAGE_MASK] = 0;
      tick = next;
    }
    if (this.count > 0) this.#bits.fill(0, this.lowest >> 5, (this.highest >> 5) + 1);
    const pages = this.#pages;
    for (let tick = other.lowest; tick !== NO_TICK; tick = other.above(tick)) {
      const p = tick >> PAGE_BITS;
      const page = pages[p] === EMPTY_PAGE ? this.#makePage(p) : pages[p]!;
      page[tick & PAGE_MASK] = other.at(tick);
    }
    const to = other.highest >> 5;
    for (let word = other.lowest >> 5; word <= to; word++) this.#bits[word] = other.#bits[word]!;
    this.lowest = other.lowest;
    this.highest = other.highest;
    this.count = other.count;
  }

  clear(): void {
    for (let tick = this.lowest; tick !== NO_TICK;) {
      const next = this.above(tick);
      this.#pages[tick >> PAGE_BITS]![tick & PAGE_MASK] = 0;
      tick = next;
    }
    if (this.count > 0) this.#bits.fill(0, this.lowest >> 5, (this.highest >> 5) + 1);
    this.lowest = NO_TICK;
    this.highest = NO_TICK;
    this.count = 0;
  }

  /** Room of its own, before the first size. */
  #own(): void {
    this.#pages = this.#pages.slice();
    this.#bits = new Uint32Array(((this.size - 1) >> 5) + 1);
  }

  #makePage(p: number): Float64Array {
    if (this.#bits === NO_BITS) this.#own();
    const page = new Float64Array(Math.min(PAGE_SIZE, this.size));
    this.#pages[p] = page;
    return page;
  }

  #occupy(tick: number): void {
    this.#bits[tick >> 5]! |= 1 << (tick & 31);
    this.count++;
    if (tick > this.highest) this.highest = tick;
    if (tick < this.lowest || this.lowest === NO_TICK) this.lowest = tick;
  }

  #vacate(tick: number): void {
    const word = tick >> 5;
    const held = this.#bits[word]! & ~(1 << (tick & 31));
    this.#bits[word] = held;
    this.count--;
    if (tick !== this.highest && tick !== this.lowest) return;
    if (this.count === 0) {
      this.lowest = NO_TICK;
      this.highest = NO_TICK;
    } else if (tick === this.lowest) {
      this.lowest = held === 0 ? this.#firstAfter(word) : (word << 5) + 31 - Math.clz32(held & -held);
    } else this.highest = held === 0 ? this.#lastBefore(word) : (word << 5) + 31 - Math.clz32(held);
  }

  /** The first occupied tick in a later word of bits; there must be one. Pages that never held a size are leapt over. */
  #firstAfter(word: number): number {
    const bits = this.#bits;
    for (;;) {
      word++;
      if ((word & WORD_MASK) === 0) while (this.#pages[word >> WORDS_BITS] === EMPTY_PAGE) word += WORDS;
      const held = bits[word]!;
      if (held !== 0) return (word << 5) + 31 - Math.clz32(held & -held);
    }
  }

  /** The last occupied tick in an earlier word of bits; there must be one. */
  #lastBefore(word: number): number {
    const bits = this.#bits;
    for (;;) {
      word--;
      if ((word & WORD_MASK) === WORD_MASK) while (this.#pages[word >> WORDS_BITS] === EMPTY_PAGE) word -= WORDS;
      const held = bits[word]!;
      if (held !== 0) return (word << 5) + 31 - Math.clz32(held);
    }
  }
}
