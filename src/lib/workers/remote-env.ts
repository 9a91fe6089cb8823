/**
 * A vector environment in a worker of its own, for the train worker: a slab of shared memory that changes hands with
 * Atomics, or, without cross-origin isolation, a buffer that travels to and fro. Runs are the same either way.
 */
import type { EnvConfig } from '../config/run-config.ts';
import { asAppError, fromWire } from '../core/errors.ts';
import type { AppError } from '../core/errors.ts';
import type { EpisodeOrders } from '../env/episode-orders.ts';
import { envSpec } from '../env/make-env.ts';
import type { EnvStanding } from '../env/standing.ts';
import { slabBytes, stepBuffers } from '../env/vector-env.ts';
import type { RemoteVectorEnv } from '../env/vector-env.ts';
import type { TapeWire } from '../market/tape-wire.ts';
import type { EnvAnswer, EnvCommand, EnvMessage, EnvOpen, Preparing, SharedSlab } from './env-api.ts';
import { ControlClient, controlBytes } from './env-control.ts';
import { whenBroken } from './transfer.ts';

export interface RemoteEnvOptions {
  readonly config: EnvConfig;
  readonly tapes: readonly TapeWire[];
  /** Whether the slab may be shared; what `crossOriginIsolated` says when left out. */
  readonly shared?: boolean;
  /** Whether the orders of its episodes are kept until they are taken; a market environment only. */
  readonly keepOrders?: boolean;
  /** Decisions ahead that its labels look, for an agent that learns to forecast; none are told when left out. */
  readonly forecastSteps?: number;
  /** Where it goes on from instead of a reset; `data.drift` where it cannot stand there. */
  readonly from?: EnvStanding;
  /** Told while its markets are made ready; nobody of those that have none. */
  readonly onPreparing?: (preparing: Preparing) => void;
  /** Starts the worker; a test hands in its own. */
  readonly start?: () => Worker;
}

export interface EpisodicRemoteEnv extends RemoteVectorEnv {
  /** Names of the episodes that `buffers.episode` points at. */
  readonly episodes: readonly string[];
  /** Orders of the episodes that have ended since the last call; none where they are not kept. */
  takeOrders(): Promise<readonly EpisodeOrders[]>;
  /** Where it stands, in a `shuffle` schedule. */
  standing(): Promise<EnvStanding>;
}

const startEnvWorker = (): Worker =>
  new Worker(new URL('./env.worker.ts', import.meta.url), { type: 'module', name: 'env' });

export async function openRemoteEnv(options: RemoteEnvOptions): Promise<EpisodicRemoteEnv> {
  const {
    config,
    tapes,
    shared = globalThis.crossOriginIsolated,
    keepOrders = false,
    forecastSteps = 0,
    from,
    onPreparing,
    start = startEnvWorker
  } = options;
  const spec = envSpec(config, forecastSteps);
  const size = config.environments;
  const bytes = slabBytes(spec, size);
  const worker = start();
  const answers = new Answers(worker, onPreparing);
  const sharedSlab: SharedSlab | undefined = shared
    ? { slab: new SharedArrayBuffer(bytes), control: new SharedArrayBuffer(controlBytes) }
    : undefined;
  const opening = answers.next();
  worker.postMessage({
    config,
    tapes,
    keepOrders,
    forecastSteps,
    ...(from === undefined ? {} : { from }),
    ...(sharedSlab === undefined ? {} : { shared: sharedSlab })
  } satisfies EnvOpen);
  const slab = sharedSlab?.slab ?? new ArrayBuffer(bytes);
  let episodes: readonly string[] = [];
  try {
    const opened = await opening;
    if (opened.kind === 'opened') {
      episodes = opened.episodes;
      if (opened.slab !== undefined) new Uint8Array(slab).set(opened.slab);
    }
  } catch (thrown) {
    worker.terminate();
    throw thrown;
  }
  const run = sharedSlab === undefined ? byMessages(worker, answers, slab) : byAtomics(sharedSlab, answers);
  return {
    spec,
    size,
    episodes,
    buffers: stepBuffers(spec, size, slab),
    reset: (reset) => run({ kind: 'reset', ...reset }),
    step: () => run({ kind: 'step' }),
    takeOrders: async () => {
      const orders = answers.orders();
      await Promise.all([run({ kind: 'takeOrders' }), orders]);
      return await orders;
    },
    standing: async () => {
      const standing = answers.standing();
      await Promise.all([run({ kind: 'standing' }), standing]);
      return await standing;
    },
    dispose: () => {
      worker.terminate();
    }
  };
}

type Run = (command: EnvCommand) => Promise<void>;

function byAtomics({ control }: SharedSlab, answers: Answers): Run {
  const client = new ControlClient(control);
  return async (command) => {
    const ok = await client.run(command, () => {
      answers.check();
    });
    // The message with the reason was sent before the bell rang, so it is here or on its way.
    if (!ok) await answers.next();
  };
}

function byMessages(worker: Worker, answers: Answers, slab: ArrayBufferLike): Run {
  const local = new Uint8Array(slab);
  let travelling = new ArrayBuffer(slab.byteLength);
  return async (command) => {
    new Uint8Array(travelling).set(local);
    const answer = answers.next();
    worker.postMessage({ command, slab: travelling } satisfies EnvMessage, [travelling]);
    const done = await answer;
    if (done.kind !== 'done') return;
    local.set(new Uint8Array(done.slab));
    travelling = done.slab;
  };
}

interface Waiting<T> {
  resolve(answer: T): void;
  reject(error: AppError): void;
}

/**
 * The worker's answers, one at a time. A failure is kept until someone asks, and stays: an environment that failed is
 * not used again. No promise outlives its answer, or each step would add one.
 */
class Answers {
  #failure: AppError | undefined;
  #waiting: Waiting<EnvAnswer> | undefined;
  #ordersWaiting: Waiting<readonly EpisodeOrders[]> | undefined;
  #standingWaiting: Waiting<EnvStanding> | undefined;

  constructor(worker: Worker, onPreparing: RemoteEnvOptions['onPreparing']) {
    whenBroken(worker, 'the env worker').catch((error: unknown) => {
      this.#fail(asAppError(error, 'the env worker'));
    });
    worker.onmessage = ({ data }: MessageEvent<EnvAnswer>) => {
      if (data.kind === 'failed') this.#fail(fromWire(data.error));
      else if (data.kind === 'preparing') onPreparing?.(data);
      else if (data.kind === 'orders') this.#ordersWaiting?.resolve(data.episodes);
      else if (data.kind === 'standing') this.#standingWaiting?.resolve(data.standing);
      else this.#waiting?.resolve(data);
    };
  }

  next(): Promise<EnvAnswer> {
    return new Promise<EnvAnswer>((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure);
      else this.#waiting = { resolve, reject };
    });
  }

  /** The next orders: they come on their own, before the command is done. */
  orders(): Promise<readonly EpisodeOrders[]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure);
      else this.#ordersWaiting = { resolve, reject };
    });
  }

  /** Where it stands: as `orders`. */
  standing(): Promise<EnvStanding> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure);
      else this.#standingWaiting = { resolve, reject };
    });
  }

  /** @throws what the worker failed with */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(error: AppError): void {
    this.#failure = error;
    this.#waiting?.reject(error);
    this.#ordersWaiting?.reject(error);
    this.#standingWaiting?.reject(error);
  }
}
