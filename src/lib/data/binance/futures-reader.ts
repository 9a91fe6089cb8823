/**
 * Recorded streams of Binance futures as an import takes them. A recording of one instrument, framed by nanoseconds, goes
 * to its scanner as it is; where a recorder kept several instruments in one file, or wrote seconds, its lines are written
 * again in that frame and go to a reader an instrument. The answers of the REST order book among them are their images.
 */
import { AppError } from '../../core/errors.ts';
import { cryptoRules } from '../../market/venues/crypto.ts';
import { framed, isFrameHeader } from '../crypto/framing.ts';
import { LineSplitter } from '../line-splitter.ts';
import { OddityLog } from '../oddities.ts';
import type { ReadMarket } from '../recording.ts';
import type { Oddity } from '../records.ts';
import { usdmMarket } from './usdm-market.ts';
import { UsdmStreamReader } from './usdm-stream.ts';
import type { Described, LadderFound } from './usdm-tape.ts';

export type FuturesKind = 'binance-usdm' | 'binance-coinm';

interface FuturesReader {
  readonly messages: number;
  readonly fileOddities: readonly Oddity[];
  push(bytes: Uint8Array): void;
  end(fingerprint: string): Iterable<ReadMarket>;
}

export function binanceReader(kind: FuturesKind, source: string): FuturesReader {
  let reader: FuturesReader | undefined;
  let messages = 0;
  return {
    get messages() {
      return reader?.messages ?? messages;
    },
    get fileOddities() {
      return reader?.fileOddities ?? [];
    },
    push: (bytes) => {
      reader ??= isScannable(bytes) ? new OneInstrument(kind, source) : new ManyInstruments(kind, source);
      reader.push(bytes);
      messages = reader.messages;
    },
    *end(fingerprint) {
      yield* (reader ?? new OneInstrument(kind, source)).end(fingerprint);
    }
  };
}

const DIGITS = 19;
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const isScannable = (bytes: Uint8Array): boolean => bytes.subarray(0, DIGITS).every(isDigit);

const streamReader = (kind: FuturesKind, source: string, symbol?: string): UsdmStreamReader =>
  new UsdmStreamReader({
    source,
    keepTexts: true,
    ...(symbol === undefined ? {} : { symbol }),
    ...(kind === 'binance-usdm' ? {} : { describe: coinmDescribed })
  });

/** `BTCUSD_PERP` has no end, `BTCUSD_241227` does; a contract is worth 100 or 10 dollars, paid in the coin. */
const coinmDescribed = (found: LadderFound): Described => {
  const isPerpetual = found.symbol.endsWith('_PERP');
  return {
    venue: 'binance-coinm',
    name: `${found.symbol}${isPerpetual ? ' perpetual' : ' future'}`,
    eventName: 'Binance COIN-M',
    kind: isPerpetual ? 'PERPETUAL' : 'FUTURE',
    rules: cryptoRules({ ...found, venue: 'binance-coinm', contract: 'inverse' })
  };
};

class OneInstrument implements FuturesReader {
  /** One market a file: all that is odd is its own. */
  readonly fileOddities: readonly Oddity[] = [];
  readonly #reader: UsdmStreamReader;

  constructor(kind: FuturesKind, source: string) {
    this.#reader = streamReader(kind, source);
  }

  get messages(): number {
    return this.#reader.messages;
  }

  push(bytes: Uint8Array): void {
    this.#reader.push(bytes);
  }

  *end(fingerprint: string): Generator<ReadMarket> {
    yield usdmMarket(this.#reader, fingerprint);
  }
}

const SYMBOL = /"s":"([^"]+)"/u;
const ASKED = /\/depth\?.*symbol=([A-Z0-9_]+)/u;

class ManyInstruments implements FuturesReader {
  readonly #kind: FuturesKind;
  readonly #source: string;
  readonly #file = new OddityLog();
  readonly #readers = new Map<string, UsdmStreamReader>();
  readonly #lines: LineSplitter;
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  #strange = 0;

  constructor(kind: FuturesKind, source: string) {
    this.#kind = kind;
    this.#source = source;
    this.#lines = new LineSplitter(source, (bytes, from, to) => {
      this.#read(this.#decoder.decode(bytes.subarray(from, to)));
    });
  }

  get messages(): number {
    let sum = 0;
    for (const reader of this.#readers.values()) sum += reader.messages;
    return sum;
  }

  get fileOddities(): readonly Oddity[] {
    return this.#file.list();
  }

  push(bytes: Uint8Array): void {
    this.#lines.push(bytes);
  }

  *end(fingerprint: string): Generator<ReadMarket> {
    this.#lines.end();
    let markets = 0;
    for (const [symbol, reader] of this.#readers) {
      let market: ReadMarket;
      try {
        market = usdmMarket(reader, fingerprint);
      } catch (thrown) {
        if (!(thrown instanceof AppError) || thrown.code !== 'data.empty') throw thrown;
        this.#file.add('note', 'instrument-without-rows', `${this.#source}: ${symbol}: ${thrown.got}`);
        continue;
      }
      markets++;
      yield market;
    }
    if (markets > 0) return;
    throw new AppError('data.empty', {
      subject: this.#source,
      expected: 'depth updates, snapshots or trades of an instrument',
      got: 'none',
      remedy: 'record the depth and trade streams of an instrument'
    });
  }

  #read(line: string): void {
    const message = framed(line);
    if (message === undefined) {
      this.#odd(
        isFrameHeader(line) ? 'note' : 'error',
        isFrameHeader(line) ? 'recorder-line' : 'unreadable-line',
        isFrameHeader(line) ? 'a line of the recorder about itself is passed over' : 'it is no message; it is left out'
      );
      if (this.#readers.size === 0 && !isFrameHeader(line) && ++this.#strange > 3) throw this.#notThis();
      return;
    }
    const symbol = (message.url === undefined ? SYMBOL.exec(message.json) : ASKED.exec(message.url))?.[1];
    if (symbol === undefined) {
      this.#odd('note', 'other-message', 'a message that names no instrument is left out');
      return;
    }
    const received = message.received ?? timeOf(message.json);
    if (received === undefined) {
      this.#odd('warning', 'unreadable-time', 'a message without a time; it is left out');
      return;
    }
    let reader = this.#readers.get(symbol);
    if (reader === undefined) {
      reader = streamReader(this.#kind, `${this.#source} ${symbol}`, symbol);
      this.#readers.set(symbol, reader);
    }
    reader.push(this.#encoder.encode(`${received} ${message.json}\n`));
  }

  #odd(severity: Oddity['severity'], code: string, clause: string): void {
    this.#file.add(severity, code, `${this.#source} line ${String(this.#lines.lines)}: ${clause}`);
  }

  #notThis(): AppError {
    return new AppError('data.kind', {
      subject: this.#source,
      expected: 'a recorded stream of Binance futures: a message on each line',
      got: 'lines that are none',
      remedy: 'choose a recording of that format'
    });
  }
}

/** A recorder that kept no time: the venue's own stands for it. */
function timeOf(json: string): string | undefined {
  const [, millis] = /"E":(\d{13})\b/u.exec(json) ?? [];
  return millis === undefined ? undefined : `${millis}000000`;
}
