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

/**
 * A yes/no contract of one dollar; sizes in hundredths of a contract.
 *
 * Fees: 0.07 C P (1 - P) for the taker ("Fee Schedule", kalshi.com; 0.035 for some index series), nothing for the
 * maker but on the series the schedule lists, where it is 0.0175 C P (1 - P) since July 2025. The schedule rounds up
 * to the next cent; since prices and counts may be finer than whole ones, "Fee Rounding" (docs.kalshi.com, as of
 * spring 2026) says how: the fee up to the next 0.0001 dollars, then the balance down to the next cent (0.0001 for
 * direct members), the difference paid back by whole cents over an order. For whole contracts at whole cents that is
 * the schedule's own figure. Which series pay as makers and at which multiple is not part of a recording: KXGOLD15M
 * has the general rates here.
 */
export function kalshiRules(options: Partial<Omit<KalshiSpec, 'venue'>> = {}): MarketRules {
  const spec: KalshiSpec = {
    priceRanges: KALSHI_PRICES.linear_cent,
    takerFee: 0.07,
    makerFee: 0,
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
