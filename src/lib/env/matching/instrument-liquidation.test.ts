/** Forced liquidation in steps, against the venue's protocol and as properties; short sales, their margin and their fee. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tapeOf } from '../../../../tests/support/instrument-tape.ts';
import type { Row } from '../../../../tests/support/instrument-tape.ts';
import { AppError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import type { Lots, Seed, Ticks } from '../../core/units.ts';
import { millis } from '../../core/units.ts';
import type { MarginBracket, MarketRules } from '../../market/rules.ts';
import { NO_TICK, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { BTCUSDT_BRACKETS_20210318, binanceUsdmRules } from '../../market/venues/binance.ts';
import { IBKR_SHORT, equityRules } from '../../market/venues/equities.ts';
import { bankruptcyPrice, liquidationPrice, lotsToComply } from '../account/liquidation.ts';
import { FeeTally, Role } from '../account/order-fees.ts';
import { PositionAccount } from '../account/position-account.ts';
import { InstrumentExchange } from './instrument-exchange.ts';
import { Direction } from './instrument-order.ts';
import { constantLatency } from './latency.ts';

const usdm = (brackets?: readonly MarginBracket[], liquidationFee = 0.001): MarketRules =>
  binanceUsdmRules({
    symbol: 'BTCUSDT',
    priceDecimals: 1,
    sizeDecimals: 3,
    lowestStep: 0,
    steps: 1_000_000,
    liquidationFee,
    initialMargin: 0.05,
    ...(brackets === undefined ? {} : { brackets })
  });
const bracketed = usdm(BTCUSDT_BRACKETS_20210318);

/** An account that holds so many lots, bought or sold at a price. */
function holding(rules: MarketRules, lots: number, price: number, cash: number): PositionAccount {
  const account = new PositionAccount({ rules, slots: 1, cash });
  account.fill(0, lots, rules.ladder.tickOf(price)!, Role.taker, new FeeTally());
  return account;
}

describe('margin brackets', () => {
  it('have the maintenance amounts that the venue publishes with its tables', () => {
    expect(BTCUSDT_BRACKETS_20210318.map(({ cum }) => cum)).toEqual([
      0, 50, 1_300, 16_300, 266_300, 1_266_300, 2_516_300, 5_016_300, 25_016_300, 100_016_300
    ]);
  });

  it('ask for value x ratio - amount, which is what taxing each stretch at its own ratio comes to', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700_000 }), fc.constantFrom(-1, 1), (size, sign) => {
        const account = holding(bracketed, sign * size, 60_000, 4e7);
        const value = size * 60;
        let asked = 0;
        for (const { notionalFloor, notionalCap, maintMarginRatio } of BTCUSDT_BRACKETS_20210318) {
          asked += Math.max(0, Math.min(value, notionalCap) - notionalFloor) * maintMarginRatio;
        }
        expect(account.unit.toCurrency(account.maintenanceMargin())).toBeCloseTo(asked, 4);
      })
    );
  });

  it('liquidate exactly on the far side of the liquidation price, whatever bracket that lies in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300_000 }),
        fc.constantFrom(-1, 1),
        fc.integer({ min: 60, max: 200 }),
        (size, sign, permille) => {
          const account = holding(bracketed, sign * size, 60_000, Math.round(size * 60 * permille) / 1000);
          if (account.mustLiquidate()) return;
          const limit = liquidationPrice(account, 0);
          if (Number.isNaN(limit)) return;
          account.setMark(0, limit + sign * 0.01);
          expect(account.mustLiquidate()).toBe(false);
          account.setMark(0, limit - sign * 0.01);
          expect(account.mustLiquidate()).toBe(true);
        }
      )
    );
  });

  it('let no position be larger than its leverage allows', () => {
    const account = new PositionAccount({ rules: bracketed, slots: 1, cash: 4e7 });
    account.setMark(0, 50_000);
    const at = bracketed.ladder.tickOf(50_000)!;
    // 20x: the bracket up to 10,000,000 is the last that allows it.
    expect(account.overLeverage(0, 200_000, at)).toBe(false);
    expect(account.overLeverage(0, 200_001, at)).toBe(true);
    account.fill(0, 150_000, at, Role.taker, new FeeTally());
    expect([account.overLeverage(0, 50_001, at), account.overLeverage(0, -350_000, at)]).toEqual([true, false]);
  });

  it('are refused where they do not meet', () => {
    const [first, second] = BTCUSDT_BRACKETS_20210318;
    for (const wrong of [{ cum: 60 }, { notionalFloor: 60_000 }, { maintMarginRatio: 0.004 }]) {
      expect(() => usdm([first!, { ...second!, ...wrong }])).toThrow(AppError);
    }
  });
});

