/** What every algorithm offers. An agent knows spaces and buffers, never markets or files. */
import type { ActionSpace, Box } from '../core/spaces.ts';
import type { Seed } from '../core/units.ts';

export interface AgentSpaces {
  readonly observation: Box;
  readonly action: ActionSpace;
  /** Environments that act together; recurrent state is kept a row each. */
  readonly environments: number;
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
  /** Chooses [n, action] for [n, obs]; `starts[i]` 1 clears environment i's recurrent state first. */
  act(
    observations: Float32Array,
    into: Float32Array | Int32Array,
    mode: 'explore' | 'greedy',
    starts: Uint8Array
  ): Promise<void>;
  /** Stores a vector step with the recurrent state it was taken in. */
  observe(step: Transitions): void;
  /** Whether enough is stored for an update. */
  readonly ready: boolean;
  update(): Promise<UpdateReport>;
  inspect(observations: Float32Array): Promise<PolicyView>;
  save(): Promise<Checkpoint>;
  load(checkpoint: Checkpoint): Promise<void>;
  dispose(): void;
}
