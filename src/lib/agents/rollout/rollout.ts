/**
 * What an on-policy agent has just played: so many steps of every environment, time-major, learnt from a few times and
 * then forgotten. It is cut into chunks of consecutive steps of one environment, the recurrent state at each chunk's
 * start kept; a minibatch is some chunks side by side. Without memory a chunk is one step.
 */
import type { StoredArray, StoredArrays, StoredValues } from '../../compute/safetensors.ts';
import type { Random } from '../../core/random.ts';
import { arrayOf } from '../replay/rings.ts';
import { gae } from './gae.ts';

export interface RolloutShape {
  readonly environments: number;
  readonly steps: number;
  /** Steps of a chunk; divides `steps`. */
  readonly sequence: number;
  readonly inputs: number;
  readonly action: number;
  /** Numbers of recurrent state an environment; 0 for no memory. */
  readonly state: number;
}

/** One vector step as it was decided; [n, ...] each. */
export interface RolloutStep {
  readonly inputs: Float32Array;
  readonly starts: Uint8Array;
  /** Recurrent state before the step, cleared where an episode started. */
  readonly state: Float32Array;
  readonly actions: Float32Array;
  readonly logProbs: Float32Array;
  readonly values: Float32Array;
}

/** Chunks side by side, rows x batch of everything; written over by the next. */
export interface RolloutBatch {
  readonly chunks: number;
  readonly inputs: Float32Array;
  readonly starts: Float32Array;
  readonly state: Float32Array;
  readonly actions: Float32Array;
  readonly logProbs: Float32Array;
  readonly values: Float32Array;
  readonly advantages: Float32Array;
  readonly returns: Float32Array;
}

export class Rollout {
  readonly shape: RolloutShape;
  readonly #inputs: Float32Array;
  readonly #starts: Uint8Array;
  /** By chunk. */
  readonly #states: Float32Array;
  readonly #actions: Float32Array;
  readonly #logProbs: Float32Array;
  readonly #values: Float32Array;
  readonly #rewards: Float32Array;
  readonly #terminated: Uint8Array;
  readonly #truncated: Uint8Array;
  readonly #truncatedValues: Float32Array;
  readonly #advantages: Float32Array;
  readonly #returns: Float32Array;
  readonly #order: Int32Array;
  #decided = 0;
  #played = 0;

  constructor(shape: RolloutShape) {
    const { environments: n, steps, sequence, inputs, action, state } = shape;
    const rows = n * steps;
    this.shape = shape;
    this.#inputs = new Float32Array(rows * inputs);
    this.#starts = new Uint8Array(rows);
    this.#states = new Float32Array((rows / sequence) * state);
    this.#actions = new Float32Array(rows * action);
    this.#logProbs = new Float32Array(rows);
    this.#values = new Float32Array(rows);
    this.#rewards = new Float32Array(rows);
    this.#terminated = new Uint8Array(rows);
    this.#truncated = new Uint8Array(rows);
    this.#truncatedValues = new Float32Array(rows);
    this.#advantages = new Float32Array(rows);
    this.#returns = new Float32Array(rows);
    this.#order = new Int32Array(rows / sequence);
  }

  get full(): boolean {
    return this.#played === this.shape.steps;
  }

  /** Steps played so far. */
  get played(): number {
    return this.#played;
  }

  /** [steps, n] as they were played. */
  get rewards(): Float32Array {
    return this.#rewards;
  }

  get bytes(): number {
    const { environments, steps, sequence, inputs, action, state } = this.shape;
    return (
      environments * steps * (4 * (inputs + action + 6) + 3) + ((environments * steps) / sequence) * 4 * (state + 1)
    );
  }

  get chunks(): number {
    return this.#order.length;
  }

