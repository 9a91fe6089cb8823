/**
 * Reads a recorded Exchange Stream (a message a line) into markets. Bytes go in as they are decoded, in pieces of any
 * size; markets come out at the end, or as they close. Must not know where bytes come from.
 */
import { AppError } from '../../core/errors.ts';
import type { Oddity } from '../records.ts';
import { LINE_LOST, OddityLog, mergeOddities } from '../oddities.ts';
import { MarketRecorder } from './market-recorder.ts';
import type { MarketChange } from './market-change.ts';
import { ChangeMessage } from './market-change.ts';
import { readJsonLine } from './mcm-json.ts';
import { McmScanner } from './mcm-scanner.ts';
import { ParsedMarket } from './parsed-market.ts';

export interface ExchangeStreamOptions {
  /** What the bytes are called in messages: a file name. */
  readonly source: string;
  /** Told of the first of each kind of oddity as it is found. */
  readonly onOddity?: (oddity: Oddity) => void;
  /** Whether texts are kept for bronze; default true. */
  readonly keepTexts?: boolean;
  /** Whether the byte scanner may be used; false reads every line with `JSON.parse`. Default true. */
  readonly scan?: boolean;
}

const LINE_FEED = 10;
const OPENING_BRACE = 123;
/** No message is near this; a longer line is no line. */
const LONGEST_LINE = 64 << 20;
/** Publish times outside are no times of a message: 2000 and 2100, in milliseconds since the epoch. */
const EARLIEST_MILLIS = 946_684_800_000;
const LATEST_MILLIS = 4_102_444_800_000;
const CHANGE_TYPES: ReadonlySet<string> = new Set(['', 'SUB_IMAGE', 'RESUB_DELTA', 'HEARTBEAT']);

export class ExchangeStreamReader {
  readonly source: string;
  readonly #options: ExchangeStreamOptions;
  readonly #oddities: OddityLog;
  readonly #markets = new Map<string, MarketRecorder>();
  readonly #taken = new Set<string>();
  readonly #takenOddities: (readonly Oddity[])[] = [];
  readonly #message = new ChangeMessage();
  readonly #scanner = new McmScanner();
  readonly #decoder = new TextDecoder();
  #rest: Uint8Array = new Uint8Array(0);
  #restUsed = 0;
  #line = 0;
  #messages = 0;
  #heartbeats = 0;
  #lostLine = 0;
  #nowMillis = 0;
  /** Markets of the message that is coming in segments: an image of one is one image, however many segments it has. */
  readonly #segmented = new Set<string>();
  #segmentLine = 0;

  constructor(options: ExchangeStreamOptions) {
    this.source = options.source;
    this.#options = options;
    this.#oddities = new OddityLog(options.onOddity);
  }

  /** Lines read so far. */
  get lines(): number {
    return this.#line;
  }

  /** Market change messages read so far, heartbeats not counted. */
  get messages(): number {
    return this.#messages;
  }

  get heartbeats(): number {
    return this.#heartbeats;
  }

  /** Markets now held. */
  get markets(): number {
    return this.#markets.size;
  }

  /** Of the file itself: what belongs to no market. */
  get fileOddities(): readonly Oddity[] {
    return this.#oddities.list();
  }

