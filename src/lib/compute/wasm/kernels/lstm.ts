/**
 * LSTM over a sequence, forward and backward, with resets. AssemblyScript; the equations are in ../../lstm.ts.
 *
 * Rows are time-major (t B + b), so that weight gradients are single products over T B rows. The kernel is packed once for
 * all steps (packShard of gemm.ts). A gate row is [i | f | g | o], H columns each. Sequences of a batch know nothing of one
 * another, so a shard is a range of them that goes through all steps by itself.
 */
import { multiplyJoined, multiplyPacked, WORKSPACE } from './gemm';
import {
  add,
  bytes,
  CONSTANTS,
  loadOne,
  mul,
  multiplyAdd,
  sigmoid,
  splat,
  storeOne,
  sub,
  tanh,
  writeConstants
} from './simd';
import { startOf } from './split';

/** 1 where the state goes on into step t of row b, 0 where it was cleared; `resets` 0 for none. */
// @ts-ignore: decorator
@inline function keepOf(resets: usize, row: i32): f32 {
  return resets ? 1 - load<f32>(resets + bytes(row)) : 1;
}

/** to = keep x from over the units of a batch of rows. */
function copyKept(to: usize, from: usize, batch: i32, units: i32, resets: usize, firstRow: i32): void {
  const row = bytes(units);
  for (let b = 0; b < batch; b++) {
    // A cleared state is zero even where it held infinities.
    if (keepOf(resets, firstRow + b) != 0) memory.copy(to, from, row);
    else memory.fill(to, 0, row);
    to += row;
    from += row;
  }
}

function isZero(from: usize, count: i32): bool {
  for (const end = from + bytes(count); from < end; from += 4) if (load<f32>(from) != 0) return false;
  return true;
}

/** Floats of scratch, a thread, that `lstmForward` and `lstmBackward` need. */
export function lstmScratch(): i32 {
  return WORKSPACE + CONSTANTS;
}

/**
 * hidden [T, B, H] and cLast [B, H]; and for the backward pass hBefore [T, B, H] (the state each step began with), cells
 * [T, B, H], cellTanh [T, B, H] and the activated gates [T, B, 4H]. Where no backward pass will follow, `kept` is false and
 * those four have room for one step alone. `packedInput` and `packedState` are the kernel's rows of x and of h, packed;
 * or the first is all of the kernel and the second 0, where it `joins`.
 */
export function lstmForward(
  shard: i32,
  shards: i32,
  scratch: usize,
  steps: i32,
  batch: i32,
  inputs: i32,
  units: i32,
  kept: bool,
  x: usize,
  packedInput: usize,
  packedState: usize,
  bias: usize,
  h0: usize,
  c0: usize,
  resets: usize,
  hidden: usize,
  cLast: usize,
  hBefore: usize,
  cells: usize,
  cellTanh: usize,
  gates: usize
): void {
  const first = startOf(shard, shards, batch, 4);
  const count = startOf(shard + 1, shards, batch, 4) - first;
  if (count == 0) return;
  const width = 4 * units;
  const state = bytes(batch * units);
  const own = bytes(first * units);
  const step: usize = kept ? state : 0;
  const table = scratch + bytes(WORKSPACE);
  writeConstants(table);
  x += bytes(first * inputs);
  hidden += own;
  hBefore += own;
  cells += own;
  cellTanh += own;
  gates += 4 * own;
  let h = h0 + own;
  let c = c0 + own;
  for (let t = 0; t < steps; t++) {
    copyKept(hBefore, h, count, units, resets, t * batch + first);
    // A sequence often begins with no state, of which nothing follows.
    const stateless = t == 0 && isZero(hBefore, count * units);
    if (packedState == 0) {
      const known = stateless ? 0 : units;
      multiplyJoined(count, width, x, inputs, hBefore, known, 0, 0, packedInput, units - known, 0, false, gates, scratch);
    } else {
      multiplyPacked(count, width, inputs, x, inputs, false, packedInput, gates, false, scratch);
      if (!stateless) multiplyPacked(count, width, units, hBefore, units, false, packedState, gates, true, scratch);
    }
    for (let b = 0; b < count; b++) {
      const at = bytes(b * units);
      const keep = keepOf(resets, t * batch + first + b);
      forwardRow(units, keep, table, gates + 4 * at, bias, c + at, cells + at, cellTanh + at, hidden + at);
    }
    h = hidden;
    c = cells;
    x += bytes(batch * inputs);
    hidden += state;
    hBefore += step;
    cells += step;
    cellTanh += step;
    gates += 4 * step;
  }
  memory.copy(cLast + own, c, bytes(count * units));
}

