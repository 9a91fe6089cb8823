/**
 * The store in the browser's origin private file system. `createWritable` writes aside and moves into place on close,
 * so a write is atomic; appends go through a synchronous handle where the browser gives one (in a dedicated worker).
 */
import { AppError, asAppError } from '../../core/errors.ts';
import type { FileStore, StorageUsage } from './file-store.ts';
import { pathParts } from './file-store.ts';

const REMEDY_UNAVAILABLE = 'leave private browsing or allow this site to store data, then reload the page';
/** How long to try again for a file that another tab has open, in milliseconds; in all about a second. */
const LOCK_WAITS_MILLIS = [10, 30, 60, 120, 250, 500] as const;

/** In dedicated workers alone; the DOM's types leave it out. */
interface AppendableHandle extends FileSystemFileHandle {
  createSyncAccessHandle?(): Promise<{
    getSize(): number;
    write(bytes: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
    truncate(size: number): void;
    flush(): void;
    close(): void;
  }>;
}

export class OpfsStore implements FileStore {
  readonly kind = 'opfs';
  readonly why = '';
  readonly #root: FileSystemDirectoryHandle;
  readonly #storage: Pick<StorageManager, 'estimate' | 'persisted'>;

  constructor(root: FileSystemDirectoryHandle, storage: Pick<StorageManager, 'estimate' | 'persisted'>) {
    this.#root = root;
    this.#storage = storage;
  }

  async read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    // Handle, file and bytes in one attempt: a file that is replaced in between is asked for again.
    return await told(path, async () => {
      const handle = await this.#fileHandle(path);
      if (handle === undefined) return undefined;
      return new Uint8Array(await (await handle.getFile()).arrayBuffer());
    });
  }

  async file(path: string): Promise<File | undefined> {
    return await told(path, async () => {
      const handle = await this.#fileHandle(path);
      return handle === undefined ? undefined : await handle.getFile();
    });
  }

  async write(path: string, bytes: Uint8Array<ArrayBuffer> | string): Promise<void> {
    await told(path, async () => {
      const isNew = (await this.#fileHandle(path)) === undefined;
      const handle = await this.#createFile(path);
      try {
        const aside = await handle.createWritable();
        try {
          await aside.write(bytes);
          await aside.close();
        } catch (thrown) {
          await aside.abort().catch(() => undefined);
          throw thrown;
        }
      } catch (thrown) {
        if (isNew) await this.remove(path);
        throw thrown;
      }
    });
  }

  async append(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await told(path, async () => {
      const handle: AppendableHandle = await this.#createFile(path);
      if (handle.createSyncAccessHandle !== undefined) {
        const access = await handle.createSyncAccessHandle();
        const end = access.getSize();
        try {
          const written = access.write(bytes, { at: end });
          if (written < bytes.length) throw new DOMException('short write', 'QuotaExceededError');
          access.flush();
        } catch (thrown) {
          access.truncate(end);
          throw thrown;
        } finally {
          access.close();
        }
      } else {
        const end = (await handle.getFile()).size;
        const aside = await handle.createWritable({ keepExistingData: true });
        await aside.write({ type: 'write', position: end, data: bytes });
        await aside.close();
      }
    });
  }

  async list(folder: string): Promise<readonly string[]> {
    return await told(folder, async () => {
      const directory = await this.#directory(pathParts(folder), false);
      const found: string[] = [];
      if (directory !== undefined) await walk(directory, folder, found);
      return found.sort();
    });
  }

  async folders(folder: string): Promise<readonly string[]> {
    return await told(folder, async () => {
      const directory = await this.#directory(pathParts(folder), false);
      const found: string[] = [];
      if (directory !== undefined) {
        for await (const [name, entry] of directory.entries()) if (entry.kind === 'directory') found.push(name);
      }
      return found.sort();
    });
  }

  async remove(path: string): Promise<void> {
    await told(path, async () => {
      const parts = pathParts(path);
      const directory = await this.#directory(parts.slice(0, -1), false);
      try {
        await directory?.removeEntry(parts.at(-1) ?? '', { recursive: true });
      } catch (thrown) {
        if (!isNamed(thrown, 'NotFoundError')) throw thrown;
      }
    });
  }

  async size(path: string): Promise<number | undefined> {
    return (await this.file(path))?.size;
  }

  async usage(): Promise<StorageUsage> {
    const [estimate, persisted] = await Promise.all([this.#storage.estimate(), this.#storage.persisted()]);
    return { usedBytes: estimate.usage ?? 0, quotaBytes: estimate.quota ?? 0, persisted };
  }

  async #directory(parts: readonly string[], create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
    let at = this.#root;
    for (const part of parts) {
      try {
        at = await at.getDirectoryHandle(part, { create });
      } catch (thrown) {
        if (isNamed(thrown, 'NotFoundError')) return undefined;
        throw thrown;
      }
    }
    return at;
  }

  async #fileHandle(path: string): Promise<FileSystemFileHandle | undefined> {
    const parts = pathParts(path);
    try {
      const directory = await this.#directory(parts.slice(0, -1), false);
      return await directory?.getFileHandle(parts.at(-1) ?? '');
    } catch (thrown) {
      if (isNamed(thrown, 'NotFoundError')) return undefined;
      throw thrown;
    }
  }

  async #createFile(path: string): Promise<FileSystemFileHandle> {
    const parts = pathParts(path);
    const directory = await this.#directory(parts.slice(0, -1), true);
    if (directory === undefined) throw new DOMException(`no folder for ${path}`, 'NotFoundError');
    return await directory.getFileHandle(parts.at(-1) ?? '', { create: true });
  }
}

async function walk(directory: FileSystemDirectoryHandle, path: string, into: string[]): Promise<void> {
  for await (const [name, entry] of directory.entries()) {
    if (entry.kind === 'file') into.push(`${path}/${name}`);
    else await walk(entry, `${path}/${name}`, into);
  }
}

const isNamed = (thrown: unknown, name: string): boolean => thrown instanceof DOMException && thrown.name === name;

/**
 * Runs a storage call, and names what went wrong. It waits a little and tries again for a file that another tab has
 * open, and for one that was replaced under a handle just taken (`NotReadableError`, `NotFoundError`: the browser drops the former bytes).
 */
async function told<T>(path: string, call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (thrown) {
      const replaced = isNamed(thrown, 'NotReadableError') || isNamed(thrown, 'NotFoundError');
      if (!replaced && !isNamed(thrown, 'NoModificationAllowedError')) throw storageError(thrown, path);
      const wait = LOCK_WAITS_MILLIS[attempt];
      if (wait === undefined && replaced) throw storageError(thrown, path);
      if (wait === undefined) {
        throw new AppError('storage.locked', {
          subject: path,
          got: 'another tab has this file open for writing',
          remedy: 'close the other tabs of this app and try again',
          cause: thrown
        });
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

function storageError(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError || isNamed(thrown, 'QuotaExceededError')) return asAppError(thrown, path);
  if (thrown instanceof DOMException) {
    return new AppError('storage.unavailable', {
      subject: path,
      got: `the browser refused the file (${thrown.name}: ${thrown.message})`,
      remedy: REMEDY_UNAVAILABLE,
      cause: thrown
    });
  }
  return asAppError(thrown, path);
}
