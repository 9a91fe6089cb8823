/**
 * What an account may still be asked to pay: whether one more order can be afforded, whatever part of it and of those that
 * wait is filled. Reads a `PositionAccount` and changes nothing; knows no books.
 *
 * It is asked for every order, so amounts are worked in fields: see the account.
 */
import type { MarketRules } from '../../market/rules.ts';
import { isExact } from './ledger-unit.ts';
import type { LedgerUnit } from './ledger-unit.ts';
import type { MarginSchedule } from './margin.ts';
import type { Fees } from './order-fees.ts';

/** What it reads of a `PositionAccount`; see there. Columns are by slot. */
export interface Holdings {
  readonly unit: LedgerUnit;
  readonly slots: number;
  readonly margin: MarginSchedule | undefined;
  readonly shortfall: number;
  readonly position: Float64Array;
  readonly flow: Float64Array;
  readonly fees: Float64Array;
  readonly funding: Float64Array;
  readonly mark: Float64Array;
  readonly waitingBuy: Float64Array;
  readonly waitingSell: Float64Array;
  readonly waitingBuyValue: Float64Array;
  readonly waitingSellValue: Float64Array;
  readonly waitingFees: Float64Array;
  readonly waitingLoss: Float64Array;
  readonly waitingCollateral: Float64Array;
  shorts(slot: number, lots: number): boolean;
  markValue(slot: number): number;
}

export interface PowerOptions {
  readonly account: Holdings;
  readonly rules: MarketRules;
  readonly fees: Fees;
  /** Money at the start, and what a yes/no lot pays when the answer is yes, in ledger units. */
  readonly start: number;
  readonly payout: number;
}

export class BuyingPower {
  readonly #account: Holdings;
  readonly #settlement: MarketRules['settlement'];
  readonly #fees: Fees;
  readonly #start: number;
  readonly #payout: number;
  /** Value of one more order, what a slot ties up with it, and what is free of all money. */
  #value = 0;
  #tied = 0;
  #free = 0;

  constructor({ account, rules, fees, start, payout }: PowerOptions) {
    this.#account = account;
    this.#settlement = rules.settlement;
    this.#fees = fees;
    this.#start = start;
    this.#payout = payout;
  }

