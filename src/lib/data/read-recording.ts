/**
 * Reads one file of any kind an import takes: hashes it, takes it out of whatever it is packed in, hands each recording
 * in it to its venue's parser. A recording that cannot be read costs itself alone where others stand beside it.
 */
import { AppError, checkAborted } from '../core/errors.ts';
import type { Member, MemberOptions } from './archive/members.ts';
import { members } from './archive/members.ts';
import type { TableReading } from './bars/table-reading.ts';
import type { Chosen } from './choose-kind.ts';
import { chooseKind } from './choose-kind.ts';
import type { RecordingKind } from './import-question.ts';
import type { KalshiTerms } from './kalshi/metadata.ts';
import { readTerms } from './kalshi/metadata.ts';
import { mergeOddities } from './oddities.ts';
import { readDocument } from './read-document.ts';
import { HEAD_BYTES } from './recognise.ts';
import type { ReadMarket, ReadOptions, Recording } from './recording.ts';
import type { Container, Oddity } from './records.ts';
import { Sha256 } from './sha256.ts';
import type { StreamKind, VenueReader } from './venue-reader.ts';
import { isDocument, readerFor } from './venue-reader.ts';

/** Stable code of a file that ends in the middle of its data: what comes before the end is kept. */
export const FILE_TRUNCATED = 'file-truncated';
/** Of a market whose recording ended so. */
export const MARKET_CUT_OFF = 'market-cut-off';
/** Stable code of an archive that could not be read to its end: its members before that are kept. */
export const ARCHIVE_DAMAGED = 'archive-damaged';
/** Of a recording in an archive that gave nothing. */
export const UNREADABLE_MEMBER = 'unreadable-member';
/** Of what stands in an archive and is no recording. */
export const OTHER_MEMBER = 'other-member';
export const REPEATED_PATH = 'repeated-path';

/** Of what an exchange says of its markets beside a recording of them. */
export const KALSHI_METADATA = 'kalshi-metadata';

type DocumentKind = Exclude<RecordingKind, StreamKind>;

/** No answer of an exchange is near this; a year of candles of a minute is a tenth of that. */
const LONGEST_ANSWER = 64 << 20;
const LONGEST_TABLE = 256 << 20;
/** So much of what an archive holds is named when nothing in it could be read. */
const NAMED = 10;

type FileMember = Extract<Member, { kind: 'file' }>;

/** `members`, or the same from another thread. */
export type Unpack = (file: File, options: MemberOptions) => AsyncIterable<Member>;

export async function readRecording(
  file: File,
  options: ReadOptions & { readonly unpack?: Unpack }
): Promise<Recording> {
  const sha256 = await digest(file, options);
  const reading = new FileReading(file.name, sha256, options);
  const { signal, unpack = members } = options;
  try {
    for await (const member of unpack(file, {
      ...(signal === undefined ? {} : { signal }),
      onRead: (bytes) => (reading.bytesRead = bytes)
    })) {
      await reading.take(member);
    }
  } catch (thrown) {
    reading.endWith(thrown);
  }
  return reading.end();
}

class FileReading {
  bytesRead = 0;
  readonly #name: string;
  readonly #sha256: string;
  readonly #options: ReadOptions;
  readonly #oddities: Oddity[] = [];
  readonly #paths = new Set<string>();
  /** Met in this file so far. */
  readonly #terms: KalshiTerms[] = [];
  /** What could not be read, where it is an archive. */
  readonly #failures: AppError[] = [];
  #container: Container = 'plain';
  #isArchive = false;
  #messages = 0;
  #markets = 0;
  #members = 0;
  /** Members met, read or not. */
  #number = 0;

  constructor(name: string, sha256: string, options: ReadOptions) {
    this.#name = name;
    this.#sha256 = sha256;
    this.#options = options;
  }

