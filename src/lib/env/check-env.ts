/**
 * Checks any vector environment against the contract of `vector-env.ts`, for our own and for a user's. It plays the
 * environment several times with random actions and compares what comes with what the contract says and with itself;
 * it finds what shows within the steps played, and proves nothing of the rest. `leak-test.ts` does what it cannot: look
 * whether the future shows.
 */
import { Random } from '../core/random.ts';
import type { Seed } from '../core/units.ts';
import { play, same, sampleActions } from './check-play.ts';
import type { Played } from './check-play.ts';
import { checkArrays, checkSpec } from './check-spec.ts';
import type { EnvFault } from './env-faults.ts';
import { Faults } from './env-faults.ts';
import type { HeapMeter } from './heap-growth.ts';
import { heapGrowth } from './heap-growth.ts';
import type { VectorEnv } from './vector-env.ts';

export interface CheckOptions {
  /** Vector steps of each run; enough to see episodes end. Default 400. */
  readonly steps?: number;
  /** Default 1. */
  readonly seed?: Seed;
  /** Steps after which an episode is truncated; with it, `truncated` is held to mean that and nothing else. */
  readonly maxSteps?: number;
  /** False for an environment that has nothing to draw, such as one recorded market: seeds then need not matter. */
  readonly seeded?: boolean;
  /** Looks at the heap; without it allocation is not checked, for a program cannot see its own heap everywhere. */
  readonly heap?: HeapMeter;
}

/** Seeds after the first that are tried until one gives another trajectory. */
const OTHER_SEEDS = 3;
/** A `once` schedule has to come to its end within so many times the steps of a run. */
const ONCE_RUNS = 100;
/** Vector steps before the heap is looked at, so that code is compiled, and while it is. */
const WARM_STEPS = 20_000;
const MEASURED_STEPS = 2000;
/** Looks, each after as many warm steps: an engine that compiles anew meanwhile makes objects which the code does not. */
const LOOKS = 4;
/**
 * Bytes a vector step: under the smallest object of Node, a number of 16 bytes. What the engine itself does in the
 * background stays under it, and so do resets, which are too rare to be compiled as well as steps are.
 */
const MOST_BYTES = 12;

/**
 * @param make a fresh environment at each call, always the same one; at least two environments, or independence of each
 *   other is not checked
 * @returns what is wrong, a fault a rule, in the order of `ENV_CHECKS`; nothing when the environment keeps the contract
 * @throws whatever the environment throws: that is a fault of its own, and its stack says where
 */
export function checkEnv(make: () => VectorEnv, options: CheckOptions = {}): readonly EnvFault[] {
  const faults = new Faults();
  const { steps = 400, seed = 1 as Seed, maxSteps, seeded = true, heap } = options;
  const env = make();
  checkSpec(env.spec, faults);
  checkArrays(env, faults);
  // Steps of an environment whose arrays do not fit say nothing.
  if (faults.list().length > 0) return faults.list();
  const run = { steps, seed, actionSeed: seed, faults, maxSteps };
  const first = play(env, run);
  if (first.ended === 0)
    faults.add('autoreset', 'an episode ends within the check', `none did in ${String(steps)} steps; give more`);
  sameNumbers(first, play(env, run), 'one environment reset to the same seed', faults);
  const other = make();
  sameNumbers(first, play(other, run), 'two environments of the same seed', faults);
  if (seeded) {
    const others = Array.from({ length: OTHER_SEEDS }, (_, k) => play(other, { ...run, seed: (seed + 1 + k) as Seed }));
    if (others.every((one) => same(one.trace, first.trace)))
      faults.add(
        'seed',
        'another seed gives other numbers',
        `seeds ${String(seed)} to ${String(seed + OTHER_SEEDS)} give the same`
      );
  }
  for (const changed of [0, env.size - 1]) checkIndependence(env, other, { steps, seed, faults, changed });
  checkOnce(other, { steps, seed, faults });
  if (heap !== undefined) checkAllocation(env, { heap, seed, faults });
  env.dispose();
  other.dispose();
  return faults.list();
}

function sameNumbers(one: Played, other: Played, who: string, faults: Faults): void {
  const at = one.trace.findIndex((value, k) => !Object.is(value, other.trace[k]));
  if (at < 0) return;
  faults.add('seed', `${who} give the same numbers`, `step ${String(Math.floor(at / one.stepWidth))} differs`);
}

