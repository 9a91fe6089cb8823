/**
 * Layers built anew from the one below: silver from the messages that bronze keeps, by the reader an import takes; the
 * figures of quality from both. Only markets that need it are touched. Nothing is changed when one of them cannot be.
 */
import { AppError, checkAborted } from '../core/errors.ts';
import { tapeFromWire } from '../market/tape-wire.ts';
import type { Tape } from '../market/tape.ts';
import { bronzeText } from './arrow/own-layers.ts';
import { datasetRecord } from './dataset-record.ts';
import { BRONZE_COLUMNS } from './parquet/bronze.ts';
import { parquetToArrow } from './parquet/codec.ts';
import { specsOf, verifySchema } from './parquet/columns.ts';
import { SILVER_COLUMNS, parquetToWire, tapeSidecar, tapeToParquet } from './parquet/silver.ts';
import { QUALITY_VERSION } from './quality/figures.ts';
import { marketQuality } from './quality/market-quality.ts';
import type { ReadMarket, RecordingReader } from './recording.ts';
import { ROWS_VERSION, layerSchema, staleLayers } from './sidecar.ts';
import type { Sidecar, StoredMarket } from './sidecar.ts';
import type { FileStore } from './store/file-store.ts';

export type RebuiltLayer = 'silver' | 'quality';

export interface RebuildProgress {
  readonly done: number;
  readonly of: number;
  /** The market that is being built. */
  readonly market: string;
}

export interface RebuildWork {
  readonly store: FileStore;
  readonly folder: string;
  readonly codeVersion: string;
  readonly read: RecordingReader;
  readonly breathe: () => Promise<void>;
  readonly onProgress?: (progress: RebuildProgress) => void;
  readonly signal?: AbortSignal;
}

/** Ids of the markets whose layer is not what this version would make: of another version, missing, or torn. */
export async function staleMarkets(
  layer: RebuiltLayer,
  sidecar: Sidecar,
  { store, folder }: Pick<RebuildWork, 'store' | 'folder'>
): Promise<ReadonlySet<string>> {
  const isOld = (await staleLayers(sidecar)).some((stale) => stale.layer === 'silver');
  const stale = new Set<string>();
  for (const { record, silver, silverBytes, quality } of sidecar.markets) {
    const isStale =
      layer === 'quality'
        ? quality?.version !== QUALITY_VERSION
        : isOld || (await store.size(`${folder}/${silver}`)) !== silverBytes;
    if (isStale) stale.add(record.id);
  }
  return stale;
}

/**
 * The Parquet codec must have been loaded.
 * @returns the new metadata, whose files are written; undefined when nothing needed it
 * @throws data.drift naming the market that cannot be made again of what is kept of it, aborted, storage.full
 */
export async function rebuilt(layer: RebuiltLayer, sidecar: Sidecar, work: RebuildWork): Promise<Sidecar | undefined> {
  const stale = await staleMarkets(layer, sidecar, work);
  if (stale.size === 0) return undefined;
  const markets: StoredMarket[] = [];
  let done = 0;
  for (const market of sidecar.markets) {
    const { id } = market.record;
    if (!stale.has(id)) {
      markets.push(market);
      continue;
    }
    checkAborted(work.signal, `rebuilding ${sidecar.dataset.name}`);
    work.onProgress?.({ done: done++, of: stale.size, market: id });
    markets.push(layer === 'silver' ? await silverAgain(market, work) : await qualityAgain(market, work));
    await work.breathe();
  }
  work.onProgress?.({ done, of: stale.size, market: '' });
  if (layer === 'quality') return { ...sidecar, markets };
  const silver = await layerSchema(SILVER_COLUMNS);
  const { name, origin, createdMillis, files } = sidecar.dataset;
  const ofFiles = oddOfFiles(sidecar);
  const dataset = await datasetRecord({
    ...{ name, origin, createdMillis, files, markets },
    codeVersion: work.codeVersion,
    schemaHash: silver.schemaHash,
    oddities: ofFiles
  });
  return {
    ...sidecar,
    rowsVersion: ROWS_VERSION,
    codeVersion: work.codeVersion,
    layers: { ...sidecar.layers, silver },
    dataset,
    markets
  };
}

