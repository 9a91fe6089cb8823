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

/** Columns taken together: a sum waits for its last addition, and four sums wait at the same time. */
const TOGETHER = 4;

/** @param columns of the same length; the moments of each, by its place */
export function momentsOf(columns: readonly Float32Array[], runs: Runs): readonly Moments[] {
  let count = 0;
  for (let run = 0; run < runs.length; run += 2) count += runs[run + 1]! - runs[run]!;
  if (count === 0) return columns.map(() => NOTHING);
  const moments: Moments[] = [];
  const sums = new Float64Array(TOGETHER);
  const means = new Float64Array(TOGETHER);
  for (let first = 0; first < columns.length; first += TOGETHER) {
    // Where fewer are left the last stands in.
    const of = (i: number): Float32Array => columns[Math.min(first + i, columns.length - 1)]!;
    const four = [of(0), of(1), of(2), of(3)] as const;
    addSums(four, runs, sums.fill(0));
    for (let i = 0; i < TOGETHER; i++) means[i] = sums[i]! / count;
    addSquares(four, runs, means, sums.fill(0));
    for (let i = 0; i < Math.min(TOGETHER, columns.length - first); i++) {
      moments.push({ count, mean: means[i]!, squares: sums[i]! });
    }
  }
  return moments;
}

type Four = readonly [Float32Array, Float32Array, Float32Array, Float32Array];

function addSums([a, b, c, d]: Four, runs: Runs, into: Float64Array): void {
  let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
  for (let run = 0; run < runs.length; run += 2) {
    const end = runs[run + 1]!;
    for (let row = runs[run]!; row < end; row++) {
      sumA += a[row]!;
      sumB += b[row]!;
      sumC += c[row]!;
      sumD += d[row]!;
    }
  }
  into.set([sumA, sumB, sumC, sumD]);
}

/** Squares of what each value is away from its column's mean. */
function addSquares([a, b, c, d]: Four, runs: Runs, means: Float64Array, into: Float64Array): void {
  const [meanA, meanB, meanC, meanD] = [means[0]!, means[1]!, means[2]!, means[3]!];
  let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
  for (let run = 0; run < runs.length; run += 2) {
    const end = runs[run + 1]!;
    for (let row = runs[run]!; row < end; row++) {
      const [awayA, awayB] = [a[row]! - meanA, b[row]! - meanB];
      const [awayC, awayD] = [c[row]! - meanC, d[row]! - meanD];
      sumA += awayA * awayA;
      sumB += awayB * awayB;
      sumC += awayC * awayC;
      sumD += awayD * awayD;
    }
  }
  into.set([sumA, sumB, sumC, sumD]);
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
