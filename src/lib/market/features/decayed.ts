/**
 * A sum a slot that forgets: what was added t seconds ago counts exp(-t / tau). Divided by tau it is a rate per second.
 * Updated only when something happens, so that cost does not depend on time.
 */
import type { FeatureMemory } from './feature-memory.ts';

export class DecayedSum {
  readonly tauSeconds: number;
  readonly #sums: Float64Array;
  readonly #times: Float64Array;

  constructor(memory: FeatureMemory, slots: number, tauSeconds: number) {
    this.tauSeconds = tauSeconds;
    this.#sums = memory.array(slots, 0);
    this.#times = memory.array(slots, 0);
  }

  /** @param time seconds on the tape's clock, never going back */
  add(slot: number, amount: number, time: number): void {
    this.#sums[slot] = this.at(slot, time) + amount;
    this.#times[slot] = time;
  }

  at(slot: number, time: number): number {
    const sum = this.#sums[slot]!;
    return sum === 0 ? 0 : sum * Math.exp((this.#times[slot]! - time) / this.tauSeconds);
  }
}

/** Several such sums that are always added to together: one exponential serves them all. */
export class DecayedSums {
  readonly tauSeconds: number;
  readonly #width: number;
  readonly #sums: Float64Array;
  readonly #times: Float64Array;

  constructor(memory: FeatureMemory, options: { slots: number; tauSeconds: number; width: number }) {
    this.tauSeconds = options.tauSeconds;
    this.#width = options.width;
    this.#sums = memory.array(options.slots * options.width, 0);
    this.#times = memory.array(options.slots, 0);
  }

  /** Decays the slot's sums to `time`, in seconds, never going back; then `add` each. */
  moveTo(slot: number, time: number): void {
    const decay = this.decay(slot, time);
    for (let i = slot * this.#width; i < (slot + 1) * this.#width; i++) this.#sums[i] = this.#sums[i]! * decay;
    this.#times[slot] = time;
  }

  add(slot: number, which: number, amount: number): void {
    this.#sums[slot * this.#width + which] = this.#sums[slot * this.#width + which]! + amount;
  }

  /** What is left of the slot's sums at `time`: multiply `held` by it. */
  decay(slot: number, time: number): number {
    return Math.exp((this.#times[slot]! - time) / this.tauSeconds);
  }

  held(slot: number, which: number): number {
    return this.#sums[slot * this.#width + which]!;
  }
}
