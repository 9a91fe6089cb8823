/** What holds whatever we ask of an exchange for instruments, on random markets: conservation, prices, money, repetition. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzCases, fuzzSeed, fuzzTimeout } from '../../../../tests/support/fuzz-cases.ts';
import { perpetualRules, walkingTape } from '../../../../tests/support/instrument-tape.ts';
import { Random } from '../../core/random.ts';
import type { Lots, Nanos, Seed, Ticks } from '../../core/units.ts';
import { millis } from '../../core/units.ts';
import type { MarketRules } from '../../market/rules.ts';
import { RowKind } from '../../market/tape.ts';
import { equityRules } from '../../market/venues/equities.ts';
import { kalshiRules } from '../../market/venues/kalshi.ts';
import { Role } from '../account/order-fees.ts';
import { InstrumentExchange } from './instrument-exchange.ts';
import type { InstrumentOptions } from './instrument-options.ts';
import { Direction, FillCause } from './instrument-order.ts';
import type { InstrumentFill, InstrumentOrder, TimeInForce } from './instrument-order.ts';
import { logNormalLatency } from './latency.ts';
import { OrderStatus } from './order.ts';
import { QUEUE_NAMES } from './queue/queue-name.ts';
import { tickSlippage } from './slippage.ts';

const VENUES: readonly (readonly [MarketRules, middle: number, cash: number])[] = [
  [perpetualRules(), 1000, 3],
  [kalshiRules(), 50, 2],
  [equityRules(), 2000, 3000]
];
const TIMES: readonly TimeInForce[] = ['GTC', 'GTX', 'IOC', 'FOK'];

interface Action {
  readonly at: number;
  readonly what: 'place' | 'market' | 'cancel' | 'cut' | 'replace';
  readonly buy: boolean;
  readonly away: number;
  readonly lots: number;
  readonly time: number;
  readonly which: number;
}
const actions = fc.array(
  fc.record<Action>({
    at: fc.integer({ min: 0, max: 3100 }),
    what: fc.constantFrom('place', 'place', 'place', 'market', 'cancel', 'cut', 'replace'),
    buy: fc.boolean(),
    away: fc.integer({ min: -4, max: 4 }),
    lots: fc.integer({ min: 1, max: 60 }),
    time: fc.nat({ max: TIMES.length - 1 }),
    which: fc.nat({ max: 20 })
  }),
  { minLength: 5, maxLength: 60 }
);
const scenes = fc.record({
  seed: fc.nat({ max: 1e6 }),
  venue: fc.nat({ max: VENUES.length - 1 }),
  queue: fc.constantFrom(...QUEUE_NAMES),
  slips: fc.boolean(),
  actions
});
type Scene = typeof scenes extends fc.Arbitrary<infer T> ? T : never;

interface Played {
  readonly exchange: InstrumentExchange;
  readonly fills: readonly InstrumentFill[];
}

const END = millis(1e6);

/** Plays a scene, stopping at its actions and at every multiple of `stride` ms; `watch` is called at each stop. */
function play(scene: Scene, stride = 1e6, watch: (exchange: InstrumentExchange) => void = () => undefined): Played {
  const [rules, middle, cash] = VENUES[scene.venue]!;
  const tape = walkingTape({ seed: scene.seed, rules, middle });
  const options: InstrumentOptions = {
    queue: scene.queue,
    latency: logNormalLatency({ place: 15, cancel: 10, replace: 20, response: 8, feed: 3 }, 0.7),
    random: new Random(scene.seed as Seed),
    cash,
    history: true,
    ...(scene.slips ? { slippage: tickSlippage([0.3, 0.2]) } : {})
  };
  const exchange = new InstrumentExchange(tape, options);
  const fills: InstrumentFill[] = [];
  const collect = (fill: InstrumentFill): void => {
    fills.push(Object.assign(Object.create(null) as InstrumentFill, fill));
  };
  const queued = [...scene.actions].sort((a, b) => a.at - b.at);
  let next = stride;
  const advance = (to: Nanos): void => {
    exchange.advanceTo(to);
    exchange.drainFills(collect);
    watch(exchange);
  };
  for (const action of queued) {
    for (; next < action.at; next += stride) advance(millis(next));
    advance(millis(action.at));
    act(exchange, action);
  }
  for (; next < 4000; next += stride) advance(millis(next));
  advance(END);
  for (const order of [...exchange.openOrders]) exchange.cancel(order);
  advance((END + END) as Nanos);
  return { exchange, fills };
}

function act(exchange: InstrumentExchange, action: Action): void {
  const book = exchange.books[0]!;
  const direction = action.buy ? Direction.buy : Direction.sell;
  const touch = Math.max(1, action.buy ? book.bestBid : book.bestAsk);
  const lots = action.lots as Lots;
  const tick = (touch + action.away) as Ticks;
  const order = exchange.openOrders[action.which % Math.max(1, exchange.openOrders.length)];
  if (action.what === 'place') exchange.place({ slot: 0, direction, tick, lots, timeInForce: TIMES[action.time]! });
  else if (action.what === 'market') exchange.place({ slot: 0, direction, lots, kind: 'market' });
  else if (order === undefined) return;
  else if (action.what === 'replace') exchange.replace(order, tick);
  else exchange.cancel(order, action.what === 'cut' ? Math.ceil(action.lots / 4) : Infinity);
}

