/** The data worker as its client calls it: `DataApi` with tapes as plain data and long calls under a task id. */
import type { Ask } from '../data/import-question.ts';
import type { ImportProgress, ImportReport } from '../data/records.ts';
import type { TapeWire } from '../market/tape-wire.ts';
import type { DataApi, ImportOptions, QueryResult } from './data-api.ts';

export interface DataWorkerApi extends Omit<DataApi, 'importFiles' | 'tape' | 'query'> {
  importFiles(
    files: readonly File[],
    options: Omit<ImportOptions, 'onProgress' | 'signal' | 'ask'> & { readonly task: string },
    onProgress?: (progress: ImportProgress) => void,
    ask?: Ask
  ): Promise<ImportReport>;
  tape(dataset: string, market: string): Promise<TapeWire>;
  query(sql: string, task: string): Promise<QueryResult>;
  /** Fires the signal of the call that runs under the task id; without one, nothing. */
  cancel(task: string): Promise<void>;
}
