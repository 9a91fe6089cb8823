import { expect, test } from 'vitest';
import type { Nanos } from '../core/units.ts';
import { allPriceSeries, offTime, priceSeries } from './price-series.ts';
import { betfairRules } from './venues/betfair.ts';
import { TapeBuilder } from './tape-builder.ts';
import { NO_SLOT, RowKind } from './tape.ts';
import type { Tape } from './tape.ts';

/** A quote that rises a tick every second for 100 s; the second runner leaves at 50 s; in play at 100 s. */
function rising(): Tape {
  const builder = new TapeBuilder(0n);
  for (let second = 0; second <= 100; second++) {
    builder.message((second * 1e9) as Nanos);
    for (const slot of [0, 1]) {
      if (second > 0) builder.row(RowKind.bid, slot, 99 + second, 0);
      builder.row(RowKind.bid, slot, 100 + second, 500);
    }
    if (second === 50) builder.row(RowKind.removal, 1, 0, 1000);
    if (second === 100) builder.row(RowKind.inPlay, NO_SLOT, 0, 1);
  }
  const runner = (slot: number) => ({
    slot,
    id: `r${slot}`,
    handicap: 0,
    name: `Horse ${slot}`,
    sortPriority: slot + 1
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
      scheduledMillis: 90_000,
      fingerprint: '',
      synthetic: true
    },
    { shared: false }
  );
}

test('a market is off when it turns in play, not when it was scheduled', () => {
  expect(offTime(rising())).toBe(100e9);
});

test('a market without a known start is off at the end of its tape', () => {
  const { market, ...rows } = rising();
  const kind = rows.kind.map((one) => (one === RowKind.inPlay ? RowKind.betDelay : one));
  expect(offTime({ ...rows, kind, market: { ...market, scheduledMillis: 0 } })).toBe(100e9);
});

test('each point shows the book as it stood then', () => {
  const tape = rising();
  const { ladder } = tape.market.rules;
  const series = priceSeries(tape, { runner: 'Horse 0', points: 11 });
  expect([...series.bestBack]).toEqual(Array.from({ length: 11 }, (_, i) => ladder.priceOf((100 + i * 10) as never)));
  expect(series.offMillis - series.millis[0]!).toBe(100_000);
});

test('a runner that left has no price from then on', () => {
  const series = allPriceSeries(rising(), { points: 11 })[1]!;
  expect(Number.isNaN(series.bestBack[4]!)).toBe(false);
  expect(series.bestBack.slice(5).every(Number.isNaN)).toBe(true);
});

test('a runner that does not exist is named together with those that do', () => {
  expect(() => priceSeries(rising(), { runner: 'Pegasus', points: 2 })).toThrow(/Pegasus.*Horse 0, Horse 1/);
});
