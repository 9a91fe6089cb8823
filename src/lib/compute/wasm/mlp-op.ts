/**
 * The dense layers of mlp.ts as one op on tfjs-wasm's memory, with gradients. The backward pass through the layers runs
 * once; the gradients of input, kernels and biases follow from it and are each made only when asked for: data wants none,
 * and an actor trained through a critic does not pay for the critic's weights.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, Tensor2D, TensorInfo } from '@tensorflow/tfjs-core';
import type { FusedMlp } from '../mlp.ts';
import type { KernelModule } from './module.ts';

/** tfjs' way to give an op its own gradient, a function an input: see lstm-op.ts. Private in its types, so named here. */
interface CustomGradient {
  runKernelFunc(call: {
    forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor;
    backwardsFunc: (dy: Tensor, saved: Tensor[]) => Record<string, () => Tensor>;
    inputs: NamedTensorMap;
  }): Tensor;
}

/** As the kernels name them (kernels/dense.ts). */
const ACTIVATIONS = { none: 0, tanh: 1, relu: 2 } as const;

type Attributes = Readonly<Record<'hidden' | 'last', number>>;

/** The op on this module's backend. */
export function wasmMlp(module: KernelModule): FusedMlp {
  return ({ x, layers, activation, last }) => {
    const hidden = ACTIVATIONS[activation];
    const attributes = { hidden, last: last === 'linear' ? ACTIVATIONS.none : hidden };
    const weights = layers.flatMap(({ kernel, bias }) => [kernel, bias]);
    const kernels = layers.map(({ kernel }) => kernel);
    // Variables stay where they are until their gradient is there; all else may be disposed of before and is saved.
    const fleeting = [x, ...kernels].filter((tensor) => !(tensor instanceof tf.Variable));
    const inputs: NamedTensorMap = { x };
    weights.forEach((tensor, i) => {
      inputs[String(i)] = tensor;
    });
    const engine = tf.engine() as unknown as CustomGradient;
    // Called as they are: a tfjs kernel of its own round each would cost as much as a layer of a small net.
    return engine.runKernelFunc({
      inputs,
      forwardFunc: (_, save) => {
        const outputs = forward(module, x, weights, attributes).map(tensorOf);
        save([...fleeting, ...outputs]);
        return outputs.at(-1)!;
      },
      backwardsFunc: (dy, saved) => {
        let next = 0;
        const [own, ...rest] = [x, ...kernels].map((tensor) =>
          tensor instanceof tf.Variable ? tensor : saved[next++]!
        );
        const passed = { x: own!, kernels: rest, outputs: saved.slice(next) };
        const deltas = backward(module, dy, passed, attributes).map(tensorOf);
        const functions: Record<string, () => Tensor> = {
          x: () => product(module, deltas[0]!, false, rest[0]!, true)
        };
        deltas.forEach((delta, i) => {
          const before = i === 0 ? own! : passed.outputs[i - 1]!;
          functions[String(2 * i)] = () => product(module, before, true, delta, false);
          functions[String(2 * i + 1)] = () => sumOverRows(module, delta);
        });
        return functions;
      }
    }) as Tensor2D;
  };
}

const tensorOf = (info: TensorInfo): Tensor => tf.engine().makeTensorFromTensorInfo(info);

/** @param weights kernel and bias of each layer @returns what each layer put out */
function forward(
  module: KernelModule,
  x: TensorInfo,
  weights: readonly TensorInfo[],
  { hidden, last }: Attributes
): TensorInfo[] {
  const { kernels } = module;
  const [rows] = x.shape as [number, number];
  const outputs: TensorInfo[] = [];
  let from = x;
  for (let i = 0; i < weights.length; i += 2) {
    const kernel = weights[i]!;
    const [size, units] = kernel.shape as [number, number];
    const to = module.output([rows, units]);
    const scratch = module.scratch(kernels.denseForwardScratch(size, units));
    kernels.denseForward(
      rows,
      size,
      units,
      module.addressOf(from),
      module.addressOf(kernel),
      module.addressOf(weights[i + 1]!),
      i + 2 < weights.length ? hidden : last,
      module.addressOf(to),
      scratch
    );
    outputs.push(to);
    from = to;
  }
  return outputs;
}

/** From the gradient of what was put out to those of each layer's sums, [rows, units] each. */
function backward(
  module: KernelModule,
  dy: TensorInfo,
  { x, kernels: weights, outputs }: Readonly<Record<'kernels' | 'outputs', readonly TensorInfo[]>> & { x: TensorInfo },
  { hidden, last }: Attributes
): TensorInfo[] {
  const { kernels } = module;
  const [rows] = x.shape as [number, number];
  const deltas = outputs.map(({ shape }) => module.output(shape));
  let gradient = module.addressOf(dy);
  for (let i = weights.length - 1; i >= 0; i--) {
    const [size, units] = weights[i]!.shape as [number, number];
    const activation = i === weights.length - 1 ? last : hidden;
    const delta = module.addressOf(deltas[i]!);
    kernels.activationGradient(rows * units, module.addressOf(outputs[i]!), gradient, activation, delta);
    if (i === 0) break;
    // The layer before turns its gradient into its own sums' where it lies.
    gradient = module.addressOf(deltas[i - 1]!);
    const scratch = module.scratch(kernels.matMulScratch(units, size));
    kernels.matMul(1, rows, size, units, delta, false, module.addressOf(weights[i]!), true, gradient, scratch);
  }
  return deltas;
}

/** op(a) op(b), both of rank 2. */
function product(module: KernelModule, a: Tensor, transposeA: boolean, b: Tensor, transposeB: boolean): Tensor {
  const { kernels } = module;
  const [rowsA, columnsA] = a.shape as [number, number];
  const [rowsB, columnsB] = b.shape as [number, number];
  const [rows, depth] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const columns = transposeB ? rowsB : columnsB;
  const out = module.output([rows, columns]);
  const scratch = module.scratch(kernels.matMulScratch(depth, columns));
  const [addressA, addressB, addressC] = [module.addressOf(a), module.addressOf(b), module.addressOf(out)];
  kernels.matMul(1, rows, columns, depth, addressA, transposeA, addressB, transposeB, addressC, scratch);
  return tensorOf(out);
}

/** [rows, columns] to [columns]. */
function sumOverRows(module: KernelModule, values: Tensor): Tensor {
  const [rows, columns] = values.shape as [number, number];
  const out = module.output([columns]);
  module.kernels.sumOverRows(rows, columns, module.addressOf(values), module.addressOf(out));
  return tensorOf(out);
}
