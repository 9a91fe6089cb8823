/**
 * One runner's depth through time, a column an interval, in a ring that follows the replay: moving on a little draws
 * only what is new; a jump starts again from a snapshot. Pure.
 */
import { NO_TICK, RowKind } from '$lib/market/tape.ts';
import type { Nanos } from '$lib/core/units.ts';
import { firstTick } from './ladder-rows.ts';
import type { Cursor, Replay } from './replay.ts';

/** Ticks kept around the price on ladders that have more. */
const MAX_TICKS = 512;
/** At most so many trades are kept as marks; the smallest go first. */
const MAX_TRADES = 400;

/** Who took: the backer met a waiting lay bet, the layer a waiting back bet; else the book does not tell. */
export type Aggressor = 'backed' | 'laid' | 'unknown';

export interface TradeMark {
  readonly time: Nanos;
  readonly tick: number;
  /** In the venue's unit. */
  readonly size: number;
  readonly aggressor: Aggressor;
}

export interface DepthHistoryOptions {
  readonly slot: number;
  readonly spanNanos: number;
  readonly columns: number;
}

export class DepthHistory {
  readonly columns: number;
  readonly slot: number;
  readonly bucketNanos: number;
  /** First tick kept, and how many. */
  firstTick = 0;
  readonly ticks: number;
  /** Lots by column and tick; a column's place in the ring is its bucket modulo `columns`. */
  readonly bids: Float32Array;
  readonly asks: Float32Array;
  /** Price of the last trade a column; NaN before the first. */
  readonly lastTraded: Float64Array;
  /** Traded in a column by who took, in the venue's unit. Marks may be left out; these count every trade. */
  readonly volume: Readonly<Record<Aggressor, Float64Array>>;
  /** The newest bucket that has a column; columns up to `columns - 1` before it are kept. */
  newest = -1;
  trades: TradeMark[] = [];
  /** The newest bucket whose volumes have begun. */
  #counting = -1;
  readonly #replay: Replay;
  readonly #cursor: Cursor;
  readonly #lotSize: number;
  /** Where its book will first show a price: a ladder of millions of prices has nothing in its middle. */
  readonly #before: number;

  constructor(replay: Replay, options: DepthHistoryOptions) {
    this.#replay = replay;
    this.#cursor = replay.cursor();
    this.#lotSize = replay.tape.market.rules.lotSize;
    this.slot = options.slot;
    this.#before = firstTick(replay.tape, options.slot);
    this.columns = options.columns;
    this.bucketNanos = options.spanNanos / options.columns;
    this.ticks = Math.min(MAX_TICKS, replay.tape.market.rules.ladder.size);
    this.bids = new Float32Array(this.columns * this.ticks);
    this.asks = new Float32Array(this.columns * this.ticks);
    this.lastTraded = new Float64Array(this.columns).fill(Number.NaN);
    const volume = (): Float64Array => new Float64Array(this.columns);
    this.volume = { backed: volume(), laid: volume(), unknown: volume() };
  }

  /** Where a bucket's column stands in the rings. */
  columnOf(bucket: number): number {
    return ((bucket % this.columns) + this.columns) % this.columns;
  }

  /** Price that the venue reconciled for the start, once it is known at the moment followed; NaN before. */
  get startingPrice(): number {
    return this.#cursor.state.startingPrice[this.slot] ?? Number.NaN;
  }

  /** Brings the history up to a time; nothing later than it is looked at. */
  follow(time: Nanos): void {
    const target = Math.floor(time / this.bucketNanos);
    const behind = target - this.newest;
    if (this.newest < 0 || behind < 0 || behind > this.columns || this.#centreLeft()) this.#restart(target, time);
    for (let bucket = this.newest + 1; bucket < target; bucket++) {
      this.#advance(((bucket + 1) * this.bucketNanos) as Nanos);
      this.#write(bucket);
    }
    // The newest column is still open: it shows the book as it stands now.
    this.#advance(time);
    this.#write(target);
    this.newest = Math.max(this.newest, target - 1);
    this.#forget(target);
  }

  #restart(target: number, time: Nanos): void {
    const start = target - this.columns + 1;
    this.bids.fill(0);
    this.asks.fill(0);
    this.lastTraded.fill(Number.NaN);
    this.trades = [];
    this.newest = start - 1;
    for (const column of Object.values(this.volume)) column.fill(0);
    this.#counting = start - 1;
    const ladder = this.#replay.tape.market.rules.ladder;
    // Around the price as it is now: at the start of the span there may have been none.
    this.#replay.seek(this.#cursor, time);
    const centre = this.#centre();
    this.firstTick = Math.max(0, Math.min(ladder.size - this.ticks, centre - (this.ticks >> 1)));
    this.#replay.seek(this.#cursor, (start * this.bucketNanos) as Nanos);
  }

