/**
 * Four-lane float arithmetic the kernels share: fused multiply-add, exp, sigmoid, tanh. AssemblyScript.
 * RELAXED is given by the build: 1 lets the CPU fuse a multiply and an add, so that bits depend on the CPU.
 */

// @ts-ignore: decorator
@inline export function bytes(floats: i32): usize {
  return <usize>floats << 2;
}

// @ts-ignore: decorator
@inline export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

// @ts-ignore: decorator
@inline export function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

// @ts-ignore: decorator
@inline export function sub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b);
}

// @ts-ignore: decorator
@inline export function mul(a: v128, b: v128): v128 {
  return f32x4.mul(a, b);
}

/** a b + c */
// @ts-ignore: decorator
@inline export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return RELAXED ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** Adds the four lanes in a fixed order. */
// @ts-ignore: decorator
@inline export function sumOfLanes(a: v128): f32 {
  return (
    f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3))
  );
}

/** One float in lane 0, zeros above it: how the last columns of a row that is not a multiple of four go. */
// @ts-ignore: decorator
@inline export function loadOne(from: usize): v128 {
  return v128.load32_zero(from);
}

// @ts-ignore: decorator
@inline export function storeOne(to: usize, a: v128): void {
  store<f32>(to, f32x4.extract_lane(a, 0));
}

/** Floats of the table that `exp`, `sigmoid` and `tanh` read. */
export const CONSTANTS: i32 = 24;

/**
 * Writes their constants into memory. V8 builds a vector constant anew wherever it is used, of four instructions or more,
 * which would take three times as long as the arithmetic; from memory one instruction brings it.
 */
export function writeConstants(to: usize): void {
  store<f32>(to, -87);
  store<f32>(to, 88, 4);
  store<f32>(to, 1.4426950408889634, 8);
  // 1.5 * 2^23: adding it leaves round(x / ln 2) in the low mantissa bits.
  store<f32>(to, 12582912, 12);
  // ln 2 in two parts, so that n times the first is exact.
  store<f32>(to, 2.1219444e-4, 16);
  store<f32>(to, -0.693359375, 20);
  store<f32>(to, 1.98756915e-4, 24);
  store<f32>(to, 1.3981999507e-3, 28);
  store<f32>(to, 8.3334519073e-3, 32);
  store<f32>(to, 4.1665795894e-2, 36);
  store<f32>(to, 1.6666665459e-1, 40);
  store<f32>(to, 5.0000001201e-1, 44);
  store<f32>(to, 1, 48);
  // Of tanh: numerator and denominator, in x².
  store<f32>(to, 9.01, 52);
  store<f32>(to, 1.3338815e-8, 56);
  store<f32>(to, 2.0597866e-5, 60);
  store<f32>(to, 3.4949156e-3, 64);
  store<f32>(to, 0.13380462, 68);
  store<f32>(to, 7.7701381e-7, 72);
  store<f32>(to, 3.2845286e-4, 76);
  store<f32>(to, 2.5874433e-2, 80);
  store<f32>(to, 0.46713778, 84);
}

/**
 * e^x, x held to [-87, 88]; a NaN stays one. x = n ln 2 + r with n found by rounding in the float's own mantissa, a
 * polynomial of degree 6 for e^r (Cephes, expf), and 2^n added to the exponent bits. Relative error below 1.3e-7.
 * `table` is that of `writeConstants`, here and below.
 */
// @ts-ignore: decorator
@inline export function exp(x: v128, table: usize): v128 {
  const held = f32x4.pmin(f32x4.pmax(x, v128.load_splat<f32>(table)), v128.load_splat<f32>(table, 4));
  const magic = v128.load_splat<f32>(table, 12);
  const rounded = multiplyAdd(held, v128.load_splat<f32>(table, 8), magic);
  const n = sub(rounded, magic);
  const r = multiplyAdd(
    n,
    v128.load_splat<f32>(table, 16),
    multiplyAdd(n, v128.load_splat<f32>(table, 20), held)
  );
  let p = multiplyAdd(v128.load_splat<f32>(table, 24), r, v128.load_splat<f32>(table, 28));
  p = multiplyAdd(p, r, v128.load_splat<f32>(table, 32));
  p = multiplyAdd(p, r, v128.load_splat<f32>(table, 36));
  p = multiplyAdd(p, r, v128.load_splat<f32>(table, 40));
  p = multiplyAdd(p, r, v128.load_splat<f32>(table, 44));
  p = add(multiplyAdd(p, mul(r, r), r), v128.load_splat<f32>(table, 48));
  return i32x4.add(p, i32x4.shl(rounded, 23));
}

