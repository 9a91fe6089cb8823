/**
 * What an import under way leaves beside its layers, so that a closed tab or a reload costs no more than the recording
 * that was being read: which files it takes, how each is recognised when it is given again, and what has been finished.
 * Written as the import goes, removed once the dataset is listed. Knows no format and no page.
 */
import { AppError } from '../core/errors.ts';
import type { BookImage } from './binance/book-image.ts';
import type { KalshiTerms } from './kalshi/metadata.ts';
import type { BesideFile, DatasetRecord, Oddity, SourceFile } from './records.ts';
import { Sha256 } from './sha256.ts';
import type { StoredMarket } from './sidecar.ts';
import type { FileStore } from './store/file-store.ts';
import { readText } from './store/file-store.ts';

/** Its presence makes a folder that is not in the catalogue an import to continue, not debris. */
export const JOURNAL_HEAD = 'import.json';
const JOURNAL_LINES = 'import.ndjson';
/** What its recordings are joined with: who goes on need not give those files again. Absent where there is nothing. */
const JOURNAL_JOINED = 'import-joined.json';
export const isJournal = (file: string): boolean =>
  file === JOURNAL_HEAD || file === JOURNAL_LINES || file === JOURNAL_JOINED;
/** Raised with every change of the shapes below: the journal of another version is not continued. */
const JOURNAL_VERSION = 1;
/** So much of a file's beginning and of its end is hashed to know it again. */
const END_BYTES = 1 << 16;

/** A file as it can be known again without reading the whole of it. */
export interface FileMark {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256, hex, of its first and its last 64 KiB. */
  readonly ends: string;
}

/** What was read beforehand of files beside the recordings. Plain data. */
export interface JoinedWith {
  /** What Kalshi says of its markets. */
  readonly terms: readonly KalshiTerms[];
  /** Order books that Binance's streams begin from. */
  readonly images: readonly BookImage[];
}

const NOTHING_JOINED: JoinedWith = { terms: [], images: [] };

interface JournalHead {
  readonly version: number;
  /** As `ROWS_VERSION` was: what another parser would make is not added to what this one made. */
  readonly rowsVersion: number;
  readonly name: string;
  readonly origin: DatasetRecord['origin'];
  readonly startedMillis: number;
  readonly files: readonly FileMark[];
  /** Read beside them; none where absent. */
  readonly beside?: readonly BesideFile[];
  /** Under which the page keeps handles of the files, where the browser gives any. */
  readonly key?: string;
}

/** A recording within a file that has been read to its end, with its markets as they are stored. */
export interface FinishedMember {
  readonly kind: 'member';
  readonly file: number;
  readonly member: number;
  readonly path: string;
  /** Of the whole file: that of another with the same ends is refused. */
  readonly sha256: string;
  readonly messages: number;
  readonly oddities: readonly Oddity[];
  readonly markets: readonly StoredMarket[];
}

/** A file that need not be opened again. */
export interface FinishedFile {
  readonly kind: 'file';
  readonly file: number;
  readonly source: SourceFile;
  readonly oddities: readonly Oddity[];
}

type JournalLine = FinishedMember | FinishedFile;

/** An import that a closed tab left half-done, as it is shown. */
export interface UnfinishedImport {
  readonly id: string;
  readonly name: string;
  readonly startedMillis: number;
  readonly files: readonly FileMark[];
  readonly finishedFiles: number;
  /** Markets that need not be read again. */
  readonly markets: number;
  /** The dataset that lists what is finished, where it stopped for want of room; absent where none does yet. */
  readonly dataset?: string;
  readonly storedBytes: number;
  readonly key?: string;
}

/** @param signalled called between files, to let a cancel in */
export async function markFiles(files: readonly File[], signalled: () => void): Promise<readonly FileMark[]> {
  const marks: FileMark[] = [];
  for (const file of files) {
    signalled();
    const hash = new Sha256();
    hash.update(new Uint8Array(await file.slice(0, END_BYTES).arrayBuffer()));
    if (file.size > END_BYTES) {
      hash.update(new Uint8Array(await file.slice(Math.max(END_BYTES, file.size - END_BYTES)).arrayBuffer()));
    }
    marks.push({ name: file.name, bytes: file.size, ends: hash.hex() });
  }
  return marks;
}

const sameFile = (one: FileMark, other: FileMark): boolean => one.bytes === other.bytes && one.ends === other.ends;

export class ImportJournal {
  readonly head: JournalHead;
  readonly joined: JoinedWith;
  readonly #store: FileStore;
  readonly #folder: string;
  #lines: JournalLine[];

  private constructor(
    place: { readonly store: FileStore; readonly folder: string },
    kept: { readonly head: JournalHead; readonly joined: JoinedWith; readonly lines: JournalLine[] }
  ) {
    this.#store = place.store;
    this.#folder = place.folder;
    this.head = kept.head;
    this.joined = kept.joined;
    this.#lines = kept.lines;
  }

  static async begin(
    store: FileStore,
    folder: string,
    { joined = NOTHING_JOINED, ...about }: Omit<JournalHead, 'version'> & { readonly joined?: JoinedWith | undefined }
  ): Promise<ImportJournal> {
    const head = { version: JOURNAL_VERSION, ...about };
    // Before the head, which makes the folder one to go on in.
    if (joined.terms.length + joined.images.length > 0) {
      await store.write(`${folder}/${JOURNAL_JOINED}`, JSON.stringify(joined));
    }
    await store.write(`${folder}/${JOURNAL_HEAD}`, JSON.stringify(head));
    return new ImportJournal({ store, folder }, { head, joined, lines: [] });
  }

