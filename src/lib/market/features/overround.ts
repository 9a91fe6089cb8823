/**
 * This runner's part in the overround: (1 / back - 1 / lay) over the sum of that over all runners with both prices. A
 * runner whose part is larger than its part of the probability is the one that layers of the whole book are paid for.
 */
import { NO_TICK } from '../tape.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';

export class Overround implements RunnerFamily {
  readonly names = ['overround_share'];

  write(view: FeatureView, slot: number, into: Float32Array, at: number): void {
    const own = gap(view, slot);
    if (own === 0) {
      into[at] = 0;
      return;
    }
    let sum = 0;
    for (let other = 0; other < view.state.books.length; other++) sum += gap(view, other);
    into[at] = own / sum;
  }
}

/** Never below zero: a crossed book has no overround. */
function gap({ state, quotes }: FeatureView, slot: number): number {
  const bid = quotes.bidTick[slot]!;
  const ask = quotes.askTick[slot]!;
  if (state.removed[slot] === 1 || bid === NO_TICK || ask === NO_TICK || ask <= bid) return 0;
  return Math.exp(-quotes.logPrice[bid]!) - Math.exp(-quotes.logPrice[ask]!);
}
