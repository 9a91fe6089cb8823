/**
 * The dense layers of mlp.ts as one op on tfjs-wasm's memory, with gradients; inputs may come in parts, which are never
 * joined. The backward pass through the layers runs once; the gradients of input, kernels and biases follow from it and are
 * each made only when asked for: data wants none, and an actor that climbs its critics asks for that of its action, and pays
 * neither for the critics' weights nor for their features.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, Tensor2D, TensorInfo } from '@tensorflow/tfjs-core';
import type { JoiningMlp } from '../mlp.ts';
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
/** Parts of an input that the kernels take. */
const MOST_PARTS = 3;

type Attributes = Readonly<Record<'hidden' | 'last', number>>;

/** The op on this module's backend. */
export function wasmMlp(module: KernelModule): JoiningMlp {
  return ({ x, layers, activation, last }) => {
    const hidden = ACTIVATIONS[activation];
    const attributes = { hidden, last: last === 'linear' ? ACTIVATIONS.none : hidden };
    const parts = x.length > MOST_PARTS ? [x[0]!, x[1]!, tf.concat(x.slice(2), 1)] : x;
    const weights = layers.flatMap(({ kernel, bias }) => [kernel, bias]);
    const operands = [...parts, ...layers.map(({ kernel }) => kernel)];
    // Variables stay where they are until their gradient is there; all else may be disposed of before and is saved.
    const fleeting = operands.filter((tensor) => !(tensor instanceof tf.Variable));
    const inputs: NamedTensorMap = {};
    parts.forEach((part, i) => {
      inputs[`x${String(i)}`] = part;
    });
    weights.forEach((tensor, i) => {
      inputs[String(i)] = tensor;
    });
    const engine = tf.engine() as unknown as CustomGradient;
    // Called as they are: a tfjs kernel of its own round each would cost as much as a layer of a small net.
    return engine.runKernelFunc({
      inputs,
      forwardFunc: (_, save) => {
        const outputs = forward(module, parts, weights, attributes).map(tensorOf);
        save([...fleeting, ...outputs]);
        return outputs.at(-1)!;
      },
      backwardsFunc: (dy, saved) => {
        let next = 0;
        const own = operands.map((tensor) => (tensor instanceof tf.Variable ? tensor : saved[next++]!));
        const kernels = own.slice(parts.length);
        const outputs = saved.slice(next);
        const deltas = backward(module, dy, { kernels, outputs }, attributes).map(tensorOf);
        const functions: Record<string, () => Tensor> = {};
        let row = 0;
        for (const [i, part] of parts.entries()) {
          const from = row;
          const end = from + part.shape[1];
          row = end;
          functions[`x${String(i)}`] = () => inputGradient(module, deltas[0]!, kernels[0]!, [from, end]);
        }
        deltas.forEach((delta, i) => {
          const before = i === 0 ? own.slice(0, parts.length) : [outputs[i - 1]!];
          functions[String(2 * i)] = () => kernelGradient(module, before, delta);
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
  parts: readonly TensorInfo[],
  weights: readonly TensorInfo[],
  { hidden, last }: Attributes
): TensorInfo[] {
  const [rows] = parts[0]!.shape as [number, number];
  const outputs: TensorInfo[] = [];
  let from = parts;
  for (let i = 0; i < weights.length; i += 2) {
    const kernel = weights[i]!;
    const [size, units] = kernel.shape as [number, number];
    const to = module.output([rows, units]);
    module.run(
      'denseForward',
      { operations: rows * size * units, scratch: module.kernels.denseForwardScratch(widthOf(from), units) },
      [
        rows,
        units,
        ...described(module, from),
        module.addressOf(kernel),
        module.addressOf(weights[i + 1]!),
        i + 2 < weights.length ? hidden : last,
        module.addressOf(to)
      ]
    );
    outputs.push(to);
    from = [to];
  }
  return outputs;
}

/** Address and width of each part, zeros for those that are not there. */
function described(module: KernelModule, parts: readonly TensorInfo[]): number[] {
  const numbers = new Array<number>(2 * MOST_PARTS).fill(0);
  parts.forEach((part, i) => {
    numbers[2 * i] = module.addressOf(part);
    numbers[2 * i + 1] = part.shape[1]!;
  });
  return numbers;
}

/** Of the widest part. */
const widthOf = (parts: readonly TensorInfo[]): number =>
  parts.reduce((widest, { shape }) => Math.max(widest, shape[1]!), 0);

/** From the gradient of what was put out to those of each layer's sums, [rows, units] each. */
function backward(
  module: KernelModule,
  dy: TensorInfo,
  { kernels, outputs }: Readonly<Record<'kernels' | 'outputs', readonly TensorInfo[]>>,
  { hidden, last }: Attributes
): TensorInfo[] {
  const [rows] = dy.shape as [number, number];
  const deltas = outputs.map(({ shape }) => module.output(shape));
  let gradient = module.addressOf(dy);
  for (let i = kernels.length - 1; i >= 0; i--) {
    const kernel = kernels[i]!;
    const [size, units] = kernel.shape as [number, number];
    const activation = i === kernels.length - 1 ? last : hidden;
    const delta = module.addressOf(deltas[i]!);
    module.run('activationGradient', { operations: 2 * rows * units }, [
      rows * units,
      module.addressOf(outputs[i]!),
      gradient,
      activation,
      delta
    ]);
    if (i === 0) break;
    // The layer before turns its gradient into its own sums' where it lies.
    gradient = module.addressOf(deltas[i - 1]!);
    module.run('matMul', { operations: rows * size * units, scratch: module.kernels.matMulScratch(units, size) }, [
      1,
      rows,
      size,
      units,
      delta,
      0,
      module.addressOf(kernel),
      1,
      gradient
    ]);
  }
  return deltas;
}

/** Of the part of the input that the kernel's rows `from` to before `end` are for. */
function inputGradient(module: KernelModule, delta: Tensor, kernel: Tensor, [from, end]: [number, number]): Tensor {
  const [rows, units] = delta.shape as [number, number];
  const width = end - from;
  const dx = module.output([rows, width]);
  const rowsOfPart = module.addressOf(kernel) + 4 * from * units;
  module.run('matMul', { operations: rows * width * units, scratch: module.kernels.matMulScratch(units, width) }, [
    1,
    rows,
    width,
    units,
    module.addressOf(delta),
    0,
    rowsOfPart,
    1,
    module.addressOf(dx)
  ]);
  return tensorOf(dx);
}

/** Of a layer whose input came in these parts. */
function kernelGradient(module: KernelModule, parts: readonly Tensor[], delta: Tensor): Tensor {
  const [rows, units] = delta.shape as [number, number];
  const size = parts.reduce((sum, { shape }) => sum + shape[1]!, 0);
  const dKernel = module.output([size, units]);
  module.run(
    'weightsGradient',
    { operations: rows * size * units, scratch: module.kernels.weightsGradientScratch(rows, units) },
    [rows, units, ...described(module, parts), module.addressOf(delta), module.addressOf(dKernel)]
  );
  return tensorOf(dKernel);
}

/** [rows, columns] to [columns]. */
function sumOverRows(module: KernelModule, values: Tensor): Tensor {
  const [rows, columns] = values.shape as [number, number];
  const sums = module.output([columns]);
  const addresses = [module.addressOf(values), module.addressOf(sums)];
  module.run('sumOverRows', { operations: rows * columns }, [rows, columns, ...addresses]);
  return tensorOf(sums);
}
