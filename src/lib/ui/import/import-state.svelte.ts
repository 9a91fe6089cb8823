/** Files on their way into the catalogue: one import at a time, its progress, its report or its error. */
import { asAppError } from '$lib/core/errors.ts';
import type { AppError } from '$lib/core/errors.ts';
import type { ImportProgress, ImportReport } from '$lib/data/records.ts';
import type { DataApi, ImportOptions } from '$lib/workers/data-api.ts';
import { secondsLeft } from './import-words.ts';

export interface Importing {
  readonly files: readonly File[];
  readonly startedMillis: number;
  readonly abort: AbortController;
}

export class ImportState {
  running = $state.raw<Importing>();
  progress = $state.raw<ImportProgress>();
  report = $state.raw<ImportReport>();
  error = $state.raw<AppError>();
  readonly #data: () => DataApi;
  readonly #imported: () => Promise<void>;

  /** @param imported is called after every import that kept something */
  constructor(data: () => DataApi, imported: () => Promise<void>) {
    this.#data = data;
    this.#imported = imported;
  }

  get secondsLeft(): number | undefined {
    const { running, progress } = this;
    if (running === undefined || progress === undefined) return undefined;
    return secondsLeft(progress, (performance.now() - running.startedMillis) / 1000);
  }

  /** @param about what the dataset is called and where its files came from, where they were not chosen or dropped */
  async start(files: readonly File[], about: Pick<ImportOptions, 'name' | 'origin'> = {}): Promise<void> {
    if (files.length === 0 || this.running !== undefined) return;
    this.dismiss();
    const abort = new AbortController();
    this.running = { files, startedMillis: performance.now(), abort };
    try {
      this.report = await this.#data().importFiles(files, {
        ...about,
        signal: abort.signal,
        onProgress: (progress) => (this.progress = progress)
      });
      await this.#imported();
    } catch (thrown) {
      const error = asAppError(thrown, files.length === 1 ? (files[0]?.name ?? 'the file') : `${files.length} files`);
      if (error.code !== 'aborted') this.error = error;
    } finally {
      this.running = undefined;
      this.progress = undefined;
    }
  }

  cancel(): void {
    this.running?.abort.abort();
  }

  dismiss(): void {
    this.report = undefined;
    this.error = undefined;
  }
}
