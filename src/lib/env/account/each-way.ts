/**
 * What an each-way market pays. A bet of a stake at a price is two bets of that stake: to win at its price, and to be
 * placed at 1 + (price - 1) / divisor ("Exchange Each-Way Markets", Betfair: at one fifth of the odds for three places, 10
 * at 11.0 risks 20, 10 to win at 11.0 and 10 to be placed at 3.0). A removal reduces the price, and the place part
 * follows from the reduced one. Terms do not change with the number of runners, but where no more run than there are
 * places, the place part of every bet is void (market rules: "the place portion of all bets will be void"). Both parts
 * are linear in the price, so the account's sums are enough. The exchange takes no orders in such markets, whose exposures
 * nobody counts; this settles bets that were made elsewhere. Knows nothing of orders or time.
 */
import { assert } from '../../core/assert.ts';
import type { Money } from '../../core/units.ts';
import type { FeeSchedule } from '../../market/rules.ts';
import { Outcome } from '../../market/tape.ts';
import { POINTS_PER_LOT } from './account.ts';
import type { BackLayAccount } from './account.ts';
import { roundedCommission, roundedQuotient, winningShares } from './payout.ts';
import type { MarketSettlement, WinningShares } from './payout.ts';

/** The parts of each stake that win, and are placed; undefined where the place part is void. */
export interface EachWayShares {
  readonly win: WinningShares;
  readonly place: WinningShares | undefined;
}

/**
 * @param outcome by slot, one of `Outcome`: a winner is placed too
 * @param places how many runners are placed
 * @throws AppError where a runner that has not left has no result
 */
export function eachWayShares(outcome: ArrayLike<number>, places: number): EachWayShares {
  const of = (won: readonly number[], count: number): WinningShares =>
    winningShares(
      Array.from(outcome, (one) => (won.includes(one) ? Outcome.winner : one === Outcome.placed ? Outcome.loser : one)),
      count
    );
  const runs = Array.from(outcome).filter((one) => one !== Outcome.removed).length;
  return {
    win: of([Outcome.winner], 1),
    place: runs <= places ? undefined : of([Outcome.winner, Outcome.placed], places)
  };
}

/** Divisors are given to a hundredth. */
const HUNDREDTHS = 100;

/**
 * Pays an account out: all bets are summed in whole numbers, rounded once, and commission is taken from the sum.
 * @param minorPerLot minor units in a lot: 1 where a lot is a penny
 */
export function settleEachWay(options: {
  account: BackLayAccount;
  shares: EachWayShares;
  divisor: number;
  fees: FeeSchedule;
  minorPerLot?: number;
}): MarketSettlement {
  const { account, shares, fees, minorPerLot = 1 } = options;
  const divisor = Math.round(options.divisor * HUNDREDTHS);
  assert(divisor > 0, 'each way: expected a divisor above 0');
  const { win, place } = shares;
  const ofPlace = place?.of ?? 1;
  const of = win.of * ofPlace * divisor;
  /** In points times `of`: whole. */
  const wholes = win.parts.map((part, slot) => {
    if (account.removed[slot] === 1) return 0;
    const wins = account.ifWins(slot);
    const loses = account.ifLoses(slot);
    const won = ofPlace * divisor * (win.of * loses + part * (wins - loses));
    if (place === undefined) return won;
    const placed = place.of * divisor * loses + place.parts[slot]! * (HUNDREDTHS * wins - divisor * loses);
    return won + win.of * placed;
  });
  const sum = wholes.reduce((total, whole) => total + whole, 0) * minorPerLot;
  const gross = roundedQuotient(sum, of * POINTS_PER_LOT);
  const commission = fees.kind === 'commissionOnNetWinnings' ? roundedCommission(gross, fees) : 0;
  return {
    gross: gross as Money,
    commission: commission as Money,
    net: (gross - commission) as Money,
    points: wholes.map((whole) => whole / of)
  };
}
