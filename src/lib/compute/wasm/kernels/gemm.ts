/**
 * Matrix products at one speed for every transposition. AssemblyScript; row-major float32 by address.
 *
 * After Goto & van de Geijn (2008): both operands are packed into strips that the innermost loop reads in order, A in
 * strips of ROWS rows and B in strips of COLUMNS columns, zero-padded at the edges. A transposition only changes which
 * of two packing routines runs. A tile of ROWS x COLUMNS keeps its sums in twelve of the sixteen vector registers that
 * x86-64 has, which leaves two for B and one for A.
 */
import { bytes, multiplyAdd, splat } from './simd';

const ROWS: i32 = 6;
const COLUMNS: i32 = 8;
/** Depth of a block: a strip of B of 512 x 8 floats stays in the first-level cache. */
const DEPTH_BLOCK: i32 = 512;
/** Rows of A packed at a time: 96 x 512 floats stay in the second-level cache. */
const ROW_BLOCK: i32 = 96;

/** Floats of workspace that `multiplyPacked` needs: one edge tile and one packed block of A. */
export const WORKSPACE: i32 = ROWS * COLUMNS + ROW_BLOCK * DEPTH_BLOCK;

/** Floats that B of [depth, columns] takes when packed. */
// @ts-ignore: decorator
@inline export function packedSize(depth: i32, columns: i32): i32 {
  return depth * ((columns + COLUMNS - 1) / COLUMNS) * COLUMNS;
}

/** C tile += A strip x B strip over `depth`; starts from zero unless `accumulate`. `stride` is of C, in bytes. */
function multiplyTile(depth: i32, a: usize, b: usize, c: usize, stride: usize, accumulate: bool): void {
  const c0 = c;
  const c1 = c0 + stride;
  const c2 = c1 + stride;
  const c3 = c2 + stride;
  const c4 = c3 + stride;
  const c5 = c4 + stride;
  let l0 = splat(0);
  let l1 = splat(0);
  let l2 = splat(0);
  let l3 = splat(0);
  let l4 = splat(0);
  let l5 = splat(0);
  let r0 = splat(0);
  let r1 = splat(0);
  let r2 = splat(0);
  let r3 = splat(0);
  let r4 = splat(0);
  let r5 = splat(0);
  if (accumulate) {
    l0 = v128.load(c0);
    r0 = v128.load(c0, 16);
    l1 = v128.load(c1);
    r1 = v128.load(c1, 16);
    l2 = v128.load(c2);
    r2 = v128.load(c2, 16);
    l3 = v128.load(c3);
    r3 = v128.load(c3, 16);
    l4 = v128.load(c4);
    r4 = v128.load(c4, 16);
    l5 = v128.load(c5);
    r5 = v128.load(c5, 16);
  }
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
    a += 4 * ROWS;
    b += 4 * COLUMNS;
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

/** A tile at the right or lower edge: computed whole in `scratch`, of which rows x columns are kept. */
function multiplyEdge(
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  accumulate: bool,
  scratch: usize
): void {
  multiplyTile(depth, a, b, scratch, bytes(COLUMNS), false);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const to = c + <usize>i * stride + bytes(j);
      const sum = load<f32>(scratch + bytes(i * COLUMNS + j));
      store<f32>(to, accumulate ? load<f32>(to) + sum : sum);
    }
  }
}

/** Strip whose members lie side by side: to[k][i] = from[k][i] for i < width, zeros up to `strip`. */
function packRows(to: usize, from: usize, stride: usize, depth: i32, width: i32, strip: i32): void {
  for (let k = 0; k < depth; k++) {
    let i = 0;
    for (; i + 4 <= width; i += 4) v128.store(to + bytes(i), v128.load(from + bytes(i)));
    for (; i < width; i++) store<f32>(to + bytes(i), load<f32>(from + bytes(i)));
    for (; i < strip; i++) store<f32>(to + bytes(i), 0);
    to += bytes(strip);
    from += stride;
  }
}

