/**
 * What an agent has lived through and learns from, apart from what it is: kept beside a checkpoint, so that a run that
 * was stopped goes on as if it had not been. Rows are handed out from a position on, so that only what is new since the
 * last time has to be written. Where it is kept is not known here.
 */
import type { StoredArrays } from '../compute/safetensors.ts';

/** How far each environment's stream of rows has been written; of no length where no rows are kept. */
export type Position = readonly number[];

export interface Experience {
  /** Memory held, all of it taken at the start. */
  readonly bytes: number;
  /** What may have changed anywhere: whole, each time. */
  state(): StoredArrays;
  position(): Position;
  /**
   * The rows from a position on that are still there.
   * @param from an earlier `position()`; undefined for all there are
   */
  rows(from: Position | undefined): StoredArrays;
  /** Whether every row before a position has been written over since. */
  outlived(until: Position): boolean;
  /**
   * What `rows` gave: oldest first, then `loadState`.
   * @returns the position they lead up to
   * @throws AppError `data.drift` when they are of another configuration
   */
  loadRows(rows: StoredArrays): Position;
  /** @throws AppError `data.drift` when it is of another configuration; nothing has changed then */
  loadState(state: StoredArrays): void;
}
