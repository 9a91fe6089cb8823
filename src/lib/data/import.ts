/**
 * Files in, a dataset out: read, decoded and parsed as they stream, each market written as bronze and silver, listed
 * last. What cannot be read is told beside what could; nothing half-done stays.
 */
import { AppError, asAppError, checkAborted } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import type { Catalogue } from './catalogue.ts';
import { ImportJournal, markFiles } from './import-journal.ts';
import type { FileMark, FinishedMember, JoinedWith, UnfinishedImport } from './import-journal.ts';
import { isArchivedDataset, restoreDataset } from './dataset-archive.ts';
import { layerBytesOf, layerHead, layerPath, layerPlace, listLayers } from './imported-layers.ts';
import type { StoredLayer } from './imported-layers.ts';
import { LAYER_WORDS, layersAloneReason } from './layer-about.ts';
import type { LayerFile } from './layer-about.ts';
import { datasetRecord } from './dataset-record.ts';
import { sniff } from './decode/decode.ts';
import { BARS_COLUMNS, barsToParquet } from './parquet/bars.ts';
import { bronzeToParquet, BRONZE_COLUMNS } from './parquet/bronze.ts';
import { SILVER_COLUMNS, tapeSidecar, tapeToParquet } from './parquet/silver.ts';
import { marketQuality } from './quality/market-quality.ts';
import type { ReadMarket, RecordingReader } from './recording.ts';
import type {
  BesideFile,
  DatasetRecord,
  ImportProgress,
  ImportReport,
  Oddity,
  PartialImport,
  SourceFile
} from './records.ts';
import { Sha256 } from './sha256.ts';
import { ROWS_VERSION, SIDECAR_VERSION, isLayersAlone, layerSchema, sidecarText } from './sidecar.ts';
import type { Sidecar, StoredMarket } from './sidecar.ts';
import type { FileStore } from './store/file-store.ts';

/** Stable code of a file that gave nothing, kept beside the files that did. */
export const UNREADABLE_FILE = 'unreadable-file';
export const DUPLICATE_MARKET = 'market-in-several-files';
/** Of rows of a layer above silver that came by themselves. */
export const LAYER_IMPORTED = 'layer-imported';
/** Of such rows that do not go with those before them. */
export const LAYER_LEFT_OUT = 'layer-left-out';
/** Of an import that ended before its files did. */
export const IMPORT_STOPPED = 'import-stopped';
/** A dataset that is in the catalogue under another name. */
export const ALREADY_IMPORTED = 'already-imported';

