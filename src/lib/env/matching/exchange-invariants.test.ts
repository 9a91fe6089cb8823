/** What holds of every order and account whatever is asked, under every queue model, on made-up markets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzCases, fuzzSeed, fuzzTimeout } from '../../../../tests/support/fuzz-cases.ts';
import { miniTape } from '../../../../tests/support/mini-tape.ts';
import { Random } from '../../core/random.ts';
import { lots, seconds } from '../../core/units.ts';
import type { Seed, Ticks } from '../../core/units.ts';
import { betfairClassic } from '../../market/ladder.ts';
import { NO_TICK } from '../../market/tape.ts';
import { SimulatedExchange } from './exchange.ts';
import { logNormalLatency } from './latency.ts';
import { OrderStatus, Side } from './order.ts';
import type { Order } from './order.ts';
import { QUEUE_NAMES } from './queue/queue-name.ts';
import { tickSlippage } from './slippage.ts';

const RUNNERS = 3;
const BANKROLL = 300_000;

const request = fc.record({
  wait: fc.integer({ min: 0, max: 15 }),
  what: fc.constantFrom('place', 'place', 'cancel', 'replace'),
  which: fc.nat(20),
  slot: fc.nat(RUNNERS - 1),
  side: fc.constantFrom(Side.back, Side.lay),
  away: fc.integer({ min: -4, max: 4 }),
  stake: fc.integer({ min: 200, max: 40_000 }),
  kind: fc.constantFrom('limit', 'limit', 'limit', 'limitOnClose', 'marketOnClose'),
  persistence: fc.constantFrom('lapse', 'persist', 'marketOnClose'),
  kill: fc.constantFrom(-1, -1, -1, 100)
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** A replacement on its way promises nothing yet: what it replaces still waits. */
const promised = (order: Order, replacements: ReadonlySet<Order>): boolean =>
  order.status === OrderStatus.executable || (order.status === OrderStatus.pending && !replacements.has(order));

function ask(exchange: SimulatedExchange, orders: Order[], replacements: Set<Order>, one: Request): void {
  const { slot, side, away, which, kind, persistence, kill } = one;
  const book = exchange.books[slot]!;
  const tick = (side === Side.back ? book.bestAsk + away : book.bestBid - away) as Ticks;
  if (book.bestAsk === NO_TICK || tick < 0 || tick >= betfairClassic.size) return;
  const old = orders[which % Math.max(1, orders.length)];
  if (one.what === 'cancel' && old !== undefined) exchange.cancel(old, which % 2 === 0 ? Infinity : 150);
  else if (one.what === 'replace' && old !== undefined && old.slot === slot) {
    const successor = exchange.replace(old, tick);
    orders.push(successor);
    replacements.add(successor);
  } else {
    const more = kind === 'limit' && kill >= 0 ? { fillOrKillMinimum: lots(kill) } : { persistence };
    orders.push(exchange.place({ slot, side, tick, lots: lots(one.stake), kind, ...more }));
  }
}

function holds(exchange: SimulatedExchange, replacements: ReadonlySet<Order>): void {
  const { account, orders } = exchange;
  const matched = [new Float64Array(RUNNERS), new Float64Array(RUNNERS)];
  const waiting = [new Float64Array(RUNNERS), new Float64Array(RUNNERS)];
  const ifWins = new Float64Array(RUNNERS);
  for (const order of orders) {
    const fills = exchange.fillsOf(order);
    const sign = order.side === Side.back ? 1 : -1;
    expect(fills.reduce((sum, fill) => sum + fill.lots, 0)).toBe(order.matched);
    expect(fills.reduce((sum, fill) => sum + fill.lots * fill.standingPoints, 0)).toBe(order.matchedPoints);
    expect(order.rest).toBeGreaterThanOrEqual(0);
    expect(order.rest === 0).toBe(order.status === OrderStatus.complete);
    for (const fill of fills) {
      expect(Number.isSafeInteger(fill.lots) && fill.lots > 0).toBe(true);
      if (order.kind === 'limit' && order.fillOrKillMinimum < 0 && !fill.closing) {
        expect(sign * (fill.points - order.points)).toBeGreaterThanOrEqual(0);
      }
      if (!fill.taking) expect(fill.lots).toBeLessThanOrEqual(fill.traded);
    }
    matched[order.side]![order.slot]! += order.matched;
    ifWins[order.slot]! += sign * (order.matchedPoints - 100 * order.matched);
    if (promised(order, replacements)) waiting[order.side]![order.slot]! += order.rest;
  }
  const column = (of: (slot: number) => number): Float64Array =>
    Float64Array.from({ length: account.slots }, (_, slot) => of(slot));
  expect([column((slot) => account.matchedBack(slot)), column((slot) => account.matchedLay(slot))]).toEqual(matched);
  expect([column((slot) => account.waitingBack(slot)), column((slot) => account.waitingLay(slot))]).toEqual(waiting);
  expect(column((slot) => account.ifWins(slot))).toEqual(ifWins);
}

describe('an exchange', { timeout: fuzzTimeout() }, () => {
  it('conserves lots, keeps limits, and its account is the sum of its orders', () => {
    fc.assert(
      fc.property(
        fc.nat(500),
        fc.array(request, { maxLength: 25 }),
        fc.constantFrom(...QUEUE_NAMES),
        fc.boolean(),
        (seed, requests, queue, slips) => {
          const exchange = new SimulatedExchange(miniTape({ seed, runners: RUNNERS }), {
            queue,
            latency: logNormalLatency({ place: 120, cancel: 170, replace: 280, feed: 40 }, 0.5),
            random: new Random(seed as Seed),
            bankroll: BANKROLL,
            history: true,
            ...(slips ? { slippage: tickSlippage([0.3, 0.2]) } : {})
          });
          const orders: Order[] = [];
          const replacements = new Set<Order>();
          let time = 1;
          for (const one of requests) {
            exchange.advanceTo(seconds((time += one.wait)));
            ask(exchange, orders, replacements, one);
            holds(exchange, replacements);
            expect(exchange.account.exposure()).toBeLessThanOrEqual(BANKROLL * 100);
          }
          exchange.advanceTo(seconds(1000));
          holds(exchange, replacements);
        }
      ),
      { numRuns: fuzzCases(0.2), seed: fuzzSeed() }
    );
  });

  it('replays to the same: same tape, seed and requests, same fills', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.array(request, { maxLength: 15 }), (seed, requests) => {
        const play = (): unknown => {
          const exchange = new SimulatedExchange(miniTape({ seed, runners: RUNNERS }), {
            queue: 'probPower',
            latency: logNormalLatency({ place: 120, cancel: 170, replace: 280 }, 0.5),
            random: new Random(seed as Seed),
            bankroll: Infinity,
            history: true,
            slippage: tickSlippage([0.5])
          });
          const orders: Order[] = [];
          const replacements = new Set<Order>();
          let time = 1;
          for (const one of requests) {
            exchange.advanceTo(seconds((time += one.wait)));
            ask(exchange, orders, replacements, one);
          }
          exchange.advanceTo(seconds(1000));
          return exchange.orders.map((order) => exchange.explain(order));
        };
        expect(play()).toEqual(play());
      }),
      { numRuns: fuzzCases(0.07), seed: fuzzSeed() }
    );
  });
});