describe('the fewest lots that have to go', () => {
  it('make the account comply again, and one fewer does not', () => {
    let partial = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 400_000 }),
        fc.constantFrom(-1, 1),
        fc.integer({ min: 1, max: 1000 }),
        (size, sign, part) => {
          const account = holding(bracketed, sign * size, 60_000, size * 6);
          const [limit, end] = [liquidationPrice(account, 0), bankruptcyPrice(account, 0)];
          account.setMark(0, limit + ((end - limit) * part) / 1001);
          if (!account.mustLiquidate()) return;
          const lots = lotsToComply(account, 0);
          expect(lots > 0 && lots <= size).toBe(true);
          if (lots === size) return;
          partial++;
          const rest = (gone: number): number => {
            const lotValue = account.markValue(0) / (sign * size);
            const left = (size - gone) * lotValue;
            return (
              account.equity - gone * lotValue * account.margin!.liquidationFee - account.margin!.maintenance(left)
            );
          };
          expect(rest(lots)).toBeGreaterThanOrEqual(-2);
          expect(rest(lots - 1)).toBeLessThan(2);
        }
      )
    );
    expect(partial).toBeGreaterThan(20);
  });
});

const { bid, ask, markPrice } = RowKind;

function exchangeOn(tape: Tape, cash: number): InstrumentExchange {
  return new InstrumentExchange(tape, {
    queue: 'fullQueue',
    latency: constantLatency({ place: 1, cancel: 1, replace: 1 }),
    random: new Random(1 as Seed),
    cash,
    history: true
  });
}

describe('a liquidation', () => {
  /** Buys 2 coins at 60,000 with 20x, then the mark falls to `mark` before a book of `depth` lots at `best`. */
  const play = (mark: number, depth: number, best = 57_000) => {
    const rules = usdm([{ ...BTCUSDT_BRACKETS_20210318[0]!, notionalCap: 1e9 }]);
    const book: Row[] = [
      [bid, 599_990, 5_000],
      [ask, 600_000, 5_000]
    ];
    const low: Row[] = [
      [bid, 599_990, 0],
      [ask, 600_000, 0],
      [bid, best * 10, depth],
      [bid, 500_000, 100_000],
      [ask, best * 10 + 10, 5_000]
    ];
    const tape = tapeOf(rules, [
      [1, 1, [markPrice, NO_TICK, 60_000e6], ...book],
      [50, 50, ...low],
      [60, 60, [markPrice, NO_TICK, mark * 1e6]],
      [900, 900]
    ]);
    const exchange = exchangeOn(tape, 6_400);
    exchange.advanceTo(millis(5));
    const order = exchange.place({ slot: 0, direction: Direction.buy, tick: 600_000 as Ticks, lots: 2_000 as Lots });
    exchange.advanceTo(millis(10));
    expect(order.filled).toBe(2_000);
    const waiting = exchange.place({ slot: 0, direction: Direction.buy, tick: 400_000 as Ticks, lots: 1 as Lots });
    exchange.advanceTo(millis(900));
    return { exchange, account: exchange.account, forced: exchange.orders.find((one) => one.forced), waiting };
  };

  it('sells no more than makes the account comply again, and charges its fee on that alone', () => {
    const { exchange, account, forced, waiting } = play(57_000, 100_000);
    expect(exchange.liquidations).toBe(1);
    expect(forced!.filled).toBeGreaterThan(0);
    expect(account.position[0]).toBe(2_000 - forced!.filled);
    expect(account.position[0]).toBeGreaterThan(0);
    expect(account.mustLiquidate()).toBe(false);
    const [fill] = exchange.fillsOf(forced!);
    expect(account.unit.toCurrency(fill!.fee)).toBeCloseTo(forced!.filled * 57 * 0.001, 6);
    expect(account.shortfall).toBe(0);
    expect(waiting.end).toBe('liquidated');
  });

  it('has the fund take over what the book does not, at the bankruptcy price', () => {
    const { exchange, account, forced } = play(57_000, 300);
    expect(forced!.filled).toBe(300);
    expect(account.position[0]).toBe(0);
    expect(account.equity).toBe(0);
    const { sentence, liquidation } = exchange.explain(forced!);
    expect(liquidation).toMatchObject({ heldLots: 2_000, closedLots: 300, takenOverLots: 1_700 });
    expect(sentence).toContain('The account was liquidated: its balance of');
    expect(sentence).toMatch(/insurance fund took over 1\.7 at the bankruptcy price of \d+\.\d and (kept|paid) \d/u);
  });

  it('sells nothing under the bankruptcy price, and the fund pays what is lacking', () => {
    const { account, forced, waiting, exchange } = play(55_000, 100_000, 55_000);
    expect(forced?.filled ?? 0).toBe(0);
    expect(account.equity).toBe(0);
    expect(account.shortfall).toBeGreaterThan(0);
    expect(exchange.explain(waiting).sentence).toContain('and paid');
  });

  it('is the same again', () => {
    const told = ({ account, exchange }: ReturnType<typeof play>): unknown => [
      account.cash,
      exchange.orders.map(({ filled, end }) => [filled, end])
    ];
    expect(told(play(57_000, 700))).toEqual(told(play(57_000, 700)));
  });
});

