/** Fused parts of losses against tfjs' own derivative of the plain formula, over random shapes. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { chooseDevice, type Device, type DeviceSeams } from '../device.ts';
import { fusedLosses } from '../fused-losses.ts';
import { plainSquashed, valuesAndGradients } from '../loss-checks.ts';
import { normalTensor } from '../random.ts';
import { relativeError } from './check.ts';

const random = new Random(seed(40), 'quantile huber shapes');
const between = (low: number, high: number): number => low + random.below(high - low + 1);
const shapes = [
  { rows: 1, quantiles: 1, atoms: 1 },
  { rows: 1, quantiles: 25, atoms: 46 },
  { rows: 300, quantiles: 25, atoms: 46 },
  { rows: 64, quantiles: 32, atoms: 32 },
  ...Array.from({ length: 16 }, () => ({ rows: between(1, 30), quantiles: between(1, 40), atoms: between(1, 40) }))
];

interface Rows {
  /** [rows, quantiles] */
  readonly values: tf.Tensor2D;
  /** [rows, atoms] */
  readonly target: tf.Tensor2D;
  /** [rows], zeros and ones */
  readonly mask: tf.Tensor1D;
}

function argsOf({ rows, quantiles, atoms }: (typeof shapes)[number]): Rows {
  const stream = new Random(seed(41), JSON.stringify([rows, quantiles, atoms]));
  const spread = (shape: number[]): tf.Tensor => tf.mul(normalTensor(stream, shape), 2);
  return {
    values: spread([rows, quantiles]) as tf.Tensor2D,
    target: spread([rows, atoms]) as tf.Tensor2D,
    mask: tf.tensor1d(Array.from({ length: rows }, () => (stream.below(4) === 0 ? 0 : 1)))
  };
}

/** Written out, without a gradient of its own. */
function formula({ values, target, mask }: Rows): tf.Scalar {
  const quantiles = values.shape[1];
  const taus = tf.div(tf.add(tf.range(0, quantiles), 0.5), quantiles);
  const delta = tf.sub(tf.expandDims(target, 1), tf.expandDims(values, 2));
  // For x above zero huber(x) = min(x, 1)² / 2 + max(x - 1, 0); an atom below its quantile weighs 1 - τ, one above it τ.
  const huber = (x: tf.Tensor): tf.Tensor => tf.add(tf.mul(0.5, tf.square(tf.minimum(x, 1))), tf.relu(tf.sub(x, 1)));
  const tau = tf.reshape(taus, [1, quantiles, 1]);
  const above = tf.mul(tau, huber(tf.relu(delta)));
  const below = tf.mul(tf.sub(1, tau), huber(tf.relu(tf.neg(delta))));
  const each = tf.mean(tf.add(above, below), [1, 2]);
  return tf.div(tf.sum(tf.mul(each, mask)), tf.maximum(tf.sum(mask), 1));
}

const fused = ({ values, target, mask }: Rows): tf.Scalar => fusedLosses().quantileHuber!(values, target, mask);

const devices: [string, DeviceSeams][] = [
  ['one thread', { threads: 1 }],
  ['three threads', { threads: 3 }],
  ['one thread, relaxed', { threads: 1, kernels: { precision: 'relaxed' } }]
];

describe.each(devices)('quantile Huber loss on %s', (_, seams) => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice('wasm', seams);
  });
  afterAll(() => {
    device.dispose();
  });

  it.each(shapes)('of $rows rows, $quantiles quantiles against $atoms atoms: value and slopes', (shape) => {
    tf.tidy(() => {
      const { values, ...rest } = argsOf(shape);
      const [ours, theirs] = [fused, formula].map((loss) =>
        tf.valueAndGrad((v: tf.Tensor) => tf.mul(3, loss({ values: v as tf.Tensor2D, ...rest })))(values)
      );
      expect(relativeError(ours!.value, theirs!.value)).toBeLessThan(1e-5);
      expect(relativeError(ours!.grad, theirs!.grad)).toBeLessThan(1e-5);
    });
  });

  it('is no number where a value is none', () => {
    tf.tidy(() => {
      const { values, ...rest } = argsOf({ rows: 3, quantiles: 5, atoms: 4 });
      const broken = tf.where<tf.Tensor2D>(tf.greater(values, -100), tf.fill([3, 5], NaN), values);
      expect(fused({ values: broken, ...rest, mask: tf.ones([3]) }).dataSync()[0]).toBeNaN();
    });
  });
});

