/** Mutual exclusion between the tabs of one browser: Web Locks, or a queue in this thread where there are none. */

export interface Locks {
  /** Waits for the lock, holds it while `work` runs. */
  hold<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Takes the lock only when it is free; undefined when somebody holds it. */
  tryHold<T>(name: string, work: () => Promise<T>): Promise<T | undefined>;
}

export function openLocks(): Locks {
  const manager = (globalThis.navigator as Navigator | undefined)?.locks;
  return manager === undefined ? new LocalLocks() : new WebLocks(manager);
}

class WebLocks implements Locks {
  readonly #manager: LockManager;
  constructor(manager: LockManager) {
    this.#manager = manager;
  }
  async hold<T>(name: string, work: () => Promise<T>): Promise<T> {
    return await this.#manager.request(name, work);
  }
  async tryHold<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    const attempt = (lock: Lock | null): Promise<T | undefined> =>
      lock === null ? Promise.resolve(undefined) : work();
    return await this.#manager.request(name, { ifAvailable: true }, attempt);
  }
}

/** One thread, first come first served. */
export class LocalLocks implements Locks {
  readonly #tails = new Map<string, Promise<unknown>>();

  async hold<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    const tail = mine.catch(() => undefined);
    this.#tails.set(name, tail);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
    }
  }

  async tryHold<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    return this.#tails.has(name) ? undefined : await this.hold(name, work);
  }
}
