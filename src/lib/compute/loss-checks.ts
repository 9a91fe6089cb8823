/**
 * A backend's own parts of losses against tfjs on small odd shapes, values and gradients: what they are held against at
 * start-up, whatever the backend.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import type { FusedLosses } from './fused-losses.ts';
import { fillNormal, normalTensor } from './random.ts';

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
