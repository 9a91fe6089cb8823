/**
 * Our WebAssembly module: what it exports, and how it comes onto a tfjs-wasm backend's own memory. This file names every
 * internal of tfjs-backend-wasm 4.22.0 that the CPU kernels lean on; the check at start-up notices when one changes.
 */
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { readAsset } from '../runtime.ts';
import type { Shardable } from './crew-protocol.ts';
import { Crew } from './crew.ts';

/** Kernels that are called as they are, on the caller's thread. Addresses and counts are numbers. */
export interface KernelExports {
  matMulScratch(depth: number, columns: number): number;
  denseForwardScratch(inputs: number, outputs: number): number;
  weightsGradientScratch(rows: number, outputs: number): number;
  lstmScratch(): number;
  copyRows(rows: number, width: number, from: number, fromStride: number, to: number, toStride: number): void;
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
  sumOfSquares(count: number, values: number): number;
  squashedScratch(count: number): number;
  squashedForward(
    rows: number,
    actions: number,
    mean: number,
    logStd: number,
    noise: number,
    epsilon: number,
    action: number,
    logProb: number,
    slopes: number,
    terms: number
  ): void;
  squashedBackward(
    rows: number,
    actions: number,
    slopes: number,
    dAction: number,
    dLogProb: number,
    dMean: number,
    dLogStd: number
  ): void;
  maskedMean(count: number, x: number, mask: number, mean: number, weights: number): void;
  clip(count: number, x: number, low: number, high: number, y: number): void;
  clipGradient(count: number, x: number, low: number, high: number, dy: number, dx: number): void;
  smallestScratch(width: number): number;
}

type Numbers = readonly number[];

/** Kernels that are done in shards, on several threads where there are some. Parameters stand at the kernels. */
const SHARDED = [
  'packShard',
  'matMul',
  'denseForward',
  'activationGradient',
  'weightsGradient',
  'lstmForward',
  'lstmBackward',
  'quantileHuber',
  'smallest',
  'adamAll',
  'polyakAll',
  'sumOverRows'
] as const;
export type Sharded = (typeof SHARDED)[number];

/** How large a piece of work is. */
export interface Work {
  /** Multiplications and additions, or what takes as long: what is small is not worth waking a thread for. */
  readonly operations: number;
  /** Floats of scratch a thread. */
  readonly scratch?: number;
}

/** A shard below this, some 8 microseconds of work, gains less than telling another thread of it may cost. */
const LEAST_OPERATIONS = 200_000;
/** Shards a thread: a thread that comes late, or has half a core, finds less left to do. */
const SHARDS_A_THREAD = 2;

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
  incRef(dataId: object): void;
}

export type Precision = 'strict' | 'relaxed';
export type LoadModule = (file: string) => Promise<Uint8Array<ArrayBuffer>>;

/** The module on one backend's memory, with scratch space that grows and is kept between calls, and its threads. */
export class KernelModule {
  readonly kernels: KernelExports;
  readonly backend: WasmBackend;
  readonly #sharded: readonly Shardable[];
  readonly #memory: WebAssembly.Memory;
  readonly #crew: Crew | undefined;
  #scratch: Space = { address: 0, floats: 0 };
  #threadScratch: Space = { address: 0, floats: 0 };

  constructor(parts: {
    readonly exports: WebAssembly.Exports;
    readonly memory: WebAssembly.Memory;
    readonly backend: WasmBackend;
    readonly crew?: Crew | undefined;
  }) {
    this.kernels = parts.exports as unknown as KernelExports;
    this.backend = parts.backend;
    this.#memory = parts.memory;
    this.#crew = parts.crew;
    this.#sharded = shardedOf(parts.exports);
  }

  /** 1 where there are no helpers. */
  get threads(): number {
    return this.#crew?.threads ?? 1;
  }

  addressOf(tensor: { readonly dataId: object }): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  output(shape: readonly number[]): TensorInfo {
    return this.backend.makeOutput([...shape], 'float32');
  }

  /** Another tensor of the same storage: what a copy is as long as nobody writes. */
  share(tensor: TensorInfo): TensorInfo {
    this.backend.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype };
  }

  /** Address of at least that many floats; the next call may give the same. */
  scratch(floats: number): number {
    this.#scratch = this.#grown(this.#scratch, floats);
    return this.#scratch.address;
  }

  /** Address of a copy of the numbers as 32-bit integers, in the scratch space. */
  table(numbers: Numbers): number {
    const address = this.scratch(numbers.length);
    new Uint32Array(this.#memory.buffer, address, numbers.length).set(numbers);
    return address;
  }

  /**
   * Does a kernel, in shards where it is large and there are threads. The bits are the same either way.
   * @param numbers the kernel's parameters after (shard, shards, scratch); what is true is 1
   */
  run(name: Sharded, { operations, scratch = 0 }: Work, numbers: Numbers): void {
    const kernel = SHARDED.indexOf(name);
    const threads = this.threads;
    const space = this.#grown(this.#threadScratch, scratch * threads);
    this.#threadScratch = space;
    const most = Math.floor(operations / LEAST_OPERATIONS);
    if (this.#crew === undefined || most < 2) {
      this.#sharded[kernel]!(0, 1, space.address, ...numbers);
      return;
    }
    const shards = Math.min(most, SHARDS_A_THREAD * threads);
    this.#crew.run(kernel, shards, space.address, Math.floor(space.floats / threads / 4) * 16, numbers);
  }

  /** Ends the threads; the memory is the backend's. */
  dispose(): void {
    this.#crew?.dispose();
  }

  #grown(space: Space, floats: number): Space {
    if (floats <= space.floats) return space;
    const { wasm } = this.backend;
    if (space.address !== 0) wasm._free(space.address);
    const address = wasm._malloc(floats * 4) >>> 0;
    if (address === 0) throw new Error(`no ${String(floats * 4)} bytes of scratch space left in WebAssembly memory`);
    return { address, floats };
  }
}

interface Space {
  readonly address: number;
  readonly floats: number;
}

const shardedOf = (exports: WebAssembly.Exports): Shardable[] => SHARDED.map((name) => exports[name] as Shardable);

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

/**
 * Puts the module onto the backend's memory, with that many threads where the memory is shared. Rejects where it cannot be
 * loaded, does not fit that memory, or a thread does not start.
 */
export async function startModule(
  backend: WasmBackend,
  options: { readonly precision: Precision; readonly load?: LoadModule | undefined; readonly threads: number }
): Promise<KernelModule> {
  const { precision, load = loadBuiltModule, threads } = options;
  const memory = backend.wasm.wasmMemory ?? backend.wasm.asm?.memory;
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('tfjs-wasm shows no memory');
  const shared = isShared(memory);
  const module = await WebAssembly.compile(await load(`${precision}-${shared ? 'shared' : 'plain'}.wasm`));
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const crew =
    shared && threads > 1
      ? await Crew.start({ threads, module, memory, names: SHARDED, kernels: shardedOf(exports) })
      : undefined;
  return new KernelModule({ exports, memory, backend, crew });
}

const isShared = (memory: WebAssembly.Memory): boolean =>
  typeof SharedArrayBuffer === 'function' && memory.buffer instanceof SharedArrayBuffer;
