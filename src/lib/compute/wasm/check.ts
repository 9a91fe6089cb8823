/**
 * The check of our kernels at the start of every run: each against stock tfjs on small odd shapes, forward and gradient.
 * A kernel that differs is not used, and the device report says so.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {
  NamedTensorInfoMap,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  TensorInfo,
  Variable
} from '@tensorflow/tfjs-core';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import type { InPlaceKernels } from '../in-place.ts';
import { referenceLstmSequence, type FusedLstm } from '../lstm.ts';
import { referenceMlp, type JoiningMlp } from '../mlp.ts';
import { normalTensor } from '../random.ts';
import { stockKernel, type Replaced } from './ops.ts';

/** Largest difference allowed, relative to the largest value of the tensor: float32 sums in another order stay below. */
export const TOLERANCE = 1e-5;

/** Largest difference over the largest reference value; infinite where either is not a number. */
export function relativeError(actual: Tensor, reference: Tensor): number {
  const a = actual.dataSync();
  const b = reference.dataSync();
  if (a.length !== b.length || actual.shape.join() !== reference.shape.join()) return Infinity;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(d)) return Infinity;
    difference = Math.max(difference, d);
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  if (difference === 0) return 0;
  return largest === 0 ? Infinity : difference / largest;
}

const worst = (actual: readonly Tensor[], reference: readonly Tensor[]): number =>
  actual.length === reference.length
    ? Math.max(...actual.map((tensor, i) => relativeError(tensor, reference[i]!)))
    : Infinity;

const stream = (name: string): Random => new Random(seed(1), `compute/check/${name}`);

function runStock(
  op: Replaced,
  inputs: Readonly<Record<string, Tensor>> | readonly Tensor[],
  attrs: Record<string, boolean | number | number[]>
): Tensor {
  // tfjs hands kernels of many inputs a list where its types say a map.
  const named = inputs as NamedTensorInfoMap;
  const info = stockKernel(op)({ inputs: named, attrs, backend: tf.backend() }) as TensorInfo;
  return tf.engine().makeTensorFromTensorInfo(info);
}

export function checkMatMul(): number {
  return tf.tidy(() => {
    const random = stream('matMul');
    const [batch, rows, depth, columns] = [2, 13, 11, 19];
    const errors = [false, true].flatMap((transposeA) =>
      [false, true].map((transposeB) => {
        const a = normalTensor(random, transposeA ? [batch, depth, rows] : [batch, rows, depth]);
        const b = normalTensor(random, transposeB ? [batch, columns, depth] : [batch, depth, columns]);
        const reference = runStock('BatchMatMul', { a, b }, { transposeA, transposeB });
        return relativeError(tf.matMul(a, b, transposeA, transposeB), reference);
      })
    );
    return Math.max(...errors);
  });
}

export function checkSum(): number {
  return tf.tidy(() => {
    const x = normalTensor(stream('sum'), [3, 5, 23]);
    const errors = [[0], [0, 1]].map((axis) =>
      relativeError(tf.sum(x, axis), runStock('Sum', { x }, { axis, keepDims: false }))
    );
    return Math.max(...errors);
  });
}

export function checkConcat(): number {
  return tf.tidy(() => {
    const random = stream('concat');
    const errors = [0, 1, 2].map((axis) => {
      const parts = [1, 4].map((n) =>
        normalTensor(
          random,
          [0, 1, 2].map((i) => (i === axis ? n : 3))
        )
      );
      return relativeError(tf.concat(parts, axis), runStock('Concat', parts, { axis }));
    });
    return Math.max(...errors);
  });
}

export function checkSlice(): number {
  return tf.tidy(() => {
    const x = normalTensor(stream('slice'), [4, 5, 6]);
    const errors = [0, 1, 2].map((axis) => {
      const begin = [0, 1, 2].map((i) => (i === axis ? 1 : 0));
      const size = x.shape.map((n, i) => (i === axis ? 3 : n));
      return relativeError(tf.slice(x, begin, size), runStock('Slice', { x }, { begin, size }));
    });
    return Math.max(...errors);
  });
}

