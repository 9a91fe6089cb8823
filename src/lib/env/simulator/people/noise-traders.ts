/** Noise traders (Black 1986): bet for the bet's sake, on either side, and now and then enough to walk the book. */
import { Side } from '../runner-book.ts';
import { Owner } from '../trading-floor.ts';
import type { TradingFloor } from '../trading-floor.ts';

/** Runners that a bettor who spreads a bet over several backs or lays at once, at most. */
const MOST_RUNNERS = 6;

/** One bettor comes, for one runner or, as often as `spreadBetShare` has it, for several on the same side. */
export function actNoise(floor: TradingFloor, runner: number): void {
  const { random } = floor;
  random.drawUniform();
  const side = random.drawn < 0.5 ? Side.ask : Side.bid;
  bet(floor, runner, side);
  const { spreadBetShare } = floor.behaviour;
  if (spreadBetShare === undefined) return;
  random.drawUniform();
  if (random.drawn >= spreadBetShare) return;
  const runners = floor.books.length;
  const more = random.below(Math.min(MOST_RUNNERS, runners)) + 1;
  for (let i = 1; i < more; i++) bet(floor, (runner + i) % runners, side);
}

function bet(floor: TradingFloor, runner: number, side: Side): void {
  floor.setOrdinary(runner);
  const { ordinary } = floor;
  floor.typical = 0.15 * ordinary;
  const lots = floor.stake(1.7);
  // The larger the bet against what usually stands at a price, the further it is let walk.
  const reach = Math.min(2, Math.floor(lots / (80 * ordinary)));
  floor.takeBest(runner, side, lots, reach, Owner.noise);
}
