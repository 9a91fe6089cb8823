/** Why an order for an instrument filled, or did not: as data and in words. Reads what the engine kept; decides nothing. */
import type { Nanos, Ticks } from '../../core/units.ts';
import { NANOS_PER_SECOND } from '../../core/units.ts';
import type { MarketInfo } from '../../market/tape.ts';
import { Role } from '../account/order-fees.ts';
import type { Liquidation } from '../account/liquidation.ts';
import { Direction, FillCause } from './instrument-order.ts';
import type { InstrumentEnd, InstrumentFill, InstrumentOrder } from './instrument-order.ts';
import { OrderStatus } from './order.ts';
import { othersOf, queueStoryOf } from './queue-story.ts';
import type { QueueStory } from './queue-story.ts';
import { NOTHING_TO_REPLACE } from './story-words.ts';

export interface InstrumentFillStory {
  /** At the venue, and when we knew. */
  readonly time: Nanos;
  readonly toldAt: Nanos;
  readonly price: number;
  readonly lots: number;
  readonly role: 'maker' | 'taker';
  readonly cause: keyof typeof FillCause;
  /** Lots ahead just before, and the trade (or the level that crossed) that came: its lots and its price. */
  readonly aheadLots: number;
  readonly tradedLots: number;
  readonly tradePrice: number;
  /** Row of the tape that caused it, or before which the order arrived. */
  readonly row: number;
}

export interface InstrumentStory {
  readonly side: 'buy' | 'sell';
  readonly instrument: string;
  readonly price: number;
  readonly lots: number;
  readonly filledLots: number;
  readonly averagePrice: number | undefined;
  readonly state: 'on its way' | 'waiting' | 'part filled' | 'filled' | 'ended';
  readonly end: InstrumentEnd;
  readonly aheadOnArrivalLots: number;
  readonly aheadLots: number;
  /** Ticks by which the best price slipped away from it on arrival. */
  readonly slippedTicks: number;
  readonly fills: readonly InstrumentFillStory[];
  /** The forced liquidation that made the order, or ended it. */
  readonly liquidation: Liquidation | undefined;
  /** The id of the queue model that counted, and what others made of it. Empty where it never rested, or none is worked. */
  readonly queue: string;
  readonly others: readonly QueueStory[];
  /** What became of it, in one sentence. */
  readonly headline: string;
  /** The headline, what caused each fill, what liquidated the account, and what other queue models made of it. */
  readonly sentence: string;
}

const WHY: Readonly<Record<InstrumentEnd, string>> = {
  none: '',
  filled: 'all filled',
  cancelled: 'cancelled',
  replaced: 'replaced at another price',
  nothingToReplace: NOTHING_TO_REPLACE,
  wouldTake: 'expired: post-only, and it would have taken',
  nothingToTake: 'expired: nothing more to take at the price',
  fillOrKill: 'killed: not enough at the price',
  marketNotOpen: 'the market was not open',
  settled: 'the contract was settled',
  liquidated: 'the account was liquidated',
  belowMinimum: 'under the minimum size',
  offLadder: 'no such price',
  notOffered: 'the venue does not offer it',
  noLocate: 'the shares cannot be borrowed',
  overLeverage: 'a larger position than the venue allows at this leverage',
  unaffordable: 'more than the account could pay for'
};

/** How an order ends that the venue, or the account, never let into the book. */
const REFUSALS: readonly InstrumentEnd[] = [
  'marketNotOpen',
  'belowMinimum',
  'offLadder',
  'notOffered',
  'noLocate',
  'overLeverage',
  'unaffordable'
];

const CAUSES: readonly (keyof typeof FillCause)[] = ['took', 'trade', 'tradeThrough', 'crossed'];

/** Fills told one by one; the rest is counted. */
const TOLD_FILLS = 3;

export interface StoryOptions {
  readonly order: InstrumentOrder;
  /** In the order they were made; empty where none were kept. */
  readonly fills: readonly InstrumentFill[];
  readonly now: Nanos;
  readonly market: MarketInfo;
  /** The id of the queue model that counted. */
  readonly queue: string;
}

/** The story of one order for an instrument, as data and in words; prices in the instrument's own, sizes in lots. */
export function instrumentStory(options: StoryOptions): InstrumentStory {
  const { order, fills, market, queue } = options;
  const { ladder } = market.rules;
  const priceOf = (tick: number): number => (tick < 0 ? Number.NaN : ladder.priceOf(tick as Ticks));
  const others = (order.shadow?.positions ?? []).map(queueStoryOf);
  const words = wordsOf(options, priceOf);
  const headline = words.headline();
  const told = [headline, words.causes(), words.liquidation(), othersOf(others, order.madeAt, words.size, queue)];
  return {
    side: order.direction === Direction.buy ? 'buy' : 'sell',
    instrument: market.runners[order.slot]?.name ?? `slot ${String(order.slot)}`,
    price: priceOf(order.tick),
    lots: order.lots,
    filledLots: order.filled,
    averagePrice: order.filled > 0 ? averageOf(fills, priceOf) : undefined,
    state: stateOf(order),
    end: order.end,
    aheadOnArrivalLots: order.aheadOnArrival,
    aheadLots: Math.max(0, order.ahead),
    slippedTicks: order.slippedTicks,
    fills: fills.map((fill) => ({
      time: fill.time,
      toldAt: fill.toldAt,
      price: priceOf(fill.tick),
      lots: fill.lots,
      role: fill.role === Role.maker ? ('maker' as const) : ('taker' as const),
      cause: CAUSES[fill.cause]!,
      aheadLots: Math.max(0, fill.ahead),
      tradedLots: fill.traded,
      tradePrice: priceOf(fill.tradeTick),
      row: fill.row
    })),
    liquidation: order.liquidation,
    queue,
    others,
    headline,
    sentence: told.filter((part) => part !== '').join(' ')
  };
}

