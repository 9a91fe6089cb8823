/** What differs between venues, as data. A new venue is a new value of `MarketRules`, never a branch on its name. */
import type { Lots, Nanos } from '../core/units.ts';
import type { Ladder, PriceRange } from './ladder.ts';

export type Currency = 'GBP' | 'AUD' | 'EUR' | 'USD' | 'USDT';

/** Who pays what, and when. */
export type Settlement =
  /**
   * `eachWay`: a bet is two of its stake, one to win at its price and one to be among `winners` at 1 + (price - 1) /
   * `divisor`. `line`: its prices are lines and no odds; a bet pays even money by which side of its line the result is.
   * `handicaps`: runners are selections at a handicap, of which many win at once, and of a stake half may win, lose or
   * be given back; results do not say which.
   */
  | {
      readonly kind: 'backLay';
      readonly winners: number;
      readonly eachWay?: { readonly divisor: number };
      readonly line?: true;
      readonly handicaps?: true;
    }
  /** A contract pays `payout` (in the currency) when the answer is yes, nothing when it is no. */
  | { readonly kind: 'yesNo'; readonly payout: number }
  /**
   * Margins as parts of the position's value at the mark price; funding is paid on that value, and the fee of a forced
   * liquidation on the part that is liquidated.
   */
  | {
      readonly kind: 'linearPerpetual';
      readonly initialMargin: number;
      /** What has to be kept, by the position's value: at least one bracket, the smallest positions first. */
      readonly brackets: readonly MarginBracket[];
      readonly liquidationFee: number;
    }
  /** Margined and paid in the base asset: what a contract is worth in it changes with the price. No account settles it yet. */
  | { readonly kind: 'inverse' }
  /** Paid in full when bought; what is not held can be sold only where it can be borrowed. */
  | { readonly kind: 'cash'; readonly shorting?: ShortSelling };

/**
 * One bracket of the margin that positions have to keep: of a value over `notionalFloor` (up to and including
 * `notionalCap`) it is value x `maintMarginRatio` - `cum`, the "maintenance amount" that makes brackets meet where they
 * touch. Fields are named as Binance names them (`GET /fapi/v1/leverageBracket`, Binance USD-M API); amounts are in the
 * currency.
 */
export interface MarginBracket {
  readonly notionalFloor: number;
  readonly notionalCap: number;
  readonly maintMarginRatio: number;
  readonly cum: number;
  /** The highest leverage under which a position may be as large. */
  readonly initialLeverage: number;
}

/** On which terms shares that are not held may be sold. */
export interface ShortSelling {
  /** Whether the shares can be located: without it nothing is lent, and every short sale is refused. */
  readonly locate: boolean;
  /** A year, per cent of the collateral. */
  readonly borrowFeePercent: number;
  /** The collateral of a share: so much of its last closing price, rounded up to a whole `collateralStep` of the currency. */
  readonly collateralPercent: number;
  readonly collateralStep: number;
  /** Days of the year that the fee counts with. */
  readonly daysOfYear: number;
  /** When a day's fee falls due, minutes after midnight UTC: the close. */
  readonly closeMinute: number;
  /** Beyond the proceeds, as parts of the value: what must be there to open a short, and what must be kept. */
  readonly initialMargin: number;
  readonly maintenanceMargin: number;
}

export type FeeSchedule =
  | { readonly kind: 'commissionOnNetWinnings'; readonly rate: number; readonly discount: number }
  /** Basis points of a fill's value (to a thousandth of one), rounded to the nearest `unit`; negative is a rebate. */
  | {
      readonly kind: 'makerTaker';
      readonly makerBps: number;
      readonly takerBps: number;
      readonly unit: number;
    }
  /**
   * Coefficient x contracts x price x (1 - price), rounded up to a whole `unit` of the currency a fill at a time. The
   * balance changes by whole `balanceUnit`s only: what it is rounded down by is charged too, and paid back in whole
   * `rebateUnit`s as it adds up over an order.
   */
  | {
      readonly kind: 'quadratic';
      readonly taker: number;
      readonly maker: number;
      readonly unit: number;
      readonly balanceUnit: number;
      readonly rebateUnit: number;
    }
  /**
   * In the currency: so much a share, at least `minimum` an order, at most `maximumPercent` of its value, which wins;
   * an order's whole fee is rounded to the nearest `unit`.
   */
  | {
      readonly kind: 'perShare';
      readonly rate: number;
      readonly minimum: number;
      readonly maximumPercent: number;
      readonly unit: number;
    }
  | { readonly kind: 'none' };

