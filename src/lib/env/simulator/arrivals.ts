/**
 * When the next order event comes and on which runner: a Hawkes process (Hawkes 1971) with exponential kernels, one a
 * runner, over a base rate that rises towards the off. Drawn exactly by thinning (Ogata 1981).
 *
 * Rate on runner i at time t: base(t) share_i + sum over its arrivals s < t of n/c exp(-(t - s)/c), with branching ratio
 * n = `contagion` and c = `contagionSeconds`, and the like again for the slow contagion where there is one. Far from the
 * off, and with no slow contagion, that is base / (1 - n) arrivals a second in the mean.
 */
import { assert } from '../../core/assert.ts';
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import type { Behaviour } from './scenario.ts';

export class Arrivals {
  /** Time of the last arrival, seconds. */
  time = 0;
  /** Runner of the last arrival. */
  runner = 0;
  /** Where `next` stops looking, seconds; the caller sets it. */
  until = 0;
  /** Events a second without contagion, as `baseRate` last found, at the time in `hour`, which the caller sets. */
  base = 0;
  hour = 0;
  readonly #random = new Random(0 as Seed);
  #behaviour: Behaviour;
  #offSeconds = 0;
  readonly #excitement: Float64Array;
  /** The second kernel's; nought where there is none. */
  readonly #slow: Float64Array;
  #hasSlow = false;
  /** One less both branching ratios. */
  #unexcited = 1;
  #jump = 0;
  #slowSeconds = 1;
  #slowJump = 0;
  readonly #shares: Float64Array;
  /** The next possible arrival, the rate it was drawn with, the base rate at the last, and until when that rate is a bound. */
  #candidate = 0;
  #bound = 0;
  #baseThen = 0;
  #horizon = 0;

  constructor(runners: number, behaviour: Behaviour) {
    this.#behaviour = behaviour;
    this.#excitement = new Float64Array(runners);
    this.#slow = new Float64Array(runners);
    this.#shares = new Float64Array(runners);
  }

  /** Starts over. @param root the market's stream @param options.offSeconds when the scheduled off is, on `time`'s clock */
  begin(root: Random, options: { readonly behaviour: Behaviour; readonly leadSeconds: number }): void {
    this.#random.reseed(root, 'arrivals');
    this.#behaviour = options.behaviour;
    this.#offSeconds = options.leadSeconds;
    const { contagion, contagionSeconds, slowContagion = 0, slowContagionSeconds = 1 } = options.behaviour;
    assert(contagion + slowContagion < 1, 'arrivals: a branching ratio of 1 or more never comes to rest');
    this.#hasSlow = slowContagion > 0;
    this.#unexcited = 1 - contagion - slowContagion;
    this.#jump = contagion / contagionSeconds;
    this.#slowSeconds = slowContagionSeconds;
    this.#slowJump = slowContagion / slowContagionSeconds;
    this.#excitement.fill(0);
    this.#slow.fill(0);
    for (let i = 0; i < this.#shares.length; i++) this.#shares[i] = 1 / this.#shares.length;
    this.time = 0;
    this.runner = 0;
    this.until = 0;
    this.hour = 0;
    this.baseRate();
    this.#baseThen = this.base;
    this.#propose();
  }

  /** Draws from another stream from now on. @param root another market's stream, or another of this one's */
  divert(root: Random): void {
    this.#random.reseed(root, 'arrivals');
  }

  /** How the base rate spreads over the runners: bettors look at short prices more. Need not sum to one. */
  share(weightOf: (runner: number) => number): void {
    let sum = 0;
    for (let i = 0; i < this.#shares.length; i++) {
      this.#shares[i] = weightOf(i);
      sum += this.#shares[i]!;
    }
    for (let i = 0; i < this.#shares.length; i++) this.#shares[i]! /= sum;
  }

  /** Sets `base` to the events a second without contagion at the time in `hour`. */
  baseRate(): void {
    const { eventsPerSecond, rush, rushSeconds } = this.#behaviour;
    const left = Math.max(0, this.#offSeconds - this.hour);
    this.base = eventsPerSecond * (1 + (rush - 1) * Math.exp(-left / rushSeconds));
  }

  /** Events a second on one runner at the last arrival, contagion counted. */
  rateOn(runner: number): number {
    return this.#baseThen * this.#shares[runner]! + (this.#excitement[runner]! + this.#slow[runner]!);
  }

  /** Events a second to be expected on one runner at this hour: what the base rate comes to with all contagion. */
  meanRateOn(runner: number): number {
    return (this.#baseThen * this.#shares[runner]!) / this.#unexcited;
  }

  /**
   * Goes to the next arrival when it comes before `until`, and sets `time` and `runner`. A candidate that lies later is
   * kept, so the arrivals do not depend on where a caller stops to look.
   * @returns false when none comes before `until`
   */
  next(): boolean {
    const excitement = this.#excitement;
    const slow = this.#slow;
    for (;;) {
      const reach = Math.min(this.#candidate, this.#horizon);
      if (reach >= this.until) return false;
      const decay = Math.exp(-(reach - this.time) / this.#behaviour.contagionSeconds);
      for (let i = 0; i < excitement.length; i++) excitement[i]! *= decay;
      if (this.#hasSlow) {
        const kept = Math.exp(-(reach - this.time) / this.#slowSeconds);
        for (let i = 0; i < slow.length; i++) slow[i]! *= kept;
      }
      this.time = reach;
      const arrived = this.#candidate <= this.#horizon && this.#accept();
      if (arrived) {
        excitement[this.runner]! += this.#jump;
        if (this.#hasSlow) slow[this.runner]! += this.#slowJump;
      }
      this.#propose();
      if (arrived) return true;
    }
  }

  /** Draws a candidate from a rate that the true one cannot pass before the horizon: excitement only decays. */
  #propose(): void {
    this.#horizon = this.time + this.#behaviour.rushSeconds / 50;
    this.hour = this.#horizon;
    this.baseRate();
    let bound = this.base;
    for (let i = 0; i < this.#excitement.length; i++) bound += this.#excitement[i]! + this.#slow[i]!;
    this.#bound = bound;
    this.#random.drawUniform();
    this.#candidate = this.time + -(1 / bound) * Math.log(1 - this.#random.drawn);
  }

  /** Keeps the candidate with the share the true rate has of the bound, and picks its runner by that rate. */
  #accept(): boolean {
    this.hour = this.time;
    this.baseRate();
    const base = this.base;
    this.#baseThen = base;
    this.#random.drawUniform();
    let at = this.#random.drawn * this.#bound;
    for (let i = 0; i < this.#excitement.length; i++) {
      at -= base * this.#shares[i]! + (this.#excitement[i]! + this.#slow[i]!);
      if (at < 0) {
        this.runner = i;
        return true;
      }
    }
    return false;
  }
}
