/**
 * Where a vector environment stands in the midst of its episodes, so that another of the same making goes on from there
 * as if it were the same one. What is too intricate to be written down (a market's books, queues and orders) is a
 * function of how its episode began and of what was done since: that is kept, and played again. Must not know files.
 */
import { AppError } from '../core/errors.ts';
import { actionSize } from '../core/spaces.ts';
import type { EnvSpec, StepBuffers } from './vector-env.ts';
import { slabOf } from './vector-env.ts';

export interface EnvStanding {
  /** The slab byte for byte: all that the buffers show. */
  readonly slab: Uint8Array;
  /** What the environment counts and moves, in a layout of its own. */
  readonly counts: Float64Array;
  /** [steps, action] since each environment's episode began, one after the other; none where `counts` say it all. */
  readonly actions: Float32Array;
}

const FIRST_STEPS = 64;

/** What was done in every environment since its episode began. Makes an array now and then, while episodes grow longer. */
export class EpisodeJournal {
  readonly #width: number;
  readonly #actions: Float32Array[];
  readonly #steps: Int32Array;

  /** @param width numbers of an action */
  constructor(environments: number, width: number, maxSteps: number) {
    this.#width = width;
    const rows = Math.min(maxSteps, FIRST_STEPS);
    this.#actions = Array.from({ length: environments }, () => new Float32Array(rows * width));
    this.#steps = new Int32Array(environments);
  }

  begin(environment: number): void {
    this.#steps[environment] = 0;
  }

  /** @param actions [environments, width]; the environment's row is copied */
  note(environment: number, actions: Float32Array): void {
    const width = this.#width;
    const at = this.#steps[environment]! * width;
    let kept = this.#actions[environment]!;
    if (kept.length < at + width) {
      const longer = new Float32Array(2 * kept.length);
      longer.set(kept);
      kept = this.#actions[environment] = longer;
    }
    const from = environment * width;
    for (let k = 0; k < width; k++) kept[at + k] = actions[from + k]!;
    this.#steps[environment]!++;
  }

  get steps(): readonly number[] {
    return [...this.#steps];
  }

  /** Of all environments, one after the other. */
  all(): Float32Array {
    const width = this.#width;
    const joined = new Float32Array(this.#steps.reduce((sum, steps) => sum + steps, 0) * width);
    let at = 0;
    this.#actions.forEach((actions, e) => {
      const kept = actions.subarray(0, this.#steps[e]! * width);
      joined.set(kept, at);
      at += kept.length;
    });
    return joined;
  }
}

/** A vector environment of markets, as far as it is told to play its episodes again. */
export interface PlaysAgain {
  readonly spec: EnvSpec;
  readonly size: number;
  readonly buffers: StepBuffers;
  readonly journal: EpisodeJournal;
  /** Begins the episode that environment `i` was in. */
  begin(i: number): void;
  /** One step of environment `i` alone. @returns whether its episode ended */
  step(i: number): boolean;
}

/**
 * Brings every environment to where it stood: begins its episode and does again what was done.
 * @param steps [size] of each since its episode began
 * @throws AppError `data.drift` when it is not seen to stand there
 */
export function playAgain(env: PlaysAgain, { slab, actions }: EnvStanding, steps: Float64Array): void {
  const { spec, size, buffers, journal } = env;
  const width = actionSize(spec.action);
  const own = slabOf(env);
  const inAll = steps.reduce((sum, each) => sum + each, 0);
  mustStand(spec.id, slab.length === own.length && actions.length === inAll * width, 'one of another size');
  let at = 0;
  for (let i = 0; i < size; i++) {
    env.begin(i);
    for (let t = 0; t < steps[i]!; t++, at += width) {
      buffers.actions.set(actions.subarray(at, at + width), i * width);
      journal.note(i, buffers.actions as Float32Array);
      mustStand(spec.id, !env.step(i), 'an episode that was over before');
    }
  }
  // Observations lie first in a slab.
  for (let byte = 0; byte < buffers.observations.byteLength; byte++) {
    if (own[byte] !== slab[byte]) mustStand(spec.id, false, 'other observations');
  }
  own.set(slab);
}

/**
 * For environments that would stand elsewhere than they did: another version made them, or other markets.
 * @throws AppError `data.drift` unless it holds
 */
export function mustStand(id: string, holds: boolean, otherwise: string): void {
  if (holds) return;
  throw new AppError('data.drift', {
    subject: `${id} as it stood`,
    expected: 'the same environment, played again to the same point',
    got: otherwise,
    remedy: 'begin fresh episodes, or go on in the version of the app that made it'
  });
}
