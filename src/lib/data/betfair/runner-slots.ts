/** Which slot of a tape a runner has: by selection id and handicap, in order of first appearance. */
import { NO_SLOT } from '../../market/tape.ts';

/** A handicap's weight in a numeric key: ids are whole, handicaps below 1024 in quarters keep apart below one half. */
const HANDICAP_SCALE = 1 / 4096;

const LARGEST_ID = 2 ** 38;
const LARGEST_HANDICAP = 1024;

/** Whether id and handicap are such that no two pairs share a key. */
export const isRunnerKey = (id: number, handicap: number): boolean =>
  Number.isInteger(id) &&
  id >= 0 &&
  id < LARGEST_ID &&
  Math.abs(handicap) < LARGEST_HANDICAP &&
  (handicap * 4) % 1 === 0;

export class RunnerSlots {
  readonly #slots = new Map<number, number>();
  readonly ids: number[] = [];
  readonly handicaps: number[] = [];

  get count(): number {
    return this.ids.length;
  }

  /** The runner's slot, or undefined. */
  find(id: number, handicap: number): number | undefined {
    return this.#slots.get(id + handicap * HANDICAP_SCALE);
  }

  /** A new runner's slot, or undefined when a tape has no slot left. */
  add(id: number, handicap: number): number | undefined {
    const slot = this.ids.length;
    if (slot >= NO_SLOT) return undefined;
    this.ids.push(id);
    this.handicaps.push(handicap);
    this.#slots.set(id + handicap * HANDICAP_SCALE, slot);
    return slot;
  }
}