interface Run {
  readonly steps: number;
  readonly seed: Seed;
  readonly faults: Faults;
}

/** Plays both alike but for what environment `changed` does; a `once` schedule, for in it no episode depends on another's end. */
function checkIndependence(
  one: VectorEnv,
  other: VectorEnv,
  { steps, seed, faults, changed }: Run & { readonly changed: number }
): void {
  const { size, spec } = one;
  const random = new Random(seed, 'check independence');
  const width = one.buffers.actions.length / size;
  const theirs = one.buffers.actions.slice();
  one.reset({ seed, schedule: 'once' });
  other.reset({ seed, schedule: 'once' });
  for (let step = 1; step <= steps && size > 1; step++) {
    sampleActions(spec.action, one.buffers.actions, random);
    sampleActions(spec.action, theirs, random);
    other.buffers.actions.set(one.buffers.actions);
    for (let k = changed * width; k < (changed + 1) * width; k++) other.buffers.actions[k] = theirs[k]!;
    one.step();
    other.step();
    for (const name of ['observations', 'rewards', 'terminated', 'truncated', 'episode'] as const) {
      const row = one.buffers[name].length / size;
      for (let k = 0; k < one.buffers[name].length; k++) {
        const i = Math.floor(k / row);
        if (i === changed || Object.is(one.buffers[name][k], other.buffers[name][k])) continue;
        const detail = `an action of ${String(changed)} changed ${name} of ${String(i)} in step ${String(step)}`;
        faults.add('independence', 'what one environment does shows in no other', detail);
        return;
      }
    }
  }
}

/** Every episode of a `once` schedule is played once, then environments stand still with episode -1. */
function checkOnce(env: VectorEnv, { steps, seed, faults }: Run): void {
  const { buffers, size, spec } = env;
  const seen = new Map<number, number>();
  const count = (episode: number): void => {
    if (episode >= 0) seen.set(episode, (seen.get(episode) ?? 0) + 1);
  };
  const random = new Random(seed, 'check once');
  env.reset({ seed, schedule: 'once' });
  for (let i = 0; i < size; i++) {
    if (buffers.episode[i]! !== i && buffers.episode[i]! !== -1)
      faults.add(
        'schedule',
        'environment i begins a once schedule with episode i',
        `${String(i)} with ${String(buffers.episode[i])}`
      );
    count(buffers.episode[i]!);
  }
  for (let step = 0; step < steps * ONCE_RUNS && buffers.episode.some((episode) => episode >= 0); step++) {
    sampleActions(spec.action, buffers.actions, random);
    env.step();
    for (let i = 0; i < size; i++) if (buffers.terminated[i]! + buffers.truncated[i]! > 0) count(buffers.episode[i]!);
  }
  if (buffers.episode.some((episode) => episode >= 0)) {
    faults.add('schedule', 'a once schedule comes to its end', `not within ${String(steps * ONCE_RUNS)} steps`);
    return;
  }
  for (const [episode, times] of seen) {
    if (times !== 1)
      faults.add(
        'schedule',
        'a once schedule plays an episode once',
        `${String(episode)} was played ${String(times)} times`
      );
  }
  const held = buffers.observations.slice();
  env.step();
  const moved = [buffers.rewards, buffers.terminated, buffers.truncated].some((array) => array.some((x) => x !== 0));
  if (moved || !same(held, buffers.observations)) faults.add('schedule', 'after a once schedule a step does nothing');
}

function checkAllocation(
  env: VectorEnv,
  { heap, seed, faults }: { heap: HeapMeter; seed: Seed; faults: Faults }
): void {
  const { actions } = env.buffers;
  const drawn = actions.slice();
  sampleActions(env.spec.action, drawn, new Random(seed, 'check allocation'));
  env.reset({ seed, schedule: 'shuffle' });
  const step = (): void => {
    actions.set(drawn);
    env.step();
  };
  let bytes = Infinity;
  for (let look = 0; look < LOOKS && bytes > MOST_BYTES; look++) {
    bytes = Math.min(bytes, heapGrowth({ heap, step, warmSteps: WARM_STEPS, steps: MEASURED_STEPS }));
  }
  if (bytes > MOST_BYTES)
    faults.add('allocation', 'a step allocates nothing', `${bytes.toFixed(1)} bytes a vector step`);
}
