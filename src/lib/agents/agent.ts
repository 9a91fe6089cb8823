/** What every algorithm offers. An agent knows spaces and buffers, never markets or files. */
import type { ForecastKind, ForecastSpec } from '../config/forecasts.ts';
import type { ActionSpace, Box } from '../core/spaces.ts';
import type { Seed } from '../core/units.ts';
import type { Experience } from './experience.ts';

export interface AgentSpaces {
  readonly observation: Box;
  readonly action: ActionSpace;
  /** Environments that act together; recurrent state is kept a row each. */
  readonly environments: number;
  /** What the environment tells of a step later, for an agent that learns to forecast it; absent where it does not. */
  readonly forecast?: ForecastSpec | undefined;
}

/** What one vector step gave, as views on the environment's own buffers; `observe` copies what it keeps. */
export interface Transitions {
  /** [n, obs] before the step. */
  readonly observations: Float32Array;
  /** [n, action] taken. */
  readonly actions: Float32Array | Int32Array;
  /** [n] */
  readonly rewards: Float32Array;
  /** [n, obs] after the step, before any autoreset: the bootstrap state. */
  readonly nextObservations: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** [n, columns of the forecast] what is known by now of an earlier step of the episode: see `StepBuffers.labels`. */
  readonly labels?: Float32Array | undefined;
}

/** One gradient update. Losses are read back on a cadence: undefined between. */
export interface UpdateReport {
  readonly updates: number;
  readonly losses: Readonly<Record<string, number>> | undefined;
}

/** What a policy thinks at given observations; for the replay page. */
export interface PolicyView {
  /** [n, action] mean action after squashing. */
  readonly mean: Float32Array;
  /** [n, action] standard deviation before squashing. */
  readonly deviation: Float32Array;
  /** [n, quantiles] of the return (one column for agents without a distribution). */
  readonly value: Float32Array;
}

/** What a memory tells of the near future: by column of the forecast a number, or the log-odds of a 1. */
export interface Foretold {
  /** What it learns to tell. */
  readonly asked: readonly ForecastKind[];
  /** [n, columns] */
  readonly told: Float32Array;
  /** [columns] what would be told of every moment by the labels of training alone: their means. */
  readonly naive: Float32Array;
}

/** Named float32 arrays with shapes, and what must match to load them. Stored as safetensors plus JSON. */
export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;
  readonly meta: {
    readonly format: 1;
    readonly algorithm: string;
    readonly schemaHash: string;
    readonly seed: Seed;
    readonly updates: number;
    readonly environmentSteps: number;
    /** Counters, random states, statistics: whatever else the agent needs to go on exactly. */
    readonly state: Readonly<Record<string, unknown>>;
  };
}

export interface Agent {
  /**
   * When it learns. `replay`: from what it has stored, so many updates a vector step, while the environments play on.
   * `rollout`: from what it has just played and will then forget, all updates it is `ready` for before the next step.
   */
  readonly pace: 'replay' | 'rollout';
  /**
   * Chooses [n, action] for [n, obs]. Recurrent state is kept apart for each mode, so that an evaluation in the middle
   * of training leaves training as it was; n may differ between the modes.
   * @param starts [n], 1 clears environment i's recurrent state first
   * @param previousRewards [n] what the step before gave, for agents that take it in; not read where `starts` is 1
   */
  act(
    observations: Float32Array,
    into: Float32Array | Int32Array,
    mode: 'explore' | 'greedy',
    starts: Uint8Array,
    previousRewards: Float32Array
  ): Promise<void>;
  /** Stores the vector step of the last `act` in mode `explore`, with the recurrent state it was taken in. */
  observe(step: Transitions): void;
  /** Whether enough is stored for an update. */
  readonly ready: boolean;
  update(): Promise<UpdateReport>;
  inspect(observations: Float32Array): Promise<PolicyView>;
  /** At the observations of the last `act` in mode `greedy`; undefined where nothing is forecast. */
  foretold?(): Foretold | undefined;
  /** What it learns from. Kept apart: without it, one that was loaded fills its memory anew before it learns on. */
  readonly experience: Experience;
  /**
   * What it is: weights, optimisers, random streams, recurrent state, counters. With its experience it goes on exactly.
   * @throws AppError `training.diverged` rather than save a tensor that is not finite
   */
  save(): Promise<Checkpoint>;
  /** @throws AppError `data.drift` when the checkpoint is of another algorithm, schema or shape; nothing has changed then. */
  load(checkpoint: Checkpoint): Promise<void>;
  dispose(): void;
}
