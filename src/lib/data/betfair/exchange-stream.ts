/**
 * Reads a recorded Exchange Stream (a message a line) into markets. Bytes go in as they are decoded, in pieces of any
 * size; markets come out at the end, or as they close. Must not know where bytes come from.
 */
import { AppError } from '../../core/errors.ts';
import type { Oddity } from '../records.ts';
import { OddityLog, mergeOddities } from '../oddities.ts';
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
  #lastClock = Number.NaN;
  #lostLine = 0;

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
    if (this.#markets.size === 0 && this.#taken.size === 0) throw this.#empty();
    const markets = [...this.#markets.values()].map((recorder) => new ParsedMarket(recorder));
    return markets;
  }

  /** Markets that have closed, so that they can be written and forgotten; messages for them that follow are dropped. */
  takeClosed(): readonly ParsedMarket[] {
    const closed: ParsedMarket[] = [];
    for (const [id, recorder] of this.#markets) {
      if (!recorder.closed) continue;
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
    if (this.#options.scan === false || !this.#scanner.read(bytes, start, end, message)) {
      const wrong = readJsonLine(this.#decoder.decode(bytes.subarray(start, end)), message);
      if (wrong !== undefined) {
        this.#lose(wrong, last);
        return;
      }
      this.#dispatch(bytes, start, end, false);
      return;
    }
    this.#dispatch(bytes, start, end, true);
  }

  #dispatch(bytes: Uint8Array, start: number, end: number, scanned: boolean): void {
    const message = this.#message;
    if (message.op !== 'mcm') {
      this.#otherOperation();
      return;
    }
    this.#checkClock(message.clock);
    if (message.entries === 0) {
      this.#heartbeats++;
      return;
    }
    if (!Number.isSafeInteger(message.publishMillis)) {
      this.#lose('its pt is not a time in whole milliseconds', false);
      return;
    }
    this.#messages++;
    for (let index = 0; index < message.entries; index++) {
      const change = message.entry(index);
      const recorder = this.#recorderOf(change);
      if (recorder === undefined) continue;
      recorder.apply(change, message.publishMillis, this.#line);
      if (this.#options.keepTexts !== false) this.#keepText(recorder, change, { bytes, start, end, scanned });
    }
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
    } else if (this.#lostLine > 0 && !change.image && (recorder.lines.at(-1) ?? 0) < this.#lostLine) {
      recorder.damage ??= `line ${String(this.#lostLine)} before it could not be read`;
    }
    return recorder;
  }

  #keepText(
    recorder: MarketRecorder,
    change: MarketChange,
    line: { bytes: Uint8Array; start: number; end: number; scanned: boolean }
  ): void {
    const { texts } = recorder;
    const message = this.#message;
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
    if (op === 'status') this.#odd('note', 'status-message', 'a status message stands between the changes');
    else this.#odd('note', 'other-operation', `a message with op ${op} is left out`);
  }

  /** Clocks of the historical files are numbers and only grow; those of the live stream are opaque. */
  #checkClock(clock: number): void {
    if (Number.isNaN(clock)) return;
    if (clock < this.#lastClock) {
      const clause = `clk went back from ${String(this.#lastClock)} to ${String(clock)}`;
      this.#odd('warning', 'clock-went-back', clause);
    }
    this.#lastClock = clock;
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

const isBlank = (byte: number): boolean => byte === 32 || byte === 13 || byte === 9;

function startOf(bytes: Uint8Array, from: number, to: number): string {
  const head = bytes.subarray(from, Math.min(to, from + 12));
  const printable = head.every((byte) => byte >= 32 && byte < 127);
  if (printable) return JSON.stringify(String.fromCharCode(...head));
  return `bytes ${Array.from(head.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`;
}
