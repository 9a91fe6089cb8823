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

/** @param present 1 where a value counts */
export function momentsOf(values: Float32Array, present: Uint8Array): Moments {
  let count = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    if (present[i] === 0) continue;
    count++;
    sum += values[i]!;
  }
  if (count === 0) return NOTHING;
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    if (present[i] === 0) continue;
    const deviation = values[i]! - mean;
    squares += deviation * deviation;
  }
  return { count, mean, squares };
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
