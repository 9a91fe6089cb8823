import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ticks } from '../core/units.ts';
import { Book } from './book.ts';
import { Depth } from './depth.ts';
import { betfairClassic, betfairFinest, betfairLine, uniformLadder } from './ladder.ts';
import { NO_TICK } from './tape.ts';

const SIZE = 1500;
const change = fc.record({ tick: fc.nat(SIZE - 1), lots: fc.oneof(fc.constant(0), fc.nat(1_000_000)) });
const commands = fc.array(
  fc.oneof({ arbitrary: change, weight: 20 }, { arbitrary: fc.constant('clear' as const), weight: 1 }),
  {
    maxLength: 200
  }
);

/** The plainest thing that could be right. */
class SlowDepth {
  readonly levels = new Map<number, number>();
  set(tick: number, lots: number): void {
    if (lots === 0) this.levels.delete(tick);
    else this.levels.set(tick, lots);
  }
  ticks(): number[] {
    return [...this.levels.keys()].sort((a, b) => a - b);
  }
}

const upwards = (depth: Depth): number[] => {
  const ticks: number[] = [];
  for (let tick = depth.lowest; tick !== NO_TICK; tick = depth.above(tick)) ticks.push(tick);
  return ticks;
};
const downwards = (depth: Depth): number[] => {
  const ticks: number[] = [];
  for (let tick = depth.highest; tick !== NO_TICK; tick = depth.below(tick)) ticks.push(tick);
  return ticks;
};

describe('depth', () => {
  test('holds the same levels as a sorted map, whatever is set, removed and cleared', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const depth = new Depth(SIZE);
        const slow = new SlowDepth();
        for (const command of list) {
          if (command === 'clear') {
            depth.clear();
            slow.levels.clear();
          } else {
            depth.set(command.tick, command.lots);
            slow.set(command.tick, command.lots);
          }
          expect(depth.lowest).toBe(slow.ticks().at(0) ?? NO_TICK);
          expect(depth.highest).toBe(slow.ticks().at(-1) ?? NO_TICK);
        }
        const ticks = slow.ticks();
        expect(upwards(depth)).toEqual(ticks);
        expect(downwards(depth)).toEqual(ticks.toReversed());
        expect(depth.count).toBe(ticks.length);
        for (const tick of ticks) expect(depth.at(tick)).toBe(slow.levels.get(tick));
      })
    );
  });

  test('finds neighbours of ticks that hold nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(SIZE - 1), { maxLength: 20 }), fc.nat(SIZE - 1), (ticks, from) => {
        const depth = new Depth(SIZE);
        for (const tick of ticks) depth.set(tick, 1);
        expect(depth.above(from)).toBe(above(ticks, from));
        expect(depth.below(from)).toBe(below(ticks, from));
      })
    );
  });

  test('leaps over the pages of a wide ladder that never held a size, and over those that hold none any more', () => {
    const wide = 6_000_000;
    const depth = new Depth(wide);
    for (const tick of [0, 511, 512, 70_000, 3_000_017, wide - 1]) depth.set(tick, 1);
    depth.set(70_000, 0);
    expect(upwards(depth)).toEqual([0, 511, 512, 3_000_017, wide - 1]);
    expect(downwards(depth)).toEqual([wide - 1, 3_000_017, 512, 511, 0]);
    depth.set(wide - 1, 0);
    expect(depth.highest).toBe(3_000_017);
    depth.set(0, 0);
    depth.set(511, 0);
    depth.set(512, 0);
    expect(depth.lowest).toBe(3_000_017);
    expect([depth.above(5), depth.below(5_999_999)]).toEqual([3_000_017, 3_000_017]);
  });

  test('an emptied depth is as good as new, and a copy shares nothing', () => {
    const depth = new Depth(SIZE);
    depth.set(3, 5);
    depth.set(1400, 7);
    const copy = new Depth(SIZE);
    copy.copyFrom(depth);
    depth.clear();
    depth.set(700, 1);
    expect([depth.at(3), depth.at(1400), depth.count]).toEqual([0, 0, 1]);
    expect(upwards(copy)).toEqual([3, 1400]);
  });

  test.each([100, SIZE, 99_900])('a copy holds what it is a copy of, whatever both held before: %i ticks', (size) => {
    const levels = fc.array(fc.nat(size - 1), { maxLength: 8 });
    fc.assert(
      fc.property(levels, levels, levels, levels, (held, gone, own, ownGone) => {
        const [depth, copy, apart] = [new Depth(size), new Depth(size), new Depth(size)];
        for (const tick of held) depth.set(tick, tick + 1);
        for (const tick of gone) depth.set(tick, 0);
        for (const tick of own) copy.set(tick, 7);
        for (const tick of ownGone) copy.set(tick, 0);
        copy.copyFrom(depth);
        expect(upwards(copy)).toEqual(upwards(depth));
        expect(downwards(copy)).toEqual(downwards(depth));
        expect(copy.count).toBe(depth.count);
        for (const tick of [...held, ...own]) expect(copy.at(tick)).toBe(depth.at(tick));
        copy.set(size - 1, 3);
        depth.clear();
        depth.set(0, 1);
        expect([copy.at(size - 1), copy.at(0)]).toEqual([3, held.includes(0) && !gone.includes(0) ? 1 : 0]);
        // Neither writes to what those share that hold nothing.
        expect([apart.count, apart.at(0), apart.at(size - 1)]).toEqual([0, 0, 0]);
      })
    );
  });
});

