import { describe, expect, it } from 'vitest';
import { SequenceReplay } from '../agents/replay/sequence-replay.ts';
import { decodeStoredArrays } from '../compute/safetensors.ts';
import { RunMemory, readState } from './run-memory.ts';
import type { MemoryToKeep } from './run-memory.ts';

const shape = { burnIn: 0, sequence: 1, batch: 1, observation: 50, action: 1, state: 0 };
const environments = 2;
const make = (): SequenceReplay => new SequenceReplay({ shape, environments, capacity: 2000 });

/** Rows that say when they were written. */
function play(replay: SequenceReplay, steps: number): void {
  for (let k = 0; k < steps; k++) {
    const t = replay.transitions;
    replay.add({
      observations: new Float32Array(environments * 50).fill(t),
      actions: Float32Array.of(t, -t),
      rewards: Float32Array.of(t, 1),
      nextObservations: new Float32Array(environments * 50),
      terminated: Uint8Array.of(0, t % 7 === 0 ? 1 : 0),
      truncated: new Uint8Array(environments),
      starts: new Uint8Array(environments),
      state: new Float32Array(0)
    });
  }
}

const none = new Map();

function take(memory: RunMemory, update: number): MemoryToKeep {
  const kept = memory.take(update, none);
  if (kept === undefined) throw new Error('it was given up');
  return kept;
}

describe('the memory of a run', () => {
  it('gives each row once, tells which segments are still needed, and is put together from those', async () => {
    const replay = make();
    const memory = new RunMemory(replay);
    const disk = new Map<number, Uint8Array>();
    let last: MemoryToKeep | undefined;
    const sizes: number[] = [];
    for (let update = 0; update < 40; update++) {
      play(replay, 100);
      last = take(memory, update);
      if (last.segment === undefined) throw new Error('no segment for what is new');
      disk.set(last.segment.number, last.segment.bytes);
      for (const number of disk.keys()) if (!last.segments.includes(number)) disk.delete(number);
      expect([...disk.keys()]).toEqual(last.segments);
      sizes.push(last.segment.bytes.length);
      const bytes = [...disk.values()].reduce((sum, one) => sum + one.length, last.state.length);
      expect(last.storedBytes).toBe(bytes);
      // The ring, what of the oldest segment is written over, and headers.
      expect(bytes).toBeLessThan(replay.bytes * 1.2 + 20_000);
    }
    expect(Math.max(...sizes)).toBeLessThan(replay.bytes / 7);
    expect(take(memory, 40).segment).toBeUndefined();

    const copy = make();
    const again = new RunMemory(copy);
    const state = readState(last!, 39);
    await again.recall(state, last!.segments, (number) => Promise.resolve(disk.get(number)!));
    expect(copy.rows(undefined)).toEqual(replay.rows(undefined));
    expect(copy.state()).toEqual(replay.state());
    // It goes on with the next segment.
    for (const one of [replay, copy]) play(one, 3);
    const [next, other] = [take(memory, 41), take(again, 41)];
    expect(other.segment).toEqual(next.segment);
    expect(other.segments).toEqual(next.segments);
  });

  it('writes the rows whole once there are very many segments, and counts on', () => {
    const replay = make();
    const memory = new RunMemory(replay);
    let most = 0;
    let last: MemoryToKeep | undefined;
    for (let update = 0; update < 300; update++) {
      play(replay, 1);
      last = take(memory, update);
      most = Math.max(most, last.segments.length);
    }
    expect(most).toBe(256);
    expect(last?.segments.length).toBe(44);
    expect(last?.segment?.number).toBe(300);
  });

  it('is refused with another checkpoint, and where a segment is damaged', async () => {
    const replay = make();
    const memory = new RunMemory(replay);
    play(replay, 20);
    const kept = take(memory, 7);
    expect(() => readState(kept, 8)).toThrow(/expected that of update 8, got that of update 7/);
    const { arrays } = decodeStoredArrays(kept.state, 'test');
    const torn = new RunMemory(make()).recall(arrays, kept.segments, () =>
      Promise.resolve(kept.segment!.bytes.subarray(0, 100))
    );
    await expect(torn).rejects.toMatchObject({ code: 'data.truncated' });
    memory.giveUp();
    expect(memory.take(9, none)).toBeUndefined();
  });
});
