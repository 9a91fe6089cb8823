/**
 * Our WebAssembly module: what it exports, and how it comes onto a tfjs-wasm backend's own memory. This file names every
 * internal of tfjs-backend-wasm 4.22.0 that the CPU kernels lean on; the check at start-up notices when one changes.
 */
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { AppError } from '../../core/errors.ts';
import { readAsset } from '../runtime.ts';
import type { Shardable } from './crew-protocol.ts';
import { Crew } from './crew.ts';

/** Kernels that are called as they are, on the caller's thread. Addresses and counts are numbers. */
export interface KernelExports {
  readonly matMulScratch: (depth: number, columns: number) => number;
  readonly denseForwardScratch: (inputs: number, outputs: number) => number;
  readonly weightsGradientScratch: (rows: number, inputs: number, outputs: number) => number;
  readonly lstmScratch: () => number;
  readonly copyRows: (
    rows: number,
    width: number,
    from: number,
    fromStride: number,
    to: number,
    toStride: number
  ) => void;
  readonly rmsProp: (
    count: number,
    parameter: number,
    square: number,
    gradient: number,
    gradientScale: number,
    decay: number,
    rest: number,
    learningRate: number,
    epsilon: number
  ) => void;
  readonly sumOfSquares: (count: number, values: number) => number;
  readonly squashedScratch: (count: number) => number;
  readonly squashedForward: (
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
  ) => void;
  readonly squashedBackward: (
    rows: number,
    actions: number,
    slopes: number,
    dAction: number,
    dLogProb: number,
    dMean: number,
    dLogStd: number
  ) => void;
  readonly maskedMean: (count: number, x: number, mask: number, mean: number, weights: number) => void;
  readonly clip: (count: number, x: number, low: number, high: number, y: number) => void;
  readonly clipGradient: (count: number, x: number, low: number, high: number, dy: number, dx: number) => void;
  readonly smallestScratch: (width: number) => number;
  readonly floatsOfBytes: (count: number, from: number, to: number) => void;
  readonly fillWith: (count: number, value: number, to: number) => void;
}

/** Those among them that write. */
const DIRECT = [
  'copyRows',
  'rmsProp',
  'squashedForward',
  'squashedBackward',
  'maskedMean',
  'clip',
  'clipGradient',
  'floatsOfBytes',
  'fillWith'
] as const satisfies readonly (keyof KernelExports)[];

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
  /** Where every shard does part of the work anew (it packs an operand), so that more of them than threads do not pay. */
  readonly repeats?: boolean;
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
    _malloc: (bytes: number) => number;
    _free: (address: number) => void;
    /** A function of tfjs' own module; arguments that are arrays are copied to its stack for the call. */
    cwrap: (name: string, returns: string | null, types: readonly string[]) => (...values: never[]) => unknown;
    readonly tfjs: { disposeData: (id: number) => void };
  };
  /** `get` of what is not there would move it over from another backend. */
  readonly dataIdMap: { get(dataId: object): WasmData; has(dataId: object): boolean };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  move: (dataId: object, values: unknown, shape: number[], dtype: DataType, refCount: number) => void;
  readSync: (dataId: object, start?: number, end?: number) => unknown;
  typedArrayFromHeap: (tensor: TensorInfo) => unknown;
  refCount(dataId: object): number;
  incRef(dataId: object): void;
}

/** Where a tensor's values lie, and the number under which tfjs' own module knows that. */
export interface WasmData {
  id: number;
  memoryOffset: number;
}

/** Takes down what is done to the memory while an update is recorded: see recording.ts. */
export interface Tape {
  add(call: () => void): void;
  /** As `KernelModule.often`; what `run` does is not taken down by itself. */
  often<Values>(values: () => Values, run: (values: Values) => void): void;
  /** The first reason counts. */
  refuse(why: string): void;
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
  #tape: Tape | undefined;
  /** Of recordings, which have addresses of scratch space in them; what was outgrown meanwhile stays until they are gone. */
  #holds = 0;
  readonly #outgrown: number[] = [];
  readonly #allocate: (bytes: number) => number;
  readonly #free: (address: number) => void;

