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

/** Where values count: the first row of each run and the one after its last, in turn. */
export type Runs = readonly number[];

/** @param present 1 where a value counts */
export function runsOf(present: Uint8Array): Runs {
  const runs: number[] = [];
  for (let row = 0, former = 0; row < present.length; row++) {
    if (present[row] !== former) runs.push(row);
    former = present[row]!;
  }
  if (runs.length % 2 === 1) runs.push(present.length);
  return runs;
}

export function momentsOf(values: Float32Array, runs: Runs): Moments {
  let count = 0;
  let sum = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const end = runs[run + 1]!;
    for (let row = runs[run]!; row < end; row++) sum += values[row]!;
    count += end - runs[run]!;
  }
  if (count === 0) return NOTHING;
  const mean = sum / count;
  let squares = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const end = runs[run + 1]!;
    for (let row = runs[run]!; row < end; row++) {
      const deviation = values[row]! - mean;
      squares += deviation * deviation;
    }
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
