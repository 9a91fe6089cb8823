/**
 * The account of one market whose positions have a sign: perpetuals, yes/no contracts, shares. Positions are whole
 * lots, money is whole ledger units (`LedgerUnit`), so that nothing drifts and every identity is exact:
 *
 *   equity = starting cash + flow - fees + funding + value of the positions at the marks
 *          = starting cash + realised + unrealised - fees + funding
 *
 * (and what an insurance fund paid in, once liquidated).
 * Lots are signed: bought when positive, sold when negative. A yes/no contract sold is a "no" bought at 1 less its
 * price. Amounts are ledger units unless said otherwise; `unit.toCurrency` turns them into money. Knows nothing of
 * books, orders' places in a queue, or time. Nothing is allocated after construction.
 */
import { assert } from '../../core/assert.ts';
import type { MarketRules } from '../../market/rules.ts';
import { LedgerUnit, isExact } from './ledger-unit.ts';
import type { FeeTally } from './order-fees.ts';
import { Role, feesOf } from './order-fees.ts';
import type { FillTerms, Fees } from './order-fees.ts';

export interface PositionAccountOptions {
  readonly rules: MarketRules;
  /** Instruments of the market; yes/no contracts of one event are taken to be independent of each other. */
  readonly slots: number;
  /** Money at the start, in the currency. */
  readonly cash: number;
}

export class PositionAccount {
  readonly unit: LedgerUnit;
  readonly slots: number;
  /** By slot, signed lots. */
  readonly position: Float64Array;
  /** By slot: what fills paid out less what they took in (fees apart), signed. */
  readonly flow: Float64Array;
  /** By slot: what the open position cost, negative for one that was sold. */
  readonly cost: Float64Array;
  readonly realised: Float64Array;
  readonly fees: Float64Array;
  /** By slot: received, negative when paid. */
  readonly funding: Float64Array;
  /** By slot: last mark in steps of 10^-`ladder.decimals`, with a fraction; NaN before the first mark or fill. */
  readonly mark: Float64Array;
  /** By slot: waiting orders in lots without sign, their value, and what is put aside for their fees. */
  readonly waitingBuy: Float64Array;
  readonly waitingSell: Float64Array;
  readonly waitingBuyValue: Float64Array;
  readonly waitingSellValue: Float64Array;
  readonly waitingFees: Float64Array;
  /** What forced liquidations cost the venue's insurance fund. */
  shortfall = 0;
  readonly #rules: MarketRules;
  readonly #fees: Fees;
  readonly #start: number;
  /** Yes/no: what a lot pays when the answer is yes. */
  readonly #payout: number;
  /** Perpetuals: initial margin as a part of the value. */
  readonly #margin: number;
  readonly #terms: FillTerms = { lots: 0, tick: 0, value: 0, flow: 0, role: Role.taker };

  constructor(options: PositionAccountOptions) {
    const { rules, slots, cash } = options;
    assert(rules.settlement.kind !== 'backLay', 'position account: expected signed positions, got back and lay');
    this.#rules = rules;
    this.unit = new LedgerUnit(rules);
    this.#fees = feesOf(rules, this.unit);
    this.#start = this.unit.units(cash);
    this.#payout =
      rules.settlement.kind === 'yesNo'
        ? this.unit.perLot * Math.round(rules.settlement.payout * this.unit.stepsPerCurrency)
        : 0;
    this.#margin = rules.settlement.kind === 'linearPerpetual' ? rules.settlement.initialMargin : 0;
    this.slots = slots;
    const column = (): Float64Array => new Float64Array(slots);
    this.position = column();
    this.flow = column();
    this.cost = column();
    this.realised = column();
    this.fees = column();
    this.funding = column();
    this.mark = column().fill(Number.NaN);
    this.waitingBuy = column();
    this.waitingSell = column();
    this.waitingBuyValue = column();
    this.waitingSellValue = column();
    this.waitingFees = column();
  }

  /** Back to the start. Tallies are their owners' to clear. */
  clear(): void {
    for (const column of [this.position, this.flow, this.cost, this.realised, this.fees, this.funding]) column.fill(0);
    this.mark.fill(Number.NaN);
    for (let slot = 0; slot < this.slots; slot++) this.forget(slot);
    this.shortfall = 0;
  }

  /**
   * A fill of one of our orders.
   * @param lots bought when positive, sold when negative
   * @param tally of the order, for what is charged an order at a time
   * @returns the fee
   */
  fill(slot: number, lots: number, tick: number, role: Role, tally: FeeTally): number {
    const value = this.unit.value(lots, tick);
    assert(isExact(value) && isExact(this.flow[slot]! - value), 'position account: more than can be counted exactly');
    const fee = this.fee(lots, tick, role, tally);
    this.#trade(slot, lots, value);
    this.fees[slot]! += fee;
    if (Number.isNaN(this.mark[slot]!)) this.mark[slot] = this.unit.steps(tick);
    return fee;
  }

