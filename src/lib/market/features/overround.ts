/**
 * This runner's part in the overround: (1 / back - 1 / lay) over the sum of that over all runners with both prices. A
 * runner whose part is larger than its part of the probability is the one that layers of the whole book are paid for.
 */
import { NO_TICK } from '../tape.ts';
import type { FeatureMemory } from './feature-memory.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import type { Quotes } from './quotes.ts';

export class Overround implements RunnerFamily {
  readonly names = ['overround_share'];
  readonly about = [{ unit: 'share', formula: '(1 / back - 1 / lay) / its sum over the runners' }];
  /** 1 / back - 1 / lay; 0 where there is none. */
  readonly #gaps: Float64Array;

  constructor(memory: FeatureMemory, slots: number) {
    this.#gaps = memory.array(slots, 0);
  }

  onQuotes(slot: number, quotes: Quotes): void {
    this.#gaps[slot] = gap(quotes, slot);
  }

  write({ state }: FeatureView, slot: number, into: Float32Array, at: number): void {
    into[at] = 0;
    const own = this.#gaps[slot]!;
    if (own === 0 || state.removed[slot] === 1) return;
    let sum = 0;
    for (let other = 0; other < this.#gaps.length; other++) sum += state.removed[other] === 1 ? 0 : this.#gaps[other]!;
    into[at] = own / sum;
  }
}

/** Never below zero: a crossed book has no overround. */
function gap(quotes: Quotes, slot: number): number {
  const bid = quotes.bidTick[slot]!;
  const ask = quotes.askTick[slot]!;
  if (bid === NO_TICK || ask === NO_TICK || ask <= bid) return 0;
  return Math.exp(-quotes.logPrice[bid]!) - Math.exp(-quotes.logPrice[ask]!);
}
