import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { NO_TICK } from '../../market/tape.ts';
import { NO_ORDER, RunnerBook, Side } from './runner-book.ts';
import type { Match } from './runner-book.ts';

function bookWithLog(size = 20) {
  const matches: Match[] = [];
  return { matches, book: new RunnerBook(size, (match) => matches.push({ ...match })) };
}

describe('an order-level book', () => {
  it('fills the best price first, then the order that came first', () => {
    const { book, matches } = bookWithLog();
    const early = book.place(Side.ask, 6, 300, 1);
    const late = book.place(Side.ask, 6, 300, 2);
    const better = book.place(Side.ask, 5, 100, 3);
    expect(book.take(Side.bid, 6, 500, 9)).toBe(0);
    expect(matches.map(({ makerRef, tick, lots }) => [makerRef, tick, lots])).toEqual([
      [better, 5, 100],
      [early, 6, 300],
      [late, 6, 100]
    ]);
    expect(book.remaining(late)).toBe(200);
  });

  it('keeps the place of an order that was filled in part', () => {
    const { book } = bookWithLog();
    const first = book.place(Side.bid, 4, 300, 1);
    const second = book.place(Side.bid, 4, 200, 2);
    book.take(Side.ask, 4, 100, 9);
    expect([book.queueAhead(first), book.queueAhead(second)]).toEqual([0, 200]);
  });

  it('gives the taker the better price, and rests what is left at its own limit', () => {
    const { book, matches } = bookWithLog();
    book.place(Side.bid, 8, 100, 1);
    const rest = book.place(Side.ask, 5, 250, 2);
    expect(matches).toMatchObject([{ tick: 8, lots: 100, side: Side.bid, makerOwner: 1, takerOwner: 2 }]);
    expect([book.bestAsk, book.remaining(rest), book.bestBid]).toEqual([5, 150, NO_TICK]);
  });

  it('does not mistake a new order for the one whose slot it took', () => {
    const { book } = bookWithLog();
    const gone = book.place(Side.bid, 4, 100, 1);
    book.cancel(gone);
    const fresh = book.place(Side.bid, 3, 200, 1);
    expect(fresh).not.toBe(gone);
    expect([book.remaining(gone), book.cancel(gone), book.tickOf(gone)]).toEqual([0, 0, NO_TICK]);
    expect(book.remaining(fresh)).toBe(200);
  });

  it('is empty after every order lapsed', () => {
    const { book } = bookWithLog();
    for (let i = 0; i < 600; i++)
      book.place(i % 2 === 0 ? Side.bid : Side.ask, i % 2 === 0 ? i % 9 : 10 + (i % 9), 100, 0);
    book.clear();
    expect([book.live, book.bestBid, book.bestAsk]).toEqual([0, NO_TICK, NO_TICK]);
    expect(book.size.every((lots) => lots === 0)).toBe(true);
  });
});

interface Resting {
  ref: number;
  side: Side;
  tick: number;
  lots: number;
}

/** The same rules said as plainly as possible: a list in order of arrival. */
class PlainBook {
  orders: Resting[] = [];
  take(side: Side, limit: number, lots: number): { left: number; fills: [number, number, number][] } {
    const fills: [number, number, number][] = [];
    let left = lots;
    const better = (a: Resting, b: Resting): number => (side === Side.bid ? a.tick - b.tick : b.tick - a.tick);
    const against = this.orders
      .filter((o) => o.side !== side && (side === Side.bid ? o.tick <= limit : o.tick >= limit))
      .sort(better);
    for (const order of against) {
      const traded = Math.min(left, order.lots);
      if (traded === 0) break;
      order.lots -= traded;
      left -= traded;
      fills.push([order.ref, order.tick, traded]);
    }
    this.orders = this.orders.filter((o) => o.lots > 0);
    return { left, fills };
  }
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('place' as const),
      side: fc.constantFrom(Side.bid, Side.ask),
      tick: fc.nat(19),
      lots: fc.integer({ min: 1, max: 500 })
    })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick: fc.nat(1000) }) }
);

describe('any sequence of orders', () => {
  it('ends as the plainest book does, fill for fill, never crossed, and with no lots lost', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { book, matches } = bookWithLog();
        const plain = new PlainBook();
        let [placed, cancelled] = [0, 0];
        for (const action of steps) {
          if (action.do === 'cancel') {
            const order = plain.orders[action.pick % Math.max(1, plain.orders.length)];
            if (order === undefined) continue;
            expect(book.cancel(order.ref)).toBe(order.lots);
            cancelled += order.lots;
            plain.orders = plain.orders.filter((o) => o !== order);
          } else {
            const { side, tick, lots } = action;
            const seen = matches.length;
            const ref = book.place(side, tick, lots, 0);
            const { left, fills } = plain.take(side, tick, lots);
            expect(matches.slice(seen).map((m) => [m.makerRef, m.tick, m.lots])).toEqual(fills);
            expect(ref === NO_ORDER).toBe(left === 0);
            if (left > 0) plain.orders.push({ ref, side, tick, lots: left });
            placed += lots;
          }
          if (book.bestBid !== NO_TICK && book.bestAsk !== NO_TICK) expect(book.bestBid).toBeLessThan(book.bestAsk);
        }
        const bids = plain.orders.filter((o) => o.side === Side.bid).map((o) => o.tick);
        const asks = plain.orders.filter((o) => o.side === Side.ask).map((o) => o.tick);
        expect(book.bestBid).toBe(bids.length === 0 ? NO_TICK : Math.max(...bids));
        expect(book.bestAsk).toBe(asks.length === 0 ? NO_TICK : Math.min(...asks));
        const resting = plain.orders.reduce((sum, o) => sum + o.lots, 0);
        const traded = matches.reduce((sum, m) => sum + m.lots, 0);
        expect(placed).toBe(cancelled + resting + 2 * traded);
        expect(book.size.reduce((a, b) => a + b, 0)).toBe(resting);
        expect(book.live).toBe(plain.orders.length);
      }),
      { numRuns: 300 }
    );
  });
});
