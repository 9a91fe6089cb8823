/** An episode stood again from what is kept of it must be worth what it was worth while it was played. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { miniTape } from '../../../../tests/support/mini-tape.ts';
import { EnvSchema } from '$lib/config/run-config.ts';
import type { MarketEnvConfig } from '$lib/config/run-config.ts';
import type { Nanos, Seed } from '$lib/core/units.ts';
import { randomPolicy } from '$lib/env/baselines.ts';
import { ordersOf } from '$lib/env/episode-orders.ts';
import type { KeptOrder } from '$lib/env/episode-orders.ts';
import { makeVectorEnv } from '$lib/env/make-env.ts';
import type { EpisodeTrace } from '$lib/env/trace.ts';
import { Book } from '$lib/market/book.ts';
import { TapeBuilder } from '$lib/market/tape-builder.ts';
import { RowKind } from '$lib/market/tape.ts';
import type { Tape } from '$lib/market/tape.ts';
import { betfairRules } from '$lib/market/venues/betfair.ts';
import { OwnEpisode } from './own-episode.ts';
import { closedWords } from './own-words.ts';
import { Replay } from './replay.ts';

const config = v.parse(EnvSchema, {
  id: 'AUPreOffV7TradeCost',
  environments: 1,
  slots: 3,
  startMinutes: 1,
  decisionSeconds: 2
}) as MarketEnvConfig;

function played(tape: Tape): EpisodeTrace {
  const traces: EpisodeTrace[] = [];
  const env = makeVectorEnv({
    config,
    tapes: [tape],
    trace: { environment: 0, onEpisode: (trace) => traces.push(structuredClone(trace)) }
  });
  env.reset({ seed: 3 as Seed, schedule: 'once' });
  const policy = randomPolicy(env.spec, 5 as Seed);
  while (env.buffers.episode[0]! >= 0) {
    policy.act(env.buffers);
    env.step();
  }
  const [trace] = traces;
  if (trace === undefined) throw new Error('no episode was recorded');
  return trace;
}

const nanosOf = (tape: Tape, millis: number): Nanos =>
  ((millis - Number(tape.startEpochNanos / 1_000_000n)) * 1e6) as Nanos;

describe('a run’s episode on a market', () => {
  it.each([1, 2, 3])('has at every decision the worst outcome that the environment had then (market %i)', (seed) => {
    const tape = miniTape({ seed, id: `1.${String(seed)}` });
    const trace = played(tape);
    const kept = ordersOf(trace);
    expect(kept.leftOut).toBe(0);
    const episode = new OwnEpisode(tape, kept.orders);
    expect(episode.isKnown).toBe(true);
    let held = 0;
    for (let step = 0; step + 1 < trace.decisions.length; step++) {
      episode.standAt(nanosOf(tape, trace.decisions[step + 1]!.millis));
      expect(episode.worst).toBeCloseTo(trace.decisions[step]!.worst, 9);
      if (episode.traded) held++;
    }
    expect(held).toBeGreaterThan(3);
  });

  it('is the same whichever way the moment was reached', () => {
    const tape = miniTape({ seed: 2, id: '1.2' });
    const kept = ordersOf(played(tape)).orders;
    const there = new OwnEpisode(tape, kept);
    const back = new OwnEpisode(tape, kept);
    const replay = new Replay(tape);
    const cursor = replay.cursor();
    const told = (episode: OwnEpisode): unknown => [
      episode.worst,
      episode.closedNow(cursor.state.books),
      [...episode.levels(0)],
      episode.position(1)
    ];
    back.standAt(1e15 as Nanos);
    for (const seconds of [60, 20, 45, 33, 59]) {
      const time = (seconds * 1e9) as Nanos;
      replay.seek(cursor, time);
      there.standAt(time);
      back.standAt(1e15 as Nanos);
      back.standAt(time);
      expect(told(back)).toEqual(told(there));
    }
  });
});

describe('one order by hand', () => {
  const market = { ...miniTape({ seed: 1 }).market, rules: betfairRules({ currency: 'AUD' }) };
  const tapeWith = (rows: readonly (readonly [second: number, kind: RowKind, slot: number, lots: number])[]): Tape => {
    const builder = new TapeBuilder(0n);
    builder.message(0 as Nanos);
    builder.row(RowKind.bid, 0, 100, 50);
    for (const [second, kind, slot, lots] of rows) {
      builder.message((second * 1e9) as Nanos);
      builder.row(kind, slot, -1, lots);
    }
    return builder.build(market, { shared: false });
  };
  const order = (over: Partial<KeptOrder> = {}): KeptOrder => ({
    side: 'back',
    runner: 'Runner 1',
    runnerId: '1',
    slot: 0,
    price: 5,
    lots: 1000,
    matchedLots: 600,
    state: 'ended',
    end: 'cancelled',
    sentence: '',
    madeMillis: 1000,
    life: {
      acceptedMillis: 1120,
      endedMillis: 9000,
      fills: [
        { millis: 3000, price: 5, lots: 400 },
        { millis: 5000, price: 5, lots: 200 }
      ]
    },
    ...over
  });
  const tick = market.rules.ladder.tickOf(5)!;
  const level = (episode: OwnEpisode, seconds: number): unknown => {
    episode.standAt((seconds * 1e9) as Nanos);
    return episode.levels(0).get(tick);
  };

  it('waits from when the venue has it, less what has filled, until it is cancelled', () => {
    const episode = new OwnEpisode(tapeWith([]), [order()]);
    const of = (waitingBack: number, matchedBack: number) => ({
      waitingBack,
      waitingLay: 0,
      matchedBack,
      matchedLay: 0
    });
    expect(level(episode, 1.1)).toBeUndefined();
    expect(level(episode, 1.12)).toEqual(of(1000, 0));
    expect(level(episode, 3)).toEqual(of(600, 400));
    expect(level(episode, 8)).toEqual(of(400, 600));
    expect(level(episode, 9)).toEqual(of(0, 600));
    expect(level(episode, 2)).toEqual(of(1000, 0));
  });

  it('closes at a price for stake × (own price / that price − 1), whoever wins', () => {
    const episode = new OwnEpisode(tapeWith([]), [order()]);
    episode.standAt(6e9 as Nanos);
    const at = (price: number): number => episode.closedAt(0, market.rules.ladder.tickOf(price)!);
    expect(at(5)).toBeCloseTo(0, 12);
    expect(at(4)).toBeCloseTo(6 * (5 / 4 - 1), 12);
    expect(at(6)).toBeCloseTo(6 * (5 / 6 - 1), 12);
    expect(episode.position(0)).toEqual({ ifWins: 24, ifLoses: -6, traded: true });
    expect(episode.closedAt(1, tick)).toBe(0);
  });

  it('is restated by another runner’s removal and void by its own', () => {
    const other = new OwnEpisode(tapeWith([[4, RowKind.removal, 1, 2000]]), [order()]);
    other.standAt(3.5e9 as Nanos);
    expect(other.position(0).ifWins).toBeCloseTo(4 * 4, 12);
    other.standAt(4e9 as Nanos);
    // 5.00 less 20 % is 4.00: what was matched before pays 3 times the stake.
    expect(other.position(0).ifWins).toBeCloseTo(4 * 3, 12);
    other.standAt(6e9 as Nanos);
    expect(other.position(0).ifWins).toBeCloseTo(4 * 3 + 2 * 4, 12);
    const own = new OwnEpisode(tapeWith([[4, RowKind.removal, 0, 2000]]), [order()]);
    own.standAt(3.5e9 as Nanos);
    expect(own.traded).toBe(true);
    own.standAt(4e9 as Nanos);
    expect([own.traded, own.position(0).ifWins, own.worst]).toEqual([false, 0, 0]);
  });

  it('is closed against what others ask, and has no worth where nobody asks', () => {
    const asked = (lots: number): Book[] => {
      const books = market.runners.map(() => new Book(market.rules.ladder));
      if (lots > 0) books[0]?.setAsk(market.rules.ladder.tickOf(4)!, lots);
      return books;
    };
    const episode = new OwnEpisode(tapeWith([]), [order()]);
    episode.standAt(6e9 as Nanos);
    // 6 backed at 5 lays 7.50 at 4: 1.50 whoever wins.
    const whole = episode.closedNow(asked(10_000));
    expect(whole.closable).toBe(1);
    expect(closedWords(whole, 'AUD')).toEqual({ closed: '+1.50 AUD', closedTitle: undefined });
    const half = episode.closedNow(asked(375));
    expect(half.closable).toBeCloseTo(0.5, 9);
    expect(closedWords(half, 'AUD').closedTitle).toMatch(/^the book takes (49|50) %/u);
    const none = episode.closedNow(asked(0));
    expect(none.closable).toBe(0);
    expect(closedWords(none, 'AUD')).toEqual({ closed: '–', closedTitle: 'no price is offered to close at' });
    // What nobody bids for matters to no back bet; what is not held needs no price.
    episode.standAt(1e9 as Nanos);
    expect(episode.closedNow(asked(0))).toEqual({ value: 0, closable: 1 });
  });

  it('says where it stops being known, and that a run kept no times', () => {
    const cut = new OwnEpisode(tapeWith([]), [order()], 3);
    expect(cut.knownUntil).toBe(1e9);
    const { life, ...older } = order();
    expect(life).toBeDefined();
    expect(new OwnEpisode(tapeWith([]), [older]).isKnown).toBe(false);
  });
});
