/** Adam, RMSProp and Polyak averaging on tfjs-wasm's memory, writing into the variables' own storage. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { AdamStep, InPlaceKernels, RmsPropStep, Stepped, Stepping } from '../in-place.ts';
import type { KernelModule } from './module.ts';

/** What is written, and the gradient or source it follows. */
interface Pair {
  readonly written: readonly Variable[];
  readonly source: Tensor;
}

export function wasmInPlace(module: KernelModule): InPlaceKernels {
  const { kernels } = module;
  // Storage that a clone, a reshape or a saved gradient input shares must not change under it.
  const isOwn = (variable: Variable): boolean =>
    variable.dtype === 'float32' && module.backend.refCount(variable.dataId) === 1;

  /** Size and addresses of each pair, one after the other, and which are to be left alone. */
  function tableOf(pairs: readonly Pair[]): { left: number[]; table: number[]; total: number } {
    const left: number[] = [];
    const table: number[] = [];
    let total = 0;
    pairs.forEach(({ written, source }, i) => {
      if (source.size !== written[0]!.size || source.dtype !== 'float32' || !written.every(isOwn)) left.push(i);
      else {
        table.push(source.size, ...[...written, source].map((tensor) => module.addressOf(tensor)));
        total += source.size;
      }
    });
    return { left, table, total };
  }

  /** A step on all that is not left alone, under the limit on the norm of all. */
  function stepped<Step extends { readonly gradientScale: number }>(
    gradients: readonly Tensor[],
    { next, maxGradientNorm }: Stepping<Step>,
    { left, run }: { readonly left: readonly number[]; readonly run: (step: Step) => void }
  ): Stepped<Step> {
    if (left.length > 0) module.refuseRecording('it steps a variable whose storage another tensor shares');
    const places = gradients.map((gradient) => [gradient.size, module.addressOf(gradient)] as const);
    let step: Step | undefined;
    module.often(next, (numbers) => {
      const squares =
        maxGradientNorm > 0 ? places.reduce((sum, [size, at]) => sum + kernels.sumOfSquares(size, at), 0) : 0;
      const gradientScale = maxGradientNorm > 0 ? Math.min(1, maxGradientNorm / (Math.sqrt(squares) + 1e-6)) : 1;
      step = { ...numbers, gradientScale } as Step;
      run(step);
    });
    return { left, step: step! };
  }

  return {
    adam(slots, gradients, stepping) {
      const pairs = slots.map(({ parameter, m, v }, i) => ({ written: [parameter, m, v], source: gradients[i]! }));
      const { left, table, total } = tableOf(pairs);
      const run = (step: AdamStep): void => {
        if (total === 0) return;
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
      };
      return stepped(gradients, stepping, { left, run });
    },
    rmsProp(slots, gradients, stepping) {
      const pairs = slots.map(({ parameter, square }, i) => ({ written: [parameter, square], source: gradients[i]! }));
      const { left, table } = tableOf(pairs);
      const run = (step: RmsPropStep): void => {
        for (let i = 0; i < table.length; i += 4) {
          const [size, parameter, square, gradient] = table.slice(i, i + 4) as [number, number, number, number];
          const { gradientScale, decay, learningRate, epsilon } = step;
          const numbers = [gradientScale, decay, 1 - decay, learningRate, epsilon] as const;
          kernels.rmsProp(size, parameter, square, gradient, ...numbers);
        }
      };
      return stepped(gradients, stepping, { left, run });
    },
    polyak(targets, sources, tau) {
      const pairs = targets.map((target, i) => ({ written: [target], source: sources[i]! }));
      const { left, table, total } = tableOf(pairs);
      // The table lies in scratch space, so it is written anew each time.
      const run = (): void =>
        module.run('polyakAll', { operations: 4 * total }, [
          table.length / 3,
          module.table(table),
          total,
          1 - tau,
          tau
        ]);
      if (total > 0) module.often(() => undefined, run);
      return left;
    }
  };
}
