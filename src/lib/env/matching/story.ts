/** Why an order filled, or did not: as data and as one sentence. Reads what the engine kept; decides nothing. */
import type { Nanos } from '../../core/units.ts';
import { NANOS_PER_SECOND } from '../../core/units.ts';
import type { Book } from '../../market/book.ts';
import type { MarketInfo } from '../../market/tape.ts';
import { OrderStatus, Side } from './order.ts';
import type { EndReason, Fill, Order } from './order.ts';

export interface FillStory {
  readonly time: Nanos;
  readonly price: number;
  readonly lots: number;
  readonly cause: 'taking' | 'trade';
  /** Taker-side lots ahead just before, and the trade that came. */
  readonly aheadLots: number;
  readonly tradedLots: number;
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
  readonly fills: readonly FillStory[];
  readonly sentence: string;
}

const WHY: Readonly<Record<EndReason, string>> = {
  none: '',
  matched: 'all matched',
  cancelled: 'cancelled',
  replaced: 'replaced at another price',
  lapsedAtSuspension: 'lapsed when the market was suspended',
  lapsedAtStartingPrice: 'lapsed at the starting price',
  runnerRemoved: 'void: the runner left',
  marketNotOpen: 'the market was not open',
  fillOrKill: 'killed: not enough at the price',
  belowMinimum: 'under the minimum stake',
  offLadder: 'no such price',
  notOffered: 'the venue does not offer it',
  unaffordable: 'more than the bankroll could lose',
  exposureLimit: 'over the exposure limit'
};

const SIGNS: Readonly<Record<string, string>> = { GBP: '£', EUR: '€', AUD: '$', USD: '$' };

export function storyOf(options: {
  order: Order;
  fills: readonly Fill[];
  now: Nanos;
  market: MarketInfo;
  book: Book | undefined;
}): OrderStory {
  const { order, fills, now, market } = options;
  const story = {
    side: order.side === Side.back ? ('back' as const) : ('lay' as const),
    runner: market.runners[order.slot]?.name ?? `slot ${String(order.slot)}`,
    price: order.points / 100,
    lots: order.lots,
    matchedLots: order.matched,
    averagePrice: order.matched > 0 ? order.matchedPoints / order.matched / 100 : undefined,
    state: stateOf(order),
    end: order.end,
    aheadOnArrivalLots: order.aheadOnArrival,
    aheadLots: order.ahead,
    fills: fills.map((fill) => ({
      time: fill.time,
      price: fill.points / 100,
      lots: fill.lots,
      cause: fill.taking ? ('taking' as const) : ('trade' as const),
      aheadLots: fill.ahead,
      tradedLots: fill.traded,
      message: fill.message
    }))
  };
  const money = (lots: number): string =>
    `${SIGNS[market.rules.currency] ?? ''}${(lots * market.rules.lotSize).toFixed(2)}`;
  return { ...story, sentence: sentence(order, fills, now, money) };
}

function stateOf(order: Order): OrderStory['state'] {
  if (order.status === OrderStatus.pending) return 'on its way';
  if (order.status === OrderStatus.executable) return order.matched > 0 ? 'part matched' : 'waiting';
  return order.end === 'matched' ? 'matched' : 'ended';
}

function sentence(order: Order, fills: readonly Fill[], now: Nanos, money: (lots: number) => string): string {
  const side = order.side === Side.back ? 'back' : 'lay';
  const price = (points: number): string => (points / 100).toFixed(2);
  const what = (lots: number, points: number): string => `${side} ${money(lots)} at ${price(points)}`;
  const seconds = (from: number, to: number): string => `${String(Math.round((to - from) / NANOS_PER_SECOND))} s`;
  if (order.status === OrderStatus.pending) return `On its way: ${what(order.lots, order.points)}.`;
  const last = fills[fills.length - 1];
  const average = order.matched > 0 ? order.matchedPoints / order.matched : order.points;
  if (order.matched > 0) {
    const part = order.rest > 0 || order.matched < order.lots ? 'Part filled' : 'Filled';
    const left =
      order.status === OrderStatus.executable ? `, ${money(order.rest)} still waits` : remainder(order, money);
    const how =
      last === undefined || last.taking
        ? 'taken from what was offered'
        : `placed ${seconds(order.madeAt, last.time)} ago behind ${money(order.aheadOnArrival)}`;
    return `${part}: ${what(order.matched, average)}, ${how}${left}.`;
  }
  if (order.status === OrderStatus.executable) {
    return (
      `Waiting: ${what(order.lots, order.points)}, placed ${seconds(order.madeAt, now)} ago behind ` +
      `${money(order.aheadOnArrival)}; ${money(order.ahead)} must still trade first.`
    );
  }
  const reached = order.acceptedAt > order.madeAt && order.end !== 'marketNotOpen';
  const queue = reached && order.kind === 'limit' ? `; ${money(order.ahead)} was still ahead` : '';
  return `Not filled: ${what(order.lots, order.points)}, ${WHY[order.end]}${queue}.`;
}

function remainder(order: Order, money: (lots: number) => string): string {
  const gone = order.lots - order.matched;
  return gone > 0 ? `, ${money(gone)} ${WHY[order.end]}` : '';
}
