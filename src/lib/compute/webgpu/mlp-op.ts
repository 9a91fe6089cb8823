/** The fully connected layers of mlp.ts in WGSL: a layer is one dispatch forward and up to two backward. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { FusedMlp, MlpLayer } from '../mlp.ts';
import { once, runOp, type KernelRunner } from './kernel-runner.ts';

/** As the shaders number them. */
const ACTIVATIONS = { none: 0, relu: 1, tanh: 2 } as const;

export const webgpuMlp =
  (runner: KernelRunner): FusedMlp =>
  ({ x, layers, activation, last }) =>
    layers.reduce((y, layer, i) => {
      const linear = i === layers.length - 1 && last === 'linear';
      return denseLayer(runner, y, layer, ACTIVATIONS[linear ? 'none' : activation]);
    }, x);

function denseLayer(runner: KernelRunner, x: Tensor2D, { kernel, bias }: MlpLayer, activation: number): Tensor2D {
  const [rows, inputs] = x.shape;
  const outputs = bias.size;
  const shape = [rows, inputs, outputs, activation];
  const tiles = (count: number): number => Math.ceil(count / 32);
  const [y] = runOp({
    inputs: { x, kernel, bias },
    forward: () => {
      const y = runner.output([rows, outputs]);
      runner.launch({
        kernel: 'dense-forward',
        shape,
        tensors: [x, kernel, bias, y],
        workgroups: [tiles(outputs), tiles(rows)]
      });
      return { outputs: [y], kept: [x, kernel, y] };
    },
    gradients: ([dy], kept) => {
      const [x, kernel, y] = kept as [Tensor, Tensor, Tensor];
      // Made here, in tfjs' scope of the whole backward pass; filled when first asked for.
      const dKernel = runner.output([inputs, outputs]);
      const dBias = runner.output([outputs]);
      const fill = once(() => {
        runner.launch({
          kernel: 'dense-weights',
          shape,
          tensors: [x, dy!, y, dKernel, dBias],
          workgroups: [tiles(outputs), tiles(inputs + 1)]
        });
      });
      const filled = (gradient: Tensor) => (): Tensor => {
        fill();
        return gradient;
      };
      return {
        x: () => {
          const dx = runner.output([rows, inputs]);
          runner.launch({
            kernel: 'dense-input-gradient',
            shape,
            tensors: [dy!, y, kernel, dx],
            workgroups: [tiles(inputs), tiles(rows)]
          });
          return dx;
        },
        kernel: filled(dKernel),
        bias: filled(dBias)
      };
    }
  }) as [Tensor2D];
  return y;
}
