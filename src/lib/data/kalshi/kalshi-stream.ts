/**
 * Reads recorded Kalshi WebSocket messages (a JSON line each: `recv_ms` and the `event` as it came) into markets. Bytes
 * go in as they are decoded, in pieces of any size. Must not know where bytes come from.
 *
 * `seq` counts the messages of one subscription, over all its markets. A recording that was sorted by market therefore
 * skips numbers without having lost anything: skips are counted, and only a reader told that it is given whole
 * subscriptions takes a book down for one. What is lost shows otherwise as a size below 0, bids that cross, or an image
 * that differs.
 */
import { AppError } from '../../core/errors.ts';
import type { Oddity } from '../records.ts';
import { LineSplitter } from '../line-splitter.ts';
import { LINE_LOST, OddityLog, mergeOddities } from '../oddities.ts';
import { KalshiRecorder } from './market-recorder.ts';
import type { Delta, KalshiMessage, Snapshot, Trade } from './message.ts';
import { Fault, readMessage } from './message.ts';
import type { KalshiTerms } from './metadata.ts';
import { ParsedKalshiMarket } from './parsed-market.ts';

export interface KalshiStreamOptions {
  /** What the bytes are called in messages: a file name. */
  readonly source: string;
  /** What the venue says of the markets, where it was recorded too. */
  readonly terms?: readonly KalshiTerms[];
  /** The bytes hold every message of each subscription: a skipped `seq` is a loss. Default false. */
  readonly wholeSubscriptions?: boolean;
  /** Whether texts are kept for bronze; default true. */
  readonly keepTexts?: boolean;
}

export class KalshiStreamReader {
  readonly #options: KalshiStreamOptions;
  readonly #oddities = new OddityLog();
  readonly #markets = new Map<string, KalshiRecorder>();
  readonly #sequence = new Map<number, number>();
  readonly #decoder = new TextDecoder();
  #source: string;
  #lines: LineSplitter;
  #messages = 0;
  #receivedMillis = 0;
  #ended = false;

  constructor(options: KalshiStreamOptions) {
    this.#options = options;
    this.#source = options.source;
    this.#lines = this.#splitter(options.source);
  }

  get messages(): number {
    return this.#messages;
  }

  /** Of the file itself: what belongs to no market. */
  get fileOddities(): readonly Oddity[] {
    return this.#oddities.list();
  }

