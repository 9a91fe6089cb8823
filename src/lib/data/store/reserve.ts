/**
 * Some room kept back, so that on a full disk a dataset or a run can still be removed: that writes before it frees.
 */
import { AppError } from '../../core/errors.ts';
import type { FileStore } from './file-store.ts';

const RESERVE_PATH = 'reserve';
const RESERVE_BYTES = 256 * 1024;

/** Lays the room aside, unless there is none or it is laid aside already. */
export async function keepReserve(store: FileStore): Promise<void> {
  if ((await store.size(RESERVE_PATH)) !== undefined) return;
  try {
    await store.write(RESERVE_PATH, new Uint8Array(RESERVE_BYTES));
  } catch (thrown) {
    if (!isFull(thrown)) throw thrown;
  }
}

/** Writes what is needed to free space, giving up the room laid aside when there is no other. */
export async function writeFromReserve(store: FileStore, path: string, text: string): Promise<void> {
  try {
    await store.write(path, text);
  } catch (thrown) {
    if (!isFull(thrown) || (await store.size(RESERVE_PATH)) === undefined) throw thrown;
    await store.remove(RESERVE_PATH);
    await store.write(path, text);
  }
}

const isFull = (thrown: unknown): boolean => thrown instanceof AppError && thrown.code === 'storage.full';