export interface ImportRequest {
  readonly files: readonly File[];
  /** Files that hold nothing but what these are joined with: named in the dataset. */
  readonly beside?: readonly File[];
  /** What these, and archives among the files, hold of that. An import that is gone on with has what it began with. */
  readonly joined?: JoinedWith;
  readonly name?: string;
  readonly origin?: 'import' | 'fetch';
  /** The half-finished import to continue: `UnfinishedImport.id`. */
  readonly resume?: string;
  /** Under which the page keeps handles of the files, where the browser gives any. */
  readonly key?: string;
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
 * Goes on where a closed tab or a full disk stopped when a half-finished import is named, or the very files of one are
 * given. On a full disk what is finished becomes a dataset that says it is partial.
 * @throws aborted when the signal fires, storage.full when there is no room for anything, the one file's own error when
 *   none could be read; nothing is left behind then, but of an import that was continued what it had before
 */
export async function importFiles(parts: ImportParts, request: ImportRequest): Promise<ImportReport> {
  if (request.files.length === 0 && request.resume === undefined) {
    throw new AppError('data.empty', {
      subject: 'the import',
      expected: 'one file or more',
      got: 'none was given',
      remedy: 'choose or drop a recording'
    });
  }
  const started = parts.clock.monotonicMillis();
  const dataset = await imported(parts, request);
  // What stopped for want of room is gone on with by the same files.
  if (dataset.partial === undefined) {
    await ImportJournal.remove(parts.store, await parts.catalogue.folder(dataset.name));
  }
  const markets = await parts.catalogue.markets(dataset.name);
  const twin = (await parts.catalogue.datasets()).find(
    (other) => other.name !== dataset.name && other.fingerprint === dataset.fingerprint
  );
  const told = twin === undefined ? dataset : withTwin(dataset, twin.name);
  return { dataset: told, markets, seconds: secondsSince(parts, started) };
}

/** An exported dataset comes back whole, and alone: it has its own name, rules and layers. */
async function restored(parts: ImportParts, request: ImportRequest, file: File): Promise<DatasetRecord> {
  const { catalogue, store } = parts;
  if (request.files.length > 1) {
    throw new AppError('data.kind', {
      subject: file.name,
      expected: 'an exported dataset by itself',
      got: `it came with ${String(request.files.length - 1)} other files`,
      remedy: 'import it alone, and the others without it'
    });
  }
  const { signal, onProgress } = request;
  return await catalogue.add(
    async (folder) =>
      await restoreDataset(file, {
        store,
        folder,
        ...(signal === undefined ? {} : { signal }),
        onRead: (bytesRead) => {
          const figures = { files: 1, fileIndex: 0, bytesTotal: file.size, messages: 0, markets: 0 };
          onProgress?.({ phase: 'reading', file: file.name, bytesRead, ...figures });
        }
      })
  );
}

async function imported(parts: ImportParts, request: ImportRequest): Promise<DatasetRecord> {
  const { catalogue, store, clock } = parts;
  for (const file of request.files) if (await isArchivedDataset(file)) return await restored(parts, request, file);
  const marks = await sayingWhatIsKept(request.files, undefined, () =>
    markFiles(request.files, () => {
      checkAborted(request.signal, 'import');
    })
  );
  const beside = await Promise.all((request.beside ?? []).map(besideFile));
  const id = request.resume ?? (await halfOf(parts, marks, beside));
  if (id !== undefined) {
    const before = (await catalogue.unfinished()).find((one) => one.id === id)?.dataset;
    return await sayingWhatIsKept(request.files, before, () =>
      catalogue.resume(id, async (folder) => {
        const journal = await ImportJournal.open(store, folder, ROWS_VERSION);
        if (journal === undefined) throw outdated(id);
        const files = journal.arrange(request.files, marks);
        await journal.mend();
        return await new ImportRun(parts, request, { journal, files }).into(folder);
      })
    );
  }
  return await sayingWhatIsKept(request.files, undefined, () =>
    catalogue.add(async (folder) => {
      const journal = await ImportJournal.begin(store, folder, {
        rowsVersion: ROWS_VERSION,
        name: request.name ?? datasetName(request.files.map((file) => file.name)),
        origin: request.origin ?? 'import',
        startedMillis: clock.epochMillis(),
        files: marks,
        joined: request.joined,
        ...(beside.length === 0 ? {} : { beside }),
        ...(request.key === undefined ? {} : { key: request.key })
      });
      return await new ImportRun(parts, request, { journal, files: request.files }).into(folder);
    })
  );
}

/**
 * A cancel that says what it left.
 * @param before dataset that listed what was finished before; it stays as it was
 */
export async function sayingWhatIsKept<T>(
  files: readonly File[],
  before: string | undefined,
  work: () => Promise<T>
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'aborted') throw thrown;
    throw new AppError('aborted', {
      subject: `the import of ${datasetName(files.map((file) => file.name))}`,
      got: `it was cancelled; ${before === undefined ? 'nothing of it was kept' : `${before} keeps what was finished before`}, and what else is stored is as it was`,
      remedy: 'import the files again when you want them',
      cause: thrown
    });
  }
}

/** The half-finished import of these very files, if there is one. */
async function halfOf(
  parts: ImportParts,
  marks: readonly FileMark[],
  beside: readonly BesideFile[]
): Promise<string | undefined> {
  for (const { id, folder } of await parts.catalogue.unfinished()) {
    const journal = await ImportJournal.open(parts.store, folder, ROWS_VERSION);
    if (journal?.isOf(marks, beside) === true) return id;
  }
  return undefined;
}

/** Imports that a closed tab left half-done, the oldest first; one that no version here can continue is cleared. */
export async function unfinishedImports(
  parts: Pick<ImportParts, 'catalogue' | 'store'>
): Promise<readonly UnfinishedImport[]> {
  const found: UnfinishedImport[] = [];
  for (const { id, folder, dataset } of await parts.catalogue.unfinished()) {
    const journal = await ImportJournal.open(parts.store, folder, ROWS_VERSION);
    if (journal === undefined) await parts.catalogue.discard(id);
    else found.push(journal.shown(id, dataset));
  }
  return found;
}

