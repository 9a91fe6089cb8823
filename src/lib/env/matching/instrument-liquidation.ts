/**
 * A forced liquidation as the venue works it, in steps ("Liquidation Protocols", Binance Futures FAQ): it is triggered
 * when the margin balance is below the maintenance margin; all waiting orders are withdrawn; one immediate-or-cancel
 * order takes from the book as much of a position as it needs for the account to comply again, fees paid, never worse
 * than the position's bankruptcy price; and if the account still does not comply, the insurance fund takes over what is
 * left at that price. Of several positions the one that ties up the most margin goes first. The fee of a liquidation is
 * charged on what the order sold or bought alone; whether the taker's fee comes on top is not published, and is not
 * charged. A broker that lends shares does the same at any price and without a fund: what nobody takes stays, until the
 * next look at the account.
 */
import type { Lots, Nanos, Ticks } from '../../core/units.ts';
import type { Ladder } from '../../market/ladder.ts';
import { bankruptcyPrice, lotsToComply } from '../account/liquidation.ts';
import type { Liquidation } from '../account/liquidation.ts';
import type { PositionAccount } from '../account/position-account.ts';
import { Direction } from './instrument-order.ts';
import type { InstrumentOrder, InstrumentRequest } from './instrument-order.ts';

export interface Liquidated {
  readonly account: PositionAccount;
  readonly ladder: Ladder;
  readonly now: Nanos;
  /** Makes an order, has it worked at the venue at once, and books what came of it. */
  readonly work: (request: InstrumentRequest, record: Liquidation) => InstrumentOrder;
}

/** @returns a record for every position that was touched, in the order in which they were */
export function liquidate({ account, ladder, now, work }: Liquidated): Liquidation[] {
  const { unit, margin } = account;
  const records: Liquidation[] = [];
  const touched = new Set<number>();
  while (account.mustLiquidate()) {
    const slot = dearest(account, touched);
    if (slot === undefined) break;
    touched.add(slot);
    const held = account.position[slot]!;
    const record: Liquidation = {
      time: now,
      slot,
      marginBalance: unit.toCurrency(account.equity),
      maintenanceMargin: unit.toCurrency(account.maintenanceMargin()),
      markPrice: account.mark[slot]! / unit.stepsPerCurrency,
      bankruptcyPrice: bankruptcyPrice(account, slot),
      heldLots: Math.abs(held),
      closedLots: 0,
      takenOverLots: 0,
      insurancePaid: 0
    };
    records.push(record);
    // Without a fund nobody is bankrupt: any price will do.
    const limit = limitTick(ladder, margin?.insured === true ? record.bankruptcyPrice : held > 0 ? 0 : Infinity, held);
    const lots = lotsToComply(account, slot);
    if (limit === undefined || lots === 0) continue;
    const direction = held > 0 ? Direction.sell : Direction.buy;
    const request = { slot, direction, tick: limit, lots: lots as Lots, kind: 'market', timeInForce: 'IOC' } as const;
    record.closedLots = work(request, record).filled;
  }
  if (margin?.insured !== true || !account.mustLiquidate()) return records;
  for (const record of records) record.takenOverLots = Math.abs(account.position[record.slot]!);
  const paid = unit.toCurrency(account.takeOver());
  for (const record of records) record.insurancePaid = paid;
  return records;
}

/** The slot not yet touched that ties up the most maintenance margin. */
function dearest(account: PositionAccount, touched: ReadonlySet<number>): number | undefined {
  let found: number | undefined;
  let most = 0;
  for (let slot = 0; slot < account.slots; slot++) {
    const needs = account.margin?.maintenance(account.markValue(slot)) ?? 0;
    if (touched.has(slot) || needs <= most) continue;
    found = slot;
    most = needs;
  }
  return found;
}

/** The worst tick that is no worse than a price; undefined where the ladder has none. */
function limitTick(ladder: Ladder, price: number, held: number): Ticks | undefined {
  const last = (ladder.size - 1) as Ticks;
  if (held > 0) {
    if (price <= ladder.priceOf(0 as Ticks)) return 0 as Ticks;
    if (price > ladder.priceOf(last)) return undefined;
    const below = ladder.tickBelow(price);
    return (ladder.priceOf(below) >= price ? below : below + 1) as Ticks;
  }
  if (price >= ladder.priceOf(last)) return last;
  return price < ladder.priceOf(0 as Ticks) ? undefined : ladder.tickBelow(price);
}
