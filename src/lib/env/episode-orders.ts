/**
 * What is kept of an episode's orders with a run: each with why it filled, or did not. Plain data, bounded, without
 * the decisions: it crosses workers and lies in a file of the run.
 */
import type { EpisodeTrace, OrderTrace } from './trace.ts';

/** When an order stood where: what it takes to stand a book and an account at any moment of the episode. */
export interface OrderLife {
  /** When it reached the venue, and when nothing of it was left; undefined where it still waited at the end. */
  readonly acceptedMillis: number;
  readonly endedMillis?: number | undefined;
  /** As they were made, before any removal restated them. */
  readonly fills: readonly {
    readonly millis: number;
    readonly price: number;
    readonly lots: number;
  }[];
}

export interface KeptOrder extends Pick<
  OrderTrace,
  'side' | 'runner' | 'runnerId' | 'slot' | 'price' | 'lots' | 'matchedLots' | 'state' | 'end'
> {
  /** The story's headline. */
  readonly sentence: string;
  /** What caused its fills, and what other queue models made of it; absent where a run kept neither. */
  readonly causes?: string;
  readonly otherQueues?: string;
  /** When it was sent, milliseconds since the epoch. */
  readonly madeMillis: number;
  /** Absent where a run did not keep it. */
  readonly life?: OrderLife;
}

export interface EpisodeOrders {
  readonly market: string;
  readonly synthetic: boolean;
  /** When its start was due, milliseconds since the epoch; absent where a run did not keep it. */
  readonly scheduledMillis?: number;
  /** In the order they were sent. */
  readonly orders: readonly KeptOrder[];
  /** Orders after those, left out for size. */
  readonly leftOut: number;
}

/** The episodes of one evaluation. */
export interface EvaluationOrders {
  /** Updates the agent had made. */
  readonly updates: number;
  readonly episodes: readonly EpisodeOrders[];
}

/** Orders of an episode that are kept: about 120 kB of text. */
const KEPT_ORDERS = 200;

/** What took the book on arrival bears the time of the message that it took from: it was made on arrival all the same. */
const lifeOf = ({
  acceptedMillis,
  endedMillis,
  fills
}: Pick<OrderTrace, 'acceptedMillis' | 'endedMillis' | 'fills'>): OrderLife => ({
  acceptedMillis,
  endedMillis,
  fills: fills.map(({ millis, price, lots }) => ({ millis: Math.max(millis, acceptedMillis), price, lots }))
});

export function ordersOf({ market, synthetic, scheduledMillis, orders }: EpisodeTrace): EpisodeOrders {
  const kept = [...orders].sort((a, b) => a.madeMillis - b.madeMillis || a.id - b.id).slice(0, KEPT_ORDERS);
  return {
    market,
    synthetic,
    scheduledMillis,
    orders: kept.map(({ madeMillis, side, runner, runnerId, slot, price, lots, matchedLots, state, end, ...told }) => ({
      madeMillis,
      side,
      runner,
      runnerId,
      slot,
      price,
      lots,
      matchedLots,
      state,
      end,
      sentence: told.headline,
      causes: told.causes,
      otherQueues: told.otherQueues,
      life: lifeOf(told)
    })),
    leftOut: orders.length - kept.length
  };
}
