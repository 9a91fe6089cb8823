/** Why an order filled, or did not: as data and in words. Reads what the engine kept; decides nothing. */
import type { Nanos } from '../../core/units.ts';
import type { MarketInfo } from '../../market/tape.ts';
import { OrderStatus, Side } from './order.ts';
import type { EndReason, Fill, Order } from './order.ts';
import { othersOf, queueStoryOf } from './queue-story.ts';
import type { QueueStory } from './queue-story.ts';
import type { ShadowPosition } from './shadow-queues.ts';
import { causesOf, fillTime, headlineOf } from './story-words.ts';

export interface FillStory {
  /** When it was made; see `fillTime`. */
  readonly time: Nanos;
  readonly price: number;
  readonly lots: number;
  readonly cause: 'taking' | 'trade' | 'startingPrice';
  /** Taker-side lots ahead just before, and the trade that came. */
  readonly aheadLots: number;
  readonly tradedLots: number;
  /** Price of that trade; undefined where none came. */
  readonly tradePrice: number | undefined;
  /** Message of the tape whose trade it was, or before which the order arrived. */
  readonly message: number;
}

export interface OrderStory {
  readonly side: 'back' | 'lay';
  readonly runner: string;
  readonly price: number;
  readonly lots: number;
  readonly matchedLots: number;
  readonly averagePrice: number | undefined;
  readonly state: 'on its way' | 'waiting' | 'part matched' | 'matched' | 'ended';
  readonly end: EndReason;
  readonly aheadOnArrivalLots: number;
  readonly aheadLots: number;
  /** Ticks by which the best price slipped away from it on arrival. */
  readonly slippedTicks: number;
  readonly fills: readonly FillStory[];
  /** What counted: a queue model's id, or `book` where the order stood in the market's own book and its queue is real. */
  readonly queue: string;
  /** What other queue models made of it. Empty where the order never rested, or no other model is worked. */
  readonly others: readonly QueueStory[];
  /** What became of it, in one sentence. */
  readonly headline: string;
  /** The events that filled it, and what other queue models made of it; empty where there is nothing to say. */
  readonly causes: string;
  readonly otherQueues: string;
  /** The headline, then the causes, then the other queues. */
  readonly sentence: string;
}

const SIGNS: Readonly<Record<string, string>> = { GBP: '£', EUR: '€', AUD: '$', USD: '$' };

/**
 * The story of one back or lay order, as data and in words.
 * @param options.fills of the order, in the order they were made; empty where none were kept
 * @param options.now the moment it is told at, for orders that still wait
 * @param options.queue the id of the queue model that counted, or `book` where the order stood in a real queue
 * @param options.others what other models made of it
 */
export function storyOf(options: {
  order: Order;
  fills: readonly Fill[];
  now: Nanos;
  market: MarketInfo;
  queue: string;
  others: readonly ShadowPosition[];
}): OrderStory {
  const { order, fills, now, market, queue } = options;
  const money = (lots: number): string =>
    `${SIGNS[market.rules.currency] ?? ''}${(lots * market.rules.lotSize).toFixed(2)}`;
  const headline = headlineOf(order, fills, now, money);
  const others = options.others.map(queueStoryOf);
  const causes = causesOf(order, fills, money);
  const otherQueues = othersOf(others, order.madeAt, money, queue);
  return {
    side: order.side === Side.back ? 'back' : 'lay',
    runner: market.runners[order.slot]?.name ?? `slot ${String(order.slot)}`,
    price: order.points / 100,
    lots: order.lots,
    matchedLots: order.matched,
    averagePrice: order.matched > 0 ? order.matchedPoints / order.matched / 100 : undefined,
    state: stateOf(order),
    end: order.end,
    aheadOnArrivalLots: order.aheadOnArrival,
    aheadLots: order.ahead,
    slippedTicks: order.slippedTicks,
    fills: fills.map(fillStoryOf),
    queue,
    others,
    headline,
    causes,
    otherQueues,
    sentence: [headline, causes, otherQueues].filter((part) => part !== '').join(' ')
  };
}

const fillStoryOf = (fill: Fill): FillStory => ({
  time: fillTime(fill),
  price: fill.points / 100,
  lots: fill.lots,
  cause: fill.closing ? 'startingPrice' : fill.taking ? 'taking' : 'trade',
  aheadLots: fill.ahead,
  tradedLots: fill.traded,
  tradePrice: fill.taking ? undefined : fill.tradePoints / 100,
  message: fill.message
});

function stateOf(order: Order): OrderStory['state'] {
  if (order.status === OrderStatus.pending) return 'on its way';
  if (order.status === OrderStatus.executable) return order.matched > 0 ? 'part matched' : 'waiting';
  return order.end === 'matched' ? 'matched' : 'ended';
}
