/**
 * Running mean and variance of many columns, batch by batch: Chan, Golub and LeVeque 1979, "Updating Formulae and a
 * Pairwise Algorithm for Computing Sample Variances". In doubles; saved with the agent.
 */
export class RunningStats {
  readonly width: number;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  count: number;

  /** @param count weight of the start, mean 0 and variance 1: a little keeps the first batch from dividing by nothing */
  constructor(width: number, count = 1e-4) {
    this.width = width;
    this.mean = new Float64Array(width);
    this.variance = new Float64Array(width).fill(1);
    this.count = count;
  }

  /** @param values [n, width] */
  update(values: ArrayLike<number>): void {
    const { width } = this;
    const n = values.length / width;
    if (n === 0) return;
    const total = this.count + n;
    for (let k = 0; k < width; k++) {
      let mean = 0;
      for (let i = k; i < values.length; i += width) mean += values[i]!;
      mean /= n;
      let squares = 0;
      for (let i = k; i < values.length; i += width) squares += (values[i]! - mean) ** 2;
      const delta = mean - this.mean[k]!;
      this.mean[k]! += (delta * n) / total;
      const joined = this.variance[k]! * this.count + squares + (delta * delta * this.count * n) / total;
      this.variance[k] = joined / total;
    }
    this.count = total;
  }

  /** (x - mean) / √(variance + ε), cut to ±limit. @param values and `into` [n, width], which may be one array */
  normalise(values: ArrayLike<number>, into: Float32Array, limit: number, epsilon = 1e-8): void {
    const { width } = this;
    for (let i = 0; i < into.length; i++) {
      const k = i % width;
      const x = (values[i]! - this.mean[k]!) / Math.sqrt(this.variance[k]! + epsilon);
      into[i] = Math.min(limit, Math.max(-limit, x));
    }
  }

  save(): { mean: number[]; variance: number[]; count: number } {
    return { mean: [...this.mean], variance: [...this.variance], count: this.count };
  }

  load(saved: ReturnType<RunningStats['save']>): void {
    this.mean.set(saved.mean);
    this.variance.set(saved.variance);
    this.count = saved.count;
  }
}