const above = (ticks: readonly number[], from: number): number => {
  const higher = ticks.filter((tick) => tick > from);
  return higher.length === 0 ? NO_TICK : Math.min(...higher);
};
const below = (ticks: readonly number[], from: number): number => {
  const lower = ticks.filter((tick) => tick < from);
  return lower.length === 0 ? NO_TICK : Math.max(...lower);
};

describe('book', () => {
  test('best back is the highest bid, best lay the lowest ask', () => {
    const book = new Book(betfairClassic);
    const tick = (price: number): Ticks => betfairClassic.tickOf(price)!;
    for (const price of [2, 1.98, 1.5]) book.bids.set(tick(price), 100);
    for (const price of [2.04, 2.02, 3]) book.asks.set(tick(price), 100);
    expect(betfairClassic.priceOf(book.bestBid as Ticks)).toBe(2);
    expect(betfairClassic.priceOf(book.bestAsk as Ticks)).toBe(2.02);
    book.clear();
    expect([book.bestBid, book.bestAsk, book.lastTraded]).toEqual([NO_TICK, NO_TICK, NO_TICK]);
  });

  test('trades at prices off the ladder are held exactly and counted', () => {
    const book = new Book(betfairClassic);
    book.addTrade(betfairClassic.tickOf(2)!, 300);
    book.setTradedOffLadder(22_700, 513);
    book.setLastTradedOffLadder(22_700);
    expect(book.offLadder).toEqual([{ price: 2.27, lots: 513 }]);
    expect(book.totalTraded).toBe(813);
    expect([book.lastTradedPrice, betfairClassic.priceOf(book.lastTraded as Ticks)]).toEqual([2.27, 2.26]);
    book.setTradedOffLadder(22_700, 0);
    expect(book.totalTraded).toBe(300);
    book.setTraded(betfairClassic.tickOf(2)!, 120);
    book.addTrade(betfairClassic.tickOf(3)!, 5);
    expect(book.totalTraded).toBe(125);
    const copy = new Book(betfairClassic);
    copy.copyFrom(book);
    book.clear();
    expect([book.totalTraded, copy.totalTraded]).toEqual([0, 125]);
  });
});

/** The rule in words: the newer side wins, what it crossed stays and counts for no best until it is stated again. */
class PlainCrossing {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  bestBid: number | undefined;
  bestAsk: number | undefined;

  set(side: 'bids' | 'asks', tick: number, lots: number): void {
    if (lots === 0) {
      this[side].delete(tick);
      if (side === 'bids' && tick === this.bestBid) this.bestBid = this.#bidUnder(tick);
      if (side === 'asks' && tick === this.bestAsk) this.bestAsk = this.#askOver(tick);
      return;
    }
    this[side].set(tick, lots);
    if (side === 'bids' && (this.bestBid === undefined || tick > this.bestBid)) {
      this.bestBid = tick;
      if (this.bestAsk !== undefined && tick >= this.bestAsk) this.bestAsk = this.#askOver(tick);
    }
    if (side === 'asks' && (this.bestAsk === undefined || tick < this.bestAsk)) {
      this.bestAsk = tick;
      if (this.bestBid !== undefined && tick <= this.bestBid) this.bestBid = this.#bidUnder(tick);
    }
  }

  clearBids(to: number): void {
    for (const tick of this.bids.keys()) {
      if (this.bestBid !== undefined && tick <= this.bestBid && tick >= to) this.bids.delete(tick);
    }
    this.bestBid = this.#bidUnder(Math.min(to, this.bestAsk ?? to));
  }

