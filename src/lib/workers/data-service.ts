/** The data worker's inside: storage, catalogue, sample, runs and SQL behind one interface, without comlink. */
import { tableFromIPC } from 'apache-arrow';
import { AppError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import { tapeFromWire } from '../market/tape-wire.ts';
import type { TapeWire } from '../market/tape-wire.ts';
import { joinResults } from '../data/betfair/join-results.ts';
import { RESULTS_KIND, RESULTS_TABLE, resultRows } from '../data/betfair/results-table.ts';
import { arrangeFiles } from '../data/arrange-files.ts';
import { Catalogue } from '../data/catalogue.ts';
import { tarOf } from '../data/archive/tar-writer.ts';
import { archiveDataset } from '../data/dataset-archive.ts';
import { Documents } from '../data/documents.ts';
import type { GoldManifest } from '../data/gold/layer.ts';
import type { RolloutManifest } from '../data/gold/rollout.ts';
import { datasetCsv } from '../data/export-csv.ts';
import { askOnce, untilAborted } from '../data/import-question.ts';
import type { Ask } from '../data/import-question.ts';
import { importFiles, sayingWhatIsKept, unfinishedImports } from '../data/import.ts';
import type { UnfinishedImport } from '../data/import-journal.ts';
import { barsRows } from '../data/parquet/bars.ts';
import { bronzeIpc } from '../data/parquet/bronze.ts';
import type { TapeSidecar } from '../data/parquet/silver.ts';
import { parquetToWire } from '../data/parquet/silver.ts';
import type { LineageLayer } from '../data/lineage.ts';
import { lineageOf } from '../data/lineage.ts';
import type { BuildProgress, BuildReport } from '../data/market-layer.ts';
import type { SeriesSettings } from '../data/runner-series.ts';
import type { SeriesManifest } from '../data/runner-series-layer.ts';
import { marketQuality } from '../data/quality/market-quality.ts';
import type { MarketQualityRow } from '../data/quality/quality-table.ts';
import { QUALITY_TABLE, qualityRow } from '../data/quality/quality-table.ts';
import type { QualityRule } from '../data/quality/rules.ts';
import type { RebuildProgress, RebuiltLayer } from '../data/rebuild.ts';
import { rebuilt } from '../data/rebuild.ts';
import type { RecordingReader } from '../data/recording.ts';
import type { DatasetRecord, ImportProgress, ImportReport, MarketRecord, StorageStatus } from '../data/records.ts';
import type { Sample } from '../data/sample.ts';
import { SAMPLE_FILE, SAMPLE_NAME } from '../data/sample.ts';
import type { StoredMarket } from '../data/sidecar.ts';
import type { DuckDbBundle } from '../data/sql/duckdb.ts';
import { Warehouse } from '../data/sql/warehouse.ts';
import type { FileStore } from '../data/store/file-store.ts';
import type { Locks } from '../data/store/locks.ts';
import { keepReserve } from '../data/store/reserve.ts';
import { Tab } from '../data/store/tab.ts';
import type { EvaluationOrders } from '../env/episode-orders.ts';
import type { MemoryToKeep, StoredMemory } from '../research/run-memory.ts';
import type { MetricRow, RunRecord } from '../research/types.ts';
import type { QueryResult, StoredCheckpoint } from './data-api.ts';
import type { DataWorkerApi } from './data-worker-api.ts';
import type { GoldOptions, MarketRegime, RolloutOptions } from './gold-api.ts';
import { GoldService } from './gold-service.ts';
import type { SeriesServiceParts } from './series-service.ts';
import { SeriesService, silverKey, usableMarkets } from './series-service.ts';
import { RunStore } from './run-store.ts';
import { runTables } from './run-tables.ts';
import { Tasks, breathe } from './transfer.ts';

export interface DataServiceParts {
  readonly openStore: () => Promise<FileStore>;
  readonly locks: Locks;
  readonly clock: Clock;
  readonly codeVersion: string;
  readonly sample: Sample;
  readonly read: RecordingReader;
  /** Loads the Parquet codec. */
  readonly parquet: () => Promise<void>;
  /** Loaded at the first query. */
  readonly duckdb: DuckDbBundle;
  /** Whether tapes may lie in a SharedArrayBuffer. */
  readonly shared: boolean;
}

interface Opened {
  readonly store: FileStore;
  readonly tab: Tab;
  readonly catalogue: Catalogue;
  readonly runs: RunStore;
  readonly documents: Documents;
}

/** Recording progress crosses to the page this often at most, in milliseconds. */
const PROGRESS_MILLIS = 60;

export class DataService implements DataWorkerApi {
  readonly #parts: DataServiceParts;
  readonly #opened: Promise<Opened>;
  readonly #tasks = new Tasks();
  readonly #warehouse: Warehouse;
  readonly #series: SeriesService;
  readonly #gold: GoldService;

  constructor(parts: DataServiceParts) {
    this.#parts = parts;
    this.#opened = this.#open();
    this.#opened.catch(() => undefined);
    const layers: SeriesServiceParts = {
      store: async () => (await this.#opened).store,
      locks: parts.locks,
      codeVersion: parts.codeVersion,
      parquet: parts.parquet,
      dataset: (name) => this.#dataset(name),
      markets: (dataset) => this.markets(dataset),
      tape: async (dataset, market) => tapeFromWire(await this.tape(dataset, market)),
      folder: async (dataset) => await (await this.#opened).catalogue.folder(dataset)
    };
    this.#series = new SeriesService(layers);
    this.#gold = new GoldService({ ...layers, runs: async () => (await this.#opened).runs });
    this.#warehouse = new Warehouse(
      {
        series: this.#series,
        gold: this.#gold,
        datasets: () => this.datasets(),
        markets: () => this.markets(),
        sidecar: (dataset, market) => this.#sidecar(dataset, market),
        tape: (dataset, market) => this.tape(dataset, market),
        bronze: (dataset, market) => this.#bronze(dataset, market),
        bars: (dataset, market) => this.#bars(dataset, market),
        tables: [
          { ...QUALITY_TABLE, rows: () => this.#qualityRows() },
          { ...RESULTS_TABLE, rows: () => this.#resultRows() },
          ...runTables(async () => (await this.#opened).runs)
        ]
      },
      parts.duckdb
    );
  }

  async #open(): Promise<Opened> {
    const { locks, clock, parquet } = this.#parts;
    const store = await this.#parts.openStore();
    const tab = await Tab.open(locks);
    const catalogue = await Catalogue.open({ store, locks, clock, tab, reserved: [SAMPLE_NAME] });
    const runs = new RunStore({ store, tab, parquet });
    await runs.recover();
    await keepReserve(store);
    return { store, tab, catalogue, runs, documents: new Documents(store) };
  }

  /** Lets go of what the tab holds. */
  async close(): Promise<void> {
    (await this.#opened).tab.close();
  }

  async status(): Promise<StorageStatus> {
    const { store } = await this.#opened;
    return { kind: store.kind, why: store.why, ...(await store.usage()) };
  }

  async importFiles(
    files: readonly File[],
    options: Parameters<DataWorkerApi['importFiles']>[1],
    onProgress?: (progress: ImportProgress) => void,
    ask?: Ask
  ): Promise<ImportReport> {
    const { clock, codeVersion, parquet } = this.#parts;
    const { task, ...about } = options;
    let told = Number.NEGATIVE_INFINITY;
    // The task is known before anything is waited for: a cancel may come at once.
    return await this.#tasks.run(task, async (signal) => {
      const { store, catalogue } = await this.#opened;
      const arranging = (): ReturnType<typeof arrangeFiles> => arrangeFiles(files, signal);
      const { files: arranged, beside, chains, ...joined } = await sayingWhatIsKept(files, undefined, arranging);
      const asking = ask === undefined ? {} : { ask: askOnce(untilAborted(ask, signal)) };
      const read: RecordingReader = (file, given) =>
        this.#parts.read(file, { ...given, chains: chains.get(file) ?? [], ...asking });
      const report = await importFiles(
        { catalogue, store, clock, codeVersion, read, parquet, breathe },
        {
          files: arranged,
          beside,
          joined,
          signal,
          ...about,
          onProgress: (progress) => {
            const now = clock.monotonicMillis();
            if (now - told < PROGRESS_MILLIS && progress.phase !== 'cataloguing') return;
            told = now;
            onProgress?.(progress);
          }
        }
      );
      if (!report.markets.some(({ venue }) => venue === 'betfair')) return report;
      const results = joinResults(report.markets, await this.markets());
      return { ...report, dataset: { ...report.dataset, oddities: [...report.dataset.oddities, ...results] } };
    });
  }

  async unfinishedImports(): Promise<readonly UnfinishedImport[]> {
    return await unfinishedImports(await this.#opened);
  }

  async discardImport(id: string): Promise<void> {
    await (await this.#opened).catalogue.discard(id);
  }

  cancel(task: string): Promise<void> {
    this.#tasks.cancel(task);
    return Promise.resolve();
  }

  async datasets(): Promise<readonly DatasetRecord[]> {
    const { catalogue } = await this.#opened;
    const [sample, stored] = await Promise.all([this.#sampleDatasets(), catalogue.datasets()]);
    return [...sample, ...stored];
  }

  async markets(dataset?: string): Promise<readonly MarketRecord[]> {
    const { catalogue } = await this.#opened;
    if (dataset !== undefined) {
      return dataset === SAMPLE_NAME ? (await this.#parts.sample.metadata()).markets : await catalogue.markets(dataset);
    }
    const all = await Promise.all((await this.datasets()).map(async ({ name }) => await this.markets(name)));
    return all.flat();
  }

  async quality(dataset: string): Promise<readonly MarketQualityRow[]> {
    if (dataset === SAMPLE_NAME) return await this.#sampleQuality();
    const { catalogue } = await this.#opened;
    return await catalogue.quality(dataset);
  }

  async setRules(dataset: string, rules: readonly QualityRule[]): Promise<DatasetRecord> {
    refuseSample(dataset);
    return await (await this.#opened).catalogue.setRules(dataset, rules);
  }

  async lineage(dataset: string): Promise<readonly LineageLayer[]> {
    if (dataset === SAMPLE_NAME) return [];
    const { store, catalogue } = await this.#opened;
    const sidecar = await catalogue.anySidecar(dataset);
    const [series, gold, rollouts, folder] = await Promise.all([
      this.#series.manifest(dataset),
      this.#gold.manifest(dataset),
      this.#gold.rollouts(dataset),
      catalogue.folder(dataset)
    ]);
    const usable = usableMarkets(sidecar.markets.map(({ record }) => record));
    const silverKeys = new Map(usable.map((market) => [market.id, silverKey(sidecar.dataset, market)]));
    return await lineageOf({ sidecar, store, folder, series, gold, rollouts, silverKeys });
  }

  async rebuild(
    dataset: string,
    layer: RebuiltLayer,
    task: string,
    onProgress?: (progress: RebuildProgress) => void
  ): Promise<number> {
    refuseSample(dataset);
    const { store, catalogue } = await this.#opened;
    const { codeVersion, read, parquet } = this.#parts;
    await parquet();
    let built = 0;
    await this.#tasks.run(task, async (signal) => {
      await catalogue.rewrite(dataset, async (sidecar, folder) => {
        const told = (progress: RebuildProgress): void => {
          built = progress.done;
          onProgress?.(progress);
        };
        return await rebuilt(layer, sidecar, { store, folder, codeVersion, read, breathe, signal, onProgress: told });
      });
    });
    return built;
  }

  async rename(dataset: string, name: string): Promise<DatasetRecord> {
    refuseSample(dataset);
    return await (await this.#opened).catalogue.rename(dataset, name);
  }

  async remove(dataset: string): Promise<void> {
    refuseSample(dataset);
    await (await this.#opened).catalogue.remove(dataset);
  }

  async restore(dataset: string): Promise<void> {
    await (await this.#opened).catalogue.restore(dataset);
  }

  async purge(): Promise<void> {
    const { catalogue, runs } = await this.#opened;
    await catalogue.purge();
    await runs.purge();
  }

  async tape(dataset: string, market: string): Promise<TapeWire> {
    const { shared, parquet, sample } = this.#parts;
    await parquet();
    if (dataset === SAMPLE_NAME) return await sample.tape(market, { shared });
    const { bytes, stored } = await this.#layer(dataset, market, 'silver');
    return await parquetToWire(bytes, stored.tape, { shared });
  }

  async series(dataset: string): Promise<SeriesManifest | undefined> {
    return await this.#series.manifest(dataset);
  }

  async buildSeries(
    dataset: string,
    settings: SeriesSettings,
    task: string,
    onProgress?: (progress: BuildProgress) => void
  ): Promise<BuildReport> {
    try {
      return await this.#tasks.run(task, (signal) => this.#series.build(dataset, settings, { signal, onProgress }));
    } finally {
      this.#warehouse.forget('runner_ts');
    }
  }

  async removeSeries(dataset: string): Promise<void> {
    await this.#series.remove(dataset);
    this.#warehouse.forget('runner_ts');
  }

  async gold(dataset: string): Promise<GoldManifest | undefined> {
    return await this.#gold.manifest(dataset);
  }

  async rollouts(dataset: string): Promise<readonly RolloutManifest[]> {
    return await this.#gold.rollouts(dataset);
  }

  async removeRollout(dataset: string, name: string): Promise<void> {
    await this.#gold.removeRollout(dataset, name);
    this.#warehouse.forget('rollouts');
  }

  async buildGold(
    dataset: string,
    options: GoldOptions,
    task: string,
    onProgress?: (progress: BuildProgress) => void
  ): Promise<BuildReport> {
    try {
      return await this.#tasks.run(task, (signal) => this.#gold.build(dataset, options, { signal, onProgress }));
    } finally {
      this.#warehouse.forget('episodes');
    }
  }

  async recordRollout(
    dataset: string,
    options: RolloutOptions,
    task: string,
    onProgress?: (progress: BuildProgress) => void
  ): Promise<RolloutManifest> {
    try {
      return await this.#tasks.run(task, (signal) => this.#gold.record(dataset, options, { signal, onProgress }));
    } finally {
      this.#warehouse.forget('rollouts');
    }
  }

  async regimes(
    dataset: string,
    task: string,
    onProgress?: (progress: BuildProgress) => void
  ): Promise<readonly MarketRegime[]> {
    return await this.#tasks.run(task, (signal) => this.#gold.regimes(dataset, { signal, onProgress }));
  }

  async query(sql: string, task: string, mayWrite = false): Promise<QueryResult> {
    return await this.#tasks.run(task, async (signal) => {
      const started = this.#parts.clock.monotonicMillis();
      const result = await this.#warehouse.query(sql, signal, { mayWrite });
      return { ...result, millis: this.#parts.clock.monotonicMillis() - started };
    });
  }

  async exportDataset(dataset: string, format: 'archive' | 'csv', task: string): Promise<File> {
    const { store, catalogue } = await this.#opened;
    return await this.#tasks.run(task, async (signal) => {
      if (format === 'csv') {
        const markets = (await this.markets(dataset)).map((market) => market.id);
        return await datasetCsv({ ask: (sql) => this.#text(sql, signal), dataset, markets, signal });
      }
      if (dataset === SAMPLE_NAME) return await this.#sampleArchive();
      const sidecar = await catalogue.listed(dataset);
      return await archiveDataset(sidecar, { store, folder: await catalogue.folder(dataset), signal });
    });
  }

  /** What the server gives of it: it is built in, and imported nowhere. */
  async #sampleArchive(): Promise<File> {
    const [metadata, parquet] = await Promise.all([this.#parts.sample.metadata(), this.#parts.sample.parquet()]);
    const files = [
      { path: 'metadata.json', blob: new Blob([JSON.stringify(metadata, undefined, 1)]) },
      { path: SAMPLE_FILE, blob: new Blob([parquet]) }
    ];
    return tarOf(files, `${SAMPLE_NAME}.tar`);
  }

  /** The one value of a query's one row. */
  async #text(sql: string, signal: AbortSignal): Promise<string | undefined> {
    const { ipc } = await this.#warehouse.query(sql, signal, { mayWrite: false });
    const value: unknown = tableFromIPC(ipc).getChildAt(0)?.get(0);
    return typeof value === 'string' ? value : undefined;
  }

  async runs(): Promise<readonly RunRecord[]> {
    return await (await this.#opened).runs.all();
  }
  async run(id: string): Promise<RunRecord | undefined> {
    return await (await this.#opened).runs.get(id);
  }
  async saveRun(record: RunRecord): Promise<void> {
    await (await this.#opened).runs.save(record);
  }
  async appendMetrics(id: string, rows: readonly MetricRow[]): Promise<void> {
    await (await this.#opened).runs.appendMetrics(id, rows);
  }
  async metrics(id: string): Promise<readonly MetricRow[]> {
    return await (await this.#opened).runs.metrics(id);
  }
  async saveCheckpoint(id: string, checkpoint: StoredCheckpoint, memory?: MemoryToKeep): Promise<void> {
    await (await this.#opened).runs.saveCheckpoint(id, checkpoint, memory);
  }
  async checkpoint(id: string): Promise<StoredCheckpoint | undefined> {
    return await (await this.#opened).runs.checkpoint(id);
  }
  async memory(id: string): Promise<StoredMemory | undefined> {
    return await (await this.#opened).runs.memory(id);
  }
  async memorySegment(id: string, segment: number): Promise<Uint8Array> {
    return await (await this.#opened).runs.memorySegment(id, segment);
  }
  async saveOrders(id: string, orders: EvaluationOrders): Promise<void> {
    await (await this.#opened).runs.saveOrders(id, orders);
  }
  async orders(id: string): Promise<EvaluationOrders | undefined> {
    return await (await this.#opened).runs.orders(id);
  }
  async removeRun(id: string): Promise<void> {
    await (await this.#opened).runs.remove(id);
  }
  async restoreRun(id: string): Promise<void> {
    await (await this.#opened).runs.restore(id);
  }

  async readDocument(path: string): Promise<string | undefined> {
    return await (await this.#opened).documents.read(path);
  }
  async writeDocument(path: string, text: string): Promise<void> {
    await (await this.#opened).documents.write(path, text);
  }
  async listDocuments(prefix: string): Promise<readonly string[]> {
    return await (await this.#opened).documents.list(prefix);
  }
  async removeDocument(path: string): Promise<void> {
    await (await this.#opened).documents.remove(path);
  }

  async #dataset(name: string): Promise<DatasetRecord> {
    const found = (await this.datasets()).find((one) => one.name === name);
    if (found !== undefined) return found;
    throw new AppError('data.missing', {
      subject: `dataset ${name}`,
      got: 'it is not in the catalogue',
      remedy: 'choose one that the Data page lists'
    });
  }

  /** Empty when the sample cannot be fetched: what is stored must stay in reach without a server. */
  async #sampleDatasets(): Promise<readonly DatasetRecord[]> {
    try {
      return [(await this.#parts.sample.metadata()).dataset];
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'network.unavailable') return [];
      throw thrown;
    }
  }

  async #sidecar(dataset: string, market: string): Promise<TapeSidecar> {
    if (dataset === SAMPLE_NAME) {
      const info = (await this.#parts.sample.metadata()).infos.find((one) => one.id === market)?.info;
      if (info !== undefined) return info;
    }
    const { catalogue } = await this.#opened;
    const stored = (await catalogue.sidecar(dataset)).markets.find((one) => one.record.id === market);
    if (stored === undefined) throw noMarket(dataset, market);
    return stored.tape;
  }

  /** Simulated markets are stored nowhere but in their tapes. */
  async #sampleQuality(): Promise<readonly MarketQualityRow[]> {
    const rows: MarketQualityRow[] = [];
    for (const record of await this.markets(SAMPLE_NAME)) {
      const quality = marketQuality(record, tapeFromWire(await this.tape(SAMPLE_NAME, record.id)));
      rows.push({ dataset: SAMPLE_NAME, market: record.id, name: record.name, quality });
    }
    return rows;
  }

  async #qualityRows() {
    const all = await Promise.all((await this.datasets()).map(async ({ name }) => await this.quality(name)));
    return all.flat().map(qualityRow);
  }

  async #bronze(dataset: string, market: string): Promise<Uint8Array | undefined> {
    if (dataset === SAMPLE_NAME) return undefined;
    await this.#parts.parquet();
    const { bytes } = await this.#layer(dataset, market, 'bronze');
    return await bronzeIpc(`market ${market} of ${dataset}`, bytes);
  }

  async #resultRows() {
    const markets = (await this.markets()).filter(({ kind }) => kind === RESULTS_KIND);
    const rows = await Promise.all(
      markets.map(async (record) => resultRows(record, await this.#bronze(record.dataset, record.id)))
    );
    return rows.flat();
  }

  async #bars(dataset: string, market: string): Promise<readonly Readonly<Record<string, number>>[]> {
    if (dataset === SAMPLE_NAME) return [];
    await this.#parts.parquet();
    const { bytes } = await this.#layer(dataset, market, 'bars');
    return await barsRows(`market ${market} of ${dataset}`, bytes);
  }

  async #layer(
    dataset: string,
    market: string,
    layer: 'silver' | 'bronze' | 'bars'
  ): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly stored: StoredMarket }> {
    const { store, catalogue } = await this.#opened;
    const stored = (await catalogue.sidecar(dataset)).markets.find((one) => one.record.id === market);
    const path = stored?.[layer];
    const bytes = path === undefined ? undefined : await store.read(`${await catalogue.folder(dataset)}/${path}`);
    if (stored === undefined) throw noMarket(dataset, market);
    if (bytes === undefined) {
      throw new AppError('data.missing', {
        subject: `market ${market} of ${dataset}`,
        got: `its ${layer} file is gone from storage`,
        remedy: 'remove the dataset and import its source files again'
      });
    }
    return { bytes, stored };
  }
}

const noMarket = (dataset: string, market: string): AppError =>
  new AppError('data.missing', {
    subject: `market ${market} of ${dataset}`,
    got: 'the dataset has no such market',
    remedy: 'choose one that the Data page lists'
  });

function refuseSample(dataset: string): void {
  if (dataset !== SAMPLE_NAME) return;
  throw new AppError('data.kind', {
    subject: `dataset ${dataset}`,
    got: 'it is built in and cannot be changed',
    remedy: 'choose a dataset of your own'
  });
}
