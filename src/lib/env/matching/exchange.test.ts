/** The simulated exchange on small tapes whose every row is written out here: orders that arrive, rest and end. */
import { describe, expect, it } from 'vitest';
import { at, scene, trade } from '../../../../tests/support/exchange-scene.ts';
import { lots, millis, seconds } from '../../core/units.ts';
import type { Lots, Ticks } from '../../core/units.ts';
import { betfairRules } from '../../market/venues/betfair.ts';
import type { TapeBuilder } from '../../market/tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../market/tape.ts';
import { constantLatency } from './latency.ts';
import { OrderStatus, Side } from './order.ts';
import type { EndReason, Fill, OrderRequest } from './order.ts';

describe('arrival', () => {
  it('a crossing back walks the ladder, best price first, and rests with what is left', () => {
    const { exchange, place } = scene(() => undefined);
    const order = place({ side: Side.back, price: 4.4, stake: 40_000 });
    exchange.advanceTo(seconds(2));
    expect(exchange.fillsOf(order).map((fill) => [fill.points, fill.lots])).toEqual([
      [450, 10_000],
      [440, 20_000]
    ]);
    expect(order.status).toBe(OrderStatus.executable);
    expect(order.rest).toBe(10_000);
    expect(order.ahead).toBe(0);
  });

  it('an order reaches the book only after its latency, and meets the book of then', () => {
    const { exchange, place } = scene((builder) => {
      builder.message(millis(1050));
      builder.row(RowKind.bid, 0, at(4.5), 300);
    });
    const order = place({ side: Side.back, price: 4.5, stake: 1_000 });
    exchange.advanceTo(millis(1099));
    expect(order.status).toBe(OrderStatus.pending);
    exchange.advanceTo(millis(1101));
    expect(order.matched).toBe(300);
    expect(order.acceptedAt - order.madeAt).toBe(millis(100));
  });

  it('a late feed delays the decision: the request leaves when the book of its moment has been seen', () => {
    const { exchange, place } = scene(() => undefined, {
      latency: constantLatency({ place: 100, cancel: 100, replace: 200, feed: 50 })
    });
    const order = place({ side: Side.back, price: 4.5, stake: 1_000 });
    exchange.advanceTo(millis(1150));
    expect(order.status).toBe(OrderStatus.pending);
    exchange.advanceTo(millis(1151));
    expect(order.matched).toBe(1_000);
  });

  it('what was taken is not there a second time, until the recording shows more', () => {
    const { exchange, place } = scene((builder) => {
      builder.message(seconds(3));
      builder.row(RowKind.ask, 0, at(4.6), 6_000);
    });
    const first = place({ side: Side.lay, price: 4.6, stake: 5_000 });
    const second = place({ side: Side.lay, price: 4.6, stake: 5_000 });
    exchange.advanceTo(seconds(2));
    expect([first.matched, second.matched]).toEqual([5_000, 0]);
    exchange.advanceTo(seconds(4));
    const third = place({ side: Side.lay, price: 4.6, stake: 5_000 });
    exchange.advanceTo(seconds(5));
    expect(third.matched).toBe(1_000);
  });

  it('where taken liquidity is ignored, it is there again', () => {
    const { exchange, place } = scene(() => undefined, { takenLiquidity: 'ignored' });
    const orders = [1, 2].map(() => place({ side: Side.lay, price: 4.6, stake: 5_000 }));
    exchange.advanceTo(seconds(2));
    expect(orders.map((order) => order.matched)).toEqual([5_000, 5_000]);
  });

  it('fill or kill takes while the average holds the limit, or nothing', () => {
    const { exchange, place } = scene(() => undefined);
    // 5,000 at 4.60 and x at 4.70 average 4.62 or less while x <= 1,250.
    const taken = place({ side: Side.lay, price: 4.6, stake: 9_000, fillOrKillMinimum: lots(100) });
    const killed = place({ side: Side.lay, price: 4.5, stake: 9_000, fillOrKillMinimum: lots(100) });
    exchange.advanceTo(seconds(2));
    expect([taken.matched, taken.cancelled, killed.matched]).toEqual([5_000, 4_000, 0]);
    expect(killed.end).toBe('fillOrKill');
  });
});

