/**
 * Orders that take the starting price: market on close, limit on close, and limit orders with MARKET_ON_CLOSE
 * persistence, matched once the price is reconciled (Betfair Exchange, "Betfair Starting Price").
 */
import type { FillLog } from './fill-log.ts';
import { Side } from './order.ts';
import type { Order } from './order.ts';
import { roundHundredth } from './queue/full-queue-binary.ts';

/** Least liability of a lay that goes to the starting price, in lots (10.00). */
const MINIMUM_CLOSE_LIABILITY = 1000;

/**
 * Price in hundredths at which an on-close order's liability stands in the account: twice the stake's points is the
 * stake itself, whatever the price it will get.
 */
export const closeWaitingPoints = (order: Order): number => (order.kind === 'limit' ? order.points : 200);

export interface ClosingOptions {
  readonly fills: FillLog;
  /** `ExchangeOptions.sizeAccounting` is `loose`: a missed limit lapses nothing. */
  readonly loose: boolean;
}

/** Settles one order against the reconciled price; what it does not take is cancelled or lapses. */
export function matchAtStartingPrice(order: Order, price: number, { fills, loose }: ClosingOptions): void {
  const points = price * 100;
  const rest = order.rest;
  fills.account.wait(order.slot, order.side, -rest, closeWaitingPoints(order));
  if (order.kind === 'limitOnClose' && !limitHolds(order, points)) {
    if (!loose) order.lapsed += rest;
    return;
  }
  if (order.side === Side.back) {
    fills.matchAtClose(order, rest, points);
    return;
  }
  const liability = order.kind === 'limit' ? (rest * (order.points - 100)) / 100 : order.liability - order.cancelled;
  if (order.kind === 'limit' && liability < MINIMUM_CLOSE_LIABILITY) {
    order.lapsed += rest;
    return;
  }
  const stake = Math.round(roundHundredth(liability / (price - 1) / 100) * 100);
  fills.matchAtClose(order, stake, points);
  if (order.kind === 'limit') order.cancelled += rest - stake;
}

function limitHolds(order: Order, points: number): boolean {
  return order.side === Side.back ? points >= order.points : points <= order.points;
}
