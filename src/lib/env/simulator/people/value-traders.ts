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
export function actValue(floor: TradingFloor, crowd: PatientCrowd, runner: number): void {
  const { random } = floor;
  floor.truth.price(runner);
  random.drawNormal();
  const worth = floor.truth.ticks[runner]! + ERROR_TICKS * random.drawn;
  random.drawUniform();
  const side = random.drawn < 0.5 ? Side.bid : Side.ask;
  const tick = side === Side.bid ? Math.floor(worth - EDGE_TICKS) : Math.ceil(worth + EDGE_TICKS);
  const book = floor.books[runner]!;
  const other = side === Side.bid ? book.bestAsk : book.bestBid;
  floor.setOrdinary(runner);
  floor.typical = 0.5 * floor.ordinary;
  const lots = floor.stake(0.8);
  const crosses = other !== NO_TICK && (side === Side.bid ? tick >= other : tick <= other);
  if (crosses) floor.takeBest(runner, side, lots, 0, Owner.value);
  else crowd.wait(runner, side, tick, lots);
}
