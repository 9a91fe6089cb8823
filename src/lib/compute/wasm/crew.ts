/**
 * Threads that work on one kernel together: the caller's own and helpers beside it, all on one shared WebAssembly memory.
 * A kernel comes in a number of shards, which any thread may take, one after the other, until none is left. So a helper
 * that sleeps, or has lost its core to another program, delays nothing it has not begun; and as a shard's bits are the same
 * whoever does it, results do not depend on how many threads there are. This file knows no kernel by name.
 */
import { Slot, takeShards, TURN_LIMITS, type Job, type Shardable } from './crew-protocol.ts';
import { startThread, type Thread } from '../runtime-threads.ts';

/** Time for helpers to load and answer; a page that is still loading keeps them waiting. */
const START_MILLIS = 10_000;
/** How often the caller looks whether the others are done before it sleeps, and for how long it sleeps at most. */
const SPINS = 20_000;
const NAP_MILLIS = 2;
/** A shard takes milliseconds: a helper that has not finished its by now has died. */
const LOST_MILLIS = 60_000;

export interface CrewOptions {
  /** All threads, the caller's too: 2 or more. */
  readonly threads: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The caller's own instance of the module. */
  readonly kernels: readonly Shardable[];
  /** Names of the kernels, in the order in which jobs number them. */
  readonly names: readonly string[];
}

export class Crew {
  readonly threads: number;
  readonly #control: Int32Array;
  readonly #job: Job;
  readonly #kernels: readonly Shardable[];
  readonly #helpers: readonly Thread[];
  readonly #mayWait: boolean;
  #turn = 0;

  /** Rejects when a helper does not start. */
  static async start(options: CrewOptions): Promise<Crew> {
    const control = new SharedArrayBuffer(4 * Slot.count);
    const job = new SharedArrayBuffer(8 * TURN_LIMITS.numbers);
    const { module, memory, names } = options;
    const starting = Array.from({ length: options.threads - 1 }, (_, i) =>
      startThread({ control, job, module, memory, names, thread: i + 1 }, START_MILLIS)
    );
    const settled = await Promise.allSettled(starting);
    const helpers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) {
      for (const helper of helpers) helper.end();
      throw failed.reason;
    }
    return new Crew(options, { control, job, helpers });
  }

  private constructor(
    { threads, kernels }: CrewOptions,
    parts: { control: SharedArrayBuffer; job: SharedArrayBuffer; helpers: readonly Thread[] }
  ) {
    this.threads = threads;
    this.#control = new Int32Array(parts.control);
    this.#job = new Float64Array(parts.job);
    this.#kernels = kernels;
    this.#helpers = parts.helpers;
    this.#mayWait = mayWait(this.#control);
  }

  /**
   * Does all shards of a kernel and returns when the last is done.
   * @param scratch address of the caller's scratch space; thread i has its own `scratchBytes` x i further on
   */
  run(kernel: number, shards: number, scratch: number, scratchBytes: number, numbers: readonly number[]): void {
    const control = this.#control;
    const job = this.#job;
    job[0] = kernel;
    job[1] = scratch;
    job[2] = scratchBytes;
    job[3] = numbers.length;
    for (let i = 0; i < numbers.length; i++) job[4 + i] = numbers[i]!;
    Atomics.store(control, Slot.done, 0);
    this.#turn = (this.#turn + 1) & TURN_LIMITS.turns;
    Atomics.store(control, Slot.ticket, (this.#turn << 16) | (shards << 8));
    if (Atomics.load(control, Slot.asleep) > 0) Atomics.notify(control, Slot.ticket);
    takeShards(control, job, this.#kernels, 0);
    this.#join(shards);
    if (Atomics.load(control, Slot.failed) !== 0) throw new Error('a thread of the CPU kernels failed in its shard');
  }

  /** Ends the helpers. */
  dispose(): void {
    Atomics.store(this.#control, Slot.stop, 1);
    // A ticket without shards, so that those who sleep look up.
    Atomics.store(this.#control, Slot.ticket, ((this.#turn + 1) & TURN_LIMITS.turns) << 16);
    Atomics.notify(this.#control, Slot.ticket);
    for (const helper of this.#helpers) helper.end();
  }

  #join(shards: number): void {
    const control = this.#control;
    for (let i = 0; i < SPINS; i++) if (Atomics.load(control, Slot.done) === shards) return;
    const began = performance.now();
    for (;;) {
      const done = Atomics.load(control, Slot.done);
      if (done === shards) return;
      if (this.#mayWait) {
        Atomics.store(control, Slot.callerAsleep, 1);
        Atomics.wait(control, Slot.done, done, NAP_MILLIS);
        Atomics.store(control, Slot.callerAsleep, 0);
      }
      if (performance.now() - began > LOST_MILLIS) throw new Error('a thread of the CPU kernels does not answer');
    }
  }
}

/** A page's own thread may not sleep. */
function mayWait(control: Int32Array): boolean {
  try {
    return Atomics.wait(control, Slot.stop, 1, 0) === 'not-equal';
  } catch {
    return false;
  }
}
