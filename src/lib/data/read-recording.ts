/**
 * Reads one file of any kind an import takes: hashes it, takes it out of whatever it is packed in, hands each recording
 * in it to its venue's parser. A recording that cannot be read costs itself alone where others stand beside it.
 */
import { AppError, checkAborted } from '../core/errors.ts';
import type { Member, MemberOptions } from './archive/members.ts';
import { members } from './archive/members.ts';
import { readingFingerprint, withBeside } from './beside.ts';
import { isOf } from './binance/book-image.ts';
import type { OpenReader } from './chain-reading.ts';
import { ChainReading } from './chain-reading.ts';
import type { Chosen } from './choose-kind.ts';
import { chooseKind } from './choose-kind.ts';
import type { RecordingKind } from './import-question.ts';
import type { KalshiTerms } from './kalshi/metadata.ts';
import { readTerms } from './kalshi/metadata.ts';
import { mergeOddities } from './oddities.ts';
import { readDocument } from './read-document.ts';
import { HEAD_BYTES } from './recognise.ts';
import type { ChainLink, MemberPlace, ReadAs, ReadMarket, ReadOptions, Recording } from './recording.ts';
import type { Container, Oddity } from './records.ts';
import { Sha256 } from './sha256.ts';
import type { StreamKind } from './venue-reader.ts';
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
/** Of instruments whose fees no recording tells: the venue's regular tier is taken, and said. */
export const ASSUMED_FEES = 'assumed-fees';
/** Of order books that recordings beside them begin from. */
export const BOOK_IMAGES = 'book-images';

type DocumentKind = Exclude<RecordingKind, StreamKind>;

/** No answer of an exchange is near this; a year of candles of a minute is a tenth of that. */
const LONGEST_ANSWER = 64 << 20;
const LONGEST_TABLE = 256 << 20;
/** So much of what an archive holds is named when nothing in it could be read. */
const NAMED = 10;

/** What was settled of a recording that is read as it streams. */
type StreamChosen = Pick<Chosen, 'ownKind'> & { readonly kind: StreamKind | undefined };

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
  do {
    try {
      for await (const member of unpack(file, {
        ...(signal === undefined ? {} : { signal }),
        onRead: (bytes) => (reading.bytesRead = bytes)
      })) {
        await reading.take(member);
      }
    } catch (thrown) {
      reading.endWith(thrown);
      break;
    }
  } while (reading.isToBeReadAgain());
  await reading.endChains();
  return reading.end();
}

class FileReading {
  bytesRead = 0;
  readonly #name: string;
  readonly #sha256: string;
  readonly #options: ReadOptions;
  readonly #oddities: Oddity[] = [];
  /** Where what is odd of the file goes: that of a chain waits for its end. */
  #odd: Oddity[] = this.#oddities;
  readonly #chains: readonly ChainReading[];
  readonly #chainOf: ReadonlyMap<string, ChainReading>;
  readonly #images: ReadonlySet<string>;
  /** The archive is gone through once more for members that stood before their time. */
  #again = false;
  /** Chains that were not at their end, and members of chains that were read since: without any, going on is no use. */
  #left = 0;
  #taken = 0;
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
  /** Members met, read or not; and of each path. */
  #number = 0;
  readonly #met = new Map<string, number>();
  /** Number of the member whose markets are given. */
  #place = 0;

  constructor(name: string, sha256: string, options: ReadOptions) {
    this.#name = name;
    this.#sha256 = sha256;
    this.#options = options;
    const chains = (options.chains ?? []).map((chain) => ({ chain, reading: new ChainReading(chain) }));
    this.#chains = chains.map(({ reading }) => reading);
    this.#chainOf = new Map(chains.flatMap(({ chain, reading }) => chain.map((link) => [keyOf(link), reading])));
    this.#images = new Set(options.images?.map(({ source }) => source));
  }

