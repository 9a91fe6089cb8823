/**
 * What positions are worth if they are closed now, level by level, against what the book shows, fees of the taker
 * included: the mark by which a position counts as no more than it would bring. For back/lay markets see `hedge.ts`.
 */
import type { Book } from '../../market/book.ts';
import { NO_TICK } from '../../market/tape.ts';
import { FeeTally, Role } from './order-fees.ts';
import type { PositionAccount } from './position-account.ts';

/** The closing order of one position; a record that is written over. */
export class Closing {
  /** Lots to trade, bought when positive: less than the position where the book does not take it all. */
  lots = 0;
  /** The worst tick it reaches: its limit. NO_TICK when there is nothing to close, or nobody to close against. */
  tick: number = NO_TICK;
  /** Ledger units that closing brings, negative for a position that was sold; fees are taken off. */
  value = 0;
  fees = 0;
  /** Share of the position that the visible book can close, 0 to 1. */
  closable = 1;
  readonly tally = new FeeTally();
}

/**
 * Closes what `slot` holds against `book`. What the visible book cannot take counts as worthless (shares and contracts
 * bought), as paid out in full (contracts sold), or as the mark says (perpetuals).
 */
export function closeNow(account: PositionAccount, slot: number, book: Book, into: Closing): void {
  const held = account.position[slot]!;
  const sign = Math.sign(held);
  const depth = held > 0 ? book.bids : book.asks;
  into.lots = 0;
  into.tick = NO_TICK;
  into.value = 0;
  into.fees = 0;
  into.closable = 1;
  into.tally.clear();
  let open = Math.abs(held);
  for (let tick = held > 0 ? depth.highest : depth.lowest; tick !== NO_TICK && open > 0;) {
    const lots = Math.min(depth.at(tick), open);
    into.fees += account.fee(-sign * lots, tick, Role.taker, into.tally);
    into.value += account.unit.value(sign * lots, tick);
    into.lots -= sign * lots;
    into.tick = tick;
    open -= lots;
    tick = held > 0 ? depth.below(tick) : depth.above(tick);
  }
  into.value -= into.fees;
  if (open === 0) return;
  into.closable = 1 - open / Math.abs(held);
  into.value += account.unclosable(slot, sign * open);
}

/** Ledger units of the whole account once every position is closed now. */
export function equityIfClosed(account: PositionAccount, books: readonly Book[], scratch: Closing): number {
  let equity = account.cash;
  for (let slot = 0; slot < account.slots; slot++) {
    if (account.position[slot] === 0) continue;
    closeNow(account, slot, books[slot]!, scratch);
    equity += scratch.value;
  }
  return equity;
}
