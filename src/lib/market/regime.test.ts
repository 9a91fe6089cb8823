import { expect, test } from 'vitest';
import { miniBuilder, miniMarket } from '../../../tests/support/mini-tape.ts';
import type { Ticks } from '../core/units.ts';
import { seconds } from '../core/units.ts';
import { regimeFigures } from './regime.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from './tape.ts';
import type { Tape } from './tape.ts';

const OFF_SECONDS = 3600;
const market = miniMarket({ runners: 1, scheduledSeconds: OFF_SECONDS });
const { ladder } = market.rules;

/** One runner whose best prices stand at `tick(minute)` and the one above, over the last half hour. */
function tapeOf(tick: (minute: number) => number): Tape {
  const builder = miniBuilder();
  builder.message(seconds(0));
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  for (let minute = -1; minute < 30; minute++) {
    // Shortly before each minute, so that no point falls on a change.
    builder.message(seconds(OFF_SECONDS - 1800 + minute * 60 + 50));
    builder.row(RowKind.clear, 0, NO_TICK, 0);
    builder.row(RowKind.bid, 0, tick(minute + 1), 100);
    builder.row(RowKind.ask, 0, tick(minute + 1) + 1, 100);
  }
  return builder.build(market, { shared: false });
}

const logMid = (tick: number): number =>
  Math.log(ladder.priceOf(tick as Ticks) * ladder.priceOf((tick + 1) as Ticks)) / 2;

test('a price that goes one way has a trend of 1, one that comes back has none; both moved as much', () => {
  const straight = regimeFigures(tapeOf((minute) => 100 + minute));
  const back = regimeFigures(tapeOf((minute) => 100 + (minute % 2)));
  expect(straight.trend).toBeCloseTo(1, 6);
  expect(back.trend).toBeLessThan(0.05);
  const step = logMid(101) - logMid(100);
  expect(back.volatility / Math.abs(step)).toBeCloseTo(1, 1);
});

test('a price that stands has neither, and where there is none there are no figures', () => {
  expect(regimeFigures(tapeOf(() => 100))).toEqual({ volatility: 0, trend: 0 });
  const builder = miniBuilder();
  builder.message(seconds(0));
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  const figures = regimeFigures(builder.build(market, { shared: false }));
  expect([figures.volatility, figures.trend]).toEqual([Number.NaN, Number.NaN]);
});
