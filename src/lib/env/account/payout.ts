/**
 * What every back/lay market's payout is made of: which parts of stakes win, and how a sum becomes money. Knows nothing
 * of accounts, orders or time.
 */
import { assert } from '../../core/assert.ts';
import { AppError } from '../../core/errors.ts';
import type { Money } from '../../core/units.ts';
import { Outcome } from '../../market/tape.ts';
import { commissionOn } from '../matching/commission.ts';

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
      remedy: 'give the market its eachWayDivisor, or settle win and place markets, where a runner won or lost'
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

/** Nearest whole number to a quotient of whole numbers, halves away from zero; never -0. */
export function roundedQuotient(numerator: number, denominator: number): number {
  assert(Number.isSafeInteger(2 * numerator), 'settlement: sum out of exact range');
  const size = Math.abs(numerator);
  const down = Math.floor(size / denominator);
  const nearest = 2 * (size - down * denominator) >= denominator ? down + 1 : down;
  return numerator < 0 && nearest > 0 ? -nearest : nearest;
}

/** Rates are given to a millionth: that much is exact, and a half of a minor unit is then found whatever its double. */
const MILLION = 1e6;

/** Commission on whole minor units, to the nearest. */
export function roundedCommission(gross: number, { rate, discount }: { rate: number; discount: number }): number {
  const nearest = Math.round(MILLION * commissionOn(gross, rate, discount)) / MILLION;
  return Math.floor(nearest + 0.5);
}
