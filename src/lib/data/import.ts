/**
 * Files in, a dataset out: read, decoded and parsed as they stream, each market written as bronze and silver, listed
 * last. What cannot be read is told beside what could; nothing half-done stays.
 */
import { AppError, asAppError, checkAborted } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import type { Catalogue } from './catalogue.ts';
import { datasetRecord } from './dataset-record.ts';
import { BARS_COLUMNS, barsToParquet } from './parquet/bars.ts';
import { bronzeToParquet, BRONZE_COLUMNS } from './parquet/bronze.ts';
import { SILVER_COLUMNS, tapeSidecar, tapeToParquet } from './parquet/silver.ts';
import type { ReadMarket, RecordingReader } from './recording.ts';
import type { DatasetRecord, ImportProgress, ImportReport, Oddity, SourceFile } from './records.ts';
import { ROWS_VERSION, SIDECAR_VERSION, layerSchema } from './sidecar.ts';
import type { Sidecar, StoredMarket } from './sidecar.ts';
import type { FileStore } from './store/file-store.ts';

/** Stable code of a file that gave nothing, kept beside the files that did. */
export const UNREADABLE_FILE = 'unreadable-file';
export const DUPLICATE_MARKET = 'market-in-several-files';
/** A dataset that is in the catalogue under another name. */
export const ALREADY_IMPORTED = 'already-imported';

export interface ImportRequest {
  readonly files: readonly File[];
  readonly name?: string;
  readonly origin?: 'import' | 'fetch';
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ImportParts {
  readonly catalogue: Catalogue;
  readonly store: FileStore;
  readonly clock: Clock;
  readonly codeVersion: string;
  readonly read: RecordingReader;
  /** Loads the Parquet codec. */
  readonly parquet: () => Promise<void>;
  /** Lets a waiting cancel in; called often. */
  readonly breathe: () => Promise<void>;
}

/**
 * @throws aborted when the signal fires, storage.full when there is no room, the one file's own error when none could
 *   be read; nothing is left behind then
 */
export async function importFiles(parts: ImportParts, request: ImportRequest): Promise<ImportReport> {
  if (request.files.length === 0) {
    throw new AppError('data.empty', {
      subject: 'the import',
      expected: 'one file or more',
      got: 'none was given',
      remedy: 'choose or drop a recording'
    });
  }
  const started = parts.clock.monotonicMillis();
  const run = new ImportRun(parts, request);
  const dataset = await parts.catalogue.add((folder) => run.into(folder));
  const markets = await parts.catalogue.markets(dataset.name);
  const twin = (await parts.catalogue.datasets()).find(
    (other) => other.name !== dataset.name && other.fingerprint === dataset.fingerprint
  );
  const told = twin === undefined ? dataset : withTwin(dataset, twin.name);
  return { dataset: told, markets, seconds: secondsSince(parts, started) };
}

const secondsSince = (parts: ImportParts, started: number): number => (parts.clock.monotonicMillis() - started) / 1000;

/** Told in the report alone: the twin may be deleted later. */
function withTwin(dataset: DatasetRecord, twin: string): DatasetRecord {
  const oddity: Oddity = {
    code: ALREADY_IMPORTED,
    count: 1,
    example: `${dataset.name} holds the same markets as ${twin}, byte for byte; delete one of them on the Data page`,
    severity: 'warning'
  };
  return { ...dataset, oddities: [...dataset.oddities, oddity] };
}

class ImportRun {
  readonly #parts: ImportParts;
  readonly #request: ImportRequest;
  readonly #markets = new Map<string, StoredMarket>();
  readonly #files: SourceFile[] = [];
  readonly #oddities: Oddity[] = [];
  readonly #failures: AppError[] = [];
  readonly #bytesTotal: number;
  #bytesRead = 0;
  /** What is being read, where a file holds several. */
  #source = '';
  #messages = 0;

  constructor(parts: ImportParts, request: ImportRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#bytesTotal = request.files.reduce((sum, file) => sum + file.size, 0);
  }

  async into(folder: string): Promise<Sidecar> {
    const { files, signal } = this.#request;
    await this.#parts.parquet();
    for (const [index, file] of files.entries()) {
      checkAborted(signal, `import of ${file.name}`);
      const before = this.#bytesRead;
      this.#source = '';
      try {
        await this.#take(folder, file, index);
      } catch (thrown) {
        this.#refuse(file, asAppError(thrown, file.name));
      }
      this.#bytesRead = before + file.size;
    }
    const [first] = this.#failures;
    if (this.#markets.size === 0) throw this.#failures.length === 1 && first ? first : this.#nothing();
    checkAborted(signal, 'import');
    this.#tell('cataloguing', files.length - 1);
    return await this.#sidecar();
  }

  /** A recording's markets are taken over when the whole of it has been read: a bad one leaves none. */
  async #take(folder: string, file: File, index: number): Promise<void> {
    const { signal } = this.#request;
    const base = { read: this.#bytesRead, messages: this.#messages };
    let written: StoredMarket[] = [];
    let member = 0;
    try {
      const result = await this.#parts.read(file, {
        ...(signal === undefined ? {} : { signal }),
        breathe: this.#parts.breathe,
        onProgress: ({ bytesRead, messages, path }) => {
          this.#bytesRead = base.read + bytesRead;
          this.#messages = base.messages + messages;
          this.#source = path;
          this.#tell('reading', index, written.length);
        },
        onMarket: async (market) => {
          checkAborted(signal, `import of ${file.name}`);
          const from = member === 0 ? String(index) : `${String(index)}-${String(member)}`;
          written.push(await this.#write(folder, `${encodeURIComponent(market.record.id)}.${from}`, market));
          this.#tell('writing', index, written.length);
          await this.#parts.breathe();
        },
        onMember: async ({ path, sound }) => {
          for (const market of written) await (sound ? this.#keep(folder, path, market) : this.#drop(folder, market));
          written = [];
          member++;
        }
      });
      this.#messages = base.messages + result.messages;
      this.#oddities.push(...result.oddities);
      this.#files.push({
        name: file.name,
        bytes: file.size,
        sha256: result.sha256,
        container: result.container,
        messages: result.messages,
        markets: result.markets,
        ...(result.members === undefined ? {} : { members: result.members })
      });
    } catch (thrown) {
      this.#messages = base.messages;
      for (const market of written) await this.#drop(folder, market);
      throw thrown;
    }
  }

