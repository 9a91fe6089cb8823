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
  unaffordable: 'more than the bankroll could lose',
  exposureLimit: 'over the exposure limit'
};

/** How an order that had come to rest may end without a match. */
const ENDS_OF_RESTING: readonly EndReason[] = [
  'cancelled',
  'replaced',
  'lapsedAtSuspension',
  'lapsedAtStartingPrice',
  'runnerRemoved'
];

const price = (points: number): string => (points / 100).toFixed(2);
/** `31 s`. */
export const secondsBetween = (from: number, to: number): string =>
  `${String(Math.round((to - from) / NANOS_PER_SECOND))} s`;

/** One sentence: what became of the order so far. */
export function headlineOf(order: Order, fills: readonly Fill[], now: Nanos, money: Money): string {
  const side = order.side === Side.back ? 'back' : 'lay';
  const what = (lots: number, points: number): string => `${side} ${money(lots)} at ${price(points)}`;
  if (order.status === OrderStatus.pending) return `On its way: ${what(order.lots, order.points)}.`;
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
          : `placed ${secondsBetween(order.madeAt, last.time)} ago behind ${money(order.aheadOnArrival)}`;
    return `${part}: ${what(order.matched, average)}, ${how}${left}.`;
  }
  if (order.status === OrderStatus.executable) {
    return (
      `Waiting: ${what(order.lots, order.points)}, placed ${secondsBetween(order.madeAt, now)} ago behind ` +
      `${money(order.aheadOnArrival)}; ${money(order.ahead)} must still trade first.`
    );
  }
  if (order.matchedVoid > 0) {
    const part =
      order.matchedVoid < order.lots ? ` (${money(order.matchedVoid)} of it was matched)` : ' (it was matched)';
    return `Void: ${what(order.lots, order.points)}${part}, the runner left.`;
  }
  if (order.end === 'nothingToReplace') return `Not placed: ${side} at ${price(order.points)}, ${WHY[order.end]}.`;
  const rested = order.acceptedAt > order.madeAt && ENDS_OF_RESTING.includes(order.end);
  const queue = rested && order.kind === 'limit' ? `; ${money(order.ahead)} was still ahead` : '';
  return `Not filled: ${what(order.lots, order.points)}, ${WHY[order.end]}${queue}.`;
}

/** What became of the part that was not matched: its last piece by how the order ended. */
function remainder(order: Order, money: Money): string {
  const { end, cancelled, lapsed, voided } = order;
  const lapsing = end === 'lapsedAtSuspension' || end === 'lapsedAtStartingPrice';
  const withdrawing = end === 'cancelled' || end === 'replaced' || end === 'fillOrKill';
  const parts = [
    cancelled > 0 ? `, ${money(cancelled)} ${withdrawing ? WHY[end] : 'cancelled'}` : '',
    lapsed > 0 ? `, ${money(lapsed)} ${lapsing ? WHY[end] : 'lapsed'}` : '',
    voided > 0 ? `, ${money(voided)} ${WHY[end]}` : ''
  ];
  return parts.join('');
}

/** Fills told one by one; the rest is counted. */
const TOLD_FILLS = 3;

/** The events that filled it, empty when none did. */
export function causesOf(order: Order, fills: readonly Fill[], money: Money): string {
  const told = fills.slice(0, TOLD_FILLS).map((fill) => {
    // What takes does so on arrival, though the book it took from had last changed before.
    const at = fill.taking && !fill.closing ? order.acceptedAt : fill.time;
    const when = `${secondsBetween(order.madeAt, at)} after it was sent (message ${String(fill.message)})`;
    if (fill.closing) return `${money(fill.lots)} at ${price(fill.points)} ${when}, the starting price.`;
    if (fill.taking) return `${money(fill.lots)} at ${price(fill.points)} ${when}, taken.`;
    const came = `a trade of ${money(fill.traded)} at ${price(fill.tradePoints)}`;
    const ahead = fill.ahead > 0 ? `with ${money(fill.ahead)} still ahead` : 'with nothing ahead';
    return `${money(fill.lots)} ${when}, by ${came} ${ahead}.`;
  });
  const more = fills.length - Math.min(fills.length, TOLD_FILLS);
  if (order.slippedTicks > 0) {
    told.unshift(
      `The price slipped ${String(order.slippedTicks)} ${order.slippedTicks === 1 ? 'tick' : 'ticks'} away.`
    );
  }
  if (more > 0) told.push(`${String(more)} more ${more === 1 ? 'match' : 'matches'}.`);
  return told.join(' ');
}
