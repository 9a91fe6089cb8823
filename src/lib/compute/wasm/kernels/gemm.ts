/**
 * Matrix products at one speed for every transposition. AssemblyScript; row-major float32 by address.
 *
 * After Goto & van de Geijn (2008): both operands are packed into strips that the innermost loop reads in order, A in
 * strips of a tall or a short tile's rows and B in strips of COLUMNS columns, zero-padded at the edges. A transposition only
 * changes which of two packing routines runs. V8 gives out fifteen vector registers on x86-64. With strict SIMD a tile of
 * five rows x eight columns keeps its sums in ten; with the operands and one product that makes fourteen. Relaxed SIMD has
 * no product to keep, so a tile of six rows takes fifteen. One row more, or the loop unrolled, and a sum goes through the
 * stack at every step, which halves the speed.
 *
 * Every element of C is the sum of its products in the order of depth, added to what C held where that is kept, whatever
 * tile it falls into: a product split into any ranges of rows or columns has the bits of the whole.
 */
import { packColumns, packRows } from './packing';
import { bytes, multiplyAdd, splat } from './simd';
import { isSparse, multiplySparse, packedRoom } from './sparse';
import { startOf } from './split';
import { multiplyNarrow, multiplyShallow, NARROW, SHALLOW, turn } from './thin';

/**
 * Rows of a tall tile; a short one has one less, so that any count from twelve (of six and five, twenty) on is made up of
 * the two.
 */
const TALL: i32 = RELAXED ? 6 : 5;
const SHORT: i32 = RELAXED ? 5 : 4;
const COLUMNS: i32 = 8;
/** Depth of a block: a strip of B of 512 x 8 floats stays in the first-level cache. */
const DEPTH_BLOCK: i32 = 512;
/** Rows of A packed at a time: 100 x 512 floats stay in the second-level cache. */
const ROW_BLOCK: i32 = 100;

/** Floats of workspace that `multiplyPacked` needs: one edge tile and one packed block of A, its last strip padded. */
export const WORKSPACE: i32 = TALL * COLUMNS + (ROW_BLOCK + SHORT) * DEPTH_BLOCK;

/** Floats that B of [depth, columns] takes when packed. */
// @ts-ignore: decorator
@inline export function packedSize(depth: i32, columns: i32): i32 {
  return depth * ((columns + COLUMNS - 1) / COLUMNS) * COLUMNS;
}

/** How many of `rows` go into tall strips; short ones take the rest, the last of them padded where rows are few. */
// @ts-ignore: decorator
@inline function rowsInTall(rows: i32): i32 {
  const short = (TALL - (rows % TALL)) % TALL;
  return rows >= SHORT * short ? rows - SHORT * short : rows - (rows % TALL);
}

