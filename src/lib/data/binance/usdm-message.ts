/**
 * One line of a recorded Binance USD-M stream, as the scanner and `JSON.parse` both give it: times, counters of
 * sequence, levels as whole numbers with their decimals. Reused from line to line. Knows no tape and no ladder.
 * Field meanings: Binance USD-M Futures, "Diff. Book Depth Streams", "Order Book", "Mark Price Stream".
 */

export const UsdmKind = { other: 0, depth: 1, trade: 2, quote: 3, snapshot: 4, mark: 5 } as const;
export type UsdmKind = (typeof UsdmKind)[keyof typeof UsdmKind];

/** What `e` says a message is; a REST snapshot has no `e`. */
export const USDM_EVENTS: Readonly<Record<string, UsdmKind>> = {
  depthUpdate: UsdmKind.depth,
  trade: UsdmKind.trade,
  /** Trades of one taker at one price, as one. */
  aggTrade: UsdmKind.trade,
  bookTicker: UsdmKind.quote,
  markPriceUpdate: UsdmKind.mark
};

const FIRST_LEVELS = 128;

/** Prices and sizes as written: `61800.20` is 6180020 with two decimals. NaN where the text is no plain decimal. */
export class DecimalLevels {
  count = 0;
  price = new Float64Array(FIRST_LEVELS);
  priceDecimals = new Uint8Array(FIRST_LEVELS);
  size = new Float64Array(FIRST_LEVELS);
  sizeDecimals = new Uint8Array(FIRST_LEVELS);

  /** Makes room for one more level; its four entries at `count` are then the caller's to write. */
  room(): void {
    if (this.count < this.price.length) return;
    const length = this.count * 2;
    const [price, priceDecimals, size, sizeDecimals] = [this.price, this.priceDecimals, this.size, this.sizeDecimals];
    this.price = new Float64Array(length);
    this.price.set(price);
    this.priceDecimals = new Uint8Array(length);
    this.priceDecimals.set(priceDecimals);
    this.size = new Float64Array(length);
    this.size.set(size);
    this.sizeDecimals = new Uint8Array(length);
    this.sizeDecimals.set(sizeDecimals);
  }

  add(price: Decimal, size: Decimal): void {
    this.room();
    const at = this.count++;
    this.price[at] = price.whole;
    this.priceDecimals[at] = price.decimals;
    this.size[at] = size.whole;
    this.sizeDecimals[at] = size.decimals;
  }
}

/** `whole` x 10^-`decimals`. */
export interface Decimal {
  readonly whole: number;
  readonly decimals: number;
}

const NO_DECIMAL: Decimal = { whole: Number.NaN, decimals: 0 };
/** So many digits are a whole number that a double holds exactly. */
export const EXACT_DIGITS = 15;

/** A plain decimal number in text, a sign allowed; anything else (exponents, words, too many digits) has whole NaN. */
export function decimalOf(text: unknown): Decimal {
  if (typeof text !== 'string') return NO_DECIMAL;
  const [all, sign, units = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d*))?$/u.exec(text) ?? [];
  if (all === undefined || units.length + fraction.length > EXACT_DIGITS) return NO_DECIMAL;
  const whole = Number(units + fraction);
  return { whole: sign === '-' && whole > 0 ? -whole : whole, decimals: fraction.length };
}

/** Nothing was said: counters and times are NaN then, texts ''. */
export class UsdmMessage {
  kind: UsdmKind = UsdmKind.other;
  /** What `e` said, for kinds that are not known. */
  event = '';
  /** Reception: whole seconds since the epoch, and the nanoseconds within the second. */
  receivedSeconds = Number.NaN;
  receivedNanos = Number.NaN;
  /** `T`: transaction time, milliseconds since the epoch; of a mark price message its next funding time. */
  transactionMillis = Number.NaN;
  /** `E`: event time, milliseconds since the epoch. */
  eventMillis = Number.NaN;
  symbol = '';
  /** `U`, `u`, `pu`: first and last update in this event, last update of the event before. */
  firstUpdate = Number.NaN;
  lastUpdate = Number.NaN;
  previousUpdate = Number.NaN;
  /** `b` and `a`, or `bids` and `asks`; of a trade its one price and size stand in `bids`, of a mark its price. */
  readonly bids = new DecimalLevels();
  readonly asks = new DecimalLevels();
  /** `X`, why a trade came about: MARKET, or INSURANCE_FUND, ADL, NA, which no order book saw. */
  execution = '';
  /** `m`: the buyer was the maker, so the taker sold. */
  buyerWasMaker = false;
  /** `r` of a mark price message: the funding rate, a decimal as written. */
  rate: Decimal = NO_DECIMAL;

  clear(): void {
    this.kind = UsdmKind.other;
    this.event = '';
    this.receivedSeconds = Number.NaN;
    this.receivedNanos = Number.NaN;
    this.transactionMillis = Number.NaN;
    this.eventMillis = Number.NaN;
    this.symbol = '';
    this.firstUpdate = Number.NaN;
    this.lastUpdate = Number.NaN;
    this.previousUpdate = Number.NaN;
    this.bids.count = 0;
    this.asks.count = 0;
    this.execution = '';
    this.buyerWasMaker = false;
    this.rate = NO_DECIMAL;
  }
}