  /** What a fill would cost, noted in the order's tally as if it were made; the account stays as it is. */
  fee(lots: number, tick: number, role: Role, tally: FeeTally): number {
    const value = this.unit.value(lots, tick);
    const terms = this.#terms;
    terms.lots = Math.abs(lots);
    terms.tick = tick;
    terms.value = Math.abs(value);
    terms.flow = -value;
    terms.role = role;
    return this.#fees.charge(tally, terms);
  }

  /** So many lots (signed as in `fill`) of an order now wait at a tick. */
  wait(slot: number, lots: number, tick: number, tally: FeeTally): void {
    this.#wait(slot, lots, tick, 1);
    if (tally.waiting === 0) {
      tally.reserved = this.#fees.perOrder;
      this.waitingFees[slot]! += tally.reserved;
    }
    tally.waiting += Math.abs(lots);
  }

  /** So many of them no longer do: filled, or taken back. */
  unwait(slot: number, lots: number, tick: number, tally: FeeTally): void {
    this.#wait(slot, lots, tick, -1);
    tally.waiting -= Math.abs(lots);
    assert(tally.waiting >= 0, 'position account: more lots left the book than waited');
    if (tally.waiting > 0) return;
    this.waitingFees[slot]! -= tally.reserved;
    tally.reserved = 0;
  }

