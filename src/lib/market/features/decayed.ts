/**
 * Sums a slot that forget: what was added t seconds ago counts exp(-t / tau). Divided by tau such a sum is a rate per
 * second. Updated only when something happens, so that cost does not depend on time.
 */
import type { Decay } from './decay.ts';
import type { FeatureMemory } from './feature-memory.ts';

export class DecayedSum {
  readonly #decay: Decay;
  readonly #sums: Float64Array;
  readonly #times: Float64Array;

  constructor(memory: FeatureMemory, slots: number, tauSeconds: number) {
    this.#decay = memory.decay(tauSeconds);
    this.#sums = memory.array(slots, 0);
    this.#times = memory.array(slots, 0);
  }

  /** @param time seconds on the tape's clock, never going back */
  add(slot: number, amount: number, time: number): void {
    this.#sums[slot] = this.at(slot, time) + amount;
    this.#times[slot] = time;
  }

  /** The same, of `amounts[0]` at `clock[0]`; see `Decay.placeOf`. */
  addFrom(slot: number, amounts: Float64Array, clock: Float64Array): void {
    const sums = this.#sums;
    const decay = this.#decay;
    if (sums[slot] !== 0) sums[slot]! *= decay.known[decay.placeOf(this.#times, slot, clock)]!;
    sums[slot]! += amounts[0]!;
    this.#times[slot] = clock[0]!;
  }

  at(slot: number, time: number): number {
    const sum = this.#sums[slot]!;
    return sum === 0 ? 0 : sum * this.#decay.at(this.#times[slot]!, time);
  }
}

/** Several such sums that are always added to together: one exponential serves them all. */
export class DecayedSums {
  readonly #decay: Decay;
  readonly #width: number;
  readonly #sums: Float64Array;
  readonly #times: Float64Array;

  constructor(memory: FeatureMemory, options: { slots: number; tauSeconds: number; width: number }) {
    this.#decay = memory.decay(options.tauSeconds);
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
    return this.#decay.at(this.#times[slot]!, time);
  }

  held(slot: number, which: number): number {
    return this.#sums[slot * this.#width + which]!;
  }
}
