/** One candle of an instrument. Knows no file format. */

/** Prices and volumes in the venue's units; NaN where the source does not say. Times are milliseconds since the epoch. */
export interface Bar {
  readonly openMillis: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly closeMillis: number;
  readonly quoteVolume: number;
  readonly trades: number;
  readonly takerBuyVolume: number;
}
