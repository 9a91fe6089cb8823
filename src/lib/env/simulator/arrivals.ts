/**
 * When the next order event comes and on which runner: a Hawkes process (Hawkes 1971) with exponential kernels, one a
 * runner, over a base rate that rises towards the off. Drawn exactly by thinning (Ogata 1981).
 *
 * Rate on runner i at time t: base(t) share_i + sum over its arrivals s < t of n/c exp(-(t - s)/c), with branching ratio
 * n = `contagion` and c = `contagionSeconds`, and the like again for the slow contagion where there is one. Far from the
 * off, and with no slow contagion, that is base / (1 - n) arrivals a second in the mean.
 */
import { assert } from '../../core/assert.ts';
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
  /** The second kernel's, where there is one. */
  readonly #slow: Float64Array | undefined;
  /** One less both branching ratios. */
  readonly #unexcited: number;
  readonly #slowSeconds: number;
  readonly #slowJump: number;
  readonly #shares: Float64Array;
  /** The next possible arrival, the rate it was drawn with, the base rate at the last, and until when that rate is a bound. */
  #candidate = 0;
  #bound = 0;
  #base = 0;
  #horizon = 0;

  /** @param offSeconds when the scheduled off is, on the clock of `time` */
  constructor(random: Random, options: { behaviour: Behaviour; offSeconds: number; runners: number }) {
    this.#random = random;
    this.#behaviour = options.behaviour;
    this.#offSeconds = options.offSeconds;
    this.#excitement = new Float64Array(options.runners);
    const { contagion, slowContagion = 0, slowContagionSeconds = 1 } = options.behaviour;
    assert(contagion + slowContagion < 1, 'arrivals: a branching ratio of 1 or more never comes to rest');
    this.#slow = slowContagion > 0 ? new Float64Array(options.runners) : undefined;
    this.#unexcited = 1 - contagion - slowContagion;
    this.#slowSeconds = slowContagionSeconds;
    this.#slowJump = slowContagion / slowContagionSeconds;
    this.#shares = new Float64Array(options.runners).fill(1 / options.runners);
    this.#base = this.baseRate(0);
    this.#propose();
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

  /** Events a second on one runner at the last arrival, contagion counted. */
  rateOn(runner: number): number {
    return this.#base * this.#shares[runner]! + this.#excited(runner);
  }

  /** Events a second to be expected on one runner at this hour: what the base rate comes to with all contagion. */
  meanRateOn(runner: number): number {
    return (this.#base * this.#shares[runner]!) / this.#unexcited;
  }

  /**
   * Goes to the next arrival when it comes before `until`, and sets `time` and `runner`. A candidate that lies later is
   * kept, so the arrivals do not depend on where a caller stops to look.
   * @returns false when none comes before `until`
   */
  next(until: number): boolean {
    for (;;) {
      const reach = Math.min(this.#candidate, this.#horizon);
      if (reach >= until) return false;
      const decay = Math.exp(-(reach - this.time) / this.#behaviour.contagionSeconds);
      for (let i = 0; i < this.#excitement.length; i++) this.#excitement[i]! *= decay;
      if (this.#slow !== undefined) {
        const kept = Math.exp(-(reach - this.time) / this.#slowSeconds);
        for (let i = 0; i < this.#slow.length; i++) this.#slow[i]! *= kept;
      }
      this.time = reach;
      const arrived = this.#candidate <= this.#horizon && this.#accept();
      if (arrived) {
        this.#excitement[this.runner]! += this.#behaviour.contagion / this.#behaviour.contagionSeconds;
        if (this.#slow !== undefined) this.#slow[this.runner]! += this.#slowJump;
      }
      this.#propose();
      if (arrived) return true;
    }
  }

  #excited(runner: number): number {
    return this.#slow === undefined ? this.#excitement[runner]! : this.#excitement[runner]! + this.#slow[runner]!;
  }

  /** Draws a candidate from a rate that the true one cannot pass before the horizon: excitement only decays. */
  #propose(): void {
    this.#horizon = this.time + this.#behaviour.rushSeconds / 50;
    this.#bound = this.baseRate(this.#horizon);
    for (let i = 0; i < this.#excitement.length; i++) this.#bound += this.#excited(i);
    this.#candidate = this.time + this.#random.exponential(1 / this.#bound);
  }

  /** Keeps the candidate with the share the true rate has of the bound, and picks its runner by that rate. */
  #accept(): boolean {
    const base = this.baseRate(this.time);
    this.#base = base;
    let at = this.#random.uniform() * this.#bound;
    for (let i = 0; i < this.#excitement.length; i++) {
      at -= base * this.#shares[i]! + this.#excited(i);
      if (at < 0) {
        this.runner = i;
        return true;
      }
    }
    return false;
  }
}
