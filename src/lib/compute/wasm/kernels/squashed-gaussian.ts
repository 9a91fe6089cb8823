/**
 * The sample of a Gaussian squashed by tanh, with its log-density and what its gradients need. AssemblyScript; Haarnoja et
 * al. 2018b (arXiv 1812.05905), eq. 21.
 */
import { add, bytes, CONSTANTS, exp, loadOne, log, mul, splat, storeOne, sub, tanh, writeConstants } from './simd';

const HALF_LOG_TWO_PI: f32 = 0.9189385332046727;

/** Floats of scratch that `squashedForward` needs. */
export function squashedScratch(count: i32): i32 {
  return count + CONSTANTS;
}

/**
 * action [rows, actions] = tanh(u) with u = mean + exp(logStd) noise, and logProb [rows] = Σ -noise²/2 - logStd -
 * ln √(2π) - ln(s + epsilon), where s = 1 - tanh²(u) is computed as 4 e / (1 + e)², e = exp(-2|u|), which keeps its digits
 * where tanh saturates. `slopes` [3, rows, actions] takes s, the slope in u of the last term 2 tanh(u) s / (s + epsilon), and
 * exp(logStd) noise. `terms` has `squashedScratch` floats.
 */
export function squashedForward(
  rows: i32,
  actions: i32,
  mean: usize,
  logStd: usize,
  noise: usize,
  epsilon: f32,
  action: usize,
  logProb: usize,
  slopes: usize,
  terms: usize
): void {
  const count = rows * actions;
  const pulls = slopes + bytes(count);
  const spreads = pulls + bytes(count);
  const table = terms + bytes(count);
  writeConstants(table);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = bytes(i);
    const s = v128.load(logStd + at);
    const n = v128.load(noise + at);
    const spread = mul(exp(s, table), n);
    const u = add(v128.load(mean + at), spread);
    const a = tanh(u, table);
    const slope = slopeOf(u, table);
    const held = add(slope, splat(epsilon));
    v128.store(action + at, a);
    v128.store(slopes + at, slope);
    v128.store(pulls + at, pullOf(a, slope, held));
    v128.store(spreads + at, spread);
    v128.store(terms + at, densityOf(n, s, held));
  }
  for (; i < count; i++) {
    const at = bytes(i);
    const s = loadOne(logStd + at);
    const n = loadOne(noise + at);
    const spread = mul(exp(s, table), n);
    const u = add(loadOne(mean + at), spread);
    const a = tanh(u, table);
    const slope = slopeOf(u, table);
    const held = add(slope, splat(epsilon));
    storeOne(action + at, a);
    storeOne(slopes + at, slope);
    storeOne(pulls + at, pullOf(a, slope, held));
    storeOne(spreads + at, spread);
    storeOne(terms + at, densityOf(n, s, held));
  }
  for (let row = 0; row < rows; row++) {
    let sum: f32 = 0;
    for (let a = 0; a < actions; a++) sum += load<f32>(terms + bytes(row * actions + a));
    store<f32>(logProb + bytes(row), sum);
  }
}

// @ts-ignore: decorator
@inline function slopeOf(u: v128, table: usize): v128 {
  const e = exp(mul(splat(-2), f32x4.abs(u)), table);
  const whole = add(splat(1), e);
  return f32x4.div(mul(splat(4), e), mul(whole, whole));
}

// @ts-ignore: decorator
@inline function pullOf(a: v128, slope: v128, held: v128): v128 {
  return f32x4.div(mul(mul(splat(2), a), slope), held);
}

// @ts-ignore: decorator
@inline function densityOf(n: v128, s: v128, held: v128): v128 {
  return sub(sub(mul(mul(splat(-0.5), n), n), add(s, splat(HALF_LOG_TWO_PI))), log(held));
}

/** Gradients in mean and logStd [rows, actions], from those of action [rows, actions] and logProb [rows]. */
export function squashedBackward(
  rows: i32,
  actions: i32,
  slopes: usize,
  dAction: usize,
  dLogProb: usize,
  dMean: usize,
  dLogStd: usize
): void {
  const count = rows * actions;
  const pulls = slopes + bytes(count);
  const spreads = pulls + bytes(count);
  for (let row = 0; row < rows; row++) {
    const dDensity = load<f32>(dLogProb + bytes(row));
    for (let i = row * actions; i < (row + 1) * actions; i++) {
      const at = bytes(i);
      const dU = load<f32>(dAction + at) * load<f32>(slopes + at) + dDensity * load<f32>(pulls + at);
      store<f32>(dMean + at, dU);
      store<f32>(dLogStd + at, dU * load<f32>(spreads + at) - dDensity);
    }
  }
}
