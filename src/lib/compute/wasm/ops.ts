/**
 * tfjs' own kernels that ours replace on the wasm backend: matrix products, sums over leading axes (gradients of biases),
 * concatenation, slices and casts, for which tfjs goes through JavaScript (a slice copies all of its tensor out first), and
 * clones, which tfjs copies although no operation writes into its inputs (in-place.ts writes, and only into storage that
 * no clone shares). What ours do not cover (broadcast batches,
 * other types) goes to the stock kernel, as does everything on a backend where ours were refused.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../named-arrays.ts';
import type { KernelModule } from './module.ts';

export type Replaced = (typeof REPLACED)[number];

/** All of them. */
export const REPLACED = [
  'BatchMatMul',
  'Sum',
  'Concat',
  'Slice',
  'Identity',
  'Pack',
  'SplitV',
  'Cast',
  'Fill',
  'ZerosLike',
  'OnesLike'
] as const;

/** Which kernels are in use on which backend. Weak: a backend that was disposed of takes its entry along. */
const inUse = new WeakMap<object, { readonly module: KernelModule; readonly ops: Set<Replaced> }>();

export function useOps(module: KernelModule, ops: readonly Replaced[]): void {
  replaceOnce();
  inUse.set(module.backend, { module, ops: new Set(ops) });
}

export function stopUsing(module: KernelModule, op: Replaced): void {
  inUse.get(module.backend)?.ops.delete(op);
}

/** The kernel as it was before ours, for the check at start-up. */
export function stockKernel(op: Replaced): KernelFunc {
  replaceOnce();
  return stock.get(op)!;
}

const stock = new Map<Replaced, KernelFunc>();

function replaceOnce(): void {
  if (stock.size > 0) return;
  replace('BatchMatMul', batchMatMul);
  replace('Sum', sumLeading);
  replace('Concat', concat);
  replace('Slice', slice);
  replace('Identity', identity);
  replace('Pack', pack);
  replace('SplitV', splitV);
  replace('Cast', cast);
  replace('Fill', fill);
  replace('ZerosLike', (module, call) => like(module, call, 0));
  replace('OnesLike', (module, call) => like(module, call, 1));
}

type Own = (module: KernelModule, call: Parameters<KernelFunc>[0]) => TensorInfo | TensorInfo[] | undefined;

function replace(op: Replaced, own: Own): void {
  // The types promise a kernel; there is none before the wasm backend was imported.
  const config = tf.getKernel(op, 'wasm') as KernelConfig | undefined;
  if (config === undefined) throw new Error(`tfjs-wasm has no kernel ${op}`);
  stock.set(op, config.kernelFunc);
  const kernelFunc: KernelFunc = (call) => {
    const here = inUse.get(call.backend);
    const done = here?.ops.has(op) === true ? own(here.module, call) : undefined;
    return done ?? config.kernelFunc(call);
  };
  tf.unregisterKernel(op, 'wasm');
  tf.registerKernel({ ...config, kernelFunc });
}

const batchMatMul: Own = (module, { inputs, attrs }) => {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const batches = a.shape.slice(0, -2);
  const batch = sizeOf(batches);
  if (batch !== sizeOf(b.shape.slice(0, -2))) return undefined;
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [rows, depth] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const columns = transposeB ? rowsB : columnsB;
  if (batch * rows * columns * depth === 0) return undefined;
  // As in tfjs: the batch axes of the operand that has more of them.
  const outer = a.shape.length >= b.shape.length ? batches : b.shape.slice(0, -2);
  const out = module.output([...outer, rows, columns]);
  const [addressA, addressB, addressC] = [module.addressOf(a), module.addressOf(b), module.addressOf(out)];
  module.run(
    'matMul',
    { operations: batch * rows * columns * depth, scratch: module.kernels.matMulScratch(depth, columns) },
    [batch, rows, columns, depth, addressA, Number(transposeA), addressB, Number(transposeB), addressC]
  );
  return out;
};

const sumLeading: Own = (module, { inputs, attrs }) => {
  const { x } = inputs as { x: TensorInfo };
  const { axis, keepDims } = attrs as unknown as { axis: number | number[]; keepDims: boolean };
  const rank = x.shape.length;
  const axes = [axis].flat().map((i) => (i < 0 ? i + rank : i));
  const leading = axes.length > 0 && axes.length < rank && axes.every((_, i) => axes.includes(i));
  if (x.dtype !== 'float32' || !leading || sizeOf(x.shape) === 0) return undefined;
  const kept = x.shape.slice(axes.length);
  const out = module.output(keepDims ? [...axes.map(() => 1), ...kept] : kept);
  const rows = sizeOf(x.shape.slice(0, axes.length));
  module.run('sumOverRows', { operations: sizeOf(x.shape) }, [
    rows,
    sizeOf(kept),
    module.addressOf(x),
    module.addressOf(out)
  ]);
  return out;
};

const concat: Own = (module, { inputs, attrs }) => {
  const parts = Object.values(inputs) as TensorInfo[];
  const first = parts[0];
  if (first === undefined || parts.length < 2) return undefined;
  const { axis: signed } = attrs as unknown as { axis: number };
  const axis = signed < 0 ? signed + first.shape.length : signed;
  const length = parts.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  return joined(module, { parts, axis, shape: first.shape.map((n, i) => (i === axis ? length : n)) });
};

