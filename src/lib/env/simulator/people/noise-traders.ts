/** Noise traders (Black 1986): bet for the bet's sake, on either side, and now and then enough to walk the book. */
import { Side } from '../runner-book.ts';
import { Owner } from '../trading-floor.ts';
import type { TradingFloor } from '../trading-floor.ts';

export function actNoise(floor: TradingFloor, runner: number, impact: number): void {
  const side = floor.random.uniform() < 0.5 ? Side.ask : Side.bid;
  const ordinary = floor.ordinaryStake(runner);
  const lots = floor.stake(0.15 * ordinary, 1.7);
  // The larger the bet against what usually stands at a price, the further it is let walk.
  const reach = Math.min(2, Math.floor(lots / (80 * ordinary)));
  floor.takeBest({ runner, side, lots, reach, owner: Owner.noise, impact });
}
