/** What is on its way when a market begins again: every record comes back, and none of them twice. */
import { describe, expect, it } from 'vitest';
import { miniMarket } from '../../../../tests/support/mini-tape.ts';
import { Random } from '../../core/random.ts';
import type { Lots, Nanos, Seed, Ticks } from '../../core/units.ts';
import { seconds } from '../../core/units.ts';
import { MarketState } from '../../market/market-state.ts';
import { MarketStatus } from '../../market/tape.ts';
import { ladderPoints } from '../account/hedge.ts';
import { DeskRecords } from './desk-records.ts';
import { constantLatency } from './latency.ts';
import { OrderDesk } from './order-desk.ts';
import type { Order } from './order.ts';
import { OrderStatus, Side } from './order.ts';

const TICK = 200 as Ticks;

/** A desk in an open market with empty books, and the records that it draws on. */
function openDesk(): { desk: OrderDesk; records: DeskRecords } {
  const state = new MarketState(miniMarket({ runners: 3, scheduledSeconds: 600 }));
  state.status = MarketStatus.open;
  const records = new DeskRecords();
  const desk = new OrderDesk({
    state,
    books: state.books,
    points: ladderPoints(state.market.rules.ladder),
    taken: undefined,
    queue: 'fullQueue',
    latency: constantLatency({ place: 1000, cancel: 4000, replace: 4000 }),
    random: new Random(1 as Seed),
    bankroll: 1e9,
    records
  });
  desk.clear(0 as Nanos);
  return { desk, records };
}

const place = (desk: OrderDesk): Order => desk.place({ slot: 0, side: Side.back, tick: TICK, lots: 1000 as Lots });

function arriveBy(desk: OrderDesk, time: number): void {
  desk.now = seconds(time);
  desk.carryOutDue();
}

/** All records there are, taken out one by one; as many as orders are made at once. */
const taken = (records: DeskRecords): Order[] => Array.from({ length: 64 }, () => records.order());

describe('a desk that begins again', () => {
  it.each<[string, (desk: OrderDesk) => void]>([
    ['an order that has not arrived', (desk) => void place(desk)],
    [
      'one that has not arrived, and its cancellation',
      (desk) => {
        desk.cancel(place(desk));
      }
    ],
    [
      'one that has not arrived, its successor and what succeeds that',
      (desk) => {
        const successor = desk.replace(place(desk), (TICK + 1) as Ticks);
        desk.replace(successor, (TICK + 2) as Ticks);
      }
    ],
    [
      'one that rests, and its successor',
      (desk) => {
        const order = place(desk);
        arriveBy(desk, 2);
        expect(order.status).toBe(OrderStatus.executable);
        desk.replace(order, (TICK + 1) as Ticks);
      }
    ],
    [
      'one that rests, a cancellation of a part, and one that has not arrived',
      (desk) => {
        const order = place(desk);
        arriveBy(desk, 2);
        desk.cancel(order, 300);
        place(desk);
      }
    ],
    [
      'a record that was given back with a cancellation on its way, and is another order’s now',
      (desk) => {
        const first = place(desk);
        arriveBy(desk, 2);
        desk.cancel(first, 300);
        desk.resting.retire(first, 'matched');
        desk.release(first);
        expect(place(desk)).toBe(first);
      }
    ]
  ])('has every record back, none of them twice: %s', (_, play) => {
    const { desk, records } = openDesk();
    const before = new Set(taken(records));
    for (const order of before) records.giveOrder(order);
    for (let episode = 0; episode < 3; episode++) {
      play(desk);
      desk.clear(0 as Nanos);
      const after = taken(records);
      expect(new Set(after)).toEqual(before);
      for (const order of after) records.giveOrder(order);
    }
  });
});
