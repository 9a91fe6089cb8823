/**
 * What a venue charges for a fill, in whole ledger units. Minimums and rebates count over an order's fills, so each
 * order carries a tally. Knows nothing of positions.
 */
import { assert } from '../../core/assert.ts';
import { decimalsOf } from '../../market/ladder.ts';
import type { FeeSchedule, MarketRules } from '../../market/rules.ts';
import type { LedgerUnit } from './ledger-unit.ts';

/** Who waited and who came: numbers, because the hot path compares them. */
export const Role = { taker: 0, maker: 1 } as const;
export type Role = (typeof Role)[keyof typeof Role];

/** What one order was charged so far and what is put aside for it, in ledger units; its owner clears it and uses it again. */
export class FeeTally {
  /** Lots and value of its fills. */
  lots = 0;
  value = 0;
  charged = 0;
  /** Charged to round the balance and not yet paid back. */
  rounding = 0;
  /** Lots for which it waits, and what is put aside for fees that do not depend on them. */
  waiting = 0;
  reserved = 0;
  /** What those lots would lose at once, at the mark of the moment the order was sent. */
  loss = 0;
  /** Short sales: what those lots lack of collateral. */
  collateral = 0;

  clear(): void {
    this.lots = 0;
    this.value = 0;
    this.charged = 0;
    this.rounding = 0;
    this.waiting = 0;
    this.reserved = 0;
    this.loss = 0;
    this.collateral = 0;
  }
}

/** A fraction in lowest terms; both whole. */
interface Ratio {
  readonly over: number;
  readonly under: number;
}

function ratio(over: number, under: number): Ratio {
  let [a, b] = [Math.abs(over), under];
  while (b !== 0) [a, b] = [b, a % b];
  return { over: over / a, under: under / a };
}

/** A decimal number times 10^shift as a fraction. */
function decimalRatio(x: number, shift: number): Ratio {
  const decimals = decimalsOf(Math.abs(x));
  const whole = Math.round(x * 10 ** decimals);
  return decimals >= shift ? ratio(whole, 10 ** (decimals - shift)) : ratio(whole * 10 ** (shift - decimals), 1);
}

/** amount x over / under rounded up, exact where amount and over x under are below 2^53. */
function timesUp(amount: number, { over, under }: Ratio): number {
  const rest = amount % under;
  return ((amount - rest) / under) * over + Math.ceil((rest * over) / under);
}

/** The same to the nearest, halves away from zero. */
function timesNearest(amount: number, { over, under }: Ratio): number {
  const rest = amount % under;
  const part = (Math.abs(rest * over) * 2 + under) / (2 * under);
  return ((amount - rest) / under) * over + Math.sign(rest * over) * Math.floor(part);
}

export interface Fees {
  /**
   * Charges a fill and notes it in its order's tally.
   * @param lots without sign
   * @param value of the fill in ledger units
   * @param flow what the fill itself does to the balance: less than 0 when money is paid
   * @returns ledger units, negative for a rebate
   */
  charge(tally: FeeTally, fill: FillTerms): number;
  /** The most that one lot can cost at a tick, whole units. */
  perLot(tick: number): number;
  /** The most that an order can cost beside that. */
  readonly perOrder: number;
}

/** A record its owner writes over. */
export interface FillTerms {
  lots: number;
  tick: number;
  value: number;
  flow: number;
  role: Role;
}

const free: Fees = { charge: () => 0, perLot: () => 0, perOrder: 0 };

function makerTaker(schedule: Extract<FeeSchedule, { kind: 'makerTaker' }>, unit: LedgerUnit): Fees {
  const step = unit.units(schedule.unit);
  const rate = (bps: number): Ratio => {
    const { over, under } = decimalRatio(Math.round(bps * 1000), -7);
    return ratio(over, under * step);
  };
  const rates = [rate(schedule.takerBps), rate(schedule.makerBps)] as const;
  const dearest = schedule.takerBps > schedule.makerBps ? rates[Role.taker] : rates[Role.maker];
  const worst: Ratio = { over: Math.max(0, dearest.over), under: dearest.under };
  return {
    charge(tally, { value, role }) {
      const fee = timesNearest(value, rates[role]) * step;
      tally.charged += fee;
      return fee;
    },
    perLot: (tick) => timesUp(unit.value(1, tick), worst) * step,
    perOrder: 0
  };
}

