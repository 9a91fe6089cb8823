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
  /**
   * `ExchangeOptions.sizeAccounting` is `loose`: a missed limit lapses nothing, and a lay keeps the size it asked for,
   * whatever stake its liability bought.
   */
  readonly loose: boolean;
}

/**
 * Settles one order against the reconciled price; what it does not take lapses. A lay is then as large as the stake that
 * its liability bought, which is more than was asked at a better price and less at a worse one.
 */
export function matchAtStartingPrice(order: Order, price: number, { fills, loose }: ClosingOptions): void {
  const points = price * 100;
  const rest = order.rest;
  fills.account.wait(order.slot, order.side, -rest, closeWaitingPoints(order));
  if (order.kind === 'limitOnClose' && !limitHolds(order, points)) {
    if (!loose) order.lapsed += rest;
    return;
  }
  const stake = closingStake(order, rest, price);
  if (stake === 0) {
    order.lapsed += rest;
    return;
  }
  fills.matchAtClose(order, stake, points);
  if (!loose) order.lots += stake - rest;
  else if (order.kind === 'limit') order.cancelled += rest - stake;
}

/**
 * Lots that `rest` lots of an order match at the reconciled price: of a back all of them, of a lay what their liability
 * buys. 0 where that is too little.
 */
export function closingStake(order: Order, rest: number, price: number): number {
  if (order.side === Side.back) return rest;
  const liability = order.kind === 'limit' ? (rest * (order.points - 100)) / 100 : order.liability - order.cancelled;
  if (order.kind === 'limit' && liability < MINIMUM_CLOSE_LIABILITY) return 0;
  return Math.round(roundHundredth(liability / (price - 1) / 100) * 100);
}

function limitHolds(order: Order, points: number): boolean {
  return order.side === Side.back ? points >= order.points : points <= order.points;
}
