/**
 * The dense layers of mlp.ts as one op on tfjs-wasm's memory, with gradients: one kernel forward, one backward. The
 * gradient of the input is one product more, made only where it is asked for: what comes from data wants none.
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
        const [dz, ...gradients] = backward(module, dy, passed, attributes).map(tensorOf);
        const first = rest[0] as Tensor2D;
        const functions: Record<string, () => Tensor> = { x: () => tf.matMul(dz as Tensor2D, first, false, true) };
        gradients.forEach((gradient, i) => {
          functions[String(i)] = () => gradient;
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

/**
 * From the gradient of what was put out.
 * @returns the gradient of the first layer's sums, [rows, units], then those of kernel and bias of each layer
 */
function backward(
  module: KernelModule,
  dy: TensorInfo,
  { x, kernels: weights, outputs }: Readonly<Record<'kernels' | 'outputs', readonly TensorInfo[]>> & { x: TensorInfo },
  { hidden, last }: Attributes
): TensorInfo[] {
  const { kernels } = module;
  const count = weights.length;
  const [rows] = x.shape as [number, number];
  const dFirst = module.output([rows, weights[0]!.shape[1]!]);
  const gradients = weights.flatMap(({ shape }) => [module.output(shape), module.output([shape[1]!])]);
  let products = 0;
  let widest = 0;
  for (const { shape } of weights) {
    const [size, units] = shape as [number, number];
    products = Math.max(products, kernels.matMulScratch(rows, units), kernels.matMulScratch(units, size));
    widest = Math.max(widest, units);
  }
  // Sums' gradients of two layers at a time, then the products' own.
  const scratch = module.scratch(2 * rows * widest + products);
  const spare = [scratch, scratch + 4 * rows * widest] as const;
  const workspace = scratch + 8 * rows * widest;
  let gradient = module.addressOf(dy);
  for (let i = count - 1; i >= 0; i--) {
    const [size, units] = weights[i]!.shape as [number, number];
    const activation = i === count - 1 ? last : hidden;
    const dz = i === 0 ? module.addressOf(dFirst) : spare[i % 2]!;
    kernels.activationGradient(rows * units, module.addressOf(outputs[i]!), gradient, activation, dz);
    const before = module.addressOf(i === 0 ? x : outputs[i - 1]!);
    const [dKernel, dBias] = [gradients[2 * i]!, gradients[2 * i + 1]!];
    kernels.matMul(1, size, units, rows, before, true, dz, false, module.addressOf(dKernel), workspace);
    kernels.sumOverRows(rows, units, dz, module.addressOf(dBias));
    if (i === 0) break;
    gradient = spare[(i + 1) % 2]!;
    kernels.matMul(1, rows, size, units, dz, false, module.addressOf(weights[i]!), true, gradient, workspace);
  }
  return [dFirst, ...gradients];
}
