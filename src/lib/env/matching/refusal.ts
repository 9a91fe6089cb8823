/** Whether a new order is taken: what the venue demands of it, and what the account can afford. */
import type { UnderMinimum } from '../../market/rules.ts';
import type { Ladder } from '../../market/ladder.ts';
import type { MarketState } from '../../market/market-state.ts';
import { MarketStatus } from '../../market/tape.ts';
import { POINTS_PER_LOT } from '../account/account.ts';
import type { BackLayAccount } from '../account/account.ts';
import type { ExchangeOptions } from './exchange-options.ts';
import { Side } from './order.ts';
import type { EndReason, Order, OrderRequest } from './order.ts';
import { closeWaitingPoints } from './starting-price.ts';

/**
 * @param request what the order was made of
 * @returns the reason, or undefined when the order may go
 */
export function refusalOf(
  order: Order,
  request: OrderRequest,
  state: MarketState,
  account: BackLayAccount,
  limits: Pick<ExchangeOptions, 'bankroll' | 'exposureLimit'>
): EndReason | undefined {
  const { orders, ladder, settlement } = state.market.rules;
  const { slot, lots, kind } = order;
  if (!isSlot(slot, state) || !isSide(order.side) || !isFillOrKill(request)) return 'notOffered';
  if (!isAmong(orders.kinds, kind) || !isAmong(orders.persistence, order.persistence)) return 'notOffered';
  // Its stake is at risk twice, and placed runners pay by the price: what the account counts is one bet a stake.
  if (settlement.kind === 'backLay' && settlement.eachWay !== undefined) return 'eachWay';
  if (settlement.kind === 'backLay' && settlement.line === true) return 'lineMarket';
  if (settlement.kind === 'backLay' && settlement.handicaps === true) return 'handicapMarket';
  if (offLadder(order, ladder)) return 'offLadder';
  if (!Number.isSafeInteger(lots) || lots <= 0) return 'belowMinimum';
  if (state.removed[slot] === 1) return 'runnerRemoved';
  if (state.status !== MarketStatus.open) return 'marketNotOpen';
  if (lots < orders.minimum && !takenUnderMinimum(order, request.reducing === true, orders.underMinimum))
    return 'belowMinimum';
  return notAffordable(order, account, limits);
}

export const isSlot = (slot: number, { books }: MarketState): boolean =>
  Number.isInteger(slot) && slot >= 0 && slot < books.length;

const isSide = (side: number): boolean => side === Side.back || side === Side.lay;

/** Whether it is no FILL_OR_KILL at all, or a limit order with a minimum in whole lots. */
function isFillOrKill({ kind = 'limit', fillOrKillMinimum }: OrderRequest): boolean {
  if (fillOrKillMinimum === undefined) return true;
  return kind === 'limit' && Number.isSafeInteger(fillOrKillMinimum) && fillOrKillMinimum >= 0;
}

/** Whether a stake under the minimum is taken all the same. Orders for the starting price have no payout to count. */
function takenUnderMinimum(order: Order, reducing: boolean, rule: UnderMinimum = { kind: 'reducing' }): boolean {
  switch (rule.kind) {
    case 'refused':
      return false;
    case 'payout':
      return order.kind === 'limit' && order.lots * order.points >= rule.least * POINTS_PER_LOT;
    case 'reducing':
      return reducing;
  }
}

/**
 * Whether the account can bear an order that does not wait yet: the reason, or undefined when it can. A removal may
 * leave more at stake than the limits allow; an order that does not add to it is taken then all the same.
 */
export function notAffordable(
  order: Order,
  account: BackLayAccount,
  limits: Pick<ExchangeOptions, 'bankroll' | 'exposureLimit'>
): EndReason | undefined {
  const { slot, side, lots } = order;
  const price = closeWaitingPoints(order);
  const { bankroll, exposureLimit = Infinity } = limits;
  if (account.surelyWithin(Math.min(bankroll, exposureLimit), side, lots, price)) return undefined;
  const points = account.exposureWith(slot, side, lots, price);
  const exposure = points / POINTS_PER_LOT;
  const within = exposure <= bankroll;
  if (within && exposure <= exposureLimit) return undefined;
  if (points <= account.exposure()) return undefined;
  return within ? 'exposureLimit' : 'unaffordable';
}

/** `includes`, which for what nearly every order is looks no further than the first. */
const isAmong = <T>(offered: readonly T[], one: T): boolean => offered[0] === one || offered.includes(one);

export const offLadder = (order: Order, ladder: Ladder): boolean =>
  order.kind !== 'marketOnClose' && !(Number.isInteger(order.tick) && order.tick >= 0 && order.tick < ladder.size);
