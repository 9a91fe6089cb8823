/**
 * The smallest amount of money an account counts in, so that prices, sizes and fees of one market are whole numbers and
 * nothing drifts. Knows prices and sizes, no positions.
 */
import { assert } from '../../core/assert.ts';
import type { Ticks } from '../../core/units.ts';
import { decimalsOf } from '../../market/ladder.ts';
import type { FeeSchedule, MarketRules } from '../../market/rules.ts';

/** Decimals that fees need: a lot's part of one has to be whole too, for what waiting orders reserve. */
function feeDecimals(fees: FeeSchedule): number {
  switch (fees.kind) {
    case 'makerTaker':
    case 'quadratic':
      return 8;
    case 'perShare':
      return 6;
    case 'commissionOnNetWinnings':
    case 'none':
      return 0;
  }
}

export class LedgerUnit {
  /** The unit is 10^-decimals of the market's currency. */
  readonly decimals: number;
  readonly perCurrency: number;
  /** Units that one lot is worth for each 10^-`ladder.decimals` of its price. */
  readonly perLot: number;
  /** Steps of 10^-`ladder.decimals` in one of the currency. */
  readonly stepsPerCurrency: number;
  readonly #ladder: MarketRules['ladder'];

  constructor(rules: MarketRules) {
    const { ladder, lotSize, fees } = rules;
    const lotDecimals = decimalsOf(lotSize);
    this.decimals = Math.max(ladder.decimals + lotDecimals, feeDecimals(fees));
    this.perCurrency = 10 ** this.decimals;
    this.stepsPerCurrency = 10 ** ladder.decimals;
    this.perLot = Math.round(lotSize * 10 ** lotDecimals) * 10 ** (this.decimals - ladder.decimals - lotDecimals);
    this.#ladder = ladder;
    assert(this.decimals <= 15, `ledger: ${String(this.decimals)} decimals leave no room for whole amounts`);
  }

  /** Price of a tick in whole steps of 10^-`ladder.decimals`. */
  steps(tick: number): number {
    return Math.round(this.#ladder.priceOf(tick as Ticks) * this.stepsPerCurrency);
  }

  /** What so many lots cost at a tick. Whole, and exact while `isExact` says so. */
  value(lots: number, tick: number): number {
    return lots * this.perLot * this.steps(tick);
  }

  /** @param amount in the currency, e.g. 0.01; has to be whole in units */
  units(amount: number): number {
    const units = Math.round(amount * this.perCurrency);
    assert(isExact(units), `ledger: ${String(amount)} is more than can be counted in 1e-${String(this.decimals)}`);
    return units;
  }

  /** For display and for rewards; nothing is counted in it. */
  toCurrency(units: number): number {
    return units / this.perCurrency;
  }
}

/** Whole and below 2^53: sums and products of such numbers that stay so are exact. */
export const isExact = (units: number): boolean => Number.isSafeInteger(units);
