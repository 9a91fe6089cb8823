/** Each of our kernels against tfjs on small odd shapes, values and gradients, on the device at hand: at start-up. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Variable } from '@tensorflow/tfjs-core';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import type { AdamListStep, ListKernels } from '../list-kernels.ts';
import type { FusedLosses } from '../fused-losses.ts';
import { referenceLstmSequence, type FusedLstm } from '../lstm.ts';
import { referenceMlp, type FusedMlp } from '../mlp.ts';
import { fillNormal, normalTensor } from '../random.ts';

/** Of a tensor's largest value. Sums of float32 in another order differ by some 1e-6. */
export const TOLERANCE = 1e-4;

export function checkLstm(lstm: FusedLstm): Promise<number> {
  return difference(['ours', 'tfjs'], (which, random) => {
    const [steps, batch, inputs, units] = [3, 5, 2, 7];
    const x = normalTensor(random, [steps, batch, inputs]);
    const weights = [normalTensor(random, [inputs + units, 4 * units]), normalTensor(random, [4 * units])];
    const state = [normalTensor(random, [batch, units]), normalTensor(random, [batch, units])];
    const resets = tf.tensor2d([0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1], [steps, batch]);
    const sequence = which === 'ours' ? lstm : referenceLstmSequence;
    return valuesAndGradients([x, ...weights, ...state], ([x, kernel, bias, h0, c0]) => {
      const args = { x: x as Tensor3D, kernel: kernel as Tensor2D, bias: bias as Tensor1D };
      const { hidden, h, c } = sequence({ ...args, h0: h0 as Tensor2D, c0: c0 as Tensor2D, resets });
      return h === undefined ? [hidden, c] : [hidden, h, c];
    });
  });
}

export function checkMlp(mlp: FusedMlp): Promise<number> {
  return difference(['ours', 'tfjs'], (which, random) => {
    const tensors = [[37, 5], [5, 35], [35], [35, 3], [3]].map((shape) => normalTensor(random, shape));
    const layers = which === 'ours' ? mlp : referenceMlp;
    return valuesAndGradients(tensors, ([x, k1, b1, k2, b2]) => {
      const each = [
        { kernel: k1!, bias: b1! },
        { kernel: k2!, bias: b2! }
      ];
      return [
        layers({ x: x as Tensor2D, layers: each, activation: 'relu', last: 'linear' }),
        layers({ x: x as Tensor2D, layers: each, activation: 'tanh', last: 'activated' })
      ];
    });
  });
}

export function checkQuantileHuber({ quantileHuber }: Pick<FusedLosses, 'quantileHuber'>): Promise<number> {
  return difference(['ours', 'tfjs'], (which, random) => {
    const [rows, quantiles, atoms] = [13, 5, 7];
    const target = normalTensor(random, [rows, atoms]);
    const mask = tf.tensor1d(Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? 0 : 1)));
    const loss = which === 'ours' ? quantileHuber : plainQuantileHuber;
    return valuesAndGradients([tf.mul(normalTensor(random, [rows, quantiles]), 2)], ([values]) => [
      loss(values!, target, mask)
    ]);
  });
}

/** Dabney et al. 2018 (arXiv 1710.10044), eqs. 9 and 10, in ops that tfjs has gradients of. */
export function plainQuantileHuber(values: Tensor, target: Tensor, mask: Tensor): tf.Scalar {
  const [rows, quantiles] = values.shape as [number, number];
  const taus = tf.tensor3d(
    Array.from({ length: quantiles }, (_, i) => (i + 0.5) / quantiles),
    [1, quantiles, 1]
  );
  const delta = tf.sub(tf.expandDims(target, 1), tf.expandDims(values, 2));
  const huber = (x: Tensor): Tensor => {
    const near = tf.minimum(x, 1);
    return tf.add(tf.mul(0.5, tf.square(near)), tf.sub(x, near));
  };
  const above = tf.mul(taus, huber(tf.relu(delta)));
  const below = tf.mul(tf.sub(1, taus), huber(tf.relu(tf.neg(delta))));
  const each = tf.mean(tf.reshape(tf.add(above, below), [rows, -1]), 1);
  return tf.div(tf.sum(tf.mul(each, mask)), tf.sum(mask));
}

export function checkSquashed({ squashedSample }: Pick<FusedLosses, 'squashedSample'>): Promise<number> {
  return difference(['ours', 'tfjs'], (which, random) => {
    const shape = [3, 5, 2];
    const noise = normalTensor(random, shape);
    const sample = which === 'ours' ? squashedSample : plainSquashed;
    return valuesAndGradients([normalTensor(random, shape), normalTensor(random, shape)], ([mean, logStd]) => {
      const { action, logProb } = sample({ mean: mean!, logStd: logStd!, noise, epsilon: 1e-6 });
      return [action, logProb];
    });
  });
}

/** Haarnoja et al. 2018 (arXiv 1812.05905), eq. 21. */
export const plainSquashed: FusedLosses['squashedSample'] = ({ mean, logStd, noise, epsilon }) => {
  const u = tf.add(mean, tf.mul(tf.exp(logStd), noise));
  const action = tf.tanh(u);
  const logNormal = tf.sub(tf.mul(-0.5, tf.square(noise)), tf.add(logStd, 0.5 * Math.log(2 * Math.PI)));
  // 1 - tanh²(u) with all its digits.
  const slope = tf.mul(4, tf.mul(tf.sigmoid(tf.mul(2, u)), tf.sigmoid(tf.mul(-2, u))));
  const correction = tf.log(tf.add(slope, epsilon));
  return { action, logProb: tf.sum(tf.sub(logNormal, correction), -1) };
};