describe('short sales', () => {
  const day = 86_400_000;
  const rules = equityRules({ shorting: { ...IBKR_SHORT, borrowFeePercent: 50 }, highestPrice: 100 });
  const book: Row[] = [
    [bid, 150, 100_000],
    [ask, 151, 100_000]
  ];
  const short = { slot: 0, direction: Direction.sell, tick: 150 as Ticks, lots: 100_000 as Lots } as const;

  it('cost the broker’s own example a day', () => {
    const tape = tapeOf(rules, [
      [1, 1, ...book],
      [1000, 1000, [bid, 150, 0], [ask, 151, 0], [bid, 24, 5], [ask, 26, 5]],
      [5 * day, 5 * day]
    ]);
    const exchange = exchangeOn(tape, 100_000);
    exchange.advanceTo(millis(5));
    const order = exchange.place(short);
    exchange.advanceTo(millis(2 * day));
    expect([order.filled, exchange.account.position[0]]).toEqual([100_000, -100_000]);
    // 0.25 x 102 % is 0.255, rounded up to 1.00: 100,000 x 50 % / 360 days are 138.89; two closes passed.
    const { funding, unit } = exchange.account;
    expect(unit.toCurrency(funding[0]!)).toBe(-2 * 138.89);
    const steps = exchangeOn(tape, 100_000);
    steps.advanceTo(millis(5));
    steps.place(short);
    for (let at = 10; at <= 2 * day; at += 3_000_017) steps.advanceTo(millis(at));
    steps.advanceTo(millis(2 * day));
    expect(steps.account.funding[0]).toBe(funding[0]);
  });

  it('are refused where nobody lends the shares, by that name', () => {
    const none = equityRules({ shorting: { ...IBKR_SHORT, locate: false }, highestPrice: 100 });
    const exchange = exchangeOn(
      tapeOf(none, [
        [1, 1, ...book],
        [900, 900]
      ]),
      1e6
    );
    exchange.advanceTo(millis(5));
    expect(exchange.place(short).end).toBe('noLocate');
    expect(exchange.explain(exchange.orders[0]!).sentence).toContain('the shares cannot be borrowed');
  });

  it('need half of their value beside the proceeds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 100, max: 9_000 }), (lots, tick) => {
        const worth = (lots * tick) / 100;
        const account = (cash: number): PositionAccount => {
          const made = new PositionAccount({ rules, slots: 1, cash });
          made.setMark(0, tick / 100);
          return made;
        };
        expect(account(Math.ceil(worth * 51) / 100).affordable(0, -lots, tick)).toBe(true);
        expect(account(Math.floor(worth * 49) / 100).affordable(0, -lots, tick)).toBe(false);
      })
    );
  });

  it('are bought in once less than the maintenance margin is left', () => {
    const tape = tapeOf(rules, [
      [1, 1, ...book],
      [1000, 1000, [bid, 150, 0], [ask, 151, 0], [bid, 176, 500_000], [ask, 177, 500_000]],
      [9000, 9000]
    ]);
    const exchange = exchangeOn(tape, 76_000);
    exchange.advanceTo(millis(5));
    exchange.place(short);
    exchange.advanceTo(millis(500));
    expect(exchange.account.position[0]).toBe(-100_000);
    // Half the spread is lost by buying, so that it takes more than one look.
    for (let at = 1500; at < 1510; at++) exchange.advanceTo(millis(at));
    const { account } = exchange;
    expect(exchange.liquidations).toBeGreaterThan(0);
    expect(account.position[0]).toBeGreaterThan(-100_000);
    expect(account.position[0]).toBeLessThan(0);
    expect(account.mustLiquidate()).toBe(false);
  });

  it('are margined at what the book says when they are asked for, not when shares were last held', () => {
    const [cheap, dear] = [
      [
        [bid, 1000, 1e6],
        [ask, 1010, 1e6]
      ],
      [
        [bid, 1000, 0],
        [ask, 1010, 0],
        [bid, 2000, 1e6],
        [ask, 2010, 1e6]
      ]
    ] as const satisfies Row[][];
    const tape = tapeOf(rules, [
      [1, 1, ...cheap],
      [1000, 1000, ...dear],
      [2000, 2000, [ask, 2010, 0]],
      [9000, 9000]
    ]);
    const exchange = exchangeOn(tape, 1_000);
    exchange.advanceTo(millis(5));
    const one = { slot: 0, lots: 1 as Lots };
    exchange.place({ ...one, direction: Direction.buy, tick: 1010 as Ticks });
    exchange.advanceTo(millis(50));
    exchange.place({ ...one, direction: Direction.sell, tick: 1000 as Ticks });
    exchange.advanceTo(millis(500));
    expect(exchange.account.position[0]).toBe(0);
    expect(exchange.account.mark[0]).toBeCloseTo(1005, 9);
    const sell = (lots: number): string =>
      exchange.place({ slot: 0, direction: Direction.sell, tick: 2000 as Ticks, lots: lots as Lots }).end;
    for (const at of [1500, 2500]) {
      exchange.advanceTo(millis(at));
      expect([at, sell(100_000), sell(100)]).toEqual([at, 'unaffordable', 'unaffordable']);
    }
    const order = exchange.place({ slot: 0, direction: Direction.sell, tick: 2000 as Ticks, lots: 99 as Lots });
    exchange.advanceTo(millis(3000));
    expect([order.filled, exchange.liquidations]).toEqual([99, 0]);
  });
});
