/**
 * Place among the runners by implied probability: rank / (runners - 1), 0 for the favourite and 1 for the longest shot;
 * the share of this runner in the sum of all implied probabilities.
 */
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import { logPrice } from './odds.ts';

export class Favourite implements RunnerFamily {
  readonly names = ['favourite_rank', 'probability_share'];
  /** By slot, what was worked out last: a logarithm of a price and the probability it stands for. */
  readonly #logs: Float64Array;
  readonly #probabilities: Float64Array;

  constructor(slots: number) {
    this.#logs = new Float64Array(slots).fill(Number.NaN);
    this.#probabilities = new Float64Array(slots);
  }

  write(view: FeatureView, slot: number, into: Float32Array, at: number): void {
    const own = logPrice(view, slot);
    into[at] = 0;
    into[at + 1] = 0;
    if (Number.isNaN(own) || view.state.removed[slot] === 1) return;
    const slots = view.state.books.length;
    let shorter = 0;
    let others = 0;
    let sum = 0;
    for (let other = 0; other < slots; other++) {
      if (view.state.removed[other] === 1) continue;
      const price = logPrice(view, other);
      if (Number.isNaN(price)) continue;
      sum += this.#probability(other, price);
      if (other === slot) continue;
      others++;
      if (price < own || (price === own && other < slot)) shorter++;
    }
    into[at] = others === 0 ? 0 : shorter / others;
    into[at + 1] = this.#probability(slot, own) / sum;
  }

  /** Every runner asks for the price of every other one, and few prices change in between. */
  #probability(slot: number, log: number): number {
    if (this.#logs[slot] !== log) {
      this.#logs[slot] = log;
      this.#probabilities[slot] = Math.exp(-log);
    }
    return this.#probabilities[slot]!;
  }
}
