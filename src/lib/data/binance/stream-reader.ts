/**
 * Recorded streams of Binance as an import takes them. A recording of one instrument, framed by nanoseconds, goes to its
 * scanner as it is; where a recorder kept several instruments in one file, wrote seconds, or kept the answers of the REST
 * order book in another file, lines are written again in that frame and go to a reader an instrument.
 */
import { AppError } from '../../core/errors.ts';
import { binanceSpotRules } from '../../market/venues/binance.ts';
import { cryptoRules } from '../../market/venues/crypto.ts';
import { framed, isFrameHeader } from '../crypto/framing.ts';
import { LineSplitter } from '../line-splitter.ts';
import { OddityLog } from '../oddities.ts';
import type { ReadMarket } from '../recording.ts';
import type { Oddity } from '../records.ts';
import type { BinanceKind } from './binance-kind.ts';
import { symbolsIn } from './binance-kind.ts';
import type { BookImage } from './book-image.ts';
import { isOf } from './book-image.ts';
import { usdmMarket } from './usdm-market.ts';
import { UsdmStreamReader } from './usdm-stream.ts';
import type { UsdmStreamOptions } from './usdm-stream.ts';
import type { Described, LadderFound } from './usdm-tape.ts';

interface StreamReader {
  readonly messages: number;
  readonly fileOddities: readonly Oddity[];
  push(bytes: Uint8Array): void;
  end(fingerprint: string): Iterable<ReadMarket>;
}

export interface BinanceOptions {
  readonly kind: BinanceKind;
  readonly source: string;
  /** Of the one instrument in it, where it is known beforehand; messages that name none are its own. */
  readonly symbol?: string;
  /** Answers of the REST order book from other files: each goes to its instrument, at its place in the stream. */
  readonly images?: readonly BookImage[];
}

export function binanceReader(options: BinanceOptions): StreamReader {
  let reader: StreamReader | undefined;
  let messages = 0;
  return {
    get messages() {
      return reader?.messages ?? messages;
    },
    get fileOddities() {
      return reader?.fileOddities ?? [];
    },
    push: (bytes) => {
      reader ??= readerOf(options, bytes);
      reader.push(bytes);
      messages = reader.messages;
    },
    *end(fingerprint) {
      yield* (reader ?? new OneInstrument(options)).end(fingerprint);
    }
  };
}

/**
 * Images of other instruments change nothing; one of its own is put in its place among the messages, and those that name
 * no instrument are still its own: an image in the stream itself among them.
 */
function readerOf(options: BinanceOptions, head: Uint8Array): StreamReader {
  if (!isScannable(head)) return new ManyInstruments(options);
  const { kind, images = [], symbol } = options;
  if (images.length === 0) return new OneInstrument(options);
  const named = [...symbolsIn(new TextDecoder().decode(head))];
  const only = symbol ?? (named.length === 1 ? named[0] : undefined);
  if (only === undefined) return new ManyInstruments(options);
  const isJoined = images.some((image) => image.symbol === only && isOf(image, kind));
  return isJoined ? new ManyInstruments({ ...options, symbol: only }) : new OneInstrument(options);
}

const DIGITS = 19;
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const isScannable = (bytes: Uint8Array): boolean => bytes.subarray(0, DIGITS).every(isDigit);

const streamReader = ({ kind, source, symbol }: BinanceOptions): UsdmStreamReader =>
  new UsdmStreamReader({
    source,
    keepTexts: true,
    join: true,
    ...(symbol === undefined ? {} : { symbol }),
    ...(kind === 'binance-usdm' ? {} : kind === 'binance-coinm' ? COINM : SPOT)
  });

const SPOT: Pick<UsdmStreamOptions, 'describe' | 'numbers'> = {
  numbers: 'spot',
  describe: (found) => ({
    venue: 'binance',
    name: found.symbol,
    eventName: 'Binance spot',
    kind: 'SPOT',
    rules: binanceSpotRules(found)
  })
};

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

const COINM: Pick<UsdmStreamOptions, 'describe'> = { describe: coinmDescribed };

class OneInstrument implements StreamReader {
  /** One market a file: all that is odd is its own. */
  readonly fileOddities: readonly Oddity[] = [];
  readonly #reader: UsdmStreamReader;

