/** Packs parts of a matrix into strips that a product's innermost loop reads in order. AssemblyScript. */
import { bytes } from './simd';

/** Strip whose members lie side by side: to[k][i] = from[k][i] for i < width, zeros up to `strip`. */
export function packRows(to: usize, from: usize, stride: usize, depth: i32, width: i32, strip: i32): void {
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
export function packColumns(to: usize, from: usize, stride: usize, depth: i32, width: i32, strip: i32): void {
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
