/** The rules of Binance's spot market and of its USD-M linear perpetuals. */
import { lots, seconds } from '../../core/units.ts';
import { uniformLadder } from '../ladder.ts';
import type { BinanceSpotSpec, BinanceUsdmSpec, MarketRules } from '../rules.ts';

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
    lotSize: 10 ** -options.sizeDecimals,
    currency: 'USDT',
    settlement: { kind: 'cash' },
    fees: { kind: 'makerTaker', makerBps: 10, takerBps: 10 },
    orders: {
      minimum: lots(1),
      kinds: ['limit', 'market'],
      persistence: ['persist'],
      bestPriceExecution: true,
      betDelayInPlay: seconds(0)
    }
  };
}

/**
 * Binance USD-M perpetual. Fees and margins are the venue's for its regular tier and 20x leverage unless given:
 * 2 and 5 basis points, 5 % to open and 2.5 % to keep.
 */
export function binanceUsdmRules(
  options: Omit<BinanceUsdmSpec, 'venue' | 'initialMargin' | 'maintenanceMargin' | 'makerBps' | 'takerBps'> &
    Partial<Pick<BinanceUsdmSpec, 'initialMargin' | 'maintenanceMargin' | 'makerBps' | 'takerBps'>>
): MarketRules {
  const spec: BinanceUsdmSpec = {
    initialMargin: 0.05,
    maintenanceMargin: 0.025,
    makerBps: 2,
    takerBps: 5,
    ...options,
    venue: 'binance-usdm'
  };
  const { initialMargin, maintenanceMargin, makerBps, takerBps } = spec;
  const spot = binanceSpotRules(options);
  return {
    ...spot,
    id: 'binance-usdm',
    spec,
    settlement: { kind: 'linearPerpetual', initialMargin, maintenanceMargin },
    fees: { kind: 'makerTaker', makerBps, takerBps }
  };
}
