/**
 * One instrument of a crypto venue as it is read: the rows of its tape, and whether its book can be trusted. A change
 * gives the new size of a level, so what was missed once heals level by level; it is told, located, and the market is
 * marked until an image comes. Knows no bytes and no venue.
 */
import { AppError } from '../../core/errors.ts';
import { RowKind } from '../../market/tape.ts';
import { TextLog } from '../betfair/text-log.ts';
import { UsdmColumns } from '../binance/usdm-columns.ts';
import { DecimalLevels, decimalOf } from '../binance/usdm-message.ts';
import { LINE_LOST, OddityLog } from '../oddities.ts';
import type { TextLevel } from './level-book.ts';
import { LevelBook } from './level-book.ts';
import type { CryptoMessage } from './message.ts';

type Book = Extract<CryptoMessage, { readonly kind: 'book' }>;
type Trade = Extract<CryptoMessage, { readonly kind: 'trade' }>;

const NANOS_PER_MILLI = 1e6;
/** A tape's clock: whole nanoseconds are exact in a double for 104 days. */
const LONGEST_MILLIS = 104 * 86_400_000;

/** Seconds and nanoseconds since the epoch. */
export interface Received {
  readonly seconds: number;
  readonly nanos: number;
}

export interface InstrumentCounts {
  messages: number;
  images: number;
  changes: number;
  trades: number;
  /** Checksums that were there, and those that did not fit. */
  checksums: number;
  checksumFailures: number;
}

export class InstrumentRecorder {
  readonly instrument: string;
  readonly source: string;
  readonly oddities = new OddityLog();
  readonly texts = new TextLog();
  readonly published: number[] = [];
  readonly received: number[] = [];
  /** Of each of these below its microsecond. */
  readonly nanos: number[] = [];
  readonly counts: InstrumentCounts = {
    messages: 0,
    images: 0,
    changes: 0,
    trades: 0,
    checksums: 0,
    checksumFailures: 0
  };
  /** Why its book was not to be trusted for a time, first reason. */
  damage: string | undefined;
  readonly book = new LevelBook();
  readonly #levels = new DecimalLevels();
  #columns: UsdmColumns | undefined;
  #channel: string | undefined;
  #hasBook = false;
  #sequence = Number.NaN;
  #lastReceived = Number.NEGATIVE_INFINITY;
  readonly #lastExchange = new Map<CryptoMessage['kind'], number>();
  #line = 0;

  constructor(instrument: string, source: string) {
    this.instrument = instrument;
    this.source = source;
  }

  /** Undefined before anything was kept. */
  get columns(): UsdmColumns | undefined {
    return this.#columns;
  }

  /** @throws data.corrupt when its times lie further from the first than a tape reaches */
  take(message: Book | Trade, received: Received | undefined, line: number): void {
    this.#line = line;
    this.counts.messages++;
    if (message.kind === 'trade') this.#trade(message, received);
    else if (this.#channel !== undefined && message.channel !== this.#channel) {
      const clause = `${message.channel} stands beside ${this.#channel}; the book is read from the first alone`;
      this.#odd('note', 'second-book-channel', clause);
    } else {
      this.#channel ??= message.channel;
      this.#change(message, received);
    }
  }

  keepText(bytes: Uint8Array, from: number, to: number, received: Received | undefined, exchangeMillis: number): void {
    const seen =
      received === undefined ? exchangeMillis : received.seconds * 1000 + Math.floor(received.nanos / 1000) / 1000;
    this.received.push(seen);
    this.nanos.push(received === undefined ? 0 : received.nanos % 1000);
    this.published.push(Number.isNaN(exchangeMillis) ? seen : exchangeMillis);
    this.texts.append(bytes, from, to);
    this.texts.endText();
  }

  /** A message was lost that may have been of this instrument's book. */
  lose(line: number): void {
    this.damage ??= `line ${String(line)} could not be read`;
    const where = `${this.source} line ${String(line)}`;
    this.oddities.add('warning', LINE_LOST, `${where}: it could not be read, and may have been of ${this.instrument}`);
  }

  #change(message: Book, received: Received | undefined): void {
    const { whole, bids, asks } = message;
    if (!whole && !this.#hasBook) {
      this.#odd('warning', 'change-without-image', 'a change to a book that has no image yet; it is left out');
      return;
    }
    if (!this.#follows(message)) return;
    if (!this.#begin(message, received)) return;
    if (whole) {
      this.counts.images++;
      this.#hasBook = true;
      this.book.clear();
      this.#columns!.figure(RowKind.clear, 0);
    } else this.counts.changes++;
    this.book.apply(bids, asks);
    this.#side(RowKind.bid, bids);
    this.#side(RowKind.ask, asks);
    this.#verify(message);
  }

  /** @returns false for a message that came before */
  #follows({ sequence, whole }: Book): boolean {
    if (sequence === undefined) return true;
    const before = this.#sequence;
    const { number, previous } = sequence;
    this.#sequence = number;
    if (whole || Number.isNaN(before) || previous === before) return true;
    if (number === before) {
      this.#odd('warning', 'repeated-message', `its number ${String(number)} came before; it is left out`);
      return false;
    }
    const clause = `message ${String(previous)} should come before it, ${String(before)} did`;
    if (number < before) this.#odd('warning', 'sequence-went-back', clause);
    else this.#odd('warning', 'sequence-gap', `${clause}; the book may hold levels that are gone`);
    this.damage ??= `line ${String(this.#line)}: ${clause}`;
    return true;
  }

