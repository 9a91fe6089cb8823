/** `runner_ts` of a dataset in the data worker: built by command, read for SQL. */
import { AppError } from '../core/errors.ts';
import type { BuildProgress, BuildReport } from '../data/market-layer.ts';
import type { DatasetRecord, MarketRecord } from '../data/records.ts';
import type { SeriesSettings } from '../data/runner-series.ts';
import type { SeriesManifest } from '../data/runner-series-layer.ts';
import { buildSeries, readSeries, seriesIpc } from '../data/runner-series-layer.ts';
import { SAMPLE_NAME } from '../data/sample.ts';
import { ROWS_VERSION } from '../data/sidecar.ts';
import type { SeriesSource } from '../data/sql/warehouse.ts';
import type { FileStore } from '../data/store/file-store.ts';
import type { Locks } from '../data/store/locks.ts';
import type { Tape } from '../market/tape.ts';
import { breathe } from './transfer.ts';

export interface SeriesServiceParts {
  readonly store: () => Promise<FileStore>;
  readonly locks: Locks;
  readonly codeVersion: string;
  /** Loads the Parquet codec. */
  readonly parquet: () => Promise<void>;
  readonly dataset: (name: string) => Promise<DatasetRecord>;
  readonly markets: (dataset: string) => Promise<readonly MarketRecord[]>;
  readonly tape: (dataset: string, market: string) => Promise<Tape>;
  /** Path in the store of a stored dataset's folder. */
  readonly folder: (dataset: string) => Promise<string>;
}

/** What a long call may be given. */
export interface Call<T> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: T) => void) | undefined;
}

export class SeriesService implements SeriesSource {
  readonly #parts: SeriesServiceParts;

  constructor(parts: SeriesServiceParts) {
    this.#parts = parts;
  }

  /** What is built of a dataset; undefined where nothing is. */
  async manifest(dataset: string): Promise<SeriesManifest | undefined> {
    return await readSeries(await this.#parts.store(), await this.#folder(dataset));
  }

  async build(dataset: string, settings: SeriesSettings, call: Call<BuildProgress>): Promise<BuildReport> {
    const { store, locks, codeVersion, parquet, tape } = this.#parts;
    await parquet();
    const [record, markets, folder] = await Promise.all([
      this.#parts.dataset(dataset),
      this.#parts.markets(dataset),
      this.#folder(dataset)
    ]);
    const usable = usableMarkets(markets);
    refuseImported(await this.manifest(dataset), `runner_ts of ${dataset}`);
    if (usable.length === 0) throw nothingToBuild(dataset);
    return await locks.hold(`furlong.series.${folder}`, async () =>
      buildSeries({
        store: await store(),
        folder,
        codeVersion,
        settings,
        markets: usable.map((market) => ({
          id: market.id,
          silverKey: silverKey(record, market),
          tape: () => tape(dataset, market.id)
        })),
        breathe,
        signal: call.signal,
        ...(call.onProgress === undefined ? {} : { onProgress: call.onProgress })
      })
    );
  }

  /** SQL then makes prices of the default grid at each question. */
  async remove(dataset: string): Promise<void> {
    const [store, folder] = await Promise.all([this.#parts.store(), this.#folder(dataset)]);
    refuseImported(await this.manifest(dataset), `runner_ts of ${dataset}`);
    await this.#parts.locks.hold(`furlong.series.${folder}`, () => store.remove(folder));
  }

  /** What is built of each market as it is now; undefined where nothing is, or of other silver. */
  async built(dataset: string): ReturnType<SeriesSource['built']> {
    const [found, record] = await Promise.all([this.manifest(dataset), this.#parts.dataset(dataset)]);
    const markets = new Map(found?.markets.map((one) => [one.id, one]));
    return (market) => {
      const one = markets.get(market.id);
      if (found === undefined || one === undefined) return undefined;
      if (found.imported !== true && one.silverKey !== silverKey(record, market)) return undefined;
      return {
        rows: one.rows,
        settings: found.settings,
        ipc: async () => {
          await this.#parts.parquet();
          return await seriesIpc(await this.#parts.store(), await this.#folder(dataset), found, one);
        }
      };
    };
  }

  async #folder(dataset: string): Promise<string> {
    return dataset === SAMPLE_NAME ? 'runner_ts/sample' : `${await this.#parts.folder(dataset)}/runner_ts`;
  }
}

/** Markets with a book. */
export const usableMarkets = (markets: readonly MarketRecord[]): readonly MarketRecord[] =>
  markets.filter(({ kind, rows }) => kind !== 'BARS' && rows > 0);

/** Changes with the bytes it was read from and with how they are read. */
export const silverKey = ({ origin, fingerprint }: DatasetRecord, market: MarketRecord): string =>
  `${origin === 'sample' ? fingerprint : market.fingerprint} rows ${String(ROWS_VERSION)} ${String(market.rows)}`;

/** @throws data.kind where a layer came as files: what it was made of is not here, and nothing else may take its place */
export function refuseImported(layer: { readonly imported?: boolean } | undefined, subject: string): void {
  if (layer?.imported !== true) return;
  throw new AppError('data.kind', {
    subject,
    expected: 'a layer that was built here',
    got: 'it was imported as files, which are kept as they came',
    remedy: 'delete its dataset, or build in one that holds the recordings alone'
  });
}

export const nothingToBuild = (dataset: string): AppError =>
  new AppError('data.empty', {
    subject: `dataset ${dataset}`,
    expected: 'at least one market with a book',
    got: 'none has one',
    remedy: 'import recordings of order books'
  });