  async #write(folder: string, name: string, market: ReadMarket): Promise<StoredMarket> {
    const silver = tapeToParquet(market.tape);
    const bronze = bronzeToParquet(market.bronze);
    const stored: StoredMarket = {
      record: market.record,
      tape: tapeSidecar(market.tape),
      silver: `silver/${name}.parquet`,
      bronze: `bronze/${name}.parquet`,
      silverBytes: silver.length,
      bronzeBytes: bronze.length
    };
    await this.#parts.store.write(`${folder}/${stored.silver}`, silver);
    await this.#parts.store.write(`${folder}/bronze/${name}.parquet`, bronze);
    if (market.bars === undefined) return stored;
    const bars = `bars/${name}.parquet`;
    await this.#parts.store.write(`${folder}/${bars}`, barsToParquet(market.bars));
    return { ...stored, bars };
  }

  /** Of a market that several files hold the longest recording is kept; that it was so is told. */
  async #keep(folder: string, path: string, market: StoredMarket): Promise<void> {
    const { id, messages } = market.record;
    const former = this.#markets.get(id);
    if (former === undefined) {
      this.#markets.set(id, market);
      return;
    }
    const longer = messages > former.record.messages ? market : former;
    this.#oddities.push({
      code: DUPLICATE_MARKET,
      count: 1,
      example: `${path}: market ${id} stands in an earlier file too; the recording of ${String(longer.record.messages)} messages was kept`,
      severity: 'warning'
    });
    this.#markets.set(id, longer);
    await this.#drop(folder, longer === market ? former : market);
  }

  async #drop(folder: string, market: StoredMarket): Promise<void> {
    await this.#parts.store.remove(`${folder}/${market.silver}`);
    if (market.bronze !== undefined) await this.#parts.store.remove(`${folder}/${market.bronze}`);
    if (market.bars !== undefined) await this.#parts.store.remove(`${folder}/${market.bars}`);
  }

  /** A bad file among others is told and passed over; a cancel, a full disk or a bug ends the import. */
  #refuse(file: File, error: AppError): void {
    if (!error.code.startsWith('data.')) throw error;
    this.#failures.push(error);
    this.#oddities.push({ code: UNREADABLE_FILE, count: 1, example: error.message, severity: 'error' });
  }

  #nothing(): AppError {
    const reasons = this.#failures.map((error) => error.message).join(' / ');
    return new AppError('data.empty', {
      subject: this.#request.files.map((file) => file.name).join(', '),
      expected: 'at least one recorded market',
      got: reasons === '' ? 'no market was found' : `none could be read (${reasons})`,
      remedy: 'choose recordings, plain, packed (.bz2, .gz, .zst) or in an archive (.tar, .zip)'
    });
  }

  async #sidecar(): Promise<Sidecar> {
    const { clock, codeVersion } = this.#parts;
    const markets = [...this.#markets.values()];
    const silver = await layerSchema(SILVER_COLUMNS);
    const dataset = await datasetRecord({
      name: this.#request.name ?? nameOf(this.#request.files[0]?.name ?? 'import'),
      origin: this.#request.origin ?? 'import',
      createdMillis: clock.epochMillis(),
      codeVersion,
      schemaHash: silver.schemaHash,
      files: this.#files,
      markets,
      oddities: this.#oddities
    });
    return {
      version: SIDECAR_VERSION,
      rowsVersion: ROWS_VERSION,
      codeVersion,
      transforms: ['decode', 'parse to tape', 'parquet, zstd'],
      layers: {
        silver,
        bronze: await layerSchema(BRONZE_COLUMNS),
        ...(markets.some((market) => market.bars) ? { bars: await layerSchema(BARS_COLUMNS) } : {})
      },
      dataset,
      markets
    };
  }

  #tell(phase: ImportProgress['phase'], fileIndex: number, more = 0): void {
    const { files, onProgress } = this.#request;
    onProgress?.({
      phase,
      file: this.#source === '' ? (files[fileIndex]?.name ?? '') : this.#source,
      fileIndex,
      files: files.length,
      bytesRead: Math.min(this.#bytesRead, this.#bytesTotal),
      bytesTotal: this.#bytesTotal,
      messages: this.#messages,
      markets: this.#markets.size + more
    });
  }
}

/** A file's name without the endings that only say how it is packed. */
export const nameOf = (file: string): string =>
  file.replace(/(\.(bz2|gz|zst|zip|tar|tgz|tbz2?|json|ndjson|jsonl|txt))+$/i, '') || file;
