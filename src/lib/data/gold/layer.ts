/**
 * The gold layer of a dataset: episodes with features, a file a market, beside a `metadata.json` that says from what and
 * by what each was made. Knows nothing of environments: the moments of decisions are handed in.
 */
import { AppError } from '../../core/errors.ts';
import { layerMetadata } from '../layer-about.ts';
import type { Tape } from '../../market/tape.ts';
import type { BuildPlace, BuildReport, LayerMarket, LayerSource } from '../market-layer.ts';
import { buildLayer, layerBytes } from '../market-layer.ts';
import { ipcToParquet, parquetToIpc } from '../parquet/codec.ts';
import { schemaHash, toIpc } from '../parquet/columns.ts';
import { tapeSidecar } from '../parquet/silver.ts';
import type { FileStore } from '../store/file-store.ts';
import { readText } from '../store/file-store.ts';
import { GOLD_COLUMNS, GOLD_FEATURES, GOLD_FEATURE_HASH, goldEpisode } from './episode.ts';
import type { EpisodePlan, GoldSettings } from './episode.ts';
import type { Moments } from './moments.ts';
import type { Scaler } from './scaler.ts';
import { fitScaler } from './scaler.ts';

/** 2: messages count from when they came. */
export const GOLD_VERSION = 2;

export interface GoldMarket extends LayerMarket {
  readonly decisions: number;
  readonly moments: Readonly<Record<string, Moments>>;
}

export interface GoldSplit {
  /** The split's settings, as they were chosen. */
  readonly by: string;
  /** Of the markets that can be trained on; the others are on no side. */
  readonly train: readonly string[];
  readonly heldOut: readonly string[];
}

/** `metadata.json`. */
export interface GoldManifest {
  readonly version: number;
  readonly codeVersion: string;
  readonly settings: GoldSettings;
  readonly featureHash: string;
  readonly schemaHash: string;
  readonly transforms: readonly string[];
  readonly markets: readonly GoldMarket[];
  readonly split?: GoldSplit;
  /** Fitted on `split.train` alone; absent until a build has finished, and where no market can be trained on. */
  readonly scaler?: Scaler;
  /** Its files came by themselves: they are kept as they are, and what they were made of is not here. */
  readonly imported?: boolean;
}

export interface GoldBuild extends BuildPlace {
  readonly settings: GoldSettings;
  readonly split: GoldSplit;
  readonly plan: (tape: Tape) => EpisodePlan;
}

/** The Parquet codec must have been loaded. @throws aborted, storage.full; what was finished before stays */
export async function buildGold(build: GoldBuild): Promise<BuildReport> {
  const { store, folder, settings } = build;
  const former = await readGold(store, folder);
  const columns = await schemaHash(GOLD_COLUMNS);
  const under = `${GOLD_FEATURE_HASH}-${String(settings.startMinutes)}m-${String(settings.decisionSeconds)}s-${settings.clock ?? 'received'}`;
  return await buildLayer<GoldMarket>(build, {
    subject: 'the gold layer',
    kept: former?.schemaHash === columns && matches(former, settings) ? former.markets : [],
    write: (source) => write(build, `${under}/${encodeURIComponent(source.id)}.parquet`, source),
    save: async (markets, whole) => {
      const text = JSON.stringify(await manifest(build, markets, whole ? build.split : undefined), undefined, 1);
      await store.write(`${folder}/metadata.json`, text);
    },
    beside: ROLLOUTS
  });
}

const matches = (one: GoldManifest, { startMinutes, decisionSeconds, clock = 'received' }: GoldSettings): boolean =>
  one.featureHash === GOLD_FEATURE_HASH &&
  one.settings.startMinutes === startMinutes &&
  one.settings.decisionSeconds === decisionSeconds &&
  (one.settings.clock ?? 'received') === clock;

async function write(build: GoldBuild, file: string, source: LayerSource): Promise<GoldMarket> {
  const { store, folder, plan, settings, codeVersion } = build;
  const tape = await source.tape();
  const episode = goldEpisode(tape, plan(tape));
  const { decisions } = episode;
  const metadata = new Map([
    ['furlong.features', GOLD_FEATURE_HASH],
    layerMetadata({ kind: 'gold', codeVersion, settings, featureHash: GOLD_FEATURE_HASH, decisions }, tapeSidecar(tape))
  ]);
  const ipc = toIpc(GOLD_COLUMNS, episode.columns, episode.rows);
  /* One market, one row group. */
  const bytes = ipcToParquet(ipc, { metadata, encodings: { time: 'delta' }, rowGroupRows: Math.max(1, episode.rows) });
  await store.write(`${folder}/${file}`, bytes);
  return {
    id: source.id,
    silverKey: source.silverKey,
    file,
    rows: episode.rows,
    decisions,
    bytes: bytes.length,
    moments: episode.moments
  };
}

async function manifest(
  { codeVersion, settings }: GoldBuild,
  markets: readonly GoldMarket[],
  split: GoldSplit | undefined
): Promise<GoldManifest> {
  const train = new Set(split?.train);
  const fitted = markets.filter((one) => train.has(one.id));
  return {
    version: GOLD_VERSION,
    codeVersion,
    settings,
    featureHash: GOLD_FEATURE_HASH,
    schemaHash: await schemaHash(GOLD_COLUMNS),
    transforms: ['silver to features at every decision', 'mark-outs', 'parquet, zstd'],
    markets,
    ...(split === undefined
      ? {}
      : {
          split,
          ...(fitted.length === 0 ? {} : { scaler: fitScaler(fitted, GOLD_FEATURES, GOLD_FEATURE_HASH) })
        })
  };
}

/** Below a layer's folder: recorded rollouts, which are no part of a build. */
export const ROLLOUTS = 'rollouts';

/** Undefined where nothing was built, or by another version of the app: it is then built anew. */
export async function readGold(store: FileStore, folder: string): Promise<GoldManifest | undefined> {
  const text = await readText(store, `${folder}/metadata.json`);
  if (text === undefined) return undefined;
  try {
    const found = JSON.parse(text) as GoldManifest;
    return found.version === GOLD_VERSION && Array.isArray(found.markets) ? found : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A market's rows as an Arrow IPC stream; undefined where it has not been built.
 * @throws data.drift when it was built with other features, data.missing when its file is gone
 */
export async function goldIpc(
  store: FileStore,
  folder: string,
  found: GoldManifest,
  id: string
): Promise<Uint8Array | undefined> {
  const market = found.markets.find((one) => one.id === id);
  if (market === undefined) return undefined;
  const subject = `the gold layer of market ${id}`;
  const expected = await schemaHash(GOLD_COLUMNS);
  if (found.featureHash !== GOLD_FEATURE_HASH || found.schemaHash !== expected) {
    throw new AppError('data.drift', {
      subject,
      expected: `features ${GOLD_FEATURE_HASH}`,
      got: `it was built with features ${found.featureHash}`,
      remedy: found.imported === true ? 'import files that this version has made' : 'build the gold layer again'
    });
  }
  return parquetToIpc(
    subject,
    await layerBytes(store, folder, market, { subject, remedy: 'build the gold layer again' })
  );
}
