/**
 * What happens when a limit order reaches the book: it takes what is visible up to its price, best first and each
 * level at its own price (best-price execution), and rests behind what waits at its price.
 */
import type { Random } from '../../core/random.ts';
import type { BookView } from '../../market/book.ts';
import type { DepthView } from '../../market/depth.ts';
import { NO_TICK } from '../../market/tape.ts';
import type { FillLog } from './fill-log.ts';
import { TAKING } from './fill-log.ts';
import { Side } from './order.ts';
import type { Order } from './order.ts';
import type { QueueModel } from './queue/queue-model.ts';
import type { SlippageModel } from './slippage.ts';

/** What our own orders took, and the book still shows: `TakenLiquidity`, or one that follows the book when it is asked. */
export interface Taken {
  /** Levels something was taken from. */
  readonly count: number;
  /** Lots of ours gone from the level that an order of `side` takes. */
  at(slot: number, side: Side, tick: number): number;
  add(slot: number, side: Side, tick: number, lots: number): void;
}

export interface Arrival {
  readonly book: BookView;
  /** Price in hundredths by tick. */
  readonly points: Float64Array;
  readonly queue: QueueModel;
  /** Undefined where what we took is there again for the next order. */
  readonly taken: Taken | undefined;
  readonly fills: FillLog;
  /** Undefined where what shows is there when we arrive. */
  readonly slippage: SlippageModel | undefined;
  /** Only drawn from by `slippage`. */
  readonly random: Random;
}

/** Whether a price of the other side is as good as the order's limit, or better. */
function reaches(order: Order, tick: number): boolean {
  return tick !== NO_TICK && (order.side === Side.back ? tick >= order.tick : tick <= order.tick);
}

const opposite = (book: BookView, side: Side): DepthView => (side === Side.back ? book.bids : book.asks);
const best = (depth: DepthView, side: Side): number => (side === Side.back ? depth.highest : depth.lowest);
const next = (depth: DepthView, side: Side, tick: number): number =>
  side === Side.back ? depth.below(tick) : depth.above(tick);

/** Matches what crosses, then queues the rest. The caller decides what becomes of an order with nothing left. */
export function arrive(order: Order, at: Arrival): void {
  const depth = opposite(at.book, order.side);
  const touch = slipped(order, depth, at);
  if (!reaches(order, touch)) {
    const own = order.side === Side.back ? at.book.asks : at.book.bids;
    order.ahead = at.queue.onPlace(own.at(order.tick));
    order.aheadOnArrival = order.ahead;
    return;
  }
  order.crossed = true;
  for (let tick = touch; reaches(order, tick); tick = next(depth, order.side, tick)) {
    takeLevel(order, depth, tick, at);
    // Before the next level is looked for: most orders are done with the first.
    if (order.rest === 0) return;
  }
}

/** The best tick that is there for the order when it arrives, NO_TICK when there is none. */
function slipped(order: Order, depth: DepthView, at: Arrival): number {
  const touch = best(depth, order.side);
  if (at.slippage === undefined || !reaches(order, touch)) return touch;
  const ticks = at.slippage(at.random);
  order.slippedTicks = ticks;
  if (ticks === 0) return touch;
  return order.side === Side.back ? depth.below(touch - ticks + 1) : depth.above(touch + ticks - 1);
}

/**
 * FILL_OR_KILL: takes levels while the volume-weighted price of all it took is no worse than the limit, if that gives
 * the minimum; otherwise nothing. What is left is the caller's to cancel.
 */
export function fillOrKill(order: Order, at: Arrival): void {
  const depth = opposite(at.book, order.side);
  const touch = slipped(order, depth, at);
  const { take, lots } = affordable(order, depth, touch, at);
  if (lots < Math.max(order.fillOrKillMinimum, 1)) return;
  order.crossed = true;
  let tick = touch;
  for (let level = 0; level < take.length; level++) {
    if (take[level]! > 0) book(order, take[level]!, tick, at);
    tick = next(depth, order.side, tick);
  }
}

/** Lots a level, best first, whose volume-weighted price holds the limit. */
function affordable(order: Order, depth: DepthView, touch: number, at: Arrival): { take: number[]; lots: number } {
  const take: number[] = [];
  const sign = order.side === Side.back ? 1 : -1;
  let lots = 0;
  let value = 0;
  for (let tick = touch; tick !== NO_TICK && lots < order.lots; tick = next(depth, order.side, tick)) {
    const price = at.points[tick]!;
    const open = Math.min(order.lots - lots, available(order, depth, tick, at));
    const worse = sign * (order.points - price);
    // The most of this level that keeps the average at the limit: (slack so far) / (how much worse a lot is).
    const slack = sign * (value - order.points * lots);
    const most = worse <= 0 ? open : Math.min(open, Math.floor(slack / worse));
    take.push(most);
    lots += most;
    value += most * price;
    if (most < open) break;
  }
  return { take, lots };
}

function available(order: Order, depth: DepthView, tick: number, at: Arrival): number {
  const gone = at.taken === undefined || at.taken.count === 0 ? 0 : at.taken.at(order.slot, order.side, tick);
  return Math.max(0, depth.at(tick) - gone);
}

function takeLevel(order: Order, depth: DepthView, tick: number, at: Arrival): void {
  const lots = Math.min(order.rest, available(order, depth, tick, at));
  if (lots > 0) book(order, lots, tick, at);
}

function book(order: Order, lots: number, tick: number, at: Arrival): void {
  at.fills.match(order, lots, at.points[tick]!, TAKING);
  at.taken?.add(order.slot, order.side, tick, lots);
}