  /** @throws what is wrong with the one recording of a file that is no archive; aborted, and what is a bug */
  async take(member: Member): Promise<void> {
    this.#isArchive ||= member.path !== this.#name;
    if (!this.#again) this.#tellRepeated(member.path);
    if (member.kind === 'refused') {
      if (!this.#again) this.#pass(member.error);
      return;
    }
    this.#container = member.containers[0] ?? 'plain';
    const { path } = member;
    const place = { path, number: this.#number++, sha256: this.#sha256 };
    const link = { path, nth: this.#met.get(path) ?? 0 };
    this.#met.set(path, link.nth + 1);
    const chain = this.#chainOf.get(keyOf(link));
    if (chain === undefined) {
      if (!this.#again) await this.#takeAlone(member, place);
    } else if (chain.isNext(link)) await this.#takeOf(chain, member, place);
  }

  /** Whether a member of a chain stood before the one it goes on from. */
  isToBeReadAgain(): boolean {
    this.#again = true;
    this.#number = 0;
    this.#met.clear();
    const left = this.#chains.filter((chain) => chain.isBegun && !chain.isDone).length;
    const stuck = left > 0 && left === this.#left && this.#taken === 0;
    this.#left = left;
    this.#taken = 0;
    return left > 0 && !stuck;
  }

  /** Whether it was read before, and is counted as it was then. */
  async #isFinished(place: MemberPlace): Promise<boolean> {
    const finished = this.#options.finished?.(place);
    if (finished === undefined) return false;
    this.#messages += finished.messages;
    this.#markets += finished.markets;
    this.#oddities.push(...finished.oddities);
    this.#members++;
    this.#tell(place.path, 0);
    await this.#options.breathe();
    return true;
  }

  async #takeAlone(member: FileMember, place: MemberPlace): Promise<void> {
    const before = {
      messages: this.#messages,
      markets: this.#markets,
      oddities: this.#oddities.length,
      terms: this.#terms.length
    };
    if (await this.#isFinished(place)) return;
    this.#place = place.number;
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
    // What it says of markets is needed of whoever goes on from here: it is read again then.
    if (this.#terms.length > before.terms) return;
    const messages = this.#messages - before.messages;
    const oddities = this.#oddities.slice(before.oddities);
    await this.#options.onMember?.({ ...place, sound: true, messages, oddities });
  }

  /** A member that carries a recording on. What is wrong with it costs what it would have said, not what came before. */
  async #takeOf(chain: ChainReading, member: FileMember, place: MemberPlace): Promise<void> {
    if (!chain.isBegun) {
      chain.place = place;
      if (await this.#isFinished(place)) {
        chain.pass();
        return;
      }
    }
    this.#taken++;
    this.#odd = chain.oddities;
    try {
      const fed = await this.#feed(member, chain.open);
      if (fed !== undefined) chain.open = fed.open;
      chain.cut ??= fed?.cut;
    } catch (thrown) {
      if (!isDataFault(thrown)) throw thrown;
      chain.cut ??= thrown;
      this.#pass(thrown);
    } finally {
      this.#odd = this.#oddities;
    }
    chain.took(member.sha256() ?? this.#sha256);
    this.#members++;
    if (chain.isDone) await this.#endChain(chain);
  }

  async #endChain(chain: ChainReading): Promise<void> {
    chain.pass();
    const { open, cut, oddities, place } = chain;
    if (place === undefined) throw new Error('a chain that ends before it began');
    let messages = 0;
    this.#place = place.number;
    this.#odd = oddities;
    try {
      if (open !== undefined) messages = await this.#finish(open, { ...place, fingerprint: chain.fingerprint(), cut });
    } catch (thrown) {
      if (!isDataFault(thrown)) throw thrown;
      this.#pass(thrown);
    } finally {
      this.#odd = this.#oddities;
    }
    this.#oddities.push(...oddities);
    await this.#options.onMember?.({ ...place, sound: true, messages, oddities });
  }

  /** Those whose archive ended before they did: what there is of them is partial. */
  async endChains(): Promise<void> {
    for (const chain of this.#chains) {
      if (!chain.isBegun || chain.isDone) continue;
      chain.cut ??= this.#failures.at(-1);
      await this.#endChain(chain);
    }
  }

  /** What holds the members could not be read to its end. */
  endWith(thrown: unknown): void {
    if (!isDataFault(thrown) || (this.#members === 0 && !this.#isArchive)) throw thrown;
    this.#tellOdd('error', ARCHIVE_DAMAGED, thrown.message);
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
    if (this.#images.has(member.path)) {
      this.#tellOdd('note', BOOK_IMAGES, `${member.path}: order books that recordings beside it begin from`);
      return;
    }
    const fed = await this.#feed(member, undefined);
    if (fed === undefined) return;
    const fingerprint = member.sha256() ?? this.#sha256;
    await this.#finish(fed.open, { path: member.path, fingerprint, cut: fed.cut });
  }

  /** Gives the markets of a reader that has been fed. @returns its messages */
  async #finish(
    open: OpenReader,
    of: { readonly path: string; readonly fingerprint: string; readonly cut: AppError | undefined }
  ): Promise<number> {
    const { reader } = open;
    for (const market of reader.end(of.fingerprint)) {
      this.#tellFees(market, of.path);
      const told = this.#readAs(market, open, of.path);
      await this.#give(of.cut === undefined ? told : cutOff(told, of.path, of.cut));
    }
    this.#messages += reader.messages;
    this.#odd.push(...reader.fileOddities);
    return reader.messages;
  }

  /** No recording says what its user pays. */
  #tellFees({ tape }: ReadMarket, path: string): void {
    const { fees, id } = tape.market.rules;
    if (fees.kind !== 'makerTaker') return;
    const rates = `${String(fees.makerBps)} and ${String(fees.takerBps)} basis points for maker and taker`;
    const what = `fees are assumed: ${rates}, what ${id} asks of its regular tier; yours may differ`;
    this.#tellOdd('note', ASSUMED_FEES, `${path}: ${what}`);
  }

  #readAs(market: ReadMarket, { kind, ownKind }: OpenReader, source: string): ReadMarket {
    if (kind === undefined) return market;
    const { id, venue, runners } = market.tape.market;
    const terms = venue === 'kalshi' ? this.#allTerms().find(({ ticker }) => ticker === id) : undefined;
    const symbol = kind.startsWith('binance') ? runners[0]?.id : undefined;
    const readAs: ReadAs = {
      kind,
      source,
      ...(symbol === undefined ? {} : { symbol }),
      ...(terms === undefined ? {} : { terms })
    };
    const isBinance = kind === 'binance-spot' || kind === 'binance-usdm' || kind === 'binance-coinm';
    const images = isBinance
      ? (this.#options.images ?? []).filter((image) => image.symbol === symbol && isOf(image, kind))
      : [];
    return withBeside(
      { ...market, readAs },
      { images, ...(terms === undefined ? {} : { terms }), ...(ownKind === undefined ? {} : { kind: ownKind }) }
    );
  }

  #allTerms(): readonly KalshiTerms[] {
    return [...(this.#options.terms ?? []), ...this.#terms];
  }

  /**
   * Hands a member's bytes to the reader of what goes before it, or to one of its own kind.
   * @returns undefined where it was a document, whose markets are given; `cut` says why it ends before its end
   */
  async #feed(
    member: FileMember,
    before: OpenReader | undefined
  ): Promise<{ readonly open: OpenReader; readonly cut: AppError | undefined } | undefined> {
    const { path, chunks } = member;
    const { signal, breathe } = this.#options;
    let head: Uint8Array = new Uint8Array(0);
    let open = before;
    let cut: AppError | undefined;
    before?.reader.nextFile?.(path);
    try {
      for await (const chunk of chunks) {
        checkAborted(signal, `import of ${path}`);
        if (open !== undefined) open.reader.push(chunk);
        else head = joined(head, chunk);
        if (open === undefined && head.length >= HEAD_BYTES) {
          const chosen = await this.#choose(path, head, false);
          if (chosen.kind !== undefined && isDocument(chosen.kind)) {
            await this.#document(member, head, { ...chosen, kind: chosen.kind });
            return undefined;
          }
          open = this.#open({ ...chosen, kind: chosen.kind }, path, head);
        }
        // Finished markets leave memory long before a recording of many ends.
        if (open !== undefined) {
          for (const market of open.reader.takeFinished?.(this.#sha256) ?? []) {
            await this.#give(this.#readAs(market, open, path));
          }
        }
        this.#tell(path, open?.reader.messages ?? 0);
        await breathe();
      }
    } catch (thrown) {
      if (!isDataFault(thrown) || thrown.code !== 'data.truncated') throw thrown;
      if (open === undefined) {
        // Shorter than a head: what there is says what it is, or nothing does.
        const chosen = await this.#choose(path, head, true);
        const { kind } = chosen;
        if (kind === undefined || isDocument(kind)) throw thrown;
        open = this.#open({ ...chosen, kind }, path, head);
      }
      if (!open.reader.messages) throw thrown;
      cut = thrown;
      this.#tellOdd('error', FILE_TRUNCATED, thrown.message);
    }
    if (open === undefined) {
      if (head.length === 0) throw nothingIn(path);
      const chosen = await this.#choose(path, head, true);
      const { kind } = chosen;
      if (kind !== undefined && isDocument(kind)) {
        await this.#document(member, head, { ...chosen, kind });
        return undefined;
      }
      open = this.#open({ ...chosen, kind }, path, head);
    }
    return { open, cut };
  }

  async #choose(source: string, head: Uint8Array, whole: boolean): Promise<Chosen> {
    const chosen = await chooseKind({ source, head, whole }, this.#options.ask);
    this.#odd.push(...chosen.oddities);
    return chosen;
  }

  #open({ kind, ownKind }: StreamChosen, source: string, head: Uint8Array): OpenReader {
    const { images = [] } = this.#options;
    const reader = readerFor(kind, { source, terms: this.#allTerms(), images });
    try {
      reader.push(head);
    } catch (thrown) {
      throw kind === undefined && thrown instanceof AppError && thrown.code === 'data.kind'
        ? unknownKind(thrown)
        : thrown;
    }
    // What is of no kind that is known was taken for an Exchange Stream and is one.
    return { kind: kind ?? 'betfair-stream', reader, ...(ownKind === undefined ? {} : { ownKind }) };
  }

  /** @param head what has been read of it so far */
  async #document(
    member: FileMember,
    head: Uint8Array,
    as: Pick<Chosen, 'table' | 'ownReading'> & { readonly kind: DocumentKind }
  ): Promise<void> {
    const { kind, table, ownReading } = as;
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
      this.#tellOdd(
        'note',
        KALSHI_METADATA,
        `${member.path}: it says what markets are, and is joined to their recordings`
      );
      return;
    }
    const { ask } = this.#options;
    const { markets, oddities } = await readDocument(bytes, {
      kind,
      source: member.path,
      fingerprint: readingFingerprint(member.sha256() ?? this.#sha256, ownReading),
      terms: this.#allTerms(),
      ...(table === undefined ? {} : { table }),
      ...(ask === undefined ? {} : { ask })
    });
    const readAs: ReadAs = { kind, source: member.path, ...(table === undefined ? {} : { table }) };
    for (const market of markets) {
      await this.#give(market.bronze.published.length === 0 ? market : { readAs, ...market });
      this.#messages += market.record.messages;
    }
    this.#odd.push(...oddities);
  }

  async #give(market: ReadMarket): Promise<void> {
    this.#markets++;
    await this.#options.onMarket(market, this.#place);
  }

  #pass(error: AppError): void {
    this.#failures.push(error);
    const other = error.code === 'data.kind' || error.code === 'data.empty';
    this.#tellOdd(other ? 'note' : 'error', other ? OTHER_MEMBER : UNREADABLE_MEMBER, error.message);
  }

  #tellRepeated(path: string): void {
    if (this.#paths.has(path)) this.#tellOdd('warning', REPEATED_PATH, `${path} stands in the archive more than once`);
    this.#paths.add(path);
  }

  #tellOdd(severity: Oddity['severity'], code: string, example: string): void {
    this.#odd.push({ code, severity, count: 1, example });
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

const keyOf = ({ path, nth }: ChainLink): string => `${String(nth)} ${path}`;

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

const nothingIn = (path: string): AppError =>
  new AppError('data.empty', {
    subject: path,
    expected: 'a recording, results or candles',
    got: 'the file is empty',
    remedy: 'copy or download it again'
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
