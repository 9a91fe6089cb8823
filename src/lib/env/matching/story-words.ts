/** The sentences of an order's story, in the market's money. Says what it is given; looks nothing up. */
import { NANOS_PER_SECOND } from '../../core/units.ts';
import type { Nanos } from '../../core/units.ts';
import { OrderStatus, Side } from './order.ts';
import type { EndReason, Fill, Order } from './order.ts';

export type Money = (lots: number) => string;

/** Of an order that was to take another's place. */
export const NOTHING_TO_REPLACE = 'the order it was to replace was already filled, withdrawn or not yet at the venue';

const WHY: Readonly<Record<EndReason, string>> = {
  none: '',
  matched: 'all matched',
  cancelled: 'cancelled',
  replaced: 'replaced at another price',
  nothingToReplace: NOTHING_TO_REPLACE,
  lapsedAtSuspension: 'lapsed when the market was suspended',
  lapsedAtStartingPrice: 'lapsed at the starting price',
  runnerRemoved: 'void: the runner left',
  marketNotOpen: 'the market was not open',
  fillOrKill: 'killed: not enough at the price',
  belowMinimum: 'under the minimum stake',
  offLadder: 'no such price',
  notOffered: 'the venue does not offer it',
  eachWay: 'no orders are taken in each-way markets: a stake there is at risk twice, to win and for a place',
  lineMarket: 'no orders are taken in line markets: their prices are lines, and bets pay even money by the side of one',
  handicapMarket: 'no orders are taken in Asian handicap markets: of a stake there half may be won, lost or given back',
  unaffordable: 'more than the bankroll could lose',
  exposureLimit: 'over the exposure limit'
};

/** How an order that waited in a queue may end without a match. */
const ENDS_OF_WAITING: readonly EndReason[] = ['cancelled', 'replaced', 'lapsedAtSuspension'];
/** How an order ends that the venue, or the bankroll, never let into the book. */
const REFUSALS: readonly EndReason[] = [
  'marketNotOpen',
  'belowMinimum',
  'offLadder',
  'notOffered',
  'eachWay',
  'lineMarket',
  'handicapMarket',
  'unaffordable',
  'exposureLimit'
];

const price = (points: number): string => (points / 100).toFixed(2);

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** As people say it, in two units at most: `0.12 s`, `31 s`, `16 h 10 min`. */
export function spanOf(from: number, to: number): string {
  const seconds = (to - from) / NANOS_PER_SECOND;
  if (seconds < 10) return `${String(Number(seconds.toFixed(2)))} s`;
  const whole = Math.round(seconds);
  const two = (big: number, bigName: string, small: number, smallName: string): string => {
    const rest = Math.floor((whole % big) / small);
    return `${String(Math.floor(whole / big))} ${bigName}${rest > 0 ? ` ${String(rest)} ${smallName}` : ''}`;
  };
  if (whole < MINUTE) return `${String(whole)} s`;
  if (whole < HOUR) return two(MINUTE, 'min', 1, 's');
  if (whole < DAY) return two(HOUR, 'h', MINUTE, 'min');
  return two(DAY, 'd', HOUR, 'h');
}

/** Where it came to stand: ` behind £12.00`, or first. */
const standing = (ahead: number, money: Money): string => (ahead > 0 ? `behind ${money(ahead)}` : 'first in its queue');

/** What was asked for. A lay on close names what it may lose, and a market-on-close order no price. */
function asked(order: Order, money: Money): string {
  const side = order.side === Side.back ? 'back' : 'lay';
  if (order.kind === 'limit') return `${side} ${money(order.lots)} at ${price(order.points)}`;
  const size = order.side === Side.back ? money(order.lots) : `for a liability of ${money(order.liability)}`;
  const limit = order.kind === 'limitOnClose' ? `, ${price(order.points)} or better` : '';
  return `${side} ${size} at the starting price${limit}`;
}

/** Why it ended, of the part that was not matched. */
function why(order: Order): string {
  if (order.end !== 'lapsedAtStartingPrice') return WHY[order.end];
  if (order.kind === 'limitOnClose') return 'lapsed: the starting price was past its limit';
  return 'lapsed: its liability was too small to go to the starting price';
}

