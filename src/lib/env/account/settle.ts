/**
 * What a back/lay market pays once its result is known: several winners, dead heats, voids, each way, commission. Exact in
 * whole points until the one rounding to minor units. Knows nothing of orders or time.
 */
import { assert } from '../../core/assert.ts';
import { AppError } from '../../core/errors.ts';
import type { Money } from '../../core/units.ts';
import type { FeeSchedule, Settlement } from '../../market/rules.ts';
import type { MarketState } from '../../market/market-state.ts';
import { POINTS_PER_LOT } from './account.ts';
import type { BackLayAccount } from './account.ts';
import { eachWayShares, settleEachWay } from './each-way.ts';
import { roundedCommission, roundedQuotient, winningShares } from './payout.ts';
import type { DeadHeat, MarketSettlement, WinningShares } from './payout.ts';

/**
 * Pays an account out. The sum of all bets is rounded once, to the nearest minor unit with halves away from zero, and
 * commission is taken from that.
 * @param minorPerLot minor units in a lot: 1 where a lot is a penny
 */
export function settleAccount(options: {
  account: BackLayAccount;
  shares: WinningShares;
  fees: FeeSchedule;
  minorPerLot?: number;
}): MarketSettlement {
  const { account, shares, fees, minorPerLot = 1 } = options;
  const { parts, of } = shares;
  assert(parts.length === account.slots, 'settlement: expected a share for every runner');
  /** In points times `of`: whole. */
  const wholes = parts.map((part, slot) => {
    if (account.removed[slot] === 1) return 0;
    return of * account.ifLoses(slot) + part * (account.ifWins(slot) - account.ifLoses(slot));
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

/**
 * Pays out what `account` holds at the end of a market's recording.
 * @throws AppError where the recording does not say how a runner did, and for markets whose bets are paid by something
 *   that it does not state: by lines (which side of each bet's own price the result was on), and by Asian handicaps
 *   (which half of a stake won, lost or was given back)
 */
export function settleMarket(state: MarketState, account: BackLayAccount, deadHeat?: DeadHeat): MarketSettlement {
  const { rules } = state.market;
  const { settlement, fees } = rules;
  if (settlement.kind === 'backLay') refuseUnstated(state.market.id, settlement);
  const minorPerLot = Math.round(rules.lotSize * 100);
  if (settlement.kind === 'backLay' && settlement.eachWay !== undefined) {
    const eachWay = eachWayShares(state.outcome, settlement.winners);
    return settleEachWay({ account, shares: eachWay, divisor: settlement.eachWay.divisor, fees, minorPerLot });
  }
  const shares = winningShares(state.outcome, account.winners, deadHeat);
  return settleAccount({ account, shares, fees, minorPerLot });
}

function refuseUnstated(market: string, settlement: Extract<Settlement, { kind: 'backLay' }>): void {
  const { line, handicaps } = settlement;
  if (line !== true && handicaps !== true) return;
  const paidBy =
    handicaps === true ? 'an Asian handicap market, where a stake may be half won or lost' : 'a line market';
  throw new AppError('data.kind', {
    subject: `market ${market}`,
    expected: 'bets that win or lose whole by the runners that won',
    got: `${paidBy}: the recording does not state what its bets were paid`,
    remedy: 'settle its bets by the venue’s statement; the exchange takes no orders there'
  });
}
