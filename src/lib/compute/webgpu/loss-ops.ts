/** Parts of agents' losses in WGSL, one launch forward and one backward each: see fused-losses.ts. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { FusedLosses } from '../fused-losses.ts';
import { runOp, type KernelRunner } from './kernel-runner.ts';

export function webgpuLosses(runner: KernelRunner): FusedLosses {
  return {
    quantileHuber(values, target, mask) {
      const [rows, quantiles] = values.shape as [number, number];
      const atoms = target.shape[1] as number;
      const [loss] = runOp({
        inputs: { values },
        forward: () => {
          const parts = runner.output([rows, quantiles]);
          const slope = runner.output([rows, quantiles]);
          runner.launch({
            kernel: 'quantile-huber',
            shape: [rows, quantiles, atoms],
            tensors: [values, target, mask, parts, slope],
            workgroups: [Math.ceil((rows * quantiles) / 256)]
          });
          return { outputs: [tf.sum(parts)], kept: [slope] };
        },
        gradients: ([dy], [slope]) => ({ values: () => tf.mul(slope!, dy!) })
      }) as [Scalar];
      return loss;
    },

    squashedSample({ mean, logStd, noise, epsilon }) {
      const actions = mean.shape.at(-1) as number;
      const rows = mean.size / actions;
      const numbers = { SQUASH_EPSILON: epsilon };
      const shape = [rows, actions];
      const [action, logProb] = runOp({
        inputs: { mean, logStd },
        forward: () => {
          const action = runner.output(mean.shape);
          const logProb = runner.output(mean.shape.slice(0, -1));
          runner.launch({
            kernel: 'squashed-forward',
            numbers,
            shape,
            tensors: [mean, logStd, noise, action, logProb],
            workgroups: [Math.ceil(rows / 64)]
          });
          return { outputs: [action, logProb], kept: [mean, logStd, noise] };
        },
        gradients: ([dAction, dLogProb], kept) => {
          const dMean = runner.output(mean.shape);
          const dLogStd = runner.output(mean.shape);
          runner.launch({
            kernel: 'squashed-backward',
            numbers,
            shape,
            tensors: [...kept, dAction!, dLogProb!, dMean, dLogStd],
            workgroups: [Math.ceil(mean.size / 64)]
          });
          return { mean: () => dMean, logStd: () => dLogStd };
        }
      }) as [Tensor, Tensor];
      return { action, logProb };
    },

    maskedMean(x, mask) {
      const [mean] = runOp({
        inputs: { x },
        forward: () => {
          const mean = runner.output([]);
          const weights = runner.output(x.shape);
          runner.launch({ kernel: 'masked-mean', shape: [x.size], tensors: [x, mask, mean, weights], workgroups: [1] });
          return { outputs: [mean], kept: [weights] };
        },
        gradients: ([dy], [weights]) => ({ x: () => tf.mul(weights!, dy!) })
      }) as [Scalar];
      return mean;
    },

    clipped(x, low, high) {
      const [y] = runOp({
        inputs: { x },
        forward: () => ({ outputs: [tf.clipByValue(x, low, high)], kept: [x] }),
        gradients: ([dy], [x]) => ({
          x: () => {
            const dx = runner.output(dy!.shape);
            runner.launch({
              kernel: 'clip-gradient',
              numbers: { LOW: low, HIGH: high },
              shape: [dy!.size],
              tensors: [x!, dy!, dx],
              workgroups: [Math.ceil(dy!.size / 64)]
            });
            return dx;
          }
        })
      }) as [Tensor];
      return y;
    },

    smallest(x, count) {
      const width = x.shape.at(-1) as number;
      const rows = x.size / width;
      const [kept] = runOp({
        inputs: { x },
        forward: () => {
          const kept = runner.output([...x.shape.slice(0, -1), count]);
          runner.launch({
            kernel: 'smallest',
            shape: [rows, width, count],
            tensors: [x, kept],
            workgroups: [Math.ceil(x.size / 64)]
          });
          return { outputs: [kept], kept: [] };
        },
        gradients: () => {
          throw new Error('smallest has no gradient');
        }
      }) as [Tensor];
      return kept;
    }
  };
}
