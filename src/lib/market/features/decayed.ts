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
