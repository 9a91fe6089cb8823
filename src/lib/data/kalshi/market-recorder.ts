/**
 * One Kalshi market as it is read: its book on both axes, the rows of its tape, and whether the book can be trusted.
 * Changes are relative at this venue, so what was missed once stays wrong until the next image: an impossible book is
 * therefore taken down, trading suspended, and what changes before the next image is left out. Knows no files.
 */
import type { Nanos } from '../../core/units.ts';
import { Depth } from '../../market/depth.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, Outcome, RowKind } from '../../market/tape.ts';
import type { OddityLog } from '../oddities.ts';
import { TextLog } from '../betfair/text-log.ts';
import type { KalshiTerms } from './metadata.ts';
import type { Axis, Delta, Level, Snapshot, Trade } from './message.ts';
import { DOLLAR } from './message.ts';

/** The one contract of a market. */
const SLOT = 0;
const MILLI = 1e6;
/** A venue's time so long before its reception is taken for a fault of the message. */
const LONGEST_DELAY_MILLIS = 3_600_000;
/** So far ahead of its reception, by more than any before it, a message is not believed: clocks drift, they do not leap. */
const LEAP_MILLIS = 1000;
/** So many in a row that say the same are: the recorder's clock was set. */
const LEAPS_BELIEVED = 8;

export interface MessageTime {
  readonly receivedMillis: number;
  readonly exchangeMillis: number | undefined;
  readonly sid: number;
}

export interface RecorderCounts {
  messages: number;
  snapshots: number;
  deltas: number;
  trades: number;
  tradedLots: number;
}

export class KalshiRecorder {
  readonly ticker: string;
  readonly source: string;
  readonly oddities: OddityLog;
  readonly terms: KalshiTerms | undefined;
  readonly texts = new TextLog();
  readonly counts: RecorderCounts = { messages: 0, snapshots: 0, deltas: 0, trades: 0, tradedLots: 0 };
  readonly receivedMillis: number[] = [];
  readonly exchangeMillis: number[] = [];
  /** Prices of yes that stand in rows of the tape: in 1e-4 dollars, there too, until the ladder is known. */
  readonly prices = new Set<number>();
  /** Why its book was not to be trusted for a time, first reason; undefined when it always was. */
  damage: string | undefined;
  readonly #axes: Readonly<Record<Axis, Depth>> = { yes: new Depth(DOLLAR), no: new Depth(DOLLAR) };
  #builder: TapeBuilder | undefined;
  #startMillis = 0;
  /** A first image bears no time of the venue: it waits for the message after it, which does. */
  #first: { readonly message: Snapshot; readonly line: number } | undefined;
  #trusted = false;
  #status: MarketStatus = MarketStatus.inactive;
  #received = 0;
  /** By price, 1 where the terms allow it. */
  readonly #allowed: Uint8Array | undefined;
  readonly #lastExchange = new Map<number, number>();
  #exchange = Number.NaN;
  #leastDelay = Infinity;
  /** Messages in a row whose time was not believed. */
  #doubted = 0;

