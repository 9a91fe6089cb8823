/** Small parts of losses: means over a mask, clipping, and the smallest numbers of a row. AssemblyScript. */
import { add, bytes, loadOne, mul, splat, storeOne, sumOfLanes } from './simd';
import { startOf } from './split';

/**
 * mean [1] = Σ x mask / max(Σ mask, 1) over `count` numbers, and weights [count], what each of them counts in it. Added up
 * in four lanes.
 */
export function maskedMean(count: i32, x: usize, mask: usize, mean: usize, weights: usize): void {
  let sums = splat(0);
  let ones = splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const m = v128.load(mask + bytes(i));
    sums = add(sums, mul(v128.load(x + bytes(i)), m));
    ones = add(ones, m);
  }
  for (; i < count; i++) {
    const m = loadOne(mask + bytes(i));
    sums = add(sums, mul(loadOne(x + bytes(i)), m));
    ones = add(ones, m);
  }
  const divisor = max(sumOfLanes(ones), 1);
  store<f32>(mean, sumOfLanes(sums) / divisor);
  const rest = splat(divisor);
  for (i = 0; i + 4 <= count; i += 4) v128.store(weights + bytes(i), f32x4.div(v128.load(mask + bytes(i)), rest));
  for (; i < count; i++) storeOne(weights + bytes(i), f32x4.div(loadOne(mask + bytes(i)), rest));
}

/** y [count] = x within [low, high]; a NaN stays one. */
export function clip(count: i32, x: usize, low: f32, high: f32, y: usize): void {
  for (let i = 0; i < count; i++) store<f32>(y + bytes(i), min(max(load<f32>(x + bytes(i)), low), high));
}

/** dx [count] = dy where x is within [low, high], else 0. */
export function clipGradient(count: i32, x: usize, low: f32, high: f32, dy: usize, dx: usize): void {
  for (let i = 0; i < count; i++) {
    const value = load<f32>(x + bytes(i));
    store<f32>(dx + bytes(i), value >= low && value <= high ? load<f32>(dy + bytes(i)) : 0);
  }
}

/** Floats of scratch, a thread, that `smallest` needs. */
export function smallestScratch(width: i32): i32 {
  return (width + 3) & ~3;
}

/**
 * kept [rows, count] = the smallest numbers of each row of x [rows, width], in ascending order. A number's place is how
 * many are below it, counted four at a time; of equals the first in the row comes first. As integers in the order of the
 * floats, so that every number has a place of its own, one that is none too. A shard is a range of rows.
 */
export function smallest(
  shard: i32,
  shards: i32,
  scratch: usize,
  rows: i32,
  width: i32,
  count: i32,
  x: usize,
  kept: usize
): void {
  const end = startOf(shard + 1, shards, rows, 1);
  const padded = smallestScratch(width);
  for (let row = startOf(shard, shards, rows, 1); row < end; row++) {
    const from = x + bytes(row * width);
    const to = kept + bytes(row * count);
    for (let i = 0; i < width; i++) {
      const bits = load<i32>(from + bytes(i));
      store<i32>(scratch + bytes(i), bits ^ ((bits >> 31) & i32.MAX_VALUE));
    }
    for (let i = width; i < padded; i++) store<i32>(scratch + bytes(i), i32.MAX_VALUE);
    for (let i = 0; i < width; i++) {
      const place = placeOf(i, padded, scratch);
      if (place < count) store<f32>(to + bytes(place), load<f32>(from + bytes(i)));
    }
  }
}

function placeOf(i: i32, padded: i32, keys: usize): i32 {
  const key = i32x4.splat(load<i32>(keys + bytes(i)));
  const own = i & ~3;
  // Comparisons give -1 for true.
  let below = i32x4.splat(0);
  let j = 0;
  for (; j < own; j += 4) below = i32x4.add(below, i32x4.le_s(v128.load(keys + bytes(j)), key));
  const beside = v128.load(keys + bytes(own));
  const before = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(i - own));
  below = i32x4.add(below, v128.bitselect(i32x4.le_s(beside, key), i32x4.lt_s(beside, key), before));
  for (j += 4; j < padded; j += 4) below = i32x4.add(below, i32x4.lt_s(v128.load(keys + bytes(j)), key));
  const sums = i32x4.extract_lane(below, 0) + i32x4.extract_lane(below, 1);
  return -(sums + i32x4.extract_lane(below, 2) + i32x4.extract_lane(below, 3));
}
