/** Adam, Polyak averaging and reductions over whole parameters, in place. AssemblyScript; equations in ../../adam.ts. */
import { startOf } from './split';
import { add, bytes, loadOne, mul, multiplyAdd, splat, storeOne, sub, sumOfLanes } from './simd';

// @ts-ignore: decorator
@inline function nextFirst(m: v128, g: v128, beta1: f32, rest1: f32): v128 {
  return multiplyAdd(splat(beta1), m, mul(splat(rest1), g));
}

// @ts-ignore: decorator
@inline function nextSecond(v: v128, g: v128, beta2: f32, rest2: f32): v128 {
  return multiplyAdd(splat(beta2), v, mul(splat(rest2), mul(g, g)));
}

// @ts-ignore: decorator
@inline function nextParameter(
  p: v128,
  m: v128,
  v: v128,
  decay: f32,
  stepSize: f32,
  secondScale: f32,
  epsilon: f32
): v128 {
  const denominator = multiplyAdd(f32x4.sqrt(v), splat(secondScale), splat(epsilon));
  return sub(mul(p, splat(decay)), f32x4.div(mul(m, splat(stepSize)), denominator));
}

/**
 * One step of Adam over `count` parameters. rest1 and rest2 are 1 - beta1 and 1 - beta2 rounded from doubles: in single
 * precision 1 - 0.999 would be off by 1e-5.
 */
function adam(
  count: i32,
  parameter: usize,
  m: usize,
  v: usize,
  gradient: usize,
  gradientScale: f32,
  decay: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  stepSize: f32,
  secondScale: f32,
  epsilon: f32
): void {
  const scale = splat(gradientScale);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = bytes(i);
    const g = mul(v128.load(gradient + at), scale);
    const first = nextFirst(v128.load(m + at), g, beta1, rest1);
    const second = nextSecond(v128.load(v + at), g, beta2, rest2);
    v128.store(m + at, first);
    v128.store(v + at, second);
    const p = v128.load(parameter + at);
    v128.store(parameter + at, nextParameter(p, first, second, decay, stepSize, secondScale, epsilon));
  }
  for (; i < count; i++) {
    const at = bytes(i);
    const g = mul(loadOne(gradient + at), scale);
    const first = nextFirst(loadOne(m + at), g, beta1, rest1);
    const second = nextSecond(loadOne(v + at), g, beta2, rest2);
    storeOne(m + at, first);
    storeOne(v + at, second);
    const p = loadOne(parameter + at);
    storeOne(parameter + at, nextParameter(p, first, second, decay, stepSize, secondScale, epsilon));
  }
}

/**
 * One step of Adam over all of a list of tensors as if they were one. `table` has five numbers a tensor: its count, and
 * the addresses of parameter, m, v and gradient; `total` is the sum of the counts. A shard is a range of the whole.
 */
export function adamAll(
  shard: i32,
  shards: i32,
  scratch: usize,
  tensors: i32,
  table: usize,
  total: i32,
  gradientScale: f32,
  decay: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  stepSize: f32,
  secondScale: f32,
  epsilon: f32
): void {
  const from = startOf(shard, shards, total, 64);
  const end = startOf(shard + 1, shards, total, 64);
  let first = 0;
  for (let i = 0; i < tensors; i++) {
    const entry = table + bytes(5 * i);
    const count = load<i32>(entry);
    const low = max(from, first) - first;
    const high = min(end, first + count) - first;
    if (low < high) {
      const at = bytes(low);
      adam(
        high - low,
        <usize>load<u32>(entry, 4) + at,
        <usize>load<u32>(entry, 8) + at,
        <usize>load<u32>(entry, 12) + at,
        <usize>load<u32>(entry, 16) + at,
        gradientScale,
        decay,
        beta1,
        rest1,
        beta2,
        rest2,
        stepSize,
        secondScale,
        epsilon
      );
    }
    first += count;
  }
}

/** target = (1 - tau) target + tau source. */
function polyak(count: i32, target: usize, source: usize, keep: f32, tau: f32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = bytes(i);
    v128.store(target + at, add(mul(v128.load(target + at), splat(keep)), mul(v128.load(source + at), splat(tau))));
  }
  for (; i < count; i++) {
    const at = bytes(i);
    store<f32>(target + at, load<f32>(target + at) * keep + load<f32>(source + at) * tau);
  }
}

/** The same over all of a list of tensors. `table` has three numbers a tensor: count, and addresses of target and source. */
export function polyakAll(
  shard: i32,
  shards: i32,
  scratch: usize,
  tensors: i32,
  table: usize,
  total: i32,
  keep: f32,
  tau: f32
): void {
  const from = startOf(shard, shards, total, 64);
  const end = startOf(shard + 1, shards, total, 64);
  let first = 0;
  for (let i = 0; i < tensors; i++) {
    const entry = table + bytes(3 * i);
    const count = load<i32>(entry);
    const low = max(from, first) - first;
    const high = min(end, first + count) - first;
    const at = bytes(low);
    if (low < high) {
      polyak(high - low, <usize>load<u32>(entry, 4) + at, <usize>load<u32>(entry, 8) + at, keep, tau);
    }
    first += count;
  }
}

/** In blocks of 1,024, whose sums are added in double: neither overflow nor lost small terms in long parameters. */
export function sumOfSquares(count: i32, values: usize): f64 {
  let total: f64 = 0;
  let i = 0;
  while (i + 4 <= count) {
    const end = min(i + 1024, count & ~3);
    let sum = splat(0);
    for (; i < end; i += 4) {
      const x = v128.load(values + bytes(i));
      sum = multiplyAdd(x, x, sum);
    }
    total += <f64>sumOfLanes(sum);
  }
  for (; i < count; i++) {
    const x = load<f32>(values + bytes(i));
    total += <f64>(x * x);
  }
  return total;
}

/**
 * sums [columns] of values [rows, columns] over the rows, row after row: how gradients of biases come about. A shard is a
 * range of columns.
 */
export function sumOverRows(
  shard: i32,
  shards: i32,
  scratch: usize,
  rows: i32,
  columns: i32,
  values: usize,
  sums: usize
): void {
  const from = startOf(shard, shards, columns, 16);
  const count = startOf(shard + 1, shards, columns, 16) - from;
  sumColumns(rows, count, columns, values + bytes(from), sums + bytes(from));
}

/** Rows begin `rowLength` floats one after the other. */
function sumColumns(rows: i32, columns: i32, rowLength: i32, values: usize, sums: usize): void {
  const stride = bytes(rowLength);
  let j = 0;
  for (; j + 16 <= columns; j += 16) {
    let a = splat(0);
    let b = splat(0);
    let c = splat(0);
    let d = splat(0);
    let from = values + bytes(j);
    for (let r = 0; r < rows; r++) {
      a = add(a, v128.load(from));
      b = add(b, v128.load(from, 16));
      c = add(c, v128.load(from, 32));
      d = add(d, v128.load(from, 48));
      from += stride;
    }
    const to = sums + bytes(j);
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
  }
  for (; j + 4 <= columns; j += 4) {
    let sum = splat(0);
    let from = values + bytes(j);
    for (let r = 0; r < rows; r++) {
      sum = add(sum, v128.load(from));
      from += stride;
    }
    v128.store(sums + bytes(j), sum);
  }
  for (; j < columns; j++) {
    let sum: f32 = 0;
    let from = values + bytes(j);
    for (let r = 0; r < rows; r++) {
      sum += load<f32>(from);
      from += stride;
    }
    store<f32>(sums + bytes(j), sum);
  }
}
