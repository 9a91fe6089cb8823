/**
 * Matrix products at one speed for every transposition. AssemblyScript; row-major float32 by address.
 *
 * After Goto & van de Geijn (2008): both operands are packed into strips that the innermost loop reads in order, A in
 * strips of a tall or a short tile's rows and B in strips of COLUMNS columns, zero-padded at the edges. A transposition only
 * changes which of two packing routines runs.
 *
 * Every element of C is the sum of its products in the order of depth, added to what C held where that is kept, whatever
 * tile it falls into: a product split into any ranges of rows or columns has the bits of the whole.
 */
import { packColumns, packRows } from './packing';
import { bytes } from './simd';
import { isSparse, multiplySparse, packedRoom } from './sparse';
import { startOf } from './split';
import { multiplyNarrow, multiplyShallow, NARROW, SHALLOW, turn } from './thin';
import { COLUMNS, multiplyTiles, packStrips, SHORT, TALL } from './tiles';

/** Depth of a block: a strip of B of 512 x 8 floats stays in the first-level cache. */
const DEPTH_BLOCK: i32 = 512;
/** Rows of A packed at a time: 100 x 512 floats stay in the second-level cache. */
const ROW_BLOCK: i32 = 100;

/** Floats of workspace that products need: an edge tile, a row of zeros, and a packed block of A, its last strip padded. */
export const WORKSPACE: i32 = (TALL + 1) * COLUMNS + (ROW_BLOCK + SHORT) * DEPTH_BLOCK;

/** Floats that B of [depth, columns] takes when packed. */
// @ts-ignore: decorator
@inline export function packedSize(depth: i32, columns: i32): i32 {
  return depth * ((columns + COLUMNS - 1) / COLUMNS) * COLUMNS;
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
  const zeros = edge + bytes(TALL * COLUMNS);
  const strips = zeros + bytes(COLUMNS);
  memory.fill(zeros, 0, bytes(COLUMNS));
  const strideA = bytes(rowLength);
  const strideC = bytes(rowLengthC);
  for (let k = 0; k < depth; k += DEPTH_BLOCK) {
    const block = min(DEPTH_BLOCK, depth - k);
    const adds = accumulate || k > 0;
    const strip = bytes(block * COLUMNS);
    for (let top = 0; top < rows; top += ROW_BLOCK) {
      const height = min(ROW_BLOCK, rows - top);
      const from = a + (transposed ? <usize>k * strideA + bytes(top) : <usize>top * strideA + bytes(k));
      packStrips(strips, from, strideA, transposed, height, block, 0, block);
      const to = c + <usize>top * strideC;
      if (adds) multiplyTiles(height, columns, block, strips, packed, strip, to, strideC, to, strideC, 4, false, edge);
      else multiplyTiles(height, columns, block, strips, packed, strip, to, strideC, zeros, 0, 0, false, edge);
    }
    packed += bytes(packedSize(block, columns));
  }
}

/** Whether `multiplyJoined` does products of that depth. */
// @ts-ignore: decorator
@inline export function joins(depth: i32): bool {
  return depth <= DEPTH_BLOCK;
}

/**
 * C [rows, columns] = [A1 | A2 | A3] x packed B, in one go and to the same bits as the parts' products one added to the
 * other; parts of no width are not there. It starts from `bias`, one row for all, or from zero where that is 0. B is
 * packed as one, of the parts' widths together, and may have `rest` rows more, which are left out.
 */
export function multiplyJoined(
  rows: i32,
  columns: i32,
  a1: usize,
  width1: i32,
  a2: usize,
  width2: i32,
  a3: usize,
  width3: i32,
  packed: usize,
  rest: i32,
  bias: usize,
  relu: bool,
  c: usize,
  workspace: usize
): void {
  const edge = workspace;
  const zeros = edge + bytes(TALL * COLUMNS);
  const strips = zeros + bytes(COLUMNS);
  memory.fill(zeros, 0, bytes(COLUMNS));
  const depth = width1 + width2 + width3;
  const stride = bytes(columns);
  const strip = bytes((depth + rest) * COLUMNS);
  for (let top = 0; top < rows; top += ROW_BLOCK) {
    const height = min(ROW_BLOCK, rows - top);
    packStrips(strips, a1 + bytes(top * width1), bytes(width1), false, height, width1, 0, depth);
    if (width2 > 0) packStrips(strips, a2 + bytes(top * width2), bytes(width2), false, height, width2, width1, depth);
    const at = width1 + width2;
    if (width3 > 0) packStrips(strips, a3 + bytes(top * width3), bytes(width3), false, height, width3, at, depth);
    const to = c + <usize>top * stride;
    const from = bias == 0 ? zeros : bias;
    multiplyTiles(height, columns, depth, strips, packed, strip, to, stride, from, 0, bias == 0 ? 0 : 4, relu, edge);
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
