/**
 * The dense layers of mlp.ts as one op on tfjs-wasm's memory, with gradients; inputs may come in parts, which are never
 * joined. The backward pass through the layers runs once; the gradients of input, kernels and biases follow from it and are
 * each made only when asked for: data wants none, and an actor that climbs its critics asks for that of its action, and pays
 * neither for the critics' weights nor for their features.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { JoiningMlp } from '../mlp.ts';
import { sizeOf } from '../named-arrays.ts';
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
/** As many multiplications and additions take as long as to bring a number of a large matrix in and another out. */
const MOVED = 8;

type Attributes = Readonly<Record<'hidden' | 'last', number>>;

/** The op on this module's backend. */
export function wasmMlp(module: KernelModule): JoiningMlp {
  return ({ x, layers, activation, last }) => {
    const hidden = ACTIVATIONS[activation];
    const attributes = { hidden, last: last === 'linear' ? ACTIVATIONS.none : hidden };
    const parts = x.length > MOST_PARTS ? [x[0]!, x[1]!, tf.concat(x.slice(2), -1)] : x;
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
        const { between, y } = forward(module, parts, weights, attributes);
        const result = tensorOf(y);
        // Of an activation the output is kept, as its slope follows from that; a linear layer has none.
        const kept = attributes.last === ACTIVATIONS.none ? [] : [result];
        save([...fleeting, ...(between === undefined ? [] : [tensorOf(between)]), ...kept]);
        return result;
      },
      backwardsFunc: (dy, saved) => {
        let next = 0;
        const own = operands.map((tensor) => (tensor instanceof tf.Variable ? tensor : saved[next++]!));
        const kernels = own.slice(parts.length);
        const outputs = outputsOf(module, kernels, { rows: rowsOf(dy), saved: saved.slice(next) });
        const deltas = backward(module, dy, { kernels, outputs }, attributes);
        const functions: Record<string, () => Tensor> = {};
        let row = 0;
        for (const [i, part] of parts.entries()) {
          const from = row;
          const end = from + widthOf(part);
          row = end;
          functions[`x${String(i)}`] = () =>
            inputGradient(module, deltas[0]!, kernels[0]!, { from, shape: part.shape });
        }
        const first = own.slice(0, parts.length).map((part) => inPlace(module, part));
        deltas.forEach((delta, i) => {
          const before = i === 0 ? first : [outputs[i - 1]!];
          functions[String(2 * i)] = () => kernelGradient(module, before, delta);
          functions[String(2 * i + 1)] = () => sumOverRows(module, delta);
        });
        return functions;
      }
    });
  };
}

const tensorOf = (info: TensorInfo): Tensor => tf.engine().makeTensorFromTensorInfo(info);

/** A matrix where it lies, all but its last axis taken for rows. */
interface Lying {
  readonly address: number;
  readonly width: number;
}

const widthOf = ({ shape }: TensorInfo): number => shape.at(-1)!;
const rowsOf = (tensor: TensorInfo): number => sizeOf(tensor.shape) / widthOf(tensor);
const inPlace = (module: KernelModule, tensor: TensorInfo): Lying => ({
  address: module.addressOf(tensor),
  width: widthOf(tensor)
});

/**
 * @param weights kernel and bias of each layer
 * @returns what the last layer puts out, [..., units], and what those before it do, one after the other in one tensor: to
 *   save one costs as much as to save many of any size
 */
function forward(
  module: KernelModule,
  parts: readonly TensorInfo[],
  weights: readonly TensorInfo[],
  { hidden, last }: Attributes
): { readonly between: TensorInfo | undefined; readonly y: TensorInfo } {
  const rows = rowsOf(parts[0]!);
  const units = weights.filter((_, i) => i % 2 === 0).map(widthOf);
  const y = module.output([...parts[0]!.shape.slice(0, -1), units.at(-1)!]);
  const floats = rows * units.slice(0, -1).reduce((sum, width) => sum + width, 0);
  const between = floats === 0 ? undefined : module.output([floats]);
  let from = parts.map((part) => inPlace(module, part));
  let next = between === undefined ? 0 : module.addressOf(between);
  units.forEach((width, i) => {
    const kernel = weights[2 * i]!;
    const isLast = i === units.length - 1;
    const to = isLast ? module.addressOf(y) : next;
    module.run(
      'denseForward',
      {
        operations: rows * (kernel.shape[0]! + MOVED) * width,
        scratch: module.kernels.denseForwardScratch(kernel.shape[0]!, width)
      },
      [
        rows,
        width,
        ...described(from),
        module.addressOf(kernel),
        module.addressOf(weights[2 * i + 1]!),
        isLast ? last : hidden,
        to
      ]
    );
    from = [{ address: to, width }];
    next += 4 * rows * width;
  });
  return { between, y };
}