describe('resting orders', () => {
  it('wait behind what is visible at their price, and fill at their own price by half of what trades', () => {
    const { exchange, place } = scene((builder) => {
      trade(builder, 2, 4.6, 8_000);
      trade(builder, 3, 4.7, 2_000);
      trade(builder, 4, 4.6, 1_000);
    });
    const order = place({ side: Side.back, price: 4.6, stake: 1_200 });
    exchange.advanceTo(seconds(1.5));
    expect(order.ahead).toBe(5_000);
    exchange.advanceTo(seconds(2));
    expect([order.ahead, order.matched]).toEqual([1_000, 0]);
    exchange.advanceTo(seconds(3));
    expect([order.ahead, order.matched]).toEqual([0, 0]);
    exchange.advanceTo(seconds(4));
    expect(order.matched).toBe(500);
    expect(exchange.fillsOf(order)[0]).toMatchObject({ points: 460, taking: false, ahead: 0, traded: 500 });
  });

  it('a trade at a worse price for the taker does not reach them', () => {
    const { exchange, place } = scene((builder) => {
      trade(builder, 2, 4.5, 100_000);
    });
    const order = place({ side: Side.back, price: 4.7, stake: 1_000 });
    exchange.advanceTo(seconds(3));
    expect(order.ahead).toBe(8_000);
  });

  it('what one order used of a trade is gone for the next', () => {
    const { exchange, place } = scene((builder) => {
      trade(builder, 2, 4.6, 14_000);
    });
    const first = place({ side: Side.back, price: 4.6, stake: 1_000 });
    const second = place({ side: Side.back, price: 4.6, stake: 3_000 });
    exchange.advanceTo(seconds(3));
    // 7,000 of the taker's side: 5,000 queue and 1,000 of ours; 1,000 is left and eats the second's queue.
    expect(first.matched).toBe(1_000);
    expect([second.matched, second.ahead]).toEqual([0, 4_000]);
  });

  it('half a traded penny is half a penny: nothing fills by it', () => {
    const { exchange, place } = scene((builder) => {
      trade(builder, 2, 4.5, 20_001);
    });
    const order = place({ side: Side.lay, price: 4.5, stake: 1_000 });
    exchange.advanceTo(seconds(3));
    expect([order.ahead, order.matched]).toEqual([0, 0]);
  });

  it('cancelling gives the rest up after its latency, and matches meanwhile stand', () => {
    const { exchange, place } = scene((builder) => {
      trade(builder, 2.05, 4.6, 10_400);
    });
    const order = place({ side: Side.back, price: 4.6, stake: 1_000 });
    exchange.advanceTo(seconds(2));
    exchange.cancel(order);
    exchange.advanceTo(seconds(3));
    expect([order.matched, order.cancelled, order.end]).toEqual([200, 800, 'cancelled']);
    expect(exchange.account.waitingBack(0)).toBe(0);
  });

  it('replacing cancels and places anew, last in its queue', () => {
    const { exchange, place } = scene(() => undefined);
    const order = place({ side: Side.back, price: 4.6, stake: 1_000 });
    exchange.advanceTo(seconds(2));
    const successor = exchange.replace(order, at(4.7));
    exchange.advanceTo(seconds(3));
    expect([order.end, successor.status, successor.ahead]).toEqual(['replaced', OrderStatus.executable, 8_000]);
    expect(exchange.account.waitingBack(0)).toBe(1_000);
  });
});

describe('what counts as a trade', () => {
  /** The level sinks with an exchange rate and rises again, is then taken to nothing, and traded at anew. */
  const script = (builder: TapeBuilder): void => {
    trade(builder, 0.5, 4.6, 30_000);
    builder.message(seconds(3));
    builder.row(RowKind.tradedCorrection, 0, at(4.6), 10_000);
    builder.message(seconds(4));
    builder.row(RowKind.tradedCorrection, 0, at(4.6), 24_000);
    builder.message(seconds(5));
    builder.row(RowKind.tradedCorrection, 0, at(4.6), 0);
    builder.message(seconds(6));
    builder.row(RowKind.freshTrade, 0, at(4.6), 12_000);
  };

  it('not a size that sinks and rises again, but one at a level that was restated to nothing', () => {
    const { exchange, place } = scene(script);
    const order = place({ side: Side.back, price: 4.6, stake: 2_000 });
    exchange.advanceTo(seconds(5));
    expect([order.matched, order.ahead]).toEqual([0, 5_000]);
    exchange.advanceTo(seconds(7));
    expect(order.matched).toBe(1_000);
  });

  it('whatever is stated above the message before, where simulators count so', () => {
    const { exchange, place } = scene(script, { tradeCounting: 'stated' });
    const order = place({ side: Side.back, price: 4.6, stake: 20_000 });
    exchange.advanceTo(seconds(4));
    expect(order.matched).toBe(2_000);
    exchange.advanceTo(seconds(7));
    expect(order.matched).toBe(8_000);
  });

  it('an image that states the same again is no trade, even so', () => {
    const { exchange, place } = scene(
      (builder) => {
        trade(builder, 0.5, 4.6, 30_000);
        builder.message(seconds(3));
        builder.row(RowKind.clear, NO_SLOT, NO_TICK, 0);
        builder.row(RowKind.tradedCorrection, 0, at(4.6), 30_000);
        builder.row(RowKind.offLadderTrade, 0, 46_100, 14_000);
      },
      { tradeCounting: 'stated' }
    );
    const order = place({ side: Side.back, price: 4.6, stake: 20_000 });
    exchange.advanceTo(seconds(4));
    // 70.00 for takers at 4.61, 50.00 of it ahead.
    expect(order.matched).toBe(2_000);
  });
});

