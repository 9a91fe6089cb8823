/** Queries kept under a name, as small documents beside the data. */
import { AppError } from '$lib/core/errors.ts';
import type { DataApi } from '$lib/workers/data-api.ts';

export interface SavedQuery {
  readonly name: string;
  readonly text: string;
}

type Store = Pick<DataApi, 'readDocument' | 'writeDocument' | 'listDocuments' | 'removeDocument'>;

const FOLDER = 'queries/';
const pathOf = (name: string): string => `${FOLDER}${encodeURIComponent(name)}`;

export class SavedQueries {
  readonly #data: Store;

  constructor(data: Store) {
    this.#data = data;
  }

  /** In the order of their names. */
  async all(): Promise<readonly SavedQuery[]> {
    const paths = await this.#data.listDocuments(FOLDER);
    const found = await Promise.all(
      paths.map(async (path) => {
        const text = await this.#data.readDocument(path);
        return text === undefined ? [] : [{ name: decodeURIComponent(path.slice(FOLDER.length)), text }];
      })
    );
    return found.flat().sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  /** Replaces one of the same name. */
  async save({ name, text }: SavedQuery): Promise<void> {
    await this.#data.writeDocument(pathOf(checked(name)), text);
  }

  /** @throws data.kind when another one is called so */
  async rename(query: SavedQuery, name: string): Promise<void> {
    const to = checked(name);
    if (to === query.name) return;
    if ((await this.#data.readDocument(pathOf(to))) !== undefined) {
      throw new AppError('data.kind', {
        subject: `query ${query.name}`,
        got: `there is a query called ${to} already`,
        remedy: 'choose another name, or delete that one first'
      });
    }
    await this.#data.writeDocument(pathOf(to), query.text);
    await this.#data.removeDocument(pathOf(query.name));
  }

  async remove({ name }: SavedQuery): Promise<void> {
    await this.#data.removeDocument(pathOf(name));
  }
}

function checked(name: string): string {
  const trimmed = name.trim();
  if (trimmed !== '' && trimmed.length <= 80) return trimmed;
  throw new AppError('data.kind', {
    subject: 'the query',
    expected: 'a name of 1 to 80 letters',
    got: trimmed === '' ? 'none' : `${String(trimmed.length)} letters`,
    remedy: 'choose another name'
  });
}
