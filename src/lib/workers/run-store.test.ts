import { describe, expect, it } from 'vitest';
import type { FileStore } from '../data/store/file-store.ts';
import { openLocks } from '../data/store/locks.ts';
import { MemoryStore } from '../data/store/memory-store.ts';
import { Tab } from '../data/store/tab.ts';
import type { MemoryToKeep } from '../research/run-memory.ts';
import { RunStore } from './run-store.ts';

const tab = await Tab.open(openLocks());
const open = (store: FileStore): RunStore => new RunStore({ store, tab, parquet: () => Promise.resolve() });

const bytes = (n: number, length = 4): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(n);
const checkpoint = (n: number) => ({ safetensors: bytes(n), json: JSON.stringify({ n }) });
const memory = (n: number, segments: readonly number[], fresh = true): MemoryToKeep => ({
  state: bytes(n, 3),
  segments,
  storedBytes: 0,
  ...(fresh ? { segment: { number: segments.at(-1) ?? 0, bytes: bytes(n, 5) } } : {})
});

/** What a run has on its disk, or what is said of it. */
async function onDisk(store: FileStore) {
  const runs = open(store);
  const kept = await runs.memory('r');
  const segments = await Promise.all((kept?.segments ?? []).map((number) => runs.memorySegment('r', number)));
  return { checkpoint: await runs.checkpoint('r'), state: kept?.state, segments };
}

/** A store whose power fails at one of its changes: that one is not made, nor is any after it. */
class Failing implements FileStore {
  readonly kind = 'memory';
  readonly why = '';
  readonly #store: FileStore;
  #left: number;

  constructor(store: FileStore, changes: number) {
    this.#store = store;
    this.#left = changes;
  }

  read = (path: string) => this.#store.read(path);
  file = (path: string) => this.#store.file(path);
  list = (folder: string) => this.#store.list(folder);
  folders = (folder: string) => this.#store.folders(folder);
  size = (path: string) => this.#store.size(path);
  usage = () => this.#store.usage();
  write = (path: string, data: Uint8Array<ArrayBuffer> | string) => this.#change(() => this.#store.write(path, data));
  append = (path: string, data: Uint8Array<ArrayBuffer>) => this.#change(() => this.#store.append(path, data));
  remove = (path: string) => this.#change(() => this.#store.remove(path));

  #change(make: () => Promise<void>): Promise<void> {
    return this.#left-- > 0 ? make() : Promise.reject(new Error('the power is gone'));
  }
}

describe('the checkpoint of a run with its memory', () => {
  it('is kept a segment at a time, and what is needed no more goes', async () => {
    const store = new MemoryStore();
    const runs = open(store);
    await runs.saveCheckpoint('r', checkpoint(1), memory(1, [1]));
    await runs.saveCheckpoint('r', checkpoint(2), memory(2, [1, 2]));
    await runs.saveCheckpoint('r', checkpoint(3), memory(3, [2, 3]));
    await runs.saveCheckpoint('r', checkpoint(4), memory(4, [2, 3], false));
    expect(await onDisk(store)).toEqual({
      checkpoint: checkpoint(4),
      state: bytes(4, 3),
      segments: [bytes(2, 5), bytes(3, 5)]
    });
    expect((await store.list('runs')).length).toBe(6);
    await runs.saveCheckpoint('r', checkpoint(5));
    expect(await onDisk(store)).toEqual({ checkpoint: checkpoint(5), state: undefined, segments: [] });
    expect((await store.list('runs')).length).toBe(3);
  });

  it('is the one before or the new one, whole, wherever the power fails while it is kept', async () => {
    let outcomes = '';
    for (let changes = 0; changes < 12; changes++) {
      const store = new MemoryStore();
      await open(store).saveCheckpoint('r', checkpoint(1), memory(1, [1]));
      await open(store).saveCheckpoint('r', checkpoint(2), memory(2, [1, 2]));
      const failing = open(new Failing(store, changes));
      await failing.saveCheckpoint('r', checkpoint(3), memory(3, [2, 3])).catch(() => undefined);
      const found = await onDisk(store);
      const whole = found.checkpoint?.safetensors[0] ?? 0;
      outcomes += String(whole);
      expect(found).toEqual({
        checkpoint: checkpoint(whole),
        state: bytes(whole, 3),
        segments: whole === 2 ? [bytes(1, 5), bytes(2, 5)] : [bytes(2, 5), bytes(3, 5)]
      });
      // And goes on from there, leaving nothing behind of what was half done.
      await open(store).saveCheckpoint('r', checkpoint(4), memory(4, [2, whole + 1]));
      expect(await onDisk(store)).toEqual({
        checkpoint: checkpoint(4),
        state: bytes(4, 3),
        segments: [bytes(2, 5), bytes(4, 5)]
      });
      expect((await store.list('runs')).filter((path) => path.includes('replay')).length).toBe(2);
    }
    expect(outcomes).toMatch(/^2+3+$/);
  });

  it('is refused where a segment before it was not kept, and the one before stays', async () => {
    const store = new MemoryStore();
    const runs = open(store);
    await runs.saveCheckpoint('r', checkpoint(1), memory(1, [1]));
    await expect(runs.saveCheckpoint('r', checkpoint(3), memory(3, [1, 2, 3]))).rejects.toMatchObject({
      code: 'data.missing'
    });
    expect(await onDisk(store)).toEqual({ checkpoint: checkpoint(1), state: bytes(1, 3), segments: [bytes(1, 5)] });
  });

  it('says which file of it is damaged', async () => {
    const store = new MemoryStore();
    const runs = open(store);
    await runs.saveCheckpoint('r', checkpoint(1), memory(1, [1]));
    await store.write('runs/r/replay-000001.safetensors', bytes(1, 4));
    await expect(runs.memorySegment('r', 1)).rejects.toThrow(/replay-000001.*expected 5 bytes, got 4 bytes/);
    await store.remove('runs/r/memory-1.safetensors');
    await expect(runs.memory('r')).rejects.toThrow(/memory-1.*it is gone/);
  });
});