function quadratic(schedule: Extract<FeeSchedule, { kind: 'quadratic' }>, unit: LedgerUnit, lotSize: number): Fees {
  const step = unit.units(schedule.unit);
  const balance = unit.units(schedule.balanceUnit);
  const rebateStep = unit.units(schedule.rebateUnit);
  const one = unit.stepsPerCurrency;
  // lots x steps x (one - steps) is in lotSize x 10^-2d of the currency.
  const lotDecimals = decimalsOf(lotSize);
  const squared = Math.round(Math.log10(one)) * 2 + lotDecimals;
  const per = Math.round(lotSize * 10 ** lotDecimals);
  const rate = (coefficient: number, decimals: number): Ratio => {
    const { over, under } = decimalRatio(coefficient, decimals - squared);
    return ratio(over * per, under);
  };
  const stepDecimals = decimalsOf(schedule.unit);
  const rates = [rate(schedule.taker, stepDecimals), rate(schedule.maker, stepDecimals)] as const;
  const worst = rate(Math.max(schedule.taker, schedule.maker), unit.decimals);
  return {
    charge(tally, { lots, tick, flow, role }) {
      const steps = unit.steps(tick);
      const trade = timesUp(lots * steps * (one - steps), rates[role]) * step;
      const change = flow - trade;
      const rounding = change - Math.floor(change / balance) * balance;
      tally.rounding += rounding;
      let fee = trade + rounding;
      // "Once the accumulated rounding exceeds" a cent, whole cents come back; the net fee is never below nothing.
      if (tally.rounding > rebateStep) {
        const rebate = Math.floor(Math.min(tally.rounding, fee) / rebateStep) * rebateStep;
        tally.rounding -= rebate;
        fee -= rebate;
      }
      tally.charged += fee;
      return fee;
    },
    perLot: (tick) => timesUp(unit.steps(tick) * (one - unit.steps(tick)), worst),
    // Rounding that was not paid back yet. An order filled in very many small parts may pay a little more.
    perOrder: rebateStep + balance + step
  };
}

function perShare(schedule: Extract<FeeSchedule, { kind: 'perShare' }>, unit: LedgerUnit, lotSize: number): Fees {
  const step = unit.units(schedule.unit);
  const perLot = Math.round(schedule.rate * lotSize * unit.perCurrency);
  const minimum = unit.units(schedule.minimum);
  const { over, under } = decimalRatio(schedule.maximumPercent, -2);
  const cap: Ratio = { over, under };
  return {
    charge(tally, { lots, value }) {
      tally.lots += lots;
      tally.value += value;
      const whole = Math.min(Math.max(tally.lots * perLot, minimum), timesNearest(tally.value, cap));
      const due = Math.round(whole / step) * step;
      const fee = due - tally.charged;
      tally.charged = due;
      return fee;
    },
    perLot: () => perLot,
    perOrder: minimum + step
  };
}

/** The fees of a market for fills one at a time; commission on net winnings is charged at settlement elsewhere. */
export function feesOf(rules: MarketRules, unit: LedgerUnit): Fees {
  const { fees } = rules;
  switch (fees.kind) {
    case 'makerTaker':
      return makerTaker(fees, unit);
    case 'quadratic':
      return quadratic(fees, unit, rules.lotSize);
    case 'perShare':
      return perShare(fees, unit, rules.lotSize);
    case 'none':
      return free;
    case 'commissionOnNetWinnings':
      assert(false, 'fees: commission on net winnings is not charged a fill at a time');
  }
}
