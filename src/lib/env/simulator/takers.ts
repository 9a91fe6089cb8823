/** Those who take prices: informed money, chasers of a moved price, and bettors without a reason. */
import { NO_TICK } from '../../market/tape.ts';
import { Side } from './runner-book.ts';
import { Owner } from './trading-floor.ts';
import type { TradingFloor } from './trading-floor.ts';

/** Informed money takes a price only when it is better than the truth by this much, ticks. */
const INFORMED_EDGE_TICKS = 0.3;
/** A trend below this is not chased, ticks. */
const CHASED_TREND_TICKS = 0.6;
/** Of informed orders, those that wait at the best price rather than pay the spread. */
const PATIENT_SHARE = 0.3;
const MOST_INFORMED_SHARE = 0.45;

/**
 * Share of events on a runner that are informed money: so large that the believed price closes its distance to the
 * truth in about `absorptionSeconds`, whatever the pace of events. Kyle (1985): the informed spread their orders over
 * time, so early flow foretells later flow.
 */
export function informedShare(floor: TradingFloor, runner: number, eventsPerSecond: number): number {
  const distance = Math.abs(floor.trueTick(runner) - floor.believedTick(runner));
  const pace = floor.behaviour.absorptionSeconds * eventsPerSecond * floor.impact(eventsPerSecond);
  return Math.min(MOST_INFORMED_SHARE, distance / pace);
}

/** One informed order: takes a price that is wrong, or waits at the best one on the side it wants. */
export function actInformed(floor: TradingFloor, runner: number, impact: number): void {
  const book = floor.books[runner]!;
  const truth = floor.trueTick(runner);
  const lots = floor.stake(0.3 * floor.ordinaryStake(runner), 1.4);
  const waits = floor.random.uniform() < PATIENT_SHARE;
  if (!waits && book.bestBid !== NO_TICK && book.bestBid > truth + INFORMED_EDGE_TICKS) {
    floor.takeBest({ runner, side: Side.ask, lots, reach: 0, owner: Owner.informed, impact });
  } else if (!waits && book.bestAsk !== NO_TICK && book.bestAsk < truth - INFORMED_EDGE_TICKS) {
    floor.takeBest({ runner, side: Side.bid, lots, reach: 0, owner: Owner.informed, impact });
  } else {
    const side = truth < floor.believedTick(runner) ? Side.ask : Side.bid;
    const best = book.best(side);
    if (best !== NO_TICK) floor.rest({ runner, side, tick: best, lots: 2 * lots, owner: Owner.informed });
  }
}

/** Follows a price that has moved: backs a runner that shortens, lays one that drifts. */
export function actMomentum(floor: TradingFloor, runner: number, at: { time: number; impact: number }): void {
  const trend = floor.trend(runner, at.time);
  if (Math.abs(trend) < CHASED_TREND_TICKS) return;
  const side = trend < 0 ? Side.ask : Side.bid;
  const lots = floor.stake(0.2 * floor.ordinaryStake(runner), 1.2);
  floor.takeBest({ runner, side, lots, reach: 0, owner: Owner.momentum, impact: at.impact });
}

/** A bet for its own sake; now and then large enough to walk the book. */
export function actNoise(floor: TradingFloor, runner: number, impact: number): void {
  const side = floor.random.uniform() < 0.5 ? Side.ask : Side.bid;
  const ordinary = floor.ordinaryStake(runner);
  const lots = floor.stake(0.15 * ordinary, 1.7);
  // The larger the bet against what usually stands at a price, the further it is let walk.
  const reach = Math.min(2, Math.floor(lots / (80 * ordinary)));
  floor.takeBest({ runner, side, lots, reach, owner: Owner.noise, impact });
}
