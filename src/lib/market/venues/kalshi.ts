/** The rules of Kalshi's event contracts. */
import { lots, seconds } from '../../core/units.ts';
import { uniformLadder } from '../ladder.ts';
import type { KalshiSpec, MarketRules } from '../rules.ts';

/** A yes/no contract of one dollar; sizes in hundredths of a contract. Taker fee 0.07 C P (1 - P), rounded up to a cent. */
export function kalshiRules(options: Partial<Omit<KalshiSpec, 'venue'>> = {}): MarketRules {
  const spec: KalshiSpec = { priceDecimals: 2, takerFee: 0.07, makerFee: 0, ...options, venue: 'kalshi' };
  const steps = 10 ** spec.priceDecimals;
  return {
    id: 'kalshi',
    spec,
    ladder: uniformLadder({ id: `kalshi-${String(steps)}`, lowest: 0, tickSize: 1 / steps, size: steps + 1 }),
    lotSize: 0.01,
    currency: 'USD',
    settlement: { kind: 'yesNo', payout: 1 },
    fees: { kind: 'quadratic', coefficient: spec.takerFee, unit: 0.01 },
    orders: {
      minimum: lots(1),
      kinds: ['limit', 'market'],
      persistence: ['persist'],
      bestPriceExecution: true,
      betDelayInPlay: seconds(0)
    }
  };
}
