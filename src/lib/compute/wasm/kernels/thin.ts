/**
 * Matrix products with few columns, or of little depth: first and last layers, and their gradients. To pack operands for
 * them, as gemm.ts does, takes longer than the products. AssemblyScript; row-major float32 by address. Every element is the
 * sum of its products in the order of depth, as there, so the bits are the same.
 */
import { bytes, loadOne, multiplyAdd, splat, storeOne } from './simd';

/** Most columns, and most depth, that are thin. */
export const NARROW: i32 = 4;
export const SHALLOW: i32 = 8;

/**
 * C [rows, columns] = A B, or C +=, for few columns. A is [rows, depth] without gaps; B's number of depth k and column j
 * is at b + k depthStep + j columnStep, in bytes.
 */
export function multiplyNarrow(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  b: usize,
  depthStep: usize,
  columnStep: usize,
  c: usize,
  accumulate: bool
): void {
  const stride = bytes(depth);
  const strideC = bytes(columns);
  for (let j = 0; j < columns; j++) {
    const column = b + <usize>j * columnStep;
    let from = a;
    let to = c + bytes(j);
    let row = 0;
    for (; row + 8 <= rows; row += 8) {
      const middle = from + 4 * stride;
      const toMiddle = to + 4 * strideC;
      let low = accumulate ? column4(to, strideC) : splat(0);
      let high = accumulate ? column4(toMiddle, strideC) : splat(0);
      let at = column;
      let k: usize = 0;
      for (; k + 16 <= stride; k += 16) {
        const p = from + k;
        const a0 = v128.load(p);
        const a1 = v128.load(p + stride);
        const a2 = v128.load(p + 2 * stride);
        const a3 = v128.load(p + 3 * stride);
        const q = middle + k;
        const b0 = v128.load(q);
        const b1 = v128.load(q + stride);
        const b2 = v128.load(q + 2 * stride);
        const b3 = v128.load(q + 3 * stride);
        // Both four by four, turned about.
        const a01 = v128.shuffle<i32>(a0, a1, 0, 4, 1, 5);
        const a23 = v128.shuffle<i32>(a2, a3, 0, 4, 1, 5);
        const b01 = v128.shuffle<i32>(b0, b1, 0, 4, 1, 5);
        const b23 = v128.shuffle<i32>(b2, b3, 0, 4, 1, 5);
        let x = v128.load_splat<f32>(at);
        low = multiplyAdd(v128.shuffle<i64>(a01, a23, 0, 2), x, low);
        high = multiplyAdd(v128.shuffle<i64>(b01, b23, 0, 2), x, high);
        x = v128.load_splat<f32>(at + depthStep);
        low = multiplyAdd(v128.shuffle<i64>(a01, a23, 1, 3), x, low);
        high = multiplyAdd(v128.shuffle<i64>(b01, b23, 1, 3), x, high);
        const a45 = v128.shuffle<i32>(a0, a1, 2, 6, 3, 7);
        const a67 = v128.shuffle<i32>(a2, a3, 2, 6, 3, 7);
        const b45 = v128.shuffle<i32>(b0, b1, 2, 6, 3, 7);
        const b67 = v128.shuffle<i32>(b2, b3, 2, 6, 3, 7);
        x = v128.load_splat<f32>(at + 2 * depthStep);
        low = multiplyAdd(v128.shuffle<i64>(a45, a67, 0, 2), x, low);
        high = multiplyAdd(v128.shuffle<i64>(b45, b67, 0, 2), x, high);
        x = v128.load_splat<f32>(at + 3 * depthStep);
        low = multiplyAdd(v128.shuffle<i64>(a45, a67, 1, 3), x, low);
        high = multiplyAdd(v128.shuffle<i64>(b45, b67, 1, 3), x, high);
        at += 4 * depthStep;
      }
      for (; k < stride; k += 4) {
        const x = v128.load_splat<f32>(at);
        low = multiplyAdd(column4(from + k, stride), x, low);
        high = multiplyAdd(column4(middle + k, stride), x, high);
        at += depthStep;
      }
      storeColumn4(to, strideC, low);
      storeColumn4(toMiddle, strideC, high);
      from += 8 * stride;
      to += 8 * strideC;
    }
    for (; row < rows; row++) {
      let sum = accumulate ? loadOne(to) : splat(0);
      let at = column;
      for (let k: usize = 0; k < stride; k += 4) {
        sum = multiplyAdd(loadOne(from + k), loadOne(at), sum);
        at += depthStep;
      }
      storeOne(to, sum);
      from += stride;
      to += strideC;
    }
  }
}

