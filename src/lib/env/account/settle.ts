/**
 * What a back/lay market pays once its result is known: several winners, dead heats, voids, commission. Exact in whole
 * points until the one rounding to minor units. Knows nothing of orders or time.
 */
import { assert } from '../../core/assert.ts';
import { AppError } from '../../core/errors.ts';
import type { Money } from '../../core/units.ts';
import type { FeeSchedule } from '../../market/rules.ts';
import type { MarketState } from '../../market/market-state.ts';
import { Outcome } from '../../market/tape.ts';
import { commissionOn } from '../matching/commission.ts';
import { POINTS_PER_LOT } from './account.ts';
import type { BackLayAccount } from './account.ts';

/** By slot: `parts[slot]` of `of` equal parts of every stake on the runner win, the rest lose. */
export interface WinningShares {
  readonly parts: readonly number[];
  readonly of: number;
}

/** Runners that tied for fewer places than they are. */
export interface DeadHeat {
  readonly slots: readonly number[];
  readonly places: number;
}

/** A market's result in whole minor units of its currency. */
export interface MarketSettlement {
  /** Before commission, all bets together. */
  readonly gross: Money;
  readonly commission: Money;
  readonly net: Money;
  /** By slot, in points and fractions of one: what the bets on each runner paid, not rounded. */
  readonly points: readonly number[];
}

/**
 * The part of each stake that wins. Where more runners won than there are places, stakes on the winners are reduced to
 * places / winners (Betfair Exchange Rules, "Dead Heat Rule": expected number of winners over the actual number); the
 * recordings do not say who tied for which place. Where that is known, only those that tied are reduced, to the places
 * they share over their number (support.betfair.com, answer 403: "What happens if there is a dead heat?").
 * @param outcome by slot, one of `Outcome`
 * @throws AppError where a runner that has not left has no result, or the result is an each-way market's (only there is
 *   a runner PLACED: Betfair Exchange API, "RunnerStatus")
 */
export function winningShares(outcome: ArrayLike<number>, places: number, deadHeat?: DeadHeat): WinningShares {
  const won = Array.from(outcome, (one) => one === Outcome.winner);
  const unknown = Array.from(outcome).indexOf(Outcome.unknown);
  const placed = Array.from(outcome).indexOf(Outcome.placed);
  if (placed >= 0) {
    throw new AppError('data.kind', {
      subject: `runner in slot ${String(placed)}`,
      got: 'placed: an each-way market, whose bets are half win and half place at a part of the price',
      remedy: 'settle win and place markets, where a runner won or lost'
    });
  }
  if (unknown >= 0) {
    throw new AppError('data.truncated', {
      subject: `runner in slot ${String(unknown)}`,
      got: 'the recording ends before its result',
      remedy: 'settle with a recording that reaches the end of the market'
    });
  }
  if (deadHeat !== undefined) {
    const { slots, places: shared } = deadHeat;
    assert(shared > 0 && shared < slots.length, 'dead heat: expected fewer places than runners that tied');
    const part = (slot: number): number => (slots.includes(slot) ? shared : slots.length);
    return { parts: won.map((winner, slot) => (winner ? part(slot) : 0)), of: slots.length };
  }
  const winners = won.filter(Boolean).length;
  if (winners <= places) return { parts: won.map(Number), of: 1 };
  return { parts: won.map((winner) => (winner ? places : 0)), of: winners };
}

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
    return of * account.ifLoses[slot]! + part * (account.ifWins[slot]! - account.ifLoses[slot]!);
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

/** Pays out what `account` holds at the end of a market's recording. */
export function settleMarket(state: MarketState, account: BackLayAccount, deadHeat?: DeadHeat): MarketSettlement {
  const { rules } = state.market;
  const shares = winningShares(state.outcome, account.winners, deadHeat);
  return settleAccount({ account, shares, fees: rules.fees, minorPerLot: Math.round(rules.lotSize * 100) });
}

/** Nearest whole number to a quotient of whole numbers, halves away from zero; never -0. */
function roundedQuotient(numerator: number, denominator: number): number {
  assert(Number.isSafeInteger(2 * numerator), 'settlement: sum out of exact range');
  const size = Math.abs(numerator);
  const down = Math.floor(size / denominator);
  const nearest = 2 * (size - down * denominator) >= denominator ? down + 1 : down;
  return numerator < 0 && nearest > 0 ? -nearest : nearest;
}

/** Rates are given to a millionth: that much is exact, and a half of a minor unit is then found whatever its double. */
const MILLION = 1e6;

function roundedCommission(gross: number, { rate, discount }: { rate: number; discount: number }): number {
  const nearest = Math.round(MILLION * commissionOn(gross, rate, discount)) / MILLION;
  return Math.floor(nearest + 0.5);
}