/** One sentence: what became of the order so far. */
export function headlineOf(order: Order, fills: readonly Fill[], now: Nanos, money: Money): string {
  const side = order.side === Side.back ? 'back' : 'lay';
  if (order.status === OrderStatus.pending) return `On its way: ${asked(order, money)}.`;
  const last = fills[fills.length - 1];
  const average = order.matched > 0 ? order.matchedPoints / order.matched : order.points;
  if (order.matched > 0) {
    const part = order.rest > 0 || order.matched < order.lots ? 'Part filled' : 'Filled';
    const left =
      order.status === OrderStatus.executable ? `, ${money(order.rest)} still waits` : remainder(order, money);
    const how =
      last?.closing === true
        ? 'at the starting price'
        : last === undefined || last.taking
          ? 'taken from what was offered'
          : `${spanOf(order.madeAt, last.time)} after it was sent, ${standing(order.aheadOnArrival, money)}`;
    return `${part}: ${side} ${money(order.matched)} at ${price(average)}, ${how}${left}.`;
  }
  if (order.status === OrderStatus.executable) {
    if (order.kind !== 'limit') return `Waiting: ${asked(order, money)}, sent ${spanOf(order.madeAt, now)} ago.`;
    const first = order.ahead > 0 ? `${money(order.ahead)} must still trade first` : 'nothing is ahead of it now';
    const came = standing(order.aheadOnArrival, money);
    const queue = order.aheadOnArrival === 0 && order.ahead === 0 ? came : `${came}; ${first}`;
    return `Waiting: ${asked(order, money)}, sent ${spanOf(order.madeAt, now)} ago, ${queue}.`;
  }
  if (order.matchedVoid > 0) {
    const part =
      order.matchedVoid < order.lots ? ` (${money(order.matchedVoid)} of it was matched)` : ' (it was matched)';
    return `Void: ${asked(order, money)}${part}, the runner left.`;
  }
  if (order.end === 'nothingToReplace') return `Not placed: ${side} at ${price(order.points)}, ${WHY[order.end]}.`;
  // Taken, and void when it came to the venue: a refusal is told at once.
  if (order.end === 'marketNotOpen' && order.endedAt > order.madeAt) {
    return `Void: ${asked(order, money)}, the market was no longer open when it arrived.`;
  }
  if (REFUSALS.includes(order.end)) return `Refused: ${asked(order, money)}, ${why(order)}.`;
  const waited = order.kind === 'limit' && ENDS_OF_WAITING.includes(order.end);
  const ahead = order.ahead > 0 ? `${money(order.ahead)} was still ahead` : 'nothing was ahead of it any more';
  return `Not filled: ${asked(order, money)}, ${why(order)}${waited ? `; ${ahead}` : ''}.`;
}

/** What became of the part that was not matched: its last piece by how the order ended. */
function remainder(order: Order, money: Money): string {
  const { end, cancelled, lapsed, voided } = order;
  const lapsing = end === 'lapsedAtSuspension' || end === 'lapsedAtStartingPrice';
  const withdrawing = end === 'cancelled' || end === 'replaced' || end === 'fillOrKill';
  const ofWhat = order.kind !== 'limit' && order.side === Side.lay ? ' of its liability' : '';
  const parts = [
    cancelled > 0 ? `, ${money(cancelled)}${ofWhat} ${withdrawing ? WHY[end] : 'cancelled'}` : '',
    lapsed > 0 ? `, ${money(lapsed)} ${lapsing ? why(order) : 'lapsed'}` : '',
    voided > 0 ? `, ${money(voided)} ${WHY[end]}` : ''
  ];
  return parts.join('');
}

/** Fills told one by one; the rest is counted. */
const TOLD_FILLS = 3;

/** When a fill was made: what takes does so on arrival, though the book it took from had last changed before. */
export const fillTime = ({ order, taking, closing, time }: Fill): Nanos =>
  taking && !closing ? order.acceptedAt : time;

/** The events that filled it, empty when none did. */
export function causesOf(order: Order, fills: readonly Fill[], money: Money): string {
  const told = fills.slice(0, TOLD_FILLS).map((fill) => {
    const when = `${spanOf(order.madeAt, fillTime(fill))} after it was sent (message ${String(fill.message)})`;
    if (fill.closing) return `${money(fill.lots)} at ${price(fill.points)}, the starting price, ${when}.`;
    if (fill.taking) return `${money(fill.lots)} at ${price(fill.points)}, taken ${when}.`;
    const came = `a trade of ${money(fill.traded)} at ${price(fill.tradePoints)}`;
    const ahead = fill.ahead > 0 ? `with ${money(fill.ahead)} still ahead` : 'with nothing ahead';
    return `${money(fill.lots)} ${when}, by ${came} ${ahead}.`;
  });
  const more = fills.length - Math.min(fills.length, TOLD_FILLS);
  if (order.slippedTicks > 0) {
    told.unshift(
      `The best price slipped ${String(order.slippedTicks)} ${order.slippedTicks === 1 ? 'tick' : 'ticks'} away before it arrived.`
    );
  }
  if (more > 0) told.push(`${String(more)} more ${more === 1 ? 'match' : 'matches'}.`);
  return told.join(' ');
}
