/** Whether a new order for an instrument is sent at all: what the venue demands of it, and what the account can pay. */
import type { Ticks } from '../../core/units.ts';
import type { Book } from '../../market/book.ts';
import type { MarketState } from '../../market/market-state.ts';
import type { MarketRules } from '../../market/rules.ts';
import { MarketStatus, NO_TICK } from '../../market/tape.ts';
import type { PositionAccount } from '../account/position-account.ts';
import { isSlot } from './refusal.ts';
import { Direction } from './instrument-order.ts';
import type { InstrumentEnd, InstrumentOrder } from './instrument-order.ts';

/** @returns the reason, or undefined when the order may go */
export function refusalOfInstrument(
  order: InstrumentOrder,
  state: MarketState,
  account: PositionAccount
): InstrumentEnd | undefined {
  const { orders, ladder } = state.market.rules;
  const { slot, tick, lots, kind, timeInForce } = order;
  if (!isSlot(slot, state) || !orders.kinds.includes(kind)) return 'notOffered';
  if (kind === 'market' && timeInForce !== 'IOC' && timeInForce !== 'FOK') return 'notOffered';
  if (kind === 'market' && tick === NO_TICK) return 'nothingToTake';
  if (!(Number.isInteger(tick) && tick >= 0 && tick < ladder.size)) return 'offLadder';
  if (!(Number.isSafeInteger(lots) && lots > 0 && lots >= orders.minimum)) return 'belowMinimum';
  if (state.status !== MarketStatus.open) return 'marketNotOpen';
  const signed = order.direction * lots;
  if (lacksLocate(state.market.rules) && account.shorts(slot, signed)) return 'noLocate';
  if (account.overLeverage(slot, signed, tick)) return 'overLeverage';
  return account.affordable(slot, signed, tick) ? undefined : 'unaffordable';
}

/** Shares may be sold short by the rules, but nobody lends these. */
const lacksLocate = ({ settlement }: MarketRules): boolean =>
  settlement.kind === 'cash' && settlement.shorting?.locate === false;

/**
 * The worst tick a market order may have: so far from the touch as venues allow one to go ("price protection"), which is
 * also what its money is put aside for. NO_TICK when nobody is there to take from.
 */
export function protectedTick(book: Book, direction: Direction, part: number): number {
  const { ladder } = book;
  const touch = direction === Direction.buy ? book.bestAsk : book.bestBid;
  if (touch === NO_TICK) return NO_TICK;
  const price = ladder.priceOf(touch as Ticks);
  // No further than the ladder goes, and never on the touch's wrong side.
  const highest = ladder.priceOf((ladder.size - 1) as Ticks);
  if (direction === Direction.buy) return Math.max(touch, ladder.tickBelow(Math.min(highest, price * (1 + part))));
  const lowest = ladder.priceOf(0 as Ticks);
  return Math.min(touch, ladder.tickBelow(Math.max(lowest, price * (1 - part))));
}