describe('refusals', () => {
  it('names why: minimum stake, ladder, bankroll, exposure limit', () => {
    const { exchange, place } = scene(() => undefined, { bankroll: 10_000, exposureLimit: 5_000 });
    expect(place({ side: Side.back, price: 4.6, stake: 199 }).end).toBe('belowMinimum');
    expect(place({ side: Side.back, price: 4.6, stake: 199, reducing: true }).end).toBe('none');
    expect(exchange.place({ slot: 0, side: Side.back, tick: 900 as Ticks, lots: lots(200) }).end).toBe('offLadder');
    expect(place({ side: Side.lay, price: 1000, stake: 200 }).end).toBe('unaffordable');
    expect(place({ side: Side.back, price: 4.6, stake: 6_000 }).end).toBe('exposureLimit');
    expect(place({ side: Side.back, price: 4.6, stake: 4_800 }).end).toBe('none');
    expect(place({ side: Side.back, price: 4.6, stake: 200 }).end).toBe('exposureLimit');
    expect(exchange.account.exposure()).toBe((199 + 4_800) * 100);
  });

  it('a slot that is no slot is not offered', () => {
    const { exchange, place } = scene(() => undefined);
    for (const slot of [-1, 0.5, 3, Number.NaN, Infinity]) {
      expect(place({ slot, side: Side.back, price: 4.6, stake: 1_000 }).end).toBe('notOffered');
    }
    expect(exchange.account.exposure()).toBe(0);
  });

  it('a side that is none is not offered, nor a minimum to fill that is no number of lots', () => {
    const { exchange, place } = scene(() => undefined);
    expect(place({ side: 2 as Side, price: 4.6, stake: 1_000 }).end).toBe('notOffered');
    for (const minimum of [Number.NaN, -1, -300, 0.5, Infinity]) {
      const order = place({ side: Side.back, price: 4.4, stake: 1_000, fillOrKillMinimum: minimum as Lots });
      expect([order.end, order.voided]).toEqual(['notOffered', 1_000]);
    }
    const onClose = { kind: 'limitOnClose', fillOrKillMinimum: lots(0) } as const;
    expect(place({ side: Side.back, price: 4.4, stake: 1_000, ...onClose }).end).toBe('notOffered');
    exchange.advanceTo(seconds(2));
    expect([exchange.account.exposure(), exchange.account.matchedBack(0)]).toEqual([0, 0]);
    expect(place({ side: Side.back, price: 4.4, stake: 1_000, fillOrKillMinimum: lots(0) }).end).toBe('none');
  });

  it('an each-way market takes no orders, and says why', () => {
    const { exchange, place } = scene(
      () => undefined,
      { bankroll: 1_500 },
      betfairRules({ winners: 2, eachWayDivisor: 5 })
    );
    const order = place({ side: Side.back, price: 4.4, stake: 1_000 });
    expect([order.end, order.voided, exchange.account.exposure()]).toEqual(['eachWay', 1_000, 0]);
    expect(exchange.explain(order).sentence).toMatch(/no orders are taken in each-way markets/u);
  });

  it('a line market takes no orders either: its prices are no odds', () => {
    const ladder = { type: 'LINE_RANGE', minimum: 1, maximum: 100, interval: 1 } as const;
    const { exchange, place } = scene(() => undefined, { bankroll: 1_500 }, betfairRules({ ladder }));
    const order = place({ side: Side.back, price: 61, stake: 1_000 });
    expect([order.end, order.voided, exchange.account.exposure()]).toEqual(['lineMarket', 1_000, 0]);
    expect(exchange.explain(order).sentence).toMatch(/no orders are taken in line markets/u);
  });

  it('nor does an Asian handicap: half of a stake may win there, lose or be given back', () => {
    const { exchange, place } = scene(() => undefined, {}, betfairRules({ winners: 0, handicaps: true }));
    const order = place({ side: Side.back, price: 4.4, stake: 1_000 });
    expect([order.end, order.voided, exchange.account.exposure()]).toEqual(['handicapMarket', 1_000, 0]);
    expect(exchange.explain(order).sentence).toMatch(/^Refused: .*no orders are taken in Asian handicap markets/u);
  });

  it('to cancel a number of lots that is none is a bug of who asks, and changes nothing', () => {
    const { exchange, place } = scene(() => undefined);
    const order = place({ side: Side.back, price: 4.6, stake: 1_000 });
    exchange.advanceTo(seconds(2));
    for (const wrong of [-100, 0, 0.5, Number.NaN, -Infinity]) {
      expect(() => {
        exchange.cancel(order, wrong);
      }).toThrow(/cancel: expected whole lots/u);
    }
    exchange.advanceTo(seconds(3));
    expect([order.rest, order.cancelling, exchange.account.waitingBack(0), exchange.transactions]).toEqual([
      1_000,
      false,
      1_000,
      1
    ]);
  });

  it('a replacement that cannot be paid is refused, and what it was to replace is gone', () => {
    const { exchange, place } = scene(() => undefined, { bankroll: 10_000 });
    const order = place({ side: Side.lay, price: 4.4, stake: 2_000 });
    exchange.advanceTo(seconds(2));
    const none = exchange.replace(order, 999 as Ticks);
    expect([none.end, order.status, order.cancelling]).toEqual(['offLadder', OrderStatus.executable, false]);
    const dearer = exchange.replace(order, at(30));
    exchange.advanceTo(seconds(3));
    expect([order.end, dearer.end, dearer.voided]).toEqual(['replaced', 'unaffordable', 2_000]);
    expect(exchange.account.exposure()).toBe(0);
  });

  it('a stake under the minimum is taken where the venue pays out enough, whatever it is for', () => {
    const rules = betfairRules({ minimumStake: 1, minimumPayout: 10 });
    const { place } = scene(() => undefined, {}, rules);
    const ask = (price: number, stake: number, more: Partial<OrderRequest> = {}): EndReason =>
      place({ side: Side.back, price, stake, ...more }).end;
    expect([ask(5, 100), ask(5, 99), ask(5, 99, { reducing: true })]).toEqual(['none', 'belowMinimum', 'belowMinimum']);
    expect([ask(100, 10), ask(100, 9), ask(980, 2), ask(980, 1)]).toEqual([
      'none',
      'belowMinimum',
      'none',
      'belowMinimum'
    ]);
    expect(ask(980, 50, { kind: 'marketOnClose' })).toBe('belowMinimum');
  });
});

