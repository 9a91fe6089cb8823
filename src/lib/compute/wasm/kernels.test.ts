/** Every CPU kernel against stock tfjs and the plain reference, forward and gradient, over random shapes. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, TensorInfo } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { chooseDevice, type Device } from '../device.ts';
import { lstmSequence, referenceLstmSequence, type LstmSequenceArgs, type LstmSequenceResult } from '../lstm.ts';
import { mlp, referenceMlp } from '../mlp.ts';
import { normalTensor } from '../random.ts';
import { relativeError } from './check.ts';
import { loadBuiltModule, type Precision } from './module.ts';
import { stockKernel } from './ops.ts';

const random = new Random(seed(20), 'shapes');
const between = (low: number, high: number): number => low + random.below(high - low + 1);

interface ProductCase {
  readonly batch: readonly number[];
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
}
const edges = [1, 2, 3, 5, 6, 7, 8, 9, 13];
const products: readonly ProductCase[] = [
  ...edges.map((n) => ({ batch: [], rows: n, depth: edges[(n * 5) % 9]!, columns: edges[(n * 7) % 9]! })),
  ...Array.from({ length: 12 }, () => ({
    batch: [[], [1], [3], [2, 2]][between(0, 3)]!,
    rows: between(1, 120),
    depth: between(1, 90),
    columns: between(1, 70)
  })),
  // Few columns, and little depth.
  { batch: [], rows: 37, depth: 50, columns: 1 },
  { batch: [], rows: 1, depth: 33, columns: 3 },
  { batch: [2], rows: 24, depth: 19, columns: 4 },
  { batch: [], rows: 300, depth: 2, columns: 70 },
  { batch: [3], rows: 9, depth: 8, columns: 21 },
  // Past a block of rows and past a block of depth; wide enough to be divided by columns; several large pairs.
  { batch: [], rows: 193, depth: 1100, columns: 17 },
  { batch: [], rows: 61, depth: 301, columns: 203 },
  { batch: [3], rows: 70, depth: 130, columns: 90 }
];

interface SequenceCase {
  readonly steps: number;
  readonly batch: number;
  readonly inputs: number;
  readonly units: number;
  readonly resets: 'none' | 'some' | 'all';
}
const sequences: readonly SequenceCase[] = [
  { steps: 1, batch: 1, inputs: 1, units: 1, resets: 'none' },
  { steps: 1, batch: 1, inputs: 3, units: 5, resets: 'all' },
  { steps: 7, batch: 1, inputs: 2, units: 4, resets: 'some' },
  { steps: 1, batch: 9, inputs: 5, units: 6, resets: 'some' },
  { steps: 6, batch: 8, inputs: 16, units: 32, resets: 'some' },
  { steps: 4, batch: 19, inputs: 11, units: 40, resets: 'some' },
  // More than are multiplied by input and state in one go.
  { steps: 3, batch: 5, inputs: 500, units: 20, resets: 'some' },
  ...Array.from({ length: 14 }, () => ({
    steps: between(1, 9),
    batch: between(1, 14),
    inputs: between(1, 19),
    units: between(1, 21),
    resets: (['none', 'some', 'all'] as const)[between(0, 2)]!
  }))
];

const TOLERANCE = 1e-5;

describe.each<[Precision, number]>([
  ['strict', 1],
  ['strict', 3],
  ['relaxed', 1]
])('%s kernels on threads: %i', (precision, threads) => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice('wasm', { kernels: { precision }, threads });
    // A kernel that was refused would come after a semicolon.
    expect(device.report.kernels).toMatch(new RegExp(`^own SIMD kernels \\(${precision}\\): [^;]+$`));
  });
  afterAll(() => device.dispose());

  it.each(products)('matrix products $batch $rows x $depth x $columns, every transposition', (shape) => {
    const { batch, rows, depth, columns } = shape;
    for (const [transposeA, transposeB] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true]
    ] as const) {
      tf.tidy(() => {
        const stream = new Random(seed(1), JSON.stringify(shape));
        const a = normalTensor(stream, [...batch, ...(transposeA ? [depth, rows] : [rows, depth])]);
        const b = normalTensor(stream, [...batch, ...(transposeB ? [columns, depth] : [depth, columns])]);
        const attrs = { transposeA, transposeB };
        const stock = stockKernel('BatchMatMul')({ inputs: { a, b }, attrs, backend: tf.backend() }) as TensorInfo;
        const reference = tf.engine().makeTensorFromTensorInfo(stock);
        const product = tf.matMul(a, b, transposeA, transposeB);
        expect(product.shape).toEqual([...batch, rows, columns]);
        expect(relativeError(product, reference), `${transposeA}, ${transposeB}`).toBeLessThan(TOLERANCE);
      });
    }
  });

  // Narrow products do not look for zeros.
  const inNarrowParts = (a: Tensor, b: Tensor, transposeB: boolean): Tensor => {
    const across = transposeB ? 0 : 1;
    const columns = b.shape[across]!;
    const parts = Array.from({ length: Math.ceil(columns / 8) }, (_, i) => {
      const [from, width] = [8 * i, Math.min(8, columns - 8 * i)];
      return transposeB ? tf.slice(b, [from, 0], [width, -1]) : tf.slice(b, [0, from], [-1, width]);
    });
    return tf.concat(
      parts.map((part) => tf.matMul(a, part, false, transposeB)),
      1
    );
  };

  it.each([
    [16, 16, 32],
    [37, 45, 50],
    [300, 256, 64],
    [150, 700, 125]
  ])('products of %i x %i x %i have the same bits whether zeros are passed over or not', (rows, depth, columns) => {
    const stream = new Random(seed(4), JSON.stringify([rows, depth, columns]));
    for (const transposeB of [false, true]) {
      for (const shift of [-0.3, -2.5]) {
        tf.tidy(() => {
          const a = tf.relu(tf.add(normalTensor(stream, [rows, depth]), shift));
          const b = normalTensor(stream, transposeB ? [columns, depth] : [depth, columns]);
          const product = tf.matMul(a, b, false, transposeB);
          expect(product.arraySync()).toEqual(inNarrowParts(a, b, transposeB).arraySync());
        });
      }
    }
  });

  it.each([
    [70, [40, 300, 70, 33]],
    [33, [5, 64, 64, 1]],
    [530, [32, 96, 40, 3]],
    [61, [3, 20, 4]],
    [8, [9, 33, 2]]
  ])('layers of ReLU on %i rows, %j wide: outputs and gradients', (rows, widths) => {
    tf.tidy(() => {
      const stream = new Random(seed(5), JSON.stringify([rows, widths]));
      const shapes = widths.slice(1).flatMap((n, i) => [[widths[i]!, n], [n]]);
      const start = [[rows, widths[0]!], ...shapes].map((shape) => normalTensor(stream, shape));
      const weight = normalTensor(stream, [rows, widths.at(-1)!]);
      const [ours, theirs] = [mlp, referenceMlp].map((through) => {
        const run = (x: Tensor, ...rest: Tensor[]): Tensor => {
          const layers = shapes
            .filter((_, i) => i % 2 === 0)
            .map((_, i) => ({ kernel: rest[2 * i]!, bias: rest[2 * i + 1]! }));
          return through({ x: x as Tensor2D, layers, activation: 'relu', last: 'activated' });
        };
        const gradients = tf.grads((...all: Tensor[]) => tf.sum(tf.mul(run(all[0]!, ...all.slice(1)), weight)))(start);
        return [run(start[0]!, ...start.slice(1)), ...gradients];
      });
      ours!.forEach((tensor, i) => {
        expect(relativeError(tensor, theirs![i]!), String(i)).toBeLessThan(TOLERANCE);
      });
    });
  });

  it('leaves broadcast batches and integers to tfjs', () => {
    tf.tidy(() => {
      const a = tf.reshape(tf.range(0, 12), [2, 2, 3]);
      const b = tf.reshape(tf.range(0, 6), [1, 3, 2]);
      expect(tf.matMul(a, b).arraySync()).toEqual([
        [
          [10, 13],
          [28, 40]
        ],
        [
          [46, 67],
          [64, 94]
        ]
      ]);
      expect(tf.sum(tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32'), 0).arraySync()).toEqual([4, 6]);
    });
  });

  it('sums over leading axes, with and without keeping them', () => {
    tf.tidy(() => {
      const x = normalTensor(new Random(seed(2), 'sums'), [3, 7, 21]);
      const values = x.arraySync() as number[][][];
      const first = values[0]!.map((row, j) =>
        row.map((_, k) => values[0]![j]![k]! + values[1]![j]![k]! + values[2]![j]![k]!)
      );
      expect(relativeError(tf.sum(x, 0), tf.tensor(first))).toBeLessThan(TOLERANCE);
      expect(tf.sum(x, [0, 1], true).shape).toEqual([1, 1, 21]);
      expect(relativeError(tf.sum(x, [1, 0]), tf.sum(tf.tensor(first), 0))).toBeLessThan(TOLERANCE);
      expect(tf.sum(x, 1).shape).toEqual([3, 21]);
      expect(tf.sum(x).shape).toEqual([]);
    });
  });

  it('cuts tensors along any axis, and leaves empty ones and cuts along two to tfjs', () => {
    tf.tidy(() => {
      const x = tf.reshape<tf.Rank.R3>(tf.cast(tf.range(0, 60), 'float32'), [3, 4, 5]);
      const values = x.arraySync();
      expect(tf.slice(x, [1, 0, 0], [2, -1, 5]).arraySync()).toEqual(values.slice(1));
      expect(tf.slice(x, [0, 2, 0], [3, 1, 5]).arraySync()).toEqual(values.map((rows) => rows.slice(2, 3)));
      expect(tf.slice(x, [0, 0, 1], [3, 4, 3]).arraySync()).toEqual(
        values.map((rows) => rows.map((row) => row.slice(1, 4)))
      );
      expect(tf.slice(x, 2).arraySync()).toEqual(values.slice(2));
      expect(tf.slice(x, [1, 1, 0], [1, 2, 5]).arraySync()).toEqual([values[1]!.slice(1, 3)]);
      expect(tf.slice(x, [0, 0, 0], [3, 0, 5]).shape).toEqual([3, 0, 5]);
      expect(tf.slice(tf.tensor1d([1, 2, 3], 'int32'), 1, 2).arraySync()).toEqual([2, 3]);
    });
  });

  it('joins tensors along any axis, and leaves empty ones and integers to tfjs', () => {
    tf.tidy(() => {
      const stream = new Random(seed(3), 'concat');
      for (const axis of [0, 1, 2, -1]) {
        const at = axis < 0 ? 2 : axis;
        const parts = [3, 1, 5].map((n) =>
          normalTensor(
            stream,
            [2, 3, 4].map((size, i) => (i === at ? n : size))
          )
        );
        const joined = tf.concat(parts, axis);
        const cuts = tf.split(joined, [3, 1, 5], axis);
        parts.forEach((part, i) => expect(relativeError(cuts[i]!, part)).toBe(0));
      }
      expect(tf.concat([tf.zeros([0, 2]), tf.ones([1, 2])], 0).arraySync()).toEqual([[1, 1]]);
      const whole = tf.tensor1d([1, 2], 'int32');
      expect(tf.concat([whole, whole]).arraySync()).toEqual([1, 2, 1, 2]);
    });
  });

  it.each(sequences)('LSTM of $steps steps, batch $batch, $inputs inputs, $units units, resets: $resets', (shape) => {
    tf.tidy(() => {
      const ours = outcome(shape, lstmSequence);
      const reference = outcome(shape, referenceLstmSequence);
      expect(Object.keys(ours)).toEqual(Object.keys(reference));
      for (const [name, tensor] of Object.entries(reference)) {
        expect(relativeError(ours[name]!, tensor), name).toBeLessThan(TOLERANCE);
      }
    });
  });

  it('asks for the gradient of the input alone, or of the final cell alone', () => {
    tf.tidy(() => {
      const { x, rest } = argsOf({ steps: 4, batch: 3, inputs: 2, units: 5, resets: 'some' });
      const ofInput = (sequence: typeof lstmSequence): Tensor =>
        tf.grad((value) => tf.sum(sequence({ ...rest, x: value as Tensor3D }).h))(x);
      expect(relativeError(ofInput(lstmSequence), ofInput(referenceLstmSequence))).toBeLessThan(TOLERANCE);
      const ofCell = (sequence: typeof lstmSequence): Tensor =>
        tf.grad((value) => tf.sum(sequence({ ...rest, x, bias: value as Tensor1D }).c))(rest.bias);
      expect(relativeError(ofCell(lstmSequence), ofCell(referenceLstmSequence))).toBeLessThan(TOLERANCE);
    });
  });

  it('a reset stops infinities of the state before it', () => {
    tf.tidy(() => {
      const { x, rest } = argsOf({ steps: 2, batch: 1, inputs: 2, units: 5, resets: 'all' });
      const broken = { ...rest, x, h0: tf.fill<tf.Rank.R2>([1, 5], Infinity), c0: tf.fill<tf.Rank.R2>([1, 5], NaN) };
      expect(Array.from(lstmSequence(broken).hidden.dataSync()).every(Number.isFinite)).toBe(true);
    });
  });

  it('passes a NaN on, and saturates where gates are driven to their ends', () => {
    tf.tidy(() => {
      const { x, rest } = argsOf({ steps: 2, batch: 2, inputs: 3, units: 5, resets: 'none' });
      const values = x.arraySync();
      values[0]![1]![2] = NaN;
      const { hidden } = lstmSequence({ ...rest, x: tf.tensor3d(values) });
      const [first] = hidden.arraySync() as [number[][], number[][]];
      expect(first[0]!.every(Number.isFinite)).toBe(true);
      expect(first[1]!.every(Number.isNaN)).toBe(true);
      const driven = { ...rest, x: tf.mul<Tensor3D>(x, 1e6) };
      const error = relativeError(lstmSequence(driven).hidden, referenceLstmSequence(driven).hidden);
      expect(error).toBeLessThan(TOLERANCE);
    });
  });

  it('leaves no tensor behind over twenty forward and backward passes', () => {
    const { x, rest } = argsOf({ steps: 3, batch: 4, inputs: 5, units: 6, resets: 'some' });
    const pass = (): void =>
      tf.tidy(() => {
        tf.grads((value: Tensor, kernel: Tensor) =>
          tf.sum(lstmSequence({ ...rest, x: value as Tensor3D, kernel: kernel as Tensor2D }).hidden)
        )([x, rest.kernel]);
      });
    pass();
    const before = tf.memory();
    for (let i = 0; i < 20; i++) pass();
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
  });

  it('refuses shapes that do not fit', () => {
    const { x, rest } = argsOf({ steps: 2, batch: 2, inputs: 3, units: 4, resets: 'none' });
    expect(() => lstmSequence({ ...rest, x, bias: tf.zeros<tf.Rank.R1>([4]) })).toThrow('bias expected [16], got [4]');
  });
});

describe('a kernel module that does not hold', () => {
  it.each([
    ['cannot be loaded', () => Promise.reject(new Error('404'))],
    ['is not WebAssembly', () => Promise.resolve(new Uint8Array(8))]
  ])('that %s leaves stock tfjs in place, and the report says so', async (_, load) => {
    const device = await chooseDevice('wasm', { kernels: { load } });
    expect(device.report.backend).toBe('wasm');
    expect(device.report.kernels).toMatch(/^stock tfjs: our kernels did not start/);
    tf.tidy(() => {
      expect(tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).arraySync()).toEqual([
        [3, 3],
        [3, 3]
      ]);
    });
    device.dispose();
  });

  it('whose arithmetic is wrong is refused kernel by kernel', async () => {
    // Turn every four-lane addition (0xfd 0xe4 0x01) into a subtraction (0xfd 0xe5 0x01).
    const load = async (file: string): Promise<Uint8Array<ArrayBuffer>> => {
      const bytes = (await loadBuiltModule(file)).slice();
      let changed = 0;
      for (let i = 0; i + 2 < bytes.length; i++) {
        if (bytes[i] === 0xfd && bytes[i + 1] === 0xe4 && bytes[i + 2] === 0x01) {
          bytes[i + 1] = 0xe5;
          changed++;
        }
      }
      expect(changed).toBeGreaterThan(0);
      return bytes;
    };
    const device = await chooseDevice('wasm', { kernels: { load } });
    expect(device.report.kernels).toMatch(/stock tfjs for matrix product: ours differs/);
    expect(device.report.kernels).toMatch(/stock tfjs for LSTM: ours differs/);
    // Copying and comparing have no arithmetic to get wrong.
    expect(device.report.kernels).toMatch(
      /^own SIMD kernels \(strict\): concatenation, slices, stacking, splitting, casts, constants, clones, clipping, smallest of rows; /
    );
    tf.tidy(() => {
      expect(tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).arraySync()).toEqual([
        [3, 3],
        [3, 3]
      ]);
      const shape = { steps: 2, batch: 2, inputs: 3, units: 4, resets: 'none' } as const;
      const ours = outcome(shape, lstmSequence);
      expect(relativeError(ours['hidden']!, outcome(shape, referenceLstmSequence)['hidden']!)).toBe(0);
    });
    device.dispose();
  });

  it('that lacks relaxed SIMD falls back to strict', async () => {
    const load = (file: string): Promise<Uint8Array<ArrayBuffer>> =>
      file.startsWith('relaxed') ? Promise.resolve(new Uint8Array(8)) : loadBuiltModule(file);
    const device = await chooseDevice('wasm', { kernels: { precision: 'relaxed', load } });
    expect(device.report.kernels).toMatch(/^own SIMD kernels \(strict\).*; relaxed SIMD did not start/);
    device.dispose();
  });
});

function argsOf({ steps, batch, inputs, units, resets }: SequenceCase): {
  x: Tensor3D;
  rest: Omit<LstmSequenceArgs, 'x'>;
} {
  const stream = new Random(seed(4), JSON.stringify([steps, batch, inputs, units, resets]));
  const mask = Float32Array.from({ length: steps * batch }, () => (resets === 'all' || stream.below(3) === 0 ? 1 : 0));
  return {
    x: normalTensor(stream, [steps, batch, inputs]) as Tensor3D,
    rest: {
      kernel: normalTensor(stream, [inputs + units, 4 * units]) as Tensor2D,
      bias: normalTensor(stream, [4 * units]) as Tensor1D,
      h0: normalTensor(stream, [batch, units]) as Tensor2D,
      c0: normalTensor(stream, [batch, units]) as Tensor2D,
      resets: resets === 'none' ? undefined : tf.tensor2d(mask, [steps, batch])
    }
  };
}

/** Values, and gradients of a weighted sum of all of them. */
function outcome(
  shape: SequenceCase,
  sequence: (args: LstmSequenceArgs) => LstmSequenceResult
): Record<string, Tensor> {
  const { x, rest } = argsOf(shape);
  const stream = new Random(seed(5), 'weights');
  const { hidden, h, c } = sequence({ ...rest, x });
  const weights = [hidden, h, c].map((tensor) => normalTensor(stream, tensor.shape));
  const loss = (...values: Tensor[]): Tensor => {
    const [x, kernel, bias, h0, c0] = values as [Tensor3D, Tensor2D, Tensor1D, Tensor2D, Tensor2D];
    const result = sequence({ x, kernel, bias, h0, c0, resets: rest.resets });
    return tf.addN([result.hidden, result.h, result.c].map((tensor, i) => tf.sum(tf.mul(tensor, weights[i]!))));
  };
  const gradients = tf.grads(loss)([x, rest.kernel, rest.bias, rest.h0, rest.c0]);
  const names = ['dx', 'dKernel', 'dBias', 'dh0', 'dc0'];
  return { hidden, h, c, ...Object.fromEntries(gradients.map((gradient, i) => [names[i]!, gradient])) };
}