const rowsOf = [
  [1, 1],
  [3, 1],
  [1, 5],
  [256, 1],
  [7, 3],
  [2, 9, 4],
  [5, 13, 3]
].map((shape) => ({ shape }));

describe.each(devices)('parts of losses on %s', (_, seams) => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice('wasm', seams);
  });
  afterAll(() => {
    device.dispose();
  });
  const stream = (shape: readonly number[]): Random => new Random(seed(42), JSON.stringify(shape));
  const expectSame = (ours: tf.Tensor[], theirs: tf.Tensor[]): void => {
    expect(ours.length).toBe(theirs.length);
    ours.forEach((tensor, i) => {
      expect(relativeError(tensor, theirs[i]!), String(i)).toBeLessThan(1e-5);
    });
  };

  it.each(rowsOf)('squashed Gaussian of $shape', ({ shape }) => {
    tf.tidy(() => {
      const random = stream(shape);
      const noise = normalTensor(random, shape);
      // Far out too, where tanh saturates.
      const start = [tf.mul(normalTensor(random, shape), 4), normalTensor(random, shape)];
      const [ours, theirs] = [fusedLosses().squashedSample!, plainSquashed].map((sample) =>
        valuesAndGradients(start, ([mean, logStd]) => {
          const { action, logProb } = sample({ mean: mean!, logStd: logStd!, noise, epsilon: 1e-6 });
          return [action, logProb];
        })
      );
      expectSame(ours!, theirs!);
    });
  });

  it.each(rowsOf)('masked mean, and clipping, of $shape', ({ shape }) => {
    tf.tidy(() => {
      const random = stream(shape);
      const mask = tf.cast(tf.greater(normalTensor(random, shape), -0.3), 'float32');
      const plain = (x: tf.Tensor): tf.Tensor => tf.div(tf.sum(tf.mul(x, mask)), tf.maximum(tf.sum(mask), 1));
      const { maskedMean, clipped } = fusedLosses();
      const start = [normalTensor(random, shape)];
      expectSame(
        valuesAndGradients(start, ([x]) => [maskedMean!(x!, mask), clipped!(x!, -0.5, 0.7)]),
        valuesAndGradients(start, ([x]) => [plain(x!), tf.clipByValue(x!, -0.5, 0.7)])
      );
    });
  });

  it.each([
    [1, 1, 1],
    [3, 4, 4],
    [5, 7, 3],
    [900, 50, 46],
    [2, 64, 1]
  ])('the smallest, of %i rows of %i numbers %i', (rows, width, count) => {
    tf.tidy(() => {
      // With equals among them, and both zeros.
      const x = tf.mul(tf.round(tf.mul(normalTensor(stream([rows, width]), [rows, width]), 3)), 0.5);
      const wanted = tf.neg(tf.topk(tf.neg(x), count, true).values);
      expect(Array.from(fusedLosses().smallest!(x, count).dataSync(), (v) => v + 0)).toEqual(
        Array.from(wanted.dataSync(), (v) => v + 0)
      );
    });
  });

  it('no number stays none', () => {
    tf.tidy(() => {
      const none = tf.fill([5, 2], NaN);
      const zeros = tf.zeros([5, 2]);
      const { squashedSample, maskedMean, clipped, smallest } = fusedLosses();
      const sample = squashedSample!({ mean: none, logStd: zeros, noise: zeros, epsilon: 1e-6 });
      const all = [sample.action, sample.logProb, maskedMean!(none, tf.ones([5, 2])), clipped!(none, -1, 1)];
      for (const values of all) expect(values.dataSync().every(Number.isNaN)).toBe(true);
      expect(smallest!(tf.tensor2d([[1, NaN, -1]]), 2).dataSync()).toEqual(Float32Array.of(-1, 1));
    });
  });
});
