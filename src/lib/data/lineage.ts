/**
 * What a dataset's layers were made of, by which version, how large they are, and which are no longer what this version
 * would make. Reads metadata and sizes alone.
 */
import { GOLD_COLUMNS, GOLD_FEATURE_HASH } from './gold/episode.ts';
import type { GoldManifest } from './gold/layer.ts';
import type { RolloutManifest } from './gold/rollout.ts';
import { schemaHash } from './parquet/columns.ts';
import { QUALITY_VERSION } from './quality/figures.ts';
import type { LayerMarket } from './market-layer.ts';
import { staleMarkets } from './rebuild.ts';
import type { DatasetRecord } from './records.ts';
import type { SeriesManifest } from './runner-series-layer.ts';
import { seriesDrift } from './runner-series-layer.ts';
import { isLayersAlone, staleLayers } from './sidecar.ts';
import type { Sidecar } from './sidecar.ts';
import type { FileStore } from './store/file-store.ts';

export type LineageKind = 'source' | 'bronze' | 'silver' | 'bars' | 'runner_ts' | 'quality' | 'gold' | 'rollout';

export interface LineageLayer {
  readonly kind: LineageKind;
  /** `silver`, or the name of a rollout. */
  readonly name: string;
  /** Names of the layers it is made of. */
  readonly from: readonly string[];
  readonly markets: number;
  /** Undefined where they are not counted by themselves. */
  readonly bytes?: number;
  readonly schemaHash?: string;
  /** What made it: the app's version, and the layer's own. */
  readonly madeBy: string;
  /** Why it is not what this version would make of the layers below; absent where it is. */
  readonly stale?: string;
  /** Whether it can be built again of what is stored. */
  readonly canRebuild: boolean;
}

export interface LineageParts {
  readonly sidecar: Sidecar;
  readonly store: FileStore;
  readonly folder: string;
  readonly series: SeriesManifest | undefined;
  readonly gold: GoldManifest | undefined;
  readonly rollouts: readonly RolloutManifest[];
  /** Of a market, what the layers above its silver were built of: `LayerMarket.silverKey`. */
  readonly silverKeys: ReadonlyMap<string, string>;
}

export async function lineageOf(parts: LineageParts): Promise<readonly LineageLayer[]> {
  const { sidecar, rollouts } = parts;
  const stale = await staleLayers(sidecar);
  const { dataset, layers } = sidecar;
  // Of what came as a layer above there is nothing below.
  const markets = sidecar.markets.filter((market) => !isLayersAlone(market));
  const withBronze = markets.filter((market) => market.bronze !== undefined);
  const why = (layer: string): { stale?: string } => {
    const found = stale.find((one) => one.layer === layer);
    return found === undefined ? {} : { stale: `it holds ${found.got}; this version makes ${found.expected}` };
  };
  const above = [
    ...(await runnerTs(parts)),
    ...(await gold(parts)),
    ...rollouts.map((rollout): LineageLayer => ({
      kind: 'rollout',
      name: rollout.name,
      from: [rollout.imported === true ? 'source' : 'silver'],
      markets: rollout.markets.length,
      bytes: rollout.markets.reduce((sum, market) => sum + market.bytes, 0),
      madeBy: `${importedWord(rollout)}${rollout.codeVersion}, ${rollout.behaviour}`,
      canRebuild: false
    }))
  ];
  if (markets.length === 0) return [source(dataset), ...above];
  return [
    source(dataset),
    ...(layers.bronze === undefined
      ? []
      : [
          {
            kind: 'bronze' as const,
            name: 'bronze',
            from: ['source'],
            markets: withBronze.length,
            bytes: dataset.bronzeBytes,
            schemaHash: layers.bronze.schemaHash,
            madeBy: sidecar.codeVersion,
            ...why('bronze'),
            canRebuild: false
          }
        ]),
    await silver(parts, why('silver')),
    ...(layers.bars === undefined
      ? []
      : [
          {
            kind: 'bars' as const,
            name: 'bars',
            from: [layers.bronze === undefined ? 'source' : 'bronze'],
            markets: markets.filter((market) => market.bars !== undefined).length,
            schemaHash: layers.bars.schemaHash,
            madeBy: sidecar.codeVersion,
            ...why('bars'),
            canRebuild: false
          }
        ]),
    await quality(parts),
    ...above
  ];
}

/** Files that came by themselves say what made them; nothing here can make them again. */
const importedWord = ({ imported }: { readonly imported?: boolean }): string =>
  imported === true ? 'imported as files, made by ' : '';

