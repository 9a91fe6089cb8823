/**
 * A fully connected layer with its activation, and its gradients. AssemblyScript; row-major float32. The input may come in
 * up to three parts, whose columns stand side by side: hidden state, observation, action. A shard is a range of rows, of
 * weights' gradients one of columns.
 */
import { WORKSPACE, joins, multiplyInto, multiplyJoined, multiplyPacked, pack } from './gemm';
import { packColumns } from './packing';
import { isSparse, multiplySparse, packedRoom } from './sparse';
import { bytes, loadOne, mul, splat, storeOne, sub, tanh, writeConstants } from './simd';
import { startOf } from './split';
import { multiplyNarrow, multiplyNarrowTurned, multiplyShallow, NARROW, SHALLOW } from './thin';

/** Numbers by which activations are named: those of ../mlp-op.ts. */
const TANH: i32 = 1;
const RELU: i32 = 2;

// @ts-ignore: decorator
@inline function activated(x: v128, activation: i32, table: usize): v128 {
  return activation == TANH ? tanh(x, table) : f32x4.max(x, splat(0));
}

/** Slope of an activation by what it put out: 1 - y² for tanh; for ReLU 1 above zero and 0 at it. */
// @ts-ignore: decorator
@inline function sloped(y: v128, dy: v128, activation: i32): v128 {
  return activation == TANH ? mul(dy, sub(splat(1), mul(y, y))) : v128.and(dy, f32x4.gt(y, splat(0)));
}

function activate(count: i32, y: usize, activation: i32, table: usize): void {
  writeConstants(table);
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + bytes(i), activated(v128.load(y + bytes(i)), activation, table));
  for (; i < count; i++) storeOne(y + bytes(i), activated(loadOne(y + bytes(i)), activation, table));
}

/** Floats of scratch, a thread, that `denseForward` needs; of an input in parts, `inputs` is their width together. */
export function denseForwardScratch(inputs: i32, outputs: i32): i32 {
  return WORKSPACE + packedRoom(inputs, outputs);
}

/**
 * y [rows, outputs] = activation([x1 | x2 | x3] kernel + bias). Part i is [rows, width i]; the kernel is
 * [width 1 + width 2 + width 3, outputs]; a part of no width is not there. Activation 0 is none.
 */
export function denseForward(
  shard: i32,
  shards: i32,
  scratch: usize,
  rows: i32,
  outputs: i32,
  x1: usize,
  width1: i32,
  x2: usize,
  width2: i32,
  x3: usize,
  width3: i32,
  kernel: usize,
  bias: usize,
  activation: i32,
  y: usize
): void {
  const top = startOf(shard, shards, rows, 20);
  const height = startOf(shard + 1, shards, rows, 20) - top;
  if (height == 0) return;
  const to = y + bytes(top * outputs);
  const inputs = width1 + width2 + width3;
  x1 += bytes(top * width1);
  x2 += bytes(top * width2);
  x3 += bytes(top * width3);
  if (outputs > NARROW && inputs > SHALLOW && joins(inputs) && !isSparse(height, width1, x1, width1, outputs)) {
    const packed = scratch + bytes(WORKSPACE);
    pack(packed, kernel, outputs, inputs, outputs, false);
    const relu = activation == RELU;
    multiplyJoined(height, outputs, x1, width1, x2, width2, x3, width3, packed, 0, bias, relu, to, scratch);
    if (activation == TANH) activate(height * outputs, to, activation, scratch);
    return;
  }
  for (let row = 0; row < height; row++) memory.copy(to + bytes(row * outputs), bias, bytes(outputs));
  addProduct(height, outputs, x1, width1, kernel, to, scratch);
  kernel += bytes(width1 * outputs);
  if (width2 > 0) addProduct(height, outputs, x2, width2, kernel, to, scratch);
  kernel += bytes(width2 * outputs);
  if (width3 > 0) addProduct(height, outputs, x3, width3, kernel, to, scratch);
  if (activation != 0) activate(height * outputs, to, activation, scratch);
}

function addProduct(rows: i32, outputs: i32, x: usize, width: i32, kernel: usize, y: usize, scratch: usize): void {
  const packed = scratch + bytes(WORKSPACE);
  if (outputs <= NARROW) {
    multiplyNarrow(rows, outputs, width, x, kernel, bytes(outputs), 4, y, true);
    return;
  }
  if (width <= SHALLOW) {
    multiplyShallow(rows, outputs, width, x, kernel, outputs, y, outputs, true);
    return;
  }
  if (isSparse(rows, width, x, width, outputs)) {
    multiplySparse(rows, outputs, width, x, width, false, kernel, outputs, false, y, outputs, true, packed, scratch);
    return;
  }
  pack(packed, kernel, outputs, width, outputs, false);
  multiplyPacked(rows, outputs, width, x, width, false, packed, y, true, scratch);
}

