/** Slippage: how often, how far, and never past the limit or out of nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { miniBuilder, miniMarket } from '../../../../tests/support/mini-tape.ts';
import { Random } from '../../core/random.ts';
import { lots, seconds } from '../../core/units.ts';
import type { Lots, Seed, Ticks } from '../../core/units.ts';
import { betfairClassic } from '../../market/ladder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../market/tape.ts';
import { SimulatedExchange } from './exchange.ts';
import { constantLatency } from './latency.ts';
import { Side } from './order.ts';
import type { Order } from './order.ts';
import { tickSlippage } from './slippage.ts';
import type { SlippageModel } from './slippage.ts';

const at = (price: number): Ticks => betfairClassic.tickOf(price)!;
const BIDS = [
  [4.5, 1_000],
  [4.4, 2_000],
  [4.1, 4_000]
] as const;
const ASKS = [
  [4.6, 1_000],
  [4.7, 2_000],
  [5.1, 4_000]
] as const;

interface Asked {
  readonly side: Side;
  readonly tick: number;
  readonly stake: number;
  readonly kill?: boolean;
}

function take(slippage: SlippageModel | undefined, { side, tick, stake, kill }: Asked): [SimulatedExchange, Order] {
  const builder = miniBuilder();
  builder.message(seconds(0));
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  for (const [price, size] of BIDS) builder.row(RowKind.bid, 0, at(price), size);
  for (const [price, size] of ASKS) builder.row(RowKind.ask, 0, at(price), size);
  const exchange = new SimulatedExchange(
    builder.build(miniMarket({ runners: 2, scheduledSeconds: 600 }), { shared: false }),
    {
      queue: 'fullQueue',
      latency: constantLatency({ place: 100, cancel: 100, replace: 200 }),
      random: new Random(1 as Seed),
      bankroll: Infinity,
      history: true,
      ...(slippage === undefined ? {} : { slippage })
    }
  );
  exchange.advanceTo(seconds(1));
  const order = exchange.place({
    slot: 0,
    side,
    tick: tick as Ticks,
    lots: lots(stake),
    ...(kill === true ? { fillOrKillMinimum: 1 as Lots } : {})
  });
  exchange.advanceTo(seconds(2));
  return [exchange, order];
}
const fillsOf = ([exchange, order]: [SimulatedExchange, Order]): number[][] =>
  exchange.fillsOf(order).map((fill) => [fill.points, fill.lots]);

describe('slippage', () => {
  it('skips the levels that slipped away and takes what shows beyond, as far as the limit', () => {
    const back = { side: Side.back, tick: at(4.1), stake: 2_500 };
    expect(fillsOf(take(undefined, back))).toEqual([
      [450, 1_000],
      [440, 1_500]
    ]);
    expect(fillsOf(take(() => 1, back))).toEqual([
      [440, 2_000],
      [410, 500]
    ]);
    expect(fillsOf(take(() => 2, back))).toEqual([[410, 2_500]]);
    expect(fillsOf(take(() => 1, { side: Side.lay, tick: at(4.8), stake: 2_500 }))).toEqual([[470, 2_000]]);
  });

  it('past the limit, or past all that shows, takes nothing: the order waits', () => {
    const [, waits] = take(() => 2, { side: Side.back, tick: at(4.4), stake: 500 });
    expect([waits.matched, waits.rest, waits.slippedTicks]).toEqual([0, 500, 2]);
    const [, none] = take(() => 40, { side: Side.lay, tick: at(900), stake: 500 });
    expect(none.matched).toBe(0);
    const [, killed] = take(() => 40, { side: Side.lay, tick: at(900), stake: 500, kill: true });
    expect([killed.matched, killed.end]).toEqual([0, 'fillOrKill']);
  });

  it('is told in the story, and leaves alone an order that only rests', () => {
    const [exchange, order] = take(() => 1, { side: Side.back, tick: at(4.4), stake: 500 });
    expect(exchange.explain(order).slippedTicks).toBe(1);
    expect(exchange.explain(order).sentence).toContain('The best price slipped 1 tick away before it arrived.');
    const [, rests] = take(() => 3, { side: Side.back, tick: at(4.6), stake: 500 });
    expect([rests.slippedTicks, rests.ahead]).toEqual([0, 1_000]);
  });

  it('never betters a fill, never passes the limit, never takes more than shows', () => {
    const size = new Map<number, number>([...BIDS, ...ASKS].map(([price, lots]) => [Math.round(price * 100), lots]));
    const asked = fc.record({
      side: fc.constantFrom(Side.back, Side.lay),
      tick: fc.integer({ min: at(3), max: at(6) }),
      stake: fc.integer({ min: 200, max: 9_000 }),
      kill: fc.boolean()
    });
    fc.assert(
      fc.property(asked, fc.nat(12), (order, ticks) => {
        const plain = take(undefined, order);
        const worse = take(() => ticks, order);
        const limit = plain[1].points;
        const sign = order.side === Side.back ? 1 : -1;
        for (const [points, matched] of fillsOf(worse)) {
          if (!order.kill) expect(sign * (points! - limit)).toBeGreaterThanOrEqual(0);
          expect(matched!).toBeLessThanOrEqual(size.get(points!)!);
        }
        expect(worse[1].matched).toBeLessThanOrEqual(plain[1].matched);
        if (worse[1].matched === plain[1].matched) {
          expect(sign * (plain[1].matchedPoints - worse[1].matchedPoints)).toBeGreaterThanOrEqual(0);
        }
      })
    );
  });
});

describe('slippage by ticks', () => {
  it('moves by 1, 2, 3... ticks as often as it is told, else not at all', () => {
    const model = tickSlippage([0.2, 0.1, 0.05]);
    const random = new Random(3 as Seed);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 20_000; i++) counts[model(random)]! += 1 / 20_000;
    [0.65, 0.2, 0.1, 0.05].forEach((share, ticks) => {
      expect(counts[ticks]!).toBeCloseTo(share, 1.7);
    });
  });

  it('refuses what is no probability', () => {
    for (const wrong of [[0.7, 0.4], [-0.1], [Number.NaN]]) expect(() => tickSlippage(wrong)).toThrow(/slippage/u);
  });
});
