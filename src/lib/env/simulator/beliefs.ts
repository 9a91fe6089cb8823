/**
 * What runners are worth: the hidden truth that informed money knows, and what the market believes, as log-strengths
 * whose softmax are the win probabilities. Because every price is read off one softmax, the book stays near 100 %
 * whatever single runner the money comes for.
 */
import type { FairPrices } from './fair-prices.ts';

/** Log-strengths and their softmax, kept up to date one runner at a time. */
export class Strengths {
  /** Who changes one says so with `changed`. */
  readonly logs: Float64Array;
  /** Fair prices as ticks and parts of one, by runner; each as of its last `price`. */
  readonly ticks: Float64Array;
  readonly #fair: FairPrices;
  readonly #weights: Float64Array;
  #sum = 0;
  /** Counts changes; a tick that was worked out at this count still holds. */
  #version = 0;
  readonly #pricedAt: Int32Array;

  constructor(runners: number, fair: FairPrices) {
    this.logs = new Float64Array(runners);
    this.ticks = new Float64Array(runners);
    this.#weights = new Float64Array(runners);
    this.#pricedAt = new Int32Array(runners);
    this.#fair = fair;
  }

  /** Starts over. @param probabilities one a runner, summing to 1 */
  begin(probabilities: ArrayLike<number>): void {
    for (let i = 0; i < this.logs.length; i++) {
      this.#weights[i] = probabilities[i]!;
      this.logs[i] = Math.log(probabilities[i]!);
    }
    this.#pricedAt.fill(-1);
    this.#version = 0;
    this.#resum();
  }

  get runners(): number {
    return this.logs.length;
  }

  /** The log-strength of a runner is another now. */
  changed(runner: number): void {
    this.#weights[runner] = Math.exp(this.logs[runner]!);
    this.#version++;
    this.#resum();
  }

  probability(runner: number): number {
    return this.#weights[runner]! / this.#sum;
  }

  /** Brings `ticks` of a runner up to date: the tick below its fair price, and how far towards the next. */
  price(runner: number): void {
    if (this.#pricedAt[runner] === this.#version) return;
    this.#pricedAt[runner] = this.#version;
    const { prices, perUnit, tickBelow, size } = this.#fair;
    const price = 1 / (this.#weights[runner]! / this.#sum);
    const units = Math.min(tickBelow.length - 1, Math.max(0, Math.floor(price * perUnit + 1e-9)));
    const tick = tickBelow[units]!;
    if (tick >= size - 1) this.ticks[runner] = size - 1;
    else this.ticks[runner] = tick + Math.max(0, (price - prices[tick]!) / (prices[tick + 1]! - prices[tick]!));
  }

  /** The runner that a uniform number falls on when each has its probability. */
  draw(uniform: number): number {
    let at = uniform;
    for (let i = 0; i < this.#weights.length; i++) {
      at -= this.probability(i);
      if (at < 0) return i;
    }
    return this.#weights.length - 1;
  }

  /** Summed afresh, so that no rounding gathers over a million changes. */
  #resum(): void {
    let sum = 0;
    for (let i = 0; i < this.#weights.length; i++) sum += this.#weights[i]!;
    this.#sum = sum;
  }
}
