/** Small texts the page keeps: notebooks, settings. A path is one name or names parted by `/`. */
import { AppError } from '../core/errors.ts';
import type { FileStore } from './store/file-store.ts';
import { readText } from './store/file-store.ts';

const FOLDER = 'documents';

export class Documents {
  readonly #store: FileStore;
  constructor(store: FileStore) {
    this.#store = store;
  }

  async read(path: string): Promise<string | undefined> {
    return await readText(this.#store, located(path));
  }

  async write(path: string, text: string): Promise<void> {
    await this.#store.write(located(path), text);
  }

  /** Paths that begin with `prefix`, sorted. */
  async list(prefix: string): Promise<readonly string[]> {
    const paths = (await this.#store.list(FOLDER)).map((path) => path.slice(FOLDER.length + 1));
    return paths.filter((path) => path.startsWith(prefix));
  }

  async remove(path: string): Promise<void> {
    await this.#store.remove(located(path));
  }
}

function located(path: string): string {
  if (path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')) return `${FOLDER}/${path}`;
  throw new AppError('data.missing', {
    subject: `document ${JSON.stringify(path)}`,
    expected: 'names parted by /',
    got: 'an empty name or a dot',
    remedy: 'choose another name'
  });
}
