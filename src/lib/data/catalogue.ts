/**
 * Which datasets there are. Layers are written first and the entry last, under a lock all tabs share and after reading
 * the file again, so nothing half-written is ever listed and two tabs never lose each other's entries.
 */
import { AppError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import type { DatasetRecord, MarketRecord } from './records.ts';
import type { FileStore } from './store/file-store.ts';
import { readText } from './store/file-store.ts';
import { writeFromReserve } from './store/reserve.ts';
import type { Locks } from './store/locks.ts';
import type { Tab } from './store/tab.ts';
import type { Sidecar } from './sidecar.ts';
import { parseSidecar, sidecarText } from './sidecar.ts';

const CATALOGUE_PATH = 'catalogue.json';
const CATALOGUE_VERSION = 1;
const DATASETS = 'datasets';
const LOCK = 'furlong.catalogue';

interface Entry {
  /** Name of the folder under `datasets/`; never reused. */
  readonly folder: string;
  readonly record: DatasetRecord;
  /** Set aside by a tab: it comes back by `restore`, and goes for good once that tab is closed. */
  readonly removedBy?: string;
}

export interface CatalogueOptions {
  readonly store: FileStore;
  readonly locks: Locks;
  readonly clock: Clock;
  readonly tab: Tab;
  /** Names no dataset may take: the built-in sample's. */
  readonly reserved?: readonly string[];
}

export class Catalogue {
  readonly #store: FileStore;
  readonly #locks: Locks;
  readonly #clock: Clock;
  readonly #reserved: readonly string[];
  readonly #tab: Tab;
  readonly #sidecars = new Map<string, Promise<Sidecar>>();

  private constructor(options: CatalogueOptions) {
    this.#store = options.store;
    this.#locks = options.locks;
    this.#clock = options.clock;
    this.#tab = options.tab;
    this.#reserved = options.reserved ?? [];
  }

  /** Opens and clears what closed or crashed tabs left: half-finished imports and datasets set aside. */
  static async open(options: CatalogueOptions): Promise<Catalogue> {
    const catalogue = new Catalogue(options);
    await catalogue.#recover();
    return catalogue;
  }

  /** By time of import. */
  async datasets(): Promise<readonly DatasetRecord[]> {
    const entries = await this.#read();
    return entries
      .filter((entry) => entry.removedBy === undefined)
      .map((entry) => entry.record)
      .sort((a, b) => a.createdMillis - b.createdMillis);
  }

  /** @throws data.missing when there is no such dataset */
  async sidecar(dataset: string): Promise<Sidecar> {
    const entry = await this.#find(dataset);
    let sidecar = this.#sidecars.get(entry.folder);
    if (sidecar === undefined) {
      sidecar = this.#load(entry);
      this.#sidecars.set(entry.folder, sidecar);
      sidecar.catch(() => this.#sidecars.delete(entry.folder));
    }
    return await sidecar;
  }

  async markets(dataset: string): Promise<readonly MarketRecord[]> {
    return (await this.sidecar(dataset)).markets.map((market) => ({ ...market.record, dataset }));
  }

  /** Path in the store of a dataset's folder. */
  async folder(dataset: string): Promise<string> {
    return `${DATASETS}/${(await this.#find(dataset)).folder}`;
  }

  /**
   * Gives `work` a fresh folder and lists what it made. When it throws, or the tab dies, the folder goes and nothing
   * is listed.
   * @param work writes every file but `metadata.json` and returns that
   * @returns the record as listed: its name is made unique by a number
   */
  async add(work: (folder: string) => Promise<Sidecar>): Promise<DatasetRecord> {
    const folder = `${this.#clock.epochMillis().toString(36)}-${crypto.randomUUID().slice(0, 8)}`;
    const path = `${DATASETS}/${folder}`;
    return await this.#locks.hold(importLock(folder), async () => {
      try {
        const sidecar = await work(path);
        await this.#store.write(`${path}/metadata.json`, sidecarText(sidecar));
        return await this.#change((entries) => {
          const taken = new Set([...this.#reserved, ...entries.map((entry) => entry.record.name)]);
          const record = { ...sidecar.dataset, name: uniqueName(sidecar.dataset.name, taken) };
          return { entries: [...entries, { folder, record }], result: record };
        });
      } catch (thrown) {
        await this.#store.remove(path);
        throw thrown;
      }
    });
  }

  async remove(dataset: string): Promise<void> {
    await this.#find(dataset);
    await this.#change((entries) => ({
      entries: entries.map((entry) => (entry.record.name === dataset ? { ...entry, removedBy: this.#tab.id } : entry)),
      result: undefined,
      frees: true
    }));
  }

  /** @throws data.missing when it was never there or has been cleared since */
  async restore(dataset: string): Promise<void> {
    await this.#change((entries) => {
      if (!entries.some((entry) => entry.record.name === dataset)) throw missing(dataset);
      return {
        entries: entries.map((entry) =>
          entry.record.name === dataset ? { folder: entry.folder, record: entry.record } : entry
        ),
        result: undefined
      };
    });
  }

  /** Clears what this tab has set aside. */
  async purge(): Promise<void> {
    await this.#clear((entry) => Promise.resolve(entry.removedBy === this.#tab.id));
  }

  async #recover(): Promise<void> {
    await this.#clear(async (entry) => entry.removedBy !== undefined && (await this.#tab.isGone(entry.removedBy)));
    const listed = new Set((await this.#read()).map((entry) => entry.folder));
    for (const folder of await this.#store.folders(DATASETS)) {
      if (listed.has(folder)) continue;
      await this.#locks.tryHold(importLock(folder), async () => {
        /* Read again: the import may have ended between the listing and the lock. */
        if (!(await this.#read()).some((entry) => entry.folder === folder)) {
          await this.#store.remove(`${DATASETS}/${folder}`);
        }
      });
    }
  }

  /** Drops entries first and their folders after: a crash in between leaves folders that `#recover` clears. */
  async #clear(which: (entry: Entry) => Promise<boolean>): Promise<void> {
    const gone = await this.#change(async (entries) => {
      const marks = await Promise.all(entries.map(which));
      return {
        entries: entries.filter((_, i) => !marks[i]),
        result: entries.filter((_, i) => marks[i]),
        frees: true
      };
    });
    for (const entry of gone) {
      this.#sidecars.delete(entry.folder);
      await this.#store.remove(`${DATASETS}/${entry.folder}`);
    }
  }

  async #find(dataset: string): Promise<Entry> {
    const entry = (await this.#read()).find(({ record, removedBy }) => record.name === dataset && !removedBy);
    if (entry === undefined) throw missing(dataset);
    return entry;
  }

  async #load(entry: Entry): Promise<Sidecar> {
    const text = await readText(this.#store, `${DATASETS}/${entry.folder}/metadata.json`);
    if (text === undefined) {
      throw new AppError('data.missing', {
        subject: `dataset ${entry.record.name}`,
        got: 'its metadata.json is gone from storage',
        remedy: 'remove the dataset and import its source files again'
      });
    }
    return await parseSidecar(`dataset ${entry.record.name}`, text);
  }

  async #change<T>(edit: (entries: readonly Entry[]) => Edit<T> | Promise<Edit<T>>): Promise<T> {
    return await this.#locks.hold(LOCK, async () => {
      const before = await this.#read();
      const { entries, result, frees } = await edit(before);
      const changed = entries.length !== before.length || entries.some((entry, i) => entry !== before[i]);
      if (changed) {
        const text = JSON.stringify({ version: CATALOGUE_VERSION, entries }, undefined, 1);
        if (frees) await writeFromReserve(this.#store, CATALOGUE_PATH, text);
        else await this.#store.write(CATALOGUE_PATH, text);
      }
      return result;
    });
  }

  async #read(): Promise<readonly Entry[]> {
    const text = await readText(this.#store, CATALOGUE_PATH);
    if (text === undefined) return [];
    let parsed: { readonly version: number; readonly entries: readonly Entry[] };
    try {
      parsed = JSON.parse(text) as typeof parsed;
    } catch (thrown) {
      throw new AppError('data.corrupt', {
        subject: 'the catalogue',
        got: 'catalogue.json is not JSON',
        remedy: 'clear this site’s data in the browser and import the files again',
        cause: thrown
      });
    }
    if (parsed.version !== CATALOGUE_VERSION) {
      throw new AppError('data.drift', {
        subject: 'the catalogue',
        expected: `version ${String(CATALOGUE_VERSION)}`,
        got: `it was written as version ${String(parsed.version)}`,
        remedy: 'open it with the version of the app that wrote it'
      });
    }
    return parsed.entries;
  }
}

interface Edit<T> {
  readonly entries: readonly Entry[];
  readonly result: T;
  /** It makes room, or leads to it: it must work on a full disk. */
  readonly frees?: boolean;
}

const importLock = (folder: string): string => `furlong.import.${folder}`;

const missing = (dataset: string): AppError =>
  new AppError('data.missing', {
    subject: `dataset ${dataset}`,
    got: 'it is not in the catalogue',
    remedy: 'choose one that the Data page lists'
  });

/** `name`, or the first of `name 2`, `name 3`, ... that is free. */
export function uniqueName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let n = 2; ; n++) {
    const numbered = `${name} ${String(n)}`;
    if (!taken.has(numbered)) return numbered;
  }
}
