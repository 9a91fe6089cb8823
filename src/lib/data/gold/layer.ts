/**
 * The gold layer of a dataset: a Parquet file a market beside a `metadata.json` that says from what and by what each was
 * made. Only markets whose silver, features or settings have changed are built again; what a cancelled build has
 * finished stays. Knows nothing of environments: the moments of decisions are handed in.
 */
import { AppError, checkAborted } from '../../core/errors.ts';
import type { Tape } from '../../market/tape.ts';
import { ipcToParquet, parquetToIpc } from '../parquet/codec.ts';
import { schemaHash, toIpc } from '../parquet/columns.ts';
import type { FileStore } from '../store/file-store.ts';
import { readText } from '../store/file-store.ts';
import { GOLD_COLUMNS, GOLD_FEATURES, GOLD_FEATURE_HASH, goldEpisode } from './episode.ts';
import type { EpisodePlan, GoldClock } from './episode.ts';
import type { Moments } from './moments.ts';
import type { Scaler } from './scaler.ts';
import { fitScaler } from './scaler.ts';

/** 2: messages count from when they came. */
const GOLD_VERSION = 2;

export interface GoldSettings {
  /** When an episode begins, minutes before the off. */
  readonly startMinutes: number;
  /** Time between decisions. */
  readonly decisionSeconds: number;
  /** From when on a message counts as known at a decision; `received` where it is not said. */
  readonly clock?: GoldClock;
}

export interface GoldMarket {
  readonly id: string;
  /** What its silver was: another one is built again. */
  readonly silverKey: string;
  /** Path below the layer's folder. */
  readonly file: string;
  readonly rows: number;
  readonly decisions: number;
  readonly bytes: number;
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
}

export interface GoldSource {
  readonly id: string;
  readonly silverKey: string;
  tape(): Promise<Tape>;
}

export interface GoldProgress {
  readonly done: number;
  readonly of: number;
  /** The market that is being built. */
  readonly market: string;
}

export interface GoldReport {
  readonly markets: number;
  /** Built now; the others stood already. */
  readonly built: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface GoldBuild {
  readonly store: FileStore;
  /** Path of the layer in the store. */
  readonly folder: string;
  readonly codeVersion: string;
  readonly settings: GoldSettings;
  readonly markets: readonly GoldSource[];
  readonly split: GoldSplit;
  readonly plan: (tape: Tape) => EpisodePlan;
  readonly breathe: () => Promise<void>;
  readonly onProgress?: (progress: GoldProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The Parquet codec must have been loaded. @throws aborted, storage.full; what was finished before stays */
export async function buildGold(build: GoldBuild): Promise<GoldReport> {
  const { store, folder, settings, markets, signal } = build;
  const former = await readGold(store, folder);
  const columns = await schemaHash(GOLD_COLUMNS);
  const kept = former?.schemaHash === columns && matches(former, settings) ? former.markets : [];
  const standing = new Map(kept.map((market) => [market.id, market]));
  const under = `${GOLD_FEATURE_HASH}-${String(settings.startMinutes)}m-${String(settings.decisionSeconds)}s-${settings.clock ?? 'received'}`;
  const done: GoldMarket[] = [];
  let built = 0;
  const save = async (split: GoldSplit | undefined): Promise<void> => {
    const untouched = kept.filter((one) => !done.some((other) => other.id === one.id));
    const listed = split === undefined ? [...done, ...untouched] : done;
    await store.write(`${folder}/metadata.json`, JSON.stringify(await manifest(build, listed, split), undefined, 1));
  };
  try {
    for (const [index, source] of markets.entries()) {
      checkAborted(signal, 'the gold layer');
      build.onProgress?.({ done: index, of: markets.length, market: source.id });
      const before = standing.get(source.id);
      if (before?.silverKey === source.silverKey) {
        done.push(before);
        continue;
      }
      done.push(await write(build, `${under}/${encodeURIComponent(source.id)}.parquet`, source));
      built++;
      await build.breathe();
    }
  } catch (thrown) {
    if (built > 0) await save(undefined);
    throw thrown;
  }
  await save(build.split);
  await sweep(store, folder, done);
  build.onProgress?.({ done: markets.length, of: markets.length, market: '' });
  const sum = (value: (market: GoldMarket) => number): number => done.reduce((all, one) => all + value(one), 0);
  return { markets: done.length, built, rows: sum((one) => one.rows), bytes: sum((one) => one.bytes) };
}

const matches = (one: GoldManifest, { startMinutes, decisionSeconds, clock = 'received' }: GoldSettings): boolean =>
  one.featureHash === GOLD_FEATURE_HASH &&
  one.settings.startMinutes === startMinutes &&
  one.settings.decisionSeconds === decisionSeconds &&
  (one.settings.clock ?? 'received') === clock;

async function write({ store, folder, plan }: GoldBuild, file: string, source: GoldSource): Promise<GoldMarket> {
  const tape = await source.tape();
  const episode = goldEpisode(tape, plan(tape));
  const metadata = new Map([['furlong.features', GOLD_FEATURE_HASH]]);
  const ipc = toIpc(GOLD_COLUMNS, episode.columns, episode.rows);
  /* One market, one row group. */
  const bytes = ipcToParquet(ipc, { metadata, encodings: { time: 'delta' }, rowGroupRows: Math.max(1, episode.rows) });
  await store.write(`${folder}/${file}`, bytes);
  return {
    id: source.id,
    silverKey: source.silverKey,
    file,
    rows: episode.rows,
    decisions: episode.decisions,
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

/** Removes files that no market is listed with: of former features, settings or markets. */
async function sweep(store: FileStore, folder: string, markets: readonly GoldMarket[]): Promise<void> {
  const listed = new Set(markets.map((market) => `${folder}/${market.file}`));
  for (const path of await store.list(folder)) {
    if (path.endsWith('.parquet') && !path.startsWith(`${folder}/${ROLLOUTS}/`) && !listed.has(path)) {
      await store.remove(path);
    }
  }
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
      remedy: 'build the gold layer again'
    });
  }
  const bytes = await store.read(`${folder}/${market.file}`);
  if (bytes === undefined) {
    throw new AppError('data.missing', {
      subject,
      got: 'its file is gone from storage',
      remedy: 'build the gold layer again'
    });
  }
  return parquetToIpc(subject, bytes);
}
