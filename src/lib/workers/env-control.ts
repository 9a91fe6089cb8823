/**
 * Handing a shared slab to and fro with Atomics: the train worker writes actions and a command and rings; the env
 * worker sleeps on the bell, does it, writes the rest and rings back. Only one side touches the slab at a time.
 */
import type { EnvCommand } from './env-api.ts';
import { seed } from '../core/units.ts';
import { breathe } from './transfer.ts';

const REQUEST = 0;
const DONE = 1;
const COMMAND = 2;
const SEED = 3;
const SCHEDULE = 4;
const FAILED = 5;
const TRACE = 6;
const STEPS_BEFORE = 7;
const WORDS = 8;
/** What a word holds; a curriculum is over long before. */
const MOST_STEPS = 2 ** 31 - 1;

const STEP = 1;
const RESET = 2;
const TAKE_ORDERS = 3;
const STANDING = 4;

const CODES: Readonly<Record<EnvCommand['kind'], number>> = {
  step: STEP,
  reset: RESET,
  takeOrders: TAKE_ORDERS,
  standing: STANDING
};

/** How long the train worker sleeps at a time before it lets its own messages (pause, stop) in. */
const NAP_MILLIS = 2;

export const controlBytes = WORDS * Int32Array.BYTES_PER_ELEMENT;

/** The train worker's side. */
export class ControlClient {
  readonly #words: Int32Array;
  /** Not on a page's main thread. */
  #maySleep = true;

  constructor(control: SharedArrayBuffer) {
    this.#words = new Int32Array(control);
  }

  /**
   * @param check called while it waits; throws to give up, as when the worker has died
   * @returns whether the command succeeded; what went wrong comes as a message
   */
  async run(command: EnvCommand, check: () => void): Promise<boolean> {
    const words = this.#words;
    Atomics.store(words, COMMAND, CODES[command.kind]);
    if (command.kind === 'reset') {
      Atomics.store(words, SEED, command.seed | 0);
      Atomics.store(words, SCHEDULE, command.schedule === 'once' ? 1 : 0);
      Atomics.store(words, TRACE, command.trace === false ? 0 : 1);
      Atomics.store(words, STEPS_BEFORE, Math.min(MOST_STEPS, command.stepsBefore ?? 0));
    }
    const ticket = Atomics.add(words, REQUEST, 1) + 1;
    Atomics.notify(words, REQUEST);
    // The caller may have work of its own to start before this one sleeps.
    await Promise.resolve();
    for (;;) {
      const done = Atomics.load(words, DONE);
      if (done === ticket) return Atomics.load(words, FAILED) === 0;
      if (this.#nap(done)) continue;
      await breathe();
      check();
    }
  }

  /** @returns whether the bell rang */
  #nap(done: number): boolean {
    if (!this.#maySleep) return false;
    try {
      return Atomics.wait(this.#words, DONE, done, NAP_MILLIS) !== 'timed-out';
    } catch {
      this.#maySleep = false;
      return false;
    }
  }
}

/** The env worker's side: never returns, the worker is ended from outside. */
export function serveControl(
  control: SharedArrayBuffer,
  perform: (command: EnvCommand) => void,
  failed: (thrown: unknown) => void
): never {
  const words = new Int32Array(control);
  for (let handled = 0; ;) {
    Atomics.wait(words, REQUEST, handled);
    const ticket = Atomics.load(words, REQUEST);
    if (ticket === handled) continue;
    try {
      perform(commandIn(words));
    } catch (thrown) {
      Atomics.store(words, FAILED, 1);
      failed(thrown);
    }
    handled = ticket;
    Atomics.store(words, DONE, ticket);
    Atomics.notify(words, DONE);
  }
}

function commandIn(words: Int32Array): EnvCommand {
  const code = Atomics.load(words, COMMAND);
  if (code === STEP) return { kind: 'step' };
  if (code === TAKE_ORDERS) return { kind: 'takeOrders' };
  if (code === STANDING) return { kind: 'standing' };
  const schedule = Atomics.load(words, SCHEDULE) === 1 ? 'once' : 'shuffle';
  return {
    kind: 'reset',
    seed: seed(Atomics.load(words, SEED) >>> 0),
    schedule,
    trace: Atomics.load(words, TRACE) === 1,
    stepsBefore: Atomics.load(words, STEPS_BEFORE)
  };
}
