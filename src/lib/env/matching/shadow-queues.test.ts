/** What other queue models would have done: the same as exchanges that run under them, and told so. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { miniBuilder, miniMarket, miniTape } from '../../../../tests/support/mini-tape.ts';
import { Random } from '../../core/random.ts';
import { lots, seconds } from '../../core/units.ts';
import type { Seed, Ticks } from '../../core/units.ts';
import { betfairClassic } from '../../market/ladder.ts';
import type { TapeBuilder } from '../../market/tape-builder.ts';
import type { Tape } from '../../market/tape.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../market/tape.ts';
import { SimulatedExchange } from './exchange.ts';
import { constantLatency } from './latency.ts';
import { OrderStatus, Side } from './order.ts';
import type { Order } from './order.ts';
import { fullQueue } from './queue/full-queue.ts';
import type { QueueModel } from './queue/queue-model.ts';
import { QUEUE_NAMES } from './queue/queue-name.ts';
import type { QueueName } from './queue/queue-name.ts';
import { ShadowQueues } from './shadow-queues.ts';

const at = (price: number): Ticks => betfairClassic.tickOf(price)!;

function exchangeOn(tape: Tape, queue: QueueModel | QueueName): SimulatedExchange {
  return new SimulatedExchange(tape, {
    queue,
    latency: constantLatency({ place: 100, cancel: 100, replace: 200 }),
    random: new Random(1 as Seed),
    bankroll: Infinity,
    history: true
  });
}

interface Ask {
  readonly after: number;
  readonly slot: number;
  readonly side: Side;
  readonly away: number;
  readonly stake: number;
}

/** Plays requests that look at the book, never at what was filled: the same under every model. */
function play(tape: Tape, queue: QueueName, asks: readonly Ask[]): { exchange: SimulatedExchange; orders: Order[] } {
  const exchange = exchangeOn(tape, queue);
  const orders: Order[] = [];
  for (const { after, slot, side, away, stake } of [...asks].sort((a, b) => a.after - b.after)) {
    exchange.advanceTo(seconds(after));
    const book = exchange.books[slot]!;
    const tick = side === Side.back ? book.bestAsk + away : book.bestBid - away;
    if (book.bestAsk === NO_TICK || tick < 0 || tick >= betfairClassic.size) continue;
    orders.push(exchange.place({ slot, side, tick: tick as Ticks, lots: lots(stake) }));
  }
  exchange.advanceTo(seconds(1000));
  return { exchange, orders };
}

const ask: fc.Arbitrary<Ask> = fc.record({
  after: fc.integer({ min: 1, max: 100 }),
  slot: fc.nat(1),
  side: fc.constantFrom(Side.back, Side.lay),
  away: fc.integer({ min: -3, max: 3 }),
  stake: fc.integer({ min: 200, max: 20_000 })
});

describe('shadows', () => {
  it('fill what an exchange under their model fills, whichever model counts', () => {
    /** Orders that another model filled, and those of them that it filled otherwise than the one that counts. */
    let filled = 0;
    let differ = 0;
    fc.assert(
      fc.property(
        fc.nat(1_000),
        fc.array(ask, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(...QUEUE_NAMES),
        (seed, asks, counting) => {
          const tape = miniTape({ seed, runners: 2, scheduledSeconds: 110 });
          const counted = play(tape, counting, asks);
          for (const name of QUEUE_NAMES) {
            if (name === counting) continue;
            const real = play(tape, name, asks);
            counted.orders.forEach((order, i) => {
              const resting = real.exchange.fillsOf(real.orders[i]!).filter((fill) => !fill.taking);
              const shadow = order.shadow?.positions.find(({ model }) => model.replace(/\(.*/u, '') === name);
              if (shadow === undefined) {
                expect(resting).toEqual([]);
                return;
              }
              expect(shadow.filled).toBe(resting.reduce((sum, fill) => sum + fill.lots, 0));
              if (shadow.filled > 0) filled++;
              const own = counted.exchange.fillsOf(order).filter((fill) => !fill.taking);
              if (shadow.firstMessage !== (own[0]?.message ?? -1)) differ++;
              expect(shadow.firstMessage).toBe(resting[0]?.message ?? -1);
              expect(shadow.firstAt).toBe(resting[0]?.time ?? Number.NaN);
              expect(shadow.lastAt).toBe(resting[resting.length - 1]?.time ?? Number.NaN);
            });
          }
        }
      ),
      { numRuns: 40 }
    );
    expect([filled > 100, differ > 10]).toEqual([true, true]);
  });

  it('never fill more lots than were asked for or than traded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ trade: fc.nat(500), level: fc.nat(900) }), { maxLength: 30 }),
        fc.nat(900),
        fc.integer({ min: 1, max: 400 }),
        (events, visible, asked) => {
          const queues = new ShadowQueues([fullQueue]);
          const shadow = queues.rest(asked, visible);
          let traded = 0;
          events.forEach(({ trade, level }, message) => {
            queues.begin();
            queues.trade(shadow, 0, trade, { time: seconds(message), message });
            queues.depth(shadow, level);
            traded += trade;
          });
          const [position] = shadow.positions;
          expect(position!.filled).toBe(Math.min(asked, Math.max(0, traded - visible)));
          expect(position!.filled + position!.rest).toBe(asked);
        }
      )
    );
  });

  it('share each trade among the orders of one model, best placed first', () => {
    const queues = new ShadowQueues([fullQueue]);
    const shadows = [queues.rest(100, 0), queues.rest(100, 0)];
    queues.begin();
    for (const shadow of shadows) queues.trade(shadow, 0, 150, { time: seconds(1), message: 1 });
    expect(shadows.map((shadow) => shadow.positions[0]!.filled)).toEqual([100, 50]);
  });
});

