/**
 * What a forecast is worth next to none: the mean of all labels told in training, by column, is what one would say who has
 * seen nothing of the moment. Saved with the agent.
 */
import type { ForecastSpec } from '../config/forecasts.ts';

export class LabelMeans {
  readonly #spec: ForecastSpec;
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;

  constructor(spec: ForecastSpec) {
    this.#spec = spec;
    this.#sums = new Float64Array(spec.kinds.length);
    this.#counts = new Float64Array(spec.kinds.length);
  }

  /** @param labels [n, columns]; NaN for nothing told */
  add(labels: Float32Array): void {
    const columns = this.#sums.length;
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i]!;
      if (Number.isNaN(label)) continue;
      this.#sums[i % columns]! += label;
      this.#counts[i % columns]!++;
    }
  }

  /** [columns] as a head tells: the mean, or of a chance its log-odds; one more of each is counted, so that they are finite. */
  get told(): Float32Array {
    return Float32Array.from(this.#spec.kinds, (kind, i) => {
      const [sum, count] = [this.#sums[i]!, this.#counts[i]!];
      if (kind === 'fill') return Math.log((sum + 1) / (count - sum + 1));
      return count === 0 ? 0 : sum / count;
    });
  }

  save(): { readonly sums: number[]; readonly counts: number[] } {
    return { sums: [...this.#sums], counts: [...this.#counts] };
  }

  /** @param saved undefined in checkpoints of before there were any: counting begins anew */
  load(saved: ReturnType<LabelMeans['save']> | undefined): void {
    this.#sums.fill(0);
    this.#counts.fill(0);
    this.#sums.set(saved?.sums ?? []);
    this.#counts.set(saved?.counts ?? []);
  }
}
