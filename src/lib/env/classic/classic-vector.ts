/**
 * Any `Dynamics` as a vector environment: same-step autoreset, truncation at the step limit, and a start state for
 * each episode from random numbers of its own, so that episode 7 starts alike in a vector of 1 and of 512. A step is
 * three loops over all environments (move, see, account for) and allocates nothing.
 */
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import { mustStand } from '../standing.ts';
import type { EnvStanding } from '../standing.ts';
import { slabOf } from '../vector-env.ts';
import type { ResetOptions, StepBuffers } from '../vector-env.ts';
import type { EpisodicVectorEnv } from '../vector.ts';
import type { Dynamics, DynamicsBatch, States } from './dynamics.ts';
import { EpisodeStarts } from './episode-starts.ts';

/**
 * Episodes of a `once` schedule: enough for an interval over episodes, few enough to be quick. A `shuffle` schedule
 * starts every episode anew and only counts its names round.
 */
const CLASSIC_EPISODES = 32;

export class ClassicVectorEnv implements EpisodicVectorEnv {
  readonly spec: Dynamics['spec'];
  readonly size: number;
  readonly buffers: StepBuffers;
  readonly episodeMarkets: readonly string[];
  readonly #dynamics: Dynamics;
  readonly #states: States;
  readonly #batch: DynamicsBatch;
  readonly #steps: Int32Array;
  readonly #returns: Float64Array;
  readonly #starts: EpisodeStarts;
  #once = false;
  #seed = 0;
  #next = 0;

  constructor(options: { dynamics: Dynamics; buffers: StepBuffers; size: number; episodes?: number }) {
    const { dynamics, buffers, size, episodes = CLASSIC_EPISODES } = options;
    const { actions, rewards, terminated } = buffers;
    this.spec = dynamics.spec;
    this.size = size;
    this.buffers = buffers;
    this.episodeMarkets = Array.from({ length: episodes }, (_, e) => `start ${String(e)}`);
    this.#dynamics = dynamics;
    this.#states = { n: size, values: new Float64Array(size * dynamics.stateSize) };
    this.#batch = { states: this.#states, actions, rewards, terminated };
    this.#starts = new EpisodeStarts(dynamics.stateSize);
    this.#steps = new Int32Array(size);
    this.#returns = new Float64Array(size);
  }

  reset({ seed, schedule }: ResetOptions): void {
    const { observations, finalObservations, rewards, rewardTerms, terminated, truncated, info } = this.buffers;
    this.#starts.key(new Random(seed, this.spec.id).split(schedule));
    this.#once = schedule === 'once';
    this.#seed = seed;
    this.#next = this.size;
    for (const array of [observations, finalObservations, rewards, rewardTerms, terminated, truncated, info])
      array.fill(0);
    for (let i = 0; i < this.size; i++) this.#begin(i, i);
  }

  step(): void {
    const { actions, rewards, terminated, truncated, observations, info, rewardTerms, episode } = this.buffers;
    const { maxSteps } = this.#dynamics;
    const size = this.size;
    const lengths = this.#steps;
    const returns = this.#returns;
    const space = this.spec.action;
    if (space.kind === 'discrete') mustBeChoices(this.spec.id, space.n, actions);
    else clearNonFinite(actions);
    this.#dynamics.step(this.#batch);
    this.#dynamics.observe(this.#states, observations, 0, size);
    for (let i = 0; i < size; i++) {
      truncated[i] = 0;
      if (episode[i]! < 0) {
        rewards[i] = 0;
        rewardTerms[i] = 0;
        terminated[i] = 0;
        this.#clear(i);
        continue;
      }
      const reward = rewards[i]!;
      const steps = lengths[i]! + 1;
      const sum = returns[i]! + reward;
      lengths[i] = steps;
      returns[i] = sum;
      rewardTerms[i] = reward;
      info[2 * i] = sum;
      info[2 * i + 1] = steps;
      if (terminated[i] === 0) {
        if (steps < maxSteps) continue;
        truncated[i] = 1;
      }
      this.#end(i);
    }
  }

  standing(): EnvStanding {
    const heads = [this.#seed, this.#next, ...this.#steps, ...this.#returns];
    return {
      slab: slabOf(this).slice(),
      counts: Float64Array.of(...heads, ...this.#states.values),
      actions: new Float32Array(0)
    };
  }

  restore({ slab, counts }: EnvStanding): void {
    const own = slabOf(this);
    const heads = 2 + 2 * this.size;
    const alike = slab.length === own.length && counts.length === heads + this.#states.values.length;
    mustStand(this.spec.id, alike, 'one of another size');
    this.reset({ seed: counts[0]! as Seed, schedule: 'shuffle' });
    this.#next = counts[1]!;
    this.#steps.set(counts.subarray(2, 2 + this.size));
    this.#returns.set(counts.subarray(2 + this.size, heads));
    this.#states.values.set(counts.subarray(heads));
    own.set(slab);
  }

  dispose(): void {
    this.buffers.episode.fill(-1);
  }

  /** Keeps what the ended episode last saw, and goes on to the next. */
  #end(i: number): void {
    const { observations, finalObservations, episode } = this.buffers;
    const width = this.spec.observation.size;
    for (let k = i * width; k < (i + 1) * width; k++) finalObservations[k] = observations[k]!;
    this.#begin(i, this.#once ? episode[i]! + this.size : this.#next++);
  }

  /** Starts episode `e` in environment i, or leaves it done when a `once` schedule has no more. */
  #begin(i: number, e: number): void {
    const { episode, observations } = this.buffers;
    const listed = this.episodeMarkets.length;
    this.#steps[i] = 0;
    this.#returns[i] = 0;
    if (this.#once && e >= listed) {
      episode[i] = -1;
      this.#clear(i);
      return;
    }
    episode[i] = e % listed;
    this.#dynamics.start(this.#states, i, this.#starts.uniforms(e));
    this.#dynamics.observe(this.#states, observations, i, i + 1);
  }

  /** An environment without an episode is moved with the others, and put back to nothing. */
  #clear(i: number): void {
    const { n, values } = this.#states;
    const width = this.spec.observation.size;
    for (let k = i; k < values.length; k += n) values[k] = 0;
    this.buffers.observations.fill(0, i * width, (i + 1) * width);
  }
}

/** A non-finite number would poison a state for the rest of its episode: it counts as 0. */
function clearNonFinite(actions: Float32Array | Int32Array): void {
  for (let k = 0; k < actions.length; k++) if (!Number.isFinite(actions[k]!)) actions[k] = 0;
}

/** @throws Error when an action is no choice of the space: a bug of the one who chose */
function mustBeChoices(id: string, choices: number, actions: Float32Array | Int32Array): void {
  for (let i = 0; i < actions.length; i++) {
    const action = actions[i]!;
    if (action >>> 0 < choices) continue;
    throw new Error(
      `${id}: expected an action from 0 to ${String(choices - 1)}, got ${String(action)} in row ${String(i)}`
    );
  }
}
