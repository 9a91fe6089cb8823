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

const run = (kernel: string, inputs: NamedTensorMap): Tensor[] =>
  [tf.engine().runKernel<Tensor | Tensor[]>(kernel, inputs)].flat();

const lstm: FusedLstm = ({ x, kernel, bias, h0, c0, resets }) => {
  const mask: NamedTensorMap = resets === undefined ? {} : { resets };
  const engine = tf.engine() as unknown as CustomGradient;
  const [hidden, c] = engine.runKernelFunc({
    inputs: { x, kernel, bias, h0, c0 },
    forwardFunc: (_, save) => {
      const [hidden, cLast, ...rest] = run(FORWARD, { x, kernel, bias, h0, c0, ...mask }) as [
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

function register(kernelName: string, own: (module: KernelModule, inputs: Inputs) => TensorInfo[]): void {
  const kernelFunc: KernelFunc = ({ inputs, backend }) => {
    const module = modules.get(backend);
    if (module === undefined) throw new Error(`${kernelName}: no kernels on this backend`);
    return own(module, inputs as Inputs);
  };
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
}

const resetsAddress = (module: KernelModule, { resets }: Inputs): number =>
  resets === undefined ? 0 : module.addressOf(resets);

function forward(module: KernelModule, inputs: Inputs): TensorInfo[] {
  const { x, kernel, bias, h0, c0 } = inputs as Record<'x' | 'kernel' | 'bias' | 'h0' | 'c0', TensorInfo>;
  const [steps, batch, size] = x.shape as [number, number, number];
  const units = h0.shape[1]!;
  const state = [steps, batch, units];
  const hidden = module.output(state);
  const cLast = module.output([batch, units]);
  const hBefore = module.output(state);
  const cells = module.output(state);
  const cellTanh = module.output(state);
  const gates = module.output([steps, batch, 4 * units]);
  const { kernels } = module;
  kernels.lstmForward(
    steps,
    batch,
    size,
    units,
    module.addressOf(x),
    module.addressOf(kernel),
    module.addressOf(bias),
    module.addressOf(h0),
    module.addressOf(c0),
    resetsAddress(module, inputs),
    module.addressOf(hidden),
    module.addressOf(cLast),
    module.addressOf(hBefore),
    module.addressOf(cells),
    module.addressOf(cellTanh),
    module.addressOf(gates),
    module.scratch(kernels.lstmForwardScratch(size, units))
  );
  return [hidden, cLast, hBefore, cells, cellTanh, gates];
}

function backward(module: KernelModule, inputs: Inputs): TensorInfo[] {
  const { kernel, c0, cells, cellTanh, gates, dHidden, dcLast } = inputs as Record<
    'kernel' | 'c0' | 'cells' | 'cellTanh' | 'gates' | 'dHidden' | 'dcLast',
    TensorInfo
  >;
  const [steps, batch, units] = cells.shape as [number, number, number];
  const dGates = module.output([steps, batch, 4 * units]);
  const dh0 = module.output([batch, units]);
  const dc0 = module.output([batch, units]);
  const { kernels } = module;
  kernels.lstmBackward(
    steps,
    batch,
    kernel.shape[0]! - units,
    units,
    module.addressOf(kernel),
    module.addressOf(c0),
    resetsAddress(module, inputs),
    module.addressOf(cells),
    module.addressOf(cellTanh),
    module.addressOf(gates),
    module.addressOf(dHidden),
    module.addressOf(dcLast),
    module.addressOf(dGates),
    module.addressOf(dh0),
    module.addressOf(dc0),
    module.scratch(kernels.lstmBackwardScratch(units))
  );
  return [dGates, dh0, dc0];
}

function kernelGradient(module: KernelModule, inputs: Inputs): TensorInfo[] {
  const { x, hBefore, dGates } = inputs as Record<'x' | 'hBefore' | 'dGates', TensorInfo>;
  const [steps, batch, size] = x.shape as [number, number, number];
  const units = hBefore.shape[2]!;
  const rows = steps * batch;
  const dKernel = module.output([size + units, 4 * units]);
  const { kernels } = module;
  const scratch = module.scratch(kernels.lstmKernelGradientScratch(rows, units));
  const [addressX, addressH] = [module.addressOf(x), module.addressOf(hBefore)];
  kernels.lstmKernelGradient(
    rows,
    size,
    units,
    addressX,
    addressH,
    module.addressOf(dGates),
    module.addressOf(dKernel),
    scratch
  );
  return [dKernel];
}

function inputGradient(module: KernelModule, inputs: Inputs): TensorInfo[] {
  const { x, kernel, dGates } = inputs as Record<'x' | 'kernel' | 'dGates', TensorInfo>;
  const [steps, batch, size] = x.shape as [number, number, number];
  const units = dGates.shape[2]! / 4;
  const dx = module.output(x.shape);
  const { kernels } = module;
  const scratch = module.scratch(kernels.lstmInputGradientScratch(size, units));
  const addressKernel = module.addressOf(kernel);
  kernels.lstmInputGradient(
    steps * batch,
    size,
    units,
    addressKernel,
    module.addressOf(dGates),
    module.addressOf(dx),
    scratch
  );
  return [dx];
}
