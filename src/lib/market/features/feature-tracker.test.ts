import { describe, expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import type { Nanos, Ticks } from '../../core/units.ts';
import { millis, seed } from '../../core/units.ts';
import { MarketState } from '../market-state.ts';
import { betfairRules } from '../venues/betfair.ts';
import { TapeBuilder } from '../tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind, messageCount } from '../tape.ts';
import type { MarketInfo, Tape } from '../tape.ts';
import { FeatureTracker } from './feature-tracker.ts';

const SLOTS = 3;
const START_MILLIS = 1_700_000_000_000;
const market: MarketInfo = {
  id: '1.1',
  venue: 'betfair',
  name: 'R1',
  eventName: '',
  kind: 'WIN',
  country: 'AU',
  rules: betfairRules(),
  runners: Array.from({ length: SLOTS }, (_, slot) => ({
    slot,
    id: String(slot),
    handicap: 0,
    name: String(slot),
    sortPriority: slot
  })),
  scheduledMillis: START_MILLIS + 600_000,
  fingerprint: '',
  synthetic: true
};

function tapeOf(write: (builder: TapeBuilder) => void): Tape {
  const builder = new TapeBuilder(BigInt(START_MILLIS) * 1_000_000n);
  write(builder);
  return builder.build(market, { shared: false });
}

/** Books that move at random, with images, trades, removals and a moved start. */
function randomTape(messages: number): Tape {
  const random = new Random(seed(7));
  return tapeOf((builder) => {
    builder.message(0 as Nanos);
    builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
    builder.row(RowKind.scheduledStart, NO_SLOT, NO_TICK, market.scheduledMillis);
    let time = 0;
    for (let message = 0; message < messages; message++) {
      time += random.below(3_000);
      builder.message(millis(time));
      if (random.below(60) === 0) builder.row(RowKind.clear, NO_SLOT, NO_TICK, 0);
      for (let rows = random.below(6); rows > 0; rows--) {
        const slot = random.below(SLOTS);
        const kind = random.below(3);
        const tick = 60 + 40 * slot + random.below(8) + (kind === 1 ? 6 : 0);
        if (kind === 2) {
          builder.row(RowKind.trade, slot, tick, 1 + random.below(90_000));
          builder.row(RowKind.lastTraded, slot, tick, 0);
        } else builder.row(kind === 0 ? RowKind.bid : RowKind.ask, slot, tick, random.below(3) * random.below(100_000));
      }
      if (message === 300) builder.row(RowKind.removal, 2, NO_TICK, 1_000);
      if (message === 400) builder.row(RowKind.scheduledStart, NO_SLOT, NO_TICK, market.scheduledMillis + 120_000);
    }
  });
}

class Follower {
  readonly state = new MarketState(market);
  readonly tracker = new FeatureTracker(market, 'all');
  readonly #tape: Tape;
  constructor(tape: Tape) {
    this.#tape = tape;
  }

  message(message: number): void {
    const { messageStart, exchange } = this.#tape;
    const end = messageStart[message + 1]!;
    for (let row = messageStart[message]!; row < end; row++) {
      this.state.apply(this.#tape, row);
      this.tracker.onRow(this.#tape, row, this.state);
    }
    if (end > 0) this.tracker.onMessageEnd(exchange[end - 1]! as Nanos);
  }

  features(): Float32Array {
    const width = this.tracker.names.length;
    const into = new Float32Array(SLOTS * width + this.tracker.marketNames.length);
    for (let slot = 0; slot < SLOTS; slot++) this.tracker.write(this.state, slot, into, slot * width);
    this.tracker.writeMarket(this.state, into, SLOTS * width);
    return into;
  }

  value(name: string, slot = 0): number {
    const column = this.tracker.names.indexOf(name);
    if (column >= 0) return this.features()[slot * this.tracker.names.length + column]!;
    const wide = this.tracker.marketNames.indexOf(name);
    if (wide < 0) throw new Error(`no feature ${name}`);
    return this.features()[SLOTS * this.tracker.names.length + wide]!;
  }
}

function follow(tape: Tape, messages = messageCount(tape)): Follower {
  const follower = new Follower(tape);
  for (let message = 0; message < messages; message++) follower.message(message);
  return follower;
}

const tickOf = (price: number): number => betfairRules().ladder.tickOf(price)!;

/** One message: a runner with a book, and nothing else. */
function oneBook(
  bid: readonly [number, number],
  ask: readonly [number, number],
  more?: (builder: TapeBuilder) => void
): Tape {
  return tapeOf((builder) => {
    builder.message(0 as Nanos);
    builder.row(RowKind.bid, 0, tickOf(bid[0]), bid[1]);
    builder.row(RowKind.ask, 0, tickOf(ask[0]), ask[1]);
    more?.(builder);
  });
}

describe('features of a market', () => {
  test('are finite and about one in size, from the first message on', () => {
    const tape = randomTape(1_000);
    const follower = new Follower(tape);
    expect(follower.features().every(Number.isFinite)).toBe(true);
    for (let message = 0; message < messageCount(tape); message++) {
      follower.message(message);
      for (const value of follower.features()) expect(Math.abs(value)).toBeLessThan(10);
    }
  });

  test('see nothing of what comes later: a tape cut off gives the same numbers', () => {
    const tape = randomTape(500);
    for (const cut of [1, 50, 301, 402]) {
      const cutTape = { ...tape, messageStart: tape.messageStart.slice(0, cut + 1) };
      expect(follow(cutTape).features()).toEqual(follow(tape, cut).features());
    }
  });

  test('are the same after a reset and in a copy that goes on', () => {
    const tape = randomTape(500);
    const whole = follow(tape).features();
    const again = follow(tape, 200);
    again.state.reset();
    again.tracker.reset();
    for (let message = 0; message < messageCount(tape); message++) again.message(message);
    expect(again.features()).toEqual(whole);
    const half = follow(tape, 250);
    const copy = new Follower(tape);
    copy.state.copyFrom(half.state);
    copy.tracker.copyFrom(half.tracker);
    for (let message = 250; message < messageCount(tape); message++) {
      copy.message(message);
      half.message(message);
    }
    expect(copy.features()).toEqual(whole);
    expect(half.features()).toEqual(whole);
  });

  test('do not depend on how often they are written, nor on idle moments told', () => {
    const tape = randomTape(300);
    const watched = new Follower(tape);
    for (let message = 0; message < messageCount(tape); message++) {
      watched.message(message);
      watched.features();
      watched.tracker.onMessageEnd((tape.exchange[tape.messageStart[message + 1]! - 1] ?? 0) as Nanos);
    }
    expect(watched.features()).toEqual(follow(tape).features());
  });

  test('state price, spread and imbalance by their formulas', () => {
    const at = follow(oneBook([4, 3_000], [4.1, 1_000]));
    const mid = Math.sqrt(4 * 4.1);
    expect(at.value('implied_probability')).toBeCloseTo(1 / mid, 6);
    expect(at.value('log_odds')).toBeCloseTo(Math.log(1 / (mid - 1)) / 4, 6);
    expect(at.value('spread_ticks')).toBe(0);
    expect(at.value('imbalance_1')).toBeCloseTo(0.5, 6);
    // Microprice (bid x ask size + ask x bid size) / both: three quarters of the tick, a quarter above the mid.
    expect(at.value('microprice_less_mid')).toBeCloseTo(Math.asinh(0.25), 6);
    expect(at.value('back_depth_1')).toBeCloseTo(Math.log10(31) / 6, 6);
    expect([at.value('has_best_back'), at.value('has_best_lay', 1)]).toEqual([1, 0]);
  });

  test('order flow is the change of what waits at the best prices, decaying with time', () => {
    const tape = oneBook([4, 1_000], [4.1, 1_000], (builder) => {
      builder.message(millis(1_000));
      builder.row(RowKind.bid, 0, tickOf(4), 1_500);
      builder.message(millis(2_000));
      builder.row(RowKind.ask, 0, tickOf(4.1), 1_200);
    });
    const at = follow(tape);
    const decay = Math.exp(-1 / 5);
    expect(at.value('order_flow_5s')).toBeCloseTo((500 * decay - 200) / (500 * decay + 200), 6);
    at.tracker.onMessageEnd(millis(600_000));
    expect(at.value('order_flow_5s')).toBe(0);
  });

  test('trades at the best lay count up, at the best back down', () => {
    const tape = oneBook([4, 1_000], [4.1, 1_000], (builder) => {
      builder.message(millis(1_000));
      builder.row(RowKind.trade, 0, tickOf(4.1), 600);
      builder.row(RowKind.trade, 0, tickOf(4), 200);
    });
    const at = follow(tape);
    expect(at.value('trade_balance_10s')).toBeCloseTo(0.5, 6);
    expect(at.value('traded_rate_10s')).toBeCloseTo(Math.log10(1 + 8 / 10) / 3, 6);
    expect(at.value('since_trade')).toBe(0);
    expect(at.value('traded_total')).toBeCloseTo(Math.log10(9) / 6, 6);
  });

  test('momentum weights a price by how long it stood', () => {
    const tape = oneBook([4, 1_000], [4.1, 1_000], (builder) => {
      builder.message(millis(30_000));
      builder.row(RowKind.bid, 0, tickOf(4), 0);
      builder.row(RowKind.ask, 0, tickOf(4.1), 0);
      builder.row(RowKind.bid, 0, tickOf(5), 1_000);
      builder.row(RowKind.ask, 0, tickOf(5.1), 1_000);
    });
    const at = follow(tape);
    at.tracker.onMessageEnd(millis(40_000));
    const move = Math.log(Math.sqrt(5 * 5.1)) - Math.log(Math.sqrt(4 * 4.1));
    expect(at.value('momentum_10s')).toBeCloseTo(Math.asinh(25 * move * Math.exp(-1)), 5);
    const squares = (move * move * Math.exp(-10 / 60)) / 60;
    expect(at.value('volatility_60s')).toBeCloseTo(Math.asinh(25 * Math.sqrt(squares * 60)), 5);
  });

  test('the favourite ranks first and book percentages need every runner', () => {
    const quote = (builder: TapeBuilder, slot: number, back: number, lay: number): void => {
      builder.row(RowKind.bid, slot, tickOf(back), 1_000);
      builder.row(RowKind.ask, slot, tickOf(lay), 1_000);
    };
    const tape = oneBook([4, 1_000], [4.1, 1_000], (builder) => {
      builder.message(millis(5));
      quote(builder, 1, 2, 2.02);
      builder.message(millis(9));
      quote(builder, 2, 4.8, 5);
    });
    const partial = follow(tape, 2);
    expect(partial.value('back_book')).toBe(0);
    const at = follow(tape);
    expect([0, 1, 2].map((slot) => at.value('favourite_rank', slot))).toEqual([0.5, 0, 1]);
    expect(at.value('back_book')).toBeCloseTo(Math.min(2, 10 * (1 / 4 + 1 / 2 + 1 / 4.8 - 1)), 5);
    expect(at.value('lay_book')).toBeCloseTo(10 * (1 / 4.1 + 1 / 2.02 + 1 / 5 - 1), 5);
  });

  test('time to the off follows the start as it is announced', () => {
    const at = follow(oneBook([4, 1_000], [4.1, 1_000]));
    at.tracker.onMessageEnd(millis(60_000));
    expect(at.value('to_off')).toBeCloseTo(540 / 1_800, 6);
    expect(at.value('to_off_log')).toBeCloseTo(Math.asinh(9) / 4, 6);
  });

  test('depth is counted to the tenth level, and the weighted price leans to where more waits', () => {
    const tape = oneBook([4, 1_000], [4.1, 3_000], (builder) => {
      for (let level = 1; level < 12; level++) builder.row(RowKind.bid, 0, tickOf(4) - level, 100);
    });
    const at = follow(tape);
    expect(at.value('back_depth_10')).toBeCloseTo(Math.log10(1 + 19) / 6, 6);
    expect(at.value('imbalance_10')).toBeCloseTo((1_900 - 3_000) / 4_900, 6);
    // The best five bids are 0.5, 1.5, 2.5, 3.5 and 4.5 ticks below the mid, the only ask half a tick above it.
    const moment = -0.5 * 1_000 - (1.5 + 2.5 + 3.5 + 4.5) * 100 + 0.5 * 3_000;
    expect(at.value('weighted_price_less_mid')).toBeCloseTo(Math.asinh(moment / 4_400), 6);
  });

  test('volume at price tells where it traded', () => {
    const tape = oneBook([4, 1_000], [4.1, 1_000], (builder) => {
      builder.message(millis(1_000));
      builder.row(RowKind.trade, 0, tickOf(4), 300);
      builder.row(RowKind.trade, 0, tickOf(4.1), 100);
      builder.row(RowKind.trade, 0, tickOf(5), 100);
    });
    const at = follow(tape);
    expect(at.value('traded_at_back')).toBeCloseTo(0.6, 6);
    expect(at.value('traded_at_lay')).toBeCloseTo(0.2, 6);
    expect(at.value('traded_near')).toBeCloseTo(0.8, 6);
    const mid = tickOf(4) + 0.5;
    const mean = (-0.5 * 300 + 0.5 * 100 + (tickOf(5) - mid) * 100) / 500;
    expect(at.value('traded_mean_less_mid')).toBeCloseTo(Math.asinh(mean), 6);
  });

  test('a queue has the age of its price, and lasts as long as trades take to eat it', () => {
    const tape = oneBook([4, 1_000], [4.1, 1_000], (builder) => {
      builder.message(millis(10_000));
      builder.row(RowKind.trade, 0, tickOf(4), 200);
      builder.row(RowKind.bid, 0, tickOf(4), 600);
    });
    const at = follow(tape);
    expect(at.value('back_queue_age')).toBeCloseTo(Math.log(11) / 6, 6);
    expect(at.value('back_queue_wait')).toBeCloseTo(Math.log1p((600 * 60) / 200) / 8, 6);
    expect(at.value('back_queue_filled')).toBeCloseTo(0.5, 6);
    expect(at.value('lay_queue_wait')).toBe(1);
    const moved = follow(
      oneBook([4, 1_000], [4.1, 1_000], (builder) => {
        builder.message(millis(10_000));
        builder.row(RowKind.bid, 0, tickOf(4), 0);
        builder.row(RowKind.bid, 0, tickOf(3.9), 700);
      })
    );
    expect(moved.value('back_queue_age')).toBe(0);
    expect(moved.value('lay_queue_age')).toBeCloseTo(Math.log(11) / 6, 6);
  });

  test('skewness and kurtosis are those of the changes, and the same for a scaled path', () => {
    const ticks = [100, 103, 104, 101, 108];
    const tape = tapeOf((builder) => {
      ticks.forEach((tick, i) => {
        builder.message(millis(i));
        builder.row(RowKind.clear, 0, NO_TICK, 0);
        builder.row(RowKind.bid, 0, tick, 100);
        builder.row(RowKind.ask, 0, tick + 1, 100);
      });
    });
    const { ladder } = betfairRules();
    const mids = ticks.map((tick) => Math.log(ladder.priceOf(tick as Ticks) * ladder.priceOf((tick + 1) as Ticks)) / 2);
    const changes = mids.slice(1).map((mid, i) => mid - mids[i]!);
    const sum = (power: number): number => changes.reduce((all, change) => all + change ** power, 0);
    const at = follow(tape);
    // Four changes within milliseconds: hardly any decay in a window of 300 s.
    expect(at.value('skewness_300s')).toBeCloseTo(Math.asinh((2 * sum(3)) / sum(2) ** 1.5), 3);
    expect(at.value('kurtosis_300s')).toBeCloseTo(Math.asinh((4 * sum(4)) / sum(2) ** 2 - 3), 3);
  });

  test('the overround is shared by what each runner’s spread adds to it', () => {
    const tape = oneBook([4, 1_000], [4.1, 1_000], (builder) => {
      builder.row(RowKind.bid, 1, tickOf(2), 1_000);
      builder.row(RowKind.ask, 1, tickOf(2.1), 1_000);
    });
    const at = follow(tape);
    const [own, other] = [1 / 4 - 1 / 4.1, 1 / 2 - 1 / 2.1];
    expect(at.value('overround_share')).toBeCloseTo(own / (own + other), 5);
    expect(at.value('overround_share', 0) + at.value('overround_share', 1)).toBeCloseTo(1, 6);
    expect(at.value('overround_share', 2)).toBe(0);
  });

  test('the last traded price drifts from its own average', () => {
    const tape = oneBook([4, 1_000], [4.1, 1_000], (builder) => {
      builder.message(millis(0));
      builder.row(RowKind.trade, 0, tickOf(4), 100);
      builder.message(millis(60_000));
      builder.row(RowKind.trade, 0, tickOf(5), 100);
    });
    const at = follow(tape);
    expect(at.value('last_traded_drift_60s')).toBeCloseTo(Math.asinh(25 * Math.log(5 / 4)), 5);
    at.tracker.onMessageEnd(millis(120_000));
    expect(at.value('last_traded_drift_60s')).toBeCloseTo(Math.asinh(25 * Math.log(5 / 4) * Math.exp(-1)), 5);
  });

  test('a taker that the venue names decides the side, wherever the trade was', () => {
    const tape = oneBook([4, 1_000], [4.1, 1_000], (builder) => {
      builder.message(millis(1_000));
      builder.row(RowKind.sellTrade, 0, tickOf(4.1), 100);
    });
    expect(follow(tape).value('trade_balance_10s')).toBe(-1);
  });

  test('where the newer side wins, a price that was crossed is no best price', () => {
    const crossing: MarketInfo = { ...market, rules: { ...market.rules, crossing: 'newestWins' } };
    const state = new MarketState(crossing);
    const tracker = new FeatureTracker(crossing, 'all');
    const tape = oneBook([4, 1_000], [4.1, 1_000], (builder) => {
      builder.row(RowKind.ask, 0, tickOf(3.9), 500);
      builder.row(RowKind.bid, 0, tickOf(3.8), 700);
    });
    for (let row = 0; row < tape.rows; row++) {
      state.apply(tape, row);
      tracker.onRow(tape, row, state);
    }
    tracker.onMessageEnd(0 as Nanos);
    const into = new Float32Array(tracker.names.length);
    tracker.write(state, 0, into, 0);
    const value = (name: string): number => into[tracker.names.indexOf(name)]!;
    const mid = Math.sqrt(3.8 * 3.9);
    expect(value('implied_probability')).toBeCloseTo(1 / mid, 6);
    expect(value('imbalance_1')).toBeCloseTo(200 / 1_200, 6);
  });

  test('all features begin with those that agents observe, bit for bit, under a hash of their own', () => {
    const tape = randomTape(300);
    const all = follow(tape);
    const few = new FeatureTracker(market);
    const state = new MarketState(market);
    for (let message = 0; message < messageCount(tape); message++) {
      const end = tape.messageStart[message + 1]!;
      for (let row = tape.messageStart[message]!; row < end; row++) {
        state.apply(tape, row);
        few.onRow(tape, row, state);
      }
      if (end > 0) few.onMessageEnd(tape.exchange[end - 1]! as Nanos);
    }
    expect(all.tracker.names.slice(0, few.names.length)).toEqual(few.names);
    expect(all.tracker.schemaHash).not.toBe(few.schemaHash);
    const into = new Float32Array(few.names.length);
    for (let slot = 0; slot < SLOTS; slot++) {
      few.write(state, slot, into, 0);
      const from = slot * all.tracker.names.length;
      expect(all.features().subarray(from, from + into.length)).toEqual(into);
    }
  });

  test('the schema hash names columns: two trackers agree', () => {
    const [one, other] = [
      new FeatureTracker(market),
      new FeatureTracker({ ...market, runners: market.runners.slice(1) })
    ];
    expect(one.schemaHash).toBe(other.schemaHash);
    expect(one.schemaHash).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set([...one.names, ...one.marketNames]).size).toBe(one.names.length + one.marketNames.length);
  });
});
