import { describe, expect, it } from 'vitest';
import { WorkQueue } from './work-queue.ts';

describe('work of small pictures', () => {
  it('is done one at a time, the topmost that waits first', async () => {
    const queue = new WorkQueue();
    const done: number[] = [];
    let running = 0;
    const work = (rank: number) =>
      queue.do(rank, async () => {
        running++;
        expect(running).toBe(1);
        await Promise.resolve();
        done.push(rank);
        running--;
        if (rank === 3) void work(0);
        return rank;
      });
    expect(await Promise.all([work(7), work(5), work(3), work(9)])).toEqual([7, 5, 3, 9]);
    expect(done).toEqual([3, 0, 5, 7, 9]);
  });

  it('goes on after one that fails, and tells who asked for it', async () => {
    const queue = new WorkQueue();
    const failed = queue.do(1, () => Promise.reject(new Error('torn')));
    const after = queue.do(2, () => Promise.resolve('drawn'));
    await expect(failed).rejects.toThrow('torn');
    expect(await after).toBe('drawn');
    await queue.idle();
    expect(await queue.do(3, () => Promise.resolve('later'))).toBe('later');
  });
});
