/**
 * Reads a recorded Binance USD-M stream into a tape: a line is the time of reception in nanoseconds, a blank and the
 * message as the venue sent it (diff. book depth, trade, book ticker, mark price) or as its REST order book gave it.
 * Bytes go in as they are decoded, in pieces of any size. Must not know where bytes come from.
 *
 * The conversion is that of hftbacktest's Binance Futures converter (shift of the local clock, image and clear rows);
 * book tickers are counted and left out, since depth updates say the same.
 */
import { AppError } from '../../core/errors.ts';
import { LINE_LOST, OddityLog } from '../oddities.ts';
import type { Oddity } from '../records.ts';
import { TextLog } from '../betfair/text-log.ts';
import type { BronzeColumns } from '../parquet/bronze.ts';
import { UsdmMessage } from './usdm-message.ts';
import { readUsdmJson } from './usdm-json.ts';
import { UsdmRecorder } from './usdm-recorder.ts';
import type { UpdateNumbers } from './usdm-recorder.ts';
import { UsdmScanner } from './usdm-scanner.ts';
import { usdmTape } from './usdm-tape.ts';
import type { UsdmInstrument, UsdmTape, UsdmTapeOptions } from './usdm-tape.ts';

export interface UsdmStreamOptions {
  /** What the bytes are called in messages: a file name. */
  readonly source: string;
  /** The instrument to read; the first that is named when absent. */
  readonly symbol?: string;
  /** Told of the first of each kind of oddity as it is found. */
  readonly onOddity?: (oddity: Oddity) => void;
  /** Whether the byte scanner may be used; false reads every line with `JSON.parse`. Default true. */
  readonly scan?: boolean;
  /** Whether the text of each line is kept for bronze; default false. */
  readonly keepTexts?: boolean;
  /** What the instrument is; a USD-M perpetual when absent. */
  readonly describe?: UsdmTapeOptions['describe'];
  /** How the venue numbers its updates; as futures do when absent. */
  readonly numbers?: UpdateNumbers;
  /** Whether images are joined to the updates by their numbers, not taken for the book of their reception; default false. */
  readonly join?: boolean;
}

export interface UsdmFinishOptions {
  /** How fine prices and sizes are; found in the data when absent. */
  readonly instrument?: UsdmInstrument;
  /** SHA-256 of the source's bytes, hex. */
  readonly fingerprint: string;
  readonly shared: boolean;
}

const LINE_FEED = 10;
/** Nineteen digits and a blank stand before each message. */
const RECEIVED_BYTES = 20;
/** No message is near this; a longer line is no line. */
const LONGEST_LINE = 16 << 20;

export class UsdmStreamReader {
  readonly source: string;
  readonly #scan: boolean;
  readonly #describe: UsdmTapeOptions['describe'];
  readonly #oddities: OddityLog;
  readonly #recorder: UsdmRecorder;
  readonly #message = new UsdmMessage();
  readonly #scanner = new UsdmScanner();
  readonly #texts: TextLog | undefined;
  readonly #published: number[] = [];
  readonly #received: number[] = [];
  readonly #nanos: number[] = [];
  readonly #decoder = new TextDecoder();
  #rest = new Uint8Array(1 << 14);
  #restUsed = 0;
  #line = 0;
  #messages = 0;
  #damage: string | undefined;

  constructor(options: UsdmStreamOptions) {
    const {
      source,
      symbol = '',
      onOddity,
      scan = true,
      keepTexts = false,
      numbers = 'futures',
      join = false
    } = options;
    this.source = source;
    this.#scan = scan;
    this.#describe = options.describe;
    this.#texts = keepTexts ? new TextLog() : undefined;
    this.#oddities = new OddityLog(onOddity);
    this.#recorder = new UsdmRecorder({ source, symbol, oddities: this.#oddities, numbers, join });
  }

  /** Lines read so far, blank ones counted. */
  get lines(): number {
    return this.#line;
  }

  /** Messages read so far, those that are of no use counted. */
  get messages(): number {
    return this.#messages;
  }

  /** By kind, as the venue calls them. */
  get counts(): UsdmRecorder['counts'] {
    return this.#recorder.counts;
  }

  get trades(): number {
    return this.#recorder.trades;
  }

  get symbol(): string {
    return this.#recorder.symbol;
  }

  get oddities(): readonly Oddity[] {
    return this.#oddities.list();
  }

