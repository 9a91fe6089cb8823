/** Momentum traders: judge a price by where it comes from and follow it. They lengthen every move, true or not. */
import { Side } from '../runner-book.ts';
import { Owner } from '../trading-floor.ts';
import type { TradingFloor } from '../trading-floor.ts';

/** A trend below this is not chased, ticks. */
const CHASED_TREND_TICKS = 0.6;

/** Backs a runner that shortens, lays one that drifts. */
export function actMomentum(floor: TradingFloor, runner: number): void {
  floor.followTrend(runner);
  if (Math.abs(floor.trend) < CHASED_TREND_TICKS) return;
  const side = floor.trend < 0 ? Side.ask : Side.bid;
  floor.setOrdinary(runner);
  floor.typical = 0.2 * floor.ordinary;
  floor.takeBest(runner, side, floor.stake(1.2), 0, Owner.momentum);
}
