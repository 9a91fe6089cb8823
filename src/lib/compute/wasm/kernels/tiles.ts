/**
 * The innermost loops of a matrix product, over operands packed into strips that they read in order. AssemblyScript.
 *
 * V8 gives out fifteen vector registers on x86-64. With strict SIMD a tile of five rows x eight columns keeps its sums in
 * ten; with the operands and one product that makes fourteen. Relaxed SIMD has no product to keep, so a tile of six rows
 * takes fifteen. One row more, or the loop unrolled, and a sum goes through the stack at every step, which halves the speed.
 * So the tiles are written out, one function for each height.
 */
import { packColumns, packRows } from './packing';
import { bytes, multiplyAdd, splat } from './simd';

/**
 * Rows of a tall tile; a short one has one less, so that any count from twelve (of six and five, twenty) on is made up of
 * the two.
 */
export const TALL: i32 = RELAXED ? 6 : 5;
export const SHORT: i32 = RELAXED ? 5 : 4;
export const COLUMNS: i32 = 8;

/** How many of `rows` go into tall strips; short ones take the rest, the last of them padded where rows are few. */
// @ts-ignore: decorator
@inline function rowsInTall(rows: i32): i32 {
  const short = (TALL - (rows % TALL)) % TALL;
  return rows >= SHORT * short ? rows - SHORT * short : rows - (rows % TALL);
}

/**
 * C tile = what lies at `from` + A strip x B strip over `depth`, what is below zero as zero with `relu`. From one row to the
 * next it is `stride` bytes in C and `fromStride` at `from`: 0 where every row starts from the same.
 */
function multiply6(
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  stride: usize,
  from: usize,
  fromStride: usize,
  relu: bool
): void {
  const c0 = c;
  const c1 = c0 + stride;
  const c2 = c1 + stride;
  const c3 = c2 + stride;
  const c4 = c3 + stride;
  const c5 = c4 + stride;
  let l0 = v128.load(from);
  let r0 = v128.load(from, 16);
  from += fromStride;
  let l1 = v128.load(from);
  let r1 = v128.load(from, 16);
  from += fromStride;
  let l2 = v128.load(from);
  let r2 = v128.load(from, 16);
  from += fromStride;
  let l3 = v128.load(from);
  let r3 = v128.load(from, 16);
  from += fromStride;
  let l4 = v128.load(from);
  let r4 = v128.load(from, 16);
  from += fromStride;
  let l5 = v128.load(from);
  let r5 = v128.load(from, 16);
  for (; depth > 0; depth--) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    l0 = multiplyAdd(x, left, l0);
    r0 = multiplyAdd(x, right, r0);
    x = v128.load_splat<f32>(a, 4);
    l1 = multiplyAdd(x, left, l1);
    r1 = multiplyAdd(x, right, r1);
    x = v128.load_splat<f32>(a, 8);
    l2 = multiplyAdd(x, left, l2);
    r2 = multiplyAdd(x, right, r2);
    x = v128.load_splat<f32>(a, 12);
    l3 = multiplyAdd(x, left, l3);
    r3 = multiplyAdd(x, right, r3);
    x = v128.load_splat<f32>(a, 16);
    l4 = multiplyAdd(x, left, l4);
    r4 = multiplyAdd(x, right, r4);
    x = v128.load_splat<f32>(a, 20);
    l5 = multiplyAdd(x, left, l5);
    r5 = multiplyAdd(x, right, r5);
    a += 24;
    b += 4 * COLUMNS;
  }
  if (relu) {
    l0 = f32x4.max(l0, splat(0));
    r0 = f32x4.max(r0, splat(0));
    l1 = f32x4.max(l1, splat(0));
    r1 = f32x4.max(r1, splat(0));
    l2 = f32x4.max(l2, splat(0));
    r2 = f32x4.max(r2, splat(0));
    l3 = f32x4.max(l3, splat(0));
    r3 = f32x4.max(r3, splat(0));
    l4 = f32x4.max(l4, splat(0));
    r4 = f32x4.max(r4, splat(0));
    l5 = f32x4.max(l5, splat(0));
    r5 = f32x4.max(r5, splat(0));
  }
  v128.store(c0, l0);
  v128.store(c0, r0, 16);
  v128.store(c1, l1);
  v128.store(c1, r1, 16);
  v128.store(c2, l2);
  v128.store(c2, r2, 16);
  v128.store(c3, l3);
  v128.store(c3, r3, 16);
  v128.store(c4, l4);
  v128.store(c4, r4, 16);
  v128.store(c5, l5);
  v128.store(c5, r5, 16);
}

