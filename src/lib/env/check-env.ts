/**
 * Checks any vector environment against the contract of `vector-env.ts`, for our own and for a user's: spaces, arrays,
 * bounds, reset and seed, same-step autoreset, terminated and truncated. Returns what is wrong, in words.
 */
import { Random } from '../core/random.ts';
import type { ActionSpace } from '../core/spaces.ts';
import { actionSize } from '../core/spaces.ts';
import type { Seed } from '../core/units.ts';
import type { StepBuffers, VectorEnv } from './vector-env.ts';

export interface CheckOptions {
  /** Vector steps of each run; enough to see episodes end. Default 400. */
  readonly steps?: number;
  readonly seed?: Seed;
}

/** @returns one sentence a fault, none when the environment keeps the contract */
export function checkEnv(make: () => VectorEnv, options: CheckOptions = {}): readonly string[] {
  const { steps = 400, seed = 1 as Seed } = options;
  const faults = new Set<string>();
  const env = make();
  checkArrays(env, faults);
  const first = play(env, { steps, seed, faults });
  if (first.ended === 0) faults.add(`no episode ended in ${String(steps)} steps: autoreset could not be checked`);
  const again = play(env, { steps, seed, faults });
  if (!same(first.trace, again.trace)) faults.add('two runs of one environment from the same seed differ');
  env.dispose();
  const other = make();
  const fresh = play(other, { steps, seed, faults });
  if (!same(first.trace, fresh.trace)) faults.add('two environments from the same seed differ');
  checkOnce(other, steps, faults);
  other.dispose();
  return [...faults];
}

/** Uniform random actions from a seed: the same for every run that is compared. */
export function sampleActions(space: ActionSpace, actions: Float32Array | Int32Array, random: Random): void {
  const width = actionSize(space);
  for (let k = 0; k < actions.length; k++) {
    if (space.kind === 'box') actions[k] = space.low + (space.high - space.low) * random.uniform();
    else actions[k] = random.below(space.kind === 'discrete' ? space.n : (space.n[k % width] ?? 1));
  }
}

function checkArrays({ spec, size, buffers }: VectorEnv, faults: Set<string>): void {
  const lengths: Readonly<Record<keyof StepBuffers, number>> = {
    observations: size * spec.observation.size,
    finalObservations: size * spec.observation.size,
    actions: size * actionSize(spec.action),
    rewards: size,
    rewardTerms: size * spec.rewardTerms.length,
    terminated: size,
    truncated: size,
    info: size * spec.info.length,
    episode: size
  };
  for (const [name, length] of Object.entries(lengths) as [keyof StepBuffers, number][]) {
    if (buffers[name].length !== length) {
      faults.add(`${name}: expected ${String(length)} numbers, got ${String(buffers[name].length)}`);
    }
  }
  const whole = buffers.actions instanceof Int32Array;
  if (whole === (spec.action.kind === 'box'))
    faults.add(`actions: the array's type does not fit a ${spec.action.kind}`);
  if (!(spec.observation.low < spec.observation.high)) faults.add('observation space: low is not under high');
}

function play(
  env: VectorEnv,
  run: { steps: number; seed: Seed; faults: Set<string> }
): { trace: Float64Array; ended: number } {
  const { buffers, size, spec } = env;
  const { faults } = run;
  const random = new Random(run.seed, 'check actions');
  const trace: number[] = [];
  let ended = 0;
  env.reset({ seed: run.seed, schedule: 'shuffle' });
  checkBounds(env, buffers.observations, 'observations after reset', faults);
  for (let step = 0; step < run.steps; step++) {
    sampleActions(spec.action, buffers.actions, random);
    const asked = buffers.actions.slice();
    env.step();
    if (!same(asked, buffers.actions)) faults.add('a step changed the actions it was given');
    checkBounds(env, buffers.observations, 'observations', faults);
    for (let i = 0; i < size; i++) {
      const terminated = buffers.terminated[i]!;
      const truncated = buffers.truncated[i]!;
      if (terminated > 1 || truncated > 1) faults.add('terminated and truncated must be 0 or 1');
      if (terminated === 1 && truncated === 1) faults.add('an episode is terminated or truncated, never both');
      if (terminated + truncated > 0) {
        ended++;
        checkEnd(env, i, faults);
      }
      checkReward(env, i, faults);
      if (buffers.episode[i]! < 0) faults.add('a shuffle schedule never runs out of episodes');
      trace.push(buffers.rewards[i]!, terminated, truncated, buffers.episode[i]!);
    }
    trace.push(...buffers.observations);
  }
  return { trace: Float64Array.from(trace), ended };
}

