/**
 * Our WebAssembly module: what it exports, and how it comes onto a tfjs-wasm backend's own memory. This file names every
 * internal of tfjs-backend-wasm 4.22.0 that the CPU kernels lean on; the check at start-up notices when one changes.
 */
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { readAsset } from '../runtime.ts';

/** Addresses and counts are numbers; every `scratch` has the floats its `…Scratch` function asks for. */
export interface KernelExports {
  matMulScratch(depth: number, columns: number): number;
  matMul(
    batch: number,
    rows: number,
    columns: number,
    depth: number,
    a: number,
    transposeA: boolean,
    b: number,
    transposeB: boolean,
    c: number,
    scratch: number
  ): void;
  copyRows(rows: number, width: number, from: number, fromStride: number, to: number, toStride: number): void;
  denseForwardScratch(inputs: number, outputs: number): number;
  denseForward(
    rows: number,
    inputs: number,
    outputs: number,
    x: number,
    kernel: number,
    bias: number,
    activation: number,
    y: number,
    scratch: number
  ): void;
  activationGradient(count: number, y: number, dy: number, activation: number, dz: number): void;
  lstmForwardScratch(inputs: number, units: number): number;
  lstmForward(
    steps: number,
    batch: number,
    inputs: number,
    units: number,
    x: number,
    kernel: number,
    bias: number,
    h0: number,
    c0: number,
    resets: number,
    hidden: number,
    cLast: number,
    hBefore: number,
    cells: number,
    cellTanh: number,
    gates: number,
    scratch: number
  ): void;
  lstmBackwardScratch(units: number): number;
  lstmBackward(
    steps: number,
    batch: number,
    inputs: number,
    units: number,
    kernel: number,
    c0: number,
    resets: number,
    cells: number,
    cellTanh: number,
    gates: number,
    dHidden: number,
    dcLast: number,
    dGates: number,
    dh0: number,
    dc0: number,
    scratch: number
  ): void;
  lstmKernelGradientScratch(rows: number, units: number): number;
  lstmKernelGradient(
    rows: number,
    inputs: number,
    units: number,
    x: number,
    hBefore: number,
    dGates: number,
    dKernel: number,
    scratch: number
  ): void;
  lstmInputGradientScratch(inputs: number, units: number): number;
  lstmInputGradient(
    rows: number,
    inputs: number,
    units: number,
    kernel: number,
    dGates: number,
    dx: number,
    scratch: number
  ): void;
  adam(
    count: number,
    parameter: number,
    m: number,
    v: number,
    gradient: number,
    gradientScale: number,
    decay: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    stepSize: number,
    secondScale: number,
    epsilon: number
  ): void;
  rmsProp(
    count: number,
    parameter: number,
    square: number,
    gradient: number,
    gradientScale: number,
    decay: number,
    rest: number,
    learningRate: number,
    epsilon: number
  ): void;
  polyak(count: number, target: number, source: number, keep: number, tau: number): void;
  sumOfSquares(count: number, values: number): number;
  sumOverRows(rows: number, columns: number, values: number, sums: number): void;
}

/** What of tfjs' `BackendWasm` is used. */
export interface WasmBackend {
  readonly wasm: {
    /** The threaded build imports its memory, the others export it. */
    readonly wasmMemory?: WebAssembly.Memory;
    readonly asm?: { readonly memory?: WebAssembly.Memory };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  refCount(dataId: object): number;
}

export type Precision = 'strict' | 'relaxed';
export type LoadModule = (file: string) => Promise<Uint8Array<ArrayBuffer>>;

/** The module on one backend's memory, with scratch space that grows and is kept between calls. */
export class KernelModule {
  readonly kernels: KernelExports;
  readonly backend: WasmBackend;
  #scratch = 0;
  #scratchFloats = 0;

  constructor(kernels: KernelExports, backend: WasmBackend) {
    this.kernels = kernels;
    this.backend = backend;
  }

  addressOf(tensor: { readonly dataId: object }): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  output(shape: readonly number[]): TensorInfo {
    return this.backend.makeOutput([...shape], 'float32');
  }

  /** Address of at least that many floats; the next call may give the same. */
  scratch(floats: number): number {
    if (floats > this.#scratchFloats) {
      const { wasm } = this.backend;
      if (this.#scratch !== 0) wasm._free(this.#scratch);
      this.#scratch = wasm._malloc(floats * 4) >>> 0;
      this.#scratchFloats = floats;
      if (this.#scratch === 0)
        throw new Error(`no ${String(floats * 4)} bytes of scratch space left in WebAssembly memory`);
    }
    return this.#scratch;
  }
}

/** Written out one by one: the bundler reads these expressions. */
const builtModules: Readonly<Record<string, () => URL>> = {
  'strict-plain.wasm': () => new URL('./generated/strict-plain.wasm', import.meta.url),
  'strict-shared.wasm': () => new URL('./generated/strict-shared.wasm', import.meta.url),
  'relaxed-plain.wasm': () => new URL('./generated/relaxed-plain.wasm', import.meta.url),
  'relaxed-shared.wasm': () => new URL('./generated/relaxed-shared.wasm', import.meta.url)
};

/** What `scripts/build-kernels.js` made. */
export const loadBuiltModule: LoadModule = (file) => {
  const locate = builtModules[file];
  if (locate === undefined) throw new Error(`no kernel module ${file}`);
  return readAsset(locate());
};

/** Puts the module onto the backend's memory. Rejects where it cannot be loaded or does not fit that memory. */
export async function startModule(
  backend: WasmBackend,
  precision: Precision,
  load: LoadModule = loadBuiltModule
): Promise<KernelModule> {
  const memory = backend.wasm.wasmMemory ?? backend.wasm.asm?.memory;
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('tfjs-wasm shows no memory');
  const shared = typeof SharedArrayBuffer === 'function' && memory.buffer instanceof SharedArrayBuffer;
  const bytes = await load(`${precision}-${shared ? 'shared' : 'plain'}.wasm`);
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  return new KernelModule(instance.exports as unknown as KernelExports, backend);
}
