/** A store whose tab is closed at one of its writes. */
import type { FileStore } from '../../src/lib/data/store/file-store.ts';
import { MemoryStore } from '../../src/lib/data/store/memory-store.ts';

/** Stops for ever at one of its writes, as a tab that is closed does; what was written before stays. */
export class DyingStore extends MemoryStore implements FileStore {
  readonly died: Promise<void>;
  /** Writes until it stops. */
  left = Number.POSITIVE_INFINITY;
  /** Keeps half of the append it stops at. */
  tears = false;
  #die: () => void = () => undefined;

  constructor() {
    super();
    this.died = new Promise((resolve) => (this.#die = resolve));
  }

  override async write(path: string, bytes: Uint8Array<ArrayBuffer> | string): Promise<void> {
    await this.#live();
    await super.write(path, bytes);
  }

  override async append(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.left === 1 && this.tears) await super.append(path, bytes.slice(0, bytes.length >> 1));
    await this.#live();
    await super.append(path, bytes);
  }

  async #live(): Promise<void> {
    this.left--;
    if (this.left > 0) return;
    this.#die();
    await new Promise(() => undefined);
  }
}
