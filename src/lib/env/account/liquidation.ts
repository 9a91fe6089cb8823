/**
 * When an account on margin is liquidated, at which prices, and how much of a position has to go: arithmetic on a
 * `PositionAccount`, which it reads and does not change. Knows no books and no orders.
 */
import type { Nanos } from '../../core/units.ts';
import type { PositionAccount } from './position-account.ts';

/** What one position had to go through: amounts in the currency, sizes in lots. Filled in step by step. */
export interface Liquidation {
  readonly time: Nanos;
  readonly slot: number;
  /** Of the whole account when it was triggered. */
  readonly marginBalance: number;
  readonly maintenanceMargin: number;
  readonly markPrice: number;
  /** Where the position would be closed with nothing over. */
  readonly bankruptcyPrice: number;
  /** Lots held when it began, without sign; how many the book took; and how many were taken over in the end. */
  readonly heldLots: number;
  closedLots: number;
  takenOverLots: number;
  /** What the insurance fund paid for the account, all positions together; negative where it was left something. */
  insurancePaid: number;
}

/**
 * Mark price of a slot at which the account is liquidated, all other marks as they are, in the currency: where equity is
 * the maintenance margin. Both are straight lines in the price between two caps of brackets, and equity's is steeper, so
 * one bracket has the answer. NaN where there is none.
 */
export function liquidationPrice(account: PositionAccount, slot: number): number {
  const { margin, unit } = account;
  const position = account.position[slot]!;
  if (margin === undefined || position === 0 || (margin.shortsOnly && position > 0)) return Number.NaN;
  const value = account.markValue(slot);
  const others = account.maintenanceMargin() - margin.maintenance(value);
  const rest = account.equity - value - others;
  const sign = Math.sign(position);
  for (let bracket = 0; bracket <= margin.last; bracket++) {
    // rest + v = ratio |v| - cum, with v of the position's sign.
    const at = -(rest + margin.cums[bracket]!) / (1 - sign * margin.ratios[bracket]!);
    const size = at * sign;
    if (!(size > 0) || margin.bracketOf(size) !== bracket) continue;
    return at / (position * unit.perLot) / unit.stepsPerCurrency;
  }
  return Number.NaN;
}

/**
 * Price at which what is left of a position would be closed with nothing over, all other marks as they are, in the
 * currency: its bankruptcy price. Not below 0; NaN where nothing is held.
 */
export function bankruptcyPrice(account: PositionAccount, slot: number): number {
  const { unit } = account;
  const lots = account.position[slot]!;
  const steps = account.mark[slot]! - account.equity / (lots * unit.perLot);
  return lots === 0 ? Number.NaN : Math.max(0, steps / unit.stepsPerCurrency);
}

/**
 * The fewest lots of a slot that have to go at the mark, the fee of liquidation paid, for the account to have its
 * maintenance margin again; all of them where no part would do.
 */
export function lotsToComply(account: PositionAccount, slot: number): number {
  const { margin, unit } = account;
  const held = Math.abs(account.position[slot]!);
  if (margin === undefined || held === 0) return 0;
  let lacking = account.maintenanceMargin() - account.equity;
  if (lacking <= 0) return 0;
  const lotValue = unit.perLot * account.mark[slot]!;
  let size = held * lotValue;
  for (let bracket = margin.bracketOf(size); bracket >= 0; bracket--) {
    const floor = bracket === 0 ? 0 : margin.caps[bracket - 1]!;
    const saved = margin.ratios[bracket]! - margin.liquidationFee;
    // Margins that are a smaller part than the fee are not saved by paying it: nothing is, further down.
    if (saved <= 0) return held;
    const gone = Math.min(size - floor, lacking / saved);
    size -= gone;
    lacking -= gone * saved;
    if (lacking <= 0) break;
  }
  return lacking > 1e-6 ? held : Math.min(held, Math.ceil(held - size / lotValue + 1e-9));
}