  /** All of it, as `load` takes it back. */
  save(): Map<string, StoredArray> {
    const flat = (values: StoredValues): StoredArray => ({ shape: [values.length], values: values.slice() });
    return new Map([
      ['rollout.counts', { shape: [2], values: Float64Array.of(this.#decided, this.#played) }],
      ...Object.entries(this.#arrays).map(([name, values]) => [`rollout.${name}`, flat(values)] as const)
    ]);
  }

  /** @throws AppError `data.drift` when it is of another configuration; nothing has changed then */
  load(saved: StoredArrays): void {
    const [decided, played] = arrayOf(saved, 'rollout.counts', 2, new Float64Array(0));
    const arrays = Object.entries(this.#arrays).map(([name, values]) => {
      return [values, arrayOf(saved, `rollout.${name}`, values.length, values)] as const;
    });
    for (const [values, was] of arrays) values.set(was);
    this.#decided = decided!;
    this.#played = played!;
  }

  get #arrays(): Readonly<Record<string, StoredValues>> {
    return {
      inputs: this.#inputs,
      starts: this.#starts,
      states: this.#states,
      actions: this.#actions,
      logProbs: this.#logProbs,
      values: this.#values,
      rewards: this.#rewards,
      terminated: this.#terminated,
      truncated: this.#truncated,
      truncatedValues: this.#truncatedValues,
      advantages: this.#advantages,
      returns: this.#returns,
      order: this.#order
    };
  }

  clear(): void {
    this.#decided = 0;
    this.#played = 0;
  }

  decide(step: RolloutStep): void {
    const { environments: n, sequence, inputs, action, state } = this.shape;
    const t = this.#decided++;
    this.#inputs.set(step.inputs, t * n * inputs);
    this.#starts.set(step.starts, t * n);
    this.#actions.set(step.actions, t * n * action);
    this.#logProbs.set(step.logProbs, t * n);
    this.#values.set(step.values, t * n);
    if (state > 0 && t % sequence === 0) this.#states.set(step.state, (t / sequence) * n * state);
  }

  /** What came of the step decided last. */
  play(step: { rewards: ArrayLike<number>; terminated: Uint8Array; truncated: Uint8Array }): void {
    const at = this.#played++ * this.shape.environments;
    this.#rewards.set(step.rewards, at);
    this.#terminated.set(step.terminated, at);
    this.#truncated.set(step.truncated, at);
  }

  /** @param value of the last observation of the episode that environment `e` was cut off in at step `t` */
  valueTruncated(t: number, e: number, value: number): void {
    this.#truncatedValues[t * this.shape.environments + e] = value;
  }

  /** Advantages and returns of the whole rollout. @param lastValues [n] of the observations after the last step */
  estimate(lastValues: Float32Array, gamma: number, lambda: number): void {
    const { steps, environments } = this.shape;
    gae(
      {
        steps,
        environments,
        rewards: this.#rewards,
        values: this.#values,
        terminated: this.#terminated,
        truncated: this.#truncated,
        truncatedValues: this.#truncatedValues,
        lastValues,
        gamma,
        lambda
      },
      this.#advantages,
      this.#returns
    );
  }

  shuffle(random: Random): void {
    for (let i = 0; i < this.#order.length; i++) this.#order[i] = i;
    random.shuffle(this.#order);
  }

  /** @param chunks the most that one batch holds */
  batch(chunks: number): RolloutBatch {
    const { sequence, inputs, action, state } = this.shape;
    const rows = chunks * sequence;
    return {
      chunks,
      inputs: new Float32Array(rows * inputs),
      starts: new Float32Array(rows),
      state: new Float32Array(chunks * state),
      actions: new Float32Array(rows * action),
      logProbs: new Float32Array(rows),
      values: new Float32Array(rows),
      advantages: new Float32Array(rows),
      returns: new Float32Array(rows)
    };
  }

  /** Fills a batch with the chunks `from` onwards of the shuffled order. */
  take(from: number, into: RolloutBatch): void {
    const { environments: n, sequence, inputs, action, state } = this.shape;
    const { chunks } = into;
    for (let b = 0; b < chunks; b++) {
      const chunk = this.#order[from + b]!;
      const e = chunk % n;
      const first = Math.floor(chunk / n) * sequence;
      for (let i = 0; i < state; i++) into.state[b * state + i] = this.#states[chunk * state + i]!;
      for (let t = 0; t < sequence; t++) {
        const row = (first + t) * n + e;
        const to = t * chunks + b;
        for (let i = 0; i < inputs; i++) into.inputs[to * inputs + i] = this.#inputs[row * inputs + i]!;
        for (let i = 0; i < action; i++) into.actions[to * action + i] = this.#actions[row * action + i]!;
        into.starts[to] = this.#starts[row]!;
        into.logProbs[to] = this.#logProbs[row]!;
        into.values[to] = this.#values[row]!;
        into.advantages[to] = this.#advantages[row]!;
        into.returns[to] = this.#returns[row]!;
      }
    }
  }
}
