/**
 * Replay of sequences for recurrent off-policy agents, after R2D2 (Kapturowski et al. 2019, ICLR, section 2.3): every
 * environment has its own stream of rows in one contiguous ring a field, the actor's recurrent state is stored with
 * the stream, and a sample is a window of burn-in and learning rows that may run over an episode's end (the memory is
 * cleared inside it). Which critics' states to store is a choice: they are not, burn-in warms them from zero, because
 * acting would otherwise have to run both critics at every step.
 *
 * An episode's end adds a row that is no transition: its last observation. So the bootstrap of any row is the row
 * after it, of a truncated one too, and no second observation has to be kept beside each row.
 *
 * Sequences may be drawn by priority, and rewards of several steps summed when they are drawn, as in R2D2: a termination
 * ends the sum for good, a truncation ends it at the last look, which still bootstraps.
 *
 * What is told of a row a horizon later (a label to be forecast) is kept where it was told, so that rows are only ever
 * added: of row k it stands beside row k + steps - 1. Rows before which no episode has lasted so long are told NaN.
 */
import type { StoredArray, StoredArrays } from '../../compute/safetensors.ts';
import { AppError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { Experience, Position } from '../experience.ts';
import { Priorities } from './priorities.ts';
import type { PrioritySettings } from './priorities.ts';
import { mustFit } from './replay-limit.ts';
import type { MostBytes } from './replay-limit.ts';
import { arrayOf, copyIn, copyOut } from './rings.ts';
import type { Rings } from './rings.ts';
import { inputWidth, labelColumns, stepsOf, symlog, windowRows } from './sequence-batch.ts';
import type { BatchShape, DrawnWindows, SequenceBatch } from './sequence-batch.ts';

export interface ReplayOptions {
  readonly shape: BatchShape;
  readonly environments: number;
  /** Rows kept over all environments. */
  readonly capacity: number;
  /** Of returns over several steps; needed where the shape has them. */
  readonly gamma?: number;
  /** Undefined to draw all windows alike. */
  readonly priorities?: PrioritySettings | undefined;
  readonly mostBytes?: MostBytes;
}

/** One vector step, as it happened. */
export interface ReplayStep {
  /** [n, observation] before the step. */
  readonly observations: Float32Array;
  /** [n, action] in [-1, 1]. */
  readonly actions: Float32Array;
  /** [n] */
  readonly rewards: Float32Array;
  /** [n, observation] after the step and before any autoreset. */
  readonly nextObservations: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** [n] 1 where this step was the first of an episode. */
  readonly starts: Uint8Array;
  /** [n, state] recurrent state before the step (after clearing, where an episode started). */
  readonly state: Float32Array;
  /** [n, columns of the forecast] what was told after the step; NaN for nothing. Needed where there is a forecast. */
  readonly labels?: Float32Array | undefined;
}

const START = 1;
const TERMINATED = 2;
const TRUNCATED = 4;
const LAST_LOOK = 8;

export class SequenceReplay implements Experience {
  readonly #shape: BatchShape;
  readonly #environments: number;
  /** Rows of one environment's ring; a multiple of `#stride`. */
  readonly #rows: number;
  /** Windows begin at rows whose number is a multiple of this, and recurrent state is kept for those rows alone. */
  readonly #stride: number;
  readonly #observations: Float32Array;
  readonly #actions: Float32Array;
  readonly #rewards: Float32Array;
  readonly #flags: Uint8Array;
  readonly #states: Float32Array;
  /** As they were told; see above. */
  readonly #labels: Float32Array;
  /** Of windows, by the place of their first row; those that cannot be drawn have none. */
  readonly #priorities: Priorities | undefined;
  readonly #gamma: number;
  /** Rows ever written, an environment. */
  readonly #written: Float64Array;
  #transitions = 0;

  constructor({ shape, environments, capacity, gamma, priorities, mostBytes }: ReplayOptions) {
    if (gamma === undefined && stepsOf(shape) > 1) throw new Error('replay: expected the discount of its returns');
    this.#gamma = gamma ?? 1;
    this.#shape = shape;
    this.#environments = environments;
    this.#stride = Math.max(1, Math.min(8, shape.sequence >> 2));
    this.#rows = Math.floor(capacity / environments / this.#stride) * this.#stride;
    const needed = windowRows(shape) + this.#stride + 1;
    if (this.#rows < needed) {
      throw new AppError('config.invalid', {
        subject: 'agent.replaySteps',
        expected: `at least ${String((needed + this.#stride) * environments)} for ${String(environments)} environments and windows of ${String(needed)} steps`,
        got: String(capacity),
        remedy: 'raise replaySteps, or lower environments, sequence or burnIn'
      });
    }
    const all = environments * this.#rows;
    const { observation, action, state } = shape;
    const numbers = observation + action + 1 + state / this.#stride + labelColumns(shape);
    const places = all / this.#stride;
    const masses = priorities === undefined ? 0 : Priorities.bytes(places);
    mustFit({ rows: all, bytes: all * (4 * numbers + 1) + masses }, mostBytes);
    this.#observations = new Float32Array(all * shape.observation);
    this.#actions = new Float32Array(all * shape.action);
    this.#rewards = new Float32Array(all);
    this.#flags = new Uint8Array(all);
    this.#states = new Float32Array((all / this.#stride) * shape.state);
    this.#labels = new Float32Array(all * labelColumns(shape));
    this.#priorities = priorities === undefined ? undefined : new Priorities(places, priorities);
    this.#written = new Float64Array(environments);
  }

  /** Memory held, all of it taken at the start. */
  get bytes(): number {
    return (
      this.#observations.byteLength +
      this.#actions.byteLength +
      this.#rewards.byteLength +
      this.#flags.byteLength +
      this.#states.byteLength +
      this.#labels.byteLength +
      (this.#priorities?.bytes ?? 0)
    );
  }

  /** Transitions ever added. */
  get transitions(): number {
    return this.#transitions;
  }

  /** Windows that can be drawn now. */
  get windows(): number {
    let sum = 0;
    for (let e = 0; e < this.#environments; e++) sum += this.#eligible(e).count;
    return sum;
  }

  add(step: ReplayStep): void {
    const { observation, action, state } = this.#shape;
    const columns = labelColumns(this.#shape);
    if ((step.labels?.length ?? 0) < this.#environments * columns) {
      throw new Error(`replay: expected ${String(this.#environments * columns)} labels`);
    }
    for (let e = 0; e < this.#environments; e++) {
      const terminated = step.terminated[e] === 1;
      const truncated = !terminated && step.truncated[e] === 1;
      const at = this.#append(
        e,
        (step.starts[e] === 1 ? START : 0) | (terminated ? TERMINATED : 0) | (truncated ? TRUNCATED : 0),
        step.observations
      );
      for (let k = 0; k < action; k++) this.#actions[at * action + k] = step.actions[e * action + k]!;
      this.#rewards[at] = step.rewards[e]!;
      for (let k = 0; k < columns; k++) this.#labels[at * columns + k] = step.labels![e * columns + k]!;
      if (at % this.#stride === 0) {
        const into = (at / this.#stride) * state;
        for (let k = 0; k < state; k++) this.#states[into + k] = step.state[e * state + k]!;
      }
      this.#transitions++;
      if (terminated || truncated) {
        const look = this.#append(e, LAST_LOOK, step.nextObservations);
        this.#actions.fill(0, look * action, (look + 1) * action);
        this.#rewards[look] = 0;
        this.#labels.fill(Number.NaN, look * columns, (look + 1) * columns);
        // No state: the row after it starts an episode, and the row itself is never learnt from.
        if (look % this.#stride === 0) {
          const into = (look / this.#stride) * state;
          this.#states.fill(0, into, into + state);
        }
      }
    }
    // Kept here so that an odd width never shows up as a silent shift of rows.
    if (step.observations.length !== this.#environments * observation) {
      throw new Error(`replay: expected ${String(this.#environments * observation)} observation values`);
    }
  }

  /**
   * Fills `into` with windows, with replacement, of all that are stored whole: each alike, or by priority.
   * @param beta how far the weights make up for drawing by priority, 0 to 1
   */
  sample(into: SequenceBatch, random: Random, beta = 1): void {
    const { places, firsts } = into.drawn;
    if (this.#priorities === undefined) this.#drawAlike(into.drawn, random);
    else {
      if (this.windows === 0) throw new Error('replay: sampled before a whole window was stored');
      this.#priorities.draw(places, random);
      this.#priorities.weigh(places, beta, into.weights);
      places.forEach((place, b) => {
        firsts[b] = this.#newest(place);
      });
    }
    const perRing = this.#rows / this.#stride;
    for (let b = 0; b < into.shape.batch; b++) {
      this.#copyWindow(into, b, Math.floor(places[b]! / perRing), firsts[b]!);
      if (into.ahead.length > 0) this.#sumRewards(into, b);
    }
  }

  /**
   * After an update, or some updates later: a window that is no longer whole has no priority any more.
   * @param errors [B] of the windows drawn, of any sign
   */
  reprioritise({ places, firsts }: DrawnWindows, errors: ArrayLike<number>): void {
    const perRing = this.#rows / this.#stride;
    places.forEach((place, b) => {
      const { first, count } = this.#eligible(Math.floor(place / perRing));
      if (count > 0 && firsts[b]! >= first) this.#priorities?.set(place, errors[b]!);
    });
  }

  #drawAlike({ places, firsts }: DrawnWindows, random: Random): void {
    const spans = Array.from({ length: this.#environments }, (_, e) => this.#eligible(e));
    const total = spans.reduce((sum, span) => sum + span.count, 0);
    if (total === 0) throw new Error('replay: sampled before a whole window was stored');
    for (let b = 0; b < places.length; b++) {
      let draw = random.below(total);
      let e = 0;
      while (draw >= spans[e]!.count) draw -= spans[e++]!.count;
      firsts[b] = spans[e]!.first + draw * this.#stride;
      places[b] = this.#at(e, firsts[b]!) / this.#stride;
    }
  }

  /** Number of the newest row that lies at a place. */
  #newest(place: number): number {
    const perRing = this.#rows / this.#stride;
    const at = (place % perRing) * this.#stride;
    const written = this.#written[Math.floor(place / perRing)]!;
    return at + Math.floor((written - 1 - at) / this.#rows) * this.#rows;
  }

  /** R_t = Σ γ^i r_(t+i) over the steps taken together, and where their bootstrap is; see `SequenceBatch`. */
  #sumRewards(into: SequenceBatch, b: number): void {
    const { burnIn, sequence, batch } = into.shape;
    const most = stepsOf(into.shape);
    for (let s = 0; s < sequence; s++) {
      const first = (burnIn + s) * batch + b;
      let sum = into.rewards[first]!;
      let discount = 1;
      let taken = 1;
      let row = first;
      // A row after which the episode is over is followed by its last look.
      for (; taken < most && into.valid[first] === 1 && into.valid[row + batch] === 1; taken++) {
        row += batch;
        discount *= this.#gamma;
        sum += discount * into.rewards[row]!;
      }
      into.terminated[first] = 1 - discount * (1 - into.terminated[row]!);
      into.rewards[first] = sum;
      for (let k = 0; k < most; k++) into.ahead[(k * sequence + s) * batch + b] = k === taken - 1 ? 1 : 0;
    }
  }

  state(): StoredArrays {
    const masses = this.#priorities?.save();
    return new Map<string, StoredArray>([
      ['replay.written', { shape: [this.#environments], values: this.#written.slice() }],
      ['replay.transitions', { shape: [1], values: Float64Array.of(this.#transitions) }],
      ...(masses === undefined ? [] : [['replay.priorities', { shape: [masses.length], values: masses }] as const])
    ]);
  }

  position(): Position {
    return [...this.#written];
  }

  rows(from: Position = Array.from(this.#written, () => 0)): StoredArrays {
    return copyOut(this.#rings, from, [...this.#written]);
  }

  outlived(until: Position): boolean {
    return until.every((row, e) => row <= this.#written[e]! - this.#rows);
  }

  loadRows(rows: StoredArrays): Position {
    return copyIn(this.#rings, rows);
  }

  loadState(state: StoredArrays): void {
    const written = arrayOf(state, 'replay.written', this.#environments, this.#written);
    const [transitions] = arrayOf(state, 'replay.transitions', 1, new Float64Array(0));
    const places = (this.#environments * this.#rows) / this.#stride;
    const masses =
      this.#priorities === undefined ? undefined : arrayOf(state, 'replay.priorities', places + 1, new Float32Array(0));
    this.#written.set(written);
    this.#transitions = transitions!;
    if (masses !== undefined) this.#priorities?.load(masses);
  }

  get #rings(): Rings {
    const { observation, action, state } = this.#shape;
    return {
      environments: this.#environments,
      rows: this.#rows,
      fields: [
        { name: 'observations', values: this.#observations, width: observation, every: 1 },
        { name: 'actions', values: this.#actions, width: action, every: 1 },
        { name: 'rewards', values: this.#rewards, width: 1, every: 1 },
        { name: 'flags', values: this.#flags, width: 1, every: 1 },
        { name: 'states', values: this.#states, width: state, every: this.#stride },
        ...(this.#labels.length === 0
          ? []
          : [{ name: 'labels', values: this.#labels, width: labelColumns(this.#shape), every: 1 }])
      ]
    };
  }

  /** Index into the fields of environment e's row number k. */
  #at(e: number, k: number): number {
    return e * this.#rows + (k % this.#rows);
  }

  #append(e: number, flags: number, observations: Float32Array): number {
    const { observation } = this.#shape;
    const k = this.#written[e]!;
    this.#written[e] = k + 1;
    const at = this.#at(e, k);
    this.#flags[at] = flags;
    if (this.#priorities !== undefined) this.#moveOn(this.#priorities, e);
    for (let i = 0; i < observation; i++) {
      this.#observations[at * observation + i] = observations[e * observation + i]!;
    }
    return at;
  }

  /** After a row: the window that it makes whole can be drawn, one whose start it wrote over cannot. */
  #moveOn(priorities: Priorities, e: number): void {
    const written = this.#written[e]!;
    const oldest = written - this.#rows;
    if (oldest > 0) priorities.leave(Math.floor(this.#at(e, oldest) / this.#stride));
    const whole = written - windowRows(this.#shape);
    if (whole >= 0 && whole % this.#stride === 0) priorities.enter(this.#at(e, whole) / this.#stride);
  }

  /** The row before a window must still be there, for its action and reward; row 0 never had one. */
  #eligible(e: number): { first: number; count: number } {
    const written = this.#written[e]!;
    const oldest = Math.max(0, written - this.#rows);
    const first = oldest === 0 ? 0 : Math.ceil((oldest + 1) / this.#stride) * this.#stride;
    const last = written - windowRows(this.#shape);
    return { first, count: last < first ? 0 : Math.floor((last - first) / this.#stride) + 1 };
  }

  #copyWindow(into: SequenceBatch, b: number, e: number, from: number): void {
    const { observation, action, state, batch } = into.shape;
    const width = inputWidth(observation, action);
    const rows = windowRows(into.shape);
    for (let w = 0; w < rows; w++) {
      const at = this.#at(e, from + w);
      const flags = this.#flags[at]!;
      const row = w * batch + b;
      const input = row * width;
      for (let i = 0; i < observation; i++) into.inputs[input + i] = this.#observations[at * observation + i]!;
      const start = (flags & START) !== 0;
      // A stream may begin within an episode: what came before its first row is not known.
      const alone = start || from + w === 0;
      const before = alone ? 0 : this.#at(e, from + w - 1);
      for (let i = 0; i < action; i++) {
        into.inputs[input + observation + i] = alone ? 0 : this.#actions[before * action + i]!;
        into.actions[row * action + i] = this.#actions[at * action + i]!;
      }
      into.inputs[input + observation + action] = alone ? 0 : symlog(this.#rewards[before]!);
      into.rewards[row] = this.#rewards[at]!;
      into.terminated[row] = (flags & TERMINATED) === 0 ? 0 : 1;
      into.valid[row] = (flags & LAST_LOOK) === 0 ? 1 : 0;
      into.starts[row] = start ? 1 : 0;
      this.#copyLabels(into, row, e, from + w);
    }
    const stored = (this.#at(e, from) / this.#stride) * state;
    for (let i = 0; i < state; i++) into.state[b * state + i] = this.#states[stored + i]!;
  }

  /** What was told of environment e's row number k, if it was by now, as row `row` of the batch. */
  #copyLabels(into: SequenceBatch, row: number, e: number, k: number): void {
    const columns = labelColumns(this.#shape);
    const told = k + (this.#shape.forecast?.steps ?? 1) - 1;
    const from = this.#at(e, told) * columns;
    for (let i = 0; i < columns; i++) {
      const label = told < this.#written[e]! ? this.#labels[from + i]! : Number.NaN;
      into.labels[row * columns + i] = Number.isNaN(label) ? 0 : label;
      into.labelled[row * columns + i] = Number.isNaN(label) ? 0 : 1;
    }
  }
}
