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
 * books, orders' places in a queue, or time.
 *
 * Nothing is allocated after construction. A fraction or a large amount that a call hands over or back is made an object
 * wherever the call is not compiled into its caller, so what stepping asks for is worked in fields of this object.
 */
import { assert } from '../../core/assert.ts';
import type { MarketRules } from '../../market/rules.ts';
import { BuyingPower, lossAt } from './buying-power.ts';
import { LedgerUnit, isExact } from './ledger-unit.ts';
import { MarginSchedule } from './margin.ts';
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
  /** By slot: received, negative when paid: a perpetual's funding, the fee for borrowed shares. */
  readonly funding: Float64Array;
  /** By slot: last mark in steps of 10^-`ladder.decimals`, with a fraction; NaN before the first mark or fill. */
  readonly mark: Float64Array;
  /** By slot: waiting orders in lots without sign, their value, and what is put aside for their fees. */
  readonly waitingBuy: Float64Array;
  readonly waitingSell: Float64Array;
  readonly waitingBuyValue: Float64Array;
  readonly waitingSellValue: Float64Array;
  readonly waitingFees: Float64Array;
  /**
   * By slot, where positions are held on margin: what waiting orders would lose at once, each by itself, by buying above
   * or selling below the mark of the moment they were sent. It does not follow the mark (nor does Binance's "open loss").
   */
  readonly waitingLoss: Float64Array;
  /** Short sales: the same with each share worth its collateral, mark x (1 + initial margin), in place of the mark. */
  readonly waitingCollateral: Float64Array;
  /** What forced liquidations cost the venue's insurance fund. */
  shortfall = 0;
  /** What the last fill was charged. */
  charged = 0;
  /** What positions have to keep; undefined where nothing is held on margin. */
  readonly margin: MarginSchedule | undefined;
  readonly #rules: MarketRules;
  readonly #fees: Fees;
  readonly #start: number;
  /** Yes/no: what a lot pays when the answer is yes. */
  readonly #payout: number;
  readonly #power: BuyingPower;
  /** Value of the trade that is being booked. */
  #value = 0;
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
    this.margin = MarginSchedule.of(rules, this.unit);
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
    this.waitingLoss = column();
    this.waitingCollateral = column();
    this.#power = new BuyingPower({ account: this, rules, fees: this.#fees, start: this.#start, payout: this.#payout });
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
    this.book(slot, lots, tick, role, tally);
    return this.charged;
  }

  /** `fill`, the fee into `charged`. */
  book(slot: number, lots: number, tick: number, role: Role, tally: FeeTally): void {
    this.#exact(slot, lots, tick);
    const terms = this.#terms;
    terms.lots = Math.abs(lots);
    terms.tick = tick;
    terms.value = Math.abs(this.#value);
    terms.flow = -this.#value;
    terms.role = role;
    this.charged = this.#fees.charge(tally, terms);
    this.#trade(slot, lots);
    this.fees[slot]! += this.charged;
    if (Number.isNaN(this.mark[slot]!)) this.mark[slot] = this.unit.steps(tick);
  }

  /**
   * A fill of an order that the venue made to liquidate: it is charged the fee of a liquidation, as far as there is
   * money, in place of the taker's.
   */
  bookForced(slot: number, lots: number, tick: number, tally: FeeTally): void {
    this.#exact(slot, lots, tick);
    const rate = this.margin?.liquidationFee ?? 0;
    const due = Math.ceil(Math.abs(this.#value) * rate);
    this.#trade(slot, lots);
    this.charged = Math.max(0, Math.min(due, this.equity));
    tally.charged += this.charged;
    this.fees[slot]! += this.charged;
  }

  /** Leaves the value of a trade in `#value`. */
  #exact(slot: number, lots: number, tick: number): void {
    const { unit } = this;
    this.#value = lots * unit.perLot * unit.steps(tick);
    const exact = isExact(this.#value) && isExact(this.flow[slot]! - this.#value);
    assert(exact, 'position account: more than can be counted exactly');
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
    if (this.margin !== undefined) this.#waitOnMargin(slot, lots, tick, tally);
  }

  /** So many of them no longer do: filled, or taken back. */
  unwait(slot: number, lots: number, tick: number, tally: FeeTally): void {
    this.#wait(slot, lots, tick, -1);
    const part = Math.abs(lots) / tally.waiting;
    tally.waiting -= Math.abs(lots);
    assert(tally.waiting >= 0, 'position account: more lots left the book than waited');
    const loss = tally.waiting === 0 ? tally.loss : Math.floor(tally.loss * part);
    const collateral = tally.waiting === 0 ? tally.collateral : Math.floor(tally.collateral * part);
    tally.loss -= loss;
    tally.collateral -= collateral;
    this.waitingLoss[slot]! -= loss;
    this.waitingCollateral[slot]! -= collateral;
    if (tally.waiting > 0) return;
    this.waitingFees[slot]! -= tally.reserved;
    tally.reserved = 0;
  }

  /** Whether one more order can be paid for, whatever part of it and of those that wait is filled. */
  affordable(slot: number, lots: number, tick: number): boolean {
    return this.#power.affordable(slot, lots, tick);
  }

  /** Shares: whether a sale of so many lots (negative) would sell some that are not held. */
  shorts(slot: number, lots: number): boolean {
    return this.#rules.settlement.kind === 'cash' && -lots > this.sellable(slot);
  }

  /** Whether the position would be worth more than the venue lets one be at the initial margin's leverage. */
  overLeverage(slot: number, lots: number, tick: number): boolean {
    return this.#power.overLeverage(slot, lots, tick);
  }

  /** Lots that are held and not promised to a waiting sell. */
  sellable(slot: number): number {
    return Math.max(0, this.position[slot]! - this.waitingSell[slot]!);
  }

  /** Money that new orders may use, waiting orders counted at their worst; less than 0 when there is a want of margin. */
  free(): number {
    return this.#power.free();
  }

  /** Perpetuals: margin that positions and waiting orders ask for; 0 elsewhere. */
  initialMargin(): number {
    return this.#power.initialMargin();
  }

  /** @param price in the currency; of a yes/no contract the price of yes */
  setMark(slot: number, price: number): void {
    this.mark[slot] = price * this.unit.stepsPerCurrency;
  }

  /** The mark is the middle of two prices of the ladder, given as ticks, for a price handed over may be made an object. */
  setMarkBetween(slot: number, low: number, high: number): void {
    this.mark[slot] = (this.unit.steps(low) + this.unit.steps(high)) / 2;
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

  /** Margin below which positions are liquidated; 0 where nothing is held on margin. */
  maintenanceMargin(): number {
    let sum = 0;
    for (let slot = 0; slot < this.slots; slot++) sum += this.margin?.maintenance(this.markValue(slot)) ?? 0;
    return sum;
  }

  /** "Collateral = initial collateral + realised P&L + unrealised P&L < maintenance margin" (Liquidation Protocols). */
  mustLiquidate(): boolean {
    const { margin, unit } = this;
    if (margin === undefined) return false;
    const { caps, cums, ratios, last, shortsOnly } = margin;
    // `equity` less `maintenanceMargin`, in one place: it is asked at every step.
    let left = this.#start + this.shortfall;
    for (let slot = 0; slot < this.slots; slot++) {
      left += this.flow[slot]! - this.fees[slot]! + this.funding[slot]!;
      const position = this.position[slot]!;
      if (position === 0) continue;
      const exact = position * unit.perLot * this.mark[slot]!;
      const size = Math.round(Math.abs(exact));
      left += exact < 0 ? -size : size;
      if (shortsOnly && position > 0) continue;
      let bracket = 0;
      while (bracket < last && size > caps[bracket]!) bracket++;
      left -= Math.ceil(size * ratios[bracket]! - cums[bracket]!);
    }
    return left < 0;
  }

  /**
   * The venue takes over what a liquidated account still holds: waiting orders are gone, every position is closed at its
   * bankruptcy price, at which nothing is left, and the insurance fund lifts a balance below 0 to 0 ("Liquidation
   * Protocols", Binance Futures FAQ).
   * @returns what the insurance fund paid; negative where it was left something
   */
  takeOver(): number {
    assert(this.margin?.insured === true, 'position account: only positions that a fund insures are taken over');
    let last = 0;
    for (let slot = 0; slot < this.slots; slot++) {
      this.forget(slot);
      if (this.position[slot] === 0) continue;
      last = slot;
      this.#value = -this.markValue(slot);
      this.#trade(slot, -this.position[slot]!);
    }
    const left = this.cash;
    if (left > 0) this.fees[last]! += left;
    else this.shortfall -= left;
    return -left;
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

  /**
   * A day's fee for shares that are sold short falls due: shares x collateral a share x rate / days of the year, the
   * collateral a part of the mark rounded up; see `ShortSelling`.
   * @returns what was paid
   */
  chargeBorrow(slot: number): number {
    const { settlement, lotSize } = this.#rules;
    const position = this.position[slot]!;
    if (settlement.kind !== 'cash' || settlement.shorting === undefined || position >= 0) return 0;
    const { collateralPercent, collateralStep, borrowFeePercent, daysOfYear } = settlement.shorting;
    const price = this.mark[slot]! / this.unit.stepsPerCurrency;
    // A hair less, since 102 % of a price is not always a whole number of steps where it ought to be.
    const collateral = Math.ceil((price * collateralPercent) / 100 / collateralStep - 1e-9) * collateralStep;
    const paid = this.unit.units((-position * lotSize * collateral * borrowFeePercent) / 100 / daysOfYear);
    this.funding[slot]! -= paid;
    return paid;
  }

  /** Yes/no: the contract pays, nobody waits any more. @param yes 1 or 0, or the part that a scalar contract pays */
  settleYesNo(slot: number, yes: number): void {
    assert(this.#rules.settlement.kind === 'yesNo' && yes >= 0 && yes <= 1, 'position account: expected 0 to 1');
    this.forget(slot);
    this.#value = -nearest(this.position[slot]! * this.#payout * yes);
    this.#trade(slot, -this.position[slot]!);
    this.mark[slot] = (this.#payout * yes) / this.unit.perLot;
  }

  /** Waiting orders of a slot are gone, all of them; their tallies are their owners' to clear. */
  forget(slot: number): void {
    this.waitingBuy[slot] = 0;
    this.waitingSell[slot] = 0;
    this.waitingBuyValue[slot] = 0;
    this.waitingSellValue[slot] = 0;
    this.waitingFees[slot] = 0;
    this.waitingLoss[slot] = 0;
    this.waitingCollateral[slot] = 0;
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

  /** What waiting lots lose at the mark is put aside, and for shares what they lack of collateral. */
  #waitOnMargin(slot: number, lots: number, tick: number, tally: FeeTally): void {
    const { unit } = this;
    const value = unit.value(lots, tick);
    // Before the first mark an order's own price is the only one known.
    const steps = Number.isNaN(this.mark[slot]!) ? unit.steps(tick) : this.mark[slot]!;
    const loss = lossAt(value, lots, unit.perLot * steps);
    tally.loss += loss;
    this.waitingLoss[slot]! += loss;
    if (!this.margin!.shortsOnly) return;
    const collateral = lossAt(value, lots, unit.perLot * steps * (1 + this.margin!.initial));
    tally.collateral += collateral;
    this.waitingCollateral[slot]! += collateral;
  }

  /** Moves lots for `#value`; what closes a position takes its part of the cost with it. */
  #trade(slot: number, lots: number): void {
    const value = this.#value;
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
}

/** Whole, halves away from zero: what one side of a trade gets is what the other gives. */
function nearest(amount: number): number {
  return Math.sign(amount) * Math.round(Math.abs(amount)) + 0;
}
