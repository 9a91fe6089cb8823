import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { eventfulTape } from '../../../tests/support/eventful-tape.ts';
import type { Nanos, Ticks } from '../core/units.ts';
import { FeatureTracker } from '../market/features/feature-tracker.ts';
import { MarketState } from '../market/market-state.ts';
import { betfairRules } from '../market/venues/betfair.ts';
import { TapeBuilder } from '../market/tape-builder.ts';
import { NO_SLOT, NO_TICK, RowKind, epochMillis, messageCount } from '../market/tape.ts';
import type { Tape } from '../market/tape.ts';
import { featureColumns, runnerSeries } from './runner-series.ts';

const START = 1_700_000_000_000;

const startMillis = (tape: Tape): number => Number(tape.startEpochNanos / 1_000_000n);

type Event = readonly [millis: number, kind: RowKind, slot: number, tick: number, lots: number];

function tapeOf(events: readonly Event[]): Tape {
  const builder = new TapeBuilder(BigInt(START) * 1_000_000n);
  for (const [millis, kind, slot, tick, lots] of events) {
    builder.message((millis * 1e6) as Nanos);
    builder.row(kind, slot, tick, lots);
  }
  const runner = (slot: number) => ({
    slot,
    id: String(slot),
    handicap: 0,
    name: `R${String(slot)}`,
    sortPriority: slot
  });
  return builder.build(
    {
      id: '1.1',
      venue: 'betfair',
      name: '',
      eventName: '',
      kind: 'WIN',
      country: 'AU',
      rules: betfairRules(),
      runners: [runner(0), runner(1)],
      scheduledMillis: START,
      fingerprint: '',
      synthetic: true
    },
    { shared: false }
  );
}

test('each second that saw anything has a row a runner, with the state at its end', () => {
  const tape = tapeOf([
    [100, RowKind.bid, 0, 100, 500],
    [900, RowKind.bid, 0, 101, 700],
    [950, RowKind.ask, 0, 103, 250],
    [5200, RowKind.trade, 1, 50, 1000],
    [5999, RowKind.inPlay, NO_SLOT, NO_TICK, 1]
  ]);
  const { rows, columns } = runnerSeries(tape, { key: 7 });
  const price = (tick: number): number => tape.market.rules.ladder.priceOf(tick as Ticks);
  expect(rows).toBe(4);
  expect([...columns.slot]).toEqual([0, 1, 0, 1]);
  expect([...columns.market_key]).toEqual([7, 7, 7, 7]);
  expect([...columns.millis]).toEqual([START + 1000, START + 1000, START + 6000, START + 6000]);
  expect([...columns.back]).toEqual([price(101), Number.NaN, price(101), Number.NaN]);
  expect([...columns.back_size]).toEqual([7, Number.NaN, 7, Number.NaN]);
  expect([...columns.lay]).toEqual([price(103), Number.NaN, price(103), Number.NaN]);
  expect([...columns.traded]).toEqual([0, 0, 0, 10]);
  expect([...columns.in_play]).toEqual([0, 0, 1, 1]);
});

property.prop([fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 60 })])(
  'times grow, every row lies after what it shows, and no second is left out',
  (gaps) => {
    let now = 0;
    const times = gaps.map((gap) => (now += gap));
    const { rows, columns } = runnerSeries(tapeOf(times.map((at) => [at, RowKind.bid, 0, 100, 1 + at] as const)));
    const ends = [...new Set(times.map((at) => START + (Math.floor(at / 1000) + 1) * 1000))];
    expect(rows).toBe(ends.length * 2);
    expect([...columns.millis].filter((_, row) => row % 2 === 0)).toEqual(ends);
    const last = ends.map((end) => Math.max(...times.filter((at) => START + at < end)));
    expect([...columns.back_size].filter((_, row) => row % 2 === 0)).toEqual(last.map((at) => (1 + at) * 0.01));
  }
);

test.each(['preOff', 'all'] as const)(
  'features (%s) are those of what came before the moment, written by a tracker that has seen nothing else',
  (features) => {
    const tape = eventfulTape({ seed: 5 });
    const gridMillis = 250;
    const { rows, columns } = runnerSeries(tape, { gridMillis, features });
    const { names } = featureColumns(features);
    const slots = tape.market.runners.length;
    const moments = rows / slots;
    for (const moment of [0, 1, Math.floor(moments / 3), Math.floor(moments / 2), moments - 1]) {
      const millis = columns.millis[moment * slots]!;
      const state = new MarketState(tape.market);
      const tracker = new FeatureTracker(tape.market, features);
      for (let message = 0; message < messageCount(tape); message++) {
        const [first, end] = [tape.messageStart[message]!, tape.messageStart[message + 1]!];
        if (epochMillis(tape, tape.exchange[first]! as Nanos) >= millis) break;
        for (let row = first; row < end; row++) {
          state.apply(tape, row);
          tracker.onRow(tape, row, state);
        }
        tracker.onMessageEnd(tape.exchange[end - 1]! as Nanos);
      }
      tracker.onMessageEnd(((millis - startMillis(tape)) * 1e6) as Nanos);
      const expected = new Float32Array(names.length);
      for (let slot = 0; slot < slots; slot++) {
        tracker.write(state, slot, expected, 0);
        tracker.writeMarket(state, expected, tracker.names.length);
        const found = names.map((name) => (columns[name] as Float32Array)[moment * slots + slot]!);
        expect(Float32Array.from(found)).toEqual(expected);
      }
    }
  }
);

test('prices are the same with features and without, on any grid', () => {
  const tape = eventfulTape({ seed: 8 });
  for (const gridMillis of [1, 100, 5000]) {
    const bare = runnerSeries(tape, { gridMillis });
    const full = runnerSeries(tape, { gridMillis, features: 'all' });
    for (const [name, values] of Object.entries(bare.columns)) expect(full.columns[name]).toEqual(values);
    expect(Object.keys(full.columns).length - Object.keys(bare.columns).length).toBe(
      featureColumns('all').names.length
    );
  }
});

test('every feature says what a value of 1 is and by which formula', () => {
  const { names, about } = featureColumns('all');
  expect(about).toHaveLength(names.length);
  for (const { unit, formula } of about) {
    expect(unit).not.toBe('');
    expect(formula.length).toBeGreaterThan(5);
  }
  // Told apart: two features of one formula would be one.
  expect(new Set(about.map(({ formula }) => formula)).size).toBe(names.length);
});