  /** @throws what is wrong with the one recording of a file that is no archive; aborted, and what is a bug */
  async take(member: Member): Promise<void> {
    this.#isArchive ||= member.path !== this.#name;
    this.#tellRepeated(member.path);
    if (member.kind === 'refused') {
      this.#pass(member.error);
      return;
    }
    this.#container = member.containers[0] ?? 'plain';
    const before = { messages: this.#messages, markets: this.#markets, oddities: this.#oddities.length };
    const place = { path: member.path, number: this.#number++, sha256: this.#sha256 };
    const finished = this.#options.finished?.(place);
    if (finished !== undefined) {
      this.#messages += finished.messages;
      this.#markets += finished.markets;
      this.#oddities.push(...finished.oddities);
      this.#members++;
      this.#tell(member.path, 0);
      await this.#options.breathe();
      return;
    }
    try {
      await this.#read(member);
    } catch (thrown) {
      this.#messages = before.messages;
      this.#markets = before.markets;
      this.#oddities.length = before.oddities;
      await this.#options.onMember?.({ ...place, sound: false, messages: 0, oddities: [] });
      if (!this.#isArchive || !isDataFault(thrown)) throw thrown;
      this.#pass(thrown);
      return;
    }
    this.#members++;
    const messages = this.#messages - before.messages;
    const oddities = this.#oddities.slice(before.oddities);
    await this.#options.onMember?.({ ...place, sound: true, messages, oddities });
  }

  /** What holds the members could not be read to its end. */
  endWith(thrown: unknown): void {
    if (!isDataFault(thrown) || (this.#members === 0 && !this.#isArchive)) throw thrown;
    this.#odd('error', ARCHIVE_DAMAGED, thrown.message);
    if (!this.#failures.includes(thrown)) this.#failures.push(thrown);
  }

  /** @throws data.empty when an archive holds no recording, listing what it does hold */
  end(): Recording {
    if (this.#markets === 0 && (this.#terms.length === 0 || this.#failures.length > 0)) throw this.#nothing();
    if (this.#markets === 0) throw this.#termsAlone();
    return {
      sha256: this.#sha256,
      container: this.#container,
      messages: this.#messages,
      markets: this.#markets,
      ...(this.#isArchive ? { members: this.#members } : {}),
      oddities: mergeOddities([this.#oddities])
    };
  }

  async #read(member: FileMember): Promise<void> {
    const { path, chunks } = member;
    const { signal, breathe } = this.#options;
    let head: Uint8Array = new Uint8Array(0);
    let reader: VenueReader | undefined;
    let cut: AppError | undefined;
    try {
      for await (const chunk of chunks) {
        checkAborted(signal, `import of ${path}`);
        if (reader !== undefined) reader.push(chunk);
        else head = joined(head, chunk);
        if (reader === undefined && head.length >= HEAD_BYTES) {
          const chosen = await this.#choose(path, head, false);
          if (chosen.kind !== undefined && isDocument(chosen.kind)) {
            await this.#document(member, head, { kind: chosen.kind, table: chosen.table });
            return;
          }
          reader = this.#open(chosen.kind, path, head);
        }
        // Finished markets leave memory long before a recording of many ends.
        for (const market of reader?.takeFinished?.(this.#sha256) ?? []) await this.#give(market);
        this.#tell(path, reader?.messages ?? 0);
        await breathe();
      }
    } catch (thrown) {
      if (!isDataFault(thrown) || thrown.code !== 'data.truncated') throw thrown;
      if (reader === undefined) {
        // Shorter than a head: what there is says what it is, or nothing does.
        const { kind } = await this.#choose(path, head, true);
        if (kind === undefined || isDocument(kind)) throw thrown;
        reader = this.#open(kind, path, head);
      }
      if (!reader.messages) throw thrown;
      cut = thrown;
      this.#odd('error', FILE_TRUNCATED, thrown.message);
    }
    if (reader === undefined) {
      const { kind, table } = await this.#choose(path, head, true);
      if (kind !== undefined && isDocument(kind)) {
        await this.#document(member, head, { kind, table });
        return;
      }
      reader = this.#open(kind, path, head);
    }
    for (const market of reader.end(member.sha256() ?? this.#sha256)) {
      await this.#give(cut === undefined ? market : cutOff(market, path, cut));
    }
    this.#messages += reader.messages;
    this.#oddities.push(...reader.fileOddities);
  }

  async #choose(source: string, head: Uint8Array, whole: boolean): Promise<Chosen> {
    const chosen = await chooseKind({ source, head, whole }, this.#options.ask);
    this.#oddities.push(...chosen.oddities);
    return chosen;
  }

  #open(kind: StreamKind | undefined, source: string, head: Uint8Array): VenueReader {
    const reader = readerFor(kind, { source, terms: [...(this.#options.terms ?? []), ...this.#terms] });
    try {
      reader.push(head);
    } catch (thrown) {
      throw kind === undefined && thrown instanceof AppError && thrown.code === 'data.kind'
        ? unknownKind(thrown)
        : thrown;
    }
    return reader;
  }

  /** @param head what has been read of it so far */
  async #document(
    member: FileMember,
    head: Uint8Array,
    as: { readonly kind: DocumentKind; readonly table: TableReading | undefined }
  ): Promise<void> {
    const { kind, table } = as;
    const pieces = [head];
    let length = head.length;
    const longest = kind === 'fetched' || kind === 'kalshi-terms' ? LONGEST_ANSWER : LONGEST_TABLE;
    for await (const chunk of member.chunks) {
      checkAborted(this.#options.signal, `import of ${member.path}`);
      pieces.push(chunk);
      length += chunk.length;
      if (length > longest) throw tooLong(member.path, longest);
    }
    const bytes = new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    if (kind === 'kalshi-terms') {
      this.#terms.push(...readTerms(new TextDecoder().decode(bytes), member.path));
      this.#odd('note', KALSHI_METADATA, `${member.path}: it says what markets are, and is joined to their recordings`);
      return;
    }
    const { ask } = this.#options;
    const { markets, oddities } = await readDocument(bytes, {
      kind,
      source: member.path,
      fingerprint: member.sha256() ?? this.#sha256,
      ...(table === undefined ? {} : { table }),
      ...(ask === undefined ? {} : { ask })
    });
    for (const market of markets) {
      await this.#give(market);
      this.#messages += market.record.messages;
    }
    this.#oddities.push(...oddities);
  }

  async #give(market: ReadMarket): Promise<void> {
    this.#markets++;
    await this.#options.onMarket(market);
  }

  #pass(error: AppError): void {
    this.#failures.push(error);
    const other = error.code === 'data.kind' || error.code === 'data.empty';
    this.#odd(other ? 'note' : 'error', other ? OTHER_MEMBER : UNREADABLE_MEMBER, error.message);
  }

  #tellRepeated(path: string): void {
    if (this.#paths.has(path)) this.#odd('warning', REPEATED_PATH, `${path} stands in the archive more than once`);
    this.#paths.add(path);
  }

  #odd(severity: Oddity['severity'], code: string, example: string): void {
    this.#oddities.push({ code, severity, count: 1, example });
  }

  #tell(path: string, messages: number): void {
    this.#options.onProgress({ bytesRead: this.bytesRead, messages: this.#messages + messages, path });
  }

  #termsAlone(): AppError {
    return new AppError('data.empty', {
      subject: this.#name,
      expected: 'a recording beside what the venue says of its markets',
      got: `the metadata of ${this.#terms
        .map(({ ticker }) => ticker)
        .slice(0, NAMED)
        .join(', ')} alone`,
      remedy: 'import it together with recordings of these markets'
    });
  }

  #nothing(): AppError {
    const [only] = this.#failures;
    if (only !== undefined && this.#failures.length === 1) return only;
    const named = this.#failures.slice(0, NAMED).map((error) => `${error.subject}: ${error.got}`);
    const more = this.#failures.length - named.length;
    return new AppError('data.empty', {
      subject: this.#name,
      expected: 'a recording in it',
      got: named.length === 0 ? 'nothing' : `${named.join('; ')}${more > 0 ? `; and ${String(more)} more` : ''}`,
      remedy: 'choose an archive of recordings'
    });
  }
}

const isDataFault = (thrown: unknown): thrown is AppError =>
  thrown instanceof AppError && thrown.code.startsWith('data.');

/** Told of the market too: its dataset may hold hundreds that are whole. */
function cutOff(market: ReadMarket, path: string, cut: AppError): ReadMarket {
  const example = `${path}: market ${market.record.id} is partial: ${cut.got}`;
  const oddity: Oddity = { code: MARKET_CUT_OFF, count: 1, severity: 'error', example };
  return { ...market, record: { ...market.record, oddities: [...market.record.oddities, oddity] } };
}

/** Whoever was handed what fits no kind has said what it begins with. */
const unknownKind = ({ subject, got }: AppError): AppError =>
  new AppError('data.kind', {
    subject,
    expected:
      'a recording of Betfair, Binance, Bybit, Kalshi or OKX, results of Betfair, or candles as a table (CSV, Feather, Parquet)',
    got,
    remedy: 'choose a file of one of these kinds, packed or not'
  });

const tooLong = (path: string, longest: number): AppError =>
  new AppError('data.limit', {
    subject: path,
    expected: `a document of at most ${longest.toLocaleString('en')} bytes`,
    got: 'more',
    remedy: 'split it into several files'
  });

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

async function digest(file: File, options: ReadOptions): Promise<string> {
  const hash = new Sha256();
  const reader = file.stream().getReader();
  try {
    for (;;) {
      checkAborted(options.signal, `import of ${file.name}`);
      const { done, value } = await reader.read();
      if (done) return hash.hex();
      hash.update(value);
      await options.breathe();
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