/** The same with five rows. */
function multiply5(
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  stride: usize,
  from: usize,
  fromStride: usize,
  relu: bool
): void {
  const c0 = c;
  const c1 = c0 + stride;
  const c2 = c1 + stride;
  const c3 = c2 + stride;
  const c4 = c3 + stride;
  let l0 = v128.load(from);
  let r0 = v128.load(from, 16);
  from += fromStride;
  let l1 = v128.load(from);
  let r1 = v128.load(from, 16);
  from += fromStride;
  let l2 = v128.load(from);
  let r2 = v128.load(from, 16);
  from += fromStride;
  let l3 = v128.load(from);
  let r3 = v128.load(from, 16);
  from += fromStride;
  let l4 = v128.load(from);
  let r4 = v128.load(from, 16);
  for (; depth > 0; depth--) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    l0 = multiplyAdd(x, left, l0);
    r0 = multiplyAdd(x, right, r0);
    x = v128.load_splat<f32>(a, 4);
    l1 = multiplyAdd(x, left, l1);
    r1 = multiplyAdd(x, right, r1);
    x = v128.load_splat<f32>(a, 8);
    l2 = multiplyAdd(x, left, l2);
    r2 = multiplyAdd(x, right, r2);
    x = v128.load_splat<f32>(a, 12);
    l3 = multiplyAdd(x, left, l3);
    r3 = multiplyAdd(x, right, r3);
    x = v128.load_splat<f32>(a, 16);
    l4 = multiplyAdd(x, left, l4);
    r4 = multiplyAdd(x, right, r4);
    a += 20;
    b += 4 * COLUMNS;
  }
  if (relu) {
    l0 = f32x4.max(l0, splat(0));
    r0 = f32x4.max(r0, splat(0));
    l1 = f32x4.max(l1, splat(0));
    r1 = f32x4.max(r1, splat(0));
    l2 = f32x4.max(l2, splat(0));
    r2 = f32x4.max(r2, splat(0));
    l3 = f32x4.max(l3, splat(0));
    r3 = f32x4.max(r3, splat(0));
    l4 = f32x4.max(l4, splat(0));
    r4 = f32x4.max(r4, splat(0));
  }
  v128.store(c0, l0);
  v128.store(c0, r0, 16);
  v128.store(c1, l1);
  v128.store(c1, r1, 16);
  v128.store(c2, l2);
  v128.store(c2, r2, 16);
  v128.store(c3, l3);
  v128.store(c3, r3, 16);
  v128.store(c4, l4);
  v128.store(c4, r4, 16);
}

/** The same with four rows. */
function multiply4(
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  stride: usize,
  from: usize,
  fromStride: usize,
  relu: bool
): void {
  const c0 = c;
  const c1 = c0 + stride;
  const c2 = c1 + stride;
  const c3 = c2 + stride;
  let l0 = v128.load(from);
  let r0 = v128.load(from, 16);
  from += fromStride;
  let l1 = v128.load(from);
  let r1 = v128.load(from, 16);
  from += fromStride;
  let l2 = v128.load(from);
  let r2 = v128.load(from, 16);
  from += fromStride;
  let l3 = v128.load(from);
  let r3 = v128.load(from, 16);
  for (; depth > 0; depth--) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    l0 = multiplyAdd(x, left, l0);
    r0 = multiplyAdd(x, right, r0);
    x = v128.load_splat<f32>(a, 4);
    l1 = multiplyAdd(x, left, l1);
    r1 = multiplyAdd(x, right, r1);
    x = v128.load_splat<f32>(a, 8);
    l2 = multiplyAdd(x, left, l2);
    r2 = multiplyAdd(x, right, r2);
    x = v128.load_splat<f32>(a, 12);
    l3 = multiplyAdd(x, left, l3);
    r3 = multiplyAdd(x, right, r3);
    a += 16;
    b += 4 * COLUMNS;
  }
  if (relu) {
    l0 = f32x4.max(l0, splat(0));
    r0 = f32x4.max(r0, splat(0));
    l1 = f32x4.max(l1, splat(0));
    r1 = f32x4.max(r1, splat(0));
    l2 = f32x4.max(l2, splat(0));
    r2 = f32x4.max(r2, splat(0));
    l3 = f32x4.max(l3, splat(0));
    r3 = f32x4.max(r3, splat(0));
  }
  v128.store(c0, l0);
  v128.store(c0, r0, 16);
  v128.store(c1, l1);
  v128.store(c1, r1, 16);
  v128.store(c2, l2);
  v128.store(c2, r2, 16);
  v128.store(c3, l3);
  v128.store(c3, r3, 16);
}