export function checkMaskedMean({ maskedMean }: Pick<FusedLosses, 'maskedMean'>): Promise<number> {
  return difference(['ours', 'tfjs'], (which, random) => {
    const mask = tf.tensor2d([1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1], [5, 3]);
    const plain = (x: Tensor): tf.Scalar => tf.div(tf.sum(tf.mul(x, mask)), tf.sum(mask));
    return valuesAndGradients([normalTensor(random, [5, 3])], ([x]) => [
      which === 'ours' ? maskedMean(x!, mask) : plain(x!)
    ]);
  });
}

export function checkClipped({ clipped }: Pick<FusedLosses, 'clipped'>): Promise<number> {
  return difference(['ours', 'tfjs'], (which, random) =>
    valuesAndGradients([normalTensor(random, [7, 5])], ([x]) => [
      which === 'ours' ? clipped(x!, -0.5, 0.25) : tf.clipByValue(x!, -0.5, 0.25)
    ])
  );
}

export function checkSmallest({ smallest }: Pick<FusedLosses, 'smallest'>): Promise<number> {
  return difference(['ours', 'tfjs'], (which, random) => {
    const x = tf.tensor2d([...normalTensorValues(random, 60), 1, 1, -2, 1, -2, 3], [6, 11]);
    return [which === 'ours' ? smallest(x, 7) : tf.neg(tf.topk(tf.neg(x), 7, true).values)];
  });
}

function normalTensorValues(random: Random, count: number): Float32Array {
  const values = new Float32Array(count);
  fillNormal(random, values);
  return values;
}

/** Three steps of Adam with a limit on the norm, and of targets that follow, over more tensors than a launch takes. */
export function checkLists(lists: ListKernels): Promise<number> {
  return difference(['ours', 'tfjs'], (which, random) => {
    const shapes = [[3, 5], [7], [1], [2, 2, 2], [300], [6], [9], [2], [4]];
    // In a tidy, or the tensor it starts from would share its storage.
    const variable = (make: () => Tensor): Variable => tf.tidy(() => tf.variable(make(), false));
    const slots = shapes.map((shape) => ({
      parameter: variable(() => normalTensor(random, shape)),
      m: variable(() => tf.zeros(shape)),
      v: variable(() => tf.zeros(shape))
    }));
    const targets = shapes.map((shape) => variable(() => normalTensor(random, shape)));
    const parameters = slots.map(({ parameter }) => parameter);
    const constants = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, maxGradientNorm: 3 };
    for (let t = 1; t <= 3; t++) {
      const gradients = shapes.map((shape) => normalTensor(random, shape));
      const numbers = tf.tensor1d([0.01 / (1 - 0.9 ** t), 1 / Math.sqrt(1 - 0.99 ** t), 0.999]);
      const step = { slots, gradients, numbers, ...constants };
      const done = which === 'ours' && lists.adam(step) && lists.polyak(targets, parameters, 0.1);
      if (which === 'ours' && !done) throw new Error('it refuses variables of their own storage');
      if (which === 'tfjs') {
        plainAdam(step);
        targets.forEach((target, i) => {
          target.assign(tf.add(tf.mul(target, 0.9), tf.mul(parameters[i]!, 0.1)));
        });
      }
    }
    const all = [...slots.flatMap(({ parameter, m, v }) => [parameter, m, v]), ...targets];
    const values = all.map((each) => tf.add(each, 0));
    tf.dispose(all);
    return values;
  });
}

function plainAdam({ slots, gradients, numbers, beta1, beta2, epsilon, maxGradientNorm }: AdamListStep): void {
  const [stepSize, secondScale, decay] = tf.split(numbers, 3) as [Tensor, Tensor, Tensor];
  const norm = tf.sqrt(gradients.reduce<Tensor>((sum, each) => tf.add(sum, tf.sum(tf.square(each))), tf.scalar(0)));
  const scale = tf.minimum(1, tf.div(maxGradientNorm, tf.add(norm, 1e-6)));
  slots.forEach(({ parameter, m, v }, i) => {
    const gradient = tf.mul(gradients[i]!, scale);
    m.assign(tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1)));
    v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
    const denominator = tf.add(tf.mul(tf.sqrt(v), secondScale), epsilon);
    parameter.assign(tf.sub(tf.mul(parameter, decay), tf.div(tf.mul(m, stepSize), denominator)));
  });
}

/** What a function gives, and gradients of a weighted sum of it in all its inputs. */
export function valuesAndGradients(inputs: Tensor[], run: (inputs: Tensor[]) => Tensor[]): Tensor[] {
  const { grads, value } = tf.valueAndGrads((...tensors: Tensor[]) => {
    const outputs = run(tensors);
    return tf.addN(outputs.map((output, i) => tf.sum(tf.mul(output, tf.add(tf.cos(output), i)))));
  })(inputs);
  return [...run(inputs), value, ...grads];
}

/** Largest difference between what two ways give for the same random numbers, in a tensor's largest value. */
export async function difference<Way extends string>(
  ways: readonly [Way, Way],
  run: (way: Way, random: Random) => Tensor[]
): Promise<number> {
  const [a, b] = ways.map((way) => tf.tidy(() => run(way, new Random(seed(7), 'check')))) as [Tensor[], Tensor[]];
  let worst = 0;
  for (const [i, tensor] of a.entries()) {
    const [ours, theirs] = (await Promise.all([tensor.data(), b[i]!.data()])) as [Float32Array, Float32Array];
    const largest = theirs.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    // Not-a-number counts as a difference.
    const apart = theirs.reduce(
      (max, value, k) => Math.max(max, Math.abs(value - ours[k]!) || (value === ours[k] ? 0 : Infinity)),
      0
    );
    worst = Math.max(worst, apart === 0 ? 0 : apart / largest);
  }
  tf.dispose([a, b]);
  return worst;
}
