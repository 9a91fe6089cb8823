/**
 * Takes the messages of one recorded USD-M instrument in turn, checks them against each other and keeps their rows.
 * What is odd is counted and located; a row that would make the book wrong is left out and told. Knows no bytes.
 */
import { AppError } from '../../core/errors.ts';
import { RowKind } from '../../market/tape.ts';
import type { OddityLog } from '../oddities.ts';
import { UsdmColumns } from './usdm-columns.ts';
import type { DecimalLevels, UsdmMessage } from './usdm-message.ts';
import { UsdmKind } from './usdm-message.ts';

const NANOS_PER_MILLI = 1e6;
/** A tape's clock: whole nanoseconds are exact in a double for 104 days. */
const LONGEST_MILLIS = 104 * 86_400_000;
/** Trades that an order book saw; others are liquidations taken over, or no trades. */
const MARKET = 'MARKET';

export class UsdmRecorder {
  readonly source: string;
  readonly oddities: OddityLog;
  /** Messages by kind, before anything was left out. */
  readonly counts = { depthUpdate: 0, bookTicker: 0, trade: 0, snapshot: 0, markPriceUpdate: 0 };
  trades = 0;
  /** Lines of the first depth update and the first snapshot that were taken, 0 before. */
  #firstDepth = 0;
  #firstSnapshot = 0;
  #columns: UsdmColumns | undefined;
  #symbol: string;
  #tradeEvent: string | undefined;
  #line = 0;
  #lastUpdate = Number.NaN;
  #lastReceived = Number.NEGATIVE_INFINITY;
  /** By kind: the venue's time of the message before. */
  readonly #lastExchange = new Map<UsdmKind, number>();
  /** Of the mark price messages: the next funding time and rate as last told. */
  #fundingMillis = Number.NaN;
  #fundingRate = Number.NaN;

  constructor(options: { readonly source: string; readonly symbol: string; readonly oddities: OddityLog }) {
    this.source = options.source;
    this.#symbol = options.symbol;
    this.oddities = options.oddities;
  }

  /** As given, else as the first message that names one says; '' before. */
  get symbol(): string {
    return this.#symbol;
  }

  get columns(): UsdmColumns | undefined {
    return this.#columns;
  }