  /** Of the file and of all its markets. */
  get oddities(): readonly Oddity[] {
    return mergeOddities([
      this.#oddities.list(),
      ...[...this.#markets.values()].map(({ oddities }) => oddities.list())
    ]);
  }

  /** What is held of a market so far. */
  market(ticker: string): KalshiRecorder | undefined {
    return this.#markets.get(ticker);
  }

  /** @throws data.kind when the bytes are no such recording, data.corrupt for a line without end */
  push(bytes: Uint8Array): void {
    this.#lines.push(bytes);
  }

  /** The recording goes on in another file: recorders begin a new one each day. */
  nextFile(source: string): void {
    this.#lines.end();
    this.#source = source;
    this.#lines = this.#splitter(source);
  }

  /**
   * Reads what is left and closes the reader.
   * @returns every market, in order of first appearance
   * @throws data.empty when there was no message, data.kind when the bytes are no such recording
   */
  end(): readonly ParsedKalshiMarket[] {
    if (!this.#ended) this.#lines.end();
    this.#ended = true;
    if (this.#markets.size === 0) {
      throw new AppError('data.empty', {
        subject: this.#source,
        expected: 'order book and trade messages of at least one market',
        got: 'none',
        remedy: 'choose a recording of the orderbook_delta and trade channels'
      });
    }
    return [...this.#markets.values()].map((recorder) => new ParsedKalshiMarket(recorder));
  }

  #splitter(source: string): LineSplitter {
    return new LineSplitter(source, (bytes, from, to, ended) => {
      this.#read(bytes, from, to, ended);
    });
  }

  #read(bytes: Uint8Array, from: number, to: number, ended: boolean): void {
    const message = readMessage(this.#decoder.decode(bytes.subarray(from, to)));
    if (message instanceof Fault) {
      const lost = this.#lose(message, ended);
      if (this.#options.keepTexts !== false) for (const recorder of lost) recorder.keepLost(bytes, from, to);
    } else if (message.type === 'other') this.#odd('note', 'other-channel', `a ${message.name} message is left out`);
    else {
      this.#messages++;
      const recorder = this.#recorderOf(message.ticker);
      if (message.type !== 'snapshot' && message.seq === this.#sequence.get(message.sid)) {
        this.#odd('warning', 'repeated-message', `seq ${String(message.seq)} comes twice; the second is left out`);
        return;
      }
      if (this.#options.keepTexts !== false) {
        recorder.texts.append(bytes, from, to);
        recorder.texts.endText();
      }
      this.#checkTime(message);
      this.#apply(recorder, message);
    }
  }

  #apply(recorder: KalshiRecorder, message: Snapshot | Delta | Trade): void {
    const last = this.#sequence.get(message.sid);
    this.#sequence.set(message.sid, message.seq);
    const line = this.#lines.lines;
    if (message.type === 'snapshot') {
      // A new connection counts from the start again, and begins with images.
      recorder.snapshot(message, line);
      return;
    }
    if (last !== undefined && message.seq < last) {
      const clause = `seq went back from ${String(last)} to ${String(message.seq)}`;
      if (message.type === 'delta') recorder.lose('sequence-went-back', line, clause, message);
      else this.#odd('warning', 'sequence-went-back', clause);
    } else if (last !== undefined && message.seq > last + 1) this.#skipped(message, last);
    if (message.type === 'delta') recorder.delta(message, line);
    else recorder.trade(message, line);
  }

  #skipped(message: Delta | Trade, last: number): void {
    const clause = `seq skips from ${String(last)} to ${String(message.seq)}`;
    if (this.#options.wholeSubscriptions !== true || message.type === 'trade') {
      this.#odd(
        'note',
        'sequence-skips',
        `${clause}: other markets' messages, where the recording was sorted by market`
      );
      return;
    }
    for (const recorder of this.#markets.values()) recorder.lose('sequence-gap', this.#lines.lines, clause, message);
  }

  #checkTime({
    receivedMillis,
    exchangeMillis
  }: KalshiMessage & { readonly receivedMillis: number; readonly exchangeMillis: number | undefined }): void {
    if (receivedMillis < this.#receivedMillis) {
      const clause = `recv_ms went back from ${String(this.#receivedMillis)} to ${String(receivedMillis)}`;
      this.#odd('warning', 'time-went-back', `${clause}; the later one is kept`);
    } else this.#receivedMillis = receivedMillis;
    if (exchangeMillis !== undefined && exchangeMillis > receivedMillis) {
      this.#odd(
        'note',
        'clocks-disagree',
        `it happened at ${String(exchangeMillis)} and was received at ${String(receivedMillis)}`
      );
    }
  }

  #recorderOf(ticker: string): KalshiRecorder {
    let recorder = this.#markets.get(ticker);
    if (recorder === undefined) {
      recorder = new KalshiRecorder({
        ticker,
        source: this.#source,
        oddities: new OddityLog(),
        terms: this.#options.terms?.find((one) => one.ticker === ticker)
      });
      this.#markets.set(ticker, recorder);
    }
    return recorder;
  }

  /**
   * A line that cannot be read: nothing like a recording at its start, a loss later on.
   * @returns the markets whose book it took down: read again without it, it would stand
   */
  #lose({ clause, of, change }: Fault, ended: boolean): readonly KalshiRecorder[] {
    const line = this.#lines.lines;
    if (this.#messages === 0 && line <= 3 && of === undefined) throw this.#notAStream(clause);
    const cut = !ended && of === undefined;
    this.#odd(
      cut ? 'warning' : 'error',
      cut ? 'last-line-cut' : 'unreadable-line',
      cut ? 'the last line is cut off; the file was not recorded to its end' : `${clause}; it is left out`
    );
    if (cut) return [];
    const now = { receivedMillis: this.#receivedMillis, exchangeMillis: undefined, sid: -1 };
    const lost = of === undefined ? [...this.#markets.values()] : [this.#recorderOf(of.ticker)];
    if (!change) {
      for (const { oddities } of lost)
        oddities.add('warning', LINE_LOST, `${this.#source} line ${String(line)}: ${clause}`);
      return [];
    }
    for (const recorder of lost) recorder.lose('lost-change', line, clause, of ?? now);
    return lost;
  }

  #odd(severity: Oddity['severity'], code: string, clause: string): void {
    this.#oddities.add(severity, code, `${this.#source} line ${String(this.#lines.lines)}: ${clause}`);
  }

  #notAStream(wrong: string): AppError {
    return new AppError('data.kind', {
      subject: this.#source,
      expected: 'a recorded Kalshi stream: a JSON line with recv_ms and event for each message',
      got: wrong,
      remedy: 'choose a recording of the orderbook_delta and trade channels'
    });
  }
}
