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

/**
 * e^x, x held to [-87, 88]; a NaN stays one. x = n ln 2 + r with n found by rounding in the float's own mantissa, a
 * polynomial of degree 6 for e^r (Cephes, expf), and 2^n added to the exponent bits. Relative error below 1.3e-7.
 */
// @ts-ignore: decorator
@inline export function exp(x: v128): v128 {
  const held = f32x4.pmin(f32x4.pmax(x, splat(-87)), splat(88));
  // 1.5 * 2^23: adding it leaves round(x / ln 2) in the low mantissa bits.
  const magic = splat(12582912);
  const rounded = multiplyAdd(held, splat(1.4426950408889634), magic);
  const n = sub(rounded, magic);
  // ln 2 in two parts, so that n times the first is exact.
  const r = multiplyAdd(n, splat(2.12194440e-4), multiplyAdd(n, splat(-0.693359375), held));
  let p = multiplyAdd(splat(1.9875691500e-4), r, splat(1.3981999507e-3));
  p = multiplyAdd(p, r, splat(8.3334519073e-3));
  p = multiplyAdd(p, r, splat(4.1665795894e-2));
  p = multiplyAdd(p, r, splat(1.6666665459e-1));
  p = multiplyAdd(p, r, splat(5.0000001201e-1));
  p = add(multiplyAdd(p, mul(r, r), r), splat(1));
  return i32x4.add(p, i32x4.shl(rounded, 23));
}

// @ts-ignore: decorator
@inline export function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), add(splat(1), exp(f32x4.neg(x))));
}

/** Odd polynomial below 0.625 (Cephes, tanhf), 1 - 2 / (e^2|x| + 1) above it. Relative error below 1.5e-7. */
// @ts-ignore: decorator
@inline export function tanh(x: v128): v128 {
  const size = f32x4.abs(x);
  const square = mul(x, x);
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const large = v128.or(sub(splat(1), f32x4.div(splat(2), add(exp(add(size, size)), splat(1)))), sign);
  let p = multiplyAdd(splat(-5.70498872745e-3), square, splat(2.06390887954e-2));
  p = multiplyAdd(p, square, splat(-5.37397155531e-2));
  p = multiplyAdd(p, square, splat(1.33314422036e-1));
  p = multiplyAdd(p, square, splat(-3.33332819422e-1));
  const small = multiplyAdd(mul(p, square), x, x);
  return v128.bitselect(small, large, f32x4.lt(size, splat(0.625)));
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
