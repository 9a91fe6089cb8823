/** Parts of agents' losses on tfjs-wasm's memory, with gradients: see fused-losses.ts. */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Scalar, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { FusedLosses } from '../fused-losses.ts';
import type { KernelModule } from './module.ts';

/** tfjs' way to give an op its own gradient, a function an input: see lstm-op.ts. Private in its types, so named here. */
interface CustomGradient {
  runKernelFunc(call: {
    forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor[];
    backwardsFunc: (dys: Tensor | Tensor[], saved: Tensor[]) => Record<string, () => Tensor>;
    inputs: NamedTensorMap;
  }): Tensor | Tensor[];
}

const tensorOf = (info: TensorInfo): Tensor => tf.engine().makeTensorFromTensorInfo(info);

/** An op of our own. @param forward its outputs, and what `backward` is given of them besides their gradients */
function runOp<Name extends string>(op: {
  readonly inputs: Readonly<Record<Name, Tensor>>;
  readonly forward: () => { readonly outputs: readonly TensorInfo[]; readonly kept: readonly Tensor[] };
  readonly backward: (dys: readonly Tensor[], kept: readonly Tensor[]) => Readonly<Record<Name, () => Tensor>>;
}): Tensor[] {
  const outputs = (tf.engine() as unknown as CustomGradient).runKernelFunc({
    inputs: op.inputs,
    forwardFunc: (_, save) => {
      const { outputs, kept } = op.forward();
      save([...kept]);
      return outputs.map(tensorOf);
    },
    backwardsFunc: (dys, kept) => op.backward([dys].flat(), kept)
  });
  return [outputs].flat();
}

export function wasmLosses(module: KernelModule): FusedLosses {
  const { kernels } = module;
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
        (save as (kept: Tensor[]) => void)([tensorOf(slopes)]);
        return {
          value: tf.sum<Scalar>(tensorOf(losses)),
          gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(dy, saved[0] as Tensor)
        };
      });
      return op(values);
    },

    squashedSample({ mean, logStd, noise, epsilon }) {
      const { shape } = mean;
      const actions = shape.at(-1)!;
      const rows = mean.size / actions;
      const [action, logProb] = runOp({
        inputs: { mean, logStd },
        forward: () => {
          const [action, logProb] = [module.output(shape), module.output(shape.slice(0, -1))];
          const slopes = module.output([3, mean.size]);
          const terms = module.scratch(kernels.squashedScratch(mean.size));
          const of = [mean, logStd, noise].map((tensor) => module.addressOf(tensor)) as [number, number, number];
          const to = [action, logProb, slopes].map((tensor) => module.addressOf(tensor)) as [number, number, number];
          kernels.squashedForward(rows, actions, ...of, epsilon, ...to, terms);
          return { outputs: [action, logProb], kept: [tensorOf(slopes)] };
        },
        backward: ([dAction, dLogProb], [slopes]) => {
          const [dMean, dLogStd] = [module.output(shape), module.output(shape)];
          const of = [slopes!, dAction!, dLogProb!].map((each) => module.addressOf(each)) as [number, number, number];
          kernels.squashedBackward(rows, actions, ...of, module.addressOf(dMean), module.addressOf(dLogStd));
          const results = { mean: tensorOf(dMean), logStd: tensorOf(dLogStd) };
          return { mean: () => results.mean, logStd: () => results.logStd };
        }
      }) as [Tensor, Tensor];
      return { action, logProb };
    },

    maskedMean(x, mask) {
      const [mean] = runOp({
        inputs: { x },
        forward: () => {
          const [mean, weights] = [module.output([]), module.output(x.shape)];
          const [from, over, to, shares] = [x, mask, mean, weights].map((each) => module.addressOf(each));
          kernels.maskedMean(x.size, from!, over!, to!, shares!);
          return { outputs: [mean], kept: [tensorOf(weights)] };
        },
        backward: ([dy], [weights]) => ({ x: () => tf.mul(weights!, dy!) })
      }) as [Scalar];
      return mean;
    },

    clipped(x, low, high) {
      const [y] = runOp({
        inputs: { x },
        forward: () => {
          const y = module.output(x.shape);
          kernels.clip(x.size, module.addressOf(x), low, high, module.addressOf(y));
          return { outputs: [y], kept: [x] };
        },
        backward: ([dy], [x]) => ({
          x: () => {
            const dx = module.output(x!.shape);
            const addresses = [dy!, dx].map((each) => module.addressOf(each)) as [number, number];
            kernels.clipGradient(x!.size, module.addressOf(x!), low, high, ...addresses);
            return tensorOf(dx);
          }
        })
      }) as [Tensor];
      return y;
    },

    smallest(x, count) {
      const width = x.shape.at(-1)!;
      const rows = x.size / width;
      const kept = module.output([...x.shape.slice(0, -1), count]);
      module.run('smallest', { operations: rows * width * width, scratch: kernels.smallestScratch(width) }, [
        rows,
        width,
        count,
        module.addressOf(x),
        module.addressOf(kept)
      ]);
      return tensorOf(kept);
    }
  };
}
