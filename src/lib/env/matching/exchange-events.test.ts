/**
 * What the market does to orders, on small tapes whose every row is written out: bet delay, suspension, persistence,
 * removals, the starting price, dead heats.
 */
import { describe, expect, it } from 'vitest';
import { at, scene, trade } from '../../../../tests/support/exchange-scene.ts';
import { AppError } from '../../core/errors.ts';
import { millis, seconds } from '../../core/units.ts';
import { betfairRules } from '../../market/venues/betfair.ts';
import type { TapeBuilder } from '../../market/tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, Outcome, RowKind } from '../../market/tape.ts';
import { constantLatency } from './latency.ts';
import { OrderStatus, Side } from './order.ts';

describe('the market around an order', () => {
  const suspend = (builder: TapeBuilder): void => {
    builder.message(seconds(2));
    builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
  };

  it('a market-on-close lay that takes the place of another after a removal risks what was left of that one', () => {
    const { exchange, place } = scene(
      (builder) => {
        builder.message(seconds(3));
        builder.row(RowKind.removal, 1, NO_TICK, 5_000);
        builder.message(seconds(8));
        builder.row(RowKind.bid, 2, at(2), 100);
        builder.message(seconds(10));
        builder.row(RowKind.startingPrice, 0, at(4), 4_000_000);
      },
      { latency: constantLatency({ place: 100, cancel: 100, replace: 3_000 }) }
    );
    const order = place({ side: Side.lay, price: 4.4, stake: 3_000, kind: 'marketOnClose' });
    exchange.advanceTo(seconds(2));
    const successor = exchange.replace(order, at(4.6));
    exchange.advanceTo(seconds(9));
    expect([order.end, successor.lots, successor.liability]).toEqual(['replaced', 1_500, 1_500]);
    exchange.advanceTo(seconds(11));
    // 15.00 at risk at 4.0 buys a stake of 5.00.
    expect([successor.matched, exchange.account.ifWins(0), exchange.account.waitingLiability(0)]).toEqual([
      500, -150_000, 0
    ]);
  });

  it('LAPSE orders lapse at a suspension, PERSIST orders stay', () => {
    const { exchange, place } = scene(suspend);
    const lapses = place({ side: Side.back, price: 4.6, stake: 1_000 });
    const persists = place({ side: Side.back, price: 4.6, stake: 1_000, persistence: 'persist' });
    exchange.advanceTo(seconds(3));
    expect([lapses.end, lapses.lapsed]).toEqual(['lapsedAtSuspension', 1_000]);
    expect(persists.status).toBe(OrderStatus.executable);
    expect(place({ side: Side.back, price: 4.6, stake: 1_000 }).end).toBe('marketNotOpen');
  });

  it('an order on its way into a suspension is void', () => {
    const { exchange, place } = scene(suspend);
    exchange.advanceTo(millis(1950));
    const order = place({ side: Side.back, price: 4.6, stake: 1_000 });
    exchange.advanceTo(seconds(3));
    expect([order.end, order.voided]).toEqual(['marketNotOpen', 1_000]);
    expect(exchange.account.exposure()).toBe(0);
  });

  it('in play a bet waits for its delay as well', () => {
    const { exchange, place } = scene((builder) => {
      builder.message(seconds(2));
      builder.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
      builder.row(RowKind.betDelay, NO_SLOT, NO_TICK, 5);
    });
    exchange.advanceTo(seconds(3));
    const order = place({ side: Side.back, price: 4.5, stake: 1_000 });
    exchange.advanceTo(seconds(8));
    expect(order.matched).toBe(0);
    exchange.advanceTo(seconds(8.2));
    expect(order.matched).toBe(1_000);
  });

  it('a removal voids bets on the runner and cuts the others by its factor from 2.5 % on', () => {
    for (const [percent, price] of [
      [10, 405],
      [2.4, 450]
    ] as const) {
      const { exchange, place } = scene((builder) => {
        builder.message(seconds(3));
        builder.row(RowKind.removal, 1, NO_TICK, percent * 100);
      });
      const order = place({ side: Side.back, price: 4.5, stake: 1_000 });
      exchange.advanceTo(seconds(4));
      expect(order.matchedPoints / order.matched).toBe(price);
      expect(exchange.account.ifWins(0)).toBe(1_000 * (price - 100));
      expect(place({ slot: 1, side: Side.back, price: 4.5, stake: 1_000 }).end).toBe('runnerRemoved');
    }
  });

  it('a removal leaves on record at what price a match was made', () => {
    const { exchange, place } = scene((builder) => {
      builder.message(seconds(3));
      builder.row(RowKind.removal, 1, NO_TICK, 1_000);
    });
    const order = place({ side: Side.back, price: 4.5, stake: 1_000 });
    exchange.advanceTo(seconds(4));
    const [fill] = exchange.fillsOf(order);
    expect([fill!.points, fill!.standingPoints]).toEqual([450, 405]);
  });

  it.each(['bankroll', 'exposureLimit'] as const)(
    'once a removal lifts the exposure over the %s, what hedges goes through',
    (limit) => {
      // Laid evenly at 3.00, but more of the first runner; the third leaves, and its backers' stakes with it.
      const { exchange, place } = scene(
        (builder) => {
          builder.message(seconds(2));
          builder.row(RowKind.clear, 0, NO_TICK, 0);
          for (const slot of [0, 1, 2]) {
            builder.row(RowKind.ask, slot, at(3), 1_000_000);
            builder.row(RowKind.bid, slot, at(2.98), 1_000_000);
          }
          builder.message(seconds(50));
          builder.row(RowKind.removal, 2, NO_TICK, 200);
        },
        { [limit]: 7_000 }
      );
      for (let round = 0; round < 10; round++) {
        for (const slot of [0, 1, 2]) {
          exchange.advanceTo(seconds(3 + 3 * round + slot));
          const order = place({ slot, side: Side.lay, price: 3, stake: slot === 0 ? 1_200 : 1_000 });
          expect(order.end).toBe('none');
        }
      }
      exchange.advanceTo(seconds(51));
      // 12,000 lots risk 24,000, and of what pays for it only the second runner's 10,000 are left.
      expect(exchange.account.exposure() / 100).toBe(14_000);
      const refused = limit === 'bankroll' ? 'unaffordable' : limit;
      expect(place({ slot: 0, side: Side.lay, price: 3, stake: 1_000 }).end).toBe(refused);
      expect(place({ slot: 1, side: Side.back, price: 3, stake: 9_000 }).end).toBe(refused);
      const hedge = place({ slot: 0, side: Side.back, price: 2.98, stake: 2_000 });
      exchange.advanceTo(seconds(60));
      expect([hedge.end, hedge.matched]).toEqual(['matched', 2_000]);
      expect(exchange.account.exposure() / 100).toBe(14_000 - 2_000 * 1.98);
    }
  );

  it('the parts of a void bet add up to it, unless they are told to be loose', () => {
    for (const [sizeAccounting, voided] of [
      ['exact', 700],
      ['loose', 1_000]
    ] as const) {
      const { exchange, place } = scene(
        (builder) => {
          builder.message(seconds(3));
          builder.row(RowKind.removal, 0, NO_TICK, 1_000);
        },
        { sizeAccounting }
      );
      const order = place({ side: Side.back, price: 4.6, stake: 1_000 });
      exchange.advanceTo(seconds(2));
      exchange.cancel(order, 300);
      exchange.advanceTo(seconds(4));
      expect([order.matched, order.cancelled, order.voided]).toEqual([0, 300, voided]);
    }
  });

  it('a lay at the starting price keeps its stake: its liability falls with the price that its factor means', () => {
    // Factor 20 is a price of 5; a removal of 10 % makes it 4.5; the stake of 25.00 then risks 87.50 and not 100.00.
    const { exchange, place } = scene((builder) => {
      builder.message(seconds(0.5));
      builder.row(RowKind.adjustmentFactor, 0, NO_TICK, 2_000);
      builder.message(seconds(3));
      builder.row(RowKind.removal, 1, NO_TICK, 1_000);
      builder.message(seconds(4));
      builder.row(RowKind.startingPrice, 0, at(4.5), 4_500_000);
    });
    const order = place({ side: Side.lay, price: 4.5, stake: 10_000, kind: 'marketOnClose' });
    exchange.advanceTo(seconds(3.5));
    expect([order.liability, order.lots, exchange.account.exposure()]).toEqual([8_750, 8_750, 875_000]);
    exchange.advanceTo(seconds(5));
    expect(order.matched).toBe(2_500);
  });

  it.each([
    ['better than its limit', 3, 3_000],
    ['worse than its limit', 6, 1_200],
    ['at its limit', 4, 2_000]
  ])('a lay kept for a starting price %s is as large as the stake that its liability buys', (_, price, matched) => {
    const { exchange, place } = scene((builder) => {
      builder.message(seconds(3));
      builder.row(RowKind.startingPrice, 0, at(price), price * 1e6);
    });
    const order = place({ side: Side.lay, price: 4, stake: 2_500, persistence: 'marketOnClose' });
    const byLiability = place({ side: Side.lay, price: 4, stake: 7_000, kind: 'marketOnClose' });
    exchange.advanceTo(seconds(2));
    exchange.cancel(order, 500);
    exchange.cancel(byLiability, 1_000);
    exchange.advanceTo(seconds(4));
    for (const { lots: size, matched: got, cancelled, lapsed, rest, end } of [order, byLiability]) {
      expect([got, lapsed, rest, end]).toEqual([matched, 0, 0, 'matched']);
      expect(size).toBe(got + cancelled);
    }
    expect([order.cancelled, byLiability.cancelled]).toEqual([500, 1_000]);
    expect(exchange.account.exposure()).toBe(2 * 6_000 * 100);
    expect(exchange.account.waitingLay(0)).toBe(0);
  });

  it('a liability that buys no lot at the starting price lapses', () => {
    const { exchange, place } = scene((builder) => {
      builder.message(seconds(3));
      builder.row(RowKind.startingPrice, 0, at(1000), 1000 * 1e6);
    });
    const order = place({ side: Side.lay, price: 4, stake: 1_000, kind: 'marketOnClose' });
    exchange.advanceTo(seconds(2));
    exchange.cancel(order, 900);
    exchange.advanceTo(seconds(4));
    expect([order.matched, order.cancelled, order.lapsed, order.rest, order.end]).toEqual([
      0,
      900,
      100,
      0,
      'lapsedAtStartingPrice'
    ]);
    expect(exchange.fillsOf(order)).toEqual([]);
  });

  it('a removal leaves what was cancelled of a liability as it was', () => {
    const { exchange, place } = scene((builder) => {
      builder.message(seconds(0.5));
      builder.row(RowKind.adjustmentFactor, 0, NO_TICK, 2_000);
      builder.message(seconds(3));
      builder.row(RowKind.removal, 1, NO_TICK, 6_000);
    });
    const order = place({ side: Side.lay, price: 4, stake: 10_000, kind: 'marketOnClose' });
    exchange.advanceTo(seconds(2));
    exchange.cancel(order, 8_000);
    exchange.advanceTo(seconds(4));
    expect([order.lots, order.cancelled, order.rest]).toEqual([8_500, 8_000, 500]);
    expect([exchange.account.waitingLay(0), exchange.account.exposure()]).toEqual([500, 50_000]);
  });

  it('on-close orders match at the reconciled starting price', () => {
    const { exchange, place } = scene((builder) => {
      builder.message(seconds(3));
      builder.row(RowKind.startingPrice, 0, at(5), 5_000_000);
    });
    const back = place({ side: Side.back, price: 4.5, stake: 1_000, kind: 'marketOnClose' });
    const lay = place({ side: Side.lay, price: 4.5, stake: 4_000, kind: 'marketOnClose' });
    const tooHigh = place({ side: Side.back, price: 5.1, stake: 1_000, kind: 'limitOnClose' });
    const kept = place({ side: Side.back, price: 20, stake: 1_000, persistence: 'marketOnClose' });
    exchange.advanceTo(seconds(4));
    expect([back.matched, lay.matched, tooHigh.lapsed, kept.matched]).toEqual([1_000, 1_000, 1_000, 1_000]);
    // Liability 40.00 at 5.00 is a stake of 10.00: two backs and one lay are left as one back.
    expect(exchange.account.profitIfWins(0)).toBe(1_000 * 400);
    expect(exchange.account.exposure()).toBe(1_000 * 100);
  });
});

