/** The mark by closing now is what closing now brings, over books and positions drawn at random. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Book } from '../../market/book.ts';
import type { MarketRules } from '../../market/rules.ts';
import { binanceUsdmRules } from '../../market/venues/binance.ts';
import { IBKR_FIXED, equityRules } from '../../market/venues/equities.ts';
import { kalshiRules } from '../../market/venues/kalshi.ts';
import { Closing, closeNow, equityIfClosed } from './flatten.ts';
import { FeeTally, Role } from './order-fees.ts';
import { PositionAccount } from './position-account.ts';

const all: readonly (readonly [string, MarketRules])[] = [
  ['yes/no', kalshiRules()],
  ['shares', equityRules({ commission: IBKR_FIXED, highestPrice: 100 })],
  [
    'perpetual',
    binanceUsdmRules({ symbol: 'BTCUSDT', priceDecimals: 1, sizeDecimals: 3, lowestStep: 500_000, steps: 200 })
  ]
];

const levels = fc.array(fc.nat(3_000), { minLength: 0, maxLength: 6 });

function bookOf(rules: MarketRules, bids: readonly number[], asks: readonly number[]): Book {
  const book = new Book(rules.ladder);
  bids.forEach((lots, below) => {
    book.bids.set(39 - below, lots);
  });
  asks.forEach((lots, above) => {
    book.asks.set(41 + above, lots);
  });
  return book;
}

describe.each(all)('%s', (_, rules) => {
  const lots = fc
    .integer({ min: rules.settlement.kind === 'cash' ? 1 : -8_000, max: 8_000 })
    .filter((held) => held !== 0);

  it('closed by the order that is named, the account is worth what was said, to the unit', () => {
    let whole = 0;
    fc.assert(
      fc.property(lots, levels, levels, (held, bids, asks) => {
        const book = bookOf(rules, bids, asks);
        const account = new PositionAccount({ rules, slots: 1, cash: 1_000_000 });
        account.fill(0, held, 40, Role.maker, new FeeTally());
        const said = equityIfClosed(account, [book], new Closing());
        const closing = new Closing();
        closeNow(account, 0, book, closing);
        const tally = new FeeTally();
        const depth = held > 0 ? book.bids : book.asks;
        let open = closing.lots;
        for (let tick = held > 0 ? depth.highest : depth.lowest; open !== 0;) {
          const part = Math.sign(open) * Math.min(Math.abs(open), depth.at(tick));
          account.fill(0, part, tick, Role.taker, tally);
          open -= part;
          if (open === 0) expect(tick).toBe(closing.tick);
          tick = held > 0 ? depth.below(tick) : depth.above(tick);
        }
        const rest = account.position[0]!;
        expect(Math.abs(rest) / Math.abs(held)).toBeCloseTo(1 - closing.closable, 9);
        const worst = rest === 0 ? 0 : account.unclosable(0, rest);
        expect(said).toBe(account.cash + worst);
        if (rest === 0) whole++;
      })
    );
    expect(whole).toBeGreaterThan(10);
  });

  it('what was opened across the spread is worth less at once, by the spread and the fees', () => {
    const book = bookOf(rules, [5_000], [5_000]);
    const account = new PositionAccount({ rules, slots: 1, cash: 1_000_000 });
    account.fill(0, 100, 41, Role.taker, new FeeTally());
    const scratch = new Closing();
    const lost = account.unit.units(1_000_000) - equityIfClosed(account, [book], scratch);
    expect(lost).toBe(account.unit.value(100, 41) - account.unit.value(100, 39) + account.fees[0]! + scratch.fees);
  });
});

it('what nobody takes is written off: yes as worth nothing, no as paid out', () => {
  const [, rules] = all[0]!;
  const empty = bookOf(rules, [], []);
  for (const [held, end] of [
    [10_000, 0],
    [-10_000, -100]
  ] as const) {
    const account = new PositionAccount({ rules, slots: 1, cash: 1_000 });
    account.fill(0, held, 40, Role.maker, new FeeTally());
    const closing = new Closing();
    closeNow(account, 0, empty, closing);
    expect([closing.lots, closing.closable]).toEqual([0, 0]);
    expect(account.unit.toCurrency(closing.value) + 0).toBe(end);
  }
});