  /** Whether one more order can be paid for, whatever part of it and of those that wait is filled. */
  affordable(slot: number, lots: number, tick: number): boolean {
    const value = this.unit.value(lots, tick);
    if (!isExact(value) || !isExact(this.flow[slot]! - value)) return false;
    if (lots < 0 && this.#rules.settlement.kind === 'cash' && -lots > this.sellable(slot)) return false;
    if (!this.#reduces(slot, lots)) return this.#free(slot, lots, tick) >= 0;
    // What brings a position down needs no margin, but is no way into debt: at a bad price it loses at once.
    return this.#rules.settlement.kind !== 'linearPerpetual' || this.#free(slot, lots, tick, 0) >= 0;
  }

  /** Lots that are held and not promised to a waiting sell. */
  sellable(slot: number): number {
    return Math.max(0, this.position[slot]! - this.waitingSell[slot]!);
  }

  /** Money that new orders may use, waiting orders counted at their worst; less than 0 when there is a want of margin. */
  free(): number {
    return this.#free(-1, 0, 0);
  }

  /** @param price in the currency; of a yes/no contract the price of yes */
  setMark(slot: number, price: number): void {
    this.mark[slot] = price * this.unit.stepsPerCurrency;
  }

  /** What lots of either sign are worth where nobody would take them: a perpetual's at the mark, others' at worst. */
  unclosable(slot: number, lots: number): number {
    if (this.#rules.settlement.kind === 'linearPerpetual') return nearest(lots * this.unit.perLot * this.mark[slot]!);
    return lots > 0 ? 0 : lots * this.#payout;
  }

  /** What the position is worth at the mark: whole, negative for one that was sold. */
  markValue(slot: number): number {
    const position = this.position[slot]!;
    return position === 0 ? 0 : nearest(position * this.unit.perLot * this.mark[slot]!);
  }

  unrealised(slot: number): number {
    return this.markValue(slot) - this.cost[slot]!;
  }

  /** Cash without the value of positions; of a perpetual see `wallet`. */
  get cash(): number {
    let cash = this.#start;
    for (let slot = 0; slot < this.slots; slot++) cash += this.flow[slot]! - this.fees[slot]! + this.funding[slot]!;
    return cash + this.shortfall;
  }

  /** Cash and what open positions cost: the wallet balance of a margin account. */
  get wallet(): number {
    let wallet = this.cash;
    for (let slot = 0; slot < this.slots; slot++) wallet += this.cost[slot]!;
    return wallet;
  }

  /** Everything at the marks; of a perpetual the margin balance. */
  get equity(): number {
    let equity = this.cash;
    for (let slot = 0; slot < this.slots; slot++) equity += this.markValue(slot);
    return equity;
  }

  /** Average price of the open position in the currency, NaN when there is none. */
  averagePrice(slot: number): number {
    return this.cost[slot]! / (this.position[slot]! * this.unit.perLot) / this.unit.stepsPerCurrency;
  }

  /** Perpetuals: margin that positions and waiting orders ask for; 0 elsewhere. */
  initialMargin(): number {
    let margin = 0;
    if (this.#rules.settlement.kind !== 'linearPerpetual') return margin;
    for (let slot = 0; slot < this.slots; slot++) margin += this.#initialMargin(slot, 0, 0, this.#margin);
    return margin;
  }

  /** Perpetuals: margin below which positions are liquidated; 0 elsewhere. */
  maintenanceMargin(): number {
    const { settlement } = this.#rules;
    if (settlement.kind !== 'linearPerpetual') return 0;
    let margin = 0;
    for (let slot = 0; slot < this.slots; slot++) {
      margin += Math.ceil(Math.abs(this.markValue(slot)) * settlement.maintenanceMargin);
    }
    return margin;
  }

  /** "Collateral = initial collateral + realised P&L + unrealised P&L < maintenance margin" (Liquidation Protocols). */
  mustLiquidate(): boolean {
    const { settlement } = this.#rules;
    if (settlement.kind !== 'linearPerpetual') return false;
    // `equity` less `maintenanceMargin`, in one place: it is asked at every step, and numbers handed on are objects.
    let left = this.#start + this.shortfall;
    for (let slot = 0; slot < this.slots; slot++) {
      const value = this.markValue(slot);
      left += this.flow[slot]! - this.fees[slot]! + this.funding[slot]! + value;
      left -= Math.ceil(Math.abs(value) * settlement.maintenanceMargin);
    }
    return left < 0;
  }

  /**
   * Mark price of a slot at which the account is liquidated, all other marks as they are, in the currency: where wallet
   * + position x (P - average) = maintenance x |position| x P + that of the other slots. NaN where there is none.
   */
  liquidationPrice(slot: number): number {
    const { settlement } = this.#rules;
    const position = this.position[slot]!;
    if (settlement.kind !== 'linearPerpetual' || position === 0) return Number.NaN;
    const value = this.markValue(slot);
    const own = Math.ceil(Math.abs(value) * settlement.maintenanceMargin);
    const others = this.maintenanceMargin() - own;
    const rest = this.equity - value - others;
    const perStep = position * this.unit.perLot * (1 - Math.sign(position) * settlement.maintenanceMargin);
    const price = -rest / perStep / this.unit.stepsPerCurrency;
    return price > 0 ? price : Number.NaN;
  }

  /**
   * Forced liquidation: waiting orders are gone, every position is closed at its mark, the fee on its value is charged
   * as far as there is money, and the insurance fund lifts a negative balance to 0. The venue works the order through
   * its book in parts and may leave a rest of the position; here all of it goes at once.
   * @returns what the insurance fund paid
   */
  liquidate(): number {
    const { settlement } = this.#rules;
    assert(settlement.kind === 'linearPerpetual', 'position account: only margin positions are liquidated');
    let left = Math.max(0, this.equity);
    for (let slot = 0; slot < this.slots; slot++) {
      this.forget(slot);
      const value = this.markValue(slot);
      if (this.position[slot] === 0) continue;
      const fee = Math.min(left, Math.ceil(Math.abs(value) * settlement.liquidationFee));
      left -= fee;
      this.fees[slot]! += fee;
      this.#trade(slot, -this.position[slot]!, -value);
    }
    const paid = Math.max(0, -this.cash);
    this.shortfall += paid;
    return paid;
  }

  /**
   * Funding falls due: position value at the mark x rate, paid by those who are long to those who are short, the other
   * way round when the rate is negative (Binance Futures FAQ, "Funding Rates").
   * @param rate as a fraction: 0.0001 for 0.01 %
   * @returns what was received, negative when paid
   */
  applyFunding(slot: number, rate: number): number {
    const received = nearest(-this.markValue(slot) * rate);
    this.funding[slot]! += received;
    return received;
  }

  /** Yes/no: the contract pays, nobody waits any more. @param yes 1 or 0, or the part that a scalar contract pays */
  settleYesNo(slot: number, yes: number): void {
    assert(this.#rules.settlement.kind === 'yesNo' && yes >= 0 && yes <= 1, 'position account: expected 0 to 1');
    this.forget(slot);
    this.#trade(slot, -this.position[slot]!, -nearest(this.position[slot]! * this.#payout * yes));
    this.mark[slot] = (this.#payout * yes) / this.unit.perLot;
  }

  /** Waiting orders of a slot are gone, all of them; their tallies are their owners' to clear. */
  forget(slot: number): void {
    this.waitingBuy[slot] = 0;
    this.waitingSell[slot] = 0;
    this.waitingBuyValue[slot] = 0;
    this.waitingSellValue[slot] = 0;
    this.waitingFees[slot] = 0;
  }

  #wait(slot: number, lots: number, tick: number, sign: number): void {
    const change = lots * sign;
    const value = this.unit.value(change, tick);
    if (lots > 0) {
      this.waitingBuy[slot]! += change;
      this.waitingBuyValue[slot]! += value;
    } else {
      this.waitingSell[slot]! -= change;
      this.waitingSellValue[slot]! -= value;
    }
    this.waitingFees[slot]! += Math.abs(lots) * sign * this.#fees.perLot(tick);
  }

  /** Moves lots for their value; what closes a position takes its part of the cost with it. */
  #trade(slot: number, lots: number, value: number): void {
    const held = this.position[slot]!;
    const closed = held * lots < 0 ? Math.min(Math.abs(lots), Math.abs(held)) : 0;
    let opened = value;
    if (closed > 0) {
      // The cost that goes is rounded to a whole unit and the rest stays, so that costs add up whatever the order.
      const share = closed === Math.abs(held) ? 1 : closed / Math.abs(held);
      const gone = nearest(this.cost[slot]! * share);
      const proceeds = closed === Math.abs(lots) ? -value : -(value / Math.abs(lots)) * closed;
      this.realised[slot]! += proceeds - gone;
      this.cost[slot]! -= gone;
      opened = value + proceeds;
    }
    this.position[slot] = held + lots;
    this.cost[slot]! += opened;
    this.flow[slot]! -= value;
  }

  /** Brings the position nearer to nothing even if all that waits on the same side is filled first. */
  #reduces(slot: number, lots: number): boolean {
    const held = this.position[slot]!;
    return lots > 0 ? held + this.waitingBuy[slot]! + lots <= 0 : held - this.waitingSell[slot]! + lots >= 0;
  }

  /** `free` with one more order of `lots` at `tick` in `extra`; -1 for none. `margin` is a perpetual's initial one. */
  #free(extra: number, lots: number, tick: number, margin = this.#margin): number {
    const { settlement } = this.#rules;
    // `equity`, or `cash`, added up here: it is asked for every order, and numbers handed on are objects.
    let free = this.#start + this.shortfall;
    if (extra >= 0) free -= Math.abs(lots) * this.#fees.perLot(tick) + this.#fees.perOrder;
    for (let slot = 0; slot < this.slots; slot++) {
      free += this.flow[slot]! - this.fees[slot]! + this.funding[slot]! - this.waitingFees[slot]!;
      const more = slot === extra ? lots : 0;
      const value = slot === extra ? this.unit.value(lots, tick) : 0;
      if (settlement.kind === 'linearPerpetual')
        free += this.markValue(slot) - this.#initialMargin(slot, more, value, margin);
      else free -= this.#promised(slot, more, value);
    }
    return free;
  }

  /**
   * Money that fills of waiting orders may take, at worst. Shares: all buys are filled and no sell. Yes/no: the same
   * when the answer is no; when it is yes, all sells are filled and no buy, and each sold contract pays out.
   */
  #promised(slot: number, lots: number, value: number): number {
    const ifNo = this.waitingBuyValue[slot]! + (lots > 0 ? value : 0);
    if (this.#rules.settlement.kind !== 'yesNo') return ifNo;
    const sold = this.waitingSell[slot]! - (lots < 0 ? lots : 0);
    const proceeds = this.waitingSellValue[slot]! - (lots < 0 ? value : 0);
    const ifYes = (sold - this.position[slot]!) * this.#payout - proceeds;
    return Math.max(ifNo, ifYes);
  }

  /**
   * The larger of what is held and bought, and of what is held and sold, at the initial margin, and what would be lost
   * at once by buying above the mark or selling below it ("How to calculate cost required to open a position in
   * perpetual futures contracts", Binance Futures FAQ).
   */
  #initialMargin(slot: number, lots: number, value: number, rate: number): number {
    const held = this.markValue(slot);
    const buys = this.waitingBuy[slot]! + (lots > 0 ? lots : 0);
    const sells = this.waitingSell[slot]! - (lots < 0 ? lots : 0);
    const buyValue = this.waitingBuyValue[slot]! + (lots > 0 ? value : 0);
    const sellValue = this.waitingSellValue[slot]! - (lots < 0 ? value : 0);
    const largest = Math.max(Math.abs(held + buyValue), Math.abs(held - sellValue));
    const mark = this.mark[slot]! * this.unit.perLot;
    const loss = Number.isNaN(mark) ? 0 : Math.max(0, buyValue - buys * mark) + Math.max(0, sells * mark - sellValue);
    return Math.ceil(largest * rate + loss);
  }
}

/** Whole, halves away from zero: what one side of a trade gets is what the other gives. */
function nearest(amount: number): number {
  return Math.sign(amount) * Math.round(Math.abs(amount)) + 0;
}
