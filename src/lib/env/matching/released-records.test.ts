/** Requests that arrive after their order's record was given back and is another order's: they are about nobody. */
import { describe, expect, it } from 'vitest';
import { at, scene, trade } from '../../../../tests/support/exchange-scene.ts';
import type { Scene } from '../../../../tests/support/exchange-scene.ts';
import { seconds } from '../../core/units.ts';
import { RowKind } from '../../market/tape.ts';
import { constantLatency } from './latency.ts';
import type { Order } from './order.ts';
import { OrderStatus, Side } from './order.ts';

/** An order of 10.00 at 5.00 that a trade fills at 10 s, and a message a second. */
const market = (history: boolean): Scene =>
  scene(
    (builder) => {
      for (let time = 2; time < 30; time++) {
        if (time === 10) trade(builder, time, 5, 2_000 * 2);
        else {
          builder.message(seconds(time));
          builder.row(RowKind.bid, 1, at(2), 100 + time);
        }
      }
    },
    { history, latency: constantLatency({ place: 100, cancel: 3_000, replace: 3_000 }) }
  );

const place = (of: Scene, price: number, stake: number): Order => of.place({ side: Side.back, price, stake });

describe.each([false, true])('with history %s', (history) => {
  it('a cancel that comes too late leaves the next order alone', () => {
    const of = market(history);
    const { exchange } = of;
    const first = place(of, 5, 1_000);
    exchange.advanceTo(seconds(8.5));
    exchange.cancel(first);
    exchange.advanceTo(seconds(10.2));
    expect([first.status, first.matched]).toEqual([OrderStatus.complete, 1_000]);
    exchange.release(first);
    const next = place(of, 5.5, 700);
    expect(next === first).toBe(!history);
    exchange.cancel(next);
    // The first one's request arrives at 11.5 s; its own is on its way until 13.2 s.
    exchange.advanceTo(seconds(12.5));
    expect([next.status, next.cancelled, next.cancelling]).toEqual([OrderStatus.executable, 0, true]);
    expect(exchange.account.waitingBack(0)).toBe(700);
    exchange.advanceTo(seconds(15));
    expect([next.status, next.cancelled, next.end]).toEqual([OrderStatus.complete, 700, 'cancelled']);
    expect(exchange.account.waitingBack(0)).toBe(0);
  });

  it('a replacement of an order that is gone comes to nothing, and replaces no other', () => {
    const of = market(history);
    const { exchange } = of;
    const first = place(of, 5, 1_000);
    exchange.advanceTo(seconds(8.5));
    const successor = exchange.replace(first, at(4.9));
    exchange.advanceTo(seconds(10.2));
    exchange.release(first);
    const next = place(of, 5.5, 700);
    exchange.advanceTo(seconds(20));
    expect([next.status, next.cancelled]).toEqual([OrderStatus.executable, 0]);
    expect([successor.status, successor.matched, successor.voided]).toEqual([OrderStatus.complete, 0, 1_000]);
    expect(exchange.account.waitingBack(0)).toBe(700);
  });
});
