/** The rules of shares for cash. */
import { lots, seconds } from '../../core/units.ts';
import { uniformLadder } from '../ladder.ts';
import type { EquitySpec, MarketRules } from '../rules.ts';

/**
 * Interactive Brokers' fixed commission for shares of the United States: 0.005 dollars a share, at least 1.00 an order
 * and at most 1 % of its value, so that 1,000 shares at 0.25 cost 2.50 ("Commissions: Stocks", interactivebrokers.com).
 * Fees of exchanges and regulators come on top and are not modelled.
 */
export const IBKR_FIXED: EquitySpec['commission'] = {
  kind: 'perShare',
  rate: 0.005,
  minimum: 1,
  maximumPercent: 1,
  unit: 0.0001
};

/** Shares bought in full and sold when held, by default in whole shares, at whole cents and for no commission. */
export function equityRules(options: Partial<Omit<EquitySpec, 'venue'>> = {}): MarketRules {
  const spec: EquitySpec = {
    currency: 'USD',
    priceDecimals: 2,
    highestPrice: 10_000,
    lotShares: 1,
    commission: { kind: 'none' },
    ...options,
    venue: 'equities'
  };
  const tickSize = 10 ** -spec.priceDecimals;
  return {
    id: 'equities',
    spec,
    ladder: uniformLadder({
      id: `equities-${String(spec.priceDecimals)}`,
      lowest: 0,
      tickSize,
      size: Math.round(spec.highestPrice / tickSize) + 1
    }),
    lotSize: spec.lotShares,
    currency: spec.currency,
    settlement: { kind: 'cash' },
    fees: spec.commission,
    orders: {
      minimum: lots(1),
      kinds: ['limit', 'market'],
      persistence: ['persist'],
      bestPriceExecution: true,
      betDelayInPlay: seconds(0)
    }
  };
}
