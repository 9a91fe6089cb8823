/**
 * The quantile Huber loss without its pairwise differences: with the atoms of a row sorted and summed up, what lies
 * below, near and above a predicted quantile is three searches and a few sums away. O((n + m) log m) a row instead of
 * O(n m), in float64 over plain arrays; for backends whose tensors can be read without waiting.
 */
export interface QuantileRows {
  readonly rows: number;
  /** [rows, quantiles] predicted, in any order; quantile i is that of τ = (i + 0.5) / quantiles. */
  readonly values: Float32Array;
  readonly quantiles: number;
  /** [rows, atoms] in any order. */
  readonly target: Float32Array;
  readonly atoms: number;
}

/**
 * With ρ(δ) = |τ_i - 1[δ < 0]| huber(δ), κ = 1, δ = target_j - value_i (Dabney et al. 2018, arXiv 1710.10044, eqs. 9
 * and 10):
 * @returns losses [rows], the sum of ρ over quantiles and atoms, and slopes [rows, quantiles], the sum over atoms of
 *   |τ_i - 1[δ < 0]| clip(δ, -1, 1), which is minus the loss's slope in a value
 */
export function sortedQuantileHuber(input: QuantileRows): { losses: Float32Array; slopes: Float32Array } {
  const { rows, values, quantiles, target, atoms } = input;
  const losses = new Float32Array(rows);
  const slopes = new Float32Array(rows * quantiles);
  const sorted = new Float32Array(atoms);
  // Sums of the k smallest atoms and of their squares.
  const sums = new Float64Array(atoms + 1);
  const squares = new Float64Array(atoms + 1);
  for (let row = 0; row < rows; row++) {
    sorted.set(target.subarray(row * atoms, (row + 1) * atoms));
    sorted.sort();
    for (let j = 0; j < atoms; j++) {
      const t = sorted[j]!;
      sums[j + 1] = sums[j]! + t;
      squares[j + 1] = squares[j]! + t * t;
    }
    let loss = 0;
    let [far, zero, near] = [0, 0, 0];
    for (let i = 0; i < quantiles; i++) {
      const at = row * quantiles + i;
      const v = values[at]!;
      const tau = (i + 0.5) / quantiles;
      // Up to `far` δ < -1, up to `zero` δ < 0, up to `near` δ < 1.
      far = countBelow(sorted, v - 1, far);
      zero = countBelow(sorted, v, zero);
      near = countBelow(sorted, v + 1, near);
      const under = sums[zero]! - sums[far]! - (zero - far) * v;
      const over = sums[near]! - sums[zero]! - (near - zero) * v;
      const above = atoms - near;
      slopes[at] = (1 - tau) * (under - far) + tau * (over + above);
      const underSquares = squares[zero]! - squares[far]! - 2 * v * under - (zero - far) * v * v;
      const overSquares = squares[near]! - squares[zero]! - 2 * v * over - (near - zero) * v * v;
      const low = far * (v - 0.5) - sums[far]! + 0.5 * underSquares;
      const high = sums[atoms]! - sums[near]! - above * (v + 0.5) + 0.5 * overSquares;
      loss += (1 - tau) * low + tau * high;
    }
    losses[row] = loss;
  }
  return { losses, slopes };
}

/** How many of the sorted are below a limit. Looked for outwards from a first guess in steps that double: quantiles rise. */
function countBelow(sorted: Float32Array, limit: number, guess: number): number {
  let low = guess;
  let high = guess;
  let step = 1;
  while (low > 0 && !(sorted[low - 1]! < limit)) {
    high = low - 1;
    low = Math.max(0, low - step);
    step *= 2;
  }
  while (high < sorted.length && sorted[high]! < limit) {
    low = high + 1;
    high = Math.min(sorted.length, high + step);
    step *= 2;
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
