/** This tab, as others can see it: a lock held for as long as its worker lives. */
import type { Locks } from './locks.ts';

export class Tab {
  readonly id = crypto.randomUUID();
  readonly #locks: Locks;
  #close: () => void = () => undefined;

  private constructor(locks: Locks) {
    this.#locks = locks;
  }

  static async open(locks: Locks): Promise<Tab> {
    const tab = new Tab(locks);
    await new Promise<void>((held, refused) => {
      locks
        .hold(lockOf(tab.id), () => {
          held();
          return new Promise<void>((close) => (tab.#close = close));
        })
        .catch(refused);
    });
    return tab;
  }

  /** Whether the tab of that id was closed, or crashed. */
  async isGone(id: string): Promise<boolean> {
    if (id === this.id) return false;
    return (await this.#locks.tryHold(lockOf(id), () => Promise.resolve(true))) ?? false;
  }

  /** What this tab set aside may be cleared by others from now on. */
  close(): void {
    this.#close();
  }
}

const lockOf = (id: string): string => `furlong.tab.${id}`;
