/** Small made-up markets of instruments for tests: written row by row, or walking at random from a seed. */
import { Random } from '../../src/lib/core/random.ts';
import type { Nanos, Seed } from '../../src/lib/core/units.ts';
import { millis } from '../../src/lib/core/units.ts';
import type { MarketRules } from '../../src/lib/market/rules.ts';
import { TapeBuilder } from '../../src/lib/market/tape-builder.ts';
import type { MarketInfo, Tape } from '../../src/lib/market/tape.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../src/lib/market/tape.ts';
import { binanceUsdmRules } from '../../src/lib/market/venues/binance.ts';

/** A perpetual with prices of 0.1 from 0 on and sizes of 0.001. */
export const perpetualRules = (): MarketRules =>
  binanceUsdmRules({ symbol: 'TEST', priceDecimals: 1, sizeDecimals: 3, lowestStep: 0, steps: 4000 });

export function instrumentInfo(rules: MarketRules, instruments = 1): MarketInfo {
  return {
    id: 'TEST-1',
    venue: rules.id,
    name: 'Test',
    eventName: 'Test',
    kind: 'TEST',
    country: '',
    rules,
    runners: Array.from({ length: instruments }, (_, slot) => ({
      slot,
      id: `I${String(slot)}`,
      handicap: 0,
      name: `Instrument ${String(slot)}`,
      sortPriority: slot + 1
    })),
    scheduledMillis: 0,
    fingerprint: '',
    synthetic: true
  };
}

/** One row: kind, tick, lots, and its slot where that is not 0. */
export type Row = readonly [kind: RowKind, tick: number, lots: number, slot?: number];

/** Messages at [milliseconds at the venue, milliseconds when seen], after one that opens the market at 0. */
export function tapeOf(
  rules: MarketRules,
  messages: readonly (readonly [venue: number, seen: number, ...rows: Row[]])[],
  instruments = 1
): Tape {
  const builder = new TapeBuilder(1_700_000_000_000_000_000n);
  builder.message(0 as Nanos);
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  for (const [venue, seen, ...rows] of messages) {
    builder.message(millis(venue), millis(seen));
    for (const [kind, tick, lots, slot = 0] of rows) builder.row(kind, slot, tick, lots);
  }
  return builder.build(instrumentInfo(rules, instruments), { shared: false });
}

/** A book of a few levels around a price that walks, its changes and trades seen a random while later, now and then crossed. */
export function walkingTape(options: { seed: number; rules: MarketRules; middle: number; messages?: number }): Tape {
  const { seed, rules, messages = 300 } = options;
  const random = new Random(seed as Seed, 'walking tape');
  const rows: [number, number, ...Row[]][] = [];
  let { middle } = options;
  let seen = 0;
  for (let message = 1; message <= messages; message++) {
    const venue = message * 10 + random.below(8);
    seen = Math.max(seen, venue + random.below(25));
    const changes: Row[] = [];
    if (message === 1) {
      for (let level = 1; level <= 6; level++) {
        changes.push([RowKind.bid, middle - level, 1 + random.below(40)]);
        changes.push([RowKind.ask, middle + level, 1 + random.below(40)]);
      }
    }
    if (random.below(12) === 0) middle += random.below(3) - 1;
    for (let change = random.below(4); change >= 0; change--) {
      const away = 1 + random.below(6);
      const lots = random.below(3) === 0 ? 0 : 1 + random.below(40);
      const kind = random.below(2) === 0 ? RowKind.bid : RowKind.ask;
      changes.push([kind, kind === RowKind.bid ? middle - away : middle + away, lots]);
    }
    if (random.below(3) === 0) {
      const buy = random.below(2) === 0;
      const kind = buy ? RowKind.buyTrade : RowKind.sellTrade;
      changes.push([kind, middle + (buy ? 1 : -1) * random.below(4), 1 + random.below(30)]);
    }
    rows.push([venue, seen, ...changes]);
  }
  return tapeOf(rules, rows);
}