describe('bet delay', () => {
  /** In play from 2 s on with a delay of 5 s; the price to back at goes to 4.4 at 6 s, to 4.5 again at 7 s. */
  const inPlay = (builder: TapeBuilder): void => {
    builder.message(seconds(2));
    builder.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
    builder.row(RowKind.betDelay, NO_SLOT, NO_TICK, 5);
  };

  it('holds placing and replacing back, never cancelling', () => {
    const { exchange, place } = scene((builder) => {
      inPlay(builder);
    });
    const [cancelled, replaced] = [4.6, 4.7].map((price) => place({ side: Side.back, price, stake: 1_000 }));
    exchange.advanceTo(seconds(3));
    exchange.cancel(cancelled!);
    const successor = exchange.replace(replaced!, at(4.5));
    exchange.advanceTo(millis(3101));
    expect([cancelled!.end, replaced!.status]).toEqual(['cancelled', OrderStatus.executable]);
    exchange.advanceTo(millis(8200));
    expect([replaced!.status, successor.matched]).toEqual([OrderStatus.executable, 0]);
    exchange.advanceTo(millis(8201));
    expect([replaced!.end, successor.matched]).toEqual(['replaced', 1_000]);
  });

  it('lets the market move first: the bet meets the book at its end', () => {
    const { exchange, place } = scene((builder) => {
      inPlay(builder);
      builder.message(seconds(6));
      builder.row(RowKind.bid, 0, at(4.5), 0);
    });
    exchange.advanceTo(seconds(3));
    const order = place({ side: Side.back, price: 4.4, stake: 1_000 });
    exchange.advanceTo(seconds(9));
    expect(exchange.fillsOf(order).map((fill) => fill.points)).toEqual([440]);
  });

  it('a suspension while it runs voids the bet', () => {
    const { exchange, place } = scene((builder) => {
      inPlay(builder);
      builder.message(seconds(5));
      builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
    });
    exchange.advanceTo(seconds(3));
    const order = place({ side: Side.back, price: 4.4, stake: 1_000, persistence: 'persist' });
    exchange.advanceTo(seconds(9));
    expect([order.end, order.voided, exchange.account.exposure()]).toEqual(['marketNotOpen', 1_000, 0]);
  });
});

