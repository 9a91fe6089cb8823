/** Which markets are shown, and in which order. Pure. */
import type { MarketRecord } from '$lib/data/records.ts';
import { marketMillis, marketTitle } from './market-words.ts';

export const SORTS = ['time', 'matched', 'messages', 'runners', 'name'] as const;
export type MarketSort = (typeof SORTS)[number];

export const SORT_NAMES: Readonly<Record<MarketSort, string>> = {
  time: 'Start, newest first',
  matched: 'Most matched',
  messages: 'Most messages',
  runners: 'Most runners',
  name: 'Name'
};

export interface MarketFilter {
  /** Empty for all. */
  readonly dataset: string;
  readonly text: string;
  readonly trainable: boolean;
  /** Hides what a simulator made. */
  readonly recorded: boolean;
  readonly sort: MarketSort;
}

const ORDER: Readonly<Record<MarketSort, (a: MarketRecord, b: MarketRecord) => number>> = {
  time: (a, b) => marketMillis(b) - marketMillis(a),
  matched: (a, b) => b.matched - a.matched,
  messages: (a, b) => b.messages - a.messages,
  runners: (a, b) => b.runners - a.runners,
  name: (a, b) => marketTitle(a).localeCompare(marketTitle(b), 'en', { numeric: true })
};

export function filterMarkets(markets: readonly MarketRecord[], filter: MarketFilter): readonly MarketRecord[] {
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return markets
    .filter((market) => {
      const text = `${marketTitle(market)} ${market.id} ${market.venue} ${market.country} ${market.kind}`.toLowerCase();
      return (
        (filter.dataset === '' || market.dataset === filter.dataset) &&
        (!filter.trainable || market.trainable) &&
        (!filter.recorded || !market.synthetic) &&
        words.every((word) => text.includes(word))
      );
    })
    .sort(ORDER[filter.sort]);
}

/** The filter as it stands in the address, so that a link shows the same markets. */
export function filterFrom(query: URLSearchParams): MarketFilter {
  const sort = SORTS.find((each) => each === query.get('sort')) ?? 'time';
  return {
    dataset: query.get('dataset') ?? '',
    text: query.get('q') ?? '',
    trainable: query.has('trainable'),
    recorded: query.has('recorded'),
    sort
  };
}

export function queryOf(filter: MarketFilter): string {
  const query = new URLSearchParams();
  if (filter.dataset !== '') query.set('dataset', filter.dataset);
  if (filter.text !== '') query.set('q', filter.text);
  if (filter.trainable) query.set('trainable', '');
  if (filter.recorded) query.set('recorded', '');
  if (filter.sort !== 'time') query.set('sort', filter.sort);
  return query.toString();
}
