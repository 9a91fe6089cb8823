/** Momentum traders: judge a price by where it comes from and follow it. They lengthen every move, true or not. */
import { Side } from '../runner-book.ts';
import { Owner } from '../trading-floor.ts';
import type { TradingFloor } from '../trading-floor.ts';

/** A trend below this is not chased, ticks. */
const CHASED_TREND_TICKS = 0.6;

/** Backs a runner that shortens, lays one that drifts. */
export function actMomentum(floor: TradingFloor, runner: number, at: { time: number; impact: number }): void {
  const trend = floor.trend(runner, at.time);
  if (Math.abs(trend) < CHASED_TREND_TICKS) return;
  const side = trend < 0 ? Side.ask : Side.bid;
  const lots = floor.stake(0.2 * floor.ordinaryStake(runner), 1.2);
  floor.takeBest({ runner, side, lots, reach: 0, owner: Owner.momentum, impact: at.impact });
}
