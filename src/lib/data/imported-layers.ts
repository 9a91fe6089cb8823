/**
 * Layers above silver of a dataset whose files were imported by themselves: where the files lie, which go together, and
 * the `metadata.json` by which SQL and the catalogue find them, as if they had been built here. Knows no format.
 */
import { GOLD_COLUMNS } from './gold/episode.ts';
import type { GoldManifest } from './gold/layer.ts';
import { GOLD_VERSION } from './gold/layer.ts';
import type { RolloutHead } from './gold/rollout-head.ts';
import type { RolloutManifest } from './gold/rollout.ts';
import { ROLLOUT_VERSION, rolloutFolder, rolloutSchemaHash } from './gold/rollout.ts';
import type { LayerAbout, LayerFile } from './layer-about.ts';
import { schemaHash } from './parquet/columns.ts';
import type { SeriesManifest } from './runner-series-layer.ts';
import { SERIES_VERSION, seriesSpecs } from './runner-series-layer.ts';
import { featureColumns } from './runner-series.ts';
import type { FileStore } from './store/file-store.ts';

/** A layer's rows of one market, as they came. */
export interface StoredLayer extends Omit<LayerFile, 'bytes'> {
  /** Path within the dataset's folder. */
  readonly file: string;
  readonly bytes: number;
}

interface LayerMarketOf {
  readonly record: { readonly id: string };
  readonly layers?: readonly StoredLayer[];
}

/** Path within the dataset's folder, as it is where a layer is built. */
function layerFolder(about: LayerAbout): string {
  switch (about.kind) {
    case 'gold':
      return 'gold';
    case 'runner_ts':
      return 'runner_ts';
    case 'rollout':
      return rolloutFolder('gold', about.rollout.name);
  }
}

/** @param name of the file, which no other market of the import has */
export const layerPath = (about: LayerAbout, name: string): string =>
  `${layerFolder(about)}/${about.kind === 'rollout' ? '' : 'imported/'}${name}`;

/** A layer that a dataset has one of, each market once: gold, `runner_ts`, a rollout by its name. */
export const layerPlace = (about: LayerAbout): string =>
  about.kind === 'rollout' ? `rollout ${about.rollout.name}` : about.kind;

/** What all markets of one layer have in common; those of another cannot stand beside them. */
export function layerHead(about: LayerAbout): string {
  if (about.kind === 'rollout') return JSON.stringify(Object.entries(about.rollout).sort());
  const { settings, featureHash } = about;
  return JSON.stringify([Object.entries(settings).sort(), featureHash]);
}

/** Bytes of the files of a market's imported layers. */
export const layerBytesOf = ({ layers = [] }: Pick<LayerMarketOf, 'layers'>): number =>
  layers.reduce((sum, one) => sum + one.bytes, 0);

/** Writes what lists the layers' files; nothing where no market has any. @throws storage.full */
export async function listLayers(store: FileStore, folder: string, markets: readonly LayerMarketOf[]): Promise<void> {
  const all = markets.flatMap(({ record, layers = [] }) => layers.map((layer) => ({ id: record.id, layer })));
  const places = new Map<string, { about: LayerAbout; of: typeof all }>();
  for (const one of all) {
    const place = layerPlace(one.layer.about);
    const before = places.get(place);
    if (before === undefined) places.set(place, { about: one.layer.about, of: [one] });
    else before.of.push(one);
  }
  for (const { about, of } of places.values()) {
    const below = layerFolder(about);
    const files = of.map(({ id, layer }) => ({ ...layer, id, file: layer.file.slice(below.length + 1) }));
    await store.write(`${folder}/${below}/metadata.json`, JSON.stringify(await manifestOf(about, files), undefined, 1));
  }
}

interface Listed extends StoredLayer {
  readonly id: string;
}

const TRANSFORMS = ['imported as it was'] as const;

async function manifestOf(
  about: LayerAbout,
  files: readonly Listed[]
): Promise<GoldManifest | SeriesManifest | RolloutManifest> {
  const imported = true;
  // What they were made of is not here to differ.
  const markets = files.map(({ id, file, rows, bytes }) => ({ id, silverKey: '', file, rows, bytes }));
  switch (about.kind) {
    case 'gold':
      return {
        version: GOLD_VERSION,
        codeVersion: about.codeVersion,
        settings: about.settings,
        featureHash: about.featureHash,
        schemaHash: await schemaHash(GOLD_COLUMNS),
        transforms: TRANSFORMS,
        // A scaler is fitted where there is a split, of what they were made of.
        markets: markets.map((one, i) => ({ ...one, decisions: decisionsOf(files[i]), moments: {} })),
        imported
      };
    case 'runner_ts': {
      const specs = seriesSpecs(about.settings.features);
      const { names, about: meanings } = featureColumns(about.settings.features);
      return {
        version: SERIES_VERSION,
        codeVersion: about.codeVersion,
        settings: about.settings,
        featureHash: about.featureHash,
        schemaHash: await schemaHash(specs),
        columns: specs.map(({ name, type, about: text }) => ({ name, type, about: text })),
        features: names.map((name, i) => ({ name, ...meanings[i]! })),
        transforms: TRANSFORMS,
        markets,
        whole: true,
        imported
      };
    }
    case 'rollout':
      return {
        ...(about.rollout satisfies RolloutHead),
        version: ROLLOUT_VERSION,
        schemaHash: await rolloutSchemaHash(),
        markets: files.map(({ id, file, rows, bytes, played }) => ({
          ...{ id, file, rows, bytes },
          ...(played ?? { return: Number.NaN, terminated: false })
        })),
        imported
      };
  }
}

const decisionsOf = (layer: StoredLayer | undefined): number =>
  layer?.about.kind === 'gold' ? layer.about.decisions : 0;
