/** What the data worker offers: importing, the catalogue, SQL, tapes, runs. The page sees exactly this type. */
import type { Tape } from '../market/tape.ts';
import type { UnfinishedImport } from '../data/import-journal.ts';
import type { LineageLayer } from '../data/lineage.ts';
import type { MarketQualityRow } from '../data/quality/quality-table.ts';
import type { RebuildProgress, RebuiltLayer } from '../data/rebuild.ts';
import type { QualityRule } from '../data/quality/rules.ts';
import type { Ask } from '../data/import-question.ts';
import type { DatasetRecord, ImportProgress, ImportReport, MarketRecord, StorageStatus } from '../data/records.ts';
import type { EvaluationOrders } from '../env/episode-orders.ts';
import type { MemoryToKeep, StoredMemory } from '../research/run-memory.ts';
import type { MetricRow, RunRecord } from '../research/types.ts';
import type { GoldApi } from './gold-api.ts';

export interface ImportOptions {
  /** Defaults to the first file's name without endings; made unique by a number. */
  readonly name?: string;
  readonly origin?: 'import' | 'fetch';
  /** The half-finished import to continue, with the files it still needs. */
  readonly resume?: string;
  /** Kept with the import while it is half-finished: under it the page finds its own handles of the files again. */
  readonly key?: string;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Asked where bytes fit several kinds, and how a table is to be read; without it the likeliest is taken and told. */
  readonly ask?: Ask;
  readonly signal?: AbortSignal;
}

export interface RebuildOptions {
  readonly onProgress?: (progress: RebuildProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ExportOptions {
  /** Default `archive`. */
  readonly format?: 'archive' | 'csv';
  readonly signal?: AbortSignal;
}

export interface QueryResult {
  /** Arrow IPC stream. */
  readonly ipc: Uint8Array;
  readonly rows: number;
  readonly millis: number;
}

export interface QueryOptions {
  readonly signal?: AbortSignal;
  /** Lets it make and change tables of the user's own, in memory. Default false: it only reads. */
  readonly mayWrite?: boolean;
}

export interface DataApi extends GoldApi {
  status(): Promise<StorageStatus>;
  /** The very files of a half-finished import continue it. */
  importFiles(files: readonly File[], options?: ImportOptions): Promise<ImportReport>;
  /** Imports that a closed or reloaded tab left half-done, the oldest first; not those that go on in another tab. */
  unfinishedImports(): Promise<readonly UnfinishedImport[]>;
  discardImport(id: string): Promise<void>;
  /** The built-in sample first, then by time of import. */
  datasets(): Promise<readonly DatasetRecord[]>;
  markets(dataset?: string): Promise<readonly MarketRecord[]>;
  /** Figures of every market of a dataset; those of markets stored before there were any are computed now, and kept. */
  quality(dataset: string): Promise<readonly MarketQualityRow[]>;
  /** Rules that leave markets out of training from now on; none when empty. */
  setRules(dataset: string, rules: readonly QualityRule[]): Promise<DatasetRecord>;
  /** What its layers are made of, from the source to gold. */
  lineage(dataset: string): Promise<readonly LineageLayer[]>;
  /**
   * Builds a layer anew from the one below, of the markets that need it; gold has `buildGold`.
   * @returns how many markets were built
   */
  rebuild(dataset: string, layer: RebuiltLayer, options?: RebuildOptions): Promise<number>;
  /** Its former name still finds it. */
  rename(dataset: string, name: string): Promise<DatasetRecord>;
  /** Moves a dataset aside; `restore` brings it back until the tab closes or `purge` is called. */
  remove(dataset: string): Promise<void>;
  restore(dataset: string): Promise<void>;
  purge(): Promise<void>;
  /** On a SharedArrayBuffer where the page is isolated, else on a buffer of its own. */
  tape(dataset: string, market: string): Promise<Tape>;
  /** SQL over every layer, runs and metrics; nothing stored is ever changed by it. */
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
  /**
   * One file for download: `archive` holds every layer and the metadata and can be imported again, whole; `csv` is a zip
   * of tables for other tools. An archive's bytes lie in the dataset's storage: read it before the dataset is removed.
   */
  exportDataset(dataset: string, options?: ExportOptions): Promise<File>;

  runs(): Promise<readonly RunRecord[]>;
  run(id: string): Promise<RunRecord | undefined>;
  saveRun(record: RunRecord): Promise<void>;
  appendMetrics(id: string, rows: readonly MetricRow[]): Promise<void>;
  metrics(id: string): Promise<readonly MetricRow[]>;
  /** The checkpoint as written by `agents/checkpoint`: safetensors bytes and its JSON. Replaced as a whole, never torn. */
  saveCheckpoint(id: string, checkpoint: StoredCheckpoint, memory?: MemoryToKeep): Promise<void>;
  checkpoint(id: string): Promise<StoredCheckpoint | undefined>;
  /** What was kept with the checkpoint for the run to go on exactly; undefined where nothing was. */
  memory(id: string): Promise<StoredMemory | undefined>;
  memorySegment(id: string, segment: number): Promise<Uint8Array>;
  /** Every order of the run's last evaluation. Replaced as a whole. */
  saveOrders(id: string, orders: EvaluationOrders): Promise<void>;
  /** Undefined where the run has none: not evaluated, made before they were kept, or not on markets. */
  orders(id: string): Promise<EvaluationOrders | undefined>;
  removeRun(id: string): Promise<void>;
  restoreRun(id: string): Promise<void>;

  /** Small documents: notebooks, settings. */
  readDocument(path: string): Promise<string | undefined>;
  writeDocument(path: string, text: string): Promise<void>;
  listDocuments(prefix: string): Promise<readonly string[]>;
  removeDocument(path: string): Promise<void>;
}

export interface StoredCheckpoint {
  readonly safetensors: Uint8Array;
  readonly json: string;
}
