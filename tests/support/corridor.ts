/**
 * A small environment for the tests of the checks: a walk on a line, which is right unless it is asked to be wrong in one
 * named way. Each flaw is a mistake that has been made in environments before.
 */
import { Random } from '../../src/lib/core/random.ts';
import type { Box } from '../../src/lib/core/spaces.ts';
import type { Seed } from '../../src/lib/core/units.ts';
import type { EnvSpec, ResetOptions, StepBuffers, VectorEnv } from '../../src/lib/env/vector-env.ts';
import { slabBytes, stepBuffers } from '../../src/lib/env/vector-env.ts';

export const CORRIDOR_STEPS = 12;
const END = 1;
const EPISODES = 9;

/** What can be wrong, under the check that must find it. */
export const FLAWS = {
  spec: ['bounds swapped', 'column named twice', 'one choice', 'as many bounds as numbers'],
  arrays: ['rewards in float64', 'one row short', 'shared memory'],
  reset: ['flags left', 'no episode'],
  actions: ['clips in place', 'stops at the end of the space'],
  bounds: ['unbounded', 'not a number', 'last view unbounded'],
  rewards: ['a term left out', 'reward not a number', 'info not a number'],
  ends: ['both flags', 'flag of 2', 'limit too soon', 'limit ignored'],
  autoreset: ['last view never written', 'last view after the reset', 'last view of the step before', 'never ends'],
  seed: ['seed ignored', 'goes on drawing', 'shared generator'],
  independence: ['shared position'],
  schedule: ['plays on for ever', 'plays twice', 'moves when done', 'runs out'],
  allocation: ['an object a step', 'arrays replaced']
} as const;
export type Flaw = (typeof FLAWS)[keyof typeof FLAWS][number];

const observation: Box = { kind: 'box', size: 2, low: -1, high: 1 };
const plain: EnvSpec = {
  id: 'Corridor',
  observation,
  action: { kind: 'box', size: 1, low: -1, high: 1 },
  rewardTerms: ['goal', 'time'],
  info: ['length']
};

function specWith(flaw: Flaw | undefined): EnvSpec {
  switch (flaw) {
    case 'bounds swapped':
      return { ...plain, observation: { ...observation, low: 1, high: -1 } };
    case 'column named twice':
      return { ...plain, rewardTerms: ['goal', 'goal'] };
    case 'one choice':
      return { ...plain, action: { kind: 'discrete', n: 1 } };
    case 'as many bounds as numbers':
      return { ...plain, observation: { ...observation, each: { low: [-1], high: [1] } } };
    default:
      return plain;
  }
}

function buffersWith(flaw: Flaw | undefined, spec: EnvSpec, size: number): StepBuffers {
  const buffers = stepBuffers(spec, size, new ArrayBuffer(slabBytes(spec, size)));
  switch (flaw) {
    case 'rewards in float64':
      return { ...buffers, rewards: new Float64Array(size) as unknown as Float32Array };
    case 'one row short':
      return { ...buffers, info: new Float32Array(size - 1) };
    case 'shared memory':
      return { ...buffers, finalObservations: buffers.observations };
    default:
      return buffers;
  }
}

/** For the flaws that reach beyond one environment. */
const everywhere = new Random(99 as Seed, 'everywhere');
const kept: object[] = [];

export class Corridor implements VectorEnv {
  readonly spec: EnvSpec;
  readonly size: number;
  buffers: StepBuffers;
  readonly #flaw: Flaw | undefined;
  readonly #at: Float64Array;
  readonly #steps: Int32Array;
  readonly #starts = new Float64Array(EPISODES);
  readonly #own = new Random(0 as Seed);
  #once = false;
  #next = 0;

  constructor(flaw?: Flaw, size = 3) {
    this.#flaw = flaw;
    this.size = size;
    this.spec = specWith(flaw);
    this.buffers = buffersWith(flaw, this.spec, size);
    this.#at = new Float64Array(size);
    this.#steps = new Int32Array(size);
  }

