/**
 * Reads a recorded stream of a crypto venue into markets, one an instrument: lines framed as `framing.ts` knows them, the
 * JSON in them by the venue's own parser. Bytes go in as they are decoded, in pieces of any size. Must not know where
 * bytes come from.
 */
import { AppError } from '../../core/errors.ts';
import type { Nanos } from '../../core/units.ts';
import { epochMillis } from '../../market/tape.ts';
import type { UsdmTapeOptions } from '../binance/usdm-tape.ts';
import { usdmTape } from '../binance/usdm-tape.ts';
import { LineSplitter } from '../line-splitter.ts';
import { recordOfTape } from '../market-record.ts';
import { OddityLog } from '../oddities.ts';
import type { ReadMarket } from '../recording.ts';
import type { Oddity } from '../records.ts';
import { framed, isFrameHeader } from './framing.ts';
import type { Framed } from './framing.ts';
import type { Received } from './instrument-recorder.ts';
import { InstrumentRecorder } from './instrument-recorder.ts';
import type { CryptoParser } from './message.ts';
import { isFields } from './message.ts';

export interface CryptoVenue {
  /** What the bytes must be, for the message when they are not. */
  readonly what: string;
  readonly read: CryptoParser;
  readonly describe: NonNullable<UsdmTapeOptions['describe']>;
}

/** Lines that say nothing of a market, before the first that does. */
const MOST_STRANGE = 3;

export class CryptoStreamReader {
  readonly #venue: CryptoVenue;
  readonly #source: string;
  readonly #lines: LineSplitter;
  readonly #decoder = new TextDecoder();
  readonly #file = new OddityLog();
  readonly #instruments = new Map<string, InstrumentRecorder>();
  #messages = 0;
  #strange = 0;