export type OrderKind = 'limit' | 'limitOnClose' | 'marketOnClose' | 'market';
export type Persistence = 'lapse' | 'persist' | 'marketOnClose';

/**
 * What becomes of an order whose stake is under the minimum. A venue knows `refused`, or `payout`: it is taken where
 * stake times price is at least `least`. `reducing` also takes what the caller says closes a position, whatever its
 * stake: no venue does, but a study of prices may not want to leave what is too small to hedge.
 */
export type UnderMinimum =
  { readonly kind: 'refused' } | { readonly kind: 'payout'; readonly least: Lots } | { readonly kind: 'reducing' };

export interface OrderRules {
  readonly minimum: Lots;
  /** `reducing` when absent. */
  readonly underMinimum?: UnderMinimum;
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
  /** Discount rate on commission; none when absent. */
  readonly discountPercent?: number;
  readonly betDelaySeconds: number;
  /** `eachWayDivisor` of an each-way market, whose `winners` are its places; absent elsewhere. */
  readonly eachWayDivisor?: number;
  /** An Asian handicap market; absent elsewhere. */
  readonly handicaps?: true;
  /** A line market, whatever ladder its definition names or lacks; one of a line's range is such a market anyway. */
  readonly line?: true;
  /** Least stake, in the currency; 2.00 when absent. */
  readonly minimumStake?: number;
  /** Least payout (stake times price) of a smaller stake, in the currency; absent: orders that reduce may be smaller. */
  readonly minimumPayout?: number;
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
/** A linear perpetual of Binance USD-M: margined and settled in the quote currency, funded at intervals. */
export interface BinanceUsdmSpec extends Omit<BinanceSpotSpec, 'venue'> {
  readonly venue: 'binance-usdm';
  readonly initialMargin: number;
  readonly maintenanceMargin: number;
  /** The symbol's brackets where they are known; else `maintenanceMargin` counts, whatever a position's size. */
  readonly brackets?: readonly MarginBracket[];
  readonly liquidationFee: number;
  readonly makerBps: number;
  readonly takerBps: number;
}
/** An instrument of a venue that is read from recordings alone. */
export interface CryptoSpec extends Omit<BinanceSpotSpec, 'venue'> {
  readonly venue: 'okx' | 'bybit' | 'binance-coinm';
  readonly contract: 'spot' | 'linear' | 'inverse';
}
/** One event contract of Kalshi: 0 to 1 dollar, a yes bid and a no bid (which is a yes offer at 1 less its price). */
export interface KalshiSpec {
  readonly venue: 'kalshi';
  /** The market's `price_ranges`, in dollars: where prices may lie, and how far apart. */
  readonly priceRanges: readonly PriceRange[];
  /** Coefficients of the published fee formula, for takers and for makers. */
  readonly takerFee: number;
  readonly makerFee: number;
  /** What a balance is kept to, in dollars: a cent, or for direct members of the exchange a hundredth of one. */
  readonly balanceUnit: number;
}
/** A share for cash. */
export interface EquitySpec {
  readonly venue: 'equities';
  readonly currency: Currency;
  /** Price step as 10^-priceDecimals. */
  readonly priceDecimals: number;
  readonly highestPrice: number;
  /** Smallest number of shares and their step. */
  readonly lotShares: number;
  readonly commission: Extract<FeeSchedule, { kind: 'perShare' | 'none' }>;
  /** Absent: shares are sold only when held. */
  readonly shorting?: ShortSelling;
}
export type RulesSpec = BetfairSpec | BinanceSpotSpec | BinanceUsdmSpec | CryptoSpec | KalshiSpec | EquitySpec;

export interface MarketRules {
  readonly id: string;
  readonly spec: RulesSpec;
  readonly ladder: Ladder;
  /**
   * Venues that send changes alone, unordered between streams, can show a bid at or over the best ask (or the other way
   * round): `newestWins` takes the newer for true and moves the other side's best away, without removing what it
   * crossed. Absent: sides are as they were stated.
   */
  readonly crossing?: 'newestWins';
  /** Size of one lot in the venue's own unit (Betfair: 0.01 of the currency). */
  readonly lotSize: number;
  readonly currency: Currency;
  readonly settlement: Settlement;
  readonly fees: FeeSchedule;
  readonly orders: OrderRules;
}