/** A row of gates: each with its bias through its activation, then the new cell and what is put out. */
function forwardRow(
  units: i32,
  keep: f32,
  table: usize,
  gates: usize,
  bias: usize,
  cBefore: usize,
  cell: usize,
  cellTanh: usize,
  hidden: usize
): void {
  const gate = bytes(units);
  // One after the other rather than together: a processor overlaps the short chains of many vectors, not one long one.
  sigmoids(2 * units, gates, bias, table);
  tanhs(units, gates + 2 * gate, bias + 2 * gate, table);
  sigmoids(units, gates + 3 * gate, bias + 3 * gate, table);
  let j = 0;
  for (; j + 4 <= units; j += 4) {
    const at = bytes(j);
    const before = keep != 0 ? v128.load(cBefore + at) : splat(0);
    const given = mul(v128.load(gates + at), v128.load(gates + 2 * gate + at));
    const c = multiplyAdd(v128.load(gates + gate + at), before, given);
    const t = tanh(c, table);
    v128.store(cell + at, c);
    v128.store(cellTanh + at, t);
    v128.store(hidden + at, mul(v128.load(gates + 3 * gate + at), t));
  }
  for (; j < units; j++) {
    const at = bytes(j);
    const before = keep != 0 ? loadOne(cBefore + at) : splat(0);
    const given = mul(loadOne(gates + at), loadOne(gates + 2 * gate + at));
    const c = multiplyAdd(loadOne(gates + gate + at), before, given);
    const t = tanh(c, table);
    storeOne(cell + at, c);
    storeOne(cellTanh + at, t);
    storeOne(hidden + at, mul(loadOne(gates + 3 * gate + at), t));
  }
}

/** z = σ(z + bias) */
function sigmoids(count: i32, z: usize, bias: usize, table: usize): void {
  let j = 0;
  for (; j + 8 <= count; j += 8) {
    const at = bytes(j);
    const low = sigmoid(add(v128.load(z + at), v128.load(bias + at)), table);
    const high = sigmoid(add(v128.load(z + at, 16), v128.load(bias + at, 16)), table);
    v128.store(z + at, low);
    v128.store(z + at, high, 16);
  }
  for (; j + 4 <= count; j += 4) {
    const at = bytes(j);
    v128.store(z + at, sigmoid(add(v128.load(z + at), v128.load(bias + at)), table));
  }
  for (; j < count; j++) {
    const at = bytes(j);
    storeOne(z + at, sigmoid(add(loadOne(z + at), loadOne(bias + at)), table));
  }
}

/** z = tanh(z + bias) */
function tanhs(count: i32, z: usize, bias: usize, table: usize): void {
  let j = 0;
  for (; j + 8 <= count; j += 8) {
    const at = bytes(j);
    const low = tanh(add(v128.load(z + at), v128.load(bias + at)), table);
    const high = tanh(add(v128.load(z + at, 16), v128.load(bias + at, 16)), table);
    v128.store(z + at, low);
    v128.store(z + at, high, 16);
  }
  for (; j + 4 <= count; j += 4) {
    const at = bytes(j);
    v128.store(z + at, tanh(add(v128.load(z + at), v128.load(bias + at)), table));
  }
  for (; j < count; j++) {
    const at = bytes(j);
    storeOne(z + at, tanh(add(loadOne(z + at), loadOne(bias + at)), table));
  }
}

/**
 * Back through time: from dHidden [T, B, H] and dcLast [B, H] to dGates [T, B, 4H], the gradient before the gates'
 * activations, and to dh0 and dc0 [B, H]. Gradients of weights and input follow from dGates by products. `packed` is the
 * transpose of the kernel's rows of h, packed.
 */