  /** Of the file and of all its markets. */
  get oddities(): readonly Oddity[] {
    const held = [...this.#markets.values()].map((market) => market.oddities.list());
    return mergeOddities([this.#oddities.list(), ...this.#takenOddities, ...held]);
  }

  /** @throws data.kind when the bytes are no Exchange Stream, data.corrupt for a line without end */
  push(bytes: Uint8Array): void {
    let from = 0;
    if (this.#restUsed > 0) {
      const end = bytes.indexOf(LINE_FEED);
      this.#keep(bytes, 0, end < 0 ? bytes.length : end);
      if (end < 0) return;
      this.#readLine(this.#rest, 0, this.#restUsed);
      this.#restUsed = 0;
      from = end + 1;
    }
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, from);
      if (end < 0) break;
      this.#readLine(bytes, from, end);
      from = end + 1;
    }
    if (from < bytes.length) this.#keep(bytes, from, bytes.length);
  }

  /**
   * Reads what is left and closes the reader.
   * @returns every market not yet taken, in order of first appearance
   * @throws data.empty when there was no message, data.kind when the bytes are no Exchange Stream
   */
  end(): readonly ParsedMarket[] {
    if (this.#restUsed > 0) {
      this.#readLine(this.#rest, 0, this.#restUsed, true);
      this.#restUsed = 0;
    }
    if (this.#segmentLine > 0) this.#loseSegments('the file ends');
    if (this.#markets.size === 0 && this.#taken.size === 0) throw this.#empty();
    const markets = [...this.#markets.values()].map((recorder) => new ParsedMarket(recorder));
    return markets;
  }

  /**
   * Markets that have closed, so that they can be written and forgotten; messages for them that follow are dropped.
   * @param quietMillis between a market's last message and the stream's, by their publish times: a market that has
   *   closed may be settled again soon after
   */
  takeClosed(quietMillis = 0): readonly ParsedMarket[] {
    const closed: ParsedMarket[] = [];
    for (const [id, recorder] of this.#markets) {
      if (!recorder.closed) continue;
      // Either way: recordings that were put together market by market go back in time from one to the next.
      const quiet = Math.abs(this.#nowMillis - (recorder.publishMillis.at(-1) ?? 0));
      if (quiet < quietMillis) continue;
      closed.push(new ParsedMarket(recorder));
      this.#markets.delete(id);
      this.#taken.add(id);
      this.#takenOddities.push(recorder.oddities.list());
    }
    return closed;
  }

  #empty(): AppError {
    return new AppError('data.empty', {
      subject: this.source,
      expected: 'market change messages (op mcm)',
      got: this.#line === 0 ? 'the file is empty' : `its ${String(this.#line)} lines hold none`,
      remedy: 'choose a recording of the Exchange Stream'
    });
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    const need = this.#restUsed + to - from;
    if (need > LONGEST_LINE) {
      throw new AppError('data.corrupt', {
        subject: `${this.source} line ${String(this.#line + 1)}`,
        expected: 'a message a line',
        got: `${String(need)} bytes without a line end`,
        remedy: 'record the stream with one message a line'
      });
    }
    if (this.#line === 0 && this.#restUsed === 0) this.#checkFirstByte(bytes, from, to);
    if (need > this.#rest.length) {
      const wider = new Uint8Array(Math.max(need, this.#rest.length * 2, 1 << 16));
      wider.set(this.#rest.subarray(0, this.#restUsed));
      this.#rest = wider;
    }
    this.#rest.set(bytes.subarray(from, to), this.#restUsed);
    this.#restUsed = need;
  }

  #readLine(bytes: Uint8Array, from: number, to: number, last = false): void {
    this.#line++;
    let start = from;
    let end = to;
    if (this.#line === 1 && bytes[start] === 0xef && bytes[start + 1] === 0xbb) start += 3;
    while (start < end && isBlank(bytes[start]!)) start++;
    while (end > start && isBlank(bytes[end - 1]!)) end--;
    if (start === end) return;
    if (this.#messages === 0 && this.#markets.size === 0 && this.#line === 1) this.#checkFirstByte(bytes, start, end);
    const message = this.#message;
    const scanned = this.#options.scan !== false && this.#scanner.read(bytes, start, end, message);
    if (!scanned) {
      const wrong = this.#readSlowly(bytes, start, end);
      if (wrong !== undefined) {
        this.#lose(wrong, last);
        return;
      }
    }
    this.#dispatch(bytes, start, end, scanned);
  }

  /** @returns what is wrong with the line, as a clause */
  #readSlowly(bytes: Uint8Array, start: number, end: number): string | undefined {
    const twice = this.#options.scan === false ? '' : this.#scanner.repeatedField;
    // The scanner may have stopped at what only looks like a message: a line that is no JSON is told as that.
    const wrong = readJsonLine(this.#decoder.decode(bytes.subarray(start, end)), this.#message);
    return wrong ?? (twice === '' ? undefined : `field ${twice} stands twice in one object`);
  }

  #dispatch(bytes: Uint8Array, start: number, end: number, scanned: boolean): void {
    const message = this.#message;
    if (message.op !== 'mcm') {
      this.#otherOperation();
      return;
    }
    if (message.unknownField !== '') this.#odd('warning', 'unknown-field', message.unknownField);
    if (!CHANGE_TYPES.has(message.changeType)) {
      this.#odd('warning', 'unknown-change-type', `ct ${message.changeType} is not known; its changes are applied`);
    }
    if (message.entries === 0 && message.segment === '') {
      this.#heartbeats++;
      return;
    }
    const { publishMillis } = message;
    if (!Number.isInteger(publishMillis) || publishMillis < EARLIEST_MILLIS || publishMillis > LATEST_MILLIS) {
      this.#lose('its pt is not a time in whole milliseconds', false);
      return;
    }
    if (!this.#openSegment(message.segment)) return;
    this.#messages++;
    this.#nowMillis = publishMillis;
    for (let index = 0; index < message.entries; index++) {
      const change = message.entry(index);
      const recorder = this.#recorderOf(change);
      if (recorder === undefined) continue;
      const part = this.#segmentLine > 0 && this.#segmented.has(change.marketId);
      const joined = recorder.apply(change, message, { line: this.#line, continues: part });
      if (this.#segmentLine > 0) this.#segmented.add(change.marketId);
      if (this.#options.keepTexts !== false) this.#keepText(recorder, change, { bytes, start, end, scanned, joined });
    }
    if (message.segment === 'SEG_END') this.#closeSegments();
  }

  /**
   * A large message may come in segments (`segmentType`), each a part of the same change. One that is not whole is as
   * bad as a line that was lost.
   * @returns whether the segment is in its place
   */
  #openSegment(segment: string): boolean {
    if (segment === '' || segment === 'SEG_START') {
      if (this.#segmentLine > 0) this.#loseSegments(segment === '' ? 'a whole message follows' : 'another one starts');
      if (segment === 'SEG_START') this.#segmentLine = this.#line;
      return true;
    }
    if (segment !== 'SEG' && segment !== 'SEG_END') this.#lose(`segmentType ${segment} is not known`, false);
    else if (this.#segmentLine === 0) this.#lose(`its ${segment} follows no SEG_START`, false);
    else return true;
    return false;
  }

  #closeSegments(): void {
    this.#segmentLine = 0;
    this.#segmented.clear();
  }

  #loseSegments(before: string): void {
    const clause = `the message in segments that starts here has no SEG_END: ${before}`;
    this.#oddities.add('error', 'unfinished-segments', `${this.source} line ${String(this.#segmentLine)}: ${clause}`);
    for (const id of this.#segmented) {
      const recorder = this.#markets.get(id);
      if (recorder === undefined) continue;
      recorder.damage ??= `line ${String(this.#segmentLine)}: ${clause}`;
      const where = `${this.source} line ${String(this.#segmentLine)}`;
      recorder.oddities.add('warning', LINE_LOST, `${where}: the rest of the message of market ${id} is lost`);
    }
    this.#lostLine = this.#line;
    this.#closeSegments();
  }

  #recorderOf(change: MarketChange): MarketRecorder | undefined {
    let recorder = this.#markets.get(change.marketId);
    if (recorder === undefined) {
      if (this.#taken.has(change.marketId)) {
        this.#odd('warning', 'after-close', `market ${change.marketId} had closed; the message is left out`);
        return undefined;
      }
      recorder = new MarketRecorder({
        id: change.marketId,
        source: this.source,
        startMillis: this.#message.publishMillis,
        oddities: new OddityLog(this.#options.onOddity)
      });
      this.#markets.set(change.marketId, recorder);
    } else if (this.#lostLine > 0 && !isWhole(change) && (recorder.lines.at(-1) ?? 0) < this.#lostLine) {
      recorder.damage ??= `line ${String(this.#lostLine)} before it could not be read`;
    }
    return recorder;
  }

  #keepText(
    recorder: MarketRecorder,
    change: MarketChange,
    line: { bytes: Uint8Array; start: number; end: number; scanned: boolean; joined: boolean }
  ): void {
    const { texts } = recorder;
    const message = this.#message;
    if (line.joined) texts.reopen();
    if (message.entries === 1 || !line.scanned) texts.append(line.bytes, line.start, line.end);
    else {
      texts.append(line.bytes, line.start, message.entry(0).from);
      texts.append(line.bytes, change.from, change.to);
      texts.append(line.bytes, message.entry(message.entries - 1).to, line.end);
    }
    texts.endText();
  }

  #otherOperation(): void {
    const { op } = this.#message;
    if (op === 'connection') return;
    if (op.trim().toLowerCase() === 'mcm') this.#lose(`its op is ${JSON.stringify(op)}, not "mcm"`, false);
    else if (op === 'status') this.#odd('note', 'status-message', 'a status message stands between the changes');
    else this.#odd('note', 'other-operation', `a message with op ${op} is left out`);
  }

  /** A line that cannot be read: nothing like a stream at its start, a fault later on. */
  #lose(wrong: string, last: boolean): void {
    if (this.#messages === 0 && this.#heartbeats === 0 && this.#line <= 3) throw this.#notAStream(wrong);
    if (last) {
      this.#odd('warning', 'last-line-cut', 'the last line is cut off; the file was not recorded to its end');
      return;
    }
    this.#lostLine = this.#line;
    this.#odd('error', 'unreadable-line', `${wrong}; it is left out, and books are not trusted until their next image`);
    const where = `${this.source} line ${String(this.#line)}`;
    for (const { id, closed, oddities } of this.#markets.values()) {
      if (!closed)
        oddities.add('warning', LINE_LOST, `${where}: it could not be read, and may have been of market ${id}`);
    }
  }

  #odd(severity: Oddity['severity'], code: string, clause: string): void {
    this.#oddities.add(severity, code, `${this.source} line ${String(this.#line)}: ${clause}`);
  }

  #checkFirstByte(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    if (bytes[at] === 0xef && bytes[at + 1] === 0xbb) at += 3;
    while (at < to && (isBlank(bytes[at]!) || bytes[at] === LINE_FEED)) at++;
    if (at < to && bytes[at] !== OPENING_BRACE) throw this.#notAStream(`it starts with ${startOf(bytes, at, to)}`);
  }

  #notAStream(wrong: string): AppError {
    return new AppError('data.kind', {
      subject: this.source,
      expected: 'an Exchange Stream recording: a JSON message with op mcm on each line',
      got: wrong,
      remedy: 'choose a Betfair historical data file (.bz2, .gz or plain) or a recording of the market stream'
    });
  }
}

/** Whether nothing that was said before matters any more. */
const isWhole = (change: MarketChange): boolean => change.image && change.definition !== undefined;

const isBlank = (byte: number): boolean => byte === 32 || byte === 13 || byte === 9;

function startOf(bytes: Uint8Array, from: number, to: number): string {
  const head = bytes.subarray(from, Math.min(to, from + 12));
  const printable = head.every((byte) => byte >= 32 && byte < 127);
  if (printable) return JSON.stringify(String.fromCharCode(...head));
  return `bytes ${Array.from(head.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`;
}