/** Stacking and cutting apart, which tfjs does by its own concatenation and slices. */
export function checkPack(): number {
  return tf.tidy(() => {
    const random = stream('pack');
    const parts = [0, 1, 2].map(() => normalTensor(random, [4, 5]));
    const errors = [0, 1, 2].map((axis) => relativeError(tf.stack(parts, axis), runStock('Pack', parts, { axis })));
    return Math.max(...errors);
  });
}

export function checkSplit(): number {
  return tf.tidy(() => {
    const x = normalTensor(stream('split'), [4, 6, 3]);
    const errors = [0, 1, 2].map((axis) => {
      const sizes = [1, x.shape[axis]! - 1];
      const stock = stockKernel('SplitV')({
        inputs: { x },
        attrs: { numOrSizeSplits: sizes, axis },
        backend: tf.backend()
      });
      const reference = [stock].flat().map((info) => tf.engine().makeTensorFromTensorInfo(info));
      return worst(tf.split(x, sizes, axis), reference);
    });
    return Math.max(...errors);
  });
}

export function checkFill(): number {
  return tf.tidy(() => {
    const x = normalTensor(stream('fill'), [3, 5]);
    const value = Math.fround(Math.PI);
    return Math.max(
      relativeError(tf.fill([3, 5], value), runStock('Fill', {}, { shape: [3, 5], value })),
      relativeError(tf.zerosLike(x), runStock('ZerosLike', { x }, {})),
      relativeError(tf.onesLike(x), runStock('OnesLike', { x }, {}))
    );
  });
}

/** Of what is true or false to numbers. */
export function checkCast(): number {
  return tf.tidy(() => {
    const x = tf.greater(normalTensor(stream('cast'), [3, 7]), 0);
    const stock = stockKernel('Cast')({ inputs: { x }, attrs: { dtype: 'float32' }, backend: tf.backend() });
    return relativeError(tf.cast(x, 'float32'), tf.engine().makeTensorFromTensorInfo(stock as TensorInfo));
  });
}

export function checkLstm(lstm: FusedLstm): number {
  return tf.tidy(() => {
    const random = stream('lstm');
    const [steps, batch, inputs, units] = [3, 2, 3, 5];
    const shapes = [[steps, batch, inputs], [inputs + units, 4 * units], [4 * units], [batch, units], [batch, units]];
    const starts = shapes.map((shape) => normalTensor(random, shape));
    const resets = tf.tensor2d([0, 1, 0, 0, 1, 0], [steps, batch]);
    const ofHidden = normalTensor(random, [steps, batch, units]);
    const ofCell = normalTensor(random, [batch, units]);
    const sides = [lstm, referenceLstmSequence].map((sequence) => {
      const run = (...[x, kernel, bias, h0, c0]: Tensor[]): ReturnType<FusedLstm> =>
        sequence({
          x: x as Tensor3D,
          kernel: kernel as Tensor2D,
          bias: bias as Tensor1D,
          h0: h0 as Tensor2D,
          c0: c0 as Tensor2D,
          resets
        });
      const { hidden, c } = run(...starts);
      const gradients = tf.grads((...values: Tensor[]) => {
        const result = run(...values);
        return tf.add(tf.sum(tf.mul(result.hidden, ofHidden)), tf.sum(tf.mul(result.c, ofCell)));
      })(starts);
      return [hidden, c, ...gradients];
    });
    return worst(sides[0]!, sides[1]!);
  });
}

/** Of an input in two parts. */
export function checkMlp(mlp: JoiningMlp): number {
  const reference: JoiningMlp = ({ x, ...rest }) => referenceMlp({ x: tf.concat([...x], 1) as Tensor2D, ...rest });
  return tf.tidy(() => {
    const random = stream('mlp');
    const widths = [3, 9, 5, 2];
    const weights = widths.slice(1).flatMap((n, i) => [[widths[i]!, n], [n]]);
    const starts = [[7, 2], [7, 1], ...weights].map((shape) => normalTensor(random, shape));
    const ofResult = normalTensor(random, [7, 2]);
    const errors = (['tanh', 'relu'] as const).flatMap((activation) =>
      (['linear', 'activated'] as const).map((last) => {
        const sides = [mlp, reference].map((through) => {
          const run = (...[left, right, ...rest]: Tensor[]): Tensor => {
            const layers = [0, 2, 4].map((i) => ({ kernel: rest[i]!, bias: rest[i + 1]! }));
            return through({ x: [left!, right!], layers, activation, last });
          };
          const gradients = tf.grads((...values: Tensor[]) => tf.sum(tf.mul(run(...values), ofResult)))(starts);
          return [run(...starts), ...gradients];
        });
        return worst(sides[0]!, sides[1]!);
      })
    );
    return Math.max(...errors);
  });
}

