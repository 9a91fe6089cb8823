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

/** Ladders of prices listed one by one have fewer (`rangesLadder`). */
const MOST_PRICES_OF_ONE_BY_ONE = 32_768;

export class LedgerUnit {
  /** The unit is 10^-decimals of the market's currency. */
  readonly decimals: number;
  readonly perCurrency: number;
  /** Units that one lot is worth for each 10^-`ladder.decimals` of its price. */
  readonly perLot: number;
  /** Steps of 10^-`ladder.decimals` in one of the currency. */
  readonly stepsPerCurrency: number;
  /** Price of a tick in steps: `#first` + tick x `#each`, or by tick where prices do not lie evenly. */
  readonly #first: number;
  readonly #each: number;
  readonly #uneven: Float64Array | undefined;

  constructor(rules: MarketRules) {
    const { ladder, lotSize, fees } = rules;
    const lotDecimals = decimalsOf(lotSize);
    this.decimals = Math.max(ladder.decimals + lotDecimals, feeDecimals(fees));
    this.perCurrency = 10 ** this.decimals;
    this.stepsPerCurrency = 10 ** ladder.decimals;
    this.perLot = Math.round(lotSize * 10 ** lotDecimals) * 10 ** (this.decimals - ladder.decimals - lotDecimals);
    const stepsOf = (tick: number): number => Math.round(ladder.priceOf(tick as Ticks) * this.stepsPerCurrency);
    this.#first = stepsOf(0);
    this.#each = ladder.size > 1 ? stepsOf(1) - this.#first : 0;
    const even = (tick: number): boolean => stepsOf(tick) === this.#first + tick * this.#each;
    // A ladder with more prices than this is uniform, for all that a few of its ticks can tell.
    const looks = Math.min(ladder.size, MOST_PRICES_OF_ONE_BY_ONE);
    const apart = Math.max(1, Math.floor(ladder.size / looks));
    const all = Array.from({ length: looks }, (_, look) => look * apart).every(even) && even(ladder.size - 1);
    this.#uneven = all ? undefined : Float64Array.from({ length: ladder.size }, (_, tick) => stepsOf(tick));
    assert(this.decimals <= 15, `ledger: ${String(this.decimals)} decimals leave no room for whole amounts`);
  }

  /** Price of a tick in whole steps of 10^-`ladder.decimals`. */
  steps(tick: number): number {
    return this.#uneven === undefined ? this.#first + tick * this.#each : this.#uneven[tick]!;
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
