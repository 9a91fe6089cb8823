/**
 * When the next order event comes and on which runner: a Hawkes process (Hawkes 1971) with exponential kernels, one a
 * runner, over a base rate that rises towards the off. Drawn exactly by thinning (Ogata 1981).
 */
import type { Random } from '../../core/random.ts';
import type { Behaviour } from './scenario.ts';

export class Arrivals {
  /** Time of the last arrival, seconds. */
  time = 0;
  /** Runner of the last arrival. */
  runner = 0;
  readonly #random: Random;
  readonly #behaviour: Behaviour;
  readonly #offSeconds: number;
  readonly #excitement: Float64Array;
  readonly #shares: Float64Array;

  /** @param offSeconds when the scheduled off is, on the clock of `time` */
  constructor(random: Random, options: { behaviour: Behaviour; offSeconds: number; runners: number }) {
    this.#random = random;
    this.#behaviour = options.behaviour;
    this.#offSeconds = options.offSeconds;
    this.#excitement = new Float64Array(options.runners);
    this.#shares = new Float64Array(options.runners).fill(1 / options.runners);
  }

  /** How the base rate spreads over the runners: bettors look at short prices more. Need not sum to one. */
  share(weightOf: (runner: number) => number): void {
    let sum = 0;
    for (let i = 0; i < this.#shares.length; i++) sum += this.#shares[i] = weightOf(i);
    for (let i = 0; i < this.#shares.length; i++) this.#shares[i]! /= sum;
  }

  /** Events a second without contagion, at a time. */
  baseRate(time: number): number {
    const { eventsPerSecond, rush, rushSeconds } = this.#behaviour;
    const left = Math.max(0, this.#offSeconds - time);
    return eventsPerSecond * (1 + (rush - 1) * Math.exp(-left / rushSeconds));
  }

  /** Events a second on one runner at the present time, contagion counted. */
  rateOn(runner: number): number {
    return this.baseRate(this.time) * this.#shares[runner]! + this.#excitement[runner]!;
  }

  /**
   * Draws the next arrival at or before `until` and sets `time` and `runner`.
   * @returns false, with `time` at `until`, when none comes before it
   */
  next(until: number): boolean {
    const { contagion, contagionSeconds, rushSeconds } = this.#behaviour;
    for (;;) {
      // Over a step this short the base rate cannot rise past the bound, and excitement only decays.
      const step = rushSeconds / 50;
      let excited = 0;
      for (let i = 0; i < this.#excitement.length; i++) excited += this.#excitement[i]!;
      const bound = this.baseRate(this.time + step) + excited;
      const wait = this.#random.exponential(1 / bound);
      const stop = Math.min(until, this.time + step);
      const arrived = this.time + wait <= stop;
      const elapsed = arrived ? wait : stop - this.time;
      this.time = arrived ? this.time + wait : stop;
      const decay = Math.exp(-elapsed / contagionSeconds);
      for (let i = 0; i < this.#excitement.length; i++) this.#excitement[i]! *= decay;
      if (!arrived) {
        if (this.time >= until) return false;
        continue;
      }
      if (this.#accept(bound, excited * decay)) {
        this.#excitement[this.runner]! += contagion / contagionSeconds;
        return true;
      }
    }
  }

  /** Keeps the candidate with the share the true rate has of the bound, and picks its runner by that rate. */
  #accept(bound: number, excited: number): boolean {
    const base = this.baseRate(this.time);
    let at = this.#random.uniform() * bound;
    if (at >= base + excited) return false;
    for (let i = 0; i < this.#excitement.length; i++) {
      at -= base * this.#shares[i]! + this.#excitement[i]!;
      if (at < 0) {
        this.runner = i;
        return true;
      }
    }
    this.runner = this.#excitement.length - 1;
    return true;
  }
}