describe('stories', () => {
  it('say what filled an order, how long it waited and behind what', () => {
    const { exchange, place } = scene((builder) => {
      trade(builder, 32, 4.6, 14_000);
    });
    const order = place({ side: Side.back, price: 4.6, stake: 600 });
    exchange.advanceTo(seconds(10));
    expect(exchange.explain(order).headline).toBe(
      'Waiting: back $6.00 at 4.60, sent 9 s ago, behind $50.00; $50.00 must still trade first.'
    );
    exchange.advanceTo(seconds(33));
    const story = exchange.explain(order);
    expect(story.headline).toBe('Filled: back $6.00 at 4.60, 31 s after it was sent, behind $50.00.');
    expect(story).toMatchObject({ state: 'matched', runner: 'Runner 1', aheadOnArrivalLots: 5_000 });
    expect(story.fills[0]).toMatchObject({ cause: 'trade', lots: 600, aheadLots: 5_000, tradedLots: 7_000 });
  });

  it('say why an order did not fill', () => {
    const { exchange, place } = scene((builder) => {
      builder.message(seconds(5));
      builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
    });
    const order = place({ side: Side.lay, price: 4.5, stake: 600 });
    exchange.advanceTo(seconds(6));
    expect(exchange.explain(order).headline).toBe(
      'Not filled: lay $6.00 at 4.50, lapsed when the market was suspended; $100.00 was still ahead.'
    );
    const refused = place({ side: Side.lay, price: 4.5, stake: 600 });
    expect(exchange.explain(refused).sentence).toBe('Refused: lay $6.00 at 4.50, the market was not open.');
  });
});

describe('records', () => {
  it('fills are drained once, in order', () => {
    const { exchange, place } = scene(() => undefined);
    place({ side: Side.back, price: 4.4, stake: 12_000 });
    exchange.advanceTo(seconds(2));
    const seen: number[] = [];
    const visit = (fill: Fill): void => {
      seen.push(fill.lots);
    };
    exchange.drainFills(visit);
    exchange.drainFills(visit);
    expect(seen).toEqual([10_000, 2_000]);
  });

  it('resuming starts over: same requests, same result', () => {
    const { exchange, place } = scene((builder) => {
      trade(builder, 3, 4.6, 14_000);
    });
    const start = exchange.state.time;
    expect(start).toBe(0);
    const play = (): number[] => {
      const order = place({ side: Side.back, price: 4.6, stake: 900 });
      exchange.advanceTo(seconds(4));
      return [order.matched, exchange.account.exposure(), exchange.submitted];
    };
    const first = play();
    exchange.state.reset();
    exchange.resume(0, seconds(0));
    exchange.advanceTo(seconds(1));
    expect(play()).toEqual(first);
    expect(first[0]).toBe(900);
  });
});