/** C tile += A strip x B strip over `depth`; starts from zero unless `accumulate`. `stride` is of C, in bytes. */
function multiply6(depth: i32, a: usize, b: usize, c: usize, stride: usize, accumulate: bool): void {
  const c0 = c;
  const c1 = c0 + stride;
  const c2 = c1 + stride;
  const c3 = c2 + stride;
  const c4 = c3 + stride;
  const c5 = c4 + stride;
  let l0 = splat(0);
  let r0 = splat(0);
  let l1 = splat(0);
  let r1 = splat(0);
  let l2 = splat(0);
  let r2 = splat(0);
  let l3 = splat(0);
  let r3 = splat(0);
  let l4 = splat(0);
  let r4 = splat(0);
  let l5 = splat(0);
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
    a += 24;
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

/** The same with five rows. */
function multiply5(depth: i32, a: usize, b: usize, c: usize, stride: usize, accumulate: bool): void {
  const c0 = c;
  const c1 = c0 + stride;
  const c2 = c1 + stride;
  const c3 = c2 + stride;
  const c4 = c3 + stride;
  let l0 = splat(0);
  let r0 = splat(0);
  let l1 = splat(0);
  let r1 = splat(0);
  let l2 = splat(0);
  let r2 = splat(0);
  let l3 = splat(0);
  let r3 = splat(0);
  let l4 = splat(0);
  let r4 = splat(0);
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
    a += 20;
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
}

/** The same with four rows. */
function multiply4(depth: i32, a: usize, b: usize, c: usize, stride: usize, accumulate: bool): void {
  const c0 = c;
  const c1 = c0 + stride;
  const c2 = c1 + stride;
  const c3 = c2 + stride;
  let l0 = splat(0);
  let r0 = splat(0);
  let l1 = splat(0);
  let r1 = splat(0);
  let l2 = splat(0);
  let r2 = splat(0);
  let l3 = splat(0);
  let r3 = splat(0);
  if (accumulate) {
    l0 = v128.load(c0);
    r0 = v128.load(c0, 16);
    l1 = v128.load(c1);
    r1 = v128.load(c1, 16);
    l2 = v128.load(c2);
    r2 = v128.load(c2, 16);
    l3 = v128.load(c3);
    r3 = v128.load(c3, 16);
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
    a += 16;
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
}

// @ts-ignore: decorator
@inline function multiplyTall(depth: i32, a: usize, b: usize, c: usize, stride: usize, accumulate: bool): void {
  if (RELAXED) multiply6(depth, a, b, c, stride, accumulate);
  else multiply5(depth, a, b, c, stride, accumulate);
}

// @ts-ignore: decorator
@inline function multiplyShort(depth: i32, a: usize, b: usize, c: usize, stride: usize, accumulate: bool): void {
  if (RELAXED) multiply5(depth, a, b, c, stride, accumulate);
  else multiply4(depth, a, b, c, stride, accumulate);
}

/** A tile at the right or lower edge: computed whole in `scratch`, of which rows x columns are kept. */
function multiplyEdge(
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  stride: usize,
  tall: bool,
  rows: i32,
  columns: i32,
  accumulate: bool,
  scratch: usize
): void {
  const row = bytes(columns);
  if (accumulate) {
    for (let i = 0; i < rows; i++) memory.copy(scratch + bytes(i * COLUMNS), c + <usize>i * stride, row);
  }
  if (tall) multiplyTall(depth, a, b, scratch, bytes(COLUMNS), accumulate);
  else multiplyShort(depth, a, b, scratch, bytes(COLUMNS), accumulate);
  for (let i = 0; i < rows; i++) memory.copy(c + <usize>i * stride, scratch + bytes(i * COLUMNS), row);
}

/**
 * Packs op(B), of [depth, columns], for any number of products. `rowLength` is the row length of B as it lies in
 * memory, in floats; `transposed` when that is [columns, depth].
 */
export function pack(to: usize, b: usize, rowLength: i32, depth: i32, columns: i32, transposed: bool): void {
  packRange(to, b, rowLength, depth, columns, transposed, 0, columns);
}

/** Those strips of the same that begin from column `from` to before column `end`; `from` is a multiple of COLUMNS. */
function packRange(
  to: usize,
  b: usize,
  rowLength: i32,
  depth: i32,
  columns: i32,
  transposed: bool,
  from: i32,
  end: i32
): void {
  const stride = bytes(rowLength);
  for (let k = 0; k < depth; k += DEPTH_BLOCK) {
    const block = min(DEPTH_BLOCK, depth - k);
    let strip = to + bytes(block * from);
    for (let j = from; j < end; j += COLUMNS) {
      const width = min(COLUMNS, columns - j);
      if (transposed) packColumns(strip, b + <usize>j * stride + bytes(k), stride, block, width, COLUMNS);
      else packRows(strip, b + <usize>k * stride + bytes(j), stride, block, width, COLUMNS);
      strip += bytes(block * COLUMNS);
    }
    to += bytes(packedSize(block, columns));
  }
}

/** One of `shards` parts of `pack`: a range of columns. */
export function packShard(
  shard: i32,
  shards: i32,
  scratch: usize,
  to: usize,
  b: usize,
  rowLength: i32,
  depth: i32,
  columns: i32,
  transposed: bool
): void {
  const from = startOf(shard, shards, columns, COLUMNS);
  packRange(to, b, rowLength, depth, columns, transposed, from, startOf(shard + 1, shards, columns, COLUMNS));
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
  multiplyInto(rows, columns, depth, a, rowLength, transposed, packed, c, columns, accumulate, workspace);
}

/** The same where a row of C is `rowLengthC` floats after the one before: C is a range of columns of something wider. */
export function multiplyInto(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  rowLength: i32,
  transposed: bool,
  packed: usize,
  c: usize,
  rowLengthC: i32,
  accumulate: bool,
  workspace: usize
): void {
  const edge = workspace;
  const strips = workspace + bytes(TALL * COLUMNS);
  const strideA = bytes(rowLength);
  const strideC = bytes(rowLengthC);
  for (let k = 0; k < depth; k += DEPTH_BLOCK) {
    const block = min(DEPTH_BLOCK, depth - k);
    const adds = accumulate || k > 0;
    for (let top = 0; top < rows; top += ROW_BLOCK) {
      const height = min(ROW_BLOCK, rows - top);
      const tall = rowsInTall(height);
      let strip = strips;
      let taken = 0;
      while (taken < height) {
        const members = taken < tall ? TALL : SHORT;
        const width = min(members, height - taken);
        if (transposed) packRows(strip, a + <usize>k * strideA + bytes(top + taken), strideA, block, width, members);
        else packColumns(strip, a + <usize>(top + taken) * strideA + bytes(k), strideA, block, width, members);
        strip += bytes(block * members);
        taken += members;
      }
      let right = packed;
      for (let j = 0; j < columns; j += COLUMNS) {
        const tileColumns = min(COLUMNS, columns - j);
        const whole = tileColumns == COLUMNS;
        let left = strips;
        let tile = c + <usize>top * strideC + bytes(j);
        let i = 0;
        for (; i < tall; i += TALL) {
          if (whole) multiplyTall(block, left, right, tile, strideC, adds);
          else multiplyEdge(block, left, right, tile, strideC, true, TALL, tileColumns, adds, edge);
          left += bytes(block * TALL);
          tile += <usize>TALL * strideC;
        }
        for (; i < height; i += SHORT) {
          const tileRows = min(SHORT, height - i);
          if (whole && tileRows == SHORT) multiplyShort(block, left, right, tile, strideC, adds);
          else multiplyEdge(block, left, right, tile, strideC, false, tileRows, tileColumns, adds, edge);
          left += bytes(block * SHORT);
          tile += <usize>SHORT * strideC;
        }
        right += bytes(block * COLUMNS);
      }
    }
    packed += bytes(packedSize(block, columns));
  }
}

/** Floats of scratch, a thread, that `matMul` needs. */
export function matMulScratch(depth: i32, columns: i32): i32 {
  return WORKSPACE + packedRoom(depth, columns);
}

/**
 * C = op(A) x op(B) for `batch` pairs that lie one after the other, each without gaps. A shard is a range of pairs, or of
 * one pair the rows or columns of C, whichever are more: what is not divided is packed by every shard anew.
 */
export function matMul(
  shard: i32,
  shards: i32,
  scratch: usize,
  batch: i32,
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  transposeA: bool,
  b: usize,
  transposeB: bool,
  c: usize
): void {
  const divided = batch == 1;
  const byRows = rows >= columns;
  const top = divided && byRows ? startOf(shard, shards, rows, TALL * SHORT) : 0;
  const bottom = divided && byRows ? startOf(shard + 1, shards, rows, TALL * SHORT) : rows;
  const left = divided && !byRows ? startOf(shard, shards, columns, COLUMNS) : 0;
  const right = divided && !byRows ? startOf(shard + 1, shards, columns, COLUMNS) : columns;
  const first = divided ? 0 : startOf(shard, shards, batch, 1);
  const end = divided ? 1 : startOf(shard + 1, shards, batch, 1);
  if (bottom <= top || right <= left) return;
  const packed = scratch + bytes(WORKSPACE);
  const rowLengthA = transposeA ? rows : depth;
  const rowLengthB = transposeB ? depth : columns;
  for (let pair = first; pair < end; pair++) {
    const fromA = a + bytes(pair * rows * depth) + bytes(transposeA ? top : top * depth);
    const fromB = b + bytes(pair * depth * columns) + bytes(transposeB ? left * depth : left);
    const toC = c + bytes(pair * rows * columns) + bytes(top * columns + left);
    if (!transposeA && columns <= NARROW) {
      const depthStep = bytes(transposeB ? 1 : columns);
      const columnStep = bytes(transposeB ? depth : 1);
      multiplyNarrow(bottom - top, columns, depth, fromA, fromB, depthStep, columnStep, toC, false);
      continue;
    }
    if (!transposeA && depth <= SHALLOW) {
      if (transposeB) turn(packed, fromB, depth, right - left);
      const rowsOfB = transposeB ? packed : fromB;
      const length = transposeB ? right - left : columns;
      multiplyShallow(bottom - top, right - left, depth, fromA, rowsOfB, length, toC, columns, false);
      continue;
    }
    if (!transposeA && isSparse(bottom - top, depth, fromA, depth, right - left)) {
      multiplySparse(
        bottom - top,
        right - left,
        depth,
        fromA,
        rowLengthA,
        false,
        fromB,
        rowLengthB,
        transposeB,
        toC,
        columns,
        false,
        packed,
        scratch
      );
      continue;
    }
    pack(packed, fromB, rowLengthB, depth, right - left, transposeB);
    multiplyInto(
      bottom - top,
      right - left,
      depth,
      fromA,
      rowLengthA,
      transposeA,
      packed,
      toC,
      columns,
      false,
      scratch
    );
  }
}
