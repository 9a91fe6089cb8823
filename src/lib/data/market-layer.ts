/**
 * A layer that is built of silver a market at a time: a Parquet file a market beside a `metadata.json`. Only markets whose
 * silver or settings have changed are built again; what a cancelled build has finished stays. Knows no layer's columns.
 */
import { AppError, checkAborted } from '../core/errors.ts';
import type { Tape } from '../market/tape.ts';
import type { FileStore } from './store/file-store.ts';

/** A market that a layer is built of. */
export interface LayerSource {
  readonly id: string;
  /** Another one is built again. */
  readonly silverKey: string;
  tape(): Promise<Tape>;
}

/** A market of a layer, as its `metadata.json` lists it. */
export interface LayerMarket {
  readonly id: string;
  /** What its silver was. */
  readonly silverKey: string;
  /** Path below the layer's folder. */
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
}

export interface BuildProgress {
  readonly done: number;
  readonly of: number;
  /** The market that is being built. */
  readonly market: string;
}

export interface BuildReport {
  readonly markets: number;
  /** Built now; the others stood already. */
  readonly built: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Where a layer is built, and who is told. */
export interface BuildPlace {
  readonly store: FileStore;
  /** Path of the layer in the store. */
  readonly folder: string;
  readonly codeVersion: string;
  readonly markets: readonly LayerSource[];
  readonly breathe: () => Promise<void>;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface LayerWork<M extends LayerMarket> {
  /** What is built, in messages: `the gold layer`. */
  readonly subject: string;
  /** Markets that were built before under the same settings. */
  readonly kept: readonly M[];
  /** Builds one and writes its file. */
  readonly write: (source: LayerSource) => Promise<M>;
  /** Writes `metadata.json`; `whole` once nothing is left to build. */
  readonly save: (markets: readonly M[], whole: boolean) => Promise<void>;
  /** Below the layer's folder: what lies there is no part of a build. */
  readonly beside?: string;
}

/** @throws aborted, storage.full; what was finished before stays */
export async function buildLayer<M extends LayerMarket>(place: BuildPlace, work: LayerWork<M>): Promise<BuildReport> {
  const { store, folder, markets, signal } = place;
  const standing = new Map(work.kept.map((market) => [market.id, market]));
  const done: M[] = [];
  let built = 0;
  try {
    for (const [index, source] of markets.entries()) {
      checkAborted(signal, work.subject);
      place.onProgress?.({ done: index, of: markets.length, market: source.id });
      const before = standing.get(source.id);
      if (before?.silverKey === source.silverKey) {
        done.push(before);
        continue;
      }
      done.push(await work.write(source));
      built++;
      await place.breathe();
    }
  } catch (thrown) {
    const untouched = work.kept.filter((one) => !done.some((other) => other.id === one.id));
    if (built > 0) await work.save([...done, ...untouched], false);
    throw thrown;
  }
  await work.save(done, true);
  await sweep(store, folder, done, work.beside);
  place.onProgress?.({ done: markets.length, of: markets.length, market: '' });
  const sum = (value: (market: M) => number): number => done.reduce((all, one) => all + value(one), 0);
  return { markets: done.length, built, rows: sum((one) => one.rows), bytes: sum((one) => one.bytes) };
}

/** Removes files that no market is listed with: of former features, settings or markets. */
async function sweep(
  store: FileStore,
  folder: string,
  markets: readonly LayerMarket[],
  beside: string | undefined
): Promise<void> {
  const listed = new Set(markets.map((market) => `${folder}/${market.file}`));
  for (const path of await store.list(folder)) {
    const isBeside = beside !== undefined && path.startsWith(`${folder}/${beside}/`);
    if (path.endsWith('.parquet') && !isBeside && !listed.has(path)) await store.remove(path);
  }
}

/** @throws data.missing when the file is gone */
export async function layerBytes(
  store: FileStore,
  folder: string,
  { file }: LayerMarket,
  named: { readonly subject: string; readonly remedy: string }
): Promise<Uint8Array> {
  const bytes = await store.read(`${folder}/${file}`);
  if (bytes !== undefined) return bytes;
  throw new AppError('data.missing', { ...named, got: 'its file is gone from storage' });
}