  /** Why the book cannot be trusted: a line in mid-file that could not be read, or, once ended, no snapshot. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** @throws data.kind when the bytes are no such recording, data.corrupt for a line without end or times far apart */
  push(bytes: Uint8Array): void {
    let from = 0;
    if (this.#restUsed > 0) {
      const end = bytes.indexOf(LINE_FEED);
      this.#keep(bytes, 0, end < 0 ? bytes.length : end);
      if (end < 0) return;
      this.#endRest();
      from = end + 1;
    }
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, from);
      if (end < 0) break;
      this.#readLine(bytes, from, end, false);
      from = end + 1;
    }
    if (from < bytes.length) this.#keep(bytes, from, bytes.length);
  }

  /** A line of the recording that holds the instrument's was lost before it came here: it may have been of its book. */
  lose(line: number): void {
    this.#damage ??= `line ${String(line)} could not be read`;
    const where = `${this.source} line ${String(line)}`;
    this.#oddities.add('warning', LINE_LOST, `${where}: it could not be read, and may have been of the instrument`);
  }

  /** The texts kept so far, as bronze stores them. */
  texts(): BronzeColumns {
    return {
      published: Float64Array.from(this.#published),
      received: Float64Array.from(this.#received),
      nanos: Uint16Array.from(this.#nanos),
      text: this.#texts?.texts() ?? []
    };
  }

  /**
   * Reads what is left and lays the tape out. May be called once.
   * @throws data.empty when there was no row of a book and no trade, data.kind when the bytes are no such recording
   */
  end(options: UsdmFinishOptions): UsdmTape {
    if (this.#restUsed > 0) this.#endRest(true);
    const { columns, symbol } = this.#recorder;
    if (columns === undefined || columns.rows === columns.figures.size) throw this.#empty();
    const incomplete = this.#recorder.finish();
    this.#damage ??= incomplete;
    const about = this.#describe === undefined ? {} : { describe: this.#describe };
    return usdmTape(columns, { ...options, ...about, source: this.source, symbol }, this.#oddities);
  }

  #endRest(last = false): void {
    const used = this.#restUsed;
    this.#restUsed = 0;
    this.#readLine(this.#rest, 0, used, last);
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
    if (need > this.#rest.length) {
      const wider = new Uint8Array(Math.max(need, this.#rest.length * 2));
      wider.set(this.#rest.subarray(0, this.#restUsed));
      this.#rest = wider;
    }
    this.#rest.set(bytes.subarray(from, to), this.#restUsed);
    this.#restUsed = need;
  }

  #readLine(bytes: Uint8Array, from: number, to: number, last: boolean): void {
    this.#line++;
    let end = to;
    while (end > from && isBlank(bytes[end - 1]!)) end--;
    if (end === from) return;
    const message = this.#message;
    if (!this.#scan || !this.#scanner.read(bytes, from, end, message)) {
      const wrong = readUsdmJson(this.#decoder.decode(bytes.subarray(from, end)), message);
      if (wrong !== undefined) {
        this.#lose(wrong, last);
        return;
      }
    }
    this.#messages++;
    this.#recorder.take(message, this.#line);
    if (this.#texts !== undefined) this.#keepText(this.#texts, bytes, from, end);
  }

  /** Both times in milliseconds since the epoch; where the venue's is absent, that of reception stands for it. */
  #keepText(texts: TextLog, bytes: Uint8Array, from: number, to: number): void {
    const { receivedSeconds, receivedNanos, eventMillis, transactionMillis } = this.#message;
    const received = receivedSeconds * 1000 + Math.floor(receivedNanos / 1000) / 1000;
    this.#received.push(received);
    this.#nanos.push(receivedNanos % 1000);
    this.#published.push([eventMillis, transactionMillis].find((time) => time > 0) ?? received);
    texts.append(bytes, from + RECEIVED_BYTES, to);
    texts.endText();
  }

  /** A line that cannot be read: no such recording at its start, a fault later on. */
  #lose(wrong: string, last: boolean): void {
    const where = `${this.source} line ${String(this.#line)}`;
    if (this.#messages === 0) throw this.#notThis(wrong);
    if (last) {
      const clause = 'the last line is cut off; the file was not recorded to its end';
      this.#oddities.add('warning', 'last-line-cut', `${where}: ${clause}`);
      return;
    }
    this.#damage ??= `line ${String(this.#line)} could not be read`;
    this.#oddities.add('error', 'unreadable-line', `${where}: ${wrong}; it is left out, and levels in it may be wrong`);
  }

  #notThis(wrong: string): AppError {
    return new AppError('data.kind', {
      subject: `${this.source} line ${String(this.#line)}`,
      expected: 'a recorded USD-M stream: time of reception in nanoseconds, a blank, and the JSON message on each line',
      got: wrong,
      remedy: 'choose a recording of that format'
    });
  }

  #empty(): AppError {
    return new AppError('data.empty', {
      subject: this.source,
      expected: 'depth updates, snapshots or trades',
      got: this.#line === 0 ? 'the file is empty' : `its ${String(this.#line)} lines hold none that can be used`,
      remedy: 'record the depth and trade streams of one instrument'
    });
  }
}

const isBlank = (byte: number): boolean => byte === 32 || byte === 13 || byte === 9;
