/** Prices a venue allows, as whole ticks. Knows nothing of books or orders. */
import { assert } from '../core/assert.ts';
import type { Ticks } from '../core/units.ts';

export interface Ladder {
  readonly id: string;
  /** Number of ticks; valid ticks are 0 to `size - 1`. */
  readonly size: number;
  /** Every price is a whole multiple of 10^-decimals. */
  readonly decimals: number;
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

/** @param units the prices, rising, in whole multiples of 10^-decimals */
function fromUnits(id: string, decimals: number, units: Int32Array): Ladder {
  const perUnit = 10 ** decimals;
  const size = units.length;
  const last = units[size - 1]!;
  const tickAt = new Int16Array(last + 1).fill(-1);
  const floorAt = new Int16Array(last + 1);
  for (let tick = 0, u = 0; u <= last; u++) {
    while (tick + 1 < size && units[tick + 1]! <= u) tick++;
    floorAt[u] = tick;
    if (units[tick] === u) tickAt[u] = tick;
  }
  const prices = Float64Array.from(units, (u) => u / perUnit);
  return {
    id,
    size,
    decimals,
    priceOf: (tick) => prices[tick]!,
    tickOf: (price) => {
      const u = Math.round(price * perUnit);
      if (!(u >= 0 && u <= last) || Math.abs(price * perUnit - u) > 1e-6) return undefined;
      const tick = tickAt[u]!;
      return tick < 0 ? undefined : (tick as Ticks);
    },
    tickBelow: (price) => floorAt[Math.min(last, Math.max(0, Math.floor(price * perUnit + 1e-9)))]! as Ticks
  };
}

/** The 350 prices of Betfair's CLASSIC ladder, 1.01 to 1000. */
export const betfairClassic: Ladder = fromUnits('betfair-classic', 2, classicHundredths());

/** A stretch of prices with one step; the next one begins where it ends. */
export interface PriceRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Every step of each stretch, both ends included: prices that are finer at the edges than in the middle. */
export function rangesLadder(id: string, ranges: readonly PriceRange[]): Ladder {
  const decimals = Math.max(...ranges.flatMap(({ start, end, step }) => [start, end, step].map(decimalsOf)));
  const units: number[] = [];
  for (const { start, end, step } of ranges) {
    const [from, to, by] = [start, end, step].map((price) => Math.round(price * 10 ** decimals)) as [
      number,
      number,
      number
    ];
    assert(by > 0 && to > from && from >= (units.at(-1) ?? 0), `ladder ${id}: expected rising stretches of prices`);
    for (let at = from; at <= to; at += by) if (at > (units.at(-1) ?? -1)) units.push(at);
  }
  assert(units.length <= 32_767, `ladder ${id}: expected at most 32767 prices, got ${String(units.length)}`);
  return fromUnits(id, decimals, Int32Array.from(units));
}

/** Smallest number of decimals that write a step in full (0.05: 2, 100: 0). */
export function decimalsOf(step: number): number {
  for (let decimals = 0; decimals < 16; decimals++) {
    const scaled = step * 10 ** decimals;
    if (Math.round(scaled) !== 0 && Math.abs(scaled - Math.round(scaled)) < 1e-9 * scaled) return decimals;
  }
  assert(step === 0, `decimals: expected a decimal number, got ${String(step)}`);
  return 0;
}

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
    decimals: Math.max(decimalsOf(tickSize), lowest === 0 ? 0 : decimalsOf(Math.abs(lowest))),
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
