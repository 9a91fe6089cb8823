/**
 * Any `Dynamics` as a vector environment: same-step autoreset, truncation at the step limit, and a start state for
 * each episode from a stream named after the episode, so that episode 7 starts alike in a vector of 1 and of 512.
 */
import { Random } from '../../core/random.ts';
import { actionSize } from '../../core/spaces.ts';
import type { Seed } from '../../core/units.ts';
import type { ResetOptions, StepBuffers } from '../vector-env.ts';
import type { EpisodicVectorEnv } from '../vector.ts';
import type { Dynamics } from './dynamics.ts';

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
  readonly #state: Float64Array;
  readonly #steps: Int32Array;
  readonly #returns: Float64Array;
  #root = new Random(0 as Seed);
  #once = false;
  #next = 0;

  constructor(options: { dynamics: Dynamics; buffers: StepBuffers; size: number; episodes?: number }) {
    const { dynamics, buffers, size, episodes = CLASSIC_EPISODES } = options;
    this.spec = dynamics.spec;
    this.size = size;
    this.buffers = buffers;
    this.episodeMarkets = Array.from({ length: episodes }, (_, e) => `start ${String(e)}`);
    this.#dynamics = dynamics;
    this.#state = new Float64Array(size * dynamics.stateSize);
    this.#steps = new Int32Array(size);
    this.#returns = new Float64Array(size);
  }

  reset({ seed, schedule }: ResetOptions): void {
    const { observations, finalObservations, rewards, rewardTerms, terminated, truncated, info } = this.buffers;
    this.#root = new Random(seed, this.spec.id).split(schedule);
    this.#once = schedule === 'once';
    this.#next = this.size;
    for (const array of [observations, finalObservations, rewards, rewardTerms, terminated, truncated, info])
      array.fill(0);
    for (let i = 0; i < this.size; i++) this.#begin(i, i);
  }

  step(): void {
    const { actions, rewards, terminated, truncated, observations, finalObservations, info, rewardTerms } =
      this.buffers;
    const { size, spec } = this;
    const width = spec.observation.size;
    const { stateSize, maxSteps } = this.#dynamics;
    const episode = this.buffers.episode;
    this.#clamp();
    this.#dynamics.step({ n: size, state: this.#state, actions, rewards, terminated });
    for (let i = 0; i < size; i++) {
      truncated[i] = 0;
      if (episode[i]! < 0) {
        rewards[i] = 0;
        rewardTerms[i] = 0;
        terminated[i] = 0;
        this.#state.fill(0, i * stateSize, (i + 1) * stateSize);
        continue;
      }
      rewardTerms[i] = rewards[i]!;
      const steps = ++this.#steps[i]!;
      this.#returns[i]! += rewards[i]!;
      if (steps >= maxSteps && terminated[i] === 0) truncated[i] = 1;
      info[2 * i] = this.#returns[i]!;
      info[2 * i + 1] = steps;
      if (terminated[i] === 0 && truncated[i] === 0) {
        this.#dynamics.observe(this.#state, i * stateSize, observations, i * width);
      } else {
        this.#dynamics.observe(this.#state, i * stateSize, finalObservations, i * width);
        this.#begin(i, this.#once ? episode[i]! + size : this.#next++);
      }
    }
  }

  dispose(): void {
    this.buffers.episode.fill(-1);
  }

  /** Starts episode `e` in environment i, or leaves it done when a `once` schedule has no more. */
  #begin(i: number, e: number): void {
    const { observations, episode } = this.buffers;
    const listed = this.episodeMarkets.length;
    const width = this.spec.observation.size;
    const { stateSize } = this.#dynamics;
    this.#steps[i] = 0;
    this.#returns[i] = 0;
    if (this.#once && e >= listed) {
      episode[i] = -1;
      observations.fill(0, i * width, (i + 1) * width);
      return;
    }
    episode[i] = e % listed;
    this.#dynamics.start(this.#state, i * stateSize, this.#root.split(`episode ${String(e)}`));
    this.#dynamics.observe(this.#state, i * stateSize, observations, i * width);
  }

  /** A non-finite action would poison a state for the rest of its episode: it counts as 0. */
  #clamp(): void {
    const { actions } = this.buffers;
    const count = this.size * actionSize(this.spec.action);
    for (let k = 0; k < count; k++) if (!Number.isFinite(actions[k]!)) actions[k] = 0;
  }
}