  /**
   * @returns undefined when there is none that this version can continue
   */
  static async open(store: FileStore, folder: string, rowsVersion: number): Promise<ImportJournal | undefined> {
    const head = parsed(await readText(store, `${folder}/${JOURNAL_HEAD}`)) as JournalHead | undefined;
    if (head?.version !== JOURNAL_VERSION || head.rowsVersion !== rowsVersion) return undefined;
    const text = (await readText(store, `${folder}/${JOURNAL_LINES}`)) ?? '';
    const lines: JournalLine[] = [];
    // Lines are appended in place: a torn one is the last, and what it told of is read again.
    for (const line of text.split('\n')) {
      const read = parsed(line) as JournalLine | undefined;
      if (read === undefined) break;
      lines.push(read);
    }
    const joined = await readText(store, `${folder}/${JOURNAL_JOINED}`);
    return new ImportJournal(
      { store, folder },
      { head, lines, joined: joined === undefined ? NOTHING_JOINED : (JSON.parse(joined) as JoinedWith) }
    );
  }

  async add(line: JournalLine): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    await this.#store.append(`${this.#folder}/${JOURNAL_LINES}`, bytes);
    this.#lines.push(line);
  }

  /** Takes back what was said of a market whose files are gone; `mend` writes it. */
  forget(silver: string): void {
    const gone = this.#lines.filter(
      (line): line is FinishedMember =>
        line.kind === 'member' && line.markets.some((market) => market.silver === silver)
    );
    const files = new Set(gone.map(({ file }) => file));
    this.#lines = this.#lines.filter((line) => (line.kind === 'member' ? !gone.includes(line) : !files.has(line.file)));
  }

  /** Written anew without a torn end, so that what is appended next stands on a line of its own. */
  async mend(): Promise<void> {
    const text = this.#lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    await this.#store.write(`${this.#folder}/${JOURNAL_LINES}`, text);
  }

  /** Of a dataset that is listed: there is nothing to continue any more. */
  static async remove(store: FileStore, folder: string): Promise<void> {
    await store.remove(`${folder}/${JOURNAL_LINES}`);
    await store.remove(`${folder}/${JOURNAL_JOINED}`);
    await store.remove(`${folder}/${JOURNAL_HEAD}`);
  }

  members(file: number): readonly FinishedMember[] {
    return this.#lines.filter((line): line is FinishedMember => line.kind === 'member' && line.file === file);
  }

  file(index: number): FinishedFile | undefined {
    return this.#lines.find((line): line is FinishedFile => line.kind === 'file' && line.file === index);
  }

  /** @param dataset that lists what is finished of it */
  shown(id: string, dataset: string | undefined): UnfinishedImport {
    const { name, startedMillis, files, key } = this.head;
    const markets = this.#lines.flatMap((line) => (line.kind === 'member' ? line.markets : []));
    return {
      id,
      name,
      startedMillis,
      files,
      finishedFiles: this.#lines.filter((line) => line.kind === 'file').length,
      markets: new Set(markets.map((market) => market.record.id)).size,
      storedBytes: markets.reduce((sum, one) => sum + one.silverBytes + one.bronzeBytes, 0),
      ...(key === undefined ? {} : { key }),
      ...(dataset === undefined ? {} : { dataset })
    };
  }

  /**
   * The given files in the order in which the import takes them; undefined in the place of one that is done and was not
   * given again.
   * @throws data.missing when one that is still to be read is not among them
   */
  arrange(files: readonly File[], marks: readonly FileMark[]): readonly (File | undefined)[] {
    const left = new Map(files.map((file, index) => [index, file]));
    const lacking: FileMark[] = [];
    const arranged = this.head.files.map((wanted, index) => {
      const at = marks.findIndex((mark, i) => left.has(i) && sameFile(mark, wanted));
      const file = left.get(at);
      left.delete(at);
      if (file === undefined && this.file(index) === undefined) lacking.push(wanted);
      return file;
    });
    const [first] = lacking;
    if (first === undefined) return arranged;
    const more = lacking.length > 1 ? ` and ${String(lacking.length - 1)} more` : '';
    throw new AppError('data.missing', {
      subject: `the import of ${this.head.name}`,
      expected: `the files it began with: ${first.name}, ${first.bytes.toLocaleString('en')} bytes${more}`,
      got: givenText(files, new Set([...left.values()].map((file) => file.name))),
      remedy: 'give the same files again, or discard the half-finished import'
    });
  }

  /**
   * Whether these are the very files the import began with, in any order.
   * @param given beside them: they need not be, and none may be another than it began with
   */
  isOf(marks: readonly FileMark[], given: readonly BesideFile[]): boolean {
    const { files, beside = [] } = this.head;
    return (
      files.length === marks.length &&
      files.every((file) => marks.some((mark) => sameFile(file, mark))) &&
      given.every(({ sha256 }) => beside.some((one) => one.sha256 === sha256))
    );
  }
}

/** @param others names of those that are none of the wanted ones */
function givenText(files: readonly File[], others: ReadonlySet<string>): string {
  if (files.length === 0) return 'none of them';
  const known = files.filter((file) => !others.has(file.name)).map((file) => file.name);
  return [
    known.length === 0 ? '' : `${known.join(', ')} alone`,
    others.size === 0 ? '' : `${[...others].join(', ')}: not the same bytes`
  ]
    .filter((part) => part !== '')
    .join('; ');
}

/** JSON has no NaN (a market without a scheduled start): it is written as null, and nothing else is. */
function parsed(text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text, (_key, value: unknown) => (value === null ? Number.NaN : value));
  } catch {
    return undefined;
  }
}
