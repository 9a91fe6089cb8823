/**
 * What a runner's removal does to bets on the others: matches made so far are restated at a price cut by the reduction
 * factor, where that is at least 2.5 % (Betfair Exchange Rules, part B, "Non-runners": the threshold of WIN markets;
 * the recordings show it in PLACE markets too). Bets on the runner itself are void.
 */
import type { MarketState } from '../../market/market-state.ts';
import type { FillLog } from './fill-log.ts';
import type { LiveOrders } from './live-orders.ts';
import { Side } from './order.ts';
import type { Order } from './order.ts';
import { roundHundredth } from './queue/full-queue-binary.ts';

const LEAST_REDUCTION_PERCENT = 2.5;
const LOWEST_PRICE_POINTS = 101;

/** Price in hundredths after a reduction of `percent`, to the nearest hundredth and not under 1.01. */
function reducedPoints(points: number, percent: number): number {
  const price = roundHundredth((points / 100) * (1 - percent / 100));
  return Math.max(LOWEST_PRICE_POINTS, Math.round(price * 100));
}

/** A bet on a runner that left: no match, no profit, all of it void. */
export function voidWhole(order: Order): void {
  order.matched = 0;
  order.matchedPoints = 0;
  order.cancelled = 0;
  order.lapsed = 0;
  order.voided = order.lots;
}

export function repriceForRemoval(fills: FillLog, live: LiveOrders, state: MarketState, slot: number): void {
  const percent = state.reductionPercent[slot]!;
  if (percent >= LEAST_REDUCTION_PERCENT) fills.reprice((points) => reducedPoints(points, percent));
  for (let other = 0; other < live.bySlot.length; other++) {
    if (other === slot) continue;
    for (const order of live.bySlot[other]!) reduceLiability(order, fills, percent);
  }
}

/** A lay at the starting price keeps its risk in line with the field that is left, whatever the factor. */
function reduceLiability(order: Order, fills: FillLog, percent: number): void {
  if (order.kind !== 'marketOnClose' || order.side !== Side.lay) return;
  const less = Math.round(order.lots * (1 - percent / 100));
  fills.account.wait(order.slot, order.side, less - order.lots, 200);
  order.lots = less;
}
