/** The store when the browser refuses its own: a map of files. Everything works, and nothing outlives the tab. */
import { asAppError } from '../../core/errors.ts';
import type { FileStore, StorageUsage } from './file-store.ts';
import { pathParts } from './file-store.ts';

export interface MemoryStoreOptions {
  /** Shown to the user: why the browser's own storage is not in use. */
  readonly why?: string;
  /** Bytes it holds before it is full; without a limit when left out. */
  readonly capacityBytes?: number;
}

export class MemoryStore implements FileStore {
  readonly kind = 'memory';
  readonly why: string;
  readonly #capacity: number;
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();

  constructor(options: MemoryStoreOptions = {}) {
    this.why = options.why ?? 'kept in memory: nothing outlives the tab';
    this.#capacity = options.capacityBytes ?? Number.POSITIVE_INFINITY;
  }

  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return Promise.resolve(this.#files.get(key(path))?.slice());
  }

  file(path: string): Promise<File | undefined> {
    const bytes = this.#files.get(key(path));
    return Promise.resolve(bytes === undefined ? undefined : new File([bytes], path.slice(path.lastIndexOf('/') + 1)));
  }

  write(path: string, bytes: Uint8Array<ArrayBuffer> | string): Promise<void> {
    return this.#put(path, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes.slice());
  }

  append(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const before = this.#files.get(key(path)) ?? new Uint8Array(0);
    const after = new Uint8Array(before.length + bytes.length);
    after.set(before);
    after.set(bytes, before.length);
    return this.#put(path, after);
  }

  list(folder: string): Promise<readonly string[]> {
    const start = `${key(folder)}/`;
    return Promise.resolve([...this.#files.keys()].filter((path) => path.startsWith(start)).sort());
  }

  async folders(folder: string): Promise<readonly string[]> {
    const start = key(folder).length + 1;
    const below = (await this.list(folder)).map((path) => path.slice(start).split('/'));
    return [...new Set(below.flatMap((parts) => (parts.length > 1 ? [parts[0] ?? ''] : [])))];
  }

  remove(path: string): Promise<void> {
    const gone = key(path);
    for (const name of [...this.#files.keys()]) {
      if (name === gone || name.startsWith(`${gone}/`)) this.#files.delete(name);
    }
    return Promise.resolve();
  }

  size(path: string): Promise<number | undefined> {
    return Promise.resolve(this.#files.get(key(path))?.length);
  }

  usage(): Promise<StorageUsage> {
    return Promise.resolve({ usedBytes: this.#used(), quotaBytes: this.#capacity, persisted: false });
  }

  #put(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const name = key(path);
    const grown = this.#used() - (this.#files.get(name)?.length ?? 0) + bytes.length;
    if (grown > this.#capacity) {
      return Promise.reject(asAppError(new DOMException('memory store is full', 'QuotaExceededError'), path));
    }
    this.#files.set(name, bytes);
    return Promise.resolve();
  }

  #used(): number {
    let used = 0;
    for (const bytes of this.#files.values()) used += bytes.length;
    return used;
  }
}

const key = (path: string): string => pathParts(path).join('/');
