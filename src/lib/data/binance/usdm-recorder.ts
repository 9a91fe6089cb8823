/**
 * Takes the messages of one recorded Binance instrument in turn, checks them against each other and keeps their rows.
 * What is odd is counted and located; a row that would make the book wrong is left out and told. Knows no bytes.
 *
 * An image of the book (an answer of the REST interface) is joined to the updates by their numbers, wherever between them
 * it was received: "How to manage a local order book correctly" (USD-M, COIN-M: `u`, `pu`; spot: `U`, `u`). hftbacktest's
 * converter takes an image for the book of its reception instead; so does a recorder that is not told to join.
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
/** An answer that took longer to come than this is older than the updates that are remembered; nanoseconds. */
const REMEMBERED_NANOS = 60e9;
/** Spot stamps are microseconds where the subscriber asked for them (`timeUnit`); no millisecond is so large. */
const LEAST_MICROS = 1e14;
/** Trades that an order book saw; others are liquidations taken over, or no trades. */
const MARKET = 'MARKET';

/** How a market numbers its updates: futures name the one before in `pu`, on spot each begins where the last ended. */
export type UpdateNumbers = 'futures' | 'spot';

/** A depth update that was taken. */
interface Update {
  readonly first: number;
  readonly last: number;
  readonly previous: number;
  /** Its number in the columns. */
  readonly message: number;
  readonly received: number;
}

