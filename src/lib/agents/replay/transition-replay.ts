/**
 * Replay of single transitions for agents without memory whose actions are choices: every environment has its own
 * stream of rows in one contiguous ring a field. A row is a transition, or the last observation of an ended episode;
 * so the row after a transition is always what it led to, and no second observation is kept beside it. The row where
 * the stream will go on holds what was seen last until then.
 *
 * Rewards of several steps are summed when they are drawn: Sutton 1988, "Learning to Predict by the Methods of Temporal
 * Differences"; de Asis et al. 2018, arXiv 1703.01327, eq. 2. A termination ends the sum for good, a truncation ends it
 * at an observation that still bootstraps, and so does the newest row.
 */
import type { StoredArray, StoredArrays } from '../../compute/safetensors.ts';
import { AppError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { Experience, Position } from '../experience.ts';
import { mustFit } from './replay-limit.ts';
import type { MostBytes } from './replay-limit.ts';
import { arrayOf, copyIn, copyOut } from './rings.ts';
import type { Rings } from './rings.ts';
import { Priorities } from './priorities.ts';
import type { PrioritySettings } from './priorities.ts';

export interface TransitionReplayOptions {
  readonly observation: number;
  /** Whole numbers that one action takes. */
  readonly action: number;
  readonly environments: number;
  /** Rows kept over all environments. */
  readonly capacity: number;
  /** Most steps whose rewards are summed. */
  readonly steps: number;
  readonly gamma: number;
  /** Undefined to draw all transitions alike. */
  readonly priorities: PrioritySettings | undefined;
  readonly mostBytes?: MostBytes;
}

/** One vector step, as it happened. */
export interface TransitionStep {
  /** [n, observation] before the step. */
  readonly observations: Float32Array;
  /** [n, action] */
  readonly actions: ArrayLike<number>;
  /** [n] */
  readonly rewards: Float32Array;
  /** [n, observation] after the step and before any autoreset. */
  readonly nextObservations: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
}

export interface TransitionBatch {
  readonly size: number;
  /** [B, observation] */
  readonly observations: Float32Array;
  /** [B, action] */
  readonly actions: Int32Array;
  /** [B] discounted sum over the steps taken together. */
  readonly rewards: Float32Array;
  /** [B] what the value after them counts: γ to the number of steps, 0 where the task ended. */
  readonly discounts: Float32Array;
  /** [B, observation] after the last of them. */
  readonly nextObservations: Float32Array;
  /** [B] importance: 1 where all are drawn alike. */
  readonly weights: Float32Array;
  /** [B] where they were drawn, for `reprioritise`. */
  readonly rows: Int32Array;
}

const TERMINATED = 1;
const TRUNCATED = 2;
const LAST_LOOK = 4;

export class TransitionReplay implements Experience {
  readonly #options: TransitionReplayOptions;
  /** Rows of one environment's ring. */
  readonly #rows: number;
  readonly #observations: Float32Array;
  readonly #actions: Int32Array;
  readonly #rewards: Float32Array;
  readonly #flags: Uint8Array;
  readonly #priorities: Priorities | undefined;
  /** Rows ever written, an environment; the next one holds what was seen last. */
  readonly #written: Float64Array;
  #transitions = 0;

  constructor(options: TransitionReplayOptions) {
    const { observation, action, environments, capacity, steps, priorities } = options;
    this.#options = options;
    this.#rows = Math.floor(capacity / environments);
    if (this.#rows < steps + 2) {
      throw new AppError('config.invalid', {
        subject: 'agent.replaySteps',
        expected: `at least ${String((steps + 2) * environments)} for ${String(environments)} environments and returns of ${String(steps)} steps`,
        got: String(capacity),
        remedy: 'raise replaySteps, or lower environments or nStep'
      });
    }
    const all = environments * this.#rows;
    const masses = priorities === undefined ? 0 : Priorities.bytes(all);
    mustFit({ rows: all, bytes: all * (4 * (observation + action + 1) + 1) + masses }, options.mostBytes);
    this.#observations = new Float32Array(all * observation);
    this.#actions = new Int32Array(all * action);
    this.#rewards = new Float32Array(all);
    this.#flags = new Uint8Array(all);
    this.#priorities = priorities === undefined ? undefined : new Priorities(all, priorities);
    this.#written = new Float64Array(environments);
  }

  /** Memory held, all of it taken at the start. */
  get bytes(): number {
    const fields = [this.#observations, this.#actions, this.#rewards, this.#flags];
    return fields.reduce((sum, { byteLength }) => sum + byteLength, this.#priorities?.bytes ?? 0);
  }

  /** Transitions ever added. */
  get transitions(): number {
    return this.#transitions;
  }

  batch(size: number): TransitionBatch {
    const { observation, action } = this.#options;
    return {
      size,
      observations: new Float32Array(size * observation),
      actions: new Int32Array(size * action),
      rewards: new Float32Array(size),
      discounts: new Float32Array(size),
      nextObservations: new Float32Array(size * observation),
      weights: new Float32Array(size).fill(1),
      rows: new Int32Array(size)
    };
  }

  add(step: TransitionStep): void {
    const { environments, observation, action } = this.#options;
    // Checked here so that an odd width never shows up as a silent shift of rows.
    if (step.observations.length !== environments * observation) {
      throw new Error(`replay: expected ${String(environments * observation)} observation values`);
    }
    for (let e = 0; e < environments; e++) {
      const terminated = step.terminated[e] === 1;
      const truncated = !terminated && step.truncated[e] === 1;
      const k = this.#written[e]!;
      const at = this.#at(e, k);
      this.#look(e, k, step.observations);
      for (let i = 0; i < action; i++) this.#actions[at * action + i] = step.actions[e * action + i]!;
      this.#rewards[at] = step.rewards[e]!;
      this.#flags[at] = (terminated ? TERMINATED : 0) | (truncated ? TRUNCATED : 0);
      this.#priorities?.enter(at);
      this.#look(e, k + 1, step.nextObservations);
      this.#written[e] = k + 1;
      if (terminated || truncated) {
        // The next row will be overwritten first of all: it is drawn no more.
        this.#written[e] = k + 2;
        this.#priorities?.leave(this.#at(e, k + 2));
      }
      this.#transitions++;
    }
  }

  /**
   * Fills `into` with transitions, with replacement: each alike, or by priority.
   * @param beta how far the weights make up for drawing by priority, 0 to 1
   */
  sample(into: TransitionBatch, random: Pick<Random, 'uniform' | 'below'>, beta = 1): void {
    if (this.#transitions === 0) throw new Error('replay: sampled before a transition was stored');
    if (this.#priorities === undefined) this.#drawAlike(into.rows, random);
    else {
      this.#priorities.draw(into.rows, random);
      this.#priorities.weigh(into.rows, beta, into.weights);
    }
    for (let b = 0; b < into.size; b++) this.#copy(into, b);
  }

  /** After an update, and before anything is added. @param errors [B] of the rows of the last sample, of any sign */
  reprioritise(rows: Int32Array, errors: ArrayLike<number>): void {
    rows.forEach((row, b) => {
      this.#priorities?.set(row, errors[b]!);
    });
  }

  state(): StoredArrays {
    const { environments } = this.#options;
    const masses = this.#priorities?.save();
    return new Map<string, StoredArray>([
      ['replay.written', { shape: [environments], values: this.#written.slice() }],
      ['replay.transitions', { shape: [1], values: Float64Array.of(this.#transitions) }],
      ...(masses === undefined ? [] : [['replay.priorities', { shape: [masses.length], values: masses }] as const])
    ]);
  }

  position(): Position {
    return [...this.#written];
  }

  /** With the row where the stream goes on: what was seen last lies there, and the next rows begin with it again. */
  rows(from: Position = Array.from(this.#written, () => 0)): StoredArrays {
    return copyOut(
      this.#rings,
      from,
      Array.from(this.#written, (written) => written + 1)
    );
  }

  outlived(until: Position): boolean {
    return until.every((row, e) => row < this.#written[e]! + 1 - this.#rows);
  }

  loadRows(rows: StoredArrays): Position {
    return copyIn(this.#rings, rows).map((end) => end - 1);
  }

  loadState(state: StoredArrays): void {
    const { environments } = this.#options;
    const written = arrayOf(state, 'replay.written', environments, this.#written);
    const [transitions] = arrayOf(state, 'replay.transitions', 1, new Float64Array(0));
    const masses =
      this.#priorities === undefined
        ? undefined
        : arrayOf(state, 'replay.priorities', environments * this.#rows + 1, new Float32Array(0));
    this.#written.set(written);
    this.#transitions = transitions!;
    if (masses !== undefined) this.#priorities?.load(masses);
  }

  get #rings(): Rings {
    const { environments, observation, action } = this.#options;
    return {
      environments,
      rows: this.#rows,
      fields: [
        { name: 'observations', values: this.#observations, width: observation, every: 1 },
        { name: 'actions', values: this.#actions, width: action, every: 1 },
        { name: 'rewards', values: this.#rewards, width: 1, every: 1 },
        { name: 'flags', values: this.#flags, width: 1, every: 1 }
      ]
    };
  }

  /** Index into the fields of environment e's row number k. */
  #at(e: number, k: number): number {
    return e * this.#rows + (k % this.#rows);
  }

  /** Row number k as an observation alone. */
  #look(e: number, k: number, observations: Float32Array): void {
    const { observation } = this.#options;
    const at = this.#at(e, k);
    for (let i = 0; i < observation; i++) {
      this.#observations[at * observation + i] = observations[e * observation + i]!;
    }
    this.#flags[at] = LAST_LOOK;
    this.#priorities?.leave(at);
  }

  /** The rows of an environment that are still there; the one being written next is not. */
  #kept(e: number): number {
    return Math.min(this.#written[e]!, this.#rows - 1);
  }

  /** Uniform over all transitions: over all rows, and again where a last look was drawn. */
  #drawAlike(into: Int32Array, random: Pick<Random, 'below'>): void {
    const { environments } = this.#options;
    let total = 0;
    for (let e = 0; e < environments; e++) total += this.#kept(e);
    for (let b = 0; b < into.length;) {
      let draw = random.below(total);
      let e = 0;
      while (draw >= this.#kept(e)) draw -= this.#kept(e++);
      const at = this.#at(e, this.#written[e]! - 1 - draw);
      if ((this.#flags[at]! & LAST_LOOK) === 0) into[b++] = at;
    }
  }

  #copy(into: TransitionBatch, b: number): void {
    const { observation, action, steps, gamma } = this.#options;
    const first = into.rows[b]!;
    const ring = first - (first % this.#rows);
    const newest = this.#at(ring / this.#rows, this.#written[ring / this.#rows]! + this.#rows - 1);
    let at = first;
    let reward = this.#rewards[at]!;
    let discount = gamma;
    for (let taken = 1; taken < steps && this.#flags[at] === 0 && at !== newest; taken++) {
      at = this.#after(at);
      reward += discount * this.#rewards[at]!;
      discount *= gamma;
    }
    into.rewards[b] = reward;
    into.discounts[b] = (this.#flags[at]! & TERMINATED) === 0 ? discount : 0;
    const next = this.#after(at);
    for (let i = 0; i < action; i++) into.actions[b * action + i] = this.#actions[first * action + i]!;
    for (let i = 0; i < observation; i++) {
      into.observations[b * observation + i] = this.#observations[first * observation + i]!;
      into.nextObservations[b * observation + i] = this.#observations[next * observation + i]!;
    }
  }

  /** The row after one, round the ring it is in. */
  #after(at: number): number {
    return (at + 1) % this.#rows === 0 ? at + 1 - this.#rows : at + 1;
  }
}
