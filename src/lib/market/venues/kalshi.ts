/** The rules of Kalshi's event contracts. */
import { lots, seconds } from '../../core/units.ts';
import type { PriceRange } from '../ladder.ts';
import { rangesLadder } from '../ladder.ts';
import type { KalshiSpec, MarketRules } from '../rules.ts';

/** The price level structures that the venue names ("Fixed-Point Migration", docs.kalshi.com, 17 April 2026). */
export const KALSHI_PRICES = {
  linear_cent: [{ start: 0, end: 1, step: 0.01 }],
  tapered_deci_cent: [
    { start: 0, end: 0.1, step: 0.001 },
    { start: 0.1, end: 0.9, step: 0.01 },
    { start: 0.9, end: 1, step: 0.001 }
  ],
  deci_cent: [{ start: 0, end: 1, step: 0.001 }]
} as const satisfies Record<string, readonly PriceRange[]>;

/** What one series is charged, and who says so. Rates are coefficients of C P (1 - P). */
export interface KalshiFees {
  readonly taker: number;
  readonly maker: number;
  readonly source: string;
  /** The day for which the source says so, as YYYY-MM-DD. */
  readonly date: string;
}

const SERIES_FIELDS = 'fee_type and fee_multiplier of GET /trade-api/v2/series, as published for all series that day';
/** `fee_type` "quadratic", `fee_multiplier` 1: the general table, and nothing for an order that rests. */
const QUADRATIC = { taker: 0.07, maker: 0, source: SERIES_FIELDS, date: '2026-09-18' } as const;
/** `fee_type` "quadratic_with_maker_fees", `fee_multiplier` 1: the maker pays a quarter. */
const WITH_MAKER_FEES = { ...QUADRATIC, maker: 0.0175 } as const;

/**
 * Series whose fees are known (the fields of a series are described in "Series", docs.kalshi.com; its table of fees is
 * kalshi.com/docs/kalshi-fee-schedule.pdf). They change: a recording of another day may have been charged otherwise.
 */
export const KALSHI_SERIES_FEES: Readonly<Partial<Record<string, KalshiFees>>> = {
  KXGOLD15M: QUADRATIC,
  KXBTC15M: QUADRATIC,
  KXETH15M: QUADRATIC,
  KXSOL15M: QUADRATIC,
  KXNFLGAME: WITH_MAKER_FEES,
  KXNBAGAME: WITH_MAKER_FEES,
  KXFEDDECISION: WITH_MAKER_FEES,
  KXCPIYOY: WITH_MAKER_FEES
};

/** What holds for a series that nothing is known of. */
const GENERAL: KalshiFees = {
  taker: 0.07,
  maker: 0,
  source: 'the general table of "Fee Schedule", kalshi.com: nothing is known of this series',
  date: '2025-07-01'
};

/** @param ticker of a series, or of a market of it: KXGOLD15M-26AUG050000-00 */
export const kalshiFeesOf = (ticker: string): KalshiFees & { readonly known: boolean } => {
  const fees = KALSHI_SERIES_FEES[ticker.split('-', 1)[0] ?? ''];
  return { ...(fees ?? GENERAL), known: fees !== undefined };
};

/**
 * A yes/no contract of one dollar; sizes in hundredths of a contract.
 *
 * Fees: 0.07 C P (1 - P) for the taker ("Fee Schedule", kalshi.com; times the series' multiplier), nothing for the
 * maker but on the series the schedule lists, where it is 0.0175 C P (1 - P) since July 2025: `kalshiFeesOf` says what
 * is known of which series. The schedule rounds up to the next cent; since prices and counts may be finer than whole
 * ones, "Fee Rounding" (docs.kalshi.com, as of spring 2026) says how: the fee up to the next 0.0001 dollars, then the
 * balance down to the next cent (0.0001 for direct members), the difference paid back by whole cents over an order. For
 * whole contracts at whole cents that is the schedule's own figure.
 */
export function kalshiRules(options: Partial<Omit<KalshiSpec, 'venue'>> = {}): MarketRules {
  const spec: KalshiSpec = {
    priceRanges: KALSHI_PRICES.linear_cent,
    takerFee: GENERAL.taker,
    makerFee: GENERAL.maker,
    balanceUnit: 0.01,
    ...options,
    venue: 'kalshi'
  };
  const name = spec.priceRanges.map(({ start, end, step }) => [start, end, step].join(':')).join(',');
  return {
    id: 'kalshi',
    spec,
    ladder: rangesLadder(`kalshi-${name}`, spec.priceRanges),
    lotSize: 0.01,
    currency: 'USD',
    settlement: { kind: 'yesNo', payout: 1 },
    fees: {
      kind: 'quadratic',
      taker: spec.takerFee,
      maker: spec.makerFee,
      unit: 0.0001,
      balanceUnit: spec.balanceUnit,
      rebateUnit: 0.01
    },
    orders: {
      minimum: lots(1),
      kinds: ['limit', 'market'],
      persistence: ['persist'],
      bestPriceExecution: true,
      betDelayInPlay: seconds(0)
    }
  };
}