/** What belongs to the files and no market of them: its markets' own are counted again. */
function oddOfFiles({ dataset, markets }: Sidecar): Sidecar['dataset']['oddities'] {
  const ofMarkets = new Set(markets.flatMap(({ record }) => record.oddities.map(({ code }) => code)));
  return dataset.oddities.filter(({ code }) => !ofMarkets.has(code));
}

async function silverAgain(market: StoredMarket, work: RebuildWork): Promise<StoredMarket> {
  const { store, folder } = work;
  const read = await readAgain(market, work);
  // It is the same source, though it was read from what is kept of it.
  const { fingerprint, dataset } = market.record;
  const oddities = read.record.oddities.map((oddity) => {
    // What was seen before is told by its place in the source.
    const before = market.record.oddities.find(({ code }) => code === oddity.code);
    return before === undefined ? oddity : { ...oddity, example: before.example };
  });
  const tape: Tape = { ...read.tape, market: { ...read.tape.market, fingerprint } };
  const bytes = tapeToParquet(tape);
  const silver = `silver/${encodeURIComponent(market.record.id)}.${crypto.randomUUID().slice(0, 8)}.parquet`;
  await store.write(`${folder}/${silver}`, bytes);
  return {
    ...market,
    record: { ...read.record, fingerprint, dataset, oddities },
    tape: tapeSidecar(tape),
    silver,
    silverBytes: bytes.length,
    quality: marketQuality(read.record, tape, read.bronze)
  };
}

/** The market as its reader makes it of its messages. */
async function readAgain(
  market: StoredMarket,
  { store, folder, read, breathe, signal }: RebuildWork
): Promise<ReadMarket> {
  const { id } = market.record;
  const bytes = market.bronze === undefined ? undefined : await store.read(`${folder}/${market.bronze}`);
  if (bytes === undefined) throw cannot(id, 'its messages', 'none are kept');
  const table = parquetToArrow(`market ${id}`, bytes);
  await verifySchema(`market ${id}`, specsOf(table.schema), BRONZE_COLUMNS);
  const found: ReadMarket[] = [];
  await read(new File([bronzeText(table)], `${id} as received`), {
    breathe,
    ...(signal === undefined ? {} : { signal }),
    onProgress: () => undefined,
    onMarket: (one) => {
      found.push(one);
      return Promise.resolve();
    }
  });
  const same = found.find((one) => one.record.id === id);
  if (same === undefined || same.record.messages !== market.record.messages) {
    const got = same === undefined ? 'another market' : `${String(same.record.messages)} messages`;
    throw cannot(id, `${String(market.record.messages)} messages of it`, got);
  }
  // What the messages alone do not say (metadata beside the recording, a clock finer than is kept) is lost by it.
  const rules = tapeSidecar(same.tape).rules;
  if (JSON.stringify(rules) !== JSON.stringify(market.tape.rules)) throw cannot(id, 'the rules it has', 'others');
  return same;
}

async function qualityAgain(market: StoredMarket, { store, folder }: RebuildWork): Promise<StoredMarket> {
  const { id } = market.record;
  const bytes = await store.read(`${folder}/${market.silver}`);
  if (bytes === undefined) throw cannot(id, 'its tape', 'it is gone from storage');
  const tape = tapeFromWire(await parquetToWire(bytes, market.tape, { shared: false }));
  const bronze = market.bronze === undefined ? undefined : await store.read(`${folder}/${market.bronze}`);
  const text = bronze === undefined ? undefined : textsOf(`market ${id}`, bronze);
  return { ...market, quality: marketQuality(market.record, tape, text === undefined ? undefined : { text }) };
}

function textsOf(subject: string, bytes: Uint8Array): readonly string[] {
  const column = parquetToArrow(subject, bytes, { columns: ['text'] }).getChild('text');
  return Array.from({ length: column?.length ?? 0 }, (_, row) => String(column?.get(row) ?? ''));
}

const cannot = (id: string, expected: string, got: string): AppError =>
  new AppError('data.drift', {
    subject: `market ${id}`,
    expected,
    got,
    remedy: 'it cannot be built again of what is kept; import its source files again'
  });