  constructor(options: { readonly source: string; readonly venue: CryptoVenue }) {
    this.#source = options.source;
    this.#venue = options.venue;
    this.#lines = new LineSplitter(options.source, (bytes, from, to, ended) => {
      this.#read(bytes, from, to, ended);
    });
  }

  get messages(): number {
    return this.#messages;
  }

  /** Of the file itself: what belongs to no instrument. */
  get fileOddities(): readonly Oddity[] {
    return this.#file.list();
  }

  instrument(name: string): InstrumentRecorder | undefined {
    return this.#instruments.get(name);
  }

  /** @throws data.kind when the bytes are no such recording, data.corrupt for a line without end or times far apart */
  push(bytes: Uint8Array): void {
    this.#lines.push(bytes);
  }

  /**
   * Reads what is left.
   * @returns each instrument with a row of a book or a trade, in order of first appearance, laid out when asked for
   * @throws data.empty when there is none
   */
  *end(fingerprint: string): Generator<ReadMarket> {
    this.#lines.end();
    let markets = 0;
    for (const recorder of this.#instruments.values()) {
      const { columns } = recorder;
      if (columns === undefined || columns.rows === columns.figures.size) continue;
      markets++;
      yield this.#market(recorder, fingerprint);
    }
    if (markets === 0) throw this.#empty();
  }

  #market(recorder: InstrumentRecorder, fingerprint: string): ReadMarket {
    const { tape } = usdmTape(
      recorder.columns!,
      { source: this.#source, symbol: recorder.instrument, fingerprint, shared: false, describe: this.#venue.describe },
      recorder.oddities
    );
    const { counts, damage } = recorder;
    const reason =
      damage === undefined
        ? counts.images === 0
          ? 'it holds trades and no order book'
          : 'it has no start to trade before'
        : `its book cannot be trusted throughout: ${damage}`;
    return {
      record: {
        ...recordOfTape(tape, ''),
        messages: counts.messages,
        lastMillis: epochMillis(tape, tape.received[tape.rows - 1]! as Nanos),
        // Episodes are of races.
        trainable: false,
        reason,
        ...(damage === undefined ? {} : { damage }),
        oddities: recorder.oddities.list()
      },
      tape,
      bronze: {
        published: Float64Array.from(recorder.published),
        received: Float64Array.from(recorder.received),
        nanos: Uint16Array.from(recorder.nanos),
        text: recorder.texts.texts()
      }
    };
  }

  #read(bytes: Uint8Array, from: number, to: number, ended: boolean): void {
    const line = this.#decoder.decode(bytes.subarray(from, to));
    const message = framed(line);
    if (message === undefined) {
      if (isFrameHeader(line)) this.#odd('note', 'recorder-line', 'a line of the recorder about itself is passed over');
      else this.#lose('it is no message', ended);
      return;
    }
    let body: unknown;
    try {
      body = JSON.parse(message.json);
    } catch {
      this.#lose('its message is not whole JSON', ended);
      return;
    }
    if (isFields(body)) this.#take(body, message, ended);
    else this.#lose('its message is no object', ended);
  }

  #take(body: Readonly<Record<string, unknown>>, message: Framed, ended: boolean): void {
    // Some recorders keep the name of the stream around the message.
    const inner = isFields(body['data']) && typeof body['stream'] === 'string' ? body['data'] : body;
    const read = this.#venue.read(inner);
    if ('kind' in read) {
      this.#lose(read.clause, ended, read.instrument);
      return;
    }
    const received = receivedOf(message.received);
    const text = new TextEncoder().encode(message.json);
    const kept = new Set<string>();
    for (const one of read) {
      if (one.kind === 'other') {
        this.#odd('note', 'other-message', `a message of kind ${one.name} is left out`);
        continue;
      }
      const recorder = this.#recorder(one.instrument);
      if (kept.size === 0) this.#messages++;
      recorder.take(one, received, this.#lines.lines);
      if (!kept.has(one.instrument)) recorder.keepText(text, 0, text.length, received, one.exchangeMillis);
      kept.add(one.instrument);
    }
  }

  #recorder(instrument: string): InstrumentRecorder {
    let recorder = this.#instruments.get(instrument);
    if (recorder === undefined) {
      recorder = new InstrumentRecorder(instrument, this.#source);
      this.#instruments.set(instrument, recorder);
    }
    return recorder;
  }

  /** A line that cannot be read: nothing like a recording at its start, a loss later on. */
  #lose(clause: string, ended: boolean, instrument?: string): void {
    if (this.#messages === 0 && ++this.#strange > MOST_STRANGE) throw this.#notThis(clause);
    const cut = !ended && instrument === undefined;
    if (cut) {
      this.#odd('warning', 'last-line-cut', 'the last line is cut off; the file was not recorded to its end');
      return;
    }
    this.#odd('error', 'unreadable-line', `${clause}; it is left out, and levels in it may be wrong`);
    const line = this.#lines.lines;
    if (instrument !== undefined) this.#recorder(instrument).lose(line);
    else for (const recorder of this.#instruments.values()) recorder.lose(line);
  }

  #odd(severity: Oddity['severity'], code: string, clause: string): void {
    this.#file.add(severity, code, `${this.#source} line ${String(this.#lines.lines)}: ${clause}`);
  }

  #notThis(wrong: string): AppError {
    return new AppError('data.kind', {
      subject: `${this.#source} line ${String(this.#lines.lines)}`,
      expected: this.#venue.what,
      got: wrong,
      remedy: 'choose a recording of that format'
    });
  }

  #empty(): AppError {
    return new AppError('data.empty', {
      subject: this.#source,
      expected: 'an order book or trades of at least one instrument',
      got: 'none',
      remedy: 'record the book and trade channels of an instrument'
    });
  }
}

function receivedOf(nineteen: string | undefined): Received | undefined {
  if (nineteen === undefined) return undefined;
  return { seconds: Number(nineteen.slice(0, 10)), nanos: Number(nineteen.slice(10)) };
}