describe('at the starting price', () => {
  const starts =
    (price: number) =>
    (builder: TapeBuilder): void => {
      trade(builder, 2, 4.6, 11_000);
      builder.message(seconds(3));
      builder.row(RowKind.startingPrice, 0, at(Math.min(price, 1000)), price * 1e6);
    };

  it('a MARKET_ON_CLOSE order trades until then and takes the price with the rest', () => {
    const { exchange, place } = scene(starts(5));
    const order = place({ side: Side.back, price: 4.6, stake: 1_000, persistence: 'marketOnClose' });
    exchange.advanceTo(seconds(4));
    // 55.00 for takers: 50.00 ahead, 5.00 for us; the other 5.00 at 5.00.
    expect(exchange.fillsOf(order).map((fill) => [fill.points, fill.lots, fill.closing])).toEqual([
      [460, 500, false],
      [500, 500, true]
    ]);
    expect(exchange.explain(order).fills[1]!.cause).toBe('startingPrice');
    expect(exchange.explain(order).headline).toBe('Filled: back $10.00 at 4.80, at the starting price.');
  });

  it('a MARKET_ON_CLOSE lay turns its liability into a stake; under 10.00 of it, it lapses', () => {
    const { exchange, place } = scene(starts(4));
    const lay = place({ side: Side.lay, price: 4, stake: 2_000, persistence: 'marketOnClose' });
    const small = place({ side: Side.lay, price: 4, stake: 300, persistence: 'marketOnClose' });
    const cheaper = place({ side: Side.lay, price: 3, stake: 3_000, persistence: 'marketOnClose' });
    exchange.advanceTo(seconds(4));
    expect([lay.matched, small.matched, small.lapsed]).toEqual([2_000, 0, 300]);
    // 60.00 at risk at 3.00 is a stake of 20.00 at 4.00.
    expect([cheaper.matched, cheaper.lots, cheaper.cancelled]).toEqual([2_000, 2_000, 0]);
    expect(exchange.account.exposure()).toBe((2_000 + 2_000) * 300);
    expect(exchange.account.waitingLiability(0)).toBe(0);
  });

  it('what lapses then is told as lapsed, though a part had matched before', () => {
    const { exchange, place } = scene((builder) => {
      trade(builder, 2, 4.5, 21_000);
      builder.message(seconds(3));
      builder.row(RowKind.startingPrice, 0, at(4), 4_000_000);
    });
    const order = place({ side: Side.lay, price: 4.5, stake: 700, persistence: 'marketOnClose' });
    exchange.advanceTo(seconds(4));
    // 5.00 match behind 100.00; 2.00 at 4.50 risk 7.00, too little for the starting price.
    expect([order.matched, order.lapsed, order.end]).toEqual([500, 200, 'lapsedAtStartingPrice']);
    expect(exchange.explain(order).headline).toBe(
      'Part filled: lay $5.00 at 4.50, 1 s after it was sent, behind $100.00, $2.00 lapsed: its liability was too small to go to the starting price.'
    );
  });

  it('a limit-on-close back needs its price or more, a lay its price or less', () => {
    const { exchange, place } = scene(starts(5));
    const ask = (side: Side, price: number): string => {
      const order = place({ side, price, stake: 2_000, kind: 'limitOnClose' });
      exchange.advanceTo(seconds(1.5));
      return String(order.id);
    };
    const ids = [ask(Side.back, 5), ask(Side.back, 5.1), ask(Side.lay, 5), ask(Side.lay, 4.9)];
    exchange.advanceTo(seconds(4));
    const byId = new Map(exchange.orders.map((order) => [String(order.id), order]));
    expect(ids.map((id) => byId.get(id)!.matched)).toEqual([2_000, 0, 500, 0]);
    expect(ids.map((id) => byId.get(id)!.end)).toEqual([
      'matched',
      'lapsedAtStartingPrice',
      'matched',
      'lapsedAtStartingPrice'
    ]);
  });

  it('a suspension lapses LAPSE orders and keeps those for the starting price', () => {
    const { exchange, place } = scene((builder) => {
      builder.message(seconds(2));
      builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
      starts(5)(builder);
    });
    const kinds = [
      place({ side: Side.back, price: 4.6, stake: 1_000 }),
      place({ side: Side.back, price: 4.7, stake: 1_000, persistence: 'marketOnClose' }),
      place({ side: Side.back, price: 4.7, stake: 1_000, kind: 'marketOnClose' })
    ];
    exchange.advanceTo(seconds(4));
    expect(kinds.map((order) => [order.lapsed, order.matched])).toEqual([
      [1_000, 0],
      [0, 1_000],
      [0, 1_000]
    ]);
  });
});

