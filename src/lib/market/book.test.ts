import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ticks } from '../core/units.ts';
import { Book } from './book.ts';
import { Depth } from './depth.ts';
import { betfairClassic, betfairFinest, betfairLine } from './ladder.ts';
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
        expect(depth.total).toBe(ticks.reduce((sum, tick) => sum + slow.levels.get(tick)!, 0));
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

  test('an emptied depth is as good as new, and a copy shares nothing', () => {
    const depth = new Depth(SIZE);
    depth.set(3, 5);
    depth.set(1400, 7);
    const copy = new Depth(SIZE);
    copy.copyFrom(depth);
    depth.clear();
    depth.set(700, 1);
    expect([depth.at(3), depth.at(1400), depth.total]).toEqual([0, 0, 1]);
    expect(upwards(copy)).toEqual([3, 1400]);
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