  constructor(options: BinanceOptions) {
    this.#reader = streamReader(options);
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

const SYMBOL = /"s"\s*:\s*"([^"]+)"/u;
/** Partial books name no instrument; the stream they come by does. */
const PARTIAL = /^\{\s*"stream"\s*:\s*"([a-z0-9_]+)@depth\d+/u;
const ASKED = /\/depth\?.*symbol=([A-Z0-9_]+)/u;
const LAST_UPDATE = /"e"\s*:\s*"depthUpdate".*"u"\s*:\s*(\d+)/su;
const NANO_DIGITS = 19;

class ManyInstruments implements StreamReader {
  readonly #options: BinanceOptions;
  readonly #source: string;
  readonly #file = new OddityLog();
  readonly #readers = new Map<string, UsdmStreamReader>();
  readonly #lines: LineSplitter;
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  #strange = 0;

  /** By instrument, the earliest first; taken out as they find their place. */
  readonly #images = new Map<string, BookImage[]>();
  #lastReceived = '';

  constructor(options: BinanceOptions) {
    const { source } = options;
    this.#options = options;
    this.#source = source;
    this.#lines = new LineSplitter(source, (bytes, from, to, ended) => {
      this.#read(this.#decoder.decode(bytes.subarray(from, to)), ended);
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
    for (const [symbol, images] of this.#images) {
      for (const image of images.splice(0)) this.#give(symbol, image.received ?? this.#lastReceived, image.json);
    }
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

  #read(line: string, ended: boolean): void {
    const message = framed(line);
    if (!ended && !isFrameHeader(line) && !isJson(message?.json ?? '')) {
      this.#odd('warning', 'last-line-cut', 'the last line is cut off; the file was not recorded to its end');
      return;
    }
    if (message === undefined) {
      if (isFrameHeader(line)) this.#odd('note', 'recorder-line', 'a line of the recorder about itself is passed over');
      else this.#lose('it is no message');
      return;
    }
    const named = message.url === undefined ? SYMBOL : ASKED;
    const symbol =
      (named.exec(message.url ?? message.json) ?? [])[1] ??
      PARTIAL.exec(message.json)?.[1]?.toUpperCase() ??
      this.#options.symbol;
    if (symbol === undefined && !isJson(message.json)) {
      this.#lose('its message is not whole JSON');
      return;
    }
    if (symbol === undefined) {
      this.#odd('note', 'other-message', 'a message that names no instrument is left out');
      return;
    }
    const received = message.received ?? timeOf(message.json);
    if (received === undefined) {
      this.#odd('warning', 'unreadable-time', 'a message without a time; it is left out');
      return;
    }
    this.#placeImages(symbol, received, message.json);
    this.#give(symbol, received, message.json);
    this.#lastReceived = received;
  }

  /**
   * Images of the instrument that were received before the message, or, where no time was kept, that the message goes on
   * from: the reader joins them to the updates by their numbers.
   */
  #placeImages(symbol: string, received: string, json: string): void {
    const images = this.#imagesOf(symbol);
    if (images.length === 0) return;
    const [, last] = LAST_UPDATE.exec(json) ?? [];
    while (images[0] !== undefined) {
      const [image] = images;
      const isDue =
        image.received === undefined
          ? last !== undefined && Number(last) > image.lastUpdate
          : image.received <= received;
      if (!isDue) return;
      images.shift();
      this.#give(symbol, image.received ?? received, image.json);
    }
  }

  #imagesOf(symbol: string): BookImage[] {
    let images = this.#images.get(symbol);
    if (images === undefined) {
      const { kind, images: all = [] } = this.#options;
      images = all.filter((image) => image.symbol === symbol && isOf(image, kind)).sort(inOrder);
      this.#images.set(symbol, images);
    }
    return images;
  }

  #give(symbol: string, received: string, json: string): void {
    let reader = this.#readers.get(symbol);
    if (reader === undefined) {
      reader = streamReader({ ...this.#options, source: `${this.#source} ${symbol}`, symbol });
      this.#readers.set(symbol, reader);
    }
    reader.push(this.#encoder.encode(`${received} ${json}\n`));
  }

  /** A line that cannot be read: nothing like a recording at its start, a loss to every instrument later on. */
  #lose(clause: string): void {
    if (this.#readers.size === 0 && ++this.#strange > 3) throw this.#notThis();
    this.#odd('error', 'unreadable-line', `${clause}; it is left out, and levels in it may be wrong`);
    for (const reader of this.#readers.values()) reader.lose(this.#lines.lines);
  }

  #odd(severity: Oddity['severity'], code: string, clause: string): void {
    this.#file.add(severity, code, `${this.#source} line ${String(this.#lines.lines)}: ${clause}`);
  }

  #notThis(): AppError {
    return new AppError('data.kind', {
      subject: this.#source,
      expected: 'a recorded stream of Binance: a message on each line',
      got: 'lines that are none',
      remedy: 'choose a recording of that format'
    });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A recorder that kept no time: the venue's own stands for it, milliseconds or microseconds. */
function timeOf(json: string): string | undefined {
  const [, time] = /"E"\s*:\s*(\d{13}|\d{16})\b/u.exec(json) ?? [];
  return time?.padEnd(NANO_DIGITS, '0');
}

const inOrder = (one: BookImage, other: BookImage): number =>
  (one.received ?? '') < (other.received ?? '')
    ? -1
    : one.received === other.received
      ? one.lastUpdate - other.lastUpdate
      : 1;