/** Where the outputs of each layer lie. @param saved those before the last if there are any, and of an activation the last */
function outputsOf(
  module: KernelModule,
  kernels: readonly Tensor[],
  { rows, saved }: { readonly rows: number; readonly saved: readonly Tensor[] }
): Lying[] {
  let next = kernels.length > 1 ? module.addressOf(saved[0]!) : 0;
  return kernels.map((kernel, i) => {
    const width = widthOf(kernel);
    const address = i === kernels.length - 1 ? lastAddress(module, saved) : next;
    next += 4 * rows * width;
    return { address, width };
  });
}

/** Not used of a linear layer. */
const lastAddress = (module: KernelModule, saved: readonly Tensor[]): number =>
  saved.length === 0 ? 0 : module.addressOf(saved.at(-1)!);

/** Address and width of each part, zeros for those that are not there. */
function described(parts: readonly Lying[]): number[] {
  const numbers = new Array<number>(2 * MOST_PARTS).fill(0);
  parts.forEach(({ address, width }, i) => {
    numbers[2 * i] = address;
    numbers[2 * i + 1] = width;
  });
  return numbers;
}

/** From the gradient of what was put out to those of each layer's sums, [rows, units] each. */
function backward(
  module: KernelModule,
  dy: Tensor,
  { kernels, outputs }: { readonly kernels: readonly Tensor[]; readonly outputs: readonly Lying[] },
  { hidden, last }: Attributes
): Tensor[] {
  const rows = rowsOf(dy);
  const final = outputs.length - 1;
  // Of a linear layer the two gradients are one.
  const deltas = outputs.map(({ width }, i) =>
    i === final && last === ACTIVATIONS.none ? dy : tensorOf(module.output([rows, width]))
  );
  let gradient = module.addressOf(dy);
  for (let i = final; i >= 0; i--) {
    const { address, width } = outputs[i]!;
    const delta = module.addressOf(deltas[i]!);
    if (deltas[i] !== dy) {
      const numbers = [rows * width, address, gradient, i === final ? last : hidden, delta];
      module.run('activationGradient', { operations: MOVED * rows * width }, numbers);
    }
    if (i === 0) break;
    // The layer before turns its gradient into its own sums' where it lies.
    gradient = module.addressOf(deltas[i - 1]!);
    const before = outputs[i - 1]!.width;
    const work = { operations: rows * before * (width + MOVED), scratch: module.kernels.matMulScratch(width, before) };
    module.run('matMul', work, [1, rows, before, width, delta, 0, module.addressOf(kernels[i]!), 1, gradient]);
  }
  return deltas;
}

/** Of the part of the input, of that shape, that the kernel's rows from `from` on are for. */
function inputGradient(
  module: KernelModule,
  delta: Tensor,
  kernel: Tensor,
  { from, shape }: { readonly from: number; readonly shape: readonly number[] }
): Tensor {
  const [rows, units] = [rowsOf(delta), widthOf(delta)];
  const width = shape.at(-1)!;
  const dx = module.output(shape);
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
function kernelGradient(module: KernelModule, parts: readonly Lying[], delta: Tensor): Tensor {
  const [rows, units] = [rowsOf(delta), widthOf(delta)];
  const size = parts.reduce((sum, { width }) => sum + width, 0);
  const dKernel = module.output([size, units]);
  module.run(
    'weightsGradient',
    {
      operations: rows * (size + MOVED) * units,
      scratch: module.kernels.weightsGradientScratch(rows, size, units),
      repeats: true
    },
    [rows, units, ...described(parts), module.addressOf(delta), module.addressOf(dKernel)]
  );
  return tensorOf(dKernel);
}

/** [..., columns] to [columns]. */
function sumOverRows(module: KernelModule, values: Tensor): Tensor {
  const [rows, columns] = [rowsOf(values), widthOf(values)];
  const sums = module.output([columns]);
  const addresses = [module.addressOf(values), module.addressOf(sums)];
  module.run('sumOverRows', { operations: (rows * columns * MOVED) / 2 }, [rows, columns, ...addresses]);
  return tensorOf(sums);
}
