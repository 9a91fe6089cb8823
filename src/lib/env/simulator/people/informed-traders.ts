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

/** Share of events on a runner that are informed money, as last worked out. */
export class InformedShare {
  now = 0;

  /**
   * So large that the believed price closes its distance to the truth in about `absorptionSeconds`, whatever the pace of
   * events.
   */
  of(floor: TradingFloor, runner: number): void {
    const { truth, belief } = floor;
    truth.price(runner);
    belief.price(runner);
    const distance = Math.abs(truth.ticks[runner]! - belief.ticks[runner]!);
    const pace = floor.behaviour.absorptionSeconds * floor.pace * floor.impact;
    this.now = Math.min(MOST_SHARE, distance / pace);
  }
}

/** One informed order: takes a price that is wrong, or waits at the best one on the side it wants. */
export function actInformed(floor: TradingFloor, runner: number): void {
  const { random } = floor;
  const book = floor.books[runner]!;
  floor.truth.price(runner);
  floor.belief.price(runner);
  const truth = floor.truth.ticks[runner]!;
  const believed = floor.belief.ticks[runner]!;
  floor.setOrdinary(runner);
  floor.typical = 0.3 * floor.ordinary;
  const lots = floor.stake(1.4);
  random.drawUniform();
  const waits = random.drawn < PATIENT_SHARE;
  if (!waits && book.bestBid !== NO_TICK && book.bestBid > truth + EDGE_TICKS) {
    floor.takeBest(runner, Side.ask, lots, 0, Owner.informed);
  } else if (!waits && book.bestAsk !== NO_TICK && book.bestAsk < truth - EDGE_TICKS) {
    floor.takeBest(runner, Side.bid, lots, 0, Owner.informed);
  } else {
    const side = truth < believed ? Side.ask : Side.bid;
    const best = book.best(side);
    if (best !== NO_TICK) floor.rest(runner, side, best, 2 * lots, Owner.informed);
  }
}
