/** An evaluation episode of the agent as its panel shows it: result, orders with their times, addresses. Pure. */
import type { MarketRecord } from '$lib/data/records.ts';
import type { EvaluationOrders, KeptOrder } from '$lib/env/episode-orders.ts';
import type { EvaluationReport } from '$lib/research/types.ts';
import { marketAddress as addressOf } from '../addresses.ts';
import { formatClock, plural } from '../format.ts';
import { aboutMetric } from './metric-about.ts';
import { policyOf } from './run-facts.ts';

type Times = Pick<MarketRecord, 'inPlayMillis' | 'scheduledMillis' | 'firstMillis' | 'lastMillis'>;

/** Times of an episode whose market is in no dataset, as one that is made to be played: its scheduled start is known. */
export function episodeTimes(kept: EvaluationOrders | undefined, market: string): Times | undefined {
  const scheduledMillis = kept?.episodes.find((one) => one.market === market)?.scheduledMillis;
  if (scheduledMillis === undefined) return undefined;
  return { scheduledMillis, firstMillis: -Infinity, lastMillis: Infinity };
}

/** The off as the market's page counts from it: in play, or the scheduled start where it never was. */
export const offMillis = (times: Times): number =>
  times.inPlayMillis ?? Math.min(times.lastMillis, Math.max(times.firstMillis, times.scheduledMillis));

/** `04:12` to the off, `04:12 after` it; the clock where the market is not here any more. */
export function timeToOff(millis: number, market: Times | undefined): string {
  if (market === undefined) return `${new Date(millis).toISOString().slice(11, 19)} UTC`;
  const seconds = (offMillis(market) - millis) / 1000;
  return seconds >= 0 ? formatClock(seconds) : `${formatClock(-seconds)} after`;
}

/** A market's page with the run's orders on it; at an order, the moment it was sent and its runner. */
export function marketAddress(
  at: { readonly dataset: string; readonly market: string; readonly run: string },
  order?: { readonly madeMillis: number; readonly runnerId: string; readonly times: Times }
): string {
  const query = new URLSearchParams({ run: at.run });
  if (order !== undefined) {
    query.set('t', ((order.madeMillis - offMillis(order.times)) / 1000).toFixed(1));
    query.set('runner', order.runnerId);
  }
  return `${addressOf(at.dataset, at.market)}?${query}`;
}

/** The episode's panel in its run. */
export const episodeAddress = (run: string, market: string): string =>
  `/runs/${encodeURIComponent(run)}?${new URLSearchParams({ tab: 'evaluation', episode: market })}`;

export interface EpisodeResult {
  readonly roi: string;
  readonly green: 'yes' | 'no' | '–';
  readonly traded: 'yes' | 'no';
}

/** What the agent made of a market; undefined where the evaluation has no such episode, or it is no market. */
export function episodeResult(report: EvaluationReport | undefined, market: string): EpisodeResult | undefined {
  const agent = policyOf(report, 'agent');
  const row = agent?.rows.find(([name]) => name === market);
  if (agent === undefined || row === undefined || !agent.columns.includes('mtm_roi')) return undefined;
  const value = (column: string): number => Number(row[agent.columns.indexOf(column) + 1]);
  const traded = value('traded') === 1;
  return {
    roi: aboutMetric('mtm_roi_mean').format(value('mtm_roi')),
    green: !traded ? '–' : value('all_green') === 1 ? 'yes' : 'no',
    traded: traded ? 'yes' : 'no'
  };
}

/** The orders of one episode, or why there are none to show. */
export type EpisodeOrdersShown =
  | { readonly kind: 'orders'; readonly orders: readonly KeptOrder[]; readonly note: string }
  | { readonly kind: 'none'; readonly title: string; readonly text: string };

export function shownOrders(options: {
  readonly report: EvaluationReport | undefined;
  readonly kept: EvaluationOrders | undefined;
  readonly market: string;
}): EpisodeOrdersShown {
  const { report, kept, market } = options;
  if (report === undefined) {
    return {
      kind: 'none',
      title: 'Not evaluated yet',
      text: 'The orders of an episode are here once the agent has been evaluated.'
    };
  }
  if (kept === undefined) {
    return {
      kind: 'none',
      title: 'Its orders were not kept',
      text: 'This run was evaluated by a version that kept no orders. Train it again from its configuration to see why each filled or did not.'
    };
  }
  const episode = kept.episodes.find((one) => one.market === market);
  if (episode === undefined) {
    return {
      kind: 'none',
      title: 'No such episode',
      text: `The last evaluation played ${plural(kept.episodes.length, 'market')}, and this was not one of them.`
    };
  }
  if (episode.orders.length === 0) {
    return {
      kind: 'none',
      title: 'The agent placed no order here',
      text: 'It watched this market from the start of the episode to its end, so there is nothing that could fill.'
    };
  }
  const matched = episode.orders.filter((order) => order.matchedLots > 0).length;
  const out = episode.leftOut > 0 ? `; ${plural(episode.leftOut, 'later order')} left out` : '';
  const stale = kept.updates === report.updates ? '' : `, as of update ${String(kept.updates)}`;
  return {
    kind: 'orders',
    orders: episode.orders,
    note: `${plural(episode.orders.length, 'order')}, ${matched} matched in whole or in part${out}${stale}`
  };
}

/** `4. Sir Callum`; the number where the recording has no name. */
export const orderRunner = ({ runner, runnerId, slot }: Pick<KeptOrder, 'runner' | 'runnerId' | 'slot'>): string => {
  const name = runner.trim();
  return name === '' || name === runnerId ? `Runner ${String(slot + 1)}` : name;
};

/** Whether more is known of an order than its headline: not of runs that kept no more. */
export const tellsMore = ({ causes = '', otherQueues = '' }: KeptOrder): boolean => causes !== '' || otherQueues !== '';