export function lstmBackward(
  shard: i32,
  shards: i32,
  scratch: usize,
  steps: i32,
  batch: i32,
  units: i32,
  packed: usize,
  c0: usize,
  resets: usize,
  cells: usize,
  cellTanh: usize,
  gates: usize,
  dHidden: usize,
  dcLast: usize,
  dGates: usize,
  dh0: usize,
  dc0: usize
): void {
  const first = startOf(shard, shards, batch, 4);
  const count = startOf(shard + 1, shards, batch, 4) - first;
  if (count == 0) return;
  const width = 4 * units;
  const state = bytes(batch * units);
  const own = bytes(first * units);
  // dh0 and dc0 carry the gradient of the state from each step to the one before.
  dh0 += own;
  dc0 += own;
  memory.fill(dh0, 0, bytes(count * units));
  memory.copy(dc0, dcLast + own, bytes(count * units));
  for (let t = steps - 1; t >= 0; t--) {
    const offset = <usize>t * state + own;
    const before = t > 0 ? cells + offset - state : c0 + own;
    for (let b = 0; b < count; b++) {
      const at = bytes(b * units);
      const keep = keepOf(resets, t * batch + first + b);
      const row = offset + at;
      backwardRow(
        units,
        keep,
        gates + 4 * row,
        before + at,
        cellTanh + row,
        dHidden + row,
        dh0 + at,
        dc0 + at,
        dGates + 4 * row
      );
    }
    multiplyPacked(count, units, width, dGates + 4 * offset, width, false, packed, dh0, false, scratch);
    if (resets) copyKept(dh0, dh0, count, units, resets, t * batch + first);
  }
}

function backwardRow(
  units: i32,
  keep: f32,
  gates: usize,
  cBefore: usize,
  cellTanh: usize,
  dHidden: usize,
  dhCarried: usize,
  dcCarried: usize,
  dGates: usize
): void {
  const gate = bytes(units);
  const one = splat(1);
  const zero = splat(0);
  let j = 0;
  for (; j + 4 <= units; j += 4) {
    const at = bytes(j);
    const i = v128.load(gates + at);
    const f = v128.load(gates + gate + at);
    const g = v128.load(gates + 2 * gate + at);
    const o = v128.load(gates + 3 * gate + at);
    const t = v128.load(cellTanh + at);
    const dh = add(v128.load(dHidden + at), v128.load(dhCarried + at));
    const dc = multiplyAdd(mul(dh, o), sub(one, mul(t, t)), v128.load(dcCarried + at));
    const before = keep != 0 ? v128.load(cBefore + at) : zero;
    v128.store(dGates + at, mul(mul(dc, g), mul(i, sub(one, i))));
    v128.store(dGates + gate + at, mul(mul(dc, before), mul(f, sub(one, f))));
    v128.store(dGates + 2 * gate + at, mul(mul(dc, i), sub(one, mul(g, g))));
    v128.store(dGates + 3 * gate + at, mul(mul(dh, t), mul(o, sub(one, o))));
    v128.store(dcCarried + at, keep != 0 ? mul(dc, f) : zero);
  }
  for (; j < units; j++) {
    const at = bytes(j);
    const i = loadOne(gates + at);
    const f = loadOne(gates + gate + at);
    const g = loadOne(gates + 2 * gate + at);
    const o = loadOne(gates + 3 * gate + at);
    const t = loadOne(cellTanh + at);
    const dh = add(loadOne(dHidden + at), loadOne(dhCarried + at));
    const dc = multiplyAdd(mul(dh, o), sub(one, mul(t, t)), loadOne(dcCarried + at));
    const before = keep != 0 ? loadOne(cBefore + at) : zero;
    storeOne(dGates + at, mul(mul(dc, g), mul(i, sub(one, i))));
    storeOne(dGates + gate + at, mul(mul(dc, before), mul(f, sub(one, f))));
    storeOne(dGates + 2 * gate + at, mul(mul(dc, i), sub(one, mul(g, g))));
    storeOne(dGates + 3 * gate + at, mul(mul(dh, t), mul(o, sub(one, o))));
    storeOne(dcCarried + at, keep != 0 ? mul(dc, f) : zero);
  }
}