/** Strip whose members are rows: to[k][i] = from[i][k] for i < width, zeros up to `strip`; four by four. */
function packColumns(to: usize, from: usize, stride: usize, depth: i32, width: i32, strip: i32): void {
  const step = bytes(strip);
  let i = 0;
  for (; i + 4 <= width; i += 4) {
    let source = from + <usize>i * stride;
    let target = to + bytes(i);
    let k = 0;
    for (; k + 4 <= depth; k += 4) {
      const a = v128.load(source);
      const b = v128.load(source + stride);
      const c = v128.load(source + 2 * stride);
      const d = v128.load(source + 3 * stride);
      const abLow = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
      const cdLow = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
      const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      v128.store(target, v128.shuffle<i64>(abLow, cdLow, 0, 2));
      v128.store(target + step, v128.shuffle<i64>(abLow, cdLow, 1, 3));
      v128.store(target + 2 * step, v128.shuffle<i64>(abHigh, cdHigh, 0, 2));
      v128.store(target + 3 * step, v128.shuffle<i64>(abHigh, cdHigh, 1, 3));
      source += 16;
      target += 4 * step;
    }
    for (; k < depth; k++) {
      store<f32>(target, load<f32>(source));
      store<f32>(target, load<f32>(source + stride), 4);
      store<f32>(target, load<f32>(source + 2 * stride), 8);
      store<f32>(target, load<f32>(source + 3 * stride), 12);
      source += 4;
      target += step;
    }
  }
  for (; i < strip; i++) {
    for (let k = 0; k < depth; k++) {
      const value = i < width ? load<f32>(from + <usize>i * stride + bytes(k)) : 0;
      store<f32>(to + <usize>k * step + bytes(i), value);
    }
  }
}

/**
 * Packs op(B), of [depth, columns], for any number of products. `rowLength` is the row length of B as it lies in
 * memory, in floats; `transposed` when that is [columns, depth].
 */
export function pack(to: usize, b: usize, rowLength: i32, depth: i32, columns: i32, transposed: bool): void {
  const stride = bytes(rowLength);
  for (let k = 0; k < depth; k += DEPTH_BLOCK) {
    const block = min(DEPTH_BLOCK, depth - k);
    for (let j = 0; j < columns; j += COLUMNS) {
      const width = min(COLUMNS, columns - j);
      if (transposed) packColumns(to, b + <usize>j * stride + bytes(k), stride, block, width, COLUMNS);
      else packRows(to, b + <usize>k * stride + bytes(j), stride, block, width, COLUMNS);
      to += bytes(block * COLUMNS);
    }
  }
}

/**
 * C = op(A) x packed B, or C += with `accumulate`. op(A) is [rows, depth], C is [rows, columns] without gaps.
 * `workspace` has WORKSPACE floats.
 */
export function multiplyPacked(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  rowLength: i32,
  transposed: bool,
  packed: usize,
  c: usize,
  accumulate: bool,
  workspace: usize
): void {
  const edge = workspace;
  const strips = workspace + bytes(ROWS * COLUMNS);
  const strideA = bytes(rowLength);
  const strideC = bytes(columns);
  for (let k = 0; k < depth; k += DEPTH_BLOCK) {
    const block = min(DEPTH_BLOCK, depth - k);
    const adds = accumulate || k > 0;
    for (let top = 0; top < rows; top += ROW_BLOCK) {
      const height = min(ROW_BLOCK, rows - top);
      let strip = strips;
      for (let i = 0; i < height; i += ROWS) {
        const width = min(ROWS, height - i);
        if (transposed) packRows(strip, a + <usize>k * strideA + bytes(top + i), strideA, block, width, ROWS);
        else packColumns(strip, a + <usize>(top + i) * strideA + bytes(k), strideA, block, width, ROWS);
        strip += bytes(block * ROWS);
      }
      let right = packed;
      for (let j = 0; j < columns; j += COLUMNS) {
        const tileColumns = min(COLUMNS, columns - j);
        let left = strips;
        for (let i = 0; i < height; i += ROWS) {
          const tileRows = min(ROWS, height - i);
          const tile = c + <usize>(top + i) * strideC + bytes(j);
          if (tileRows == ROWS && tileColumns == COLUMNS) multiplyTile(block, left, right, tile, strideC, adds);
          else multiplyEdge(block, left, right, tile, strideC, tileRows, tileColumns, adds, edge);
          left += bytes(block * ROWS);
        }
        right += bytes(block * COLUMNS);
      }
    }
    packed += bytes(packedSize(block, columns));
  }
}

/** Floats of scratch that `matMul` needs. */
export function matMulScratch(depth: i32, columns: i32): i32 {
  return WORKSPACE + packedSize(depth, columns);
}

/** C = op(A) x op(B) for `batch` pairs that lie one after the other, each without gaps. */
export function matMul(
  batch: i32,
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  transposeA: bool,
  b: usize,
  transposeB: bool,
  c: usize,
  scratch: usize
): void {
  const packed = scratch + bytes(WORKSPACE);
  for (; batch > 0; batch--) {
    pack(packed, b, transposeB ? depth : columns, depth, columns, transposeB);
    multiplyPacked(rows, columns, depth, a, transposeA ? rows : depth, transposeA, packed, c, false, scratch);
    a += bytes(rows * depth);
    b += bytes(depth * columns);
    c += bytes(rows * columns);
  }
}
