/**
 * Place among the runners by implied probability: rank / (runners - 1), 0 for the favourite and 1 for the longest shot;
 * the share of this runner in the sum of all implied probabilities.
 */
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import { logPrice } from './odds.ts';

export class Favourite implements RunnerFamily {
  readonly names = ['favourite_rank', 'probability_share'];
  readonly about = [
    { unit: 'share of the field', formula: 'runners at a shorter price / (runners with a price - 1)' },
    { unit: 'share', formula: 'p / sum of p over the runners, p = 1 / mid' }
  ];
  /** By slot: logarithm of the price, NaN where there is none or the runner was taken out; the probability it stands for. */
  readonly #logs: Float64Array;
  readonly #probabilities: Float64Array;
  /** [0] sum of the probabilities. */
  readonly #sum = new Float64Array(1);
  /** Of the market that these are of. */
  #version = -1;

  constructor(slots: number) {
    this.#logs = new Float64Array(slots).fill(Number.NaN);
    this.#probabilities = new Float64Array(slots);
  }

  write(view: FeatureView, slot: number, into: Float32Array, at: number): void {
    // Every runner asks for the price of every other one: all are read once, after something has happened.
    if (view.version !== this.#version) this.#read(view);
    const logs = this.#logs;
    const own = logs[slot]!;
    if (Number.isNaN(own)) {
      into[at] = 0;
      into[at + 1] = 0;
      return;
    }
    let shorter = 0;
    let others = -1;
    for (let other = 0; other < logs.length; other++) {
      const log = logs[other]!;
      if (Number.isNaN(log)) continue;
      others++;
      if (log < own || (log === own && other < slot)) shorter++;
    }
    into[at] = others === 0 ? 0 : shorter / others;
    into[at + 1] = this.#probabilities[slot]! / this.#sum[0]!;
  }

  #read(view: FeatureView): void {
    this.#version = view.version;
    let sum = 0;
    for (let slot = 0; slot < this.#logs.length; slot++) {
      const log = view.state.removed[slot] === 1 ? Number.NaN : logPrice(view, slot);
      // Few prices change in between.
      if (this.#logs[slot] !== log) this.#probabilities[slot] = Math.exp(-log);
      this.#logs[slot] = log;
      if (!Number.isNaN(log)) sum += this.#probabilities[slot]!;
    }
    this.#sum[0] = sum;
  }
}
