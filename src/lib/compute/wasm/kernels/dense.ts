/** A fully connected layer with its activation, and the activation's gradient. AssemblyScript; row-major float32. */
import { WORKSPACE, multiplyPacked, pack, packedSize } from './gemm';
import { bytes, loadOne, mul, splat, storeOne, sub, tanh } from './simd';

/** Numbers by which activations are named: those of ../mlp-op.ts. */
const TANH: i32 = 1;
const RELU: i32 = 2;

// @ts-ignore: decorator
@inline function activated(x: v128, activation: i32): v128 {
  return activation == TANH ? tanh(x) : f32x4.max(x, splat(0));
}

/** Slope of an activation by what it put out: 1 - y² for tanh; for ReLU 1 above zero and 0 at it. */
// @ts-ignore: decorator
@inline function sloped(y: v128, dy: v128, activation: i32): v128 {
  return activation == TANH ? mul(dy, sub(splat(1), mul(y, y))) : v128.and(dy, f32x4.gt(y, splat(0)));
}

function activate(count: i32, y: usize, activation: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + bytes(i), activated(v128.load(y + bytes(i)), activation));
  for (; i < count; i++) storeOne(y + bytes(i), activated(loadOne(y + bytes(i)), activation));
}

/** Floats of scratch that `denseForward` needs. */
export function denseForwardScratch(inputs: i32, outputs: i32): i32 {
  return WORKSPACE + packedSize(inputs, outputs);
}

/** y [rows, outputs] = activation(x [rows, inputs] x kernel [inputs, outputs] + bias [outputs]); activation 0 is none. */
export function denseForward(
  rows: i32,
  inputs: i32,
  outputs: i32,
  x: usize,
  kernel: usize,
  bias: usize,
  activation: i32,
  y: usize,
  scratch: usize
): void {
  const packed = scratch + bytes(WORKSPACE);
  for (let row = 0; row < rows; row++) memory.copy(y + bytes(row * outputs), bias, bytes(outputs));
  pack(packed, kernel, outputs, inputs, outputs, false);
  multiplyPacked(rows, outputs, inputs, x, inputs, false, packed, y, true, scratch);
  if (activation != 0) activate(rows * outputs, y, activation);
}

/** dz [count] = dy f'(z), of an activation whose output was y, 0 for none; dz and dy may be one. */
export function activationGradient(count: i32, y: usize, dy: usize, activation: i32, dz: usize): void {
  if (activation == 0) {
    memory.copy(dz, dy, bytes(count));
    return;
  }
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = bytes(i);
    v128.store(dz + at, sloped(v128.load(y + at), v128.load(dy + at), activation));
  }
  for (; i < count; i++) {
    const at = bytes(i);
    storeOne(dz + at, sloped(loadOne(y + at), loadOne(dy + at), activation));
  }
}
