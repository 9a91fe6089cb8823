/** Makes a venue's rules again from their spec: the one place that looks at which venue it is. */
import { unreachable } from '../../core/assert.ts';
import type { MarketRules, RulesSpec } from '../rules.ts';
import { betfairRules } from './betfair.ts';
import { binanceSpotRules, binanceUsdmRules } from './binance.ts';
import { cryptoRules } from './crypto.ts';
import { equityRules } from './equities.ts';
import { kalshiRules } from './kalshi.ts';

export function rulesFrom(spec: RulesSpec): MarketRules {
  switch (spec.venue) {
    case 'betfair':
      return betfairRules(spec);
    case 'binance':
      return binanceSpotRules(spec);
    case 'binance-usdm':
      return binanceUsdmRules(spec);
    case 'okx':
    case 'bybit':
    case 'binance-coinm':
      return cryptoRules(spec);
    case 'kalshi':
      return kalshiRules(spec);
    case 'equities':
      return equityRules(spec);
    default:
      return unreachable(spec);
  }
}
