/**
 * Plays an environment from a seed and looks at every step: what came is compared with the contract, and kept, so that
 * two plays can be compared number by number.
 */
import { Random } from '../core/random.ts';
import type { ActionSpace } from '../core/spaces.ts';
import { actionSize, boundsAt } from '../core/spaces.ts';
import type { Seed } from '../core/units.ts';
import { bufferNames } from './check-spec.ts';
import type { Faults } from './env-faults.ts';
import type { StepBuffers, VectorEnv } from './vector-env.ts';

/** Uniform random actions from a seed: the same for every run that is compared. */
export function sampleActions(space: ActionSpace, actions: Float32Array | Int32Array, random: Random): void {
  const width = actionSize(space);
  for (let k = 0; k < actions.length; k++) {
    if (space.kind === 'box') {
      const [low, high] = boundsAt(space, k % width);
      actions[k] = low + (high - low) * random.uniform();
    } else actions[k] = random.below(space.kind === 'discrete' ? space.n : (space.n[k % width] ?? 1));
  }
}

/** Every number at one end of the space: its lowest, first choice; or its highest, last choice. */
export function extremeActions(space: ActionSpace, actions: Float32Array | Int32Array, end: 'low' | 'high'): void {
  const width = actionSize(space);
  for (let k = 0; k < actions.length; k++) {
    if (space.kind === 'box') actions[k] = boundsAt(space, k % width)[end === 'low' ? 0 : 1];
    else if (end === 'low') actions[k] = 0;
    else actions[k] = (space.kind === 'discrete' ? space.n : (space.n[k % width] ?? 1)) - 1;
  }
}

export interface Play {
  readonly steps: number;
  /** Of the environment. */
  readonly seed: Seed;
  /** Of the actions. */
  readonly actionSeed: Seed;
  readonly faults: Faults;
  /** Steps after which an episode is truncated, where the environment says so. */
  readonly maxSteps: number | undefined;
}

export interface Played {
  /** Everything that came, step by step. */
  readonly trace: Float64Array;
  /** Numbers a step has in `trace`; the reset counts as step 0. */
  readonly stepWidth: number;
  readonly ended: number;
}

export function play(env: VectorEnv, { steps, seed, actionSeed, faults, maxSteps }: Play): Played {
  const { buffers, size, spec } = env;
  const arrays: StepBuffers = { ...buffers };
  const random = new Random(actionSeed, 'check actions');
  const { finalObservations } = arrays;
  const rows = [
    arrays.observations,
    finalObservations,
    arrays.rewards,
    arrays.terminated,
    arrays.truncated,
    arrays.episode
  ];
  const stepWidth = rows.reduce((sum, row) => sum + row.length, 0);
  const trace = new Float64Array(stepWidth * (steps + 1));
  const keep = (step: number): void => {
    let at = step * stepWidth;
    for (const row of rows) {
      trace.set(row, at);
      at += row.length;
    }
  };
  const lengths = new Int32Array(size);
  const ends = new Ends(env, faults);
  const given = arrays.actions.slice();
  env.reset({ seed, schedule: 'shuffle' });
  checkReset(env, faults);
  finalObservations.fill(0);
  keep(0);
  for (let step = 1; step <= steps; step++) {
    if (step % 50 === 7) extremeActions(spec.action, given, 'low');
    else if (step % 50 === 8) extremeActions(spec.action, given, 'high');
    else sampleActions(spec.action, given, random);
    arrays.actions.set(given);
    ends.before();
    env.step();
    if (!same(given, arrays.actions)) faults.add('actions', 'a step leaves the actions as they were');
    for (const name of bufferNames) {
      if (buffers[name] !== arrays[name] || env.buffers[name] !== arrays[name])
        faults.add(
          'allocation',
          'arrays stay the same objects for good',
          `${name} was replaced in step ${String(step)}`
        );
    }
    checkBounds(env, { values: arrays.observations, name: 'observations', from: 0, rows: size, step }, faults);
    for (let i = 0; i < size; i++) {
      const length = (lengths[i] = lengths[i]! + 1);
      const end = endOf(arrays, i, faults);
      if (maxSteps !== undefined) checkLimit({ length, maxSteps, end }, faults);
      ends.after(i, end, step);
      if (end !== 'none') lengths[i] = 0;
      checkReward(env, i, step, faults);
      if (arrays.episode[i]! < 0) faults.add('schedule', 'a shuffle schedule never runs out of episodes');
    }
    keep(step);
  }
  ends.conclude();
  return { trace, stepWidth, ended: ends.count };
}

type End = 'none' | 'terminated' | 'truncated';

function endOf({ terminated, truncated }: StepBuffers, i: number, faults: Faults): End {
  const task = terminated[i]!;
  const cut = truncated[i]!;
  if (task > 1 || cut > 1)
    faults.add('ends', 'terminated and truncated are 0 or 1', `${String(task)} and ${String(cut)}`);
  if (task !== 0 && cut !== 0) faults.add('ends', 'an episode is terminated or truncated, never both');
  return task !== 0 ? 'terminated' : cut !== 0 ? 'truncated' : 'none';
}

