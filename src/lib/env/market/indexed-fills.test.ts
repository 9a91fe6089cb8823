/** Fills of an exchange over a book history come in the order, and at the times, of the one that goes by messages. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { eventfulTape } from '../../../../tests/support/eventful-tape.ts';
import { MarketEnvSchema } from '../../config/run-config.ts';
import { Random } from '../../core/random.ts';
import type { Lots, Nanos, Seed, Ticks } from '../../core/units.ts';
import { NO_TICK } from '../../market/tape.ts';
import { Side } from '../matching/order.ts';
import type { Fill, OrderRequest } from '../matching/order.ts';
import { ExchangePool } from './au-pre-off.ts';
import type { EpisodeExchange } from './episode-exchange.ts';
import { IndexedExchange } from './indexed-exchange.ts';
import { TOUCH_WIDTH } from './market-view.ts';
import { timelineOf } from './timeline.ts';
import type { Timeline } from './timeline.ts';

const SLOTS = 5;
const config = v.parse(MarketEnvSchema, {
  id: 'AUPreOffV7TradeCost',
  environments: 1,
  slots: SLOTS,
  startMinutes: 3.8,
  decisionSeconds: 5,
  bankroll: 1e5
});

/** An order around the touch of a slot at a decision; undefined where nothing is quoted. */
function requestAt(timeline: Timeline, decision: number, random: Random): OrderRequest | undefined {
  const slot = random.below(SLOTS);
  const side = random.below(2) === 0 ? Side.back : Side.lay;
  const away = random.below(7) - 3;
  const lots = (200 + random.below(2_000)) as Lots;
  const touch = timeline.touches[(decision * SLOTS + slot) * TOUCH_WIDTH + (side === Side.back ? 1 : 0)]!;
  return touch === NO_TICK
    ? undefined
    : { slot: timeline.runners[slot]!, side, tick: Math.max(0, touch + away) as Ticks, lots };
}

function drained(exchange: EpisodeExchange): readonly (readonly unknown[])[] {
  const fills: (readonly unknown[])[] = [];
  exchange.drainFills(({ order, time, message, lots, points, taking }: Fill) => {
    fills.push([order.id, time, message, lots, points, taking]);
  });
  return fills;
}

describe('fills of an episode from a book history', () => {
  it.each([1, 2, 3, 4, 5, 6])('are those of the one played message by message, in order: market %i', (seed) => {
    const timeline = timelineOf(eventfulTape({ seed }), config)!;
    const pool = new ExchangePool(config);
    const conditions = { level: 1, random: undefined };
    const indexed = pool.take(timeline, conditions);
    const plain = pool.traced(timeline, conditions);
    if (!(indexed instanceof IndexedExchange)) throw new Error('the market has no book history');
    const random = new Random(seed as Seed, 'orders');
    let fills = 0;
    for (let k = 1; k <= timeline.steps; k++) {
      for (let asked = 0; asked < 6; asked++) {
        const request = requestAt(timeline, k - 1, random);
        if (request === undefined) continue;
        indexed.place(request);
        plain.place(request);
      }
      indexed.toDecision(k);
      plain.advanceTo(timeline.times[k]! as Nanos, timeline.lastMessage);
      const want = drained(plain);
      expect(drained(indexed)).toEqual(want);
      fills += want.length;
    }
    expect(fills).toBeGreaterThan(50);
  });
});