const check = (property: (scene: Scene) => void): void => {
  fc.assert(fc.property(scenes, property), { numRuns: fuzzCases(0.3), seed: fuzzSeed() });
};

const sumOf = (fills: readonly InstrumentFill[], of: (fill: InstrumentFill) => number): number =>
  fills.reduce((sum, fill) => sum + of(fill), 0);

describe('whatever we ask', { timeout: fuzzTimeout() }, () => {
  it('comes to every kind of fill and of end', () => {
    const causes = new Set<number>();
    const ends = new Set<string>();
    check((scene) => {
      const { exchange, fills } = play(scene);
      for (const fill of fills) causes.add(fill.cause);
      for (const order of exchange.orders) ends.add(order.end);
    });
    expect([...causes].sort()).toEqual(Object.values(FillCause));
    const reached = ['filled', 'cancelled', 'replaced', 'wouldTake', 'nothingToTake', 'fillOrKill', 'unaffordable'];
    expect([...ends]).toEqual(expect.arrayContaining(reached));
  });

  it('lots are conserved, at every moment and at the end', () => {
    check((scene) => {
      const { exchange } = play(scene, 37, ({ orders }) => {
        for (const order of orders) {
          expect(order.filled + order.cancelled + order.expired + order.rest).toBe(order.lots);
          expect(Math.min(order.filled, order.cancelled, order.expired, order.rest, order.open)).toBeGreaterThanOrEqual(
            0
          );
          expect(order.open).toBeLessThanOrEqual(order.rest);
        }
      });
      for (const order of exchange.orders) {
        expect(order.status).toBe(OrderStatus.complete);
        expect([order.rest, order.open]).toEqual([0, 0]);
      }
      expect(exchange.openOrders).toHaveLength(0);
    });
  });

  it('a fill is at the limit when it waited, and never past it', () => {
    check((scene) => {
      for (const { order, tick, role, lots } of play(scene).fills) {
        if (role === Role.maker) expect(tick).toBe(order.tick);
        else expect((order.tick - tick) * order.direction).toBeGreaterThanOrEqual(0);
        expect(Number.isInteger(lots) && lots > 0).toBe(true);
      }
    });
  });

  it('fills add up to what orders and account say', () => {
    check((scene) => {
      const { exchange, fills } = play(scene);
      const { account } = exchange;
      for (const order of exchange.orders) {
        const own = exchange.fillsOf(order);
        expect(sumOf(own, (fill) => fill.lots)).toBe(order.filled);
        expect(sumOf(own, (fill) => fill.lots * fill.tick)).toBe(order.filledTicks);
      }
      expect(sumOf(fills, (fill) => fill.lots)).toBe(totalFilled(exchange.orders));
      if (exchange.liquidations > 0) return;
      expect(account.position[0]).toBe(sumOf(fills, (fill) => fill.lots * fill.order.direction));
      expect(account.flow[0]).toBe(
        0 - sumOf(fills, (fill) => account.unit.value(fill.lots * fill.order.direction, fill.tick))
      );
      expect(account.fees[0]).toBe(sumOf(fills, (fill) => fill.fee));
    });
  });

  it('no lot of a trade or of a level fills two of our lots', () => {
    check((scene) => {
      const { exchange, fills } = play(scene);
      const { tape } = exchange;
      const byRow = new Map<number, number>();
      for (const fill of fills) {
        if (fill.cause === FillCause.took) continue;
        byRow.set(fill.row, (byRow.get(fill.row) ?? 0) + fill.lots);
        const kind = tape.kind[fill.row]!;
        const traded = kind === RowKind.buyTrade || kind === RowKind.sellTrade;
        expect(traded).toBe(fill.cause !== FillCause.crossed);
      }
      for (const [row, lots] of byRow) expect(lots).toBeLessThanOrEqual(tape.lots[row]!);
    });
  });

  it('money never runs out, and nothing stays put aside', () => {
    check((scene) => {
      const { exchange } = play(scene, 37, ({ account, tape }) => {
        if (tape.market.rules.settlement.kind !== 'linearPerpetual') expect(account.cash).toBeGreaterThanOrEqual(0);
      });
      const { account } = exchange;
      expect([account.waitingBuy[0], account.waitingSell[0], account.waitingFees[0]]).toEqual([0, 0, 0]);
      expect([account.waitingBuyValue[0], account.waitingSellValue[0]]).toEqual([0, 0]);
    });
  });

  it('the same again is the same, and so is the same in smaller steps', () => {
    check((scene) => {
      const told = ({ fills }: Played): unknown =>
        fills.map(({ order, time, toldAt, tick, lots, fee, ahead }) => [
          order.id,
          time,
          toldAt,
          tick,
          lots,
          fee,
          ahead
        ]);
      const once = told(play(scene));
      expect(told(play(scene))).toEqual(once);
      // Forced liquidation looks at marks taken from our book whenever time is moved.
      if (scene.venue !== 0) expect(told(play(scene, 7))).toEqual(once);
    });
  });
});

function totalFilled(orders: readonly InstrumentOrder[]): number {
  return orders.reduce((sum, order) => sum + order.filled, 0);
}
