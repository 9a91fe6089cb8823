/** The data worker as its client calls it: `DataApi` with tapes as plain data and long calls under a task id. */
import type { Ask } from '../data/import-question.ts';
import type { RebuildProgress, RebuiltLayer } from '../data/rebuild.ts';
import type { ImportProgress, ImportReport } from '../data/records.ts';
import type { TapeWire } from '../market/tape-wire.ts';
import type { BuildProgress, BuildReport } from '../data/market-layer.ts';
import type { SeriesSettings } from '../data/runner-series.ts';
import type { RolloutManifest } from '../data/gold/rollout.ts';
import type { GoldOptions, MarketRegime, RolloutOptions } from './gold-api.ts';
import type { DataApi, ImportOptions, QueryResult } from './data-api.ts';

type OnGold = (progress: BuildProgress) => void;

export interface DataWorkerApi extends Omit<
  DataApi,
  | 'importFiles'
  | 'tape'
  | 'query'
  | 'exportDataset'
  | 'rebuild'
  | 'buildSeries'
  | 'buildGold'
  | 'recordRollout'
  | 'regimes'
> {
  importFiles(
    files: readonly File[],
    options: Omit<ImportOptions, 'onProgress' | 'signal' | 'ask'> & { readonly task: string },
    onProgress?: (progress: ImportProgress) => void,
    ask?: Ask
  ): Promise<ImportReport>;
  rebuild(
    dataset: string,
    layer: RebuiltLayer,
    task: string,
    onProgress?: (progress: RebuildProgress) => void
  ): Promise<number>;
  exportDataset(dataset: string, format: 'archive' | 'csv', task: string): Promise<File>;
  tape(dataset: string, market: string): Promise<TapeWire>;
  query(sql: string, task: string, mayWrite?: boolean): Promise<QueryResult>;
  buildSeries(dataset: string, settings: SeriesSettings, task: string, onProgress?: OnGold): Promise<BuildReport>;
  buildGold(dataset: string, options: GoldOptions, task: string, onProgress?: OnGold): Promise<BuildReport>;
  recordRollout(dataset: string, options: RolloutOptions, task: string, onProgress?: OnGold): Promise<RolloutManifest>;
  regimes(dataset: string, task: string, onProgress?: OnGold): Promise<readonly MarketRegime[]>;
  /** Fires the signal of the call that runs under the task id; without one, nothing. */
  cancel(task: string): Promise<void>;
}