/** That a clone has the values of what it was made of, and both outlive the other. */
export function checkClone(): number {
  return tf.tidy(() => {
    const x = normalTensor(stream('clone'), [3, 5]);
    const reference = runStock('Identity', { x }, {});
    const [first, second] = [tf.clone(x), tf.clone(x)];
    x.dispose();
    const error = relativeError(first, reference);
    first.dispose();
    return Math.max(error, relativeError(second, reference));
  });
}

/** Against the same steps in doubles, written out: no stock kernel works in place. */
export function checkInPlace(kernels: InPlaceKernels): number {
  const random = stream('in place');
  const size = 7;
  // Made in scopes of their own: the kernels leave storage alone that a second tensor shares.
  const made = (transform: (x: Tensor) => Tensor): Variable =>
    tf.tidy(() => tf.variable(transform(normalTensor(random, [size])), false));
  const parameter = made(tf.neg);
  const m = made(tf.neg);
  const v = made(tf.square);
  const square = made(tf.square);
  const follower = made(tf.neg);
  const target = made(tf.neg);
  const error = tf.tidy(() => {
    const gradient = normalTensor(random, [size]);
    const [p0, m0, v0, g0, t0, s0, f0] = [parameter, m, v, gradient, target, square, follower].map((x) =>
      Array.from(x.dataSync())
    );
    // Half the norm that there is: the limit has to bite.
    const maxGradientNorm = Math.sqrt(g0!.reduce((sum, x) => sum + x * x, 0)) / 2;
    const step = {
      gradientScale: 0.5,
      decay: 0.99,
      beta1: 0.9,
      beta2: 0.999,
      stepSize: 0.01,
      secondScale: 3,
      epsilon: 1e-8
    };
    const tau = 0.005;
    const rms = { gradientScale: 0.5, decay: 0.99, learningRate: 0.01, epsilon: 1e-5 };
    const left = [
      ...kernels.adam([{ parameter, m, v }], [gradient], { next: () => step, maxGradientNorm }).left,
      ...kernels.rmsProp([{ parameter: follower, square }], [gradient], { next: () => rms, maxGradientNorm }).left,
      ...kernels.polyak([target], [gradient], tau)
    ];
    if (left.length > 0) return Infinity;
    const m1 = m0!.map((x, i) => step.beta1 * x + (1 - step.beta1) * step.gradientScale * g0![i]!);
    const v1 = v0!.map((x, i) => step.beta2 * x + (1 - step.beta2) * (step.gradientScale * g0![i]!) ** 2);
    const p1 = p0!.map(
      (x, i) => step.decay * x - (step.stepSize * m1[i]!) / (Math.sqrt(v1[i]!) * step.secondScale + step.epsilon)
    );
    const t1 = t0!.map((x, i) => (1 - tau) * x + tau * g0![i]!);
    const s1 = s0!.map((x, i) => rms.decay * x + (1 - rms.decay) * (rms.gradientScale * g0![i]!) ** 2);
    const f1 = f0!.map(
      (x, i) => x - (rms.learningRate * rms.gradientScale * g0![i]!) / Math.sqrt(s1[i]! + rms.epsilon)
    );
    const reference = [p1, m1, v1, t1, s1, f1].map((values) => tf.tensor1d(values));
    return worst([parameter, m, v, target, square, follower], reference);
  });
  for (const variable of [parameter, m, v, target, square, follower]) variable.dispose();
  return error;
}
