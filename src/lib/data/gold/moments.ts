/**
 * Count, mean and spread of a feature, kept a market, so that a scaler over any choice of markets is a sum and no data
 * is read again (Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample
 * variances", eq. 2.1).
 */

export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Sum of squared deviations from the mean. */
  readonly squares: number;
}

const NOTHING: Moments = { count: 0, mean: 0, squares: 0 };

/**
 * Moments of several columns that come in pieces. Within a piece deviations are taken from its first value, which is
 * near all others of it; pieces are merged as whole markets are.
 */
export class ColumnMoments {
  readonly #counts: Float64Array;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;

  constructor(columns: number) {
    this.#counts = new Float64Array(columns);
    this.#means = new Float64Array(columns);
    this.#squares = new Float64Array(columns);
  }

  /** Adds `values[from]` up to but not including `values[to]`; each counts `times`. */
  add(column: number, values: Float32Array, from: number, to: number, times = 1): void {
    const rows = to - from;
    if (rows <= 0 || times === 0) return;
    const first = values[from]!;
    let sum = 0;
    let squares = 0;
    for (let row = from + 1; row < to; row++) {
      const away = values[row]! - first;
      sum += away;
      squares += away * away;
    }
    const mean = sum / rows;
    const before = this.#counts[column]!;
    const count = before + rows * times;
    const gap = first + mean - this.#means[column]!;
    this.#counts[column] = count;
    this.#means[column] = this.#means[column]! + (gap * rows * times) / count;
    // What rounding leaves of no spread at all is none.
    const own = Math.max(0, squares - sum * mean) * times;
    this.#squares[column] = this.#squares[column]! + own + (gap * gap * before * rows * times) / count;
  }

  of(column: number): Moments {
    return { count: this.#counts[column]!, mean: this.#means[column]!, squares: this.#squares[column]! };
  }
}

export function mergeMoments(all: readonly Moments[]): Moments {
  return all.reduce((a, b) => {
    const count = a.count + b.count;
    if (count === 0) return NOTHING;
    const gap = b.mean - a.mean;
    return {
      count,
      mean: a.mean + (gap * b.count) / count,
      squares: a.squares + b.squares + (gap * gap * a.count * b.count) / count
    };
  }, NOTHING);
}
