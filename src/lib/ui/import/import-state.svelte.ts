/**
 * Files on their way into the catalogue: one import at a time, its progress, its report or its error; those that wait
 * for it to end; and the imports that a closed tab left half-done.
 */
import { asAppError } from '$lib/core/errors.ts';
import type { AppError } from '$lib/core/errors.ts';
import type { UnfinishedImport } from '$lib/data/import-journal.ts';
import type { ImportAnswer, ImportQuestion } from '$lib/data/import-question.ts';
import type { ImportProgress, ImportReport } from '$lib/data/records.ts';
import type { DataApi, ImportOptions } from '$lib/workers/data-api.ts';
import type { Offered } from './dropped-files.ts';
import type { FileHandles } from './file-handles.ts';
import { secondsLeft } from './import-words.ts';

export interface Importing {
  readonly files: readonly File[];
  readonly startedMillis: number;
  readonly abort: AbortController;
}

type About = Pick<ImportOptions, 'name' | 'origin'> & Pick<Offered, 'handles'>;

/** Files that came while an import ran: theirs begins when it ends. */
interface WaitingImport {
  readonly files: readonly File[];
  /** Settles when the import has ended, however it did. */
  readonly begin: () => Promise<void>;
}

/** How an import ended. */
type Outcome = { readonly report: ImportReport } | { readonly error: AppError };

export interface AskedQuestion {
  readonly question: ImportQuestion;
  readonly answer: (answer: ImportAnswer) => void;
}

export class ImportState {
  running = $state.raw<Importing>();
  progress = $state.raw<ImportProgress>();
  /** In the order they came. */
  waiting = $state.raw<readonly WaitingImport[]>([]);
  /** What the import asks, and what it waits for. */
  question = $state.raw<AskedQuestion>();
  /** What closed tabs left half-done; `look` brings it up to date. */
  unfinished = $state.raw<readonly UnfinishedImport[]>([]);
  /** The one whose files are asked for again. */
  asking = $state.raw<UnfinishedImport>();
  /** Those not yet dismissed, oldest first: the end of one import does not hide the report of another. */
  #outcomes = $state.raw<readonly Outcome[]>([]);
  /** From the moment files are taken, before `running` is set: their handles are kept first. */
  #busy = false;
  readonly #data: () => DataApi;
  readonly #imported: () => Promise<void>;
  readonly #openHandles: () => Promise<FileHandles>;
  #handles: Promise<FileHandles | undefined> | undefined;

  /** @param on `imported` is called after every import that kept something */
  constructor(on: {
    readonly data: () => DataApi;
    readonly imported: () => Promise<void>;
    readonly handles: () => Promise<FileHandles>;
  }) {
    this.#data = on.data;
    this.#imported = on.imported;
    this.#openHandles = on.handles;
  }

  get secondsLeft(): number | undefined {
    const { running, progress } = this;
    if (running === undefined || progress === undefined) return undefined;
    return secondsLeft(progress, (performance.now() - running.startedMillis) / 1000);
  }

  /** What the oldest import that is not dismissed kept; undefined where it failed. */
  get report(): ImportReport | undefined {
    const [shown] = this.#outcomes;
    return shown !== undefined && 'report' in shown ? shown.report : undefined;
  }

  /** Why the oldest import that is not dismissed failed; undefined where it did not. */
  get error(): AppError | undefined {
    const [shown] = this.#outcomes;
    return shown !== undefined && 'error' in shown ? shown.error : undefined;
  }

  /**
   * Imports files, after those that came before them.
   * @param about what the dataset is called and where its files came from, where they were not chosen or dropped
   */
  async start(files: readonly File[], about: About = {}): Promise<void> {
    if (files.length === 0) return;
    const { asking } = this;
    this.asking = undefined;
    await this.#inTurn({
      files,
      begin: () =>
        asking === undefined
          ? this.#importOffered(files, about)
          : this.#import(files, { resume: asking.id }, asking.key)
    });
  }

  /** Goes on with a half-finished import: by the handles the browser kept, or with files that are asked for. On a press. */
  async goOn(unfinished: UnfinishedImport): Promise<void> {
    if (this.running !== undefined) return;
    const { id, key, files, finishedFiles } = unfinished;
    const found = (key === undefined ? undefined : await (await this.#kept())?.files(key)) ?? [];
    if (found.length === 0 && finishedFiles < files.length) this.asking = unfinished;
    else await this.#inTurn({ files: found, begin: () => this.#import(found, { resume: id }, key) });
  }

  async discard({ id, key }: UnfinishedImport): Promise<void> {
    await this.#data().discardImport(id);
    if (key !== undefined) await (await this.#kept())?.forget(key);
    await this.look();
  }

  /** Reads what is half-done. */
  async look(): Promise<void> {
    this.unfinished = await this.#data().unfinishedImports();
  }

  /** Ends the present import; those that wait come next. */
  cancel(): void {
    this.running?.abort.abort();
  }

  /** Lets go of all that wait. */
  forgetWaiting(): void {
    this.waiting = [];
  }

  /** Puts the outcome shown away; the next one, if any, is shown. */
  dismiss(): void {
    this.#outcomes = this.#outcomes.slice(1);
  }

  async #inTurn(one: WaitingImport): Promise<void> {
    this.waiting = [...this.waiting, one];
    if (this.#busy) return;
    this.#busy = true;
    this.#outcomes = [];
    try {
      for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
        this.waiting = this.waiting.slice(1);
        await next.begin();
      }
    } finally {
      this.#busy = false;
    }
  }

  async #importOffered(files: readonly File[], { handles, ...named }: About): Promise<void> {
    const key = handles === undefined ? undefined : crypto.randomUUID();
    // What the browser will not keep is asked for again.
    if (key !== undefined && handles !== undefined)
      await (await this.#kept())?.keep(key, handles).catch(() => undefined);
    await this.#import(files, key === undefined ? named : { ...named, key }, key);
  }

  async #import(files: readonly File[], options: ImportOptions, key: string | undefined): Promise<void> {
    const abort = new AbortController();
    this.running = { files, startedMillis: performance.now(), abort };
    try {
      const report = await this.#data().importFiles(files, {
        ...options,
        signal: abort.signal,
        onProgress: (progress) => (this.progress = progress),
        ask: (question) => this.#ask(question)
      });
      this.#outcomes = [...this.#outcomes, { report }];
      await this.#imported();
    } catch (thrown) {
      // A cancel is told too: what it left is not for the user to guess.
      const subject = files.length === 1 ? (files[0]?.name ?? 'the file') : `${files.length} files`;
      this.#outcomes = [...this.#outcomes, { error: asAppError(thrown, subject) }];
    } finally {
      this.running = undefined;
      this.progress = undefined;
      this.question = undefined;
    }
    await this.look().catch(() => undefined);
    const isLeft = this.unfinished.some((one) => one.key === key);
    if (key !== undefined && !isLeft) await (await this.#kept())?.forget(key).catch(() => undefined);
  }

  /** The import waits for the answer; a cancel takes the question back. */
  #ask(question: ImportQuestion): Promise<ImportAnswer> {
    return new Promise((resolve) => {
      this.question = {
        question,
        answer: (answer) => {
          this.question = undefined;
          resolve(answer);
        }
      };
    });
  }

  /** Undefined where the browser has no database for this page. */
  #kept(): Promise<FileHandles | undefined> {
    this.#handles ??= this.#openHandles().catch(() => undefined);
    return this.#handles;
  }
}
