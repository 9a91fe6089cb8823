/** Opens the browser's own storage and proves that it takes a file; falls back to memory and says why. */
import { AppError } from '../../core/errors.ts';
import type { FileStore } from './file-store.ts';
import { MemoryStore } from './memory-store.ts';
import { OpfsStore } from './opfs-store.ts';

/** Where the folder tree hangs; the one place that asks the browser for it. */
export type RootOpener = () => Promise<FileSystemDirectoryHandle>;

export const ROOT_FOLDER = 'furlong';

export const browserRoot =
  (folder: string = ROOT_FOLDER): RootOpener =>
  async () => {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(folder, { create: true });
  };

export async function openStore(root: RootOpener = browserRoot()): Promise<FileStore> {
  try {
    const store = new OpfsStore(await root(), navigator.storage);
    const probe = `probe-${crypto.randomUUID()}`;
    try {
      await store.write(probe, 'x');
      await store.remove(probe);
    } catch (thrown) {
      /* A full disk still reads: what is stored stays in sight, and each write says that it is full. */
      if (!(thrown instanceof AppError) || thrown.code !== 'storage.full') throw thrown;
    }
    return store;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return new MemoryStore({
      why: `the browser refuses its own storage (${reason}); everything works, but nothing outlives this tab`
    });
  }
}