/** Four numbers under one another. */
// @ts-ignore: decorator
@inline function column4(from: usize, stride: usize): v128 {
  return f32x4(
    load<f32>(from),
    load<f32>(from + stride),
    load<f32>(from + 2 * stride),
    load<f32>(from + 3 * stride)
  );
}

// @ts-ignore: decorator
@inline function storeColumn4(to: usize, stride: usize, x: v128): void {
  store<f32>(to, f32x4.extract_lane(x, 0));
  store<f32>(to + stride, f32x4.extract_lane(x, 1));
  store<f32>(to + 2 * stride, f32x4.extract_lane(x, 2));
  store<f32>(to + 3 * stride, f32x4.extract_lane(x, 3));
}

/** C [rows, columns] = Aᵀ B for few columns. A is [depth, rows], a row `rowLengthA` floats; B [depth, columns] without gaps. */
export function multiplyNarrowTurned(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  rowLengthA: i32,
  b: usize,
  c: usize
): void {
  const strideA = bytes(rowLengthA);
  const strideC = bytes(columns);
  for (let j = 0; j < columns; j++) {
    let to = c + bytes(j);
    let i = 0;
    for (; i + 16 <= rows; i += 16) {
      let s0 = splat(0);
      let s1 = splat(0);
      let s2 = splat(0);
      let s3 = splat(0);
      let from = a + bytes(i);
      let at = b + bytes(j);
      for (let k = 0; k < depth; k++) {
        const x = v128.load_splat<f32>(at);
        s0 = multiplyAdd(v128.load(from), x, s0);
        s1 = multiplyAdd(v128.load(from, 16), x, s1);
        s2 = multiplyAdd(v128.load(from, 32), x, s2);
        s3 = multiplyAdd(v128.load(from, 48), x, s3);
        from += strideA;
        at += strideC;
      }
      storeColumn4(to, strideC, s0);
      storeColumn4(to + 4 * strideC, strideC, s1);
      storeColumn4(to + 8 * strideC, strideC, s2);
      storeColumn4(to + 12 * strideC, strideC, s3);
      to += 16 * strideC;
    }
    for (; i < rows; i++) {
      let sum = splat(0);
      let from = a + bytes(i);
      let at = b + bytes(j);
      for (let k = 0; k < depth; k++) {
        sum = multiplyAdd(loadOne(from), loadOne(at), sum);
        from += strideA;
        at += strideC;
      }
      storeOne(to, sum);
      to += strideC;
    }
  }
}

/**
 * C [rows, columns] = A B, or C +=, of little depth. A is [rows, depth] without gaps; rows of B and of C begin
 * `rowLengthB` and `rowLengthC` floats after one another.
 */
export function multiplyShallow(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  b: usize,
  rowLengthB: i32,
  c: usize,
  rowLengthC: i32,
  accumulate: bool
): void {
  const strideB = bytes(rowLengthB);
  const end = bytes(depth);
  for (let row = 0; row < rows; row++) {
    let j = 0;
    for (; j + 16 <= columns; j += 16) {
      const to = c + bytes(j);
      let s0 = accumulate ? v128.load(to) : splat(0);
      let s1 = accumulate ? v128.load(to, 16) : splat(0);
      let s2 = accumulate ? v128.load(to, 32) : splat(0);
      let s3 = accumulate ? v128.load(to, 48) : splat(0);
      let from = b + bytes(j);
      for (let k: usize = 0; k < end; k += 4) {
        const x = v128.load_splat<f32>(a + k);
        s0 = multiplyAdd(x, v128.load(from), s0);
        s1 = multiplyAdd(x, v128.load(from, 16), s1);
        s2 = multiplyAdd(x, v128.load(from, 32), s2);
        s3 = multiplyAdd(x, v128.load(from, 48), s3);
        from += strideB;
      }
      v128.store(to, s0);
      v128.store(to, s1, 16);
      v128.store(to, s2, 32);
      v128.store(to, s3, 48);
    }
    for (; j < columns; j++) {
      const to = c + bytes(j);
      let sum = accumulate ? loadOne(to) : splat(0);
      let from = b + bytes(j);
      for (let k: usize = 0; k < end; k += 4) {
        sum = multiplyAdd(loadOne(a + k), loadOne(from), sum);
        from += strideB;
      }
      storeOne(to, sum);
    }
    a += end;
    c += bytes(rowLengthC);
  }
}

/** to [depth, columns] = the transpose of `from` [columns, depth]. */
export function turn(to: usize, from: usize, depth: i32, columns: i32): void {
  for (let j = 0; j < columns; j++) {
    for (let k = 0; k < depth; k++) store<f32>(to + bytes(k * columns + j), load<f32>(from + bytes(j * depth + k)));
  }
}