  clearAsks(to: number): void {
    for (const tick of this.asks.keys()) {
      if (this.bestAsk !== undefined && tick >= this.bestAsk && tick <= to) this.asks.delete(tick);
    }
    this.bestAsk = this.#askOver(Math.max(to, this.bestBid ?? to));
  }

  #bidUnder(tick: number): number | undefined {
    return [...this.bids.keys()].filter((one) => one < tick).sort((a, b) => b - a)[0];
  }

  #askOver(tick: number): number | undefined {
    return [...this.asks.keys()].filter((one) => one > tick).sort((a, b) => a - b)[0];
  }
}

const CROSSING_TICKS = 40;
const crossingStep = fc.record({
  what: fc.constantFrom('bids', 'asks', 'bids', 'asks', 'bids', 'asks', 'clearBids', 'clearAsks'),
  tick: fc.nat(CROSSING_TICKS - 1),
  lots: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9 }))
});

describe('a book whose newer side wins', () => {
  const ladder = uniformLadder({ id: 'forty', lowest: 0, tickSize: 0.1, size: CROSSING_TICKS });

  test('a bid at or over the best ask moves the best ask up to the next level and removes nothing', () => {
    const book = new Book(ladder, 'newestWins');
    for (const tick of [20, 21, 25]) book.setAsk(tick, 1);
    book.setBid(18, 2);
    book.setBid(21, 3);
    expect([book.bestBid, book.bestAsk]).toEqual([21, 25]);
    expect([book.asks.at(20), book.asks.at(21)]).toEqual([1, 1]);
    book.setBid(21, 0);
    expect([book.bestBid, book.bestAsk]).toEqual([18, 25]);
    book.setAsk(20, 4);
    expect([book.bestBid, book.bestAsk]).toEqual([18, 20]);
  });

  test('does what the rule says, whatever comes, and its best prices never meet', () => {
    fc.assert(
      fc.property(fc.array(crossingStep, { maxLength: 60 }), (steps) => {
        const book = new Book(ladder, 'newestWins');
        const plain = new PlainCrossing();
        for (const { what, tick, lots } of steps) {
          if (what === 'bids') book.setBid(tick, lots);
          else if (what === 'asks') book.setAsk(tick, lots);
          else if (what === 'clearBids') book.clearBids(tick);
          else book.clearAsks(tick);
          if (what === 'bids' || what === 'asks') plain.set(what, tick, lots);
          else if (what === 'clearBids') plain.clearBids(tick);
          else plain.clearAsks(tick);
          expect([book.bestBid, book.bestAsk]).toEqual([plain.bestBid ?? NO_TICK, plain.bestAsk ?? NO_TICK]);
          if (book.bestAsk !== NO_TICK) expect(book.bestBid).toBeLessThan(book.bestAsk);
        }
        expect(upwards(book.bids)).toEqual([...plain.bids.keys()].sort((a, b) => a - b));
        expect(upwards(book.asks)).toEqual([...plain.asks.keys()].sort((a, b) => a - b));
      })
    );
  });

  test('a copy keeps its best prices, and a cleared book has none', () => {
    const book = new Book(ladder, 'newestWins');
    book.setBid(10, 1);
    book.setAsk(9, 1);
    const copy = new Book(ladder, 'newestWins');
    copy.copyFrom(book);
    book.clear();
    expect([book.bestBid, book.bestAsk]).toEqual([NO_TICK, NO_TICK]);
    expect([copy.bestBid, copy.bestAsk, copy.bids.highest]).toEqual([NO_TICK, 9, 10]);
  });
});

describe('ladders of other Betfair markets', () => {
  test('FINEST holds every hundredth from 1.01 to 1000', () => {
    for (let hundredths = 101; hundredths <= 100_000; hundredths++) {
      const tick = betfairFinest.tickOf(hundredths / 100);
      expect(tick).toBe(hundredths - 101);
      if (betfairFinest.priceOf(tick!) !== hundredths / 100) throw new Error(`price of tick ${String(tick)}`);
    }
    expect(betfairFinest.tickOf(1)).toBeUndefined();
    expect(betfairFinest.tickOf(1.015)).toBeUndefined();
  });

  test('a line ladder runs from its lowest to its highest unit', () => {
    const ladder = betfairLine({ minimum: -4, maximum: 4, interval: 0.25 });
    expect(ladder.size).toBe(33);
    expect([ladder.tickOf(-4), ladder.tickOf(4), ladder.tickOf(4.25), ladder.tickOf(0.1)]).toEqual([
      0,
      32,
      undefined,
      undefined
    ]);
    expect(ladder.priceOf(1 as Ticks)).toBe(-3.75);
  });
});
