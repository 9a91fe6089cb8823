/**
 * Which datasets there are. Layers are written first and the entry last, under a lock all tabs share and after reading
 * the file again, so nothing half-written is ever listed and two tabs never lose each other's entries.
 */
import { AppError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import { ImportJournal, JOURNAL_HEAD } from './import-journal.ts';
import type { MarketQualityRow } from './quality/quality-table.ts';
import type { QualityRule } from './quality/rules.ts';
import { excludedBy, ruleText } from './quality/rules.ts';
import type { DatasetRecord, MarketRecord } from './records.ts';
import type { FileStore } from './store/file-store.ts';
import { readText } from './store/file-store.ts';
import { writeFromReserve } from './store/reserve.ts';
import type { Locks } from './store/locks.ts';
import type { Tab } from './store/tab.ts';
import type { Sidecar } from './sidecar.ts';
import { parseSidecar, readSidecar, sidecarText } from './sidecar.ts';

const CATALOGUE_PATH = 'catalogue.json';
const CATALOGUE_VERSION = 1;
const DATASETS = 'datasets';
const LOCK = 'furlong.catalogue';
const LONGEST_NAME = 120;
/** What a tab that looks for half-finished imports is given to let go of one. */
const LOOK_MILLIS = [20, 60, 120] as const;

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

  /** Opens and clears what closed or crashed tabs left: imports that cannot be resumed, datasets set aside. */
  static async open(options: CatalogueOptions): Promise<Catalogue> {
    const catalogue = new Catalogue(options);
    await catalogue.#recover();
    return catalogue;
  }

  /** By time of import. */
  async datasets(): Promise<readonly DatasetRecord[]> {
    const entries = await this.#read();
    return entries
      .filter(isHere)
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

  /** Also where another version has made its layers: to be shown, and to build them anew from. */
  async anySidecar(dataset: string): Promise<Sidecar> {
    const entry = await this.#find(dataset);
    return { ...readSidecar(`dataset ${entry.record.name}`, await this.#text(entry)), dataset: entry.record };
  }

  /**
   * Replaces a dataset's metadata once `work` has written what they name; nothing else may do so meanwhile. What the
   * metadata no longer name is removed after, and what `work` wrote before it threw is too.
   * @param work is handed the metadata as they are; none when it returns undefined
   */
  async rewrite(
    dataset: string,
    work: (sidecar: Sidecar, folder: string) => Promise<Sidecar | undefined>
  ): Promise<DatasetRecord> {
    const { folder } = await this.#find(dataset);
    const path = `${DATASETS}/${folder}`;
    return await this.#locks.hold(importLock(folder), async () => {
      const before = await this.anySidecar(dataset);
      let kept = before;
      try {
        kept = (await work(before, path)) ?? before;
        if (kept !== before) await this.#store.write(`${path}/metadata.json`, sidecarText(kept));
      } finally {
        await this.#sweep(path, kept);
      }
      this.#sidecars.delete(folder);
      if (kept === before) return before.dataset;
      // A journal would go on from files that are no more.
      if (before.dataset.partial !== undefined) await ImportJournal.remove(this.#store, path);
      const { rules } = before.dataset;
      const trainable = marketsOf(kept, rules ?? []).filter((market) => market.trainable).length;
      const { name, formerNames } = before.dataset;
      return await this.#edit(dataset, () => ({
        ...kept.dataset,
        name,
        trainable,
        ...(rules === undefined ? {} : { rules }),
        ...(formerNames === undefined ? {} : { formerNames })
      }));
    });
  }

  /** Removes files of a layer that no market names. */
  async #sweep(path: string, { markets }: Sidecar): Promise<void> {
    const named = new Set(markets.flatMap(({ silver, bronze, bars }) => [silver, bronze, bars]));
    for (const layer of ['silver', 'bronze', 'bars']) {
      for (const file of await this.#store.list(`${path}/${layer}`)) {
        if (!named.has(file.slice(path.length + 1))) await this.#store.remove(file);
      }
    }
  }

  /** As `sidecar`, with the record as the catalogue lists it: under its present name, with its rules. */
  async listed(dataset: string): Promise<Sidecar> {
    const { record } = await this.#find(dataset);
    return { ...(await this.sidecar(dataset)), dataset: record };
  }

  /** Those that a rule of the dataset leaves out are not trainable, and say why. */
  async markets(dataset: string): Promise<readonly MarketRecord[]> {
    const { record } = await this.#find(dataset);
    return marketsOf(await this.sidecar(dataset), record.rules ?? []).map((market) => ({ ...market, dataset }));
  }

  /** The figures of every market that has them, with the rule that leaves it out. */
  async quality(dataset: string): Promise<readonly MarketQualityRow[]> {
    const { record } = await this.#find(dataset);
    return (await this.sidecar(dataset)).markets.flatMap(({ record: { id, name }, quality }) => {
      if (quality === undefined) return [];
      const rule = excludedBy(record.rules ?? [], quality);
      const row = { dataset: record.name, market: id, name, quality };
      return [rule === undefined ? row : { ...row, excludedBy: ruleText(rule) }];
    });
  }

  /** Replaces the rules that leave markets out of training. */
  async setRules(dataset: string, rules: readonly QualityRule[]): Promise<DatasetRecord> {
    const sidecar = await this.sidecar(dataset);
    const trainable = marketsOf(sidecar, rules).filter((market) => market.trainable).length;
    return await this.#edit(dataset, (record) => ({ ...record, rules, trainable }));
  }

  /**
   * Its former name still finds it.
   * @throws config.invalid when the name is empty or another dataset has it
   */
  async rename(dataset: string, name: string): Promise<DatasetRecord> {
    const wanted = name.trim();
    return await this.#edit(dataset, (record, others) => {
      if (wanted === record.name) return record;
      if (wanted === '' || wanted.length > LONGEST_NAME) throw badName(name, `1 to ${String(LONGEST_NAME)} characters`);
      if (isPath(wanted)) throw badName(name, 'a name without / and \\ that is not . or ..');
      if (new Set([...this.#reserved, ...others.flatMap(namesOf)]).has(wanted)) {
        throw badName(name, 'a name that no dataset has or had');
      }
      const formerNames = [...(record.formerNames ?? []), record.name].filter((former) => former !== wanted);
      return { ...record, name: wanted, formerNames };
    });
  }

  async #edit(
    dataset: string,
    edit: (record: DatasetRecord, others: readonly DatasetRecord[]) => DatasetRecord
  ): Promise<DatasetRecord> {
    const { folder } = await this.#find(dataset);
    return await this.#change((entries) => {
      const entry = entries.find((one) => one.folder === folder && isHere(one));
      if (entry === undefined) throw missing(dataset);
      const others = entries.filter((one) => one !== entry && isHere(one)).map((one) => one.record);
      const record = edit(entry.record, others);
      return { entries: entries.map((one) => (one === entry ? { ...entry, record } : one)), result: record };
    });
  }

  /** Path in the store of a dataset's folder. */
  async folder(dataset: string): Promise<string> {
    return `${DATASETS}/${(await this.#find(dataset)).folder}`;
  }

  /**
   * Gives `work` a fresh folder and lists what it made. When it throws, the folder goes and nothing is listed; when the
   * tab dies, the folder goes too unless `work` has left a journal in it, to be resumed.
   * @param work writes every file but `metadata.json` and returns that
   * @returns the record as listed: its name is made unique by a number
   */
  async add(work: (folder: string) => Promise<Sidecar>): Promise<DatasetRecord> {
    const folder = `${this.#clock.epochMillis().toString(36)}-${crypto.randomUUID().slice(0, 8)}`;
    return await this.#locks.hold(importLock(folder), async () => {
      try {
        return await this.#make(folder, work);
      } catch (thrown) {
        await this.#store.remove(`${DATASETS}/${folder}`);
        throw thrown;
      }
    });
  }

  /**
   * Goes on in a folder that `unfinished` told of. When it throws, what was there stays, unless it was cancelled and
   * nothing of it is listed.
   * @throws storage.locked when another tab is at it, data.missing when it is gone
   */
  async resume(folder: string, work: (folder: string) => Promise<Sidecar>): Promise<DatasetRecord> {
    return await this.#held(folder, async () => {
      if (!(await this.#isUnfinished(folder))) throw noneUnfinished(folder);
      try {
        return await this.#make(folder, work);
      } catch (thrown) {
        const isCancelled = thrown instanceof AppError && thrown.code === 'aborted';
        if (isCancelled && (await this.#entry(folder)) === undefined) {
          await this.#store.remove(`${DATASETS}/${folder}`);
        }
        throw thrown;
      }
    });
  }

  /**
   * Folders that a closed tab or a full disk left half-done and that can be resumed, the oldest first; paths in the
   * store, and the name of the dataset that lists what is finished, where one does.
   */
  async unfinished(): Promise<readonly { readonly id: string; readonly folder: string; readonly dataset?: string }[]> {
    const found: { id: string; folder: string; dataset?: string }[] = [];
    for (const id of await this.#store.folders(DATASETS)) {
      const free = await this.#locks.tryHold(importLock(id), () => this.#isUnfinished(id));
      if (free !== true) continue;
      const entry = await this.#entry(id);
      found.push({ id, folder: `${DATASETS}/${id}`, ...(entry === undefined ? {} : { dataset: entry.record.name }) });
    }
    return found;
  }

  async #entry(folder: string): Promise<Entry | undefined> {
    return (await this.#read()).find((entry) => entry.folder === folder);
  }

  /**
   * What is listed of it stays, and cannot be gone on with any more.
   * @throws storage.locked when another tab is at it, data.missing when it is gone
   */
  async discard(folder: string): Promise<void> {
    await this.#held(folder, async () => {
      if (!(await this.#isUnfinished(folder))) throw noneUnfinished(folder);
      const path = `${DATASETS}/${folder}`;
      if ((await this.#entry(folder)) === undefined) await this.#store.remove(path);
      else await ImportJournal.remove(this.#store, path);
    });
  }

  /** Tried a few times: a tab that only looks holds the lock for a moment. */
  async #held<T>(folder: string, work: () => Promise<T>): Promise<T> {
    for (const wait of LOOK_MILLIS) {
      const done = await this.#locks.tryHold(importLock(folder), async () => ({ value: await work() }));
      if (done !== undefined) return done.value;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    throw busy(folder);
  }

  async #make(folder: string, work: (folder: string) => Promise<Sidecar>): Promise<DatasetRecord> {
    const path = `${DATASETS}/${folder}`;
    const sidecar = await work(path);
    await this.#store.write(`${path}/metadata.json`, sidecarText(sidecar));
    this.#sidecars.delete(folder);
    const record = await this.#change((entries) => {
      const listed = entries.find((entry) => entry.folder === folder);
      if (listed !== undefined) {
        const { name, rules, formerNames } = listed.record;
        const kept = { name, ...(rules && { rules }), ...(formerNames && { formerNames }) };
        const trainable = marketsOf(sidecar, rules ?? []).filter((market) => market.trainable).length;
        const record = { ...sidecar.dataset, ...kept, trainable };
        return { entries: entries.map((one) => (one === listed ? { ...one, record } : one)), result: record };
      }
      const record = { ...sidecar.dataset, name: uniqueName(sidecar.dataset.name, this.#taken(entries)) };
      return { entries: [...entries, { folder, record }], result: record };
    });
    await this.#sweep(path, sidecar);
    return record;
  }

  /** Neither listed whole nor set aside, and with a journal to go on by. */
  async #isUnfinished(folder: string): Promise<boolean> {
    const entry = await this.#entry(folder);
    if (entry !== undefined && (entry.record.partial === undefined || entry.removedBy !== undefined)) return false;
    return (await this.#store.size(`${DATASETS}/${folder}/${JOURNAL_HEAD}`)) !== undefined;
  }

  /** What is imported meanwhile may take its name. */
  async remove(dataset: string): Promise<void> {
    const { folder } = await this.#find(dataset);
    await this.#change((entries) => ({
      entries: entries.map((entry) => (entry.folder === folder ? { ...entry, removedBy: this.#tab.id } : entry)),
      result: undefined,
      frees: true
    }));
  }

  /**
   * The last that was set aside under the name comes back, under a number where the name has been taken since.
   * @throws data.missing when it was never there or has been cleared since
   */
  async restore(dataset: string): Promise<void> {
    await this.#change((entries) => {
      const aside = entries.findLast((entry) => !isHere(entry) && entry.record.name === dataset);
      if (aside === undefined) {
        // It is back already.
        if (entries.some((entry) => entry.record.name === dataset)) return { entries, result: undefined };
        throw missing(dataset);
      }
      const { folder, record } = aside;
      const taken = this.#taken(entries);
      const { formerNames, ...rest } = record;
      const former = formerNames?.filter((name) => !taken.has(name)) ?? [];
      const back: Entry = {
        folder,
        record: { ...rest, name: uniqueName(record.name, taken), ...(former.length > 0 ? { formerNames: former } : {}) }
      };
      return { entries: entries.map((entry) => (entry === aside ? back : entry)), result: undefined };
    });
  }

  /** Names of datasets that are here, those that they had before too. */
  #taken(entries: readonly Entry[]): ReadonlySet<string> {
    return new Set([...this.#reserved, ...entries.filter(isHere).flatMap(({ record }) => namesOf(record))]);
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
        const isListed = (await this.#read()).some((entry) => entry.folder === folder);
        if (!isListed && !(await this.#isUnfinished(folder))) {
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
    const here = (await this.#read()).filter(isHere);
    const entry =
      here.find(({ record }) => record.name === dataset) ??
      here.find(({ record }) => record.formerNames?.includes(dataset));
    if (entry === undefined) throw missing(dataset);
    return entry;
  }

  async #load(entry: Entry): Promise<Sidecar> {
    return await parseSidecar(`dataset ${entry.record.name}`, await this.#text(entry));
  }

  async #text(entry: Entry): Promise<string> {
    const text = await readText(this.#store, `${DATASETS}/${entry.folder}/metadata.json`);
    if (text === undefined) {
      throw new AppError('data.missing', {
        subject: `dataset ${entry.record.name}`,
        got: 'its metadata.json is gone from storage',
        remedy: 'remove the dataset and import its source files again'
      });
    }
    return text;
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

/** Not set aside. */
const isHere = ({ removedBy }: Entry): boolean => removedBy === undefined;

const namesOf = (record: DatasetRecord): readonly string[] => [record.name, ...(record.formerNames ?? [])];

function marketsOf(sidecar: Sidecar, rules: readonly QualityRule[]): readonly MarketRecord[] {
  return sidecar.markets.map(({ record, quality }) => {
    const rule = excludedBy(rules, quality);
    if (rule === undefined) return record;
    const text = ruleText(rule);
    const reason = record.reason ?? `a rule of the dataset leaves it out: ${text}`;
    return { ...record, trainable: false, reason, excludedBy: text };
  });
}

interface Edit<T> {
  readonly entries: readonly Entry[];
  readonly result: T;
  /** It makes room, or leads to it: it must work on a full disk. */
  readonly frees?: boolean;
}

const badName = (name: string, expected: string): AppError =>
  new AppError('config.invalid', {
    subject: 'the name of a dataset',
    expected,
    got: JSON.stringify(name),
    remedy: 'choose another name'
  });

/** An address could not lead to it. */
const isPath = (name: string): boolean => /[/\\]/.test(name) || name === '.' || name === '..';

const importLock = (folder: string): string => `furlong.import.${folder}`;

const missing = (dataset: string): AppError =>
  new AppError('data.missing', {
    subject: `dataset ${dataset}`,
    got: 'it is not in the catalogue',
    remedy: 'choose one that the Data page lists'
  });

const noneUnfinished = (folder: string): AppError =>
  new AppError('data.missing', {
    subject: `half-finished import ${folder}`,
    got: 'it is gone: it was finished or discarded',
    remedy: 'import the files again'
  });

const busy = (folder: string): AppError =>
  new AppError('storage.locked', {
    subject: `half-finished import ${folder}`,
    got: 'another tab is working on it',
    remedy: 'wait until it is done there, or close that tab'
  });

/** `name`, or the first of `name 2`, `name 3`, ... that is free. */
export function uniqueName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let n = 2; ; n++) {
    const numbered = `${name} ${String(n)}`;
    if (!taken.has(numbered)) return numbered;
  }
}
