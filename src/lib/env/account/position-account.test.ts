/** Identities of the account of signed positions, over fills, marks and waiting orders drawn at random. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MarketRules } from '../../market/rules.ts';
import { binanceSpotRules, binanceUsdmRules } from '../../market/venues/binance.ts';
import { IBKR_FIXED, IBKR_SHORT, equityRules } from '../../market/venues/equities.ts';
import { KALSHI_PRICES, kalshiRules } from '../../market/venues/kalshi.ts';
import { liquidationPrice } from './liquidation.ts';
import { FeeTally, Role } from './order-fees.ts';
import { PositionAccount } from './position-account.ts';

const usdm = binanceUsdmRules({
  symbol: 'BTCUSDT',
  priceDecimals: 1,
  sizeDecimals: 3,
  lowestStep: 500_000,
  steps: 200_000
});
const spot = binanceSpotRules({
  symbol: 'BTCUSDT',
  priceDecimals: 2,
  sizeDecimals: 5,
  lowestStep: 5_000_000,
  steps: 2_000_000
});
const kalshi = kalshiRules({ makerFee: 0.0175 });
const tapered = kalshiRules({ priceRanges: KALSHI_PRICES.tapered_deci_cent });
const shares = equityRules({ commission: IBKR_FIXED, highestPrice: 1_000 });
const shorted = equityRules({ commission: IBKR_FIXED, shorting: IBKR_SHORT, highestPrice: 1_000 });
/** With what a few of the orders below can be paid with, in the currency. */
const all: readonly (readonly [string, MarketRules, number])[] = [
  ['USD-M perpetual', usdm, 20_000],
  ['spot', spot, 4_000],
  ['yes/no', kalshi, 40],
  ['yes/no, finer at the edges', tapered, 40],
  ['shares', shares, 2_000_000],
  ['shares sold short', shorted, 2_000_000]
];

const CASH = 1_000_000;
const SLOTS = 2;

interface Made {
  readonly slot: number;
  readonly lots: number;
  readonly tick: number;
  readonly role: Role;
}

const fillOf = (rules: MarketRules): fc.Arbitrary<Made> =>
  fc.record({
    slot: fc.nat(SLOTS - 1),
    lots: fc.integer({ min: -5_000, max: 5_000 }).filter((lots) => lots !== 0),
    tick: fc.integer({ min: 1, max: rules.ladder.size - 2 }),
    role: fc.constantFrom(Role.taker, Role.maker)
  });

/** As `fillOf`, small sizes and prices at either end of the ladder as often as others. */
const extremeFillOf = (rules: MarketRules): fc.Arbitrary<Made> => {
  const last = rules.ladder.size - 2;
  const some = fillOf(rules);
  return fc
    .record({
      made: some,
      small: fc.option(
        fc.integer({ min: -10, max: 10 }).filter((lots) => lots !== 0),
        { freq: 2 }
      ),
      tick: fc.oneof(
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: Math.max(1, last - 10), max: last }),
        some.map((one) => one.tick)
      )
    })
    .map(({ made, small, tick }) => ({ ...made, lots: small ?? made.lots, tick }));
};

const accountOf = (rules: MarketRules, made: readonly Made[] = [], cash = CASH): PositionAccount => {
  const account = new PositionAccount({ rules, slots: SLOTS, cash });
  for (const { slot, lots, tick, role } of made) account.fill(slot, lots, tick, role, new FeeTally());
  return account;
};

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
const markOf = (account: PositionAccount, slot: number, rules: MarketRules, tick: number): void => {
  account.setMark(slot, rules.ladder.priceOf(tick as never));
};