  #verify({ checksum }: Book): void {
    if (checksum !== undefined) {
      this.counts.checksums++;
      const found = this.book.checksum();
      if (found !== checksum) {
        this.counts.checksumFailures++;
        const clause = `the venue's checksum is ${String(checksum)}, that of the book as read is ${String(found)}`;
        this.#odd('error', 'checksum-failed', clause);
        this.damage ??= `line ${String(this.#line)}: ${clause}`;
      }
    }
    if (this.book.isCrossed) {
      const clause = `best bid ${String(this.book.bids.best)} is not below best ask ${String(this.book.asks.best)}`;
      this.#odd('warning', 'crossed-book', clause);
    }
  }

  #trade(message: Trade, received: Received | undefined): void {
    if (!this.#begin(message, received)) return;
    const kind = message.taker === 'buy' ? RowKind.buyTrade : RowKind.sellTrade;
    if (this.#row(kind, message)) this.counts.trades++;
  }

  #side(kind: RowKind, levels: readonly TextLevel[]): void {
    for (const level of levels) this.#row(kind, level);
  }

  #row(kind: RowKind, { price, size }: TextLevel): boolean {
    const levels = this.#levels;
    const [at, of] = [decimalOf(price), decimalOf(size)];
    if (Number.isNaN(at.whole) || Number.isNaN(of.whole)) {
      this.#odd('warning', 'unreadable-number', 'a price or size is no plain decimal number; it is left out');
    } else if (!(at.whole > 0)) this.#odd('warning', 'price-not-positive', 'a price at or below 0; it is left out');
    else if (of.whole < 0) this.#odd('warning', 'negative-size', 'a size below 0; it is left out');
    else {
      levels.count = 0;
      levels.add(at, of);
      if (this.#columns!.row(kind, levels, 0)) return true;
      this.#odd('warning', 'unreadable-number', 'a price or size has more digits than can be kept; it is left out');
    }
    return false;
  }

  /** A recorder that kept no time saw everything when it happened. @returns whether there is a time at all */
  #begin({ exchangeMillis, kind }: Book | Trade, received: Received | undefined): boolean {
    if (received === undefined && Number.isNaN(exchangeMillis)) {
      this.#odd('warning', 'unreadable-time', 'it has no time; it is left out');
      return false;
    }
    const seen = received ?? {
      seconds: Math.floor(exchangeMillis / 1000),
      nanos: Math.round((exchangeMillis % 1000) * NANOS_PER_MILLI)
    };
    this.#columns ??= new UsdmColumns(seen.seconds * 1000);
    const { baseMillis } = this.#columns;
    const receivedMillis = seen.seconds * 1000 - baseMillis;
    const receivedNanos = receivedMillis * NANOS_PER_MILLI + seen.nanos;
    const atVenue = Number.isNaN(exchangeMillis)
      ? receivedNanos
      : Math.round((exchangeMillis - baseMillis) * NANOS_PER_MILLI);
    if (Math.max(Math.abs(receivedMillis), Math.abs(atVenue / NANOS_PER_MILLI)) > LONGEST_MILLIS) throw this.#tooFar();
    if (receivedNanos < this.#lastReceived) {
      const clause = `received ${String(this.#lastReceived - receivedNanos)} ns before the one above it; it is put in its place`;
      this.#odd('warning', 'received-went-back', clause);
    }
    this.#lastReceived = receivedNanos;
    const before = this.#lastExchange.get(kind);
    if (before !== undefined && atVenue < before) {
      const clause = `the venue's time went back by ${String((before - atVenue) / NANOS_PER_MILLI)} ms in messages of one kind`;
      this.#odd('warning', 'time-went-back', clause);
    }
    this.#lastExchange.set(kind, atVenue);
    this.#columns.message({ received: receivedNanos, exchange: atVenue, line: this.#line });
    return true;
  }

  #tooFar(): AppError {
    return new AppError('data.corrupt', {
      subject: `${this.source} line ${String(this.#line)}`,
      expected: 'times within 104 days of the first',
      got: 'one further away',
      remedy: 'split the recording, or mend the line'
    });
  }

  #odd(severity: 'note' | 'warning' | 'error', code: string, clause: string): void {
    this.oddities.add(severity, code, `${this.source} line ${String(this.#line)}: ${this.instrument}: ${clause}`);
  }
}
