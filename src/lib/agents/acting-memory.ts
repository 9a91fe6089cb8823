/** What an agent carries from one step of n environments to the next: recurrent state and the previous action. */
import { requireArray } from '../compute/named-arrays.ts';
import type { NamedArray, NamedArrays } from '../compute/named-arrays.ts';
import { inputWidth, symlog } from './replay/sequence-batch.ts';

export interface ActingShape {
  readonly observation: number;
  readonly action: number;
  /** Numbers of recurrent state an environment. */
  readonly state: number;
  /** Input rows kept for `recent`; 0 for none. */
  readonly history: number;
}

/** State and previous actions as a checkpoint holds them. */
interface Remembered {
  readonly state: Float32Array;
  readonly actions: Float32Array;
}

interface InputRow {
  readonly inputs: Float32Array;
  readonly starts: Float32Array;
}

export class ActingMemory {
  readonly environments: number;
  /** [n, state] before the step at hand, cleared where an episode starts. */
  readonly state: Float32Array;
  /** [n, action] of the step before, in [-1, 1]. */
  readonly previousActions: Float32Array;
  readonly #shape: ActingShape;
  #recent: readonly InputRow[] = [];

  constructor(shape: ActingShape, environments: number) {
    this.#shape = shape;
    this.environments = environments;
    this.state = new Float32Array(environments * shape.state);
    this.previousActions = new Float32Array(environments * shape.action);
  }

  /** Clears what started anew and gives the input rows of this step, [n, inputs] and [n]. */
  begin(observations: Float32Array, starts: Uint8Array, previousRewards: Float32Array): InputRow {
    const { observation, action, state, history } = this.#shape;
    const n = this.environments;
    const width = inputWidth(observation, action);
    const inputs = new Float32Array(n * width);
    for (let e = 0; e < n; e++) {
      const at = e * width;
      for (let i = 0; i < observation; i++) inputs[at + i] = observations[e * observation + i]!;
      if (starts[e] === 1) {
        this.state.fill(0, e * state, (e + 1) * state);
        this.previousActions.fill(0, e * action, (e + 1) * action);
        continue;
      }
      for (let i = 0; i < action; i++) inputs[at + observation + i] = this.previousActions[e * action + i]!;
      inputs[at + observation + action] = symlog(previousRewards[e]!);
    }
    const row: InputRow = { inputs, starts: Float32Array.from(starts) };
    if (history > 0) this.#recent = [...this.#recent.slice(1 - history), row];
    return row;
  }

  save(into: Map<string, NamedArray>): void {
    const { action, state } = this.#shape;
    into.set('memory.state', { shape: [this.environments, state], values: this.state.slice() });
    into.set('memory.action', { shape: [this.environments, action], values: this.previousActions.slice() });
  }

  /** What `save` wrote, for `load`: apart, so that a checkpoint is known to fit before anything changes. */
  saved(from: NamedArrays): Remembered {
    const { action, state } = this.#shape;
    return {
      state: requireArray(from, 'memory.state', [this.environments, state]),
      actions: requireArray(from, 'memory.action', [this.environments, action])
    };
  }

  load({ state, actions }: Remembered): void {
    this.state.set(state);
    this.previousActions.set(actions);
  }

  /** The last input rows, oldest first, time-major; undefined before the first. */
  recent(): { readonly rows: number; readonly inputs: Float32Array; readonly starts: Float32Array } | undefined {
    if (this.#recent.length === 0) return undefined;
    const join = (pick: (row: InputRow) => Float32Array): Float32Array => {
      const parts = this.#recent.map(pick);
      const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    };
    return { rows: this.#recent.length, inputs: join((row) => row.inputs), starts: join((row) => row.starts) };
  }
}
