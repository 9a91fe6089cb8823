/**
 * The dense layers of mlp.ts as one op on tfjs-wasm's memory, with gradients: one kernel forward, one backward. The
 * gradient of the input is one product more, made only where it is asked for: what comes from data wants none.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { KernelFunc, NamedTensorMap, Tensor, Tensor2D, TensorInfo } from '@tensorflow/tfjs-core';
import type { FusedMlp, MlpArgs } from '../mlp.ts';
import type { KernelModule } from './module.ts';

/** tfjs' way to give an op its own gradient, a function an input: see lstm-op.ts. Private in its types, so named here. */
interface CustomGradient {
  runKernelFunc(call: {
    forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor;
    backwardsFunc: (dy: Tensor, saved: Tensor[]) => Record<string, () => Tensor>;
    inputs: NamedTensorMap;
  }): Tensor;
}

const FORWARD = 'FurlongMlpForward';
const BACKWARD = 'FurlongMlpBackward';
/** As the kernels name them (kernels/dense.ts). */
const ACTIVATIONS = { none: 0, tanh: 1, relu: 2 } as const;

type Attributes = Readonly<Record<'hidden' | 'last', number>>;

const modules = new WeakMap<object, KernelModule>();
let registered = false;

/** The op on this module's backend. */
export function wasmMlp(module: KernelModule): FusedMlp {
  modules.set(module.backend, module);
  if (!registered) {
    registered = true;
    register(FORWARD, forward);
    register(BACKWARD, backward);
  }
  return fusedMlp;
}

const run = (kernel: string, inputs: readonly Tensor[], attributes: Attributes): Tensor[] =>
  [
    tf.engine().runKernel<Tensor | Tensor[]>(kernel, named(inputs, 'input'), attributes as unknown as tf.NamedAttrMap)
  ].flat();

/** Inputs in order: objects keep theirs. */
const named = (tensors: readonly Tensor[], name: string): NamedTensorMap =>
  Object.fromEntries(tensors.map((tensor, i) => [`${name}${String(i)}`, tensor]));

const attributesOf = ({ activation, last }: Omit<MlpArgs, 'x'>): Attributes => ({
  hidden: ACTIVATIONS[activation],
  last: last === 'linear' ? ACTIVATIONS.none : ACTIVATIONS[activation]
});

const fusedMlp: FusedMlp = ({ x, ...rest }) => {
  const { layers } = rest;
  const attributes = attributesOf(rest);
  const weights = layers.flatMap(({ kernel, bias }) => [kernel, bias]);
  const engine = tf.engine() as unknown as CustomGradient;
  return engine.runKernelFunc({
    inputs: { x, ...named(weights, 'weight') },
    forwardFunc: (_, save) => {
      const outputs = run(FORWARD, [x, ...weights], attributes);
      save([x, ...layers.map(({ kernel }) => kernel), ...outputs]);
      return outputs.at(-1)!;
    },
    backwardsFunc: (dy, saved) => {
      const [dz, ...gradients] = run(BACKWARD, [dy, ...saved], attributes);
      const first = saved[1] as Tensor2D;
      return {
        x: () => tf.matMul(dz as Tensor2D, first, false, true),
        ...Object.fromEntries(gradients.map((gradient, i) => [`weight${String(i)}`, () => gradient]))
      };
    }
  }) as Tensor2D;
};

function register(
  kernelName: string,
  own: (module: KernelModule, inputs: readonly TensorInfo[], attributes: Attributes) => TensorInfo[]
): void {
  const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) => {
    const module = modules.get(backend);
    if (module === undefined) throw new Error(`${kernelName}: no kernels on this backend`);
    return own(module, Object.values(inputs) as TensorInfo[], attrs as unknown as Attributes);
  };
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
}

/** x, then kernel and bias of each layer. @returns what each layer put out */
function forward(module: KernelModule, inputs: readonly TensorInfo[], { hidden, last }: Attributes): TensorInfo[] {
  const { kernels } = module;
  let from = inputs[0]!;
  const [rows] = from.shape as [number, number];
  const outputs: TensorInfo[] = [];
  for (let i = 1; i < inputs.length; i += 2) {
    const kernel = inputs[i]!;
    const [size, units] = kernel.shape as [number, number];
    const to = module.output([rows, units]);
    const scratch = module.scratch(kernels.denseForwardScratch(size, units));
    kernels.denseForward(
      rows,
      size,
      units,
      module.addressOf(from),
      module.addressOf(kernel),
      module.addressOf(inputs[i + 1]!),
      i + 2 < inputs.length ? hidden : last,
      module.addressOf(to),
      scratch
    );
    outputs.push(to);
    from = to;
  }
  return outputs;
}

/**
 * The gradient of what was put out, x, each kernel, what each layer put out.
 * @returns the gradient of the first layer's sums, [rows, units], then those of kernel and bias of each layer
 */
function backward(module: KernelModule, inputs: readonly TensorInfo[], { hidden, last }: Attributes): TensorInfo[] {
  const { kernels } = module;
  const [dy, x, ...rest] = inputs as [TensorInfo, TensorInfo, ...TensorInfo[]];
  const count = rest.length / 2;
  const weights = rest.slice(0, count);
  const outputs = rest.slice(count);
  const [rows] = x.shape as [number, number];
  const dFirst = module.output([rows, weights[0]!.shape[1]!]);
  const gradients = weights.map(({ shape }) => ({
    kernel: module.output(shape),
    bias: module.output([shape[1]!])
  }));
  const products = Math.max(
    ...weights.map(({ shape }) => {
      const [size, units] = shape as [number, number];
      return Math.max(kernels.matMulScratch(rows, units), kernels.matMulScratch(units, size));
    })
  );
  const widest = Math.max(...weights.map(({ shape }) => shape[1]!));
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
    const { kernel, bias } = gradients[i]!;
    kernels.matMul(1, size, units, rows, before, true, dz, false, module.addressOf(kernel), workspace);
    kernels.sumOverRows(rows, units, dz, module.addressOf(bias));
    if (i === 0) break;
    gradient = spare[(i + 1) % 2]!;
    kernels.matMul(1, rows, size, units, dz, false, module.addressOf(weights[i]!), true, gradient, workspace);
  }
  return [dFirst, ...gradients.flatMap(({ kernel, bias }) => [kernel, bias])];
}
