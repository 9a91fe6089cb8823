/** What our orders take is kept aside: the book that was recorded stands as it was, whatever we do. */
import { describe, expect, it } from 'vitest';
import { perpetualRules, walkingTape } from '../../../../tests/support/instrument-tape.ts';
import { miniTape } from '../../../../tests/support/mini-tape.ts';
import { Random } from '../../core/random.ts';
import type { Lots, Ticks } from '../../core/units.ts';
import { millis, seconds, seed } from '../../core/units.ts';
import type { Book } from '../../market/book.ts';
import type { DepthView } from '../../market/depth.ts';
import { NO_TICK } from '../../market/tape.ts';
import { SimulatedExchange } from './exchange.ts';
import { InstrumentExchange } from './instrument-exchange.ts';
import { Direction } from './instrument-order.ts';
import { constantLatency } from './latency.ts';
import { Side } from './order.ts';

const latency = constantLatency({ place: 10, cancel: 10, replace: 10, response: 5 });

function levels({ bids, asks }: Book): readonly (readonly [tick: number, lots: number])[] {
  const of = (side: DepthView): (readonly [number, number])[] => {
    const found: (readonly [number, number])[] = [];
    for (let tick = side.lowest; tick !== NO_TICK; tick = side.above(tick)) found.push([tick, side.at(tick)]);
    return found;
  };
  return [...of(bids), ...of(asks)];
}

describe('the recorded book', () => {
  it('of a betting market', () => {
    const tape = miniTape({ seed: 4, runners: 2 });
    const [played, alone] = [1, 2].map(
      () =>
        new SimulatedExchange(tape, { queue: 'probPower', latency, random: new Random(seed(1)), bankroll: Infinity })
    ) as [SimulatedExchange, SimulatedExchange];
    for (let second = 1; second < 110; second++) {
      for (const exchange of [played, alone]) exchange.advanceTo(seconds(second));
      expect(played.books.map(levels)).toEqual(alone.books.map(levels));
      const { bestBid, bestAsk } = played.books[second % 2]!;
      const [side, tick] = second % 4 < 2 ? [Side.back, bestBid - 1] : [Side.lay, bestAsk + 1];
      played.place({ slot: second % 2, side, tick: tick as Ticks, lots: 9_000 as Lots });
    }
    expect(played.account.matchedBack(0) + played.account.matchedLay(1)).toBeGreaterThan(50_000);
  });

  it('of an instrument, as we see it and at the venue', () => {
    const tape = walkingTape({ seed: 4, rules: perpetualRules(), middle: 1_000 });
    const [played, alone] = [1, 2].map(
      () => new InstrumentExchange(tape, { queue: 'probPower', latency, random: new Random(seed(1)), cash: 1e7 })
    ) as [InstrumentExchange, InstrumentExchange];
    for (let step = 1; step < 250; step++) {
      for (const exchange of [played, alone]) exchange.advanceTo(millis(12 * step));
      expect(levels(played.books[0]!)).toEqual(levels(alone.books[0]!));
      expect(levels(played.venues[0]!.book)).toEqual(levels(alone.venues[0]!.book));
      const { bestBid, bestAsk } = played.books[0]!;
      if (bestBid === NO_TICK || bestAsk === NO_TICK) continue;
      const [direction, tick] = step % 4 < 2 ? [Direction.buy, bestAsk + 1] : [Direction.sell, bestBid - 1];
      played.place({ slot: 0, direction, tick: tick as Ticks, lots: 30 as Lots });
    }
    let filled = 0;
    played.drainFills(({ lots }) => (filled += lots));
    expect(filled).toBeGreaterThan(1_000);
  });
});
