/** Moving blocks of floats about. AssemblyScript. */
import { bytes } from './simd';

/** Copies `rows` rows of `width` floats; `fromStride` and `toStride` are floats from one row to the next. */
export function copyRows(rows: i32, width: i32, from: usize, fromStride: i32, to: usize, toStride: i32): void {
  const length = bytes(width);
  for (; rows > 0; rows--) {
    memory.copy(to, from, length);
    from += bytes(fromStride);
    to += bytes(toStride);
  }
}
