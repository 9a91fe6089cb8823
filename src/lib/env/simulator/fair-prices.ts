/**
 * A ladder as the simulated people read prices off it: the fractional tick of any price, and how wide each tick is. Made
 * once a ladder; looked up without a call, so that no number travels by itself.
 */
import type { Ticks } from '../../core/units.ts';
import type { Ladder } from '../../market/ladder.ts';

export class FairPrices {
  readonly size: number;
  /** By tick: its price, and the relative distance to the next: how far a price moves, in logarithms, with one tick. */
  readonly prices: Float64Array;
  readonly widths: Float64Array;
  /** Smallest units of price in one; and by price in such units, the highest tick not above it. */
  readonly perUnit: number;
  readonly tickBelow: Int16Array;

  constructor(ladder: Ladder) {
    const { size } = ladder;
    this.size = size;
    this.prices = Float64Array.from({ length: size }, (_, tick) => ladder.priceOf(tick as Ticks));
    this.widths = Float64Array.from({ length: size }, (_, at) => {
      const tick = Math.min(size - 2, at);
      return (this.prices[tick + 1]! - this.prices[tick]!) / this.prices[tick]!;
    });
    this.perUnit = 10 ** ladder.decimals;
    const last = Math.round(this.prices[size - 1]! * this.perUnit);
    this.tickBelow = Int16Array.from({ length: last + 1 }, (_, units) => ladder.tickBelow(units / this.perUnit));
  }
}
