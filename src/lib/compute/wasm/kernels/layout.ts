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

/** What is true or false, a byte each, as 1 or 0. */
export function floatsOfBytes(count: i32, from: usize, to: usize): void {
  for (let i = 0; i < count; i++) store<f32>(to + bytes(i), <f32>load<u8>(from + i));
}

export function fillWith(count: i32, value: f32, to: usize): void {
  for (let i = 0; i < count; i++) store<f32>(to + bytes(i), value);
}
