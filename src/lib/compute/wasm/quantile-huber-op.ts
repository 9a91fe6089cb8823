/** The quantile Huber loss of quantile-huber.ts on tfjs-wasm's memory: no pairwise difference is ever stored. */
import * as tf from '@tensorflow/tfjs-core';
import type { KernelFunc, Tensor1D, Tensor2D, TensorInfo } from '@tensorflow/tfjs-core';
import type { QuantileHuberRows } from '../quantile-huber.ts';
import type { KernelModule } from './module.ts';

const KERNEL = 'FurlongQuantileHuber';

const modules = new WeakMap<object, KernelModule>();
let registered = false;

/** The op on this module's backend. */
export function wasmQuantileHuber(module: KernelModule): QuantileHuberRows {
  modules.set(module.backend, module);
  if (!registered) {
    registered = true;
    const kernelFunc: KernelFunc = ({ inputs, backend }) => rows(modules.get(backend)!, inputs as Inputs);
    tf.registerKernel({ kernelName: KERNEL, backendName: 'wasm', kernelFunc });
  }
  return (args) => {
    const outputs: unknown = tf.engine().runKernel(KERNEL, { ...args });
    const [losses, slopes] = outputs as [Tensor1D, Tensor2D];
    return { losses, slopes };
  };
}

type Inputs = Readonly<Record<'values' | 'target' | 'weights', TensorInfo>>;

function rows(module: KernelModule, { values, target, weights }: Inputs): TensorInfo[] {
  const [count, quantiles] = values.shape as [number, number];
  const atoms = target.shape[1]!;
  const losses = module.output([count]);
  const slopes = module.output([count, quantiles]);
  module.run('quantileHuber', { operations: 6 * count * quantiles * atoms }, [
    count,
    quantiles,
    atoms,
    module.addressOf(values),
    module.addressOf(target),
    module.addressOf(weights),
    module.addressOf(losses),
    module.addressOf(slopes)
  ]);
  return [losses, slopes];
}
