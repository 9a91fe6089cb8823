/**
 * What waits on both sides over the best 1, 3 and 5 levels: imbalance (B - A) / (B + A), and the money on each side as
 * log10(1 + amount) / 6, in the market's currency.
 */
import type { Depth } from '../depth.ts';
import { NO_TICK } from '../tape.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import { imbalance, moneyScale } from './scale.ts';

const LEVELS = [1, 3, 5] as const;

export class BookDepth implements RunnerFamily {
  readonly names = LEVELS.flatMap((n) => [
    `imbalance_${String(n)}`,
    `back_depth_${String(n)}`,
    `lay_depth_${String(n)}`
  ]);

  write({ state }: FeatureView, slot: number, into: Float32Array, at: number): void {
    const { bids, asks } = state.books[slot]!;
    const { lotSize } = state.market.rules;
    let bid = bids.highest;
    let ask = asks.lowest;
    let bidLots = 0;
    let askLots = 0;
    let level = 0;
    for (let i = 0; i < LEVELS.length; i++) {
      for (; level < LEVELS[i]!; level++) {
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
