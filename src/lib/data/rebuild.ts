/**
 * Layers built anew from the one below: silver from the messages that bronze keeps, by the reader an import takes; the
 * figures of quality from both. Only markets that need it are touched. Nothing is changed when one of them cannot be.
 */
import type { Table } from 'apache-arrow';
import { AppError, checkAborted } from '../core/errors.ts';
import { TapeBuilder } from '../market/tape-builder.ts';
import { tapeFromWire } from '../market/tape-wire.ts';
import type { Tape } from '../market/tape.ts';
import { rulesFrom } from '../market/venues/rules-from.ts';
import { bronzeText } from './arrow/own-layers.ts';
import { barsToParquet } from './parquet/bars.ts';
import { datasetRecord } from './dataset-record.ts';
import { BRONZE_COLUMNS } from './parquet/bronze.ts';
import { parquetToArrow } from './parquet/codec.ts';
import { specsOf, verifySchema } from './parquet/columns.ts';
import { SILVER_COLUMNS, parquetToWire, tapeSidecar, tapeToParquet } from './parquet/silver.ts';
import { QUALITY_VERSION } from './quality/figures.ts';
import { marketQuality } from './quality/market-quality.ts';
import { readAgain } from './read-again.ts';
import { LINE_LOST } from './oddities.ts';
import { MARKET_CUT_OFF } from './read-recording.ts';
import type { ReadMarket, RecordingReader } from './recording.ts';
import type { MarketRecord, Oddity } from './records.ts';
import { ROWS_VERSION, isLayersAlone, layerSchema, staleLayers } from './sidecar.ts';
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
  for (const market of sidecar.markets) {
    if (layer === 'quality' && isLayersAlone(market)) continue;
    const { record, silver, silverBytes, bars, quality } = market;
    const isGone = async (): Promise<boolean> =>
      (await store.size(`${folder}/${silver}`)) !== silverBytes ||
      (bars !== undefined && (await store.size(`${folder}/${bars}`)) === undefined);
    const isStale = layer === 'quality' ? quality?.version !== QUALITY_VERSION : isOld || (await isGone());
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
  const { name, origin, createdMillis, files, beside, partial } = sidecar.dataset;
  const ofFiles = oddOfFiles(sidecar);
  const dataset = await datasetRecord({
    ...{ name, origin, createdMillis, files, markets },
    ...(beside === undefined ? {} : { beside }),
    ...(partial === undefined ? {} : { partial }),
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
  if (isLayersAlone(market)) return await emptySilver(market, work);
  if (market.record.kind === 'BARS' && market.readAs === undefined && (await hasBars(market, work))) {
    return await emptySilver(market, work);
  }
  const read = await readOf(market, work);
  // It is the same source, though it was read from what is kept of it.
  const { fingerprint } = market.record;
  const tape: Tape = { ...read.tape, market: { ...read.tape.market, fingerprint } };
  const bytes = tapeToParquet(tape);
  const name = `${encodeURIComponent(market.record.id)}.${crypto.randomUUID().slice(0, 8)}.parquet`;
  const silver = `silver/${name}`;
  await store.write(`${folder}/${silver}`, bytes);
  const bars = read.bars === undefined ? undefined : `bars/${name}`;
  if (read.bars !== undefined) await store.write(`${folder}/bars/${name}`, barsToParquet(read.bars));
  const record = recordAgain(market.record, read.record);
  return {
    ...market,
    record,
    tape: tapeSidecar(tape),
    silver,
    silverBytes: bytes.length,
    quality: marketQuality(record, tape, read.bronze),
    ...(bars === undefined ? {} : { bars })
  };
}

/** Seen in the source and in nothing that is kept of it. */
const OF_SOURCE: ReadonlySet<string> = new Set(['unreadable-line', 'last-line-cut', LINE_LOST, MARKET_CUT_OFF]);

/** What was seen before is told by its place in the source, and stays told where only the source shows it. */
function recordAgain(before: MarketRecord, read: MarketRecord): MarketRecord {
  const oddities = read.oddities.map((oddity): Oddity => {
    const same = before.oddities.find(({ code }) => code === oddity.code);
    return same === undefined ? oddity : { ...oddity, example: same.example };
  });
  const lost = before.oddities.filter(
    ({ code }) => OF_SOURCE.has(code) && !oddities.some((oddity) => oddity.code === code)
  );
  const { fingerprint, dataset, damage, reason } = before;
  const record = { ...read, fingerprint, dataset, oddities: inOrderOf(before.oddities, [...oddities, ...lost]) };
  if (damage === undefined || read.damage !== undefined) return record;
  return { ...record, damage, trainable: false, ...(reason === undefined ? {} : { reason }) };
}

function inOrderOf(before: readonly Oddity[], oddities: readonly Oddity[]): readonly Oddity[] {
  const place = ({ code }: Oddity): number => {
    const at = before.findIndex((one) => one.code === code);
    return at < 0 ? before.length : at;
  };
  return oddities.toSorted((a, b) => place(a) - place(b));
}

const hasBars = async ({ bars }: StoredMarket, { store, folder }: RebuildWork): Promise<boolean> =>
  bars !== undefined && (await store.size(`${folder}/${bars}`)) !== undefined;

/** Of a typed table there is no text: its candles are the lowest layer, and its tape holds no row. */
async function emptySilver(market: StoredMarket, { store, folder }: RebuildWork): Promise<StoredMarket> {
  const { market: info, rules, startEpochNanos } = market.tape;
  const tape = new TapeBuilder(BigInt(startEpochNanos)).build({ ...info, rules: rulesFrom(rules) }, { shared: false });
  const bytes = tapeToParquet(tape);
  const silver = `silver/${encodeURIComponent(market.record.id)}.${crypto.randomUUID().slice(0, 8)}.parquet`;
  await store.write(`${folder}/${silver}`, bytes);
  return { ...market, silver, silverBytes: bytes.length };
}

/** The market as its reader makes it of its messages. */
async function readOf(market: StoredMarket, work: RebuildWork): Promise<ReadMarket> {
  const { id, fingerprint } = market.record;
  const { store, folder } = work;
  const bytes = market.bronze === undefined ? undefined : await store.read(`${folder}/${market.bronze}`);
  if (bytes === undefined) throw cannot(id, 'its messages', 'none are kept');
  const table = parquetToArrow(`market ${id}`, bytes);
  await verifySchema(`market ${id}`, specsOf(table.schema), BRONZE_COLUMNS);
  if (table.numRows === 0) throw cannot(id, 'its messages', 'none are kept');
  const { readAs } = market;
  const found = readAs === undefined ? await guessed(table, id, work) : await readAgain(table, readAs, fingerprint);
  const same = found.find((one) => one.record.id === id);
  if (same === undefined || same.record.messages !== market.record.messages) {
    const got = same === undefined ? 'another market' : `${String(same.record.messages)} messages`;
    throw cannot(id, `${String(market.record.messages)} messages of it`, got);
  }
  // What the messages alone do not say (metadata beside the recording) is lost where it was not kept with them.
  const rules = tapeSidecar(same.tape).rules;
  if (JSON.stringify(rules) !== JSON.stringify(market.tape.rules)) throw cannot(id, 'the rules it has', 'others');
  return same;
}

/** How it was read was not kept: it is recognised anew. */
async function guessed(
  bronze: Table,
  id: string,
  { read, breathe, signal }: RebuildWork
): Promise<readonly ReadMarket[]> {
  const found: ReadMarket[] = [];
  await read(new File([bronzeText(bronze, 'betfair-stream')], `${id} as received`), {
    breathe,
    ...(signal === undefined ? {} : { signal }),
    onProgress: () => undefined,
    onMarket: (one) => {
      found.push(one);
      return Promise.resolve();
    }
  });
  return found;
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
