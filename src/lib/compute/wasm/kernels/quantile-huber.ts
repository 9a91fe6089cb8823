/**
 * The quantile Huber loss over every pair of a predicted quantile and an atom of the target, with its slopes.
 * AssemblyScript; the equations are in ../../quantile-huber.ts. Four quantiles go side by side through the atoms.
 */
import { bytes, loadOne, mul, multiplyAdd, splat, storeOne, sub, sumOfLanes } from './simd';
import { startOf } from './split';

/**
 * losses [rows] = weight Σ_ij ρ_i(target_j - value_i), slopes [rows, quantiles] = d losses / d values, of values
 * [rows, quantiles], target [rows, atoms] and weights [rows]. A shard is a range of rows.
 */
export function quantileHuber(
  shard: i32,
  shards: i32,
  scratch: usize,
  rows: i32,
  quantiles: i32,
  atoms: i32,
  values: usize,
  target: usize,
  weights: usize,
  losses: usize,
  slopes: usize
): void {
  const end = startOf(shard + 1, shards, rows, 1);
  for (let row = startOf(shard, shards, rows, 1); row < end; row++) {
    const weight = load<f32>(weights + bytes(row));
    const predicted = values + bytes(row * quantiles);
    const to = slopes + bytes(row * quantiles);
    const from = target + bytes(row * atoms);
    let loss: f32 = 0;
    let i = 0;
    for (; i + 4 <= quantiles; i += 4) {
      const taus = f32x4(tauOf(i, quantiles), tauOf(i + 1, quantiles), tauOf(i + 2, quantiles), tauOf(i + 3, quantiles));
      const sum = againstAtoms(v128.load(predicted + bytes(i)), taus, from, atoms, weight, to + bytes(i), 4);
      loss += sumOfLanes(sum);
    }
    for (; i < quantiles; i++) {
      const taus = splat(tauOf(i, quantiles));
      const sum = againstAtoms(loadOne(predicted + bytes(i)), taus, from, atoms, weight, to + bytes(i), 1);
      loss += f32x4.extract_lane(sum, 0);
    }
    store<f32>(losses + bytes(row), weight * loss);
  }
}

// @ts-ignore: decorator
@inline function tauOf(i: i32, quantiles: i32): f32 {
  return <f32>((<f64>i + 0.5) / <f64>quantiles);
}

/** Sums of ρ over the atoms, a lane a quantile; stores as many of the slopes as `lanes` says. */
// @ts-ignore: decorator
@inline function againstAtoms(v: v128, taus: v128, atom: usize, atoms: i32, weight: f32, slopes: usize, lanes: i32): v128 {
  const one = splat(1);
  const rest = sub(one, taus);
  let loss = splat(0);
  let slope = splat(0);
  for (let j = 0; j < atoms; j++) {
    const delta = sub(v128.load_splat<f32>(atom + bytes(j)), v);
    // pmin and pmax let a NaN through.
    const clipped = f32x4.pmin(f32x4.pmax(delta, splat(-1)), one);
    const pull = mul(v128.bitselect(rest, taus, f32x4.lt(delta, splat(0))), clipped);
    slope = f32x4.add(slope, pull);
    // huber(δ) = clip(δ) (δ - clip(δ) / 2)
    loss = multiplyAdd(pull, sub(delta, mul(splat(0.5), clipped)), loss);
  }
  const down = mul(slope, splat(-weight));
  if (lanes == 4) v128.store(slopes, down);
  else storeOne(slopes, down);
  return loss;
}