  /** @throws data.corrupt when its times lie further from the first than a tape reaches */
  take(message: UsdmMessage, line: number): void {
    this.#line = line;
    switch (message.kind) {
      case UsdmKind.quote:
        this.counts.bookTicker++;
        return;
      case UsdmKind.other:
        this.#odd('note', 'other-message', `a message of kind ${message.event || 'unknown'} is left out`);
        return;
      case UsdmKind.depth:
        this.counts.depthUpdate++;
        if (this.#isOurs(message)) this.#depth(message);
        return;
      case UsdmKind.snapshot:
        this.counts.snapshot++;
        if (this.#isOurs(message)) this.#snapshot(message);
        return;
      case UsdmKind.trade:
        this.counts.trade++;
        if (this.#isOurs(message)) this.#trade(message);
        return;
      case UsdmKind.mark:
        this.counts.markPriceUpdate++;
        if (this.#isOurs(message)) this.#mark(message);
    }
  }

  /** A stream may carry several instruments; a snapshot names none. */
  #isOurs(message: UsdmMessage): boolean {
    const { symbol } = message;
    if (symbol === '' || symbol === this.#symbol) return true;
    if (this.#symbol === '') {
      this.#symbol = symbol;
      return true;
    }
    this.#odd('warning', 'other-symbol', `${symbol} stands in the recording of ${this.#symbol}; it is left out`);
    return false;
  }

  /**
   * Says, once all is read, whether the book began as one: depth updates give only what changes.
   * @returns why it did not, as a clause
   */
  finish(): string | undefined {
    if (this.#firstDepth === 0 || this.#firstSnapshot > 0) return undefined;
    const clause =
      'the recording holds depth updates and no order book snapshot: levels that never changed are missing';
    this.#line = this.#firstDepth;
    this.#odd('warning', 'no-snapshot', clause);
    return clause;
  }

  #depth(message: UsdmMessage): void {
    this.#checkSequence(message);
    if (!this.#begin(message, message.transactionMillis)) return;
    this.#firstDepth ||= this.#line;
    this.#side(RowKind.bid, message.bids);
    this.#side(RowKind.ask, message.asks);
  }

  /** `pu` must be the `u` of the event before ("How to manage a local order book correctly", step 6). */
  #checkSequence(message: UsdmMessage): void {
    const { firstUpdate, lastUpdate, previousUpdate } = message;
    const before = this.#lastUpdate;
    if (!Number.isSafeInteger(lastUpdate) || lastUpdate < Math.max(0, firstUpdate)) {
      this.#odd('warning', 'sequence-unknown', `its updates run from ${String(firstUpdate)} to ${String(lastUpdate)}`);
      return;
    }
    this.#lastUpdate = lastUpdate;
    if (Number.isNaN(before) || previousUpdate === before) return;
    const clause = `update ${String(before)} should come before it, it names ${String(previousUpdate)}`;
    if (lastUpdate <= before) this.#odd('warning', 'sequence-went-back', clause);
    else this.#odd('warning', 'sequence-gap', `${clause}; the book may hold levels that are gone`);
  }

  /**
   * An image of the levels nearest the touch: it clears what lies between the best and its own last price, and nothing
   * beyond.
   */
  #snapshot(message: UsdmMessage): void {
    if (!this.#begin(message, message.transactionMillis)) return;
    this.#firstSnapshot ||= this.#line;
    const { bids, asks } = message;
    const [worstBid, worstAsk] = [indexOfExtreme(bids, -1), indexOfExtreme(asks, 1)];
    const [bestBid, bestAsk] = [indexOfExtreme(bids, 1), indexOfExtreme(asks, -1)];
    if (bestBid >= 0 && bestAsk >= 0 && priceOf(bids, bestBid) >= priceOf(asks, bestAsk)) {
      this.#odd('warning', 'crossed-snapshot', 'the best bid of the snapshot is not below its best ask');
    }
    if (worstBid >= 0) this.#row(RowKind.clearBids, bids, worstBid);
    this.#side(RowKind.bid, bids);
    if (worstAsk >= 0) this.#row(RowKind.clearAsks, asks, worstAsk);
    this.#side(RowKind.ask, asks);
  }

  /** `trade` and `aggTrade` say the same: the first of them that comes is taken. */
  #trade(message: UsdmMessage): void {
    const { execution, buyerWasMaker, bids, event } = message;
    this.#tradeEvent ??= event;
    if (event !== this.#tradeEvent) {
      this.#odd(
        'note',
        'second-trade-stream',
        `${event} stands beside ${this.#tradeEvent}; trades are read from the first`
      );
      return;
    }
    if (execution !== '' && execution !== MARKET) {
      this.#odd('note', 'not-market-trade', `a trade of kind ${execution} went past the order book; it is left out`);
      return;
    }
    if (!this.#begin(message, message.transactionMillis)) return;
    if (this.#row(buyerWasMaker ? RowKind.sellTrade : RowKind.buyTrade, bids, 0)) this.trades++;
  }

  /** Funding fell due at the time that was last announced once a later one is; at the rate last told. */
  #mark(message: UsdmMessage): void {
    const { bids, rate, transactionMillis } = message;
    const price = priceOf(bids, 0);
    if (!(price > 0) || !this.#begin(message, message.eventMillis)) {
      if (!(price > 0)) this.#odd('warning', 'unreadable-number', 'its mark price is no number above 0');
      return;
    }
    if (transactionMillis > this.#fundingMillis && Number.isFinite(this.#fundingRate)) {
      this.#columns!.figure(RowKind.funding, Math.round(this.#fundingRate * 1e8));
    }
    if (transactionMillis > 0) {
      this.#fundingMillis = transactionMillis;
      this.#fundingRate = rate.whole / 10 ** rate.decimals;
    }
    this.#columns!.figure(RowKind.markPrice, Math.round(price * 1e6));
  }

  #side(kind: typeof RowKind.bid | typeof RowKind.ask, levels: DecimalLevels): void {
    for (let index = 0; index < levels.count; index++) this.#row(kind, levels, index);
  }

  #row(kind: RowKind, levels: DecimalLevels, index: number): boolean {
    const price = levels.price[index]!;
    const size = levels.size[index]!;
    if (price > 0 && size >= 0) {
      if (this.#columns!.row(kind, levels, index)) return true;
      this.#odd('warning', 'unreadable-number', 'a price or size has more digits than can be kept; it is left out');
    } else if (Number.isNaN(price) || Number.isNaN(size)) {
      this.#odd('warning', 'unreadable-number', 'a price or size is no plain decimal number; it is left out');
    } else if (size < 0) this.#odd('warning', 'negative-size', 'a size below 0; it is left out');
    else this.#odd('warning', 'price-not-positive', 'a price at or below 0; it is left out');
    return false;
  }

  /** @returns whether its times can be used */
  #begin(message: UsdmMessage, exchangeMillis: number): boolean {
    if (!Number.isSafeInteger(exchangeMillis) || exchangeMillis <= 0) {
      this.#odd(
        'warning',
        'unreadable-time',
        'its time at the venue is no whole number of milliseconds; it is left out'
      );
      return false;
    }
    this.#columns ??= new UsdmColumns(message.receivedSeconds * 1000);
    const { baseMillis } = this.#columns;
    const receivedMillis = message.receivedSeconds * 1000 - baseMillis;
    const atVenue = exchangeMillis - baseMillis;
    if (Math.max(Math.abs(receivedMillis), Math.abs(atVenue)) > LONGEST_MILLIS) throw this.#tooFar(atVenue);
    const received = receivedMillis * NANOS_PER_MILLI + message.receivedNanos;
    if (received < this.#lastReceived) {
      const clause = `received ${String(this.#lastReceived - received)} ns before the line above it; it is put in its place`;
      this.#odd('warning', 'received-went-back', clause);
    }
    this.#lastReceived = received;
    const before = this.#lastExchange.get(message.kind);
    if (before !== undefined && exchangeMillis < before) {
      const clause = `the venue's time went back by ${String(before - exchangeMillis)} ms in messages of one kind`;
      this.#odd('warning', 'time-went-back', clause);
    }
    this.#lastExchange.set(message.kind, exchangeMillis);
    this.#columns.message({ received, exchange: atVenue * NANOS_PER_MILLI, line: this.#line });
    return true;
  }

  #tooFar(millis: number): AppError {
    return new AppError('data.corrupt', {
      subject: `${this.source} line ${String(this.#line)}`,
      expected: 'times within 104 days of the first',
      got: `one ${String(Math.round(millis / 86_400_000))} days away`,
      remedy: 'split the recording, or mend the line'
    });
  }

  #odd(severity: 'note' | 'warning', code: string, clause: string): void {
    this.oddities.add(severity, code, `${this.source} line ${String(this.#line)}: ${clause}`);
  }
}

const priceOf = (levels: DecimalLevels, index: number): number =>
  levels.price[index]! / 10 ** levels.priceDecimals[index]!;

/** Index of the highest price (sign 1) or the lowest (sign -1) among the readable levels, -1 where there is none. */
function indexOfExtreme(levels: DecimalLevels, sign: 1 | -1): number {
  let best = -1;
  for (let index = 0; index < levels.count; index++) {
    const price = priceOf(levels, index);
    if (price > 0 && levels.size[index]! >= 0 && (best < 0 || sign * price > sign * priceOf(levels, best)))
      best = index;
  }
  return best;
}
