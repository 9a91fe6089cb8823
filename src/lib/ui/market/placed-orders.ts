/** A run's orders on a market, for the moment and the runner looked at. Pure. */
import type { KeptOrder } from '$lib/env/episode-orders.ts';
import { formatDuration } from '../format.ts';
import type { OwnEpisode } from './own-episode.ts';

/** What a run did on the market that is shown. */
export interface PlacedOrders {
  readonly runId: string;
  readonly runName: string;
  /** Updates its agent had made. */
  readonly updates: number;
  readonly orders: readonly KeptOrder[];
  /** Later orders that were not kept. */
  readonly leftOut: number;
  /** The same orders, to be stood at any moment. */
  readonly episode: OwnEpisode;
}

/** One runner's orders, the one sent nearest to a moment first; of two as near, the earlier. */
export function nearestOrders(orders: readonly KeptOrder[], slot: number, millis: number): readonly KeptOrder[] {
  const far = (order: KeptOrder): number => Math.abs(order.madeMillis - millis);
  return orders.filter((order) => order.slot === slot).sort((a, b) => far(a) - far(b) || a.madeMillis - b.madeMillis);
}

/** `now`, `31 s ago`, `in 2 min`. */
export function fromNow(madeMillis: number, millis: number): string {
  const seconds = Math.round((millis - madeMillis) / 1000);
  if (seconds === 0) return 'now';
  return seconds > 0 ? `${formatDuration(seconds)} ago` : `in ${formatDuration(-seconds)}`;
}