const outdated = (id: string): AppError =>
  new AppError('data.drift', {
    subject: `half-finished import ${id}`,
    expected: `what parser version ${String(ROWS_VERSION)} wrote`,
    got: 'another version of the app began it',
    remedy: 'discard it and import the files again'
  });

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
  /** Names of the files that gave nothing. */
  readonly #unread: string[] = [];
  /** By place of a layer: what its files have in common. */
  readonly #heads = new Map<string, string>();
  readonly #journal: ImportJournal;
  /** In the journal's order; undefined in the place of one that is done. */
  readonly #given: readonly (File | undefined)[];
  readonly #bytesTotal: number;
  #bytesRead = 0;
  /** What is being read, where a file holds several. */
  #source = '';
  #messages = 0;
  /** Of the market that is being written. */
  #unfitBytes = 0;

  constructor(
    parts: ImportParts,
    request: ImportRequest,
    from: { readonly journal: ImportJournal; readonly files: readonly (File | undefined)[] }
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#journal = from.journal;
    this.#given = from.files;
    this.#bytesTotal = from.journal.head.files.reduce((sum, file) => sum + file.bytes, 0);
  }

  async into(folder: string): Promise<Sidecar> {
    await this.#parts.parquet();
    try {
      await this.#takeAll(folder);
      const [first] = this.#failures;
      if (this.#markets.size === 0) throw this.#failures.length === 1 && first ? first : this.#nothing();
      checkAborted(this.#request.signal, 'import');
      this.#tell('cataloguing', this.#journal.head.files.length - 1);
      await listLayers(this.#parts.store, folder, [...this.#markets.values()]);
      const sidecar = await this.#sidecar();
      await this.#layAside(folder, sidecar);
      return sidecar;
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'storage.full') throw thrown;
      return await this.#stopped(folder, thrown);
    }
  }

  async #takeAll(folder: string): Promise<void> {
    const { signal } = this.#request;
    for (const [index, { name, bytes }] of this.#journal.head.files.entries()) {
      checkAborted(signal, `import of ${name}`);
      const before = this.#bytesRead;
      this.#source = '';
      const done = this.#journal.members(index);
      for (const member of done) {
        for (const market of member.markets) await this.#keep(folder, member.path, market);
      }
      const finished = this.#journal.file(index);
      const file = this.#given[index];
      if (finished !== undefined) {
        this.#messages += finished.source.messages;
        this.#oddities.push(...finished.oddities);
        this.#files.push(finished.source);
      } else if (file !== undefined) {
        try {
          await this.#take({ folder, file, index, done });
        } catch (thrown) {
          if (thrown instanceof FileChanged) throw changed(file.name);
          this.#refuse(file, asAppError(thrown, file.name));
        }
      }
      this.#bytesRead = before + bytes;
    }
  }

  /** There is no room for more: what is finished is listed, as a part. */
  async #stopped(folder: string, thrown: AppError): Promise<Sidecar> {
    const { store } = this.#parts;
    const { usedBytes, quotaBytes } = await store.usage();
    const stored = [...this.#markets.values()].reduce(
      (sum, one) => sum + one.silverBytes + one.bronzeBytes + layerBytesOf(one),
      0
    );
    const share = this.#bytesTotal === 0 ? 0 : this.#bytesRead / this.#bytesTotal;
    const rest = share > 0 && stored > 0 ? Math.round(stored / share - stored) : 0;
    const neededBytes = Math.max(rest, this.#unfitBytes, LISTING_BYTES);
    const leftBytes = Math.max(0, quotaBytes - usedBytes);
    const full = new AppError('storage.full', {
      subject: `the import of ${this.#journal.head.name}`,
      expected: `room for about ${megabytes(neededBytes)} more`,
      got: `${megabytes(leftBytes)} that the browser says are left, and a write that did not fit`,
      remedy: 'delete a dataset or free space on the disk, then give the same files again: it goes on from there',
      cause: thrown
    });
    for (;;) {
      const last = [...this.#markets.values()].at(-1);
      if (last === undefined) throw full;
      const unreadFiles = this.#journal.head.files.filter((_, i) => this.#journal.file(i) === undefined).length;
      const { got, remedy } = full;
      const oddity: Oddity = { code: IMPORT_STOPPED, count: 1, severity: 'error', example: full.message };
      const sidecar = await this.#sidecar({ got, remedy, neededBytes, leftBytes, unreadFiles }, oddity);
      if (await this.#fits(folder, sidecar)) return sidecar;
      // To be listed takes room too: the last market makes it.
      this.#markets.delete(last.record.id);
      this.#journal.forget(last.silver);
      await this.#drop(folder, last);
    }
  }

  /** Whether there is room to list the dataset, and for the journal to say what it holds. */
  async #fits(folder: string, sidecar: Sidecar): Promise<boolean> {
    try {
      await listLayers(this.#parts.store, folder, sidecar.markets);
      await this.#layAside(folder, sidecar);
      await this.#journal.mend();
      return true;
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'storage.full') throw thrown;
      return false;
    }
  }

  /** @throws storage.full when the metadata, and one more dataset in the list of all, would not fit */
  async #layAside(folder: string, sidecar: Sidecar): Promise<void> {
    const { store } = this.#parts;
    try {
      await store.write(
        `${folder}/room`,
        new Uint8Array(sidecarText(sidecar).length + 2 * JSON.stringify(sidecar.dataset).length)
      );
    } finally {
      await store.remove(`${folder}/room`);
    }
  }

  /** A recording's markets are taken over when the whole of it has been read: a bad one leaves none. */
  async #take(from: {
    readonly folder: string;
    readonly file: File;
    readonly index: number;
    readonly done: readonly FinishedMember[];
  }): Promise<void> {
    const { folder, file, index, done } = from;
    const { signal } = this.#request;
    const base = { read: this.#bytesRead, messages: this.#messages };
    const before = new Map(done.map((one) => [one.member, one]));
    let written: StoredMarket[] = [];
    try {
      const result = await this.#parts.read(file, {
        ...(signal === undefined ? {} : { signal }),
        ...this.#journal.joined,
        breathe: this.#parts.breathe,
        onProgress: ({ bytesRead, messages, path }) => {
          this.#bytesRead = base.read + bytesRead;
          this.#messages = base.messages + messages;
          this.#source = path;
          this.#tell('reading', index, written.length);
        },
        onMarket: async (market, member = 0) => {
          checkAborted(signal, `import of ${file.name}`);
          const from = member === 0 ? String(index) : `${String(index)}-${String(member)}`;
          written.push(await this.#write(folder, `${encodeURIComponent(market.record.id)}.${from}`, market));
          this.#tell('writing', index, written.length);
          await this.#parts.breathe();
        },
        finished: ({ path, number, sha256 }) => {
          const one = before.get(number);
          if (one === undefined) return undefined;
          if (one.sha256 !== sha256 || one.path !== path) throw new FileChanged();
          return { messages: one.messages, markets: one.markets.length, oddities: one.oddities };
        },
        onMember: async ({ path, number, sha256, sound, messages, oddities }) => {
          for (const market of written) await (sound ? this.#keep(folder, path, market) : this.#drop(folder, market));
          const markets = written;
          written = [];
          if (!sound) return;
          await this.#journal.add({
            kind: 'member',
            file: index,
            member: number,
            path,
            sha256,
            messages,
            oddities,
            markets
          });
        }
      });
      this.#messages = base.messages + result.messages;
      this.#oddities.push(...result.oddities);
      const source: SourceFile = {
        name: file.name,
        bytes: file.size,
        sha256: result.sha256,
        container: result.container,
        messages: result.messages,
        markets: result.markets,
        ...(result.members === undefined ? {} : { members: result.members })
      };
      this.#files.push(source);
      await this.#journal.add({ kind: 'file', file: index, source, oddities: result.oddities });
    } catch (thrown) {
      this.#messages = base.messages;
      const isFull = thrown instanceof AppError && thrown.code === 'storage.full';
      // Each was whole when it was written.
      for (const market of written) await (isFull ? this.#keep(folder, file.name, market) : this.#drop(folder, market));
      if (isFull) this.#files.push(await unreadFile(file, done));
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
      bronzeBytes: bronze.length,
      // Of what came as a layer above there is nothing to judge.
      ...(market.layer === undefined ? { quality: marketQuality(market.record, market.tape, market.bronze) } : {}),
      ...(market.readAs === undefined ? {} : { readAs: market.readAs })
    };
    const bars = market.bars === undefined ? undefined : barsToParquet(market.bars);
    this.#unfitBytes = silver.length + bronze.length + (bars?.length ?? 0) + (market.layer?.bytes.length ?? 0);
    await this.#parts.store.write(`${folder}/${stored.silver}`, silver);
    await this.#parts.store.write(`${folder}/bronze/${name}.parquet`, bronze);
    if (bars !== undefined) await this.#parts.store.write(`${folder}/bars/${name}.parquet`, bars);
    const layers = market.layer === undefined ? undefined : [await this.#writeLayer(folder, name, market.layer)];
    this.#unfitBytes = 0;
    return {
      ...stored,
      ...(bars === undefined ? {} : { bars: `bars/${name}.parquet` }),
      ...(layers === undefined ? {} : { layers })
    };
  }

  async #writeLayer(folder: string, name: string, { bytes, ...told }: LayerFile): Promise<StoredLayer> {
    const file = layerPath(told.about, `${name}.parquet`);
    await this.#parts.store.write(`${folder}/${file}`, bytes);
    return { ...told, file, bytes: bytes.length };
  }

  /**
   * Of a market that several files hold the longest recording is kept; that it was so is told. Rows of layers above go
   * with whichever it is.
   */
  async #keep(folder: string, path: string, read: StoredMarket): Promise<void> {
    const market = await this.#fitting(folder, path, read);
    if (market === undefined) return;
    const { id, messages } = market.record;
    const former = this.#markets.get(id);
    if (former === undefined) {
      this.#markets.set(id, market);
      return;
    }
    if (isLayersAlone(market) || isLayersAlone(former)) {
      const [kept, other] = isLayersAlone(former) && !isLayersAlone(market) ? [market, former] : [former, market];
      const layers = [...(former.layers ?? []), ...(market.layers ?? [])];
      const reason = layersAloneReason(layers.map(({ about }) => about));
      const record = isLayersAlone(kept) ? { ...kept.record, reason } : kept.record;
      this.#markets.set(id, { ...kept, record, layers });
      await this.#drop(folder, { ...other, layers: [] });
      return;
    }
    const longer = messages > former.record.messages ? market : former;
    this.#oddities.push({
      code: DUPLICATE_MARKET,
      count: 1,
      example: `${path}: market ${id} stands in an earlier file too; the recording of ${String(longer.record.messages)} messages was kept`,
      severity: 'warning'
    });
    const { layers } = former;
    this.#markets.set(id, layers === undefined ? longer : { ...longer, layers });
    await this.#drop(folder, { ...(longer === market ? former : market), layers: [] });
  }

  /** Without the rows of a layer that cannot stand beside those of other markets, or stand there already. */
  async #fitting(folder: string, path: string, market: StoredMarket): Promise<StoredMarket | undefined> {
    const [layer] = market.layers ?? [];
    if (layer === undefined) return market;
    const { id } = market.record;
    const place = layerPlace(layer.about);
    const head = layerHead(layer.about);
    const words = `${path}: ${LAYER_WORDS[layer.about.kind]} of market ${id}`;
    const isThere = this.#markets.get(id)?.layers?.some(({ about }) => layerPlace(about) === place) === true;
    const other = (this.#heads.get(place) ?? head) !== head;
    if (!isThere && !other) {
      this.#heads.set(place, head);
      const example = `${words} are kept as they came: they can be asked and exported, not built again`;
      this.#oddities.push({ code: LAYER_IMPORTED, count: 1, severity: 'note', example });
      return market;
    }
    const why = isThere
      ? 'stand in an earlier file too'
      : 'were made with other settings than those before them; import them by themselves';
    this.#oddities.push({ code: LAYER_LEFT_OUT, count: 1, severity: 'error', example: `${words} ${why}` });
    await this.#drop(folder, market);
    return undefined;
  }

  async #drop(folder: string, market: StoredMarket): Promise<void> {
    await this.#parts.store.remove(`${folder}/${market.silver}`);
    if (market.bronze !== undefined) await this.#parts.store.remove(`${folder}/${market.bronze}`);
    if (market.bars !== undefined) await this.#parts.store.remove(`${folder}/${market.bars}`);
    for (const { file } of market.layers ?? []) await this.#parts.store.remove(`${folder}/${file}`);
  }

  /** A bad file among others is told and passed over; a cancel, a full disk or a bug ends the import. */
  #refuse(file: File, error: AppError): void {
    if (!error.code.startsWith('data.')) throw error;
    this.#failures.push(error);
    this.#unread.push(file.name);
  }

  /** Why the first gave nothing, and the names of all the others. */
  #unreadable(): readonly Oddity[] {
    const [first] = this.#failures;
    if (first === undefined) return [];
    const others = this.#unread.slice(1);
    const example = others.length === 0 ? first.message : `${first.message}. Nor could be read: ${others.join(', ')}`;
    return [{ code: UNREADABLE_FILE, count: this.#unread.length, example, severity: 'error' }];
  }

  #nothing(): AppError {
    const reasons = this.#failures.map((error) => error.message).join(' / ');
    return new AppError('data.empty', {
      subject: this.#journal.head.files.map((file) => file.name).join(', '),
      expected: 'at least one recorded market',
      got: reasons === '' ? 'no market was found' : `none could be read (${reasons})`,
      remedy: 'choose recordings, plain, packed (.bz2, .gz, .zst) or in an archive (.tar, .zip)'
    });
  }

  async #sidecar(partial?: PartialImport, stopped?: Oddity): Promise<Sidecar> {
    const { clock, codeVersion } = this.#parts;
    const markets = [...this.#markets.values()];
    const silver = await layerSchema(SILVER_COLUMNS);
    const dataset = await datasetRecord({
      name: this.#name(),
      origin: this.#journal.head.origin,
      createdMillis: clock.epochMillis(),
      codeVersion,
      schemaHash: silver.schemaHash,
      files: this.#files,
      ...(this.#journal.head.beside === undefined ? {} : { beside: this.#journal.head.beside }),
      markets,
      oddities: [...(stopped === undefined ? [] : [stopped]), ...this.#unreadable(), ...this.#oddities],
      ...(partial === undefined ? {} : { partial })
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

  /** One that was named after its files is named after those that could be read. */
  #name(): string {
    const { name, files } = this.#journal.head;
    const read = this.#files.map((file) => file.name);
    return read.length > 0 && name === datasetName(files.map((file) => file.name)) ? datasetName(read) : name;
  }

  #tell(phase: ImportProgress['phase'], fileIndex: number, more = 0): void {
    const { files } = this.#journal.head;
    this.#request.onProgress?.({
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

/** The least that is said to be needed: to list a dataset takes that. */
const LISTING_BYTES = 1 << 14;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Answers of an interface: small enough to be hashed as a whole. */
async function besideFile(file: File): Promise<BesideFile> {
  const hash = new Sha256();
  hash.update(new Uint8Array(await file.arrayBuffer()));
  return { name: file.name, bytes: file.size, sha256: hash.hex() };
}

/** A file that was not read to its end: its digest is not known. */
async function unreadFile(file: File, done: readonly FinishedMember[]): Promise<SourceFile> {
  return {
    name: file.name,
    bytes: file.size,
    sha256: '',
    container: sniff(new Uint8Array(await file.slice(0, 512).arrayBuffer())),
    messages: done.reduce((sum, one) => sum + one.messages, 0),
    markets: done.reduce((sum, one) => sum + one.markets.length, 0)
  };
}

/** No `AppError`: a fault of data would be passed over as one bad file among others. */
class FileChanged extends Error {}

const changed = (name: string): AppError =>
  new AppError('data.drift', {
    subject: name,
    expected: 'the bytes that the half-finished import began with',
    got: 'others, with the same beginning and end',
    remedy: 'discard the half-finished import and import this file anew'
  });

const NAMED = 2;
const LONGEST_NAME = 100;

/** What a dataset of these files is called: after them, the first two by name. */
export function datasetName(files: readonly string[]): string {
  const names = files.flatMap((file) => file.split(' + ')).map(nameOf);
  const shown = names.slice(0, names.slice(0, NAMED).join().length > LONGEST_NAME ? 1 : NAMED);
  const more = names.length - shown.length;
  return [...shown, ...(more > 0 ? [`${String(more)} more`] : [])].join(' + ') || 'import';
}

/** A file's name without the endings that only say how it is packed. */
const nameOf = (file: string): string =>
  file.replace(/(\.(bz2|gz|zst|zip|tar|tgz|tbz2?|json|ndjson|jsonl|txt|csv|tsv|feather|arrow|parquet))+$/i, '') || file;