// @ts-ignore: decorator
@inline function multiplyTall(
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  stride: usize,
  from: usize,
  fromStride: usize,
  relu: bool
): void {
  if (RELAXED) multiply6(depth, a, b, c, stride, from, fromStride, relu);
  else multiply5(depth, a, b, c, stride, from, fromStride, relu);
}

// @ts-ignore: decorator
@inline function multiplyShort(
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  stride: usize,
  from: usize,
  fromStride: usize,
  relu: bool
): void {
  if (RELAXED) multiply5(depth, a, b, c, stride, from, fromStride, relu);
  else multiply4(depth, a, b, c, stride, from, fromStride, relu);
}

/** A tile at the right or lower edge: computed whole in `scratch`, of which rows x columns are kept. */
function multiplyEdge(
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  stride: usize,
  from: usize,
  fromStride: usize,
  relu: bool,
  tall: bool,
  rows: i32,
  columns: i32,
  scratch: usize
): void {
  const row = bytes(columns);
  for (let i = 0; i < rows; i++) memory.copy(scratch + bytes(i * COLUMNS), from + <usize>i * fromStride, row);
  if (tall) multiplyTall(depth, a, b, scratch, bytes(COLUMNS), scratch, bytes(COLUMNS), relu);
  else multiplyShort(depth, a, b, scratch, bytes(COLUMNS), scratch, bytes(COLUMNS), relu);
  for (let i = 0; i < rows; i++) memory.copy(c + <usize>i * stride, scratch + bytes(i * COLUMNS), row);
}

/**
 * All tiles of some rows: packed rows of A at `strips`, tall ones first, times packed B, of which a strip is `stripB` bytes
 * after the one before. The tile in column j starts from what lies at `from` + j x `fromStep`, see above.
 */
export function multiplyTiles(
  height: i32,
  columns: i32,
  depth: i32,
  strips: usize,
  packed: usize,
  stripB: usize,
  c: usize,
  stride: usize,
  from: usize,
  fromStride: usize,
  fromStep: usize,
  relu: bool,
  edge: usize
): void {
  const tall = rowsInTall(height);
  for (let j = 0; j < columns; j += COLUMNS) {
    const tileColumns = min(COLUMNS, columns - j);
    const whole = tileColumns == COLUMNS;
    let left = strips;
    let tile = c + bytes(j);
    let start = from + <usize>j * fromStep;
    let i = 0;
    for (; i < tall; i += TALL) {
      if (whole) multiplyTall(depth, left, packed, tile, stride, start, fromStride, relu);
      else multiplyEdge(depth, left, packed, tile, stride, start, fromStride, relu, true, TALL, tileColumns, edge);
      left += bytes(depth * TALL);
      tile += <usize>TALL * stride;
      start += <usize>TALL * fromStride;
    }
    for (; i < height; i += SHORT) {
      const tileRows = min(SHORT, height - i);
      if (whole && tileRows == SHORT) multiplyShort(depth, left, packed, tile, stride, start, fromStride, relu);
      else multiplyEdge(depth, left, packed, tile, stride, start, fromStride, relu, false, tileRows, tileColumns, edge);
      left += bytes(depth * SHORT);
      tile += <usize>SHORT * stride;
      start += <usize>SHORT * fromStride;
    }
    packed += stripB;
  }
}

/**
 * Packs some rows of op(A) into strips, as `multiplyTiles` reads them: `depth` numbers a row, from the one numbered `at` on
 * of the `stripDepth` that a strip has.
 */
export function packStrips(
  strip: usize,
  a: usize,
  stride: usize,
  transposed: bool,
  height: i32,
  depth: i32,
  at: i32,
  stripDepth: i32
): void {
  const tall = rowsInTall(height);
  let taken = 0;
  while (taken < height) {
    const members = taken < tall ? TALL : SHORT;
    const width = min(members, height - taken);
    const to = strip + bytes(at * members);
    if (transposed) packRows(to, a + bytes(taken), stride, depth, width, members);
    else packColumns(to, a + <usize>taken * stride, stride, depth, width, members);
    strip += bytes(stripDepth * members);
    taken += members;
  }
}
