/** The rules of Binance's spot market and of its USD-M linear perpetuals. */
import { AppError } from '../../core/errors.ts';
import { lots, seconds } from '../../core/units.ts';
import { uniformLadder } from '../ladder.ts';
import type { BinanceSpotSpec, BinanceUsdmSpec, MarginBracket, MarketRules } from '../rules.ts';

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

/** One line of a table of tiers as the venue announces it: the largest value, the highest leverage, the margin to keep. */
type Tier = readonly [notionalCap: number, initialLeverage: number, maintMarginRatio: number];

/**
 * A table of tiers as brackets, with the maintenance amounts that the tables leave out: each bracket asks at its floor for
 * what the one below asks there ("Leverage and Margin of USD-M Futures", Binance Futures FAQ: the margin is computed as
 * taxes are).
 */
function bracketsOf(tiers: readonly Tier[]): MarginBracket[] {
  let floor = 0;
  let ratio = 0;
  let cum = 0;
  return tiers.map(([notionalCap, initialLeverage, maintMarginRatio]) => {
    cum += Math.round(floor * (maintMarginRatio - ratio) * 1e8) / 1e8;
    const bracket = { notionalFloor: floor, notionalCap, maintMarginRatio, cum, initialLeverage };
    floor = notionalCap;
    ratio = maintMarginRatio;
    return bracket;
  });
}

/**
 * BTCUSDT as announced for 18 March 2021, 09:00 UTC ("Updates to Leverage and Margin Tiers of Binance Futures Contracts
 * (2021-03-18)", binance.com). The venue changes its tables every few months and a recording does not hold them: the one
 * in force is what `GET /fapi/v1/leverageBracket` answers.
 */
export const BTCUSDT_BRACKETS_20210318: readonly MarginBracket[] = bracketsOf([
  [50_000, 125, 0.004],
  [250_000, 100, 0.005],
  [1_000_000, 50, 0.01],
  [10_000_000, 20, 0.025],
  [20_000_000, 10, 0.05],
  [50_000_000, 5, 0.1],
  [100_000_000, 4, 0.125],
  [200_000_000, 3, 0.15],
  [300_000_000, 2, 0.25],
  [500_000_000, 1, 0.5]
]);

/** A maintenance margin that is the same part of every value. */
const flat = (maintMarginRatio: number): MarginBracket[] => [
  { notionalFloor: 0, notionalCap: Number.MAX_VALUE, maintMarginRatio, cum: 0, initialLeverage: Number.MAX_VALUE }
];

/** Brackets come from outside: each must begin where the one before ends, and ask there for what that one asks. */
function mustMeet(brackets: readonly MarginBracket[], symbol: string): void {
  brackets.forEach(({ notionalFloor, notionalCap, maintMarginRatio, cum }, index) => {
    const below = brackets[index - 1];
    const sound =
      notionalFloor === (below?.notionalCap ?? 0) &&
      notionalCap > notionalFloor &&
      maintMarginRatio > (below?.maintMarginRatio ?? 0) &&
      maintMarginRatio < 1 &&
      Math.abs(notionalFloor * (maintMarginRatio - (below?.maintMarginRatio ?? 0)) + (below?.cum ?? 0) - cum) < 0.01;
    if (sound) return;
    throw new AppError('config.invalid', {
      subject: `margin bracket ${String(index + 1)} of ${symbol}`,
      expected: 'one that begins where the one before ends, asks for a larger part, and meets it at its floor',
      got: JSON.stringify(brackets[index]),
      remedy: 'give the brackets as the venue lists them, the smallest first'
    });
  });
}

/** What else the rules need has the venue's value for its regular tier and 20x leverage. */
type UsdmTerms = 'initialMargin' | 'maintenanceMargin' | 'brackets' | 'liquidationFee' | 'makerBps' | 'takerBps';

/**
 * Binance USD-M perpetual. Unless given: 2 and 5 basis points, 5 % of the value to open and 2.5 % to keep (the first
 * of the symbol's brackets; with `brackets` larger positions need more), and 1.25 % of what is liquidated
 * (`maintMarginPercent` and `liquidationFee` of `exchangeInfo`; "Liquidation Protocols", Binance Futures FAQ).
 * @throws AppError `config.invalid` where brackets do not meet
 */
export function binanceUsdmRules(
  options: Omit<BinanceUsdmSpec, 'venue' | UsdmTerms> & Partial<Pick<BinanceUsdmSpec, UsdmTerms>>
): MarketRules {
  const spec: BinanceUsdmSpec = {
    initialMargin: 0.05,
    maintenanceMargin: options.brackets?.[0]?.maintMarginRatio ?? 0.025,
    liquidationFee: 0.0125,
    makerBps: 2,
    takerBps: 5,
    ...options,
    venue: 'binance-usdm'
  };
  const { initialMargin, maintenanceMargin, liquidationFee, makerBps, takerBps } = spec;
  const brackets = spec.brackets === undefined || spec.brackets.length === 0 ? flat(maintenanceMargin) : spec.brackets;
  if (spec.brackets !== undefined) mustMeet(spec.brackets, spec.symbol);
  const spot = binanceSpotRules(options);
  return {
    ...spot,
    id: 'binance-usdm',
    spec,
    settlement: { kind: 'linearPerpetual', initialMargin, brackets, liquidationFee },
    fees: { kind: 'makerTaker', makerBps, takerBps, unit: COMMISSION_UNIT }
  };
}