function checkBounds({ spec }: VectorEnv, values: Float32Array, name: string, faults: Set<string>): void {
  for (const value of values) {
    if (!Number.isFinite(value)) faults.add(`${name}: ${String(value)} is not finite`);
    else if (value < spec.observation.low || value > spec.observation.high) {
      faults.add(
        `${name}: ${String(value)} is outside [${String(spec.observation.low)}, ${String(spec.observation.high)}]`
      );
      return;
    }
  }
}

/** The ended episode's last view must be there, and the row of `observations` already the next episode's. */
function checkEnd({ spec, buffers }: VectorEnv, i: number, faults: Set<string>): void {
  const width = spec.observation.size;
  const last = buffers.finalObservations.subarray(i * width, (i + 1) * width);
  const next = buffers.observations.subarray(i * width, (i + 1) * width);
  if (last.some((value) => !Number.isFinite(value))) faults.add('finalObservations: not finite');
  if (width > 1 && same(last, next))
    faults.add('after an end, observations still show the ended episode: no autoreset');
}

function checkReward({ spec, buffers }: VectorEnv, i: number, faults: Set<string>): void {
  const reward = buffers.rewards[i]!;
  if (!Number.isFinite(reward)) faults.add('a reward is not finite');
  let sum = 0;
  for (let term = 0; term < spec.rewardTerms.length; term++) {
    sum += buffers.rewardTerms[i * spec.rewardTerms.length + term]!;
  }
  if (Math.abs(sum - reward) > 1e-4 * Math.max(1, Math.abs(reward))) {
    faults.add(`a reward is not the sum of its terms: ${String(reward)} and ${String(sum)}`);
  }
}

/** Every episode of a `once` schedule is played once, then environments stand still with episode -1. */
function checkOnce(env: VectorEnv, steps: number, faults: Set<string>): void {
  const { buffers, size, spec } = env;
  const seen = new Map<number, number>();
  const random = new Random(2 as Seed, 'check once');
  env.reset({ seed: 2 as Seed, schedule: 'once' });
  for (let i = 0; i < size; i++) count(seen, buffers.episode[i]!);
  for (let step = 0; step < steps * 100 && buffers.episode.some((episode) => episode >= 0); step++) {
    sampleActions(spec.action, buffers.actions, random);
    env.step();
    for (let i = 0; i < size; i++) {
      if (buffers.terminated[i]! + buffers.truncated[i]! > 0) count(seen, buffers.episode[i]!);
    }
  }
  if (buffers.episode.some((episode) => episode >= 0)) faults.add('a once schedule did not come to its end');
  for (const [episode, times] of seen) {
    if (episode >= 0 && times !== 1) faults.add(`once: episode ${String(episode)} was played ${String(times)} times`);
  }
  const held = buffers.observations.slice();
  env.step();
  if (!same(held, buffers.observations) || buffers.rewards.some((reward) => reward !== 0)) {
    faults.add('after a once schedule a step still does something');
  }
}

const count = (seen: Map<number, number>, episode: number): void => {
  if (episode >= 0) seen.set(episode, (seen.get(episode) ?? 0) + 1);
};

function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
