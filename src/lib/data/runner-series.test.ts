import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import type { Nanos, Ticks } from '../core/units.ts';
import { betfairRules } from '../market/venues/betfair.ts';
import { TapeBuilder } from '../market/tape-builder.ts';
import { NO_SLOT, NO_TICK, RowKind } from '../market/tape.ts';
import type { Tape } from '../market/tape.ts';
import { runnerSeries } from './runner-series.ts';

const START = 1_700_000_000_000;

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
