/**
 * What a classic-control environment has to say of itself: its spaces, how a state starts, moves and is seen. States
 * are float64, a structure of arrays, moved and seen as a batch in one loop, so that the loop is compiled for one
 * environment and calls nothing. Knows nothing of episodes, autoreset or seeds.
 */
import type { EnvSpec } from '../vector-env.ts';

/** States of n environments, a variable after the other: variable v of environment i is `values[v * n + i]`. */
export interface States {
  readonly n: number;
  /** [variables, n] */
  readonly values: Float64Array;
}

export interface Dynamics {
  readonly spec: EnvSpec;
  /** Numbers in one state. */
  readonly stateSize: number;
  /** Steps after which an episode is truncated. */
  readonly maxSteps: number;
  /** Writes a start state of environment i, made from [stateSize] numbers uniform in [0, 1). */
  start(states: States, i: number, uniforms: Float64Array): void;
  /** Moves every state by one action; writes [n] rewards and [n] terminated flags. */
  step(batch: DynamicsBatch): void;
  /** Writes the observations of environments `from` to `to - 1` into their rows of `into`, [n, observation]. */
  observe(states: States, into: Float32Array, from: number, to: number): void;
}

export interface DynamicsBatch {
  /** Changed in place. */
  readonly states: States;
  /** [n, action]; finite and, where they are choices, within the space */
  readonly actions: Float32Array | Float64Array | Int32Array;
  /** [n] */
  readonly rewards: Float32Array | Float64Array;
  /** [n] */
  readonly terminated: Uint8Array;
}

/** Spec of a classic environment: one reward term, and `info` with what an episode came to, complete at its end. */
export function classicSpec(spec: Pick<EnvSpec, 'id' | 'observation' | 'action'>): EnvSpec {
  return { ...spec, rewardTerms: ['reward'], info: ['return', 'length'] };
}
