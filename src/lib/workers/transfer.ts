/** What every worker and client agree on beyond comlink: errors keep their code, and long work can be cancelled. */
import type { TransferHandler } from 'comlink';
import { transferHandlers } from 'comlink';
import type { WireError } from '../core/errors.ts';
import { AppError, asAppError, fromWire, toWire } from '../core/errors.ts';

interface Thrown {
  readonly value: unknown;
}

/**
 * Makes comlink carry an `AppError` whole, where it would keep only name, message and stack; a bug crosses as
 * `unexpected`. Both ends must call it before they talk.
 * @param subject named by an error that is not yet an `AppError`: `the data worker`
 */
export function carryErrors(subject: string): void {
  const plain = transferHandlers.get('throw') as TransferHandler<Thrown, unknown> | undefined;
  if (plain === undefined) throw new Error('comlink has no handler for what is thrown');
  const handler: TransferHandler<Thrown, WireError> = {
    canHandle: (value): value is Thrown => plain.canHandle(value),
    serialize: ({ value }) => [toWire(asAppError(value, subject)), []],
    deserialize: (wire) => {
      throw fromWire(wire);
    }
  };
  transferHandlers.set('throw', handler);
}

/** Long calls by task id on the worker's side: `cancel(task)` fires the signal of the call that runs under it. */
export class Tasks {
  readonly #running = new Map<string, AbortController>();

  async run<T>(task: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#running.set(task, controller);
    try {
      return await work(controller.signal);
    } finally {
      this.#running.delete(task);
    }
  }

  cancel(task: string): void {
    this.#running.get(task)?.abort();
  }
}

/** Lets waiting messages in (a cancel, a question) in the midst of long work; without a timer's four milliseconds. */
export async function breathe(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve) => {
    port1.onmessage = () => {
      resolve();
    };
    port2.postMessage(undefined);
  });
  port1.close();
}

/** Rejects when the worker's script cannot be loaded or breaks outside of a call; comlink alone would wait for ever. */
export function whenBroken(worker: Worker, subject: string): Promise<never> {
  const broken = new Promise<never>((_, reject) => {
    worker.addEventListener('error', (event) => {
      const text = (event as Partial<ErrorEvent>).message;
      reject(
        new AppError('unexpected', {
          subject,
          got: text === undefined || text === '' ? 'its script could not be loaded' : text,
          remedy: 'reload the page; if it stays so, check that the app is still being served'
        })
      );
    });
  });
  broken.catch(() => undefined);
  return broken;
}
