/**
 * The LSTM sequence of lstm.ts as one op on tfjs-wasm's memory, with gradients. The backward pass runs once; gradients of
 * kernel, bias and input are products that follow from it, each made only when it is asked for: an actor trained through
 * a critic does not pay for the critic's weights.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { KernelFunc, NamedTensorMap, Tensor, Tensor2D, Tensor3D, TensorInfo } from '@tensorflow/tfjs-core';
import type { FusedLstm } from '../lstm.ts';
import type { KernelModule } from './module.ts';

/**
 * tfjs' way to give an op several outputs and its own gradient; `tf.customGrad` is this for one output. Private in its
 * types, so named here. Gradients of outputs that nothing used come as zeros.
 */
interface CustomGradient {
  isTapeOn(): boolean;
  runKernelFunc(call: {
    forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor[];
    backwardsFunc: (dys: Tensor[], saved: Tensor[]) => Record<string, () => Tensor>;
    inputs: NamedTensorMap;
  }): Tensor[];
}

const FORWARD = 'FurlongLstmForward';
const BACKWARD = 'FurlongLstmBackward';
const KERNEL_GRADIENT = 'FurlongLstmKernelGradient';
const INPUT_GRADIENT = 'FurlongLstmInputGradient';

const modules = new WeakMap<object, KernelModule>();
let registered = false;

/** The op on this module's backend. */
export function wasmLstm(module: KernelModule): FusedLstm {
  modules.set(module.backend, module);
  if (!registered) {
    registered = true;
    register(FORWARD, forward);
    register(BACKWARD, backward);
    register(KERNEL_GRADIENT, kernelGradient);
    register(INPUT_GRADIENT, inputGradient);
  }
  return lstm;
}

const run = (kernel: string, inputs: NamedTensorMap, attributes: Attributes = { kept: false }): Tensor[] =>
  [tf.engine().runKernel<Tensor | Tensor[]>(kernel, inputs, attributes)].flat();

const lstm: FusedLstm = ({ x, kernel, bias, h0, c0, resets }) => {
  const mask: NamedTensorMap = resets === undefined ? {} : { resets };
  const engine = tf.engine() as unknown as CustomGradient;
  // Nobody will go back where nothing is recorded: then there is nothing to keep.
  if (!engine.isTapeOn()) {
    const [hidden, c] = run(FORWARD, { x, kernel, bias, h0, c0, ...mask }, { kept: false }) as [Tensor3D, Tensor2D];
    return { hidden, c };
  }
  const [hidden, c] = engine.runKernelFunc({
    inputs: { x, kernel, bias, h0, c0 },
    forwardFunc: (_, save) => {
      const [hidden, cLast, ...rest] = run(FORWARD, { x, kernel, bias, h0, c0, ...mask }, { kept: true }) as [
        Tensor,
        Tensor,
        ...Tensor[]
      ];
      save([x, kernel, c0, ...rest, ...Object.values(mask)]);
      return [hidden, cLast];
    },
    backwardsFunc: ([dHidden, dcLast], saved) => {
      const [x, kernel, c0, hBefore, cells, cellTanh, gates, resets] = saved as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor?
      ];
      const mask: NamedTensorMap = resets === undefined ? {} : { resets };
      const inputs = { kernel, c0, cells, cellTanh, gates, dHidden: dHidden!, dcLast: dcLast!, ...mask };
      const [dGates, dh0, dc0] = run(BACKWARD, inputs) as [Tensor, Tensor, Tensor];
      return {
        x: () => run(INPUT_GRADIENT, { x, kernel, dGates })[0]!,
        kernel: () => run(KERNEL_GRADIENT, { x, hBefore, dGates })[0]!,
        bias: () => tf.sum(dGates, [0, 1]),
        h0: () => dh0,
        c0: () => dc0
      };
    }
  }) as [Tensor3D, Tensor2D];
  return { hidden, c };
};

type Inputs = Readonly<Record<string, TensorInfo>>;
/** Of the forward kernel: whether it keeps what the backward one needs. */
type Attributes = Readonly<Record<'kept', boolean>>;

function register(
  kernelName: string,
  own: (module: KernelModule, inputs: Inputs, attributes: Attributes) => TensorInfo[]
): void {
  const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) => {
    const module = modules.get(backend);
    if (module === undefined) throw new Error(`${kernelName}: no kernels on this backend`);
    return own(module, inputs as Inputs, attrs as unknown as Attributes);
  };
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
}

const resetsAddress = (module: KernelModule, { resets }: Inputs): number =>
  resets === undefined ? 0 : module.addressOf(resets);

