/** Noise traders (Black 1986): bet for the bet's sake, on either side, and now and then enough to walk the book. */
import { Side } from '../runner-book.ts';
import { Owner } from '../trading-floor.ts';
import type { TradingFloor } from '../trading-floor.ts';

/** Runners that a bettor who spreads a bet over several backs or lays at once, at most. */
const MOST_RUNNERS = 6;

/** One bettor comes, for one runner or, as often as `spreadBetShare` has it, for several on the same side. */
export function actNoise(floor: TradingFloor, runner: number, impact: number): void {
  const { random } = floor;
  const side = random.uniform() < 0.5 ? Side.ask : Side.bid;
  bet(floor, runner, { side, impact });
  const { spreadBetShare } = floor.behaviour;
  if (spreadBetShare === undefined || random.uniform() >= spreadBetShare) return;
  const runners = floor.books.length;
  const more = random.below(Math.min(MOST_RUNNERS, runners)) + 1;
  for (let i = 1; i < more; i++) bet(floor, (runner + i) % runners, { side, impact });
}

function bet(floor: TradingFloor, runner: number, how: { side: Side; impact: number }): void {
  const ordinary = floor.ordinaryStake(runner);
  const lots = floor.stake(0.15 * ordinary, 1.7);
  // The larger the bet against what usually stands at a price, the further it is let walk.
  const reach = Math.min(2, Math.floor(lots / (80 * ordinary)));
  floor.takeBest({ runner, side: how.side, lots, reach, owner: Owner.noise, impact: how.impact });
}