  constructor(options: { ticker: string; source: string; oddities: OddityLog; terms: KalshiTerms | undefined }) {
    this.ticker = options.ticker;
    this.source = options.source;
    this.oddities = options.oddities;
    this.terms = options.terms;
    const ranges = options.terms?.priceRanges;
    if (ranges === undefined) return;
    this.#allowed = Uint8Array.from({ length: DOLLAR }, (_, price) =>
      Number(ranges.some((range) => isOn(range, price)))
    );
  }

  get builder(): TapeBuilder {
    this.#releaseFirst(undefined);
    return (this.#builder ??= new TapeBuilder(BigInt(this.#startMillis) * BigInt(MILLI)));
  }

  get rows(): number {
    return this.builder.rows;
  }

  /** Whether the book is the venue's, as far as the messages say. */
  get trusted(): boolean {
    return this.#trusted;
  }

  get status(): MarketStatus {
    return this.#status;
  }

  /**
   * By how much the recorder's clock ran behind the venue's, milliseconds: the quickest message then took no time. Left
   * as it is, an agent would see things before they happened.
   */
  get clockShiftMillis(): number {
    return Math.max(0, -this.#leastDelay);
  }

  /** Size on one axis at a price in 1e-4 dollars, in lots. */
  size(axis: Axis, price: number): number {
    return this.#axes[axis].at(price);
  }

  snapshot(message: Snapshot, line: number): void {
    this.#count(message);
    this.counts.snapshots++;
    if (this.#builder === undefined && this.#first === undefined && message.exchangeMillis === undefined) {
      this.#first = { message, line };
      return;
    }
    this.#releaseFirst(message.exchangeMillis);
    this.#applySnapshot(message, line);
  }

  delta(message: Delta, line: number): void {
    this.#count(message);
    this.#releaseFirst(message.exchangeMillis);
    if (!this.#trusted) {
      this.#odd('warning', 'delta-without-book', line, 'a change to a book that has no image yet; it is left out');
      return;
    }
    const { axis, price, lots } = message;
    const depth = this.#axes[axis];
    const size = depth.at(price) + lots;
    const opposite = this.#axes[axis === 'yes' ? 'no' : 'yes'].highest;
    if (size < 0) {
      const clause = `${axis} at ${dollars(price)} would hold ${String(size / 100)} contracts`;
      this.#distrust(message, line, 'negative-size', clause);
    } else if (!this.#onLadder(axis, price)) {
      const clause = `${axis} price ${dollars(price)} is not allowed in this market`;
      this.#distrust(message, line, 'off-ladder-price', clause);
    } else if (size > 0 && opposite !== NO_TICK && price + opposite >= DOLLAR) {
      const clause = `a bid of ${dollars(price)} for ${axis} and one of ${dollars(opposite)} against it would have met`;
      this.#distrust(message, line, 'crossed-book', clause);
    } else {
      this.counts.deltas++;
      this.#open(message, line);
      depth.set(price, size);
      this.#row(axis, price, size);
    }
  }

  trade(message: Trade, line: number): void {
    this.#count(message);
    this.#releaseFirst(message.exchangeMillis);
    const { price, lots, taker } = message;
    if (!this.#onLadder('yes', price)) {
      this.#odd('warning', 'off-ladder-price', line, `a trade at ${dollars(price)}, not allowed here; it is left out`);
      return;
    }
    this.counts.trades++;
    this.counts.tradedLots += lots;
    this.prices.add(price);
    this.#open(message, line);
    this.builder.row(taker === 'yes' ? RowKind.buyTrade : RowKind.sellTrade, SLOT, price, lots);
  }

  /** Keeps the text of what was lost, at the time of the message before it. */
  keepLost(bytes: Uint8Array, from: number, to: number): void {
    this.texts.append(bytes, from, to);
    this.texts.endText();
    this.receivedMillis.push(this.receivedMillis.at(-1) ?? this.#received);
    this.exchangeMillis.push(this.exchangeMillis.at(-1) ?? this.#received);
  }

  /** Something of this market was lost. */
  lose(code: string, line: number, clause: string, at: MessageTime): void {
    this.#releaseFirst(at.exchangeMillis);
    this.#distrust(at, line, code, clause);
  }

  /** What the terms say of the end, once the stream has ended. */
  finish(): void {
    this.#releaseFirst(undefined);
    const { terms } = this;
    if (terms?.result === undefined || this.#status === MarketStatus.closed) return;
    const settled = terms.settledMillis ?? terms.closeMillis ?? this.#received;
    this.#at(Math.max(settled, this.#startMillis), Math.max(settled, this.#received));
    this.builder.row(RowKind.outcome, SLOT, NO_TICK, terms.result === 'yes' ? Outcome.winner : Outcome.loser);
    this.#setStatus(MarketStatus.closed);
  }

  #applySnapshot(message: Snapshot, line: number): void {
    const wrong =
      message.yes.find(({ price }) => !this.#onLadder('yes', price)) ??
      message.no.find(({ price }) => !this.#onLadder('no', price));
    if (wrong !== undefined) {
      this.#distrust(
        message,
        line,
        'off-ladder-price',
        `an image with price ${dollars(wrong.price)}, not allowed here`
      );
      return;
    }
    if (isCrossed(message.yes, message.no)) {
      this.#distrust(message, line, 'crossed-book', 'an image whose best yes and no bids add up to 1 or more');
      return;
    }
    this.#open(message, line);
    const changed = this.#replace('yes', message.yes) + this.#replace('no', message.no);
    if (this.#trusted && changed > 0 && message.yes.length + message.no.length > 0) {
      this.#odd(
        'warning',
        'image-differs',
        line,
        `an image differs from the changes before it at ${String(changed)} levels`
      );
    }
    this.#trusted = true;
    if (this.#status === MarketStatus.suspended && !this.#isOver(this.#exchange)) this.#setStatus(MarketStatus.open);
  }

  /** Writes what differs and nothing else: traded sizes stay. */
  #replace(axis: Axis, levels: readonly Level[]): number {
    const depth = this.#axes[axis];
    const wanted = new Map(levels.map(({ price, lots }) => [price, lots]));
    let changed = 0;
    for (let price = depth.lowest; price !== NO_TICK;) {
      const next = depth.above(price);
      if (!wanted.has(price)) wanted.set(price, 0);
      price = next;
    }
    for (const [price, lots] of wanted) {
      if (depth.at(price) === lots) continue;
      depth.set(price, lots);
      this.#row(axis, price, lots);
      changed++;
    }
    return changed;
  }

  #distrust(at: MessageTime, line: number, code: string, clause: string): void {
    this.#odd('warning', code, line, `${clause}; the book is empty until its next image`);
    this.damage ??= clause;
    this.#open(at, line);
    this.#replace('yes', []);
    this.#replace('no', []);
    this.#trusted = false;
    if (this.#status === MarketStatus.open) this.#setStatus(MarketStatus.suspended);
  }

  #releaseFirst(exchangeMillis: number | undefined): void {
    const first = this.#first;
    if (first === undefined) return;
    this.#first = undefined;
    const { message, line } = first;
    const at = Math.min(message.receivedMillis, exchangeMillis ?? message.receivedMillis);
    this.#applySnapshot({ ...message, exchangeMillis: at }, line);
  }

  /** Starts a message of the tape, and says before it what its time brings: opening, and the end of trading. */
  #open(message: MessageTime, line: number): void {
    const received = Math.max(message.receivedMillis, this.#received);
    let exchange = this.#venueTime(message, received, line);
    if (this.#builder === undefined) {
      this.#startMillis = Math.min(received, exchange);
      this.#builder = new TapeBuilder(BigInt(this.#startMillis) * BigInt(MILLI));
    }
    exchange = Math.max(exchange, this.#startMillis);
    this.#passTimes(exchange, received);
    this.#lastExchange.set(message.sid, exchange);
    this.#leastDelay = Math.min(this.#leastDelay, received - exchange);
    this.#at(exchange, received);
    if (this.#status === MarketStatus.inactive && exchange >= (this.terms?.openMillis ?? 0))
      this.#setStatus(MarketStatus.open);
  }

  /**
   * The venue's time of a message. What cannot be so is told and takes the time of the message before it: one
   * subscription's messages are in the venue's order, so a time that were believed would hold back all that follow.
   */
  #venueTime(message: MessageTime, received: number, line: number): number {
    const last = this.#lastExchange.get(message.sid);
    const near = last ?? (Number.isNaN(this.#exchange) ? received : this.#exchange);
    const { exchangeMillis: told } = message;
    if (told === undefined) return near;
    const ahead = told - received;
    const delay = message.receivedMillis - told;
    if (ahead > Math.max(0, -this.#leastDelay) + LEAP_MILLIS && ++this.#doubted < LEAPS_BELIEVED) {
      const clause = `ts_ms ${String(told)} is ${String(ahead)} ms after its reception`;
      this.#odd('warning', 'venue-time-ahead', line, `${clause}; it takes the time of the message before it`);
      return near;
    }
    this.#doubted = 0;
    if (delay > LONGEST_DELAY_MILLIS) {
      const clause = `ts_ms ${String(told)} is ${String(delay)} ms before its reception`;
      this.#odd('warning', 'venue-time-behind', line, `${clause}; it takes the time of the message before it`);
      return near;
    }
    if (last !== undefined && told < last) {
      const clause = `ts_ms went back by ${String(last - told)} ms within its subscription`;
      this.#odd('warning', 'venue-time-went-back', line, `${clause}; it takes the time of the message before it`);
      return last;
    }
    return told;
  }

  /** `close_time` passes without a message of the stream ("Market Lifecycle", docs.kalshi.com). */
  #passTimes(exchange: number, received: number): void {
    if (!this.#isOver(exchange) || this.#status !== MarketStatus.open) return;
    const close = this.terms?.closeMillis ?? exchange;
    this.#at(Math.max(close, this.#startMillis), Math.min(received, Math.max(close, this.#received)));
    this.#setStatus(MarketStatus.suspended);
  }

  #isOver(exchange: number): boolean {
    return exchange >= (this.terms?.closeMillis ?? Infinity);
  }

  #at(exchange: number, received: number): void {
    this.#received = received;
    this.#exchange = exchange;
    const start = this.#startMillis;
    this.builder.message(((exchange - start) * MILLI) as Nanos, ((received - start) * MILLI) as Nanos);
  }

  #setStatus(status: MarketStatus): void {
    this.#status = status;
    this.builder.row(RowKind.status, NO_SLOT, NO_TICK, status);
  }

  /** A no bid at a price is a yes offer at 1 less it. */
  #row(axis: Axis, price: number, lots: number): void {
    const yesPrice = axis === 'yes' ? price : DOLLAR - price;
    this.prices.add(yesPrice);
    this.builder.row(axis === 'yes' ? RowKind.bid : RowKind.ask, SLOT, yesPrice, lots);
  }

  #onLadder(axis: Axis, price: number): boolean {
    return this.#allowed === undefined || this.#allowed[axis === 'yes' ? price : DOLLAR - price] === 1;
  }

  #count(message: Snapshot | Delta | Trade): void {
    this.counts.messages++;
    this.receivedMillis.push(message.receivedMillis);
    this.exchangeMillis.push(message.exchangeMillis ?? message.receivedMillis);
  }

  #odd(severity: 'note' | 'warning' | 'error', code: string, line: number, clause: string): void {
    this.oddities.add(severity, code, `${this.source} line ${String(line)}: ${clause}`);
  }
}

/** @param price in 1e-4 dollars */
export function isOn(range: { start: number; end: number; step: number }, price: number): boolean {
  const [start, end, step] = [range.start, range.end, range.step].map((at) => Math.round(at * DOLLAR)) as [
    number,
    number,
    number
  ];
  return price >= start && price <= end && (price - start) % step === 0;
}

function isCrossed(yes: readonly Level[], no: readonly Level[]): boolean {
  const best = (levels: readonly Level[]): number =>
    levels.reduce((most, { price, lots }) => (lots > 0 ? Math.max(most, price) : most), -Infinity);
  return best(yes) + best(no) >= DOLLAR;
}

const dollars = (price: number): string => (price / DOLLAR).toFixed(4);