describe('removals', () => {
  it('cut one after the other: each from the price the one before left, never under 1.01', () => {
    const { exchange, place } = scene((builder) => {
      for (const [time, slot, percent] of [
        [3, 1, 20],
        [4, 2, 50]
      ] as const) {
        builder.message(seconds(time));
        builder.row(RowKind.removal, slot, NO_TICK, percent * 100);
      }
    });
    const order = place({ side: Side.back, price: 4.5, stake: 1_000 });
    exchange.advanceTo(seconds(3));
    expect(exchange.fillsOf(order)[0]!.standingPoints).toBe(360);
    exchange.advanceTo(seconds(5));
    expect(exchange.fillsOf(order)[0]!.standingPoints).toBe(180);
    expect(exchange.account.ifWins(0)).toBe(1_000 * 80);
  });

  it('void the runner’s bets: nothing is won or lost on it, and nothing waits', () => {
    const { exchange, place } = scene((builder) => {
      builder.message(seconds(3));
      builder.row(RowKind.removal, 0, NO_TICK, 3_000);
    });
    const matched = place({ side: Side.back, price: 4.5, stake: 1_000 });
    const waits = place({ side: Side.lay, price: 4.4, stake: 500 });
    const closing = place({ side: Side.lay, price: 4.4, stake: 2_000, kind: 'marketOnClose' });
    exchange.advanceTo(seconds(4));
    expect([matched, waits, closing].map((order) => [order.matched, order.voided, order.rest])).toEqual([
      [0, 1_000, 0],
      [0, 500, 0],
      [0, 2_000, 0]
    ]);
    expect([exchange.account.exposure(), exchange.account.traded()]).toEqual([0, false]);
  });
});