const pack: Own = (module, { inputs, attrs }) => {
  const parts = Object.values(inputs) as TensorInfo[];
  const first = parts[0];
  if (first === undefined) return undefined;
  const { axis: signed } = attrs as unknown as { axis: number };
  const axis = signed < 0 ? signed + first.shape.length + 1 : signed;
  if (parts.some(({ shape }) => shape.join() !== first.shape.join())) return undefined;
  return joined(module, { parts, axis, shape: first.shape.toSpliced(axis, 0, parts.length) });
};

/** Rows of all parts, one after the other: what lies at and after the axis of each makes up a row. */
function joined(
  module: KernelModule,
  { parts, axis, shape }: { readonly parts: readonly TensorInfo[]; readonly axis: number; readonly shape: number[] }
): TensorInfo | undefined {
  if (parts.some((part) => part.dtype !== 'float32' || sizeOf(part.shape) === 0)) return undefined;
  const out = module.output(shape);
  const rows = sizeOf(shape.slice(0, axis));
  const stride = sizeOf(shape.slice(axis));
  let to = module.addressOf(out);
  for (const part of parts) {
    const width = sizeOf(part.shape) / rows;
    module.kernels.copyRows(rows, width, module.addressOf(part), width, to, stride);
    to += width * 4;
  }
  return out;
}

/** Cut along one axis: what every slice is here. */
const slice: Own = (module, { inputs, attrs }) => {
  const { x } = inputs as { x: TensorInfo };
  const { begin, size } = attrs as unknown as { begin: number | number[]; size: number | number[] };
  if (x.dtype !== 'float32') return undefined;
  const [from, shape] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
  const cut = shape.flatMap((n, i) => (n === x.shape[i] ? [] : [i]));
  if (cut.length === 0) return module.share(x);
  if (cut.length !== 1 || sizeOf(shape) === 0) return undefined;
  return cutOut(module, { x, axis: cut[0]!, from: from[cut[0]!]!, count: shape[cut[0]!]! });
};

const splitV: Own = (module, { inputs, attrs }) => {
  const { x } = inputs as { x: TensorInfo };
  const { numOrSizeSplits, axis: signed } = attrs as unknown as { numOrSizeSplits: number | number[]; axis: number };
  const axis = signed < 0 ? signed + x.shape.length : signed;
  const sizes = splitSizes(x.shape[axis]!, numOrSizeSplits);
  if (sizes === undefined) return undefined;
  if (x.dtype !== 'float32' || sizeOf(x.shape) === 0) return undefined;
  let from = 0;
  return sizes.map((count) => {
    const part = cutOut(module, { x, axis, from, count });
    from += count;
    return part;
  });
};

/** As given, or as many as there are to be; what tfjs works out (a size of -1) or refuses is left to it. */
function splitSizes(length: number, asked: number | readonly number[]): readonly number[] | undefined {
  if (typeof asked === 'number') return length % asked === 0 ? Array<number>(asked).fill(length / asked) : undefined;
  return asked.every((count) => count > 0) && asked.reduce((sum, count) => sum + count, 0) === length
    ? asked
    : undefined;
}

function cutOut(
  module: KernelModule,
  {
    x,
    axis,
    from,
    count
  }: { readonly x: TensorInfo; readonly axis: number; readonly from: number; readonly count: number }
): TensorInfo {
  const out = module.output(x.shape.map((n, i) => (i === axis ? count : n)));
  const inner = sizeOf(x.shape.slice(axis + 1));
  const width = count * inner;
  const first = module.addressOf(x) + 4 * from * inner;
  const rows = sizeOf(x.shape.slice(0, axis));
  module.kernels.copyRows(rows, width, first, x.shape[axis]! * inner, module.addressOf(out), width);
  return out;
}

/** To float32: of what is true or false, as masks are; of what is float32 already, no copy. */
const cast: Own = (module, { inputs, attrs }) => {
  const { x } = inputs as { x: TensorInfo };
  const { dtype } = attrs as unknown as { dtype: string };
  if (dtype !== 'float32' || sizeOf(x.shape) === 0) return undefined;
  if (x.dtype === 'float32') return module.share(x);
  if (x.dtype !== 'bool') return undefined;
  const out = module.output(x.shape);
  module.kernels.floatsOfBytes(sizeOf(x.shape), module.addressOf(x), module.addressOf(out));
  return out;
};

const fill: Own = (module, { attrs }) => {
  const { shape, value, dtype } = attrs as unknown as { shape: number[]; value: unknown; dtype?: string };
  return typeof value === 'number' && (dtype ?? 'float32') === 'float32' ? filled(module, shape, value) : undefined;
};

const like = (module: KernelModule, { inputs }: Parameters<KernelFunc>[0], value: number): TensorInfo | undefined => {
  const { x } = inputs as { x: TensorInfo };
  return x.dtype === 'float32' ? filled(module, x.shape, value) : undefined;
};

function filled(module: KernelModule, shape: readonly number[], value: number): TensorInfo {
  const out = module.output(shape);
  module.kernels.fillWith(sizeOf(shape), value, module.addressOf(out));
  return out;
}

const identity: Own = (module, { inputs }) => {
  const { x } = inputs as { x: TensorInfo };
  return x.dtype === 'string' ? undefined : module.share(x);
};