/** Over the fills that were kept; undefined where none were. */
function averageOf(fills: readonly InstrumentFill[], priceOf: (tick: number) => number): number | undefined {
  const lots = fills.reduce((sum, fill) => sum + fill.lots, 0);
  return lots === 0 ? undefined : fills.reduce((sum, fill) => sum + fill.lots * priceOf(fill.tick), 0) / lots;
}

function stateOf(order: InstrumentOrder): InstrumentStory['state'] {
  if (order.status === OrderStatus.pending) return 'on its way';
  if (order.status === OrderStatus.executable) return order.filled > 0 ? 'part filled' : 'waiting';
  return order.end === 'filled' ? 'filled' : 'ended';
}

interface Words {
  readonly size: (lots: number) => string;
  readonly headline: () => string;
  readonly causes: () => string;
  readonly liquidation: () => string;
}

function wordsOf({ order, fills, now, market }: StoryOptions, priceOf: (tick: number) => number): Words {
  const { lotSize, ladder, settlement } = market.rules;
  const unit = settlement.kind === 'yesNo' ? ' contracts' : settlement.kind === 'cash' ? ' shares' : '';
  const size = (lots: number): string => `${String(Number((lots * lotSize).toPrecision(12)))}${unit}`;
  const price = (tick: number): string => (tick < 0 ? 'any price' : priceOf(tick).toFixed(ladder.decimals));
  const after = (time: Nanos): string => `${((time - order.madeAt) / NANOS_PER_SECOND).toFixed(3)} s`;
  const side = order.direction === Direction.buy ? 'buy' : 'sell';
  const what = `${order.forced ? 'forced ' : ''}${side} ${size(order.lots)} at ${price(order.tick)}`;
  return {
    size,
    headline() {
      if (order.status === OrderStatus.pending) return `On its way: ${what}.`;
      if (order.status === OrderStatus.executable) {
        const waits = order.ahead > 0 ? `${size(order.ahead)} must still trade first` : 'nothing is ahead of it now';
        const so = order.filled > 0 ? `Part filled: ${size(order.filled)} of ${what}` : `Waiting: ${what}`;
        if (order.aheadOnArrival <= 0) return `${so}, sent ${after(now)} ago, first in its queue.`;
        return `${so}, sent ${after(now)} ago behind ${size(order.aheadOnArrival)}; ${waits}.`;
      }
      if (order.end === 'filled') return `Filled: ${what}.`;
      if (order.end === 'nothingToReplace') return `Not placed: ${side} at ${price(order.tick)}, ${WHY[order.end]}.`;
      // A refusal is told at once: this one was taken, and the market closed before it arrived or while it waited.
      const closed = order.end === 'marketNotOpen' && order.endedAt > order.madeAt;
      if (REFUSALS.includes(order.end) && !closed) return `Refused: ${what}, ${WHY[order.end]}.`;
      const part = order.filled > 0 ? `Part filled: ${size(order.filled)} of ` : 'Not filled: ';
      const ahead = order.ahead > 0 ? `${size(order.ahead)} was still ahead` : 'nothing was ahead of it any more';
      const queue = order.aheadOnArrival > 0 ? `; ${ahead}` : '';
      return `${part}${what}, ${closed ? 'the market was no longer open' : WHY[order.end]}${queue}.`;
    },
    causes() {
      const told = fills.slice(0, TOLD_FILLS).map((fill) => {
        const when = `${size(fill.lots)} at ${price(fill.tick)} ${after(fill.time)} after it was sent`;
        const came = `${size(fill.traded)} at ${price(fill.tradeTick)}`;
        const ahead = fill.ahead > 0 ? `with ${size(fill.ahead)} still ahead` : 'with nothing ahead';
        switch (fill.cause) {
          case FillCause.took:
            return `${when}, taken from ${came}.`;
          case FillCause.trade:
            return `${when}, by a trade of ${came} ${ahead}.`;
          case FillCause.tradeThrough:
            return `${when}, by a trade of ${came}, past its price.`;
          case FillCause.crossed:
            return `${when}, when the other side's ${came} reached it.`;
        }
      });
      const more = fills.length - told.length;
      if (more > 0) told.push(`${String(more)} more ${more === 1 ? 'fill' : 'fills'}.`);
      return told.join(' ');
    },
    liquidation() {
      if (order.liquidation === undefined) return '';
      const { currency } = market.rules;
      const { marginBalance, maintenanceMargin, slot, insurancePaid, ...record } = order.liquidation;
      const money = (amount: number): string => `${amount.toFixed(2)} ${currency}`;
      const name = slot === order.slot ? '' : ` of ${market.runners[slot]?.name ?? `slot ${String(slot)}`}`;
      const why = `The account was liquidated: its balance of ${money(marginBalance)} was under the ${money(maintenanceMargin)} it had to keep.`;
      const closed = `The book took ${size(record.closedLots)} of the ${size(record.heldLots)}${name} held`;
      if (record.takenOverLots === 0) return `${why} ${closed}.`;
      const fund = insurancePaid > 0 ? `and paid ${money(insurancePaid)}` : `and kept ${money(-insurancePaid)}`;
      const at = record.bankruptcyPrice.toFixed(ladder.decimals);
      return `${why} ${closed}, and the insurance fund took over ${size(record.takenOverLots)} at the bankruptcy price of ${at} ${fund}.`;
    }
  };
}
