/** The rules of Binance's spot market and of its USD-M linear perpetuals. */
import { lots, seconds } from '../../core/units.ts';
import { uniformLadder } from '../ladder.ts';
import type { BinanceSpotSpec, BinanceUsdmSpec, MarketRules } from '../rules.ts';

/**
 * Commission is stated to 8 decimals (`quoteCommissionPrecision` and `quotePrecision` of `exchangeInfo`). Which way the
 * venue rounds the ninth is not published; the nearest is taken.
 */
const COMMISSION_UNIT = 1e-8;

/** Binance spot: cash settlement, 10 basis points for maker and taker at the venue's regular tier. */
export function binanceSpotRules(options: Omit<BinanceSpotSpec, 'venue'>): MarketRules {
  const tickSize = 10 ** -options.priceDecimals;
  return {
    id: 'binance',
    spec: { venue: 'binance', ...options },
    ladder: uniformLadder({
      id: `binance-${options.symbol}`,
      lowest: options.lowestStep * tickSize,
      tickSize,
      size: options.steps
    }),
    crossing: 'newestWins',
    lotSize: 10 ** -options.sizeDecimals,
    currency: 'USDT',
    settlement: { kind: 'cash' },
    fees: { kind: 'makerTaker', makerBps: 10, takerBps: 10, unit: COMMISSION_UNIT },
    orders: {
      minimum: lots(1),
      kinds: ['limit', 'market'],
      persistence: ['persist'],
      bestPriceExecution: true,
      betDelayInPlay: seconds(0)
    }
  };
}

/** What else the rules need has the venue's value for its regular tier and 20x leverage. */
type UsdmTerms = 'initialMargin' | 'maintenanceMargin' | 'liquidationFee' | 'makerBps' | 'takerBps';

/**
 * Binance USD-M perpetual. Unless given: 2 and 5 basis points, 5 % of the value to open and 2.5 % to keep (the first
 * of the symbol's brackets: larger positions need more, and are not modelled), and 1.25 % of what is liquidated
 * (`maintMarginPercent` and `liquidationFee` of `exchangeInfo`; "Liquidation Protocols", Binance Futures FAQ).
 */
export function binanceUsdmRules(
  options: Omit<BinanceUsdmSpec, 'venue' | UsdmTerms> & Partial<Pick<BinanceUsdmSpec, UsdmTerms>>
): MarketRules {
  const spec: BinanceUsdmSpec = {
    initialMargin: 0.05,
    maintenanceMargin: 0.025,
    liquidationFee: 0.0125,
    makerBps: 2,
    takerBps: 5,
    ...options,
    venue: 'binance-usdm'
  };
  const { initialMargin, maintenanceMargin, liquidationFee, makerBps, takerBps } = spec;
  const spot = binanceSpotRules(options);
  return {
    ...spot,
    id: 'binance-usdm',
    spec,
    settlement: { kind: 'linearPerpetual', initialMargin, maintenanceMargin, liquidationFee },
    fees: { kind: 'makerTaker', makerBps, takerBps, unit: COMMISSION_UNIT }
  };
}
