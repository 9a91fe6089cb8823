/**
 * One runner's order book at order level: strict price-time priority, every order its own entry. Knows nothing of who
 * trades or why. All state is in typed arrays and nothing is allocated once the pool has grown to its working size.
 */
import { assert } from '../../core/assert.ts';
import { NO_TICK } from '../../market/tape.ts';

/** The side an order rests on. A lay bet rests as a bid (others can back it); a back bet rests as an ask. */
export const Side = { bid: 0, ask: 1 } as const;
export type Side = (typeof Side)[keyof typeof Side];

/** An order, as long as it rests; 0 is no order. A slot of the pool is used again under a new reference. */
export type OrderRef = number;
export const NO_ORDER: OrderRef = 0;

const NONE = -1;
/**
 * A reference is the place in the pool and how often that place was used before, in one number. So many may rest at a
 * time; a place may be used as often before a reference is no small integer any more and would be an object of its own.
 */
const INDEX_SPAN = 2 ** 16;

/** Told of every match; the object is used again for the next one. */
export type MatchListener = (match: Readonly<Match>) => void;
export interface Match {
  tick: number;
  lots: number;
  /** Side the resting order was on. */
  side: Side;
  makerOwner: number;
  makerRef: OrderRef;
  takerOwner: number;
  /** What the bet that came takes at this price in all, and what of it went to orders before this one. */
  cameLots: number;
  aheadLots: number;
}

