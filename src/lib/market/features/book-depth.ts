/**
 * What waits on both sides over the best n levels: imbalance (B - A) / (B + A), and the money on each side as
 * log10(1 + amount) / 6, in the market's currency.
 */
import type { Depth } from '../depth.ts';
import { NO_TICK } from '../tape.ts';
import type { FeatureAbout, FeatureView, RunnerFamily } from './feature-set.ts';
import { imbalance, moneyScale } from './scale.ts';

export class BookDepth implements RunnerFamily {
  readonly timeless = true;
  readonly names: readonly string[];
  readonly about: readonly FeatureAbout[];
  readonly #levels: readonly number[];

  /** @param levels numbers of levels, rising */
  constructor(levels: readonly number[]) {
    this.#levels = levels;
    this.names = levels.flatMap((n) => [`imbalance_${String(n)}`, `back_depth_${String(n)}`, `lay_depth_${String(n)}`]);
    this.about = levels.flatMap((n) => {
      const best = n === 1 ? 'the best level' : `the best ${String(n)} levels`;
      return [
        { unit: 'share, -1 to 1', formula: `(B - A) / (B + A), sizes to back and to lay at ${best}` },
        { unit: '10^6 of the currency, decimal logarithm', formula: `log10(1 + money to back at ${best}) / 6` },
        { unit: '10^6 of the currency, decimal logarithm', formula: `log10(1 + money to lay at ${best}) / 6` }
      ];
    });
  }

  write({ state }: FeatureView, slot: number, into: Float32Array, at: number): void {
    const { bids, asks, bestBid, bestAsk } = state.books[slot]!;
    const { lotSize } = state.market.rules;
    const levels = this.#levels;
    // From the best that no newer order crossed: what lies beyond it is the venue's leftover.
    let bid = bestBid;
    let ask = bestAsk;
    let bidLots = 0;
    let askLots = 0;
    let level = 0;
    for (let i = 0; i < levels.length; i++) {
      for (; level < levels[i]!; level++) {
        bidLots += sizeAt(bids, bid);
        askLots += sizeAt(asks, ask);
        if (bid !== NO_TICK) bid = bids.below(bid);
        if (ask !== NO_TICK) ask = asks.above(ask);
      }
      into[at + 3 * i] = imbalance(bidLots, askLots);
      into[at + 3 * i + 1] = moneyScale(bidLots * lotSize);
      into[at + 3 * i + 2] = moneyScale(askLots * lotSize);
    }
  }
}

const sizeAt = (depth: Depth, tick: number): number => (tick === NO_TICK ? 0 : depth.at(tick));