describe('the result', () => {
  const ends =
    (...outcomes: Outcome[]) =>
    (builder: TapeBuilder): void => {
      builder.message(seconds(5));
      outcomes.forEach((outcome, slot) => {
        builder.row(RowKind.outcome, slot, NO_TICK, outcome);
      });
      builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.closed);
    };
  const { winner, loser } = Outcome;

  it('pays the winner less commission at the market’s rate and discount', () => {
    const rules = betfairRules({ marketBaseRatePercent: 8, discountPercent: 10 });
    const { exchange, place } = scene(ends(winner, loser, loser), {}, rules);
    place({ side: Side.back, price: 4.5, stake: 1_000 });
    exchange.advanceTo(seconds(6));
    expect(exchange.closed).toBe(true);
    expect(exchange.settle()).toMatchObject({ gross: 3_500, commission: 252, net: 3_248 });
  });

  it('of a dead heat pays half the stake at the full price', () => {
    const { exchange, place } = scene(ends(winner, winner, loser));
    place({ side: Side.back, price: 4.5, stake: 1_000 });
    exchange.advanceTo(seconds(6));
    expect(exchange.settle().gross).toBe(500 * 3.5 - 500);
  });

  it.each([
    ['a line market', betfairRules({ ladder: { type: 'LINE_RANGE', minimum: 1, maximum: 100, interval: 1 } })],
    ['an Asian handicap market', betfairRules({ winners: 0, handicaps: true })]
  ])('of %s is not made up from who won', (what, rules) => {
    const { exchange } = scene(ends(winner, loser, loser), {}, rules);
    exchange.account.match(0, Side.back, 1_000, 450);
    exchange.advanceTo(seconds(6));
    const settled = (): unknown => exchange.settle();
    expect(settled).toThrow(AppError);
    expect(settled).toThrow(new RegExp(`1\\.1: expected .*${what}.*does not state`, 'u'));
  });

  it('is not known before the recording says so', () => {
    const { exchange } = scene(ends(winner, loser, loser));
    exchange.advanceTo(seconds(4));
    expect(() => exchange.settle()).toThrow(/recording ends before its result/u);
  });
});
