/** The rules of shares for cash. */
import { lots, seconds } from '../../core/units.ts';
import { uniformLadder } from '../ladder.ts';
import type { EquitySpec, MarketRules } from '../rules.ts';

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
