/**
 * What a classic-control environment has to say of itself: its spaces, how a state starts, moves and is seen. States
 * are float64 rows of one array, stepped as a batch. Knows nothing of episodes, autoreset or seeds.
 */
import type { Random } from '../../core/random.ts';
import type { EnvSpec } from '../vector-env.ts';

export interface Dynamics {
  readonly spec: EnvSpec;
  /** Numbers in one state. */
  readonly stateSize: number;
  /** Steps after which an episode is truncated. */
  readonly maxSteps: number;
  /** Writes a start state at `at`. */
  start(state: Float64Array, at: number, random: Random): void;
  /** Moves states 0 to n - 1 by one action each; writes [n] rewards and [n] terminated flags. */
  step(batch: DynamicsBatch): void;
  /** Writes the observation of the state at `stateAt` into `into` at `at`. */
  observe(state: Float64Array, stateAt: number, into: Float32Array, at: number): void;
}

export interface DynamicsBatch {
  readonly n: number;
  /** [n, stateSize], changed in place */
  readonly state: Float64Array;
  /** [n, action] */
  readonly actions: Float32Array | Float64Array | Int32Array;
  /** [n] */
  readonly rewards: Float32Array | Float64Array;
  /** [n] */
  readonly terminated: Uint8Array;
}

/** Spec of a classic environment: one reward term, and `info` with what an episode came to, valid at its end. */
export function classicSpec(spec: Pick<EnvSpec, 'id' | 'observation' | 'action'>): EnvSpec {
  return { ...spec, rewardTerms: ['reward'], info: ['return', 'length'] };
}
