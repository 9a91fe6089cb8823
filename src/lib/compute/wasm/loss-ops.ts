/** Parts of agents' losses on tfjs-wasm's memory, with gradients: see fused-losses.ts. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { FusedLosses } from '../fused-losses.ts';
import type { KernelModule } from './module.ts';

export function wasmLosses(module: KernelModule): Pick<FusedLosses, 'quantileHuber'> {
  return {
    quantileHuber(values, target, mask) {
      const [rows, quantiles] = values.shape as [number, number];
      const atoms = target.shape[1]!;
      const scale = tf.div(1 / (quantiles * atoms), tf.maximum(tf.sum(mask), 1));
      const weights = tf.mul(mask, scale);
      const op = tf.customGrad<Scalar>((v, save) => {
        const losses = module.output([rows]);
        const slopes = module.output([rows, quantiles]);
        // No pairwise difference is ever stored.
        module.run('quantileHuber', { operations: 6 * rows * quantiles * atoms }, [
          rows,
          quantiles,
          atoms,
          module.addressOf(v as Tensor),
          module.addressOf(target),
          module.addressOf(weights),
          module.addressOf(losses),
          module.addressOf(slopes)
        ]);
        const engine = tf.engine();
        (save as (kept: Tensor[]) => void)([engine.makeTensorFromTensorInfo(slopes)]);
        return {
          value: tf.sum<Scalar>(engine.makeTensorFromTensorInfo(losses)),
          gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(dy, saved[0] as Tensor)
        };
      });
      return op(values);
    }
  };
}
