/** Adam, Polyak averaging and norms on tfjs-wasm's memory, writing into the variables' own storage. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { InPlaceKernels } from '../in-place.ts';
import type { KernelModule } from './module.ts';

export function wasmInPlace(module: KernelModule): InPlaceKernels {
  const { kernels } = module;
  // Storage that a clone, a reshape or a saved gradient input shares must not change under it.
  const isOwn = (variable: Variable): boolean =>
    variable.dtype === 'float32' && module.backend.refCount(variable.dataId) === 1;
  const matches = (a: Tensor, b: Tensor): boolean => a.size === b.size && a.dtype === 'float32';
  return {
    adam({ parameter, m, v }, gradient, step) {
      const own = isOwn(parameter) && isOwn(m) && isOwn(v);
      if (!own || !matches(gradient, parameter)) return false;
      kernels.adam(
        parameter.size,
        module.addressOf(parameter),
        module.addressOf(m),
        module.addressOf(v),
        module.addressOf(gradient),
        step.gradientScale,
        step.decay,
        step.beta1,
        1 - step.beta1,
        step.beta2,
        1 - step.beta2,
        step.stepSize,
        step.secondScale,
        step.epsilon
      );
      return true;
    },
    rmsProp({ parameter, square }, gradient, step) {
      if (!isOwn(parameter) || !isOwn(square) || !matches(gradient, parameter)) return false;
      kernels.rmsProp(
        parameter.size,
        module.addressOf(parameter),
        module.addressOf(square),
        module.addressOf(gradient),
        step.gradientScale,
        step.decay,
        1 - step.decay,
        step.learningRate,
        step.epsilon
      );
      return true;
    },
    polyak(target, source, tau) {
      if (!isOwn(target) || !matches(source, target)) return false;
      kernels.polyak(target.size, module.addressOf(target), module.addressOf(source), 1 - tau, tau);
      return true;
    },
    sumOfSquares: (tensors) =>
      tensors.reduce((sum, tensor) => sum + kernels.sumOfSquares(tensor.size, module.addressOf(tensor)), 0)
  };
}
