/** Every number that features remember between messages, so that a tracker can be reset and copied as a whole. */
import { Decay } from './decay.ts';

export class FeatureMemory {
  readonly #decays = new Map<number, Decay>();
  readonly #arrays: { readonly values: Float64Array; readonly initial: number }[] = [];

  /** An array that starts, and after `reset` is again, full of `initial`. */
  array(length: number, initial: number): Float64Array {
    const values = new Float64Array(length).fill(initial);
    this.#arrays.push({ values, initial });
    return values;
  }

  /** One for all windows of that length. It gives what it is asked for, whatever was before: it is not reset. */
  decay(tauSeconds: number): Decay {
    const known = this.#decays.get(tauSeconds);
    if (known !== undefined) return known;
    const made = new Decay(tauSeconds);
    this.#decays.set(tauSeconds, made);
    return made;
  }

  reset(): void {
    for (let i = 0; i < this.#arrays.length; i++) {
      const { values, initial } = this.#arrays[i]!;
      // Not by `fill`: a fraction or no number at all is handed over as an object.
      for (let k = 0; k < values.length; k++) values[k] = initial;
    }
  }

  /** Becomes a copy of the memory of a tracker of the same market. */
  copyFrom(other: FeatureMemory): void {
    for (let i = 0; i < this.#arrays.length; i++) this.#arrays[i]!.values.set(other.#arrays[i]!.values);
  }
}
