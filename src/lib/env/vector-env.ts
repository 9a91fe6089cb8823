/**
 * The vector-environment contract, after Gymnasium: `terminated` is an end that belongs to the task, `truncated` a cut
 * from outside; same-step autoreset, with `finalObservations` holding what the ended episode last saw. A step writes
 * into arrays it was given; a single environment is a vector of one. Must not know tensors, files or workers.
 */
import type { ForecastSpec } from '../config/forecasts.ts';
import { actionSize } from '../core/spaces.ts';
import type { ActionSpace, Box } from '../core/spaces.ts';
import type { Seed } from '../core/units.ts';

export interface EnvSpec {
  readonly id: string;
  readonly observation: Box;
  readonly action: ActionSpace;
  /** Names of the columns of `rewardTerms`; the reward is their sum (weights already applied). */
  readonly rewardTerms: readonly string[];
  /** Names of the columns of `info`; an environment says in its own file which of them hold only at an episode's end. */
  readonly info: readonly string[];
  /** What `labels` hold; absent where none were asked for, or there are none. */
  readonly forecast?: ForecastSpec;
}

/** Views on one slab that workers may share; n environments. Row-major: environment i starts at `i * width`. */
export interface StepBuffers {
  readonly observations: Float32Array;
  readonly finalObservations: Float32Array;
  readonly actions: Float32Array | Int32Array;
  readonly rewards: Float32Array;
  readonly rewardTerms: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly info: Float32Array;
  /**
   * [n, columns of `spec.forecast`] what the decision came to that was taken `forecast.steps - 1` before the one this
   * step carried out, of the same episode; NaN where there is no answer. It lies in the past by now, and is no part of
   * what is seen.
   */
  readonly labels: Float32Array;
  /** Index of the episode each environment is in, into the environment's own list; -1 once a `once` schedule is done. */
  readonly episode: Int32Array;
}

export interface ResetOptions {
  readonly seed: Seed;
  /**
   * `shuffle`: episodes are drawn without end, every one once a pass. `once`: environment i plays episodes i, i + n,
   * ... once each, then reports `episode` -1 and steps do nothing; for evaluation.
   */
  readonly schedule: 'shuffle' | 'once';
  /** Environment steps of the same run before this reset, where it goes on: for what changes as a run goes. Default 0. */
  readonly stepsBefore?: number;
  /** False: episodes until the next reset are not recorded, though the environment was made to record them. */
  readonly trace?: boolean;
}

export interface VectorEnv {
  readonly spec: EnvSpec;
  readonly size: number;
  readonly buffers: StepBuffers;
  reset(options: ResetOptions): void;
  step(): void;
  dispose(): void;
}

/** The same contract over a worker boundary. */
export interface RemoteVectorEnv {
  readonly spec: EnvSpec;
  readonly size: number;
  readonly buffers: StepBuffers;
  reset(options: ResetOptions): Promise<void>;
  step(): Promise<void>;
  dispose(): void;
}

/** Byte layout of the slab for n environments of a spec; every array starts on an 8-byte boundary. */
export function slabBytes(spec: EnvSpec, n: number): number {
  return layout(spec, n).bytes;
}

/**
 * The arrays of n environments as views on one slab, laid out as `slabBytes` counts.
 * @param slab of at least `slabBytes(spec, n)` bytes from `offset`, which is a multiple of 8; shared or not
 * @returns observations and finalObservations [n, observation], actions [n, action], rewards, terminated, truncated and
 *   episode [n], rewardTerms [n, terms], info [n, info]
 */
export function stepBuffers(spec: EnvSpec, n: number, slab: ArrayBufferLike, offset = 0): StepBuffers {
  const at = layout(spec, n);
  const action = actionSize(spec.action);
  const f32 = (start: number, length: number): Float32Array => new Float32Array(slab, offset + start, length);
  return {
    observations: f32(at.observations, n * spec.observation.size),
    finalObservations: f32(at.finalObservations, n * spec.observation.size),
    actions:
      spec.action.kind === 'box' ? f32(at.actions, n * action) : new Int32Array(slab, offset + at.actions, n * action),
    rewards: f32(at.rewards, n),
    rewardTerms: f32(at.rewardTerms, n * spec.rewardTerms.length),
    terminated: new Uint8Array(slab, offset + at.terminated, n),
    truncated: new Uint8Array(slab, offset + at.truncated, n),
    info: f32(at.info, n * spec.info.length),
    labels: f32(at.labels, n * labelColumns(spec)),
    episode: new Int32Array(slab, offset + at.episode, n)
  };
}

/** The whole slab that an environment's arrays are views on. */
export const slabOf = ({ spec, size, buffers }: Pick<VectorEnv, 'spec' | 'size' | 'buffers'>): Uint8Array =>
  new Uint8Array(buffers.observations.buffer, buffers.observations.byteOffset, slabBytes(spec, size));

const labelColumns = ({ forecast }: EnvSpec): number => forecast?.kinds.length ?? 0;

function layout(spec: EnvSpec, n: number) {
  let bytes = 0;
  const take = (count: number, width: number): number => {
    const start = bytes;
    bytes = (bytes + count * width + 7) & ~7;
    return start;
  };
  return {
    observations: take(n * spec.observation.size, 4),
    finalObservations: take(n * spec.observation.size, 4),
    actions: take(n * actionSize(spec.action), 4),
    rewards: take(n, 4),
    rewardTerms: take(n * spec.rewardTerms.length, 4),
    terminated: take(n, 1),
    truncated: take(n, 1),
    info: take(n * spec.info.length, 4),
    episode: take(n, 4),
    labels: take(n * labelColumns(spec), 4),
    bytes
  };
}

/** A synchronous environment under the asynchronous contract: for Node, tests and one-worker use. */
export function asRemote(env: VectorEnv): RemoteVectorEnv {
  return {
    spec: env.spec,
    size: env.size,
    buffers: env.buffers,
    reset: (options) => {
      env.reset(options);
      return Promise.resolve();
    },
    step: () => {
      env.step();
      return Promise.resolve();
    },
    dispose: () => {
      env.dispose();
    }
  };
}
