/**
 * Weighted price: the mean tick of the best n levels of both sides, each level weighted by its size, less the mid, in
 * ticks, squashed. Unlike the microprice it leans to the side where more waits, and further where it waits deeper.
 */
import { NO_TICK } from '../tape.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import { squash } from './scale.ts';

const LEVELS = 5;

export class WeightedPrice implements RunnerFamily {
  readonly timeless = true;
  readonly names = ['weighted_price_less_mid'];
  readonly about = [
    {
      unit: 'ticks, asinh',
      formula: `asinh(sum of size x (tick - mid tick) / sum of size), best ${String(LEVELS)} levels of both sides`
    }
  ];

  write({ state }: FeatureView, slot: number, into: Float32Array, at: number): void {
    const { bids, asks, bestBid, bestAsk } = state.books[slot]!;
    if (bestBid === NO_TICK || bestAsk === NO_TICK) {
      into[at] = 0;
      return;
    }
    const mid = (bestBid + bestAsk) / 2;
    let lots = 0;
    let moment = 0;
    let bid = bestBid;
    let ask = bestAsk;
    for (let level = 0; level < LEVELS; level++) {
      if (bid !== NO_TICK) {
        const size = bids.at(bid);
        lots += size;
        moment += size * (bid - mid);
        bid = bids.below(bid);
      }
      if (ask !== NO_TICK) {
        const size = asks.at(ask);
        lots += size;
        moment += size * (ask - mid);
        ask = asks.above(ask);
      }
    }
    into[at] = lots === 0 ? 0 : squash(moment / lots);
  }
}