  affordable(slot: number, lots: number, tick: number): boolean {
    const settlement = this.#settlement;
    const account = this.#account;
    this.#value = lots * account.unit.perLot * account.unit.steps(tick);
    if (!isExact(this.#value) || !isExact(account.flow[slot]! - this.#value)) return false;
    if (settlement.kind === 'cash' && account.shorts(slot, lots) && settlement.shorting?.locate !== true) return false;
    const reduces = this.#reduces(slot, lots);
    // What brings a position down needs no margin, but is no way into debt: at a bad price it loses at once, unless
    // what is sold is paid for, or bought back for less than was put aside.
    if (reduces && (account.margin === undefined || (account.margin.shortsOnly && lots < 0))) return true;
    this.#sum(slot, lots, tick, !reduces);
    return this.#free >= 0;
  }

  overLeverage(slot: number, lots: number, tick: number): boolean {
    const account = this.#account;
    const { margin } = account;
    if (margin === undefined || margin.mostValue === Infinity || this.#reduces(slot, lots)) return false;
    const held = account.markValue(slot);
    const value = account.unit.value(lots, tick);
    const bought = held + account.waitingBuyValue[slot]! + value;
    const sold = account.waitingSellValue[slot]! - held - value;
    return (lots > 0 ? bought : sold) > margin.mostValue;
  }

  free(): number {
    this.#sum(-1, 0, 0, true);
    return this.#free;
  }

  initialMargin(): number {
    let margin = 0;
    if (this.#settlement.kind !== 'linearPerpetual') return margin;
    this.#value = 0;
    for (let slot = 0; slot < this.#account.slots; slot++) {
      this.#tieMargin(slot, 0, true);
      margin += this.#tied + this.#account.markValue(slot);
    }
    return margin;
  }

  /** Brings the position nearer to nothing even if all that waits on the same side is filled first. */
  #reduces(slot: number, lots: number): boolean {
    const account = this.#account;
    const held = account.position[slot]!;
    return lots > 0 ? held + account.waitingBuy[slot]! + lots <= 0 : held - account.waitingSell[slot]! + lots >= 0;
  }

  /** `free` with one more order of `lots` at `tick` in `extra`, -1 for none; `opens`: positions need their initial margin. */
  #sum(extra: number, lots: number, tick: number, opens: boolean): void {
    const account = this.#account;
    const perpetual = this.#settlement.kind === 'linearPerpetual';
    // `equity`, or `cash`, added up here: it is asked for every order.
    let free = this.#start + account.shortfall;
    if (extra >= 0) free -= Math.abs(lots) * this.#fees.perLot(tick) + this.#fees.perOrder;
    const value = extra >= 0 ? lots * account.unit.perLot * account.unit.steps(tick) : 0;
    for (let slot = 0; slot < account.slots; slot++) {
      free += account.flow[slot]! - account.fees[slot]! + account.funding[slot]! - account.waitingFees[slot]!;
      const more = slot === extra ? lots : 0;
      this.#value = slot === extra ? value : 0;
      this.#tied = 0;
      if (perpetual) this.#tieMargin(slot, more, opens);
      else if (account.margin === undefined) this.#tiePromised(slot, more);
      else this.#tieShort(slot, more, opens);
      free -= this.#tied;
    }
    this.#free = free;
  }

  /**
   * Money that fills of waiting orders may take, at worst. Shares: all buys are filled and no sell. Yes/no: the same
   * when the answer is no; when it is yes, all sells are filled and no buy, and each sold contract pays out. One more
   * order of `lots` is worth `#value`.
   */
  #tiePromised(slot: number, lots: number): void {
    const account = this.#account;
    const value = this.#value;
    const ifNo = account.waitingBuyValue[slot]! + (lots > 0 ? value : 0);
    this.#tied = ifNo;
    if (this.#settlement.kind !== 'yesNo') return;
    const sold = account.waitingSell[slot]! - (lots < 0 ? lots : 0);
    const proceeds = account.waitingSellValue[slot]! - (lots < 0 ? value : 0);
    const ifYes = (sold - account.position[slot]!) * this.#payout - proceeds;
    this.#tied = Math.max(ifNo, ifYes);
  }

  /**
   * Shares that may be sold short: what fills of waiting orders take and collateral for what is then sold short, less the
   * proceeds, at worst. Where a share is worth c as collateral, fills of buys B and sells S at prices p take
   *
   *   sum of B p - sum of S p + max(0, c x (S - held - B))
   *     = max(sum of B p - sum of S p, sum of B (p - c) + sum of S (c - p) - c x held),
   *
   * which is the worst in its first part for all buys and no sell, in its second for just those orders that add to it:
   * a dear sell that waits pays for no other, nor a cheap buy. c is the mark and the initial margin for what opens, the
   * mark alone for what buys back, which is thus possible below the initial margin and is no way into debt. What single
   * orders lack is that of when they were sent; where the mark has moved since, it is at least what they lack together.
   */
  #tieShort(slot: number, lots: number, opens: boolean): void {
    const account = this.#account;
    const value = this.#value;
    const known = !Number.isNaN(account.mark[slot]!);
    const own = lots === 0 ? 0 : value / lots;
    const share = (known ? account.mark[slot]! * account.unit.perLot : own) * (opens ? 1 + account.margin!.initial : 1);
    const buys = account.waitingBuy[slot]! + (lots > 0 ? lots : 0);
    const sells = account.waitingSell[slot]! - (lots < 0 ? lots : 0);
    const buyValue = account.waitingBuyValue[slot]! + (lots > 0 ? value : 0);
    const sellValue = account.waitingSellValue[slot]! - (lots < 0 ? value : 0);
    const single = (opens ? account.waitingCollateral[slot]! : account.waitingLoss[slot]!) + lossAt(value, lots, share);
    const together = known ? lossAt(buyValue, buys, share) + lossAt(-sellValue, -sells, share) : 0;
    this.#tied = Math.max(buyValue, Math.ceil(Math.max(single, together) - share * account.position[slot]!));
  }

  /**
   * The larger of what is held and bought, and of what is held and sold, at the initial margin, and what each order
   * would lose at once by buying above the mark or selling below it: one that would gain may never be filled ("How to calculate cost required to open a position in
   * perpetual futures contracts", Binance Futures FAQ); less what the position is worth at the mark beyond its cost.
   */
  #tieMargin(slot: number, lots: number, opens: boolean): void {
    const account = this.#account;
    const value = this.#value;
    const mark = account.mark[slot]! * account.unit.perLot;
    const position = account.position[slot]!;
    const exact = position === 0 ? 0 : position * account.unit.perLot * account.mark[slot]!;
    const held = exact < 0 ? -Math.round(-exact) : Math.round(exact);
    const buyValue = account.waitingBuyValue[slot]! + (lots > 0 ? value : 0);
    const sellValue = account.waitingSellValue[slot]! - (lots < 0 ? value : 0);
    const largest = Math.max(Math.abs(held + buyValue), Math.abs(held - sellValue));
    const loss = account.waitingLoss[slot]! + (Number.isNaN(mark) ? 0 : lossAt(value, lots, mark));
    this.#tied = Math.ceil(largest * (opens ? account.margin!.initial : 0) + loss) - held;
  }
}

/** What lots traded for `value` (both signed) lose at once where one is worth `worth`: whole, rounded up; 0 for a gain. */
export function lossAt(value: number, lots: number, worth: number): number {
  return Math.max(0, Math.ceil(value - lots * worth));
}