export class RunnerBook {
  readonly ladderSize: number;
  /** Lots waiting, by side and tick: `side * ladderSize + tick`. */
  readonly size: Float64Array;
  bestBid = NO_TICK;
  bestAsk = NO_TICK;
  /** Orders resting. */
  live = 0;
  /** Orders that came to rest, cancellations and matches so far. */
  events = 0;
  readonly #listener: MatchListener;
  readonly #match: Match = {
    tick: 0,
    lots: 0,
    side: Side.bid,
    makerOwner: 0,
    makerRef: NO_ORDER,
    takerOwner: 0,
    cameLots: 0,
    aheadLots: 0
  };
  readonly #head: Int32Array;
  readonly #tail: Int32Array;
  #next: Int32Array;
  #previous: Int32Array;
  #level: Int32Array;
  #lots: Float64Array;
  #owner: Int32Array;
  #generation: Int32Array;
  #free: Int32Array;
  #freeCount: number;
  /** Levels whose size changed since they were last taken, each once. */
  readonly #changed: Int32Array;
  readonly #isChanged: Uint8Array;
  #changedCount = 0;

  constructor(ladderSize: number, listener: MatchListener) {
    this.ladderSize = ladderSize;
    this.#listener = listener;
    const levels = 2 * ladderSize;
    this.size = new Float64Array(levels);
    this.#head = new Int32Array(levels).fill(NONE);
    this.#tail = new Int32Array(levels).fill(NONE);
    this.#changed = new Int32Array(levels);
    this.#isChanged = new Uint8Array(levels);
    const capacity = 256;
    this.#next = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
    this.#level = new Int32Array(capacity);
    this.#lots = new Float64Array(capacity);
    this.#owner = new Int32Array(capacity);
    this.#generation = new Int32Array(capacity);
    this.#free = new Int32Array(capacity);
    this.#freeCount = 0;
    this.begin();
  }

  /** Starts over, empty; references given before are void. */
  begin(): void {
    const capacity = this.#next.length;
    for (let i = 0; i < capacity; i++) this.#free[i] = capacity - 1 - i;
    this.#freeCount = capacity;
    this.#generation.fill(0);
    this.#lots.fill(0);
    this.size.fill(0);
    this.#head.fill(NONE);
    this.#tail.fill(NONE);
    this.#isChanged.fill(0);
    this.#changedCount = 0;
    this.bestBid = NO_TICK;
    this.bestAsk = NO_TICK;
    this.live = 0;
    this.events = 0;
  }

  best(side: Side): number {
    return side === Side.bid ? this.bestBid : this.bestAsk;
  }

  sizeAt(side: Side, tick: number): number {
    return this.size[side * this.ladderSize + tick]!;
  }

  /** Lots left of an order, 0 once it has gone. */
  remaining(ref: OrderRef): number {
    const index = this.#indexOf(ref);
    return index === NONE ? 0 : this.#lots[index]!;
  }

  /** Lots that must trade at its price before an order's turn comes. */
  queueAhead(ref: OrderRef): number {
    const index = this.#indexOf(ref);
    let ahead = 0;
    for (let at = index === NONE ? NONE : this.#previous[index]!; at !== NONE; at = this.#previous[at]!) {
      ahead += this.#lots[at]!;
    }
    return ahead;
  }

  /** Tick an order rests at, NO_TICK once it has gone. */
  tickOf(ref: OrderRef): number {
    const index = this.#indexOf(ref);
    return index === NONE ? NO_TICK : this.#level[index]! % this.ladderSize;
  }

  /**
   * Lets an order that came last overtake others at its price until no more than so many lots are ahead of it.
   * @param ahead whole orders are kept: as many of the first as add up to no more
   */
  overtake(ref: OrderRef, ahead: number): void {
    const index = this.#indexOf(ref);
    if (index === NONE) return;
    let before = NONE;
    let sum = 0;
    for (let at = this.#head[this.#level[index]!]!; at !== index; at = this.#next[at]!) {
      if (sum + this.#lots[at]! > ahead) {
        before = at;
        break;
      }
      sum += this.#lots[at]!;
    }
    if (before !== NONE) this.#moveBefore(index, before);
  }

  /**
   * Trades against the other side as far as its price allows, then rests what is left.
   * @returns the resting order, or NO_ORDER when nothing was left to rest
   */
  place(side: Side, tick: number, lots: number, owner: number): OrderRef {
    const left = this.take(side, tick, lots, owner);
    if (left === 0) return NO_ORDER;
    return this.#rest(side, tick, left, owner);
  }

  /**
   * Trades against the other side at `limit` or better, best price first, oldest order first, at the resting price.
   * @returns lots left over
   */
  take(side: Side, limit: number, lots: number, owner: number): number {
    assert(lots > 0 && Number.isInteger(lots), 'runner book: lots must be a positive whole number');
    let left = lots;
    while (left > 0) {
      const best = side === Side.bid ? this.bestAsk : this.bestBid;
      if (best === NO_TICK || (side === Side.bid ? best > limit : best < limit)) break;
      const resting: Side = side === Side.bid ? Side.ask : Side.bid;
      const level = resting * this.ladderSize + best;
      const match = this.#match;
      match.tick = best;
      match.side = resting;
      match.takerOwner = owner;
      match.cameLots = Math.min(left, this.size[level]!);
      let ahead = 0;
      while (left > 0 && this.#head[level]! !== NONE) {
        const maker = this.#head[level]!;
        const traded = Math.min(left, this.#lots[maker]!);
        match.lots = traded;
        match.makerOwner = this.#owner[maker]!;
        match.makerRef = this.#refOf(maker);
        match.aheadLots = ahead;
        ahead += traded;
        left -= traded;
        this.#shrink(maker, traded);
        this.events++;
        this.#listener(match);
      }
    }
    return left;
  }

  /** @returns lots that were left of it, 0 when it had already gone */
  cancel(ref: OrderRef): number {
    const index = this.#indexOf(ref);
    if (index === NONE) return 0;
    const left = this.#lots[index]!;
    this.events++;
    this.#shrink(index, left);
    return left;
  }

  /** Every order lapses, as when a market turns in play. */
  clear(): void {
    this.#clearSide(Side.bid);
    this.#clearSide(Side.ask);
  }

  /** Hands over each level that changed since the last call, once, with its present size. */
  drainChanges(visit: (side: Side, tick: number, lots: number) => void): void {
    for (let i = 0; i < this.#changedCount; i++) {
      const level = this.#changed[i]!;
      this.#isChanged[level] = 0;
      const side = level < this.ladderSize ? Side.bid : Side.ask;
      visit(side, level - side * this.ladderSize, this.size[level]!);
    }
    this.#changedCount = 0;
  }

  get hasChanges(): boolean {
    return this.#changedCount > 0;
  }

  #clearSide(side: Side): void {
    for (let best = this.best(side); best !== NO_TICK; best = this.best(side)) {
      const level = side * this.ladderSize + best;
      for (let at = this.#head[level]!; at !== NONE; at = this.#head[level]!) this.#shrink(at, this.#lots[at]!);
    }
  }

  #rest(side: Side, tick: number, lots: number, owner: number): OrderRef {
    if (this.#freeCount === 0) this.#grow();
    const index = this.#free[--this.#freeCount]!;
    const level = side * this.ladderSize + tick;
    const tail = this.#tail[level]!;
    this.#next[index] = NONE;
    this.#previous[index] = tail;
    this.#level[index] = level;
    this.#lots[index] = lots;
    this.#owner[index] = owner;
    if (tail === NONE) this.#head[level] = index;
    else this.#next[tail] = index;
    this.#tail[level] = index;
    this.size[level]! += lots;
    this.live++;
    this.events++;
    if (side === Side.bid) {
      if (this.bestBid === NO_TICK || tick > this.bestBid) this.bestBid = tick;
    } else if (this.bestAsk === NO_TICK || tick < this.bestAsk) this.bestAsk = tick;
    this.#touch(level);
    return this.#refOf(index);
  }

  #unlink(index: number): void {
    const level = this.#level[index]!;
    const next = this.#next[index]!;
    const previous = this.#previous[index]!;
    if (previous === NONE) this.#head[level] = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#tail[level] = previous;
    else this.#previous[next] = previous;
  }

  /** @param other an order of the same level */
  #moveBefore(index: number, other: number): void {
    this.#unlink(index);
    const previous = this.#previous[other]!;
    this.#next[index] = other;
    this.#previous[index] = previous;
    this.#previous[other] = index;
    if (previous === NONE) this.#head[this.#level[index]!] = index;
    else this.#next[previous] = index;
  }

  #shrink(index: number, lots: number): void {
    const level = this.#level[index]!;
    this.size[level]! -= lots;
    this.#lots[index]! -= lots;
    this.#touch(level);
    if (this.#lots[index]! > 0) return;
    this.#unlink(index);
    this.#generation[index]!++;
    this.#free[this.#freeCount++] = index;
    this.live--;
    if (this.#head[level] === NONE) this.#emptied(level);
  }

  #emptied(level: number): void {
    const size = this.size;
    const span = this.ladderSize;
    if (level < span) {
      if (level !== this.bestBid) return;
      let tick = level - 1;
      while (tick >= 0 && size[tick] === 0) tick--;
      this.bestBid = tick >= 0 ? tick : NO_TICK;
    } else {
      let tick = level - span;
      if (tick !== this.bestAsk) return;
      do tick++;
      while (tick < span && size[span + tick] === 0);
      this.bestAsk = tick < span ? tick : NO_TICK;
    }
  }

  #touch(level: number): void {
    if (this.#isChanged[level] === 1) return;
    this.#isChanged[level] = 1;
    this.#changed[this.#changedCount++] = level;
  }

  #refOf(index: number): OrderRef {
    return this.#generation[index]! * INDEX_SPAN + index + 1;
  }

  #indexOf(ref: OrderRef): number {
    if (ref === NO_ORDER) return NONE;
    const generation = Math.floor(ref / INDEX_SPAN);
    const index = ref - generation * INDEX_SPAN - 1;
    return this.#generation[index] === generation ? index : NONE;
  }

  #grow(): void {
    const before = this.#next.length;
    assert(2 * before <= INDEX_SPAN, 'runner book: expected fewer orders to rest on one runner');
    const wider = (column: Int32Array): Int32Array => {
      const grown = new Int32Array(before * 2);
      grown.set(column);
      return grown;
    };
    this.#next = wider(this.#next);
    this.#previous = wider(this.#previous);
    this.#level = wider(this.#level);
    this.#owner = wider(this.#owner);
    this.#generation = wider(this.#generation);
    this.#free = wider(this.#free);
    const lots = new Float64Array(before * 2);
    lots.set(this.#lots);
    this.#lots = lots;
    for (let i = 0; i < before; i++) this.#free[i] = before * 2 - 1 - i;
    this.#freeCount = before;
  }
}
