/** What the caller of a crew and its helpers share: where in memory they meet, and how a shard is taken. */

/** Numbers of the control block, each an Int32. */
export const Slot = {
  /** Turn << 16 | shards << 8 | next shard that nobody has taken. */
  ticket: 0,
  /** Shards of this turn that are done. */
  done: 1,
  /** Helpers that sleep until the ticket changes. */
  asleep: 2,
  /** 1 while the caller sleeps until `done` changes. */
  callerAsleep: 3,
  /** 1 once a shard has thrown. */
  failed: 4,
  /** 1 once helpers are to end. */
  stop: 5,
  count: 6
} as const;

/** Most turns before their number starts again, as a mask; most numbers of a job. */
export const TURN_LIMITS = { turns: 0x7fff, numbers: 64 } as const;

/** Kernel, scratch address, bytes of scratch a thread, count of the numbers, then those. */
export type Job = Float64Array;

export type Shardable = (shard: number, shards: number, scratch: number, ...numbers: number[]) => void;

/**
 * Takes and does shards of the turn at hand until none is left; none is done when there never was one. A job is not
 * changed before every shard that was taken is done, so it is read only after one was.
 */
export function takeShards(control: Int32Array, job: Job, kernels: readonly Shardable[], thread: number): void {
  let numbers: number[] | undefined;
  for (;;) {
    const ticket = Atomics.load(control, Slot.ticket);
    const shards = (ticket >> 8) & 0xff;
    const shard = ticket & 0xff;
    if (shard >= shards) return;
    if (Atomics.compareExchange(control, Slot.ticket, ticket, ticket + 1) !== ticket) continue;
    // Of a later turn than the shard before, if that was the last of its turn.
    numbers = Array.from(job.subarray(4, 4 + job[3]!));
    try {
      kernels[job[0]!]!(shard, shards, job[1]! + thread * job[2]!, ...numbers);
    } catch (error) {
      Atomics.store(control, Slot.failed, 1);
      if (thread === 0) throw error;
    } finally {
      Atomics.add(control, Slot.done, 1);
      if (thread !== 0 && Atomics.load(control, Slot.callerAsleep) === 1) Atomics.notify(control, Slot.done);
    }
  }
}
