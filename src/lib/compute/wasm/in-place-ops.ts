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
    adam(slots, gradients, step) {
      const left: number[] = [];
      const table: number[] = [];
      let total = 0;
      slots.forEach(({ parameter, m, v }, i) => {
        const gradient = gradients[i]!;
        if (!isOwn(parameter) || !isOwn(m) || !isOwn(v) || !matches(gradient, parameter)) {
          left.push(i);
          return;
        }
        table.push(parameter.size, ...[parameter, m, v, gradient].map((tensor) => module.addressOf(tensor)));
        total += parameter.size;
      });
      if (total === 0) return left;
      module.run('adamAll', { operations: 10 * total }, [
        table.length / 5,
        module.table(table),
        total,
        step.gradientScale,
        step.decay,
        step.beta1,
        1 - step.beta1,
        step.beta2,
        1 - step.beta2,
        step.stepSize,
        step.secondScale,
        step.epsilon
      ]);
      return left;
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
    polyak(targets, sources, tau) {
      const left: number[] = [];
      const table: number[] = [];
      let total = 0;
      targets.forEach((target, i) => {
        const source = sources[i]!;
        if (!isOwn(target) || !matches(source, target)) {
          left.push(i);
          return;
        }
        table.push(target.size, module.addressOf(target), module.addressOf(source));
        total += target.size;
      });
      if (total > 0) {
        module.run('polyakAll', { operations: 4 * total }, [
          table.length / 3,
          module.table(table),
          total,
          1 - tau,
          tau
        ]);
      }
      return left;
    },
    sumOfSquares: (tensors) =>
      tensors.reduce((sum, tensor) => sum + kernels.sumOfSquares(tensor.size, module.addressOf(tensor)), 0)
  };
}