/** dz [count] = dy f'(z), of an activation whose output was y, 0 for none; dz and dy may be one. */
export function activationGradient(
  shard: i32,
  shards: i32,
  scratch: usize,
  count: i32,
  y: usize,
  dy: usize,
  activation: i32,
  dz: usize
): void {
  let i = startOf(shard, shards, count, 4);
  const end = startOf(shard + 1, shards, count, 4);
  if (activation == 0) {
    memory.copy(dz + bytes(i), dy + bytes(i), bytes(end - i));
    return;
  }
  for (; i + 4 <= end; i += 4) {
    const at = bytes(i);
    v128.store(dz + at, sloped(v128.load(y + at), v128.load(dy + at), activation));
  }
  for (; i < end; i++) {
    const at = bytes(i);
    storeOne(dz + at, sloped(loadOne(y + at), loadOne(dy + at), activation));
  }
}

/** Floats of scratch, a thread, that `weightsGradient` needs; `inputs` is the width of all parts together. */
export function weightsGradientScratch(rows: i32, inputs: i32, outputs: i32): i32 {
  return WORKSPACE + max(packedRoom(rows, outputs), packedRoom(rows, inputs)) + inputs * outputs;
}

/**
 * dKernel [width 1 + width 2 + width 3, outputs] = [x1 | x2 | x3]ᵀ dz: of a dense layer, and of an LSTM over all its
 * steps. A shard is a range of the input's columns where that comes in one part and is no narrower than the output, else
 * of the output's.
 */
export function weightsGradient(
  shard: i32,
  shards: i32,
  scratch: usize,
  rows: i32,
  outputs: i32,
  x1: usize,
  width1: i32,
  x2: usize,
  width2: i32,
  x3: usize,
  width3: i32,
  dz: usize,
  dKernel: usize
): void {
  const packed = scratch + bytes(WORKSPACE);
  if (width2 == 0 && width1 >= outputs) {
    const top = startOf(shard, shards, width1, 20);
    const height = startOf(shard + 1, shards, width1, 20) - top;
    const from = x1 + bytes(top);
    const to = dKernel + bytes(top * outputs);
    if (height == 0) return;
    if (outputs <= NARROW) {
      multiplyNarrowTurned(height, outputs, rows, from, width1, dz, to);
      return;
    }
    if (isSparse(rows, height, from, width1, outputs)) {
      multiplySparse(height, outputs, rows, from, width1, true, dz, outputs, false, to, outputs, false, packed, scratch);
      return;
    }
    pack(packed, dz, outputs, rows, outputs, false);
    multiplyPacked(height, outputs, rows, from, width1, true, packed, to, false, scratch);
    return;
  }
  const left = startOf(shard, shards, outputs, 8);
  const columns = startOf(shard + 1, shards, outputs, 8) - left;
  if (columns == 0) return;
  const inputs = width1 + width2 + width3;
  // What came back through a ReLU is zero in half of its places. In the turned product it is the left operand, where zeros
  // are passed over.
  if (width2 <= NARROW && width3 <= NARROW && isSparse(rows, columns, dz + bytes(left), outputs, width1)) {
    const turned = packed + bytes(max(packedRoom(rows, outputs), packedRoom(rows, inputs)));
    const from = dz + bytes(left);
    const to = dKernel + bytes(left);
    multiplySparse(columns, width1, rows, from, outputs, true, x1, width1, false, turned, width1, false, packed, scratch);
    turnBack(columns, width1, turned, to, outputs, packed);
    if (width2 > 0) {
      multiplyNarrowTurned(columns, width2, rows, from, outputs, x2, turned);
      turnBack(columns, width2, turned, to + bytes(width1 * outputs), outputs, packed);
    }
    if (width3 > 0) {
      multiplyNarrowTurned(columns, width3, rows, from, outputs, x3, turned);
      turnBack(columns, width3, turned, to + bytes((width1 + width2) * outputs), outputs, packed);
    }
    return;
  }
  pack(packed, dz + bytes(left), outputs, rows, columns, false);
  let to = dKernel + bytes(left);
  multiplyInto(width1, columns, rows, x1, width1, true, packed, to, outputs, false, scratch);
  to += bytes(width1 * outputs);
  if (width2 > 0) multiplyInto(width2, columns, rows, x2, width2, true, packed, to, outputs, false, scratch);
  to += bytes(width2 * outputs);
  if (width3 > 0) multiplyInto(width3, columns, rows, x3, width3, true, packed, to, outputs, false, scratch);
}

/** Turns [rows, columns] over: to [columns, rows], whose rows are `rowLength` floats apart. */
function turnBack(rows: i32, columns: i32, from: usize, to: usize, rowLength: i32, room: usize): void {
  packColumns(room, from, bytes(columns), columns, rows, rows);
  for (let j = 0; j < columns; j++) memory.copy(to + bytes(j * rowLength), room + bytes(j * rows), bytes(rows));
}
