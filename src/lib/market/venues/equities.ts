/** The rules of shares for cash. */
import { lots, seconds } from '../../core/units.ts';
import { uniformLadder } from '../ladder.ts';
import type { EquitySpec, MarketRules, ShortSelling } from '../rules.ts';

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

/**
 * Short sales at Interactive Brokers of shares of the United States. The fee is (value x fee rate) / 360 a calendar day,
 * where a share's value is 102 % of the close rounded up to the next whole dollar ("Borrow Fee Details", IBKR Reporting
 * Reference; "Why does the price on hard to borrow stocks not agree to the closing price?", ibkr.info). Its rate differs
 * by share and day; 0.25 % is what the broker quotes for shares that are easy to borrow. Margins are those of the law:
 * 150 % of the value of which the proceeds are 100 (Regulation T, 12 CFR 220.12), and 30 % to be kept (FINRA Rule 4210).
 * A day ends at 16:00 in New York: 20:00 UTC in summer, in winter an hour later (`closeMinute` 1260).
 */
export const IBKR_SHORT: ShortSelling = {
  locate: true,
  borrowFeePercent: 0.25,
  collateralPercent: 102,
  collateralStep: 1,
  daysOfYear: 360,
  closeMinute: 1200,
  initialMargin: 0.5,
  maintenanceMargin: 0.3
};

/**
 * Shares bought in full and sold when held, by default in whole shares, at whole cents and for no commission; sold short
 * as well where `shorting` says on which terms.
 */
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
    settlement: { kind: 'cash', ...(spec.shorting === undefined ? {} : { shorting: spec.shorting }) },
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
