/** Where notebooks are kept: small documents of the data worker, one HTML file each. */
import type { DataApi } from '../workers/data-api.ts';
import { AppError } from '../core/errors.ts';
import type { NotebookDocument } from './document.ts';
import { formatNotebook, glanceAtNotebook, parseNotebook } from './format.ts';

const FOLDER = 'notebooks/';
const path = (id: string): string => `${FOLDER}${id}.html`;

/**
 * Notebooks that come with the app; an edited one is kept under the same id and can be reset. Their files must not lie
 * under `/notebooks/`: a file server would answer the page's address with the file.
 */
export const BUILT_IN: readonly { readonly id: string; readonly url: string }[] = [
  { id: 'start-here', url: 'notebook-files/start-here.html' }
];

export interface NotebookEntry {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly cells: number;
  readonly builtIn: boolean;
  /** A built-in notebook that was changed here. */
  readonly edited: boolean;
}

type Documents = Pick<DataApi, 'readDocument' | 'writeDocument' | 'listDocuments' | 'removeDocument'>;

export class NotebookStore {
  readonly #documents: Documents;
  readonly #base: string;
  readonly #fetch: typeof fetch;

  /** `base` is where the app's own files are served from, with a slash at its end. */
  constructor(documents: Documents, options: { readonly base: string; readonly fetch?: typeof fetch }) {
    this.#documents = documents;
    this.#base = options.base;
    this.#fetch = options.fetch ?? ((...args) => fetch(...args));
  }

  async list(): Promise<readonly NotebookEntry[]> {
    const ids = await this.ids();
    return Promise.all(
      ids.map(async (id): Promise<NotebookEntry> => {
        const kept = await this.#documents.readDocument(path(id));
        const builtIn = BUILT_IN.some((each) => each.id === id);
        const glance = glanceAtNotebook(kept ?? (await this.#shipped(id)));
        return { id, ...glance, builtIn, edited: builtIn && kept !== undefined };
      })
    );
  }

  /** Built-in notebooks first, then the user's own by name. */
  async ids(): Promise<readonly string[]> {
    const paths = await this.#documents.listDocuments(FOLDER);
    const own = paths
      .filter((each) => each.endsWith('.html'))
      .map((each) => each.slice(FOLDER.length, -'.html'.length));
    const builtIn = BUILT_IN.map((each) => each.id);
    return [...builtIn, ...own.filter((id) => !builtIn.includes(id)).sort()];
  }

  async open(id: string): Promise<{ readonly document: NotebookDocument; readonly edited: boolean }> {
    const kept = await this.#documents.readDocument(path(id));
    if (kept !== undefined) return { document: await parseNotebook(kept, `notebook ${id}`), edited: true };
    return { document: await this.original(id), edited: false };
  }

  /** A built-in notebook as it was shipped. */
  async original(id: string): Promise<NotebookDocument> {
    return parseNotebook(await this.#shipped(id), `notebook ${id}`);
  }

  async #shipped(id: string): Promise<string> {
    const shipped = BUILT_IN.find((each) => each.id === id);
    if (shipped === undefined) {
      throw new AppError('data.missing', {
        subject: `notebook ${id}`,
        got: 'this browser keeps no notebook of that name',
        remedy: 'open another from the list of notebooks, or start a new one'
      });
    }
    const response = await this.#fetch(`${this.#base}${shipped.url}`);
    if (!response.ok) {
      throw new AppError('network.unavailable', {
        subject: `notebook ${id}`,
        got: `its file came back with status ${String(response.status)}`,
        remedy: 'reload the page when the server is reachable'
      });
    }
    return response.text();
  }

  async save(id: string, document: NotebookDocument): Promise<void> {
    await this.#documents.writeDocument(path(id), await formatNotebook(document));
  }

  async remove(id: string): Promise<void> {
    await this.#documents.removeDocument(path(id));
  }
}