const source = (dataset: DatasetRecord): LineageLayer => ({
  kind: 'source',
  name: 'source',
  from: [],
  markets: dataset.markets,
  bytes: dataset.files.reduce((sum, file) => sum + file.bytes, 0),
  madeBy: dataset.files.length === 1 ? '1 file' : `${String(dataset.files.length)} files`,
  canRebuild: false
});

async function silver(parts: LineageParts, why: { readonly stale?: string }): Promise<LineageLayer> {
  const { dataset, layers, codeVersion, rowsVersion = 1 } = parts.sidecar;
  const markets = parts.sidecar.markets.filter((market) => !isLayersAlone(market));
  const lacking = why.stale === undefined ? (await staleMarkets('silver', parts.sidecar, parts)).size : 0;
  return {
    kind: 'silver',
    name: 'silver',
    from: [layers.bronze === undefined ? 'source' : 'bronze'],
    markets: markets.length,
    bytes: dataset.silverBytes,
    schemaHash: layers.silver.schemaHash,
    madeBy: `${codeVersion}, rows ${String(rowsVersion)}`,
    ...(lacking > 0 ? { stale: `the files of ${String(lacking)} markets are gone or torn` } : why),
    canRebuild: markets.every((market) => market.bronze !== undefined)
  };
}

async function quality(parts: LineageParts): Promise<LineageLayer> {
  const stale = await staleMarkets('quality', parts.sidecar, parts);
  return {
    kind: 'quality',
    name: 'quality',
    from: ['silver'],
    markets: parts.sidecar.markets.filter((market) => market.quality !== undefined).length,
    madeBy: `figures ${String(QUALITY_VERSION)}`,
    ...(stale.size === 0 ? {} : { stale: `${String(stale.size)} markets lack the figures of this version` }),
    canRebuild: true
  };
}

/** Why markets of a layer are not those that there are. */
function behind(markets: readonly LayerMarket[], silverKeys: ReadonlyMap<string, string>): string | undefined {
  const changed = markets.filter((market) => silverKeys.get(market.id) !== market.silverKey).length;
  if (changed > 0) return `the silver of ${String(changed)} markets has changed since`;
  const missing = [...silverKeys.keys()].filter((id) => !markets.some((market) => market.id === id)).length;
  return missing > 0 ? `${String(missing)} markets are not built` : undefined;
}

const bytesOf = (markets: readonly LayerMarket[]): number => markets.reduce((sum, market) => sum + market.bytes, 0);

const FEATURE_WORDS = { none: 'prices alone', preOff: 'features that agents observe', all: 'all features' } as const;

async function runnerTs({ series: manifest, silverKeys }: LineageParts): Promise<readonly LineageLayer[]> {
  if (manifest === undefined) return [];
  const { markets, settings, codeVersion } = manifest;
  const { imported = false } = manifest;
  const stale =
    (await seriesDrift(manifest)) ??
    (imported ? undefined : behind(markets, silverKeys)) ??
    (manifest.whole ? undefined : 'its build was broken off');
  return [
    {
      kind: 'runner_ts',
      name: 'runner_ts',
      from: [imported ? 'source' : 'silver'],
      markets: markets.length,
      bytes: bytesOf(markets),
      schemaHash: manifest.schemaHash,
      madeBy: `${importedWord(manifest)}${codeVersion}, every ${String(settings.gridMillis / 1000)} s, ${FEATURE_WORDS[settings.features]}`,
      ...(stale === undefined ? {} : { stale }),
      canRebuild: !imported
    }
  ];
}

async function gold({ gold: manifest, silverKeys }: LineageParts): Promise<readonly LineageLayer[]> {
  if (manifest === undefined) return [];
  const columns = await schemaHash(GOLD_COLUMNS);
  const { imported = false } = manifest;
  const stale =
    manifest.featureHash !== GOLD_FEATURE_HASH
      ? 'the features have changed since'
      : manifest.schemaHash !== columns
        ? 'its columns have changed since'
        : imported
          ? undefined
          : (behind(manifest.markets, silverKeys) ??
            (manifest.split === undefined ? 'its build was broken off' : undefined));
  const { startMinutes, decisionSeconds } = manifest.settings;
  return [
    {
      kind: 'gold',
      name: 'gold',
      from: [imported ? 'source' : 'silver'],
      markets: manifest.markets.length,
      bytes: bytesOf(manifest.markets),
      schemaHash: manifest.schemaHash,
      madeBy: `${importedWord(manifest)}${manifest.codeVersion}, ${String(startMinutes)} min before the off, every ${String(decisionSeconds)} s`,
      ...(stale === undefined ? {} : { stale }),
      canRebuild: !imported
    }
  ];
}
