/**
 * How a run that is resumed comes back to where it stood: environments first, then what was experienced. Where a part of
 * it cannot be had (never kept, damaged, of another version of the app) it goes on from its checkpoint alone, with fresh
 * episodes and an empty replay, and says so.
 */
import type { Checkpoint } from '../agents/agent.ts';
import type { StoredArrays } from '../compute/safetensors.ts';
import { AppError } from '../core/errors.ts';
import type { EnvStanding } from '../env/standing.ts';
import { readState, standingIn } from '../research/run-memory.ts';
import type { RunMemory, StoredMemory } from '../research/run-memory.ts';
import type { ReadSegment, TrainEvent } from './train-api.ts';

export interface RecollectionOptions {
  /** Undefined for a run from its beginning. */
  readonly checkpoint: Checkpoint | undefined;
  readonly memory: StoredMemory | undefined;
  readonly readSegment: ReadSegment | undefined;
  readonly tell: (event: TrainEvent) => void;
}

export class Recollection {
  readonly #options: RecollectionOptions;
  #state: StoredArrays | undefined;

  constructor(options: RecollectionOptions) {
    const { checkpoint, memory } = options;
    this.#options = options;
    if (checkpoint === undefined) return;
    if (memory === undefined) {
      this.#goWithout('it was not kept');
      return;
    }
    this.#try(() => {
      this.#state = readState(memory, checkpoint.meta.updates);
    });
  }

  /** Opens the environments where they stood, or to be reset. */
  async environments<T>(open: (from?: EnvStanding) => Promise<T>): Promise<T> {
    const state = this.#state;
    if (state !== undefined) {
      try {
        return await open(standingIn(state));
      } catch (thrown) {
        this.#forgive(thrown);
      }
    }
    return await open();
  }

  /** Fills an agent's memory. @returns the state, where the run goes on exactly; call it after `environments` */
  async experience(keeper: RunMemory): Promise<StoredArrays | undefined> {
    const { memory, readSegment, checkpoint, tell } = this.#options;
    const state = this.#state;
    if (state === undefined || memory === undefined || checkpoint === undefined) return undefined;
    try {
      await keeper.recall(state, memory.segments, async (segment) => {
        if (readSegment === undefined) throw new Error('train worker: segments of a memory without a way to read them');
        return await readSegment(segment);
      });
    } catch (thrown) {
      this.#forgive(thrown);
      return undefined;
    }
    tell({
      kind: 'notice',
      text: `Going on from update ${String(checkpoint.meta.updates)} exactly where the run stood: replay, environments and random streams were kept.`
    });
    return state;
  }

  #try(read: () => void): void {
    try {
      read();
    } catch (thrown) {
      this.#forgive(thrown);
    }
  }

  /** What a file or another version can cause; a bug is thrown on. */
  #forgive(thrown: unknown): void {
    if (!(thrown instanceof AppError) || !thrown.code.startsWith('data.')) throw thrown;
    this.#goWithout(thrown.message);
  }

  #goWithout(why: string): void {
    const { checkpoint, tell } = this.#options;
    this.#state = undefined;
    tell({
      kind: 'notice',
      text: `Going on from update ${String(checkpoint?.meta.updates ?? 0)} with fresh episodes and an empty replay, which fills anew before learning goes on: what was experienced before is not at hand (${why}).`
    });
  }
}