/** What the last image covers: updates up to `last`, bids from `lowestBid` up, asks up to `highestAsk`. */
interface Image {
  readonly last: number;
  readonly lowestBid: number;
  readonly highestAsk: number;
  /** Whether an update was seen that goes on from it. */
  joined: boolean;
}

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
  readonly #numbers: UpdateNumbers;
  readonly #joins: boolean;
  /** The latest, the oldest first. */
  #updates: Update[] = [];
  #image: Image | undefined;
  #unjoined: string | undefined;
  /** The largest `u` of an update, and the least that an image ends with; an image without a number is before all. */
  #latestUpdate = Number.NEGATIVE_INFINITY;
  #earliestImage = Number.POSITIVE_INFINITY;
  /** By kind: the venue's time of the message before. */
  readonly #lastExchange = new Map<UsdmKind, number>();
  /** Of the mark price messages: the next funding time and rate as last told. */
  #fundingMillis = Number.NaN;
  #fundingRate = Number.NaN;

  constructor(options: {
    readonly source: string;
    readonly symbol: string;
    readonly oddities: OddityLog;
    readonly numbers?: UpdateNumbers;
    /** Whether images are joined by their numbers; default false. */
    readonly join?: boolean;
  }) {
    this.#numbers = options.numbers ?? 'futures';
    this.#joins = options.join ?? false;
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
    if (this.#firstDepth === 0) return this.#unjoined;
    if (this.#firstSnapshot > 0) return this.#unjoined ?? this.#imagesTooLate();
    const clause =
      'the recording holds depth updates and no order book snapshot: levels that never changed are missing';
    this.#line = this.#firstDepth;
    this.#odd('warning', 'no-snapshot', clause);
    return clause;
  }

  /** Images that end after every update: no update goes on from them, and none is known to be held by them. */
  #imagesTooLate(): string | undefined {
    if (!this.#joins || !(this.#earliestImage > this.#latestUpdate)) return undefined;
    const clause = `the order book's image ends with update ${String(this.#earliestImage)}, the recording before it, with ${String(this.#latestUpdate)}`;
    this.#line = this.#firstSnapshot;
    this.#odd('warning', 'image-not-joined', `${clause}; levels that never changed are missing until then`);
    return clause;
  }

  #depth(message: UsdmMessage): void {
    this.#checkSequence(message);
    if (!this.#begin(message, timeOf(message))) return;
    this.#firstDepth ||= this.#line;
    const old = this.#joins ? this.#olderImage(message) : undefined;
    this.#side(RowKind.bid, message.bids, old);
    this.#side(RowKind.ask, message.asks, old);
  }

  /** The image that holds already what the update says: it would be set back by it. */
  #olderImage(message: UsdmMessage): Image | undefined {
    const update = this.#remember(message);
    const image = this.#image;
    if (image === undefined || update.last <= image.last) return image;
    if (!image.joined) this.#checkJoint(image, update);
    image.joined = true;
    return undefined;
  }

  #remember(message: UsdmMessage): Update {
    const { firstUpdate: first, lastUpdate: last, previousUpdate: previous } = message;
    const update = { first, last, previous, message: this.#columns!.messages - 1, received: this.#lastReceived };
    this.#updates.push(update);
    const [oldest] = this.#updates;
    if (oldest !== undefined && update.received - oldest.received > 2 * REMEMBERED_NANOS) {
      this.#updates = this.#updates.filter(({ received }) => update.received - received <= REMEMBERED_NANOS);
    }
    return update;
  }

  /**
   * The first update that ends after an image must go on from it: on futures the one before it (`pu`) is not after the
   * image, on spot it begins (`U`) no later than the number after the image's. Numbers of futures are shared by all
   * instruments, so `U` itself may lie beyond the image though nothing is missing.
   */
  #checkJoint(image: Image, update: Update): void {
    const isJoined =
      this.#numbers === 'futures' && Number.isSafeInteger(update.previous)
        ? update.previous <= image.last
        : update.first <= image.last + 1;
    if (isJoined) return;
    const clause = `the order book's image ends with update ${String(image.last)}, the first update after it (${String(update.first)} to ${String(update.last)}) does not go on from there`;
    this.#unjoined ??= clause;
    this.#odd('warning', 'image-not-joined', `${clause}; the book may hold levels that are gone`);
  }

  /**
   * On futures `pu` must be the `u` of the event before, on spot `U` the number after it ("How to manage a local order
   * book correctly").
   */
  #checkSequence(message: UsdmMessage): void {
    const { firstUpdate, lastUpdate, previousUpdate } = message;
    const before = this.#lastUpdate;
    if (!Number.isSafeInteger(lastUpdate) || lastUpdate < Math.max(0, firstUpdate)) {
      this.#odd('warning', 'sequence-unknown', `its updates run from ${String(firstUpdate)} to ${String(lastUpdate)}`);
      return;
    }
    this.#lastUpdate = lastUpdate;
    this.#latestUpdate = Math.max(this.#latestUpdate, lastUpdate);
    if (Number.isNaN(before)) return;
    const isSpot = this.#numbers === 'spot';
    if (isSpot ? firstUpdate === before + 1 : previousUpdate === before) return;
    const clause = isSpot
      ? `update ${String(before + 1)} should begin it, it begins with ${String(firstUpdate)}`
      : `update ${String(before)} should come before it, it names ${String(previousUpdate)}`;
    if (lastUpdate <= before) this.#odd('warning', 'sequence-went-back', clause);
    else this.#odd('warning', 'sequence-gap', `${clause}; the book may hold levels that are gone`);
  }

  /**
   * An image of the levels nearest the touch: it clears what lies between the best and its own last price, and nothing
   * beyond. What updates that ended after it have said already is said again.
   */
  #snapshot(message: UsdmMessage): void {
    if (!this.#begin(message, timeOf(message))) return;
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
    const isNumbered = Number.isSafeInteger(message.lastUpdate);
    this.#earliestImage = Math.min(this.#earliestImage, isNumbered ? message.lastUpdate : Number.NEGATIVE_INFINITY);
    if (!this.#joins || !isNumbered) return;
    this.#join({
      last: message.lastUpdate,
      lowestBid: worstBid < 0 ? Number.POSITIVE_INFINITY : priceOf(bids, worstBid),
      highestAsk: worstAsk < 0 ? Number.NEGATIVE_INFINITY : priceOf(asks, worstAsk),
      joined: false
    });
  }

  /** Brings an image that was just written up to the updates that were taken before it and end after it. */
  #join(image: Image): void {
    this.#image = image;
    const columns = this.#columns!;
    const later = this.#updates.filter(({ last }) => last > image.last);
    const [next] = later;
    if (next === undefined) return;
    this.#checkJoint(image, next);
    image.joined = true;
    const { kind } = columns;
    const prices = columns.price.values;
    const scale = 10 ** columns.price.decimals;
    const last = new Map<number, number>();
    for (const { message } of later) {
      for (let row = columns.firstRow(message); row < columns.firstRow(message + 1); row++) {
        if (covers(image, kind[row]!, prices[row]! / scale)) {
          last.set(kind[row] === RowKind.bid ? prices[row]! : -prices[row]!, row);
        }
      }
    }
    for (const row of last.values()) columns.again(row);
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
    if (!this.#begin(message, timeOf(message))) return;
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

  /** @param image that holds already what it covers */
  #side(kind: typeof RowKind.bid | typeof RowKind.ask, levels: DecimalLevels, image?: Image): void {
    for (let index = 0; index < levels.count; index++) {
      if (image === undefined || !covers(image, kind, priceOf(levels, index))) this.#row(kind, levels, index);
    }
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

const covers = (image: Image, kind: number, price: number): boolean =>
  kind === RowKind.bid ? price >= image.lowestBid : kind === RowKind.ask && price <= image.highestAsk;

/** When it happened at the venue, milliseconds: spot updates bear `E` alone, spot images no time but that of reception. */
function timeOf({ transactionMillis, eventMillis, receivedSeconds, receivedNanos }: UsdmMessage): number {
  const told = Number.isNaN(transactionMillis) ? eventMillis : transactionMillis;
  if (Number.isNaN(told)) return receivedSeconds * 1000 + Math.floor(receivedNanos / NANOS_PER_MILLI);
  return told >= LEAST_MICROS ? Math.floor(told / 1000) : told;
}

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
