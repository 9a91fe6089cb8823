/**
 * Value traders: have worked out a price, with an error, and want an edge on it. They take what is on offer when it is
 * good enough, else leave an order at the price they want: the anchor that momentum lacks.
 */
import { NO_TICK } from '../../../market/tape.ts';
import { Side } from '../runner-book.ts';
import { Owner } from '../trading-floor.ts';
import type { TradingFloor } from '../trading-floor.ts';
import type { PatientCrowd } from './patient-crowd.ts';

/** Standard deviation of a value trader's view of the true price, and the edge it wants, ticks. */
const ERROR_TICKS = 2;
const EDGE_TICKS = 1;

/** @param crowd an order that is left waiting is lost patience with as any other is */
export function actValue(floor: TradingFloor, crowd: PatientCrowd, at: { runner: number; impact: number }): void {
  const { runner, impact } = at;
  const worth = floor.trueTick(runner) + ERROR_TICKS * floor.random.normal();
  const side = floor.random.uniform() < 0.5 ? Side.bid : Side.ask;
  const tick = side === Side.bid ? Math.floor(worth - EDGE_TICKS) : Math.ceil(worth + EDGE_TICKS);
  const book = floor.books[runner]!;
  const other = side === Side.bid ? book.bestAsk : book.bestBid;
  const lots = floor.stake(0.5 * floor.ordinaryStake(runner), 0.8);
  const crosses = other !== NO_TICK && (side === Side.bid ? tick >= other : tick <= other);
  if (crosses) floor.takeBest({ runner, side, lots, reach: 0, owner: Owner.value, impact });
  else crowd.wait({ runner, side, tick, lots });
}
