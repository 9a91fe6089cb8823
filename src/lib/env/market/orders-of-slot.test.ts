/** What one slot sends: never more than the stake cap allows, whatever is still on its way. */
import { describe, expect, it } from 'vitest';
import { at, scene } from '../../../../tests/support/exchange-scene.ts';
import { millis, seconds } from '../../core/units.ts';
import type { Seed, Ticks } from '../../core/units.ts';
import { Random } from '../../core/random.ts';
import { RowKind } from '../../market/tape.ts';
import { GreenUp, greenUp } from '../account/hedge.ts';
import { constantLatency } from '../matching/latency.ts';
import { OrderStatus, Side } from '../matching/order.ts';
import { Intent, SlotAction } from './action.ts';
import { OrdersOfSlot } from './orders-of-slot.ts';

const STAKES = { minimumLots: 200, capLots: 2_000 };

/** A slot in a market with a message a second and 100.00 at 4.50 to back. */
function slotWith(latency: { place: number; cancel: number }) {
  const { exchange } = scene(
    (builder) => {
      for (let time = 2; time < 60; time++) {
        builder.message(seconds(time));
        builder.row(RowKind.bid, 2, at(2), 100 + time);
      }
    },
    { latency: constantLatency({ ...latency, replace: 0 }), history: false }
  );
  const orders = new OrdersOfSlot();
  const green = new GreenUp();
  const action = new SlotAction();
  const quote = (side: Side, tick: Ticks, lots: number): number => {
    greenUp(exchange.account, 0, exchange.books[0]!, exchange.points, green);
    Object.assign(action, { intent: Intent.quote, side, tick, lots });
    return orders.act(action, 0, exchange, green, STAKES);
  };
  const wait = (time: number): void => {
    exchange.advanceTo(seconds(time));
    orders.sweep(exchange, () => undefined);
  };
  /** Lots that would close what is matched. */
  const position = (): number => {
    greenUp(exchange.account, 0, exchange.books[0]!, exchange.points, green);
    return green.stake;
  };
  return { exchange, orders, quote, wait, position };
}

describe('a quote', () => {
  it('leaves room for what is on its way, and is no order where none is left', () => {
    const { exchange, quote, wait } = slotWith({ place: 3_000, cancel: 3_000 });
    expect(quote(Side.back, at(4.5), 1_500)).toBe(1);
    // Withdrawn too late to be gone: it is at the book before its cancellation is.
    expect(quote(Side.back, at(4.4), 1_500)).toBe(2);
    expect(exchange.account.waitingBack(0)).toBe(2_000);
    expect(quote(Side.back, at(4.3), 1_500)).toBe(0);
    wait(10);
    expect([exchange.account.matchedBack(0), exchange.account.waitingBack(0)]).toEqual([2_000, 0]);
  });

  it('takes the place of what rests, in full', () => {
    const { exchange, orders, quote, wait } = slotWith({ place: 100, cancel: 100 });
    expect(quote(Side.back, at(4.6), 2_000)).toBe(1);
    wait(2);
    expect(orders.newestBack?.status).toBe(OrderStatus.executable);
    expect(quote(Side.back, at(4.7), 2_000)).toBe(2);
    wait(4);
    expect([orders.orders.length, orders.newestBack?.tick, exchange.account.waitingBack(0)]).toEqual([
      1,
      at(4.7),
      2_000
    ]);
  });

  it('waits for what is still to be withdrawn', () => {
    const { exchange, quote, wait } = slotWith({ place: 100, cancel: 6_000 });
    quote(Side.back, at(4.6), 2_000);
    wait(2);
    expect(quote(Side.back, at(4.7), 2_000)).toBe(2);
    wait(4);
    // The first may be matched yet, and so may what was to take its place.
    expect(exchange.account.waitingBack(0)).toBe(4_000);
    expect(quote(Side.back, at(4.8), 2_000)).toBe(0);
    wait(9);
    expect(quote(Side.back, at(4.8), 2_000)).toBe(2);
  });

  it.each([1, 2, 3, 4])('of any price and size keeps the position within the cap: seed %i', (seed) => {
    const { exchange, quote, position } = slotWith({ place: 3_000, cancel: 3_000 });
    const random = new Random(seed as Seed, 'quotes');
    for (let k = 2; k < 100; k++) {
      const tick = (at(4.5) - random.below(3)) as Ticks;
      quote(Side.back, tick, 200 + random.below(1_800));
      exchange.advanceTo(millis(500 * k));
      expect(position()).toBeLessThanOrEqual(STAKES.capLots + 1);
    }
    expect(position()).toBeGreaterThan(STAKES.minimumLots);
  });
});
