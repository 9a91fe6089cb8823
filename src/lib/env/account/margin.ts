/**
 * What a venue asks positions to keep, in ledger units: brackets by a position's value, each a part of it less an amount.
 * Knows no account.
 */
import type { MarketRules } from '../../market/rules.ts';
import type { LedgerUnit } from './ledger-unit.ts';

export class MarginSchedule {
  /** By bracket, in ledger units: the largest value it holds for, and what is taken off. */
  readonly caps: Float64Array;
  readonly cums: Float64Array;
  /** By bracket: part of the value. */
  readonly ratios: Float64Array;
  /** Number of the last bracket: it holds for whatever is larger, too. */
  readonly last: number;
  /** Fee on what is liquidated, as a part of its value. */
  readonly liquidationFee: number;
  /** To open, as a part of the value. */
  readonly initial: number;
  /** Only what was sold has to be kept margin for: shares that are held are paid for. */
  readonly shortsOnly: boolean;
  /** Whether the venue makes good what a liquidated account lacks. A broker does not: it is a debt. */
  readonly insured: boolean;
  /** The largest value of a position that may be opened at the initial margin's leverage. */
  readonly mostValue: number;

  private constructor(
    brackets: { readonly caps: number[]; readonly cums: number[]; readonly ratios: number[] },
    terms: Pick<MarginSchedule, 'liquidationFee' | 'initial' | 'shortsOnly' | 'insured' | 'mostValue'>
  ) {
    this.caps = Float64Array.from(brackets.caps);
    this.cums = Float64Array.from(brackets.cums);
    this.ratios = Float64Array.from(brackets.ratios);
    this.last = brackets.ratios.length - 1;
    this.liquidationFee = terms.liquidationFee;
    this.initial = terms.initial;
    this.shortsOnly = terms.shortsOnly;
    this.insured = terms.insured;
    this.mostValue = terms.mostValue;
  }

  /** @returns undefined where nothing is held on margin */
  static of({ settlement }: MarketRules, unit: LedgerUnit): MarginSchedule | undefined {
    if (settlement.kind === 'cash' && settlement.shorting !== undefined) {
      const { initialMargin: initial, maintenanceMargin } = settlement.shorting;
      return new MarginSchedule(
        { caps: [Infinity], cums: [0], ratios: [maintenanceMargin] },
        { liquidationFee: 0, initial, shortsOnly: true, insured: false, mostValue: Infinity }
      );
    }
    if (settlement.kind !== 'linearPerpetual') return undefined;
    const { brackets, initialMargin, liquidationFee } = settlement;
    const leverage = 1 / initialMargin;
    // A hair of leverage, since 1 / 0.05 is not always 20.
    const allowed = brackets.filter((bracket) => bracket.initialLeverage >= leverage * (1 - 1e-9));
    return new MarginSchedule(
      {
        caps: brackets.map(({ notionalCap }) => notionalCap * unit.perCurrency),
        cums: brackets.map(({ cum }) => Math.round(cum * unit.perCurrency)),
        ratios: brackets.map(({ maintMarginRatio }) => maintMarginRatio)
      },
      {
        liquidationFee,
        initial: initialMargin,
        shortsOnly: false,
        insured: true,
        mostValue: (allowed.at(-1)?.notionalCap ?? 0) * unit.perCurrency
      }
    );
  }

  /** Number of the bracket that a value without sign falls into. */
  bracketOf(size: number): number {
    let bracket = 0;
    while (bracket < this.last && size > this.caps[bracket]!) bracket++;
    return bracket;
  }

  /** What a position of that value, negative for one that was sold, has to keep: whole, rounded up. */
  maintenance(value: number): number {
    if (this.shortsOnly && value > 0) return 0;
    const size = Math.abs(value);
    const bracket = this.bracketOf(size);
    return Math.ceil(size * this.ratios[bracket]! - this.cums[bracket]!);
  }
}
