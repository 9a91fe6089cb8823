/**
 * What a runner's removal does to bets: those on the runner are void; matches made so far on the others are restated at
 * a price cut by the reduction factor, where that is at least 2.5 % (Betfair Exchange Rules, part B, "Non-runners": the
 * threshold of WIN markets; the recordings show it in PLACE markets too).
 */
import type { MarketState } from '../../market/market-state.ts';
import type { FillLog } from './fill-log.ts';
import type { LiveOrders } from './live-orders.ts';
import { Side } from './order.ts';
import type { Order } from './order.ts';
import { roundHundredth } from './queue/full-queue-binary.ts';

const LEAST_REDUCTION_PERCENT = 2.5;
const LOWEST_PRICE_POINTS = 101;

/**
 * Price in hundredths at which a match stands once a runner with a reduction factor of `percent` has left: to the
 * nearest hundredth and not under 1.01.
 */
export function restatedPoints(points: number, percent: number): number {
  if (percent < LEAST_REDUCTION_PERCENT) return points;
  const price = roundHundredth((points / 100) * (1 - percent / 100));
  return Math.max(LOWEST_PRICE_POINTS, Math.round(price * 100));
}

/**
 * A bet on a runner that left: no match, no profit. What was matched or still could be is void; what had been cancelled
 * or had lapsed before is not said a second time.
 * @param whole counts the whole size as void all the same: some simulators do
 */
export function voidOrder(order: Order, whole: boolean): void {
  if (order.matched > 0) {
    order.matchedVoid = order.matched;
    order.end = 'runnerRemoved';
  }
  order.voided = whole ? order.lots : order.lots - order.cancelled - order.lapsed;
  order.matched = 0;
  order.matchedPoints = 0;
}

export function repriceForRemoval(fills: FillLog, live: LiveOrders, state: MarketState, slot: number): void {
  const percent = state.reductionPercent[slot]!;
  if (percent >= LEAST_REDUCTION_PERCENT) fills.reprice((points) => restatedPoints(points, percent));
  for (let other = 0; other < live.bySlot.length; other++) {
    if (other === slot) continue;
    const keeps = liabilityKept(state, other, percent);
    for (const order of live.bySlot[other]!) reduceLiability(order, fills, keeps);
  }
}

/**
 * The part of a lay's liability at the starting price that a removal leaves, whatever the size of its factor. With one
 * winner a factor is the runner's chance in per cent, so the fair price is 100 / own; cut by `percent` that price leaves
 * of (price - 1) * stake, the stake being kept, 1 - percent / (100 - own). With several winners factors are no chances
 * of that kind, and the liability falls as prices do.
 */
export function liabilityKept(state: MarketState, slot: number, percent: number): number {
  const { settlement } = state.market.rules;
  const oneWinner = settlement.kind === 'backLay' && settlement.winners === 1;
  return 1 - percent / (oneWinner ? 100 - state.adjustmentPercent[slot]! : 100);
}

function reduceLiability(order: Order, fills: FillLog, keeps: number): void {
  if (order.kind !== 'marketOnClose' || order.side !== Side.lay) return;
  // What was cancelled of it is at risk no more.
  order.liability = order.cancelled + (order.liability - order.cancelled) * keeps;
  const less = Math.round(order.liability);
  fills.account.wait(order.slot, order.side, less - order.lots, 200);
  order.lots = less;
}
