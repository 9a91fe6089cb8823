/**
 * What runners are worth: the hidden truth that informed money knows, and what the market believes, as log-strengths
 * whose softmax are the win probabilities. Because every price is read off one softmax, the book stays near 100 %
 * whatever single runner the money comes for.
 */
import type { Ladder } from '../../market/ladder.ts';
import type { Ticks } from '../../core/units.ts';

/** Log-strengths and their softmax, kept up to date one runner at a time. */
export class Strengths {
  readonly #logs: Float64Array;
  readonly #weights: Float64Array;
  #sum = 0;

  constructor(probabilities: ArrayLike<number>) {
    this.#weights = Float64Array.from(probabilities);
    this.#logs = this.#weights.map(Math.log);
    this.#resum();
  }

  get runners(): number {
    return this.#logs.length;
  }

  log(runner: number): number {
    return this.#logs[runner]!;
  }

  add(runner: number, change: number): void {
    const log = this.#logs[runner]! + change;
    this.#logs[runner] = log;
    this.#weights[runner] = Math.exp(log);
    this.#resum();
  }

  probability(runner: number): number {
    return this.#weights[runner]! / this.#sum;
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

/** A price between the ladder's ticks: the tick below, and how far towards the next. */
export function fractionalTick(ladder: Ladder, price: number): number {
  const tick = ladder.tickBelow(price);
  if (tick >= ladder.size - 1) return ladder.size - 1;
  const below = ladder.priceOf(tick);
  const above = ladder.priceOf((tick + 1) as Ticks);
  return tick + Math.max(0, (price - below) / (above - below));
}

/** Relative width of one tick at a fractional tick: how far a price moves, in logarithms, when it moves one tick. */
export function tickWidth(ladder: Ladder, at: number): number {
  const tick = Math.min(ladder.size - 2, Math.max(0, Math.floor(at))) as Ticks;
  const price = ladder.priceOf(tick);
  return (ladder.priceOf((tick + 1) as Ticks) - price) / price;
}
