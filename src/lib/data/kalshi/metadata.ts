/**
 * What the venue's REST interface says of a market beside its stream: names, times, allowed prices, the answer
 * (`GET /events/{ticker}` and `GET /markets/{ticker}`, docs.kalshi.com). Checked here, at the boundary.
 */
import { AppError } from '../../core/errors.ts';
import type { PriceRange } from '../../market/ladder.ts';

export interface KalshiTerms {
  readonly ticker: string;
  readonly title: string;
  readonly subtitle: string;
  readonly eventTitle: string;
  readonly priceRanges: readonly PriceRange[];
  /** Milliseconds since the epoch, where told. */
  readonly openMillis: number | undefined;
  readonly closeMillis: number | undefined;
  readonly settledMillis: number | undefined;
  /** Undefined while nobody knows. */
  readonly result: 'yes' | 'no' | undefined;
}

/** Whether a file that begins so is such a response: pretty or not, as a recorder keeps it or as it came. */
export const looksLikeTerms = (head: string): boolean =>
  /^\s*\{/u.test(head) &&
  /"(?:event_ticker|series_ticker)"\s*:\s*"/u.test(head) &&
  /"(?:markets?|event)"\s*:\s*[[{]/u.test(head);

/**
 * @param text a response of `GET /events/{ticker}` or `GET /markets/{ticker}`, also as a recorder keeps it, under
 *   `response`
 * @throws data.corrupt when it is neither
 */
export function readTerms(text: string, source: string): readonly KalshiTerms[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw wrong(source, 'no JSON', cause);
  }
  if (isRecord(body) && isRecord(body['response'])) body = body['response'];
  if (!isRecord(body)) throw wrong(source, 'no object');
  const event = isRecord(body['event']) ? body['event'] : {};
  const markets = Array.isArray(body['markets']) ? (body['markets'] as readonly unknown[]) : [body['market']];
  return markets.map((market) => {
    if (!isRecord(market)) throw wrong(source, 'no market in it');
    return termsOf(market, wordsOf(event['title']), source);
  });
}

function termsOf(market: Fields, eventTitle: string, source: string): KalshiTerms {
  const ticker = wordsOf(market['ticker']);
  if (ticker === '') throw wrong(source, 'a market without a ticker');
  const result = market['result'];
  return {
    ticker,
    title: wordsOf(market['title']),
    subtitle: wordsOf(market['yes_sub_title']),
    eventTitle,
    priceRanges: rangesOf(market['price_ranges'], source),
    openMillis: timeOf(market['open_time']),
    closeMillis: timeOf(market['close_time']),
    settledMillis: timeOf(market['settlement_ts']),
    result: result === 'yes' || result === 'no' ? result : undefined
  };
}

function rangesOf(ranges: unknown, source: string): readonly PriceRange[] {
  if (!Array.isArray(ranges) || ranges.length === 0) throw wrong(source, 'a market without price_ranges');
  return ranges.map((range: unknown) => {
    const read = (field: string): number => (isRecord(range) ? Number(range[field]) : Number.NaN);
    const [start, end, step] = [read('start'), read('end'), read('step')];
    const valid = start >= 0 && end > start && end <= 1 && step >= 0.0001 && step <= 1;
    if (!valid) throw wrong(source, `the price range ${JSON.stringify(range)}`);
    return { start, end, step };
  });
}

function timeOf(time: unknown): number | undefined {
  const millis = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isFinite(millis) && millis > 0 ? millis : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wordsOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function wrong(source: string, got: string, cause?: unknown): AppError {
  return new AppError('data.corrupt', {
    subject: source,
    expected: 'a response of the venue that describes an event or a market',
    got,
    remedy: 'fetch it again from /trade-api/v2/events/{ticker}',
    cause
  });
}