  constructor(parts: {
    readonly exports: WebAssembly.Exports;
    readonly memory: WebAssembly.Memory;
    readonly backend: WasmBackend;
    readonly crew?: Crew | undefined;
  }) {
    this.kernels = this.#recordable(parts.exports as unknown as KernelExports);
    this.backend = parts.backend;
    const { wasm } = parts.backend;
    // Not what a recording may put in their place; and called once before, for at its first call each of them puts itself
    // in its place.
    wasm._free(wasm._malloc(1));
    wasm._malloc = orThrow(wasm._malloc.bind(wasm));
    [this.#allocate, this.#free] = [wasm._malloc, wasm._free.bind(wasm)];
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
  run(name: Sharded, work: Work, numbers: Numbers): void {
    this.#tape?.add(() => this.#run(name, work, numbers));
    this.#run(name, work, numbers);
  }

  /**
   * Does something whose numbers are new at every update. Where an update is recorded, a replay asks for them again;
   * `run` may call kernels, but no tfjs.
   */
  often<Values>(values: () => Values, run: (values: Values) => void): void {
    const tape = this.#tape;
    if (tape === undefined) {
      run(values());
      return;
    }
    this.#tape = undefined;
    try {
      tape.often(values, run);
    } finally {
      this.#tape = tape;
    }
  }

  /** Where an update is being recorded: it cannot be replayed. */
  refuseRecording(why: string): void {
    this.#tape?.refuse(why);
  }

  /** From now on the tape takes down every kernel that is called; undefined for none. */
  recordOn(tape: Tape | undefined): void {
    this.#tape = tape;
  }

  /** Keeps scratch space where it is, however often it is outgrown, until what this returns is called. */
  holdScratch(): () => void {
    this.#holds++;
    return () => {
      if (--this.#holds === 0) for (const address of this.#outgrown.splice(0)) this.#free(address);
    };
  }

  /** Address of that many bytes: tfjs' `_free` gives them back. */
  allocate(bytes: number): number {
    return this.#allocate(bytes) >>> 0;
  }

  /** The memory's bytes as they are now: a memory that grows moves. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  #run(name: Sharded, { operations, scratch = 0, repeats = false }: Work, numbers: Numbers): void {
    const kernel = SHARDED.indexOf(name);
    const threads = this.threads;
    const space = this.#grown(this.#threadScratch, scratch * threads);
    this.#threadScratch = space;
    const most = Math.floor(operations / LEAST_OPERATIONS);
    if (this.#crew === undefined || most < 2) {
      this.#sharded[kernel]!(0, 1, space.address, ...numbers);
      return;
    }
    const shards = Math.min(most, repeats ? threads : SHARDS_A_THREAD * threads);
    this.#crew.run(kernel, shards, space.address, Math.floor(space.floats / threads / 4) * 16, numbers);
  }

  /** Ends the threads; the memory is the backend's. */
  dispose(): void {
    this.#crew?.dispose();
  }

  /** The same kernels, which a tape takes down. */
  #recordable(exports: KernelExports): KernelExports {
    const direct = DIRECT.map((name) => {
      const kernel: (...numbers: readonly number[]) => void = exports[name];
      const recorded = (...numbers: readonly number[]): void => {
        this.#tape?.add(() => {
          kernel(...numbers);
        });
        kernel(...numbers);
      };
      return [name, recorded] as const;
    });
    const sumOfSquares: KernelExports['sumOfSquares'] = (count, values) => {
      this.#tape?.refuse('it reads a norm');
      return exports.sumOfSquares(count, values);
    };
    return {
      ...exports,
      ...(Object.fromEntries(direct) as Pick<KernelExports, (typeof DIRECT)[number]>),
      sumOfSquares
    };
  }

  #grown(space: Space, floats: number): Space {
    if (floats <= space.floats) return space;
    if (space.address !== 0) {
      if (this.#holds > 0) this.#outgrown.push(space.address);
      else this.#free(space.address);
    }
    return { address: this.allocate(floats * 4), floats };
  }
}

interface Space {
  readonly address: number;
  readonly floats: number;
}

/**
 * Where nothing is left tfjs' own gives 0, and tfjs would write there, over what lies at the memory's beginning.
 * @throws AppError `data.limit`
 */
function orThrow(allocate: (bytes: number) => number): (bytes: number) => number {
  return (bytes) => {
    const address = allocate(bytes);
    if (address !== 0) return address;
    throw new AppError('data.limit', {
      subject: 'memory of the WebAssembly device',
      expected: `${String(bytes)} bytes more`,
      got: 'none left: it ends at 4 GB, or where the machine does',
      remedy: 'lower agent.batch, agent.sequence or the network, or close other tabs'
    });
  };
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