// @ts-ignore: decorator
@inline export function sigmoid(x: v128, table: usize): v128 {
  const one = v128.load_splat<f32>(table, 48);
  return f32x4.div(one, add(one, exp(f32x4.neg(x), table)));
}

/**
 * x P(x²) / Q(x²), both of degree 4, fitted to the least greatest relative error on [-9.01, 9.01], which is 2e-8; beyond
 * that tanh is 1 in a float. All coefficients are positive, so that nothing cancels. Relative error below 2.5e-7.
 */
// @ts-ignore: decorator
@inline export function tanh(x: v128, table: usize): v128 {
  const one = v128.load_splat<f32>(table, 48);
  const limit = v128.load_splat<f32>(table, 52);
  const held = f32x4.pmin(f32x4.pmax(x, f32x4.neg(limit)), limit);
  const square = mul(held, held);
  let p = multiplyAdd(v128.load_splat<f32>(table, 56), square, v128.load_splat<f32>(table, 60));
  let q = multiplyAdd(v128.load_splat<f32>(table, 72), square, v128.load_splat<f32>(table, 76));
  p = multiplyAdd(p, square, v128.load_splat<f32>(table, 64));
  q = multiplyAdd(q, square, v128.load_splat<f32>(table, 80));
  p = multiplyAdd(p, square, v128.load_splat<f32>(table, 68));
  q = multiplyAdd(q, square, v128.load_splat<f32>(table, 84));
  p = multiplyAdd(p, square, one);
  q = multiplyAdd(q, square, one);
  const y = f32x4.div(mul(p, held), q);
  return f32x4.pmin(f32x4.pmax(y, f32x4.neg(one)), one);
}

/**
 * ln x of finite numbers above 1e-37; a NaN stays one. x = 2^n m with m within a factor √2 of 1, and a polynomial of
 * degree 8 for ln m (Cephes, logf). Relative error below 1e-6 away from 1, absolute below 1e-7 near it.
 */
// @ts-ignore: decorator
@inline export function log(x: v128): v128 {
  const half = i32x4.splat(0x3f000000);
  // Mantissa in [0.5, 1) and its exponent.
  const mantissa = v128.or(v128.and(x, i32x4.splat(0x007fffff)), half);
  const exponent = i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(126));
  const low = f32x4.lt(mantissa, splat(0.707106781186547524));
  const n = f32x4.convert_i32x4_s(i32x4.add(exponent, low));
  const m = sub(add(mantissa, v128.and(mantissa, low)), splat(1));
  const square = mul(m, m);
  let p = multiplyAdd(splat(7.0376836292e-2), m, splat(-1.1514610310e-1));
  p = multiplyAdd(p, m, splat(1.1676998740e-1));
  p = multiplyAdd(p, m, splat(-1.2420140846e-1));
  p = multiplyAdd(p, m, splat(1.4249322787e-1));
  p = multiplyAdd(p, m, splat(-1.6668057665e-1));
  p = multiplyAdd(p, m, splat(2.0000714765e-1));
  p = multiplyAdd(p, m, splat(-2.4999993993e-1));
  p = multiplyAdd(p, m, splat(3.3333331174e-1));
  let y = mul(mul(p, m), square);
  y = multiplyAdd(n, splat(-2.12194440e-4), y);
  y = sub(y, mul(square, splat(0.5)));
  const value = multiplyAdd(n, splat(0.693359375), add(m, y));
  return add(value, sub(x, x));
}
