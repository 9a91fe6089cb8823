/**
 * Informed money: knows the truth to the tick, takes prices that are wrong and spreads its orders over time (Kyle 1985).
 * It alone carries news into prices: what it has not yet brought in is the drift that early flow foretells.
 */
import { NO_TICK } from '../../../market/tape.ts';
import { Side } from '../runner-book.ts';
import { Owner } from '../trading-floor.ts';
import type { TradingFloor } from '../trading-floor.ts';

/** It takes a price only when it is better than the truth by this much, ticks. */
const EDGE_TICKS = 0.3;
/** Of its orders, those that wait at the best price rather than pay the spread. */
const PATIENT_SHARE = 0.3;
const MOST_SHARE = 0.45;

/**
 * Share of events on a runner that are informed money: so large that the believed price closes its distance to the
 * truth in about `absorptionSeconds`, whatever the pace of events.
 */
export function informedShare(floor: TradingFloor, runner: number, eventsPerSecond: number): number {
  const distance = Math.abs(floor.trueTick(runner) - floor.believedTick(runner));
  const pace = floor.behaviour.absorptionSeconds * eventsPerSecond * floor.impact(eventsPerSecond);
  return Math.min(MOST_SHARE, distance / pace);
}

/** One informed order: takes a price that is wrong, or waits at the best one on the side it wants. */
export function actInformed(floor: TradingFloor, runner: number, impact: number): void {
  const book = floor.books[runner]!;
  const truth = floor.trueTick(runner);
  const lots = floor.stake(0.3 * floor.ordinaryStake(runner), 1.4);
  const waits = floor.random.uniform() < PATIENT_SHARE;
  if (!waits && book.bestBid !== NO_TICK && book.bestBid > truth + EDGE_TICKS) {
    floor.takeBest({ runner, side: Side.ask, lots, reach: 0, owner: Owner.informed, impact });
  } else if (!waits && book.bestAsk !== NO_TICK && book.bestAsk < truth - EDGE_TICKS) {
    floor.takeBest({ runner, side: Side.bid, lots, reach: 0, owner: Owner.informed, impact });
  } else {
    const side = truth < floor.believedTick(runner) ? Side.ask : Side.bid;
    const best = book.best(side);
    if (best !== NO_TICK) floor.rest({ runner, side, tick: best, lots: 2 * lots, owner: Owner.informed });
  }
}
