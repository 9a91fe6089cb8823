/** Prices a venue allows, as whole ticks. Knows nothing of books or orders. */
import { assert } from '../core/assert.ts';
import type { Ticks } from '../core/units.ts';

export interface Ladder {
  readonly id: string;
  /** Number of ticks; valid ticks are 0 to `size - 1`. */
  readonly size: number;
  /** Price of a tick in the venue's own unit (decimal odds, dollars), exact to the shortest decimal. */
  priceOf(tick: Ticks): number;
  /** Tick of a price, or undefined when the price is not on the ladder. */
  tickOf(price: number): Ticks | undefined;
  /** The highest tick whose price does not exceed `price`, clamped to the ladder. */
  tickBelow(price: number): Ticks;
}

/** Betfair CLASSIC bands: [upper bound, step], both in hundredths (Betfair Exchange API, "Betfair Price Increments"). */
const CLASSIC_BANDS: readonly (readonly [number, number])[] = [
  [200, 1],
  [300, 2],
  [400, 5],
  [600, 10],
  [1000, 20],
  [2000, 50],
  [3000, 100],
  [5000, 200],
  [10000, 500],
  [100000, 1000]
];

function classicHundredths(): Int32Array {
  const prices: number[] = [];
  let at = 101;
  for (const [upper, step] of CLASSIC_BANDS) {
    for (; at < upper; at += step) prices.push(at);
    at = upper;
  }
  prices.push(100000);
  return Int32Array.from(prices);
}

function fromHundredths(id: string, hundredths: Int32Array): Ladder {
  const size = hundredths.length;
  const last = hundredths[size - 1]!;
  const tickAt = new Int16Array(last + 1).fill(-1);
  const floorAt = new Int16Array(last + 1);
  for (let tick = 0, h = 0; h <= last; h++) {
    while (tick + 1 < size && hundredths[tick + 1]! <= h) tick++;
    floorAt[h] = tick;
    if (hundredths[tick] === h) tickAt[h] = tick;
  }
  const prices = Float64Array.from(hundredths, (h) => h / 100);
  return {
    id,
    size,
    priceOf: (tick) => prices[tick]!,
    tickOf: (price) => {
      const h = Math.round(price * 100);
      if (!(h >= 0 && h <= last) || Math.abs(price * 100 - h) > 1e-6) return undefined;
      const tick = tickAt[h]!;
      return tick < 0 ? undefined : (tick as Ticks);
    },
    tickBelow: (price) => floorAt[Math.min(last, Math.max(0, Math.floor(price * 100 + 1e-9)))]! as Ticks
  };
}

/** The 350 prices of Betfair's CLASSIC ladder, 1.01 to 1000. */
export const betfairClassic: Ladder = fromHundredths('betfair-classic', classicHundredths());

/**
 * Every multiple of `tickSize` from `lowest`; `decimals` is the venue's own precision, so that prices print as it
 * prints them.
 */
export function uniformLadder(options: { id: string; lowest: number; tickSize: number; size: number }): Ladder {
  const { id, lowest, tickSize, size } = options;
  assert(tickSize > 0 && size > 0, `ladder ${id}: expected a positive tick size and length`);
  const perUnit = Math.round(1 / tickSize);
  const exact = Math.abs(perUnit * tickSize - 1) < 1e-12;
  const first = Math.round(lowest / tickSize);
  const clamp = (n: number): Ticks => Math.min(size - 1, Math.max(0, n)) as Ticks;
  return {
    id,
    size,
    priceOf: (tick) => (exact ? (first + tick) / perUnit : (first + tick) * tickSize),
    tickOf: (price) => {
      const n = Math.round(price / tickSize);
      const onLadder = Math.abs(price / tickSize - n) < 1e-6 && n >= first && n < first + size;
      return onLadder ? ((n - first) as Ticks) : undefined;
    },
    tickBelow: (price) => clamp(Math.floor(price / tickSize + 1e-9) - first)
  };
}

/** Betfair's FINEST ladder: every hundredth from 1.01 to 1000 (Asian handicaps and other finely priced markets). */
export const betfairFinest: Ladder = uniformLadder({ id: 'betfair-finest', lowest: 1.01, tickSize: 0.01, size: 99900 });

/**
 * The ladder of a Betfair line market: its units (runs, goals, a spread) in steps of the interval. Prices below zero
 * are allowed, as spreads have them.
 */
export function betfairLine(options: { minimum: number; maximum: number; interval: number }): Ladder {
  const { minimum, maximum, interval } = options;
  const size = Math.round((maximum - minimum) / interval) + 1;
  return uniformLadder({
    id: `betfair-line:${String(minimum)}:${String(maximum)}:${String(interval)}`,
    lowest: minimum,
    tickSize: interval,
    size
  });
}
