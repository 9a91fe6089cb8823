/**
 * `runner_ts` as it is stored: a silver layer beside the tapes, of the grid and the features that were chosen. Where it
 * is not built, SQL makes prices of the default grid at each question.
 */
import { AppError } from '../core/errors.ts';
import { layerMetadata } from './layer-about.ts';
import type { BuildPlace, BuildReport, LayerMarket, LayerSource } from './market-layer.ts';
import { buildLayer, layerBytes } from './market-layer.ts';
import { ipcToParquet, parquetToIpc } from './parquet/codec.ts';
import type { ColumnSpec } from './parquet/columns.ts';
import { schemaHash, toIpc } from './parquet/columns.ts';
import { tapeSidecar } from './parquet/silver.ts';
import type { SeriesFeatures, SeriesSettings } from './runner-series.ts';
import { SERIES_COLUMNS, featureColumns, featureSpecs, runnerSeries } from './runner-series.ts';
import type { FileStore } from './store/file-store.ts';
import { readText } from './store/file-store.ts';

export const SERIES_VERSION = 1;
/** Finer than any venue's clock; a longer one than a day shows nothing. */
const GRID_MILLIS = { least: 1, most: 86_400_000 } as const;

/** `metadata.json`. */
export interface SeriesManifest {
  readonly version: number;
  readonly codeVersion: string;
  readonly settings: SeriesSettings;
  /** Empty where it holds no features. */
  readonly featureHash: string;
  readonly schemaHash: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly about: string }[];
  readonly features: readonly { readonly name: string; readonly unit: string; readonly formula: string }[];
  readonly transforms: readonly string[];
  readonly markets: readonly LayerMarket[];
  /** False where the last build was broken off. */
  readonly whole: boolean;
  /** Its files came by themselves: they are kept as they are, and what they were made of is not here. */
  readonly imported?: boolean;
}

export interface SeriesBuild extends BuildPlace {
  readonly settings: SeriesSettings;
}

/** Of the file: the market is known by its name. */
export const seriesSpecs = (features: SeriesFeatures): readonly ColumnSpec[] => [
  ...SERIES_COLUMNS.filter(({ name }) => name !== 'market_key'),
  ...featureSpecs(featureColumns(features))
];

/**
 * The Parquet codec must have been loaded.
 * @throws config.invalid for a grid that is none, aborted, storage.full; what was finished before stays
 */
export async function buildSeries(build: SeriesBuild): Promise<BuildReport> {
  const { store, folder, settings } = build;
  const { gridMillis, features } = settings;
  checkGrid(gridMillis);
  const former = await readSeries(store, folder);
  const { hash, names, about } = featureColumns(features);
  const specs = seriesSpecs(features);
  const columns = await schemaHash(specs);
  const same =
    former?.schemaHash === columns && former.featureHash === hash && former.settings.gridMillis === gridMillis;
  const under = `${hash === '' ? 'prices' : hash}-${String(gridMillis)}ms`;
  return await buildLayer(build, {
    subject: 'the runner series',
    kept: same ? former.markets : [],
    write: (source) => write(build, `${under}/${encodeURIComponent(source.id)}.parquet`, source),
    save: async (markets, whole) => {
      const manifest: SeriesManifest = {
        version: SERIES_VERSION,
        codeVersion: build.codeVersion,
        settings,
        featureHash: hash,
        schemaHash: columns,
        columns: specs.map(({ name, type, about: text }) => ({ name, type, about: text })),
        features: names.map((name, i) => ({ name, ...about[i]! })),
        transforms: ['silver to prices and features on a grid', 'parquet, zstd'],
        markets,
        whole
      };
      await store.write(`${folder}/metadata.json`, JSON.stringify(manifest, undefined, 1));
    }
  });
}

async function write(
  { store, folder, settings, codeVersion }: SeriesBuild,
  file: string,
  source: LayerSource
): Promise<LayerMarket> {
  const tape = await source.tape();
  const { rows, columns } = runnerSeries(tape, settings);
  const featureHash = featureColumns(settings.features).hash;
  const metadata = new Map([
    ['furlong.series', JSON.stringify(settings)],
    layerMetadata({ kind: 'runner_ts', codeVersion, settings, featureHash }, tapeSidecar(tape))
  ]);
  /* One market, one row group. */
  const bytes = ipcToParquet(toIpc(seriesSpecs(settings.features), columns, rows), {
    metadata,
    rowGroupRows: Math.max(1, rows)
  });
  await store.write(`${folder}/${file}`, bytes);
  return { id: source.id, silverKey: source.silverKey, file, rows, bytes: bytes.length };
}

function checkGrid(gridMillis: number): void {
  if (Number.isInteger(gridMillis) && gridMillis >= GRID_MILLIS.least && gridMillis <= GRID_MILLIS.most) return;
  throw new AppError('config.invalid', {
    subject: 'the grid of runner_ts',
    expected: `whole milliseconds from ${String(GRID_MILLIS.least)} to ${String(GRID_MILLIS.most)}`,
    got: String(gridMillis),
    remedy: 'choose another interval'
  });
}

/** Undefined where nothing was built, or by another version of the app: it is then built anew. */
export async function readSeries(store: FileStore, folder: string): Promise<SeriesManifest | undefined> {
  const text = await readText(store, `${folder}/metadata.json`);
  if (text === undefined) return undefined;
  try {
    const found = JSON.parse(text) as SeriesManifest;
    return found.version === SERIES_VERSION && Array.isArray(found.markets) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Why it is not what this version would make under the same settings; undefined where it is. */
export async function seriesDrift({ settings, ...found }: SeriesManifest): Promise<string | undefined> {
  if (found.featureHash !== featureColumns(settings.features).hash) return 'the features have changed since';
  if (found.schemaHash !== (await schemaHash(seriesSpecs(settings.features)))) return 'its columns have changed since';
  return undefined;
}

/**
 * A market's rows as an Arrow IPC stream.
 * @throws data.drift when it was built with other features or columns, data.missing when its file is gone
 */
export async function seriesIpc(
  store: FileStore,
  folder: string,
  found: SeriesManifest,
  market: LayerMarket
): Promise<Uint8Array> {
  const remedy =
    found.imported === true ? 'import files that this version has made' : 'build runner_ts of the dataset again';
  const named = { subject: `runner_ts of market ${market.id}`, remedy };
  const drift = await seriesDrift(found);
  if (drift !== undefined) throw new AppError('data.drift', { ...named, got: drift });
  return parquetToIpc(named.subject, await layerBytes(store, folder, market, named));
}
