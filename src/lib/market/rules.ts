/** What differs between venues, as data. A new venue is a new value of `MarketRules`, never a branch on its name. */
import type { Lots, Nanos } from '../core/units.ts';
import { lots, seconds } from '../core/units.ts';
import type { Ladder } from './ladder.ts';
import { betfairClassic, betfairFinest, betfairLine, uniformLadder } from './ladder.ts';
import { unreachable } from '../core/assert.ts';

export type Currency = 'GBP' | 'AUD' | 'EUR' | 'USD' | 'USDT';

/** Who pays what, and when. */
export type Settlement =
  | { readonly kind: 'backLay'; readonly winners: number }
  | { readonly kind: 'yesNo'; readonly payoutMinor: number }
  | { readonly kind: 'linearPerpetual'; readonly initialMargin: number; readonly maintenanceMargin: number }
  | { readonly kind: 'cash' };

export type FeeSchedule =
  | { readonly kind: 'commissionOnNetWinnings'; readonly rate: number; readonly discount: number }
  | { readonly kind: 'makerTaker'; readonly makerBps: number; readonly takerBps: number }
  | { readonly kind: 'quadratic'; readonly coefficient: number }
  | { readonly kind: 'none' };

export type OrderKind = 'limit' | 'limitOnClose' | 'marketOnClose' | 'market';
export type Persistence = 'lapse' | 'persist' | 'marketOnClose';

export interface OrderRules {
  readonly minimum: Lots;
  readonly kinds: readonly OrderKind[];
  readonly persistence: readonly Persistence[];
  readonly bestPriceExecution: boolean;
  readonly betDelayInPlay: Nanos;
}

/** Which prices a Betfair market allows (`priceLadderDefinition`); a market that says nothing is CLASSIC. */
export type BetfairLadder =
  | { readonly type: 'CLASSIC' }
  | { readonly type: 'FINEST' }
  | { readonly type: 'LINE_RANGE'; readonly minimum: number; readonly maximum: number; readonly interval: number };

/** What is enough to make the rules again: plain data that crosses workers and files. */
export interface BetfairSpec {
  readonly venue: 'betfair';
  readonly currency: Currency;
  readonly winners: number;
  readonly marketBaseRatePercent: number;
  readonly betDelaySeconds: number;
  /** CLASSIC when absent. */
  readonly ladder?: BetfairLadder;
}
/** A spot instrument of Binance: prices and sizes are whole multiples of its filters' steps. */
export interface BinanceSpotSpec {
  readonly venue: 'binance';
  readonly symbol: string;
  /** Price step as 10^-priceDecimals. */
  readonly priceDecimals: number;
  /** Size step as 10^-sizeDecimals. */
  readonly sizeDecimals: number;
  /** The stretch of prices that is kept, in price steps: a book holds an entry a step. */
  readonly lowestStep: number;
  readonly steps: number;
}
export type RulesSpec = BetfairSpec | BinanceSpotSpec;

export interface MarketRules {
  readonly id: string;
  readonly spec: RulesSpec;
  readonly ladder: Ladder;
  /** Size of one lot in the venue's own unit (Betfair: 0.01 of the currency). */
  readonly lotSize: number;
  readonly currency: Currency;
  readonly settlement: Settlement;
  readonly fees: FeeSchedule;
  readonly orders: OrderRules;
}

function ladderOf(ladder: BetfairLadder | undefined): Ladder {
  if (ladder === undefined) return betfairClassic;
  switch (ladder.type) {
    case 'CLASSIC':
      return betfairClassic;
    case 'FINEST':
      return betfairFinest;
    case 'LINE_RANGE':
      return betfairLine(ladder);
    default:
      return unreachable(ladder);
  }
}

/** Betfair Exchange win and place markets. A minimum stake of 2.00 and a market base rate are the venue's defaults. */
export function betfairRules(options: Partial<Omit<BetfairSpec, 'venue'>> = {}): MarketRules {
  const spec: BetfairSpec = {
    venue: 'betfair',
    currency: options.currency ?? 'GBP',
    winners: options.winners ?? 1,
    marketBaseRatePercent: options.marketBaseRatePercent ?? 5,
    betDelaySeconds: options.betDelaySeconds ?? 5,
    ...(options.ladder === undefined ? {} : { ladder: options.ladder })
  };
  return {
    id: 'betfair',
    spec,
    ladder: ladderOf(spec.ladder),
    lotSize: 0.01,
    currency: spec.currency,
    settlement: { kind: 'backLay', winners: spec.winners },
    fees: { kind: 'commissionOnNetWinnings', rate: spec.marketBaseRatePercent / 100, discount: 0 },
    orders: {
      minimum: lots(200),
      kinds: ['limit', 'limitOnClose', 'marketOnClose'],
      persistence: ['lapse', 'persist', 'marketOnClose'],
      bestPriceExecution: true,
      betDelayInPlay: seconds(spec.betDelaySeconds)
    }
  };
}

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

export function rulesFrom(spec: RulesSpec): MarketRules {
  switch (spec.venue) {
    case 'betfair':
      return betfairRules(spec);
    case 'binance':
      return binanceSpotRules(spec);
    default:
      return unreachable(spec);
  }
}
