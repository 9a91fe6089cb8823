/** The rules of the crypto venues that are read from recordings alone: OKX, Bybit, Binance COIN-M. */
import { binanceSpotRules, binanceUsdmRules } from './binance.ts';
import type { CryptoSpec, MarketRules } from '../rules.ts';

/**
 * Fees of the regular tier in basis points, maker and taker: OKX 8 and 10 on spot, 2 and 5 on contracts ("Trading fee
 * rates", okx.com); Bybit 10 and 10, 2 and 5.5 ("Trading Fee Structure", bybit.com); Binance COIN-M 2 and 5 ("Coin-M
 * Futures Trading Fee", binance.com). All change and depend on the user.
 */
const FEES: Readonly<
  Record<CryptoSpec['venue'], Readonly<Record<'spot' | 'contract', readonly [maker: number, taker: number]>>>
> = {
  okx: { spot: [8, 10], contract: [2, 5] },
  bybit: { spot: [10, 10], contract: [2, 5.5] },
  'binance-coinm': { spot: [10, 10], contract: [2, 5] }
};

const COMMISSION_UNIT = 1e-8;

/**
 * Sizes are the venue's own: of the base asset on spot and on Bybit's linear contracts, whole contracts elsewhere. Margins
 * of linear contracts are Binance's for its regular tier; those of inverse ones are not modelled.
 */
export function cryptoRules(spec: CryptoSpec): MarketRules {
  const { symbol, priceDecimals, sizeDecimals, lowestStep, steps, contract, venue } = spec;
  const shape = { symbol, priceDecimals, sizeDecimals, lowestStep, steps };
  const [makerBps, takerBps] = FEES[venue][contract === 'spot' ? 'spot' : 'contract'];
  const base = contract === 'spot' ? binanceSpotRules(shape) : binanceUsdmRules({ ...shape, makerBps, takerBps });
  // An image is the whole book and changes come in order: what crosses is a fault of the recording, and is told there.
  return {
    ...base,
    id: venue,
    spec,
    currency: contract === 'inverse' || !/USDT/u.test(symbol) ? 'USD' : 'USDT',
    settlement: contract === 'inverse' ? { kind: 'inverse' } : base.settlement,
    fees: { kind: 'makerTaker', makerBps, takerBps, unit: COMMISSION_UNIT }
  };
}
