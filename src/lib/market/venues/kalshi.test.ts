/** Kalshi's price level structures as ladders. */
import { expect, it } from 'vitest';
import type { Ticks } from '../../core/units.ts';
import { KALSHI_PRICES, kalshiFeesOf, kalshiRules } from './kalshi.ts';
import { rulesFrom } from './rules-from.ts';

const pricesOf = (structure: keyof typeof KALSHI_PRICES): number[] => {
  const { ladder } = kalshiRules({ priceRanges: KALSHI_PRICES[structure] });
  return Array.from({ length: ladder.size }, (_, tick) => ladder.priceOf(tick as Ticks));
};

it.each([
  ['linear_cent', 101, 2],
  ['tapered_deci_cent', 281, 3],
  ['deci_cent', 1_001, 3]
] as const)('%s has %i prices from nothing to the payout, and each one’s price of no', (structure, size, decimals) => {
  const { ladder } = kalshiRules({ priceRanges: KALSHI_PRICES[structure] });
  const prices = pricesOf(structure);
  expect([ladder.size, ladder.decimals, prices[0], prices.at(-1)]).toEqual([size, decimals, 0, 1]);
  prices.forEach((price, tick) => {
    expect(ladder.tickOf(price)).toBe(tick);
    expect(ladder.tickOf(Number((1 - price).toFixed(4)))).toBe(size - 1 - tick);
    if (tick > 0) expect(price).toBeGreaterThan(prices[tick - 1]!);
  });
});

it('a tapered market is fine at its edges and coarse between', () => {
  const { ladder } = kalshiRules({ priceRanges: KALSHI_PRICES.tapered_deci_cent });
  expect([0.055, 0.1, 0.11, 0.905].map((price) => ladder.tickOf(price))).toEqual([55, 100, 101, 185]);
  expect(ladder.tickOf(0.105)).toBeUndefined();
  expect(ladder.tickBelow(0.1075)).toBe(100);
});

it('rules come back from their spec as plain data', () => {
  const rules = kalshiRules({ priceRanges: KALSHI_PRICES.tapered_deci_cent, makerFee: 0.0175, balanceUnit: 0.0001 });
  const back = rulesFrom(JSON.parse(JSON.stringify(rules.spec)) as typeof rules.spec);
  expect([back.fees, back.ladder.id, back.ladder.size]).toEqual([rules.fees, rules.ladder.id, rules.ladder.size]);
});

it('fees of a series are those that are known of it, and of any other the general ones, which say that they are', () => {
  expect(kalshiFeesOf('KXGOLD15M-26AUG050000-00')).toMatchObject({ taker: 0.07, maker: 0, known: true });
  expect(kalshiFeesOf('KXGOLD15M').date).toBe('2026-09-18');
  expect(kalshiFeesOf('KXFEDDECISION-26SEP')).toMatchObject({ taker: 0.07, maker: 0.0175, known: true });
  const unknown = kalshiFeesOf('KXNOSUCH-1');
  expect(unknown).toMatchObject({ taker: 0.07, maker: 0, known: false });
  expect(unknown.source).toContain('nothing is known of this series');
});
