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
  /** Empty for all. */
  readonly venue: string;
  /** Days in universal time, `2026-01-31`, both included; empty for no bound. */
  readonly from: string;
  readonly to: string;
  /** Least that was matched, in the venue's unit. */
  readonly matched: number;
  /** Empty for all; `wild, trending`, or one half of it. */
  readonly regime: string;
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

/** @param regimeOf as far as it is known; an unknown regime is of every kind */
export function filterMarkets(
  markets: readonly MarketRecord[],
  filter: MarketFilter,
  regimeOf: (market: MarketRecord) => string | undefined = () => undefined
): readonly MarketRecord[] {
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return markets
    .filter((market) => {
      const text = `${marketTitle(market)} ${market.id} ${market.venue} ${market.country} ${market.kind}`.toLowerCase();
      return (
        (filter.dataset === '' || market.dataset === filter.dataset) &&
        (filter.venue === '' || market.venue === filter.venue) &&
        (filter.from === '' || dayOf(market) >= filter.from) &&
        (filter.to === '' || dayOf(market) <= filter.to) &&
        market.matched >= filter.matched &&
        (filter.regime === '' || (regimeOf(market) ?? filter.regime).includes(filter.regime)) &&
        (!filter.trainable || market.trainable) &&
        (!filter.recorded || !market.synthetic) &&
        words.every((word) => text.includes(word))
      );
    })
    .sort(ORDER[filter.sort]);
}

const dayOf = (market: MarketRecord): string => new Date(marketMillis(market)).toISOString().slice(0, 10);

/** Shows everything. */
export const NO_FILTER: MarketFilter = {
  dataset: '',
  text: '',
  venue: '',
  from: '',
  to: '',
  matched: 0,
  regime: '',
  trainable: false,
  recorded: false,
  sort: 'time'
};

/** The filter as it stands in the address, so that a link shows the same markets. */
export function filterFrom(query: URLSearchParams): MarketFilter {
  const sort = SORTS.find((each) => each === query.get('sort')) ?? 'time';
  return {
    dataset: query.get('dataset') ?? '',
    text: query.get('q') ?? '',
    venue: query.get('venue') ?? '',
    from: query.get('from') ?? '',
    to: query.get('to') ?? '',
    matched: Math.max(0, Number(query.get('matched') ?? 0) || 0),
    regime: query.get('regime') ?? '',
    trainable: query.has('trainable'),
    recorded: query.has('recorded'),
    sort
  };
}

export function queryOf(filter: MarketFilter): string {
  const query = new URLSearchParams();
  if (filter.dataset !== '') query.set('dataset', filter.dataset);
  if (filter.text !== '') query.set('q', filter.text);
  if (filter.venue !== '') query.set('venue', filter.venue);
  if (filter.from !== '') query.set('from', filter.from);
  if (filter.to !== '') query.set('to', filter.to);
  if (filter.matched > 0) query.set('matched', String(filter.matched));
  if (filter.regime !== '') query.set('regime', filter.regime);
  if (filter.trainable) query.set('trainable', '');
  if (filter.recorded) query.set('recorded', '');
  if (filter.sort !== 'time') query.set('sort', filter.sort);
  return query.toString();
}