function forward(module: KernelModule, inputs: Inputs, { kept }: Attributes): TensorInfo[] {
  const { x, kernel, bias, h0, c0 } = inputs as Record<'x' | 'kernel' | 'bias' | 'h0' | 'c0', TensorInfo>;
  const [steps, batch, size] = x.shape as [number, number, number];
  const units = h0.shape[1]!;
  const state = [steps, batch, units];
  const hidden = module.output(state);
  const cLast = module.output([batch, units]);
  const [hBefore, cells, cellTanh] = kept
    ? [module.output(state), module.output(state), module.output(state)]
    : [undefined, undefined, undefined];
  const gates = kept ? module.output([steps, batch, 4 * units]) : undefined;
  const forState = roundedUp(units) * 4 * roundedUp(units);
  const forInput = roundedUp(size) * 4 * roundedUp(units);
  const one = roundedUp(batch * units);
  // The packed kernel, and where nothing is kept one step's hBefore, cells, tanh and gates.
  const packedInput = module.scratch(forInput + forState + (kept ? 0 : 7 * one));
  const packedState = packedInput + 4 * forInput;
  const spare = packedState + 4 * forState;
  const joined = size + units <= JOINED;
  pack(module, packedInput, module.addressOf(kernel), joined ? size + units : size, 4 * units);
  if (!joined) pack(module, packedState, module.addressOf(kernel) + 16 * size * units, units, 4 * units);
  module.run(
    'lstmForward',
    { operations: steps * batch * (size + units + 20) * 4 * units, scratch: module.kernels.lstmScratch() },
    [
      steps,
      batch,
      size,
      units,
      Number(kept),
      module.addressOf(x),
      packedInput,
      joined ? 0 : packedState,
      module.addressOf(bias),
      module.addressOf(h0),
      module.addressOf(c0),
      resetsAddress(module, inputs),
      module.addressOf(hidden),
      module.addressOf(cLast),
      hBefore === undefined ? spare : module.addressOf(hBefore),
      cells === undefined ? spare + 4 * one : module.addressOf(cells),
      cellTanh === undefined ? spare + 8 * one : module.addressOf(cellTanh),
      gates === undefined ? spare + 12 * one : module.addressOf(gates)
    ]
  );
  const rest = [hBefore, cells, cellTanh, gates].filter((tensor) => tensor !== undefined);
  return [hidden, cLast, ...rest];
}

/** Rows of a kernel that is multiplied by input and state in one go: `joins` of kernels/gemm.ts. */
const JOINED = 512;

/** Packs a matrix of [depth, columns] that lies without gaps. */
function pack(module: KernelModule, to: number, from: number, depth: number, columns: number): void {
  module.run('packShard', { operations: 4 * depth * columns }, [to, from, columns, depth, columns, 0]);
}

/** To a multiple of eight: strips of packed columns are padded, and the next thing begins on a boundary. */
const roundedUp = (n: number): number => Math.ceil(n / 8) * 8;

function backward(module: KernelModule, inputs: Inputs): TensorInfo[] {
  const { kernel, c0, cells, cellTanh, gates, dHidden, dcLast } = inputs as Record<
    'kernel' | 'c0' | 'cells' | 'cellTanh' | 'gates' | 'dHidden' | 'dcLast',
    TensorInfo
  >;
  const [steps, batch, units] = cells.shape as [number, number, number];
  const size = kernel.shape[0]! - units;
  const dGates = module.output([steps, batch, 4 * units]);
  const dh0 = module.output([batch, units]);
  const dc0 = module.output([batch, units]);
  const packed = module.scratch(4 * units * roundedUp(units));
  const rowsOfState = module.addressOf(kernel) + 16 * size * units;
  const transposed = [packed, rowsOfState, 4 * units, 4 * units, units, 1];
  module.run('packShard', { operations: 16 * units * units }, transposed);
  module.run(
    'lstmBackward',
    { operations: steps * batch * (units + 10) * 4 * units, scratch: module.kernels.lstmScratch() },
    [
      steps,
      batch,
      units,
      packed,
      module.addressOf(c0),
      resetsAddress(module, inputs),
      module.addressOf(cells),
      module.addressOf(cellTanh),
      module.addressOf(gates),
      module.addressOf(dHidden),
      module.addressOf(dcLast),
      module.addressOf(dGates),
      module.addressOf(dh0),
      module.addressOf(dc0)
    ]
  );
  return [dGates, dh0, dc0];
}

function kernelGradient(module: KernelModule, inputs: Inputs): TensorInfo[] {
  const { x, hBefore, dGates } = inputs as Record<'x' | 'hBefore' | 'dGates', TensorInfo>;
  const [steps, batch, size] = x.shape as [number, number, number];
  const units = hBefore.shape[2]!;
  const rows = steps * batch;
  const dKernel = module.output([size + units, 4 * units]);
  const addresses = [module.addressOf(dGates), module.addressOf(dKernel)];
  module.run(
    'weightsGradient',
    {
      operations: rows * (size + units) * 4 * units,
      scratch: module.kernels.weightsGradientScratch(rows, size + units, 4 * units),
      repeats: true
    },
    [rows, 4 * units, module.addressOf(x), size, module.addressOf(hBefore), units, 0, 0, ...addresses]
  );
  return [dKernel];
}

function inputGradient(module: KernelModule, inputs: Inputs): TensorInfo[] {
  const { x, kernel, dGates } = inputs as Record<'x' | 'kernel' | 'dGates', TensorInfo>;
  const [steps, batch, size] = x.shape as [number, number, number];
  const width = dGates.shape[2]!;
  const rows = steps * batch;
  const dx = module.output(x.shape);
  const [from, weights, to] = [module.addressOf(dGates), module.addressOf(kernel), module.addressOf(dx)];
  // The kernel's rows of the input are its first.
  module.run('matMul', { operations: rows * size * width, scratch: module.kernels.matMulScratch(width, size) }, [
    1,
    rows,
    size,
    width,
    from,
    0,
    weights,
    1,
    to
  ]);
  return [dx];
}
