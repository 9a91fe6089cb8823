/**
 * Matrix products whose left operand is zero in a third of its places or more, as what came out of a ReLU and its gradient
 * are: zeros are passed over. AssemblyScript; row-major float32 by address.
 *
 * The numbers of a row of A that are not zero are listed with where their row of B begins; the innermost loop reads the
 * list and keeps the sums of WIDE columns in eight vector registers. A zero adds nothing to a sum and the others come in
 * the order of depth, so the bits are those of the dense product in gemm.ts (save where B is infinite or no number beside a
 * zero): which of the two is done is a matter of time alone, and is decided by how many zeros there are.
 */
import { packColumns, packRows } from './packing';
import { bytes, multiplyAdd, splat } from './simd';

const WIDE: i32 = 32;
/** Depth of a block: a strip of B of 256 x 32 floats is the size of a first-level cache. */
const DEPTH: i32 = 256;
/** Rows of A listed at a time. */
const ROWS: i32 = 48;
/** Floats of a row's list: it is written four at a time. */
const LIST: i32 = DEPTH + 4;
/** Bytes of the table of shuffles, and of a tile at the right edge. */
const TABLE: usize = 256;
const EDGE: usize = 128;

/** Floats that a range of B takes when packed here or in gemm.ts. */
// @ts-ignore: decorator
@inline export function packedRoom(depth: i32, columns: i32): i32 {
  return depth * ((columns + WIDE - 1) / WIDE) * WIDE;
}

/**
 * Whether passing over zeros takes less time than multiplying by them, by every fourth line of A as it lies in memory:
 * `lines` of `length`, `rowLength` from one to the next; for a product with that many columns.
 */
export function isSparse(lines: i32, length: i32, a: usize, rowLength: i32, columns: i32): bool {
  if (lines < 16 || length < 16 || columns * 4 < packedRoom(1, columns) * 3) return false;
  let counts = i32x4.splat(0);
  let seen = 0;
  for (let line = 0; line < lines; line += 4) {
    const from = a + bytes(line * rowLength);
    for (let i = 0; i + 4 <= length; i += 4) {
      // A comparison gives -1 for true.
      counts = i32x4.sub(counts, f32x4.ne(v128.load(from + bytes(i)), splat(0)));
    }
    seen += length & ~3;
  }
  const pairs = i32x4.add(counts, i32x4.shuffle(counts, counts, 2, 3, 0, 1));
  const numbers = i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
  return numbers * 3 < seen * 2;
}

/**
 * C = op(A) x op(B), or C += with `accumulate`, with A listed here. op(A) is [rows, depth], op(B) [depth, columns]; row
 * lengths are in floats, of the operands as they lie. `workspace` is that of gemm.ts, `packed` has `packedRoom` floats.
 */
export function multiplySparse(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  rowLengthA: i32,
  transposedA: bool,
  b: usize,
  rowLengthB: i32,
  transposedB: bool,
  c: usize,
  rowLengthC: i32,
  accumulate: bool,
  packed: usize,
  workspace: usize
): void {
  const table = workspace;
  const edge = table + TABLE;
  const lengths = edge + EDGE;
  const offsets = lengths + bytes(ROWS);
  const values = offsets + bytes(ROWS * LIST);
  const turned = values + bytes(ROWS * LIST);
  writeTable(table);
  const strideA = bytes(rowLengthA);
  const strideC = bytes(rowLengthC);
  for (let k = 0; k < depth; k += DEPTH) {
    const block = min(DEPTH, depth - k);
    const adds = accumulate || k > 0;
    packWide(packed, b, bytes(rowLengthB), transposedB, k, block, columns);
    for (let top = 0; top < rows; top += ROWS) {
      const height = min(ROWS, rows - top);
      let from = a + <usize>top * strideA + bytes(k);
      let stride = strideA;
      if (transposedA) {
        packColumns(turned, a + <usize>k * strideA + bytes(top), strideA, height, block, block);
        from = turned;
        stride = bytes(block);
      }
      for (let i = 0; i < height; i++) {
        const list = bytes(i * LIST);
        store<u32>(lengths + bytes(i), listRow(from, block, table, offsets + list, values + list));
        from += stride;
      }
      let strip = packed;
      for (let j = 0; j < columns; j += WIDE) {
        const kept = bytes(min(WIDE, columns - j));
        let to = c + <usize>top * strideC + bytes(j);
        for (let i = 0; i < height; i++) {
          const list = bytes(i * LIST);
          const length = <usize>load<u32>(lengths + bytes(i));
          if (j + WIDE <= columns) addRow(length, offsets + list, values + list, strip, to, adds);
          else {
            if (adds) memory.copy(edge, to, kept);
            addRow(length, offsets + list, values + list, strip, edge, adds);
            memory.copy(to, edge, kept);
          }
          to += strideC;
        }
        strip += bytes(block * WIDE);
      }
    }
  }
}