  #centre(): number {
    const book = this.#cursor.state.books[this.slot];
    if (book === undefined) return 0;
    if (book.bestBid !== NO_TICK && book.bestAsk !== NO_TICK) return (book.bestBid + book.bestAsk) >> 1;
    if (book.lastTraded !== NO_TICK) return book.lastTraded;
    const best = Math.max(book.bestBid, book.bestAsk);
    return best === NO_TICK ? this.#before : best;
  }

  /** On a wide ladder the price can walk out of what is kept. */
  #centreLeft(): boolean {
    if (this.ticks === this.#replay.tape.market.rules.ladder.size) return false;
    const centre = this.#centre() - this.firstTick;
    return centre < this.ticks / 8 || centre > (this.ticks * 7) / 8;
  }

  #advance(time: Nanos): void {
    const { tape, messages } = this.#replay;
    const cursor = this.#cursor;
    const book = cursor.state.books[this.slot];
    while (cursor.message < messages && this.#replay.messageTime(cursor.message) <= time) {
      const bid = book?.bestBid ?? NO_TICK;
      const ask = book?.bestAsk ?? NO_TICK;
      const end = tape.messageStart[cursor.message + 1]!;
      for (let row = tape.messageStart[cursor.message]!; row < end; row++) {
        const kind = tape.kind[row]!;
        if (!isTrade(kind) || tape.slot[row] !== this.slot) continue;
        const tick = tape.tick[row]!;
        const time = tape.received[row]! as Nanos;
        const size = tape.lots[row]! * this.#lotSize;
        const aggressor = aggressorOf(kind, tick, { bid, ask });
        this.trades.push({ time, tick, size, aggressor });
        const bucket = Math.floor(time / this.bucketNanos);
        this.#countFrom(bucket);
        this.volume[aggressor][this.columnOf(bucket)]! += size;
      }
      cursor.state.applyMessage(tape, cursor.message++);
    }
  }

  /** A column that comes round again begins at nothing. */
  #countFrom(bucket: number): void {
    for (; this.#counting < bucket; this.#counting++) {
      const at = this.columnOf(this.#counting + 1);
      for (const column of Object.values(this.volume)) column[at] = 0;
    }
  }

  #write(bucket: number): void {
    this.#countFrom(bucket);
    const book = this.#cursor.state.books[this.slot];
    const at = this.columnOf(bucket);
    const from = at * this.ticks;
    this.bids.fill(0, from, from + this.ticks);
    this.asks.fill(0, from, from + this.ticks);
    this.lastTraded[at] = book?.lastTradedPrice ?? Number.NaN;
    if (book === undefined) return;
    for (let tick = book.bids.highest; tick !== NO_TICK && tick >= this.firstTick; tick = book.bids.below(tick)) {
      if (tick < this.firstTick + this.ticks) this.bids[from + tick - this.firstTick] = book.bids.at(tick);
    }
    const top = this.firstTick + this.ticks;
    for (let tick = book.asks.lowest; tick !== NO_TICK && tick < top; tick = book.asks.above(tick)) {
      if (tick >= this.firstTick) this.asks[from + tick - this.firstTick] = book.asks.at(tick);
    }
  }

  #forget(target: number): void {
    const oldest = (target - this.columns + 1) * this.bucketNanos;
    if (this.trades.length > 0 && this.trades[0]!.time < oldest) {
      this.trades = this.trades.filter((trade) => trade.time >= oldest);
    }
    if (this.trades.length > MAX_TRADES * 2) {
      const least = [...this.trades].map((trade) => trade.size).sort((a, b) => b - a)[MAX_TRADES] ?? 0;
      this.trades = this.trades.filter((trade) => trade.size > least);
    }
  }
}

const isTrade = (kind: number): boolean =>
  kind === RowKind.trade || kind === RowKind.freshTrade || kind === RowKind.buyTrade || kind === RowKind.sellTrade;

/** Who came, where the venue says so; else as the best prices before the message tell. */
function aggressorOf(kind: number, tick: number, best: { bid: number; ask: number }): Aggressor {
  if (kind === RowKind.sellTrade) return 'backed';
  if (kind === RowKind.buyTrade) return 'laid';
  if (best.bid !== NO_TICK && tick <= best.bid) return 'backed';
  return best.ask !== NO_TICK && tick >= best.ask ? 'laid' : 'unknown';
}