describe.each(all)('%s', (_, rules, purse) => {
  const fills = fc.array(fillOf(rules), { maxLength: 30 });
  const ticks = fc.tuple(...Array.from({ length: SLOTS }, () => fc.integer({ min: 1, max: rules.ladder.size - 2 })));

  it('counts prices as the ladder has them', () => {
    const { unit } = accountOf(rules);
    fc.assert(
      fc.property(fc.nat(rules.ladder.size - 1), (tick) => {
        expect(unit.steps(tick) / unit.stepsPerCurrency).toBeCloseTo(rules.ladder.priceOf(tick as never), 9);
      })
    );
  });

  it('holds the sum of its fills, and paid the sum of their values', () => {
    fc.assert(
      fc.property(fills, (made) => {
        const account = accountOf(rules, made);
        for (let slot = 0; slot < SLOTS; slot++) {
          const own = made.filter((one) => one.slot === slot);
          expect(account.position[slot]).toBe(sum(own.map(({ lots }) => lots)));
          const paid = own.reduce(
            (total, { lots, tick }) => total + BigInt(lots) * BigInt(account.unit.value(1, tick)),
            0n
          );
          expect(BigInt(account.flow[slot]!)).toBe(-paid);
        }
      })
    );
  });

  it('is worth its cash, what it realised and what is open, to the unit', () => {
    fc.assert(
      fc.property(fills, ticks, (made, marks) => {
        const account = accountOf(rules, made);
        marks.forEach((tick, slot) => {
          markOf(account, slot, rules, tick);
        });
        const start = account.unit.units(CASH);
        const parts = [0, 1].map((slot) => account.realised[slot]! + account.unrealised(slot) - account.fees[slot]!);
        expect(account.equity).toBe(start + sum(parts));
        expect(Number.isSafeInteger(account.equity)).toBe(true);
      })
    );
  });

  it('loses its fees and nothing else by opening and closing at one price', () => {
    fc.assert(
      fc.property(fillOf(rules), fc.integer({ min: 1, max: 5 }), ({ slot, lots, tick, role }, parts) => {
        const account = accountOf(rules, [{ slot, lots: lots * parts, tick, role }]);
        for (let part = 0; part < parts; part++) account.fill(slot, -lots, tick, role, new FeeTally());
        expect(account.position[slot]).toBe(0);
        expect(account.cost[slot]).toBe(0);
        expect(account.realised[slot]).toBe(0);
        expect(account.equity).toBe(account.unit.units(CASH) - account.fees[slot]!);
      })
    );
  });

  it('has an average price between the lowest and the highest it opened at', () => {
    fc.assert(
      fc.property(fc.array(fillOf(rules), { minLength: 1, maxLength: 10 }), (made) => {
        const bought = made.map((one) => ({ ...one, slot: 0, lots: Math.abs(one.lots) }));
        const account = accountOf(rules, bought);
        const prices = bought.map(({ tick }) => rules.ladder.priceOf(tick as never));
        expect(account.averagePrice(0)).toBeGreaterThanOrEqual(Math.min(...prices) - 1e-9);
        expect(account.averagePrice(0)).toBeLessThanOrEqual(Math.max(...prices) + 1e-9);
      })
    );
  });

  it('is as before once what waited no longer does, in whatever parts', () => {
    fc.assert(
      fc.property(fills, fillOf(rules), fc.nat(100), (made, { slot, lots, tick }, percent) => {
        const account = accountOf(rules, made);
        const free = account.free();
        const tally = new FeeTally();
        const part = Math.trunc((lots * percent) / 100);
        account.wait(slot, lots, tick, tally);
        if (part !== 0) account.unwait(slot, part, tick, tally);
        if (part !== lots) account.unwait(slot, lots - part, tick, tally);
        expect(account.free()).toBe(free);
        expect(tally.waiting + tally.reserved).toBe(0);
      })
    );
  });

  it('never goes into debt by orders it could afford, whichever of them are filled', () => {
    const cent = 0.01;
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(fc.array(extremeFillOf(rules), { maxLength: 25 }), fc.infiniteStream(fc.nat(2)), (asked, fate) => {
        const account = new PositionAccount({ rules, slots: SLOTS, cash: purse });
        for (const slot of [0, 1]) markOf(account, slot, rules, Math.floor(rules.ladder.size / 2));
        let filled = 0;
        for (const { slot, lots, tick, role } of asked) {
          if (!account.affordable(slot, lots, tick)) {
            refused++;
            continue;
          }
          taken++;
          const tally = new FeeTally();
          account.wait(slot, lots, tick, tally);
          if (fate.next().value !== 0) continue;
          account.unwait(slot, lots, tick, tally);
          account.fill(slot, lots, tick, role, tally);
          filled++;
          // The venue's rounding of a balance to cents is not put aside for.
          const debt = -account.unit.units(cent) * filled;
          if (rules.settlement.kind !== 'linearPerpetual') expect(account.cash).toBeGreaterThanOrEqual(debt);
          expect(worstEquity(account, rules)).toBeGreaterThanOrEqual(debt);
          if (rules === spot || rules === shares) expect(Math.min(...account.position)).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 300 }
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(50);
  }, 60_000);
});

/** Of yes/no contracts over all answers; else at the marks. */
function worstEquity(account: PositionAccount, rules: MarketRules): number {
  if (rules.settlement.kind !== 'yesNo') return account.equity;
  const payout = account.unit.units(rules.lotSize);
  return account.cash + sum([...account.position].map((lots) => Math.min(0, lots * payout)));
}

describe('yes/no contracts', () => {
  const lots = fc.integer({ min: 1, max: 100_000 });
  const price = fc.integer({ min: 1, max: 99 });

  it('sold at p are the no bought at 1 - p: the same fee, the same money left to use, the same end', () => {
    fc.assert(
      fc.property(lots, price, fc.boolean(), (size, tick, yes) => {
        const sold = accountOf(kalshi, [{ slot: 0, lots: -size, tick, role: Role.taker }], CASH);
        const bought = accountOf(kalshi, [{ slot: 0, lots: size, tick: 100 - tick, role: Role.taker }], CASH);
        expect(sold.free() + sold.fees[0]!).toBe(bought.free() + bought.fees[0]!);
        sold.settleYesNo(0, yes ? 1 : 0);
        bought.settleYesNo(0, yes ? 0 : 1);
        expect(sold.cash + sold.fees[0]!).toBe(bought.cash + bought.fees[0]!);
        expect(sold.position[0]).toBe(0);
      })
    );
  });

  it('are worth all or nothing once settled, and realise it', () => {
    const account = accountOf(kalshi, [{ slot: 0, lots: 10_000, tick: 40, role: Role.maker }]);
    account.settleYesNo(0, 1);
    expect(account.unit.toCurrency(account.realised[0]!)).toBe(60);
    expect(account.unit.toCurrency(account.fees[0]!)).toBe(0.42);
    expect(account.unit.toCurrency(account.equity)).toBe(CASH + 60 - 0.42);
  });

  it('ask for what the worse answer costs: a bid and an offer of one contract need no more than the dearer', () => {
    const account = new PositionAccount({ rules: kalshi, slots: 1, cash: 100 });
    const tied = (): number => 100 - account.unit.toCurrency(account.free() + account.waitingFees[0]!);
    account.wait(0, 10_000, 40, new FeeTally());
    expect(tied()).toBe(40);
    account.wait(0, -10_000, 60, new FeeTally());
    expect(tied()).toBe(40);
    account.wait(0, -10_000, 50, new FeeTally());
    expect(tied()).toBe(90);
  });
});

describe('fees', () => {
  const cost = (rules: MarketRules, lots: number, price: number, role: Role): number => {
    const account = new PositionAccount({ rules, slots: 1, cash: CASH });
    return account.unit.toCurrency(account.fill(0, lots, rules.ladder.tickOf(price)!, role, new FeeTally()));
  };

  it('of Kalshi are those of its schedule for whole contracts at whole cents', () => {
    // Taker: 0.07 C P (1 - P) up to the next cent, the table of the fee schedule for 1 and for 100 contracts.
    for (const [price, one, hundred] of [
      [0.01, 0.01, 0.07],
      [0.05, 0.01, 0.34],
      [0.1, 0.01, 0.63],
      [0.25, 0.02, 1.32],
      [0.5, 0.02, 1.75],
      [0.75, 0.02, 1.32],
      [0.9, 0.01, 0.63],
      [0.99, 0.01, 0.07]
    ] as const) {
      expect([price, cost(kalshi, 100, price, Role.taker), cost(kalshi, 10_000, price, Role.taker)]).toEqual([
        price,
        one,
        hundred
      ]);
    }
    expect(cost(kalshi, 10_000, 0.5, Role.maker)).toBe(0.44);
    expect(cost(kalshiRules(), 10_000, 0.5, Role.maker)).toBe(0);
  });

  it('of Kalshi pay back what rounding took from the parts of one order', () => {
    const rules = kalshiRules();
    const account = new PositionAccount({ rules, slots: 1, cash: CASH });
    const tally = new FeeTally();
    let charged = 0;
    for (let part = 0; part < 100; part++) charged += account.fill(0, 100, 50, Role.taker, tally);
    // A contract at a time costs 0.0175 each, whole cents of balance; at once it is 1.75. Not 2.00.
    expect(account.unit.toCurrency(charged)).toBeCloseTo(1.76, 9);
    expect(account.cash % account.unit.units(0.01)).toBe(0);
  });

  it('of Kalshi leave a direct member’s balance at hundredths of a cent', () => {
    expect(cost(kalshiRules({ balanceUnit: 0.0001 }), 100, 0.5, Role.taker)).toBe(0.0175);
    expect(
      cost(kalshiRules({ balanceUnit: 0.0001, priceRanges: KALSHI_PRICES.deci_cent }), 100, 0.055, Role.taker)
    ).toBe(0.0037);
  });

  it('of shares are the broker’s own examples, an order at a time', () => {
    expect(cost(shares, 100, 25, Role.taker)).toBe(1);
    expect(cost(shares, 1_000, 25, Role.taker)).toBe(5);
    expect(cost(shares, 1_000, 0.25, Role.taker)).toBe(2.5);
    const account = new PositionAccount({ rules: shares, slots: 1, cash: CASH });
    const tally = new FeeTally();
    for (let part = 0; part < 10; part++) account.fill(0, 100, 2_500, Role.taker, tally);
    expect(account.unit.toCurrency(account.fees[0]!)).toBe(5);
  });

  it('of Binance are basis points of the value, to 8 decimals', () => {
    expect(cost(usdm, 123, 61_659.7, Role.taker)).toBe(Number((0.123 * 61_659.7 * 0.0005).toFixed(8)));
    expect(cost(usdm, 123, 61_659.7, Role.maker)).toBe(Number((0.123 * 61_659.7 * 0.0002).toFixed(8)));
  });
});

describe('perpetuals', () => {
  const rate = fc.double({ min: -0.0075, max: 0.0075, noNaN: true });
  const tick = fc.integer({ min: 1, max: usdm.ladder.size - 2 });
  const lots = fc.integer({ min: -10_000, max: 10_000 }).filter((n) => n !== 0);

  it('funding paid by one side is received by the other', () => {
    fc.assert(
      fc.property(lots, tick, rate, (size, at, funding) => {
        const one = accountOf(usdm, [{ slot: 0, lots: size, tick: at, role: Role.taker }]);
        const other = accountOf(usdm, [{ slot: 0, lots: -size, tick: at, role: Role.taker }]);
        expect(one.applyFunding(0, funding) + other.applyFunding(0, funding)).toBe(0);
        expect(one.funding[0]! + other.funding[0]!).toBe(0);
      })
    );
    const long = accountOf(usdm, [{ slot: 0, lots: 1_000, tick: usdm.ladder.tickOf(60_000)!, role: Role.taker }]);
    expect(long.unit.toCurrency(long.applyFunding(0, 0.0001))).toBe(-6);
  });

  it('are liquidated exactly when equity is below maintenance margin, on either side of the liquidation price', () => {
    fc.assert(
      fc.property(lots, tick, fc.integer({ min: 6, max: 50 }), (size, at, percent) => {
        const price = usdm.ladder.priceOf(at as never);
        const value = (Math.abs(size) / 1000) * price;
        const cash = Math.round(((value * percent) / 100) * 1e6) / 1e6;
        const account = accountOf(usdm, [{ slot: 0, lots: size, tick: at, role: Role.maker }], cash);
        expect(account.mustLiquidate()).toBe(false);
        const limit = liquidationPrice(account, 0);
        account.setMark(0, limit + Math.sign(size) * 0.001);
        expect(account.mustLiquidate()).toBe(false);
        account.setMark(0, limit - Math.sign(size) * 0.001);
        expect(account.mustLiquidate()).toBe(true);
        expect(account.equity).toBeLessThan(account.maintenanceMargin());
      })
    );
  });

  it('leave an account with nothing once the insurance fund has taken them over, which pays or keeps the rest', () => {
    fc.assert(
      fc.property(lots, tick, tick, (size, at, mark) => {
        const account = accountOf(usdm, [{ slot: 0, lots: size, tick: at, role: Role.taker }], 10_000);
        account.wait(0, size, at, new FeeTally());
        markOf(account, 0, usdm, mark);
        const before = account.equity;
        const paid = account.takeOver();
        expect(account.position[0]).toBe(0);
        expect(account.equity).toBe(0);
        expect(paid).toBe(-before);
        expect(account.free()).toBe(account.equity);
      })
    );
  });

  it('count what a badly priced order loses in full, however well others are priced', () => {
    const account = new PositionAccount({ rules: usdm, slots: 1, cash: 20_000 });
    account.setMark(0, 60_000);
    const at = (price: number): number => usdm.ladder.tickOf(price)!;
    account.fill(0, 2_913, at(60_000), Role.maker, new FeeTally());
    const well = new FeeTally();
    account.wait(0, -3_892, at(69_999.6), well);
    // 2.288 sold 9,146.2 below the mark lose 20,926.5, more than there is; 1 of them is 9,146.2.
    expect(account.affordable(0, -2_288, at(50_853.8))).toBe(false);
    expect(account.affordable(0, -1_000, at(50_853.8))).toBe(true);
    const badly = new FeeTally();
    const before = account.free();
    account.wait(0, -1_000, at(50_853.8), badly);
    expect(account.unit.toCurrency(account.waitingLoss[0]!)).toBe(9_146.2);
    account.unwait(0, -250, at(50_853.8), badly);
    expect(account.unit.toCurrency(account.waitingLoss[0]!)).toBe(6_859.65);
    account.setMark(0, 61_000);
    expect(account.unit.toCurrency(account.waitingLoss[0]!)).toBe(6_859.65);
    account.setMark(0, 60_000);
    account.unwait(0, -750, at(50_853.8), badly);
    expect([account.waitingLoss[0], badly.loss, account.free()]).toEqual([0, 0, before]);
  });

  it('leave room for as much as the initial margin allows', () => {
    const account = new PositionAccount({ rules: usdm, slots: 1, cash: 1_000 });
    account.setMark(0, 60_000);
    const at = usdm.ladder.tickOf(60_000)!;
    // 1,000 at 5 % carry 20,000 of value less fees: 0.333 of a coin without them, 0.330 with.
    expect(account.affordable(0, 329, at)).toBe(true);
    expect(account.affordable(0, 334, at)).toBe(false);
    account.fill(0, 300, at, Role.taker, new FeeTally());
    expect(account.affordable(0, 100, at)).toBe(false);
    expect(account.affordable(0, -300, at)).toBe(true);
    expect(account.unit.toCurrency(account.initialMargin())).toBe(900);
    expect(account.unit.toCurrency(account.maintenanceMargin())).toBe(450);
  });
});

describe('shares', () => {
  it('that are not held, or are promised to a waiting sell, cannot be sold', () => {
    const account = accountOf(shares, [{ slot: 0, lots: 100, tick: 5_000, role: Role.taker }]);
    expect(account.affordable(0, -101, 5_000)).toBe(false);
    account.wait(0, -60, 5_100, new FeeTally());
    expect(account.sellable(0)).toBe(40);
    expect(account.affordable(0, -40, 5_000)).toBe(true);
    expect(account.affordable(0, -41, 5_000)).toBe(false);
  });

  it('are refused when they cost more than can be counted exactly', () => {
    const account = new PositionAccount({ rules: shares, slots: 1, cash: 1_000 });
    expect(account.affordable(0, 1e12, 90_000)).toBe(false);
    expect(() => account.fill(0, 1e12, 90_000, Role.taker, new FeeTally())).toThrow('exactly');
  });
});

describe('short sales', () => {
  const rules = equityRules({ shorting: IBKR_SHORT, highestPrice: 1_000 });
  const at = (price: number): number => rules.ladder.tickOf(price)!;
  const short = (lots: number, cash: number): PositionAccount => {
    const account = new PositionAccount({ rules, slots: 1, cash });
    account.setMark(0, 100);
    if (lots > 0) account.fill(0, -lots, at(100), Role.taker, new FeeTally());
    return account;
  };

  it('are not paid for by a far sell that waits, not even after the mark has fallen', () => {
    const account = short(0, 1_000);
    expect(account.affordable(0, -1_000, at(100))).toBe(false);
    expect(account.affordable(0, -1_000, at(300))).toBe(true);
    const far = new FeeTally();
    account.wait(0, -1_000, at(300), far);
    expect(account.affordable(0, -21, at(100))).toBe(false);
    expect(account.affordable(0, -20, at(100))).toBe(true);
    expect(account.unit.toCurrency(account.free())).toBe(1_000);
    account.setMark(0, 50);
    expect(account.affordable(0, -41, at(50))).toBe(false);
    expect(account.affordable(0, -40, at(50))).toBe(true);
    // A sell that waits needs margin for what its shares are worth by now.
    account.setMark(0, 250);
    expect(account.unit.toCurrency(account.free())).toBe(1_000 - 75 * 1_000);
  });

  it('are not paid for by a cheap buy that waits, which hides no dear one', () => {
    const account = short(20, 1_000);
    account.wait(0, 10, at(1), new FeeTally());
    // 3,000 of cash hold collateral for 20: to buy 10 at 250 takes 2,500 and leaves 500 for what then is short.
    expect(account.affordable(0, 10, at(250))).toBe(false);
    expect(account.affordable(0, 10, at(200))).toBe(true);
  });

  it('are bought back below the initial margin, but not into debt', () => {
    const account = short(20, 1_000);
    account.setMark(0, 110);
    expect(account.free()).toBeLessThan(0);
    expect(account.affordable(0, -1, at(110))).toBe(false);
    expect(account.affordable(0, 20, at(110))).toBe(true);
    // 800 are left: 20 shares lose them at 40 above the mark.
    expect(account.affordable(0, 20, at(150))).toBe(true);
    expect(account.affordable(0, 20, at(150.01))).toBe(false);
  });

  it('leave shares that are held to be sold at any price', () => {
    const account = short(0, 10_000);
    account.fill(0, 100, at(100), Role.taker, new FeeTally());
    expect(account.free()).toBe(0);
    expect(account.affordable(0, -100, at(0.01))).toBe(true);
    expect(account.affordable(0, -101, at(0.01))).toBe(false);
  });
});
