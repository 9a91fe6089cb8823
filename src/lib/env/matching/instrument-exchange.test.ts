import { describe, expect, it } from 'vitest';
import { instrumentInfo, perpetualRules, tapeOf, walkingTape } from '../../../../tests/support/instrument-tape.ts';
import type { Row } from '../../../../tests/support/instrument-tape.ts';
import { miniTape } from '../../../../tests/support/mini-tape.ts';
import { Random } from '../../core/random.ts';
import type { Lots, Seed, Ticks } from '../../core/units.ts';
import { millis } from '../../core/units.ts';
import { MarketStatus, NO_SLOT, NO_TICK, Outcome, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { equityRules } from '../../market/venues/equities.ts';
import { kalshiRules } from '../../market/venues/kalshi.ts';
import { InstrumentExchange } from './instrument-exchange.ts';
import type { InstrumentOptions } from './instrument-options.ts';
import { Direction, FillCause } from './instrument-order.ts';
import type { InstrumentFill, InstrumentOrder, InstrumentRequest } from './instrument-order.ts';
import { constantLatency } from './latency.ts';
import { OrderStatus, Side } from './order.ts';
import type { ExchangeLike } from './exchange-like.ts';
import { SimulatedExchange } from './exchange.ts';
import { fifo } from './queue/fifo.ts';
import { tickSlippage } from './slippage.ts';

const { bid, ask, buyTrade, sellTrade } = RowKind;
const BOOK: Row[] = [
  [bid, 999, 20],
  [bid, 998, 30],
  [ask, 1001, 10],
  [ask, 1002, 15],
  [ask, 1005, 50]
];

function exchangeOn(tape: Tape, options: Partial<InstrumentOptions> = {}): InstrumentExchange {
  return new InstrumentExchange(tape, {
    queue: 'fullQueue',
    latency: constantLatency({ place: 10, cancel: 10, replace: 10, response: 5 }),
    random: new Random(7 as Seed),
    cash: 1e5,
    history: true,
    ...options
  });
}

const perpetual = (...messages: Parameters<typeof tapeOf>[1][number][]): Tape => tapeOf(perpetualRules(), messages);
const buy = (tick: number, lots: number, more: Partial<InstrumentRequest> = {}): InstrumentRequest => ({
  slot: 0,
  direction: Direction.buy,
  tick: tick as Ticks,
  lots: lots as Lots,
  ...more
});
const sell = (tick: number, lots: number, more: Partial<InstrumentRequest> = {}): InstrumentRequest => ({
  ...buy(tick, lots, more),
  direction: Direction.sell
});
const told = (exchange: InstrumentExchange): [lots: number, tick: number][] => {
  const fills: [number, number][] = [];
  exchange.drainFills((fill) => fills.push([fill.lots, fill.tick]));
  return fills;
};

describe('two clocks', () => {
  const tape = perpetual([1, 1, ...BOOK], [30, 60, [ask, 1001, 0], [ask, 1000, 8]], [100, 100]);

  it('meet the book of the venue, and show us ours', () => {
    const exchange = exchangeOn(tape);
    exchange.advanceTo(millis(25));
    const order = exchange.place(buy(1000, 5));
    exchange.advanceTo(millis(40));
    // The order came at 35 ms, five after an ask we have not seen yet; its answer is told at 40 ms.
    expect(exchange.books[0]!.bestAsk).toBe(1001);
    expect(told(exchange)).toEqual([[5, 1000]]);
    expect(order.end).toBe('filled');
    expect(order.acceptedAt).toBe(millis(35));
    exchange.advanceTo(millis(60));
    expect(exchange.books[0]!.bestAsk).toBe(1000);
  });

  it('tell a fill only when its answer has come', () => {
    const exchange = exchangeOn(tape);
    exchange.advanceTo(millis(5));
    const order = exchange.place(buy(1001, 5));
    exchange.advanceTo(millis(19));
    expect(order.venueStatus).toBe(OrderStatus.complete);
    expect(order.status).toBe(OrderStatus.pending);
    expect(exchange.account.position[0]).toBe(0);
    exchange.advanceTo(millis(20));
    expect(order.status).toBe(OrderStatus.complete);
    expect(exchange.account.position[0]).toBe(5);
  });

  it('show market data later by the latency of the feed', () => {
    const slow = constantLatency({ place: 0, cancel: 0, replace: 0, feed: 200 });
    const exchange = exchangeOn(tape, { latency: slow });
    exchange.advanceTo(millis(200));
    expect(exchange.books[0]!.bestAsk).toBe(NO_TICK);
    exchange.advanceTo(millis(201));
    expect(exchange.books[0]!.bestAsk).toBe(1001);
    exchange.advanceTo(millis(260));
    expect(exchange.books[0]!.bestAsk).toBe(1000);
  });

  it('carry out a request after the rows of its very time', () => {
    const exchange = exchangeOn(perpetual([1, 1, ...BOOK], [15, 15, [ask, 1000, 4]], [90, 90]));
    exchange.advanceTo(millis(5));
    exchange.place(buy(1000, 9));
    exchange.advanceTo(millis(50));
    expect(told(exchange)).toEqual([[4, 1000]]);
  });

  it('let no request overtake another', () => {
    const times = { place: 40, cancel: 1, replace: 1 };
    const exchange = exchangeOn(tape, { latency: constantLatency(times) });
    exchange.advanceTo(millis(5));
    const order = exchange.place(buy(990, 5));
    exchange.cancel(order);
    exchange.advanceTo(millis(90));
    expect(order.end).toBe('cancelled');
    expect(order.endedAt).toBe(millis(45));
  });
});

describe('an order that takes', () => {
  const tape = perpetual([1, 1, ...BOOK], [500, 500]);
  const play = (request: InstrumentRequest, options: Partial<InstrumentOptions> = {}) => {
    const exchange = exchangeOn(tape, options);
    exchange.advanceTo(millis(5));
    const order = exchange.place(request);
    exchange.advanceTo(millis(50));
    return { exchange, order, fills: told(exchange) };
  };

  it('walks the levels to its limit, each at its own price, and rests with what is left', () => {
    const { order, fills, exchange } = play(buy(1003, 40));
    expect(fills).toEqual([
      [10, 1001],
      [15, 1002]
    ]);
    expect(order.rest).toBe(15);
    expect(order.status).toBe(OrderStatus.executable);
    expect(exchange.account.position[0]).toBe(25);
    expect(exchange.fillsOf(order).every((fill) => fill.cause === FillCause.took)).toBe(true);
  });

  it('finds what another order of ours took gone', () => {
    const { exchange } = play(buy(1001, 7));
    exchange.place(buy(1001, 7));
    exchange.advanceTo(millis(100));
    expect(told(exchange)).toEqual([[3, 1001]]);
  });

  it('ends at once when it is IOC, in whole or in part', () => {
    expect(play(buy(1001, 25, { timeInForce: 'IOC' })).order).toMatchObject({
      filled: 10,
      expired: 15,
      end: 'nothingToTake'
    });
    expect(play(buy(1000, 25, { timeInForce: 'IOC' })).order).toMatchObject({ filled: 0, expired: 25 });
  });

  it('fills whole or not at all when it is FOK', () => {
    expect(play(buy(1002, 26, { timeInForce: 'FOK' })).order).toMatchObject({ filled: 0, end: 'fillOrKill' });
    expect(play(buy(1002, 25, { timeInForce: 'FOK' })).order).toMatchObject({ filled: 25, end: 'filled' });
  });

  it('is turned away when it is post-only', () => {
    expect(play(buy(1001, 1, { timeInForce: 'GTX' })).order).toMatchObject({ expired: 1, end: 'wouldTake' });
    expect(play(buy(1000, 1, { timeInForce: 'GTX' })).order).toMatchObject({ rest: 1, end: 'none' });
  });

  it('takes at any protected price when it is a market order', () => {
    const { order, fills } = play({ slot: 0, direction: Direction.buy, lots: 30 as Lots, kind: 'market' });
    expect(fills).toEqual([
      [10, 1001],
      [15, 1002],
      [5, 1005]
    ]);
    expect(order.end).toBe('filled');
    const narrow = play(
      { slot: 0, direction: Direction.buy, lots: 30 as Lots, kind: 'market' },
      { marketProtection: 0.001 }
    );
    expect(narrow.order).toMatchObject({ filled: 25, expired: 5 });
  });

  it('loses the nearest levels to slippage, never its limit', () => {
    const { order, fills } = play(buy(1004, 20), { slippage: tickSlippage([1]) });
    expect(fills).toEqual([[15, 1002]]);
    expect(order).toMatchObject({ slippedTicks: 1, rest: 5 });
  });

  it('pays the taker fee, and the maker fee when it waited', () => {
    const { exchange, order } = play(buy(1001, 10));
    const [fill] = exchange.fillsOf(order);
    expect(exchange.account.unit.toCurrency(fill!.fee)).toBeCloseTo(0.01 * 100.1 * 0.0005, 12);
  });
});

describe('an order that rests', () => {
  const play = (rows: Parameters<typeof tapeOf>[1][number][], options: Partial<InstrumentOptions> = {}) => {
    const exchange = exchangeOn(perpetual([1, 1, ...BOOK], ...rows, [900, 900]), options);
    exchange.advanceTo(millis(5));
    const order = exchange.place(buy(999, 6));
    exchange.advanceTo(millis(800));
    return { exchange, order };
  };

  it('waits behind what was there, and fills by what trades beyond it', () => {
    const { order, exchange } = play([
      [50, 50, [sellTrade, 999, 18]],
      [60, 60, [sellTrade, 999, 5]],
      [70, 70, [sellTrade, 999, 2]]
    ]);
    expect(order.aheadOnArrival).toBe(20);
    expect(exchange.fillsOf(order).map(({ lots, ahead, traded }) => [lots, ahead, traded])).toEqual([
      [3, 2, 5],
      [2, 0, 2]
    ]);
    expect(order.rest).toBe(1);
  });

  it('is not reached by buyers, nor by trades at better prices', () => {
    expect(
      play([
        [50, 50, [buyTrade, 999, 100]],
        [60, 60, [sellTrade, 1000, 100]]
      ]).order.filled
    ).toBe(0);
  });

  it('fills by a trade past its price, by no more than traded', () => {
    const { order, exchange } = play([[50, 50, [sellTrade, 998, 4]]]);
    expect(order.filled).toBe(4);
    expect(exchange.fillsOf(order)[0]!.cause).toBe(FillCause.tradeThrough);
    expect(exchange.fillsOf(order)[0]!.tick).toBe(999);
  });

  it('fills by an ask that reaches its price, by no more than it shows, and not twice', () => {
    const { order, exchange } = play([
      [50, 50, [ask, 999, 2]],
      [60, 60, [ask, 999, 2]],
      [70, 70, [ask, 999, 3]]
    ]);
    expect(exchange.fillsOf(order).map(({ lots, cause }) => [lots, cause])).toEqual([
      [2, FillCause.crossed],
      [1, FillCause.crossed]
    ]);
  });

  it('fills whole by the first lot, where that is asked for', () => {
    const { order } = play([[50, 50, [sellTrade, 999, 21]]], { partialFills: 'none' });
    expect(order).toMatchObject({ filled: 6, end: 'filled' });
  });

  it('moves up with what left ahead, where the model says so', () => {
    const rows: Parameters<typeof tapeOf>[1][number][] = [
      [50, 50, [bid, 999, 4]],
      [60, 60, [sellTrade, 999, 5]]
    ];
    expect(play(rows).order.filled).toBe(0);
    expect(play(rows, { queue: 'riskAverse' }).order.filled).toBe(1);
  });

  it('counts a trade and the level it left once', () => {
    const rows: Parameters<typeof tapeOf>[1][number][] = [
      [50, 50, [sellTrade, 999, 12], [bid, 999, 8]],
      [60, 60, [sellTrade, 999, 8], [bid, 999, 0]]
    ];
    expect(play(rows, { queue: 'probPower' }).order).toMatchObject({ filled: 0, ahead: 0 });
  });

  it('moves by what an order-level source tells', () => {
    const exchange = exchangeOn(perpetual([1, 1, ...BOOK], [90, 90, [sellTrade, 999, 12]], [900, 900]), {
      queue: fifo
    });
    exchange.advanceTo(millis(5));
    const order = exchange.place(buy(999, 6));
    exchange.advanceTo(millis(50));
    exchange.cancelledByOthers(0, Direction.buy, 999 as Ticks, { place: 3, lots: 9 });
    exchange.advanceTo(millis(500));
    expect(order.filled).toBe(1);
  });

  it('shares a trade with another order of ours', () => {
    const exchange = exchangeOn(perpetual([1, 1, ...BOOK], [90, 90, [sellTrade, 999, 27]], [900, 900]));
    exchange.advanceTo(millis(5));
    const first = exchange.place(buy(999, 6));
    const second = exchange.place(buy(999, 6));
    exchange.advanceTo(millis(500));
    expect([first.filled, second.filled]).toEqual([6, 1]);
  });
});

describe('a trade of which nobody says who took', () => {
  const tape = perpetual([1, 1, ...BOOK], [40, 40, [RowKind.trade, 1000, 30]], [900, 900]);

  it('fills a sale and a purchase of ours at its price by no more lots than it had', () => {
    const exchange = exchangeOn(tape);
    exchange.advanceTo(millis(5));
    const sale = exchange.place(sell(1000, 20));
    const purchase = exchange.place(buy(1000, 20));
    exchange.advanceTo(millis(500));
    expect([sale.filled, purchase.filled]).toEqual([20, 10]);
    for (const { shadow } of [sale, purchase]) {
      const filled = shadow!.positions.map((position) => position.filled);
      expect(new Set(filled)).toEqual(new Set([shadow === sale.shadow ? 20 : 10]));
    }
  });

  it('reaches either side alone in full', () => {
    for (const request of [buy(1000, 40), sell(1000, 40)]) {
      const exchange = exchangeOn(tape);
      exchange.advanceTo(millis(5));
      const order = exchange.place(request);
      exchange.advanceTo(millis(500));
      expect(order.filled).toBe(30);
    }
  });
});

describe('cancel and replace', () => {
  const tape = perpetual([1, 1, ...BOOK], [40, 40, [sellTrade, 999, 22]], [900, 900]);
  const started = (): { exchange: InstrumentExchange; order: InstrumentOrder } => {
    const exchange = exchangeOn(tape);
    exchange.advanceTo(millis(5));
    const order = exchange.place(buy(999, 6));
    exchange.advanceTo(millis(35));
    return { exchange, order };
  };

  it('come too late for what was filled on the way', () => {
    const { exchange, order } = started();
    exchange.cancel(order);
    exchange.advanceTo(millis(200));
    expect(order).toMatchObject({ filled: 2, cancelled: 4, end: 'cancelled' });
  });

  it('take a part of an order and leave the rest its place', () => {
    const { exchange, order } = started();
    exchange.cancel(order, 5);
    exchange.advanceTo(millis(200));
    expect(order).toMatchObject({ filled: 2, cancelled: 4 });
    expect(exchange.account.waitingBuy[0]).toBe(0);
  });

  it('place what was left at another price', () => {
    const { exchange, order } = started();
    const successor = exchange.replace(order, 997 as Ticks);
    expect(successor.lots).toBe(6);
    exchange.advanceTo(millis(200));
    expect(order).toMatchObject({ filled: 2, cancelled: 4, end: 'replaced' });
    expect(successor).toMatchObject({ lots: 4, rest: 4, tick: 997, status: OrderStatus.executable });
    expect(exchange.account.waitingBuy[0]).toBe(4);
  });

  it('do not touch the order that was given the record of one they came too late for', () => {
    const exchange = exchangeOn(perpetual([1, 1, ...BOOK], [40, 40, [sellTrade, 998, 6]], [900, 900]), {
      history: false,
      latency: constantLatency({ place: 10, cancel: 60, replace: 60, response: 10 })
    });
    exchange.advanceTo(millis(5));
    const filled = exchange.place(buy(999, 6));
    exchange.advanceTo(millis(35));
    exchange.cancel(filled);
    exchange.advanceTo(millis(55));
    expect(filled.end).toBe('filled');
    exchange.release(filled);
    const next = exchange.place(buy(997, 3));
    expect(next).toBe(filled);
    exchange.advanceTo(millis(98));
    exchange.cancel(next);
    exchange.advanceTo(millis(120));
    expect(next).toMatchObject({ cancelled: 0, rest: 3, cancelling: true, status: OrderStatus.executable });
    exchange.advanceTo(millis(400));
    expect(next).toMatchObject({ cancelled: 3, end: 'cancelled' });
  });

  it('of a number of lots that is none are a bug of who asks', () => {
    const { exchange, order } = started();
    for (const wrong of [-1, 0, 1.5, Number.NaN, -Infinity]) {
      expect(() => {
        exchange.cancel(order, wrong);
      }).toThrow(/cancel: expected whole lots/u);
    }
    exchange.advanceTo(millis(200));
    expect(order).toMatchObject({ filled: 2, cancelled: 0, rest: 4, cancelling: false });
    expect(exchange.account.waitingBuy[0]).toBe(4);
  });

  it('change nothing about an order that is complete', () => {
    const { exchange, order } = started();
    exchange.cancel(order);
    exchange.advanceTo(millis(200));
    exchange.cancel(order);
    expect(exchange.replace(order, 997 as Ticks)).toMatchObject({ end: 'nothingToReplace', expired: 0 });
    expect(exchange.openOrders).toHaveLength(0);
  });
});

describe('refusals', () => {
  const tape = perpetual([1, 1, ...BOOK], [900, 900]);
  const ended = (request: InstrumentRequest, cash = 1e5) => {
    const exchange = exchangeOn(tape, { cash });
    exchange.advanceTo(millis(5));
    return exchange.place(request);
  };

  it('say why', () => {
    expect(ended(buy(999, 0)).end).toBe('belowMinimum');
    expect(ended(buy(999, 1.5)).end).toBe('belowMinimum');
    expect(ended(buy(4000, 1)).end).toBe('offLadder');
    expect(ended(buy(-1, 1)).end).toBe('offLadder');
    for (const slot of [-1, 0.5, 3, Number.NaN]) expect(ended(buy(999, 1, { slot })).end).toBe('notOffered');
    expect(ended(buy(999, 1, { kind: 'market', timeInForce: 'GTC' })).end).toBe('notOffered');
    expect(ended(buy(999, 1e9)).end).toBe('unaffordable');
    expect(exchangeOn(tape).place(buy(999, 1)).end).toBe('marketNotOpen');
  });

  it('count what already waits', () => {
    const exchange = exchangeOn(tape, { cash: 10 });
    exchange.advanceTo(millis(5));
    let placed = 0;
    while (exchange.place(buy(999, 100)).end === 'none') placed++;
    // 0.1 at 99.9 asks for 5 % of margin and its dearest fee.
    expect(placed).toBe(Math.floor(10 / (9.99 * (0.05 + 0.0005))));
  });
});

describe('perpetuals', () => {
  it('are margined at the mark, funded and liquidated', () => {
    const tape = perpetual(
      [1, 1, ...BOOK],
      [50, 50, [RowKind.markPrice, NO_TICK, 100e6]],
      [60, 60, [RowKind.funding, NO_TICK, 0.0001e8]],
      [70, 70, [RowKind.markPrice, NO_TICK, 90e6]],
      [900, 900]
    );
    const exchange = exchangeOn(tape, { cash: 0.06 });
    exchange.advanceTo(millis(5));
    exchange.place(buy(1001, 10));
    const waiting = exchange.place(buy(990, 1));
    exchange.advanceTo(millis(65));
    const { account } = exchange;
    expect(account.unit.toCurrency(account.funding[0]!)).toBeCloseTo(-0.01 * 100 * 0.0001, 12);
    expect(exchange.liquidations).toBe(0);
    exchange.advanceTo(millis(80));
    expect(exchange.liquidations).toBe(1);
    expect(account.position[0]).toBe(0);
    expect(account.equity).toBeGreaterThanOrEqual(0);
    expect(waiting.end).toBe('liquidated');
    expect(exchange.openOrders).toHaveLength(0);
    expect(account.waitingBuy[0]).toBe(0);
  });

  it('are marked at the middle of our book where the tape states no mark', () => {
    const exchange = exchangeOn(perpetual([1, 1, ...BOOK], [500, 500]));
    exchange.advanceTo(millis(5));
    exchange.place(buy(1001, 10));
    exchange.advanceTo(millis(50));
    const { account } = exchange;
    expect(account.unit.toCurrency(account.markValue(0))).toBeCloseTo(0.01 * 100, 12);
  });

  it('are opened at the same margin whether or not something was held before', () => {
    const halved: Row[] = [
      ...BOOK.map(([kind, tick]) => [kind, tick, 0] as const),
      [bid, 500, 1_000_000],
      [ask, 501, 1_000_000]
    ];
    for (const first of [false, true]) {
      const exchange = exchangeOn(perpetual([1, 1, ...BOOK], [1000, 1000, ...halved], [9000, 9000]), { cash: 100 });
      exchange.advanceTo(millis(5));
      if (first) exchange.place(buy(1001, 10));
      exchange.advanceTo(millis(50));
      if (first) exchange.place(sell(999, 10));
      exchange.advanceTo(millis(1500));
      expect(exchange.account.position[0]).toBe(0);
      const order = exchange.place(sell(500, 3_000));
      exchange.advanceTo(millis(2000));
      expect([first, order.end]).toEqual([first, 'filled']);
    }
  });
});

describe('yes/no contracts', () => {
  const rules = kalshiRules();
  const rows: Row[] = [
    [bid, 38, 500],
    [ask, 40, 500]
  ];

  it('pay what the answer says, and end what waits', () => {
    const tape = tapeOf(rules, [
      [1, 1, ...rows],
      [100, 100, [RowKind.status, NO_TICK, MarketStatus.closed, NO_SLOT]],
      [200, 200, [RowKind.outcome, NO_TICK, Outcome.winner]],
      [300, 300]
    ]);
    const exchange = exchangeOn(tape, { cash: 100 });
    exchange.advanceTo(millis(5));
    exchange.place(buy(40, 200));
    const waiting = exchange.place(sell(60, 100));
    exchange.advanceTo(millis(150));
    expect(waiting.end).toBe('marketNotOpen');
    expect(exchange.place(buy(40, 100)).end).toBe('marketNotOpen');
    exchange.advanceTo(millis(250));
    const { account } = exchange;
    expect(account.position[0]).toBe(0);
    const fees = account.unit.toCurrency(account.fees[0]!);
    expect(fees).toBeGreaterThan(0);
    expect(account.unit.toCurrency(account.equity)).toBeCloseTo(100 + 200 * rules.lotSize * 0.6 - fees, 9);
  });

  it('learn of fills on their way before they pay', () => {
    const tape = tapeOf(rules, [
      [1, 1, ...rows],
      [20, 20, [RowKind.outcome, NO_TICK, Outcome.loser]],
      [300, 300]
    ]);
    const exchange = exchangeOn(tape, {
      cash: 100,
      latency: constantLatency({ place: 10, cancel: 10, replace: 10, response: 50 })
    });
    exchange.advanceTo(millis(5));
    const filled = exchange.place(buy(40, 100));
    exchange.advanceTo(millis(12));
    const late = exchange.place(buy(40, 100));
    exchange.advanceTo(millis(25));
    expect(filled.filled).toBe(100);
    expect(late.end).toBe('settled');
    expect(exchange.account.position[0]).toBe(0);
    expect(exchange.account.waitingBuy[0]).toBe(0);
    exchange.advanceTo(millis(300));
    expect(late.expired).toBe(100);
  });

  it('are sold as the other answer, for what that may cost', () => {
    const exchange = exchangeOn(
      tapeOf(rules, [
        [1, 1, ...rows],
        [300, 300]
      ]),
      { cash: 1 }
    );
    exchange.advanceTo(millis(5));
    expect(exchange.place(sell(38, 100)).end).toBe('none');
    expect(exchange.place(sell(38, 100)).end).toBe('unaffordable');
  });
});

describe('shares', () => {
  it('are not sold before they are held', () => {
    const tape = tapeOf(equityRules(), [
      [1, 1, [bid, 1000, 50], [ask, 1001, 50]],
      [300, 300]
    ]);
    const exchange = exchangeOn(tape, { cash: 1000 });
    exchange.advanceTo(millis(5));
    expect(exchange.place(sell(1000, 1)).end).toBe('unaffordable');
    exchange.place(buy(1001, 20));
    exchange.advanceTo(millis(50));
    expect(exchange.place(sell(1000, 21)).end).toBe('unaffordable');
    exchange.place(sell(1000, 20, { kind: 'market', timeInForce: 'IOC' }));
    exchange.advanceTo(millis(100));
    expect(exchange.account.position[0]).toBe(0);
    expect(exchange.account.unit.toCurrency(exchange.account.equity)).toBeCloseTo(1000 - 20 * 0.01, 9);
  });
});

describe('a story', () => {
  it('says what filled an order, what was ahead, and what other queues would have done', () => {
    const tape = perpetual([1, 1, ...BOOK], [50, 50, [bid, 999, 4]], [60, 60, [sellTrade, 999, 5]], [900, 900]);
    const exchange = exchangeOn(tape, { queue: 'fullQueue' });
    exchange.advanceTo(millis(5));
    const order = exchange.place(buy(999, 6));
    expect(exchange.explain(order).state).toBe('on its way');
    exchange.advanceTo(millis(500));
    const story = exchange.explain(order);
    expect(story).toMatchObject({
      side: 'buy',
      state: 'waiting',
      aheadOnArrivalLots: 20,
      aheadLots: 15,
      filledLots: 0
    });
    expect(story.sentence).toContain('Waiting: buy 0.006 at 99.9');
    const byModel = Object.fromEntries(story.others.map((other) => [other.model, other.filledLots]));
    expect(byModel).toMatchObject({ riskAverse: 1, fifo: 1 });
    exchange.place(sell(999, 4, { timeInForce: 'IOC' }));
    exchange.advanceTo(millis(600));
    const taken = exchange.explain(exchange.orders[1]!);
    expect(taken.fills[0]).toMatchObject({ cause: 'took', role: 'taker', lots: 4, price: 99.9 });
    expect(taken.sentence).toBe(
      'Filled: sell 0.004 at 99.9. 0.004 at 99.9 0.010 s after it was sent, taken from 0.004 at 99.9.'
    );
  });
});

describe('start again', () => {
  const fillsOf = (exchange: InstrumentExchange): InstrumentFill[] => {
    const fills: InstrumentFill[] = [];
    exchange.drainFills((fill) => fills.push(Object.assign(Object.create(null), fill) as InstrumentFill));
    return fills;
  };
  const tape = walkingTape({ seed: 5, rules: perpetualRules(), middle: 1000 });
  const play = (exchange: InstrumentExchange, from: number) => {
    for (let at = from; at < 3000; at += 20) {
      const { bestBid, bestAsk } = exchange.books[0]!;
      if (at % 100 === 0 && bestBid >= 0 && bestAsk >= 0) {
        exchange.place(buy(bestBid, 5));
        exchange.place(sell(bestAsk, 5));
      }
      exchange.advanceTo(millis(at));
    }
    return fillsOf(exchange).map(({ time, lots, tick, ahead }) => [time, lots, tick, ahead]);
  };

  it('from the beginning plays the same', () => {
    const exchange = exchangeOn(tape, { history: false });
    const once = play(exchange, 0);
    expect(once.length).toBeGreaterThan(5);
    exchange.reset();
    expect(play(exchange, 0)).toEqual(once);
  });

  it('from where another has come to plays as if it had come there itself', () => {
    const image = exchangeOn(tape);
    image.advanceTo(millis(1000));
    const walked = exchangeOn(tape);
    walked.advanceTo(millis(1000));
    const copied = exchangeOn(tape, { history: false });
    play(copied, 0);
    copied.reset(image);
    expect(copied.account.position[0]).toBe(0);
    expect(play(copied, 1000)).toEqual(play(walked, 1000));
  });
});

it('a market of several instruments keeps them apart', () => {
  const tape = tapeOf(
    perpetualRules(),
    [
      [1, 1, [bid, 999, 20, 0], [ask, 1001, 10, 0], [bid, 499, 20, 1], [ask, 501, 10, 1]],
      [90, 90, [sellTrade, 499, 25, 1]],
      [900, 900]
    ],
    2
  );
  expect(instrumentInfo(perpetualRules(), 2).runners).toHaveLength(2);
  const exchange = exchangeOn(tape);
  exchange.advanceTo(millis(5));
  const first = exchange.place(buy(999, 5));
  const second = exchange.place(buy(499, 5, { slot: 1 }));
  exchange.advanceTo(millis(500));
  expect([first.filled, second.filled]).toEqual([0, 5]);
  expect(Array.from(exchange.account.position)).toEqual([0, 5]);
});

it('a betting exchange does the same, in its own orders', () => {
  const placeAndAsk = <Request, Order, Fill, Story extends { readonly state: string }>(
    exchange: ExchangeLike<Request, Order, Fill, Story>,
    request: Request
  ): string => {
    exchange.advanceTo(millis(5000));
    return exchange.explain(exchange.place(request)).state;
  };
  const options = { random: new Random(1 as Seed), latency: constantLatency({ place: 1, cancel: 1, replace: 1 }) };
  const betting = new SimulatedExchange(miniTape({ seed: 1 }), { ...options, queue: 'fullQueue', bankroll: 1e6 });
  const back = { slot: 0, side: Side.back, tick: 100 as Ticks, lots: 500 as Lots };
  expect(placeAndAsk(betting, back)).toBe('on its way');
  expect(placeAndAsk(exchangeOn(perpetual([1, 1, ...BOOK], [9000, 9000])), buy(999, 1))).toBe('on its way');
});