  reset({ seed, schedule }: ResetOptions): void {
    const flaw = this.#flaw;
    const { rewards, rewardTerms, terminated, truncated, info, episode } = this.buffers;
    for (const array of [rewards, rewardTerms, truncated, info]) array.fill(0);
    terminated.fill(flaw === 'flags left' ? 1 : 0);
    let random = new Random(flaw === 'seed ignored' ? (1 as Seed) : seed, schedule);
    if (flaw === 'shared generator') random = everywhere;
    else if (flaw === 'goes on drawing') random = this.#own;
    for (let e = 0; e < EPISODES; e++) this.#starts[e] = random.uniform() - 0.5;
    this.#once = schedule === 'once';
    this.#next = this.size;
    for (let i = 0; i < this.size; i++) this.#begin(i, i);
    if (flaw === 'no episode') episode[0] = -1;
  }

  step(): void {
    const flaw = this.#flaw;
    const { actions, rewards, rewardTerms, terminated, truncated, info, episode, observations, finalObservations } =
      this.buffers;
    if (flaw === 'an object a step') kept[0] = { at: this.#at[0] };
    if (flaw === 'arrays replaced') this.buffers = { ...this.buffers, rewards: rewards.slice() };
    for (let i = 0; i < this.size; i++) {
      const asked = actions[i]!;
      if (flaw === 'clips in place') actions[i] = Math.min(0.5, asked);
      if (flaw === 'stops at the end of the space' && asked === 1) throw new Error('expected an action under 1, got 1');
      const playing = episode[i]! >= 0 || flaw === 'moves when done';
      const before = this.#at[i]!;
      if (playing) {
        this.#at[flaw === 'shared position' ? 0 : i]! += 0.4 * asked;
        this.#steps[i]!++;
      }
      const out = playing && Math.abs(this.#at[i]!) > END && flaw !== 'never ends';
      const limit = flaw === 'limit too soon' ? CORRIDOR_STEPS - 3 : CORRIDOR_STEPS;
      const late = playing && this.#steps[i]! >= limit && flaw !== 'limit ignored' && flaw !== 'never ends';
      const goal = out ? 1 : 0;
      const time = playing ? -0.1 : 0;
      rewardTerms[2 * i] = goal;
      rewardTerms[2 * i + 1] = time;
      rewards[i] =
        flaw === 'a term left out' ? goal : flaw === 'reward not a number' ? Math.log(goal - 1) : goal + time;
      terminated[i] = out ? (flaw === 'flag of 2' ? 2 : 1) : 0;
      truncated[i] = late && (!out || flaw === 'both flags') ? 1 : 0;
      info[i] = flaw === 'info not a number' ? 0 / 0 : this.#steps[i]!;
      if (!out && !late) {
        this.#see(i, observations);
        continue;
      }
      if (flaw === 'last view of the step before') this.#at[i] = before;
      if (flaw === 'last view of the step before') this.#steps[i]!--;
      if (flaw !== 'last view never written' && flaw !== 'last view after the reset') this.#see(i, finalObservations);
      if (flaw === 'last view unbounded') finalObservations[2 * i] = 3;
      this.#begin(i, this.#once ? this.#after(episode[i]!) : this.#next++);
      if (flaw === 'last view after the reset') this.#see(i, finalObservations);
    }
  }

  dispose(): void {
    this.buffers.episode.fill(-1);
  }

  /** The next episode of a `once` schedule. */
  #after(episode: number): number {
    if (this.#flaw === 'plays on for ever') return 0;
    return episode + (this.#flaw === 'plays twice' && episode % 2 === 0 ? 1 : this.size);
  }

  #begin(i: number, episode: number): void {
    const flaw = this.#flaw;
    const over = (this.#once || flaw === 'runs out') && episode >= EPISODES && flaw !== 'plays on for ever';
    this.buffers.episode[i] = over ? -1 : episode % EPISODES;
    this.#at[i] = over ? 0 : this.#starts[episode % EPISODES]!;
    this.#steps[i] = 0;
    this.#see(i, this.buffers.observations);
  }

  #see(i: number, into: Float32Array): void {
    const at = this.#at[i]!;
    into[2 * i] =
      this.#flaw === 'unbounded' ? at : this.#flaw === 'not a number' ? Math.sqrt(at) : Math.max(-1, Math.min(1, at));
    into[2 * i + 1] = this.#steps[i]! / CORRIDOR_STEPS;
  }
}
