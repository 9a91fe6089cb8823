/**
 * What the venue's REST interface says of a market beside its stream: names, times, allowed prices, the answer
 * (`GET /events/{ticker}` and `GET /markets/{ticker}`, docs.kalshi.com). Checked here, at the boundary.
 */
import { AppError } from '../../core/errors.ts';
import type { PriceRange } from '../../market/ladder.ts';
import { KALSHI_PRICES } from '../../market/venues/kalshi.ts';
import { csvRows } from '../bars/csv.ts';

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

/** Whether a file that begins so is such a response, pretty or not, as it came or as a recorder keeps it; or a table of them. */
export const looksLikeTerms = (head: string): boolean => (/^\s*\{/u.test(head) ? isResponse(head) : isTable(head));

const isTable = (head: string): boolean => {
  const [names = ''] = head.split('\n', 1);
  return ['event_ticker', 'close_time', 'result', 'price_level_structure'].every((name) => names.includes(name));
};

const isResponse = (head: string): boolean =>
  /"(?:event_ticker|series_ticker)"\s*:\s*"/u.test(head) && /"(?:markets?|event)"\s*:\s*[[{]/u.test(head);

/**
 * @param text a response of `GET /events/{ticker}`, `GET /markets` or `GET /markets/{ticker}`, also as a recorder keeps
 *   it, under `response`; or a table of markets with a column a field
 * @throws data.corrupt when it is neither
 */
export function readTerms(text: string, source: string): readonly KalshiTerms[] {
  if (isTable(text)) return tableTerms(text, source);
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

/** The ticker stands under `ticker`, or under `window` where a recorder names its windows by it. */
function tableTerms(text: string, source: string): readonly KalshiTerms[] {
  const terms: KalshiTerms[] = [];
  let names: readonly string[] | undefined;
  csvRows(text, ',', (cells, line) => {
    if (names === undefined) {
      names = cells.map((name) => name.trim());
      return true;
    }
    const fields = Object.fromEntries(names.map((name, column) => [name, cells[column] ?? '']));
    if (cells.length !== names.length) throw wrong(`${source} line ${String(line)}`, `${String(cells.length)} columns`);
    terms.push(
      termsOf({ ...fields, ticker: fields['ticker'] ?? fields['window'] }, '', `${source} line ${String(line)}`)
    );
    return true;
  });
  return terms;
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
    priceRanges: rangesOf(market['price_ranges'] ?? structureOf(market['price_level_structure']), source),
    openMillis: timeOf(market['open_time']),
    closeMillis: timeOf(market['close_time']),
    settledMillis: timeOf(market['settlement_ts']),
    result: result === 'yes' || result === 'no' ? result : undefined
  };
}

/** The structures that the venue names; what it no longer spells out. */
const structureOf = (name: unknown): unknown =>
  typeof name === 'string' && Object.hasOwn(KALSHI_PRICES, name)
    ? KALSHI_PRICES[name as keyof typeof KALSHI_PRICES]
    : undefined;

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