/** 50.00 waits ahead at 4.60, of which 40.00 leave untraded; then 30.00 for takers trade, then 60.00. */
function leaving(builder: TapeBuilder): Tape {
  builder.message(seconds(0));
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  builder.row(RowKind.bid, 0, at(4.5), 10_000);
  builder.row(RowKind.ask, 0, at(4.6), 5_000);
  builder.message(seconds(5));
  builder.row(RowKind.ask, 0, at(4.6), 1_000);
  builder.message(seconds(10));
  builder.row(RowKind.trade, 0, at(4.6), 6_000);
  builder.message(seconds(20));
  builder.row(RowKind.trade, 0, at(4.6), 12_000);
  builder.message(seconds(30));
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
  return builder.build(miniMarket({ runners: 2, scheduledSeconds: 600 }), { shared: false });
}

describe('a story', () => {
  const placed = (queue: QueueName): { exchange: SimulatedExchange; order: Order } => {
    const exchange = exchangeOn(leaving(miniBuilder()), queue);
    exchange.advanceTo(seconds(1));
    return { exchange, order: exchange.place({ slot: 0, side: Side.back, tick: at(4.6), lots: lots(1_500) }) };
  };

  it('tells the event of each fill, the queue then, and what other queues made of it', () => {
    const { exchange, order } = placed('fullQueue');
    exchange.advanceTo(seconds(25));
    const story = exchange.explain(order);
    expect(story.headline).toBe('Filled: back $15.00 at 4.60, 19 s after it was sent, behind $50.00.');
    expect(story.fills).toMatchObject([
      { lots: 1_500, cause: 'trade', aheadLots: 2_000, tradedLots: 6_000, tradePrice: 4.6, message: 3 }
    ]);
    const byModel = new Map(story.others.map((other) => [other.model, other]));
    expect(byModel.get('riskAverse')).toEqual({
      model: 'riskAverse',
      aheadOnArrivalLots: 5_000,
      aheadLots: 0,
      filledLots: 1_500,
      waitingLots: 0,
      firstAt: seconds(10),
      firstMessage: 2
    });
    expect(story.sentence).toBe([story.headline, story.causes, story.otherQueues].join(' '));
    expect(story.sentence).toBe(
      'Filled: back $15.00 at 4.60, 19 s after it was sent, behind $50.00. ' +
        '$15.00 19 s after it was sent (message 3), by a trade of $60.00 at 4.60 with $20.00 still ahead. ' +
        'By other queue models: risk-averse, logarithmic, power (3) and first-in-first-out: $15.00 filled, the first after 9 s.'
    );
  });

  it('follows slower models on after the order filled, until the market would have ended it', () => {
    const { exchange, order } = placed('riskAverse');
    exchange.advanceTo(seconds(12));
    expect(order.status).toBe(OrderStatus.complete);
    const full = (): unknown => exchange.explain(order).others.find(({ model }) => model === 'fullQueue');
    expect(full()).toMatchObject({ filledLots: 0, waitingLots: 1_500, aheadLots: 2_000, firstAt: undefined });
    exchange.advanceTo(seconds(22));
    expect(full()).toMatchObject({ filledLots: 1_500, waitingLots: 0, firstMessage: 3 });
  });

  it('ends in every model when the order is cancelled or lapses', () => {
    for (const end of ['cancel', 'lapse'] as const) {
      const { exchange, order } = placed('fullQueue');
      exchange.advanceTo(seconds(2));
      if (end === 'cancel') exchange.cancel(order);
      exchange.advanceTo(end === 'cancel' ? seconds(25) : seconds(31));
      for (const other of exchange.explain(order).others) expect(other.waitingLots).toBe(0);
      if (end === 'cancel')
        expect(exchange.explain(order).others.map((other) => other.filledLots)).toEqual([0, 0, 0, 0]);
    }
  });
});