/** Strips of WIDE columns of op(B), from row `k` on. */
function packWide(
  to: usize,
  b: usize,
  stride: usize,
  transposed: bool,
  k: i32,
  block: i32,
  columns: i32
): void {
  for (let j = 0; j < columns; j += WIDE) {
    const width = min(WIDE, columns - j);
    if (transposed) packColumns(to, b + <usize>j * stride + bytes(k), stride, block, width, WIDE);
    else packRows(to, b + <usize>k * stride + bytes(j), stride, block, width, WIDE);
    to += bytes(block * WIDE);
  }
}

/** For each set of four lanes, as bits, the shuffle that brings them together at the front. */
function writeTable(table: usize): void {
  for (let set = 0; set < 16; set++) {
    let at: i32 = 0;
    for (let lane = 0; lane < 4; lane++) {
      if (((set >> lane) & 1) == 0) continue;
      // Bytes of a lane: 4 lane, 4 lane + 1, ...
      store<u32>(table + <usize>(16 * set + 4 * at), 0x03020100 + 0x04040404 * lane);
      at++;
    }
    for (; at < 4; at++) store<u32>(table + <usize>(16 * set + 4 * at), 0);
  }
}

/** Lists what is not zero of `depth` numbers: its value, and where its row of a strip begins. @returns bytes listed */
function listRow(from: usize, depth: i32, table: usize, offsets: usize, values: usize): u32 {
  const step = bytes(WIDE);
  let places = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(<i32>step));
  let n: usize = 0;
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const x = v128.load(from + bytes(k));
    const set = i32x4.bitmask(f32x4.ne(x, splat(0)));
    const shuffle = v128.load(table + (<usize>set << 4));
    v128.store(values + n, i8x16.swizzle(x, shuffle));
    v128.store(offsets + n, i8x16.swizzle(places, shuffle));
    n += <usize>popcnt(set) << 2;
    places = i32x4.add(places, i32x4.splat(4 * <i32>step));
  }
  for (; k < depth; k++) {
    const x = load<f32>(from + bytes(k));
    if (x == 0) continue;
    store<f32>(values + n, x);
    store<u32>(offsets + n, <u32>(<usize>k * step));
    n += 4;
  }
  return <u32>n;
}

/** WIDE columns of a row of C. */
function addRow(length: usize, offsets: usize, values: usize, strip: usize, c: usize, accumulate: bool): void {
  let s0 = splat(0);
  let s1 = splat(0);
  let s2 = splat(0);
  let s3 = splat(0);
  let s4 = splat(0);
  let s5 = splat(0);
  let s6 = splat(0);
  let s7 = splat(0);
  if (accumulate) {
    s0 = v128.load(c);
    s1 = v128.load(c, 16);
    s2 = v128.load(c, 32);
    s3 = v128.load(c, 48);
    s4 = v128.load(c, 64);
    s5 = v128.load(c, 80);
    s6 = v128.load(c, 96);
    s7 = v128.load(c, 112);
  }
  for (const end = offsets + length; offsets < end; offsets += 4) {
    const b = strip + <usize>load<u32>(offsets);
    const x = v128.load_splat<f32>(values);
    s0 = multiplyAdd(x, v128.load(b), s0);
    s1 = multiplyAdd(x, v128.load(b, 16), s1);
    s2 = multiplyAdd(x, v128.load(b, 32), s2);
    s3 = multiplyAdd(x, v128.load(b, 48), s3);
    s4 = multiplyAdd(x, v128.load(b, 64), s4);
    s5 = multiplyAdd(x, v128.load(b, 80), s5);
    s6 = multiplyAdd(x, v128.load(b, 96), s6);
    s7 = multiplyAdd(x, v128.load(b, 112), s7);
    values += 4;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  v128.store(c, s4, 64);
  v128.store(c, s5, 80);
  v128.store(c, s6, 96);
  v128.store(c, s7, 112);
}