function checkLimit(at: { length: number; maxSteps: number; end: End }, faults: Faults): void {
  const { length, maxSteps, end } = at;
  if (end === 'truncated' && length !== maxSteps) {
    const detail = `truncated after ${String(length)} steps, the limit is ${String(maxSteps)}; what ends it is the task's: terminated`;
    faults.add('ends', 'an episode is truncated at its step limit and never before', detail);
  }
  if (end === 'none' && length >= maxSteps)
    faults.add(
      'ends',
      'no episode is longer than its step limit',
      `${String(length)} steps, the limit is ${String(maxSteps)}`
    );
}

function checkReset(env: VectorEnv, faults: Faults): void {
  const { buffers, size } = env;
  checkBounds(env, { values: buffers.observations, name: 'observations', from: 0, rows: size, step: 0 }, faults);
  for (const name of ['rewards', 'rewardTerms', 'terminated', 'truncated'] as const) {
    if (buffers[name].some((value) => value !== 0)) faults.add('reset', `a reset clears ${name}`);
  }
  if (buffers.episode.some((episode) => episode < 0))
    faults.add('reset', 'a reset begins an episode in every environment');
}

interface Rows {
  readonly values: Float32Array;
  readonly name: string;
  /** First row, and how many. */
  readonly from: number;
  readonly rows: number;
  readonly step: number;
}

function checkBounds({ spec }: VectorEnv, { values, name, from, rows, step }: Rows, faults: Faults): void {
  const width = spec.observation.size;
  for (let k = 0; k < width; k++) {
    // Bounds are of float32, as the numbers are: -1.2 lies under the float32 next to it.
    const [low, high] = boundsAt(spec.observation, k).map(Math.fround) as [number, number];
    for (let i = from; i < from + rows; i++) {
      const value = values[i * width + k]!;
      if (value >= low && value <= high && Number.isFinite(value)) continue;
      const where = `number ${String(k)} is ${String(value)} in step ${String(step)}`;
      if (!Number.isFinite(value)) faults.add('bounds', `${name} are finite`, where);
      else faults.add('bounds', `${name} lie within the space`, `${where}, not in [${String(low)}, ${String(high)}]`);
    }
  }
}

/** The two views that an end leaves: the last of the ended episode, and the first of the next. */
class Ends {
  readonly #env: VectorEnv;
  readonly #faults: Faults;
  readonly #seenBefore: Float32Array;
  /** Ends whose last view is the view before the last step. */
  #stale = 0;
  count = 0;

  constructor(env: VectorEnv, faults: Faults) {
    this.#env = env;
    this.#faults = faults;
    this.#seenBefore = new Float32Array(env.buffers.observations.length);
  }

  before(): void {
    const { observations, finalObservations } = this.#env.buffers;
    this.#seenBefore.set(observations);
    // An environment that forgets to write them is found by what nobody writes.
    finalObservations.fill(Number.NaN);
  }

  after(i: number, end: End, step: number): void {
    const { spec, buffers } = this.#env;
    const width = spec.observation.size;
    const last = buffers.finalObservations.subarray(i * width, (i + 1) * width);
    if (end === 'none') {
      last.fill(0);
      return;
    }
    this.count++;
    if (last.every((value) => Number.isNaN(value))) {
      this.#faults.add('autoreset', 'finalObservations are written at an end', `not in step ${String(step)}`);
      last.fill(0);
      return;
    }
    const { finalObservations } = buffers;
    checkBounds(
      this.#env,
      { values: finalObservations, name: 'finalObservations', from: i, rows: 1, step },
      this.#faults
    );
    const next = buffers.observations.subarray(i * width, (i + 1) * width);
    if (width > 1 && same(last, next)) {
      const rule = 'after an end, finalObservations show the ended episode and observations the next one';
      this.#faults.add('autoreset', rule, `they are equal in step ${String(step)}`);
    }
    if (same(last, this.#seenBefore.subarray(i * width, (i + 1) * width))) this.#stale++;
  }

  conclude(): void {
    if (this.count > 1 && this.#stale === this.count)
      this.#faults.add(
        'autoreset',
        'finalObservations show the state after the last step',
        'they show the one before it'
      );
  }
}

function checkReward({ spec, buffers }: VectorEnv, i: number, step: number, faults: Faults): void {
  const reward = buffers.rewards[i]!;
  const terms = spec.rewardTerms.length;
  if (!Number.isFinite(reward))
    faults.add('rewards', 'rewards are finite', `${String(reward)} in step ${String(step)}`);
  let sum = 0;
  for (let term = 0; term < terms; term++) sum += buffers.rewardTerms[i * terms + term]!;
  if (Math.abs(sum - reward) > 1e-4 * Math.max(1, Math.abs(reward))) {
    const detail = `${String(reward)} and ${String(sum)} in step ${String(step)}`;
    faults.add('rewards', 'a reward is the sum of its terms', detail);
  }
  const width = spec.info.length;
  for (let k = 0; k < width; k++) {
    if (!Number.isFinite(buffers.info[i * width + k]!))
      faults.add('rewards', 'info is finite', `${spec.info[k] ?? ''} in step ${String(step)}`);
  }
}

export function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
