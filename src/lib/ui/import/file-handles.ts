/**
 * Handles of the files an import takes, kept in IndexedDB while it is under way: after a reload they give the same
 * files again without asking for them. Only browsers with File System Access give any. Must not know the data worker.
 */
import type { DBSchema, IDBPDatabase } from 'idb';
import { openDB } from 'idb';

const DATABASE = 'furlong.imports';
const STORE = 'handles';

interface Kept extends DBSchema {
  handles: { key: string; value: readonly FileSystemHandle[] };
}

/** Chromium's; the DOM's types leave it out. */
interface AskableHandle {
  queryPermission?(options: { readonly mode: 'read' }): Promise<PermissionState>;
  requestPermission?(options: { readonly mode: 'read' }): Promise<PermissionState>;
}

export class FileHandles {
  readonly #database: IDBPDatabase<Kept>;

  private constructor(database: IDBPDatabase<Kept>) {
    this.#database = database;
  }

  static async open(): Promise<FileHandles> {
    return new FileHandles(
      await openDB<Kept>(DATABASE, 1, {
        upgrade: (database) => {
          database.createObjectStore(STORE);
        }
      })
    );
  }

  /** @param key of the import; handles of files or of folders */
  async keep(key: string, handles: readonly FileSystemHandle[]): Promise<void> {
    await this.#database.put(STORE, handles, key);
  }

  async forget(key: string): Promise<void> {
    await this.#database.delete(STORE, key);
  }

  /** Handles of imports that are none any more. */
  async forgetOthers(keys: readonly string[]): Promise<void> {
    for (const key of await this.#database.getAllKeys(STORE)) if (!keys.includes(key)) await this.forget(key);
  }

  /**
   * Every file the handles lead to. The browser may ask the user for leave: to be called on a press.
   * @returns undefined where none are kept, leave is refused, or a file is gone
   */
  async files(key: string): Promise<readonly File[] | undefined> {
    const handles = await this.#database.get(STORE, key);
    if (handles === undefined) return undefined;
    try {
      const files: File[] = [];
      for (const handle of handles) {
        if (!(await isAllowed(handle as FileSystemHandle & AskableHandle))) return undefined;
        await collect(handle, files);
      }
      return files;
    } catch (thrown) {
      if (thrown instanceof DOMException) return undefined;
      throw thrown;
    }
  }
}

async function isAllowed(handle: AskableHandle): Promise<boolean> {
  if (handle.queryPermission === undefined) return true;
  if ((await handle.queryPermission({ mode: 'read' })) === 'granted') return true;
  return (await handle.requestPermission?.({ mode: 'read' })) === 'granted';
}

async function collect(handle: FileSystemHandle, into: File[]): Promise<void> {
  if (handle.kind === 'file') into.push(await (handle as FileSystemFileHandle).getFile());
  else for await (const inner of (handle as FileSystemDirectoryHandle).values()) await collect(inner, into);
}
