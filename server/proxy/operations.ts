/**
 * The operations a client may name: never a URL, always one fixed host, path and set of checked parameters. A venue's
 * operation is a value of `Operation`; the proxy itself knows no venue.
 */
import * as v from 'valibot';

export interface Operation {
  readonly name: string;
  readonly venue: string;
  readonly origin: string;
  readonly path: string;
  /** Checks the client's parameters and gives the query as it is sent. */
  readonly parameters: v.GenericSchema<unknown, Readonly<Record<string, string | number | undefined>>>;
  /** Request weight by the venue's own table, for the limiter. */
  readonly weight: number;
  /** Largest body that is passed on, in bytes. */
  readonly maxBytes: number;
}

const symbol = v.pipe(v.string(), v.regex(/^[A-Z0-9]{5,20}$/u, 'expected a symbol such as BTCUSDT'));
const millis = v.pipe(v.string(), v.regex(/^\d{12,14}$/u, 'expected milliseconds since 1970'), v.transform(Number));
const upTo = (most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,4}$/u, `expected 1 to ${most}`),
    v.transform(Number),
    v.minValue(1, `expected 1 to ${most}`),
    v.maxValue(most, `expected 1 to ${most}`)
  );

/** Binance spot market data, https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints */
const BINANCE = 'https://data-api.binance.vision';
const INTERVALS = [
  '1s',
  '1m',
  '3m',
  '5m',
  '15m',
  '30m',
  '1h',
  '2h',
  '4h',
  '6h',
  '8h',
  '12h',
  '1d',
  '3d',
  '1w',
  '1M'
] as const;

export const operations: readonly Operation[] = [
  {
    name: 'binance.klines',
    venue: 'binance',
    origin: BINANCE,
    path: '/api/v3/klines',
    parameters: v.strictObject({
      symbol,
      interval: v.picklist(INTERVALS, `expected one of ${INTERVALS.join(', ')}`),
      limit: v.optional(upTo(1000), '500'),
      startTime: v.optional(millis),
      endTime: v.optional(millis)
    }),
    weight: 2,
    maxBytes: 4 << 20
  },
  {
    name: 'binance.depth',
    venue: 'binance',
    origin: BINANCE,
    path: '/api/v3/depth',
    parameters: v.strictObject({ symbol, limit: v.optional(upTo(5000), '1000') }),
    weight: 50,
    maxBytes: 4 << 20
  }
];
