/**
 * A tape that can be stood at any moment fast: the state is kept every few thousand rows, and only the rest is replayed.
 * Pure: knows neither clocks nor pages.
 */
import { MarketState } from '$lib/market/market-state.ts';
import type { Depth } from '$lib/market/depth.ts';
import { messageCount, NO_TICK, OFF_LADDER_SCALE } from '$lib/market/tape.ts';
import type { Tape } from '$lib/market/tape.ts';
import type { Nanos } from '$lib/core/units.ts';

const ROWS_BETWEEN_SNAPSHOTS = 8192;

/** A depth as pairs of tick and lots. */
function levels(depth: Depth): Float64Array {
  const pairs = new Float64Array(depth.count * 2);
  let at = 0;
  for (let tick = depth.lowest; tick !== NO_TICK; tick = depth.above(tick)) {
    pairs[at++] = tick;
    pairs[at++] = depth.at(tick);
  }
  return pairs;
}

function refill(depth: Depth, pairs: Float64Array): void {
  depth.clear();
  for (let at = 0; at < pairs.length; at += 2) depth.set(pairs[at]!, pairs[at + 1]!);
}

/** Everything a `MarketState` holds, apart from it. */
function snapshot(state: MarketState) {
  return {
    status: state.status,
    inPlay: state.inPlay,
    betDelaySeconds: state.betDelaySeconds,
    scheduledMillis: state.scheduledMillis,
    time: state.time,
    activeRunners: state.activeRunners,
    removed: state.removed.slice(),
    reductionPercent: state.reductionPercent.slice(),
    adjustmentPercent: state.adjustmentPercent.slice(),
    outcome: state.outcome.slice(),
    startingPrice: state.startingPrice.slice(),
    markPrice: state.markPrice.slice(),
    fundingRate: state.fundingRate.slice(),
    books: state.books.map((book) => ({
      bids: levels(book.bids),
      asks: levels(book.asks),
      bestBid: book.bestBid,
      bestAsk: book.bestAsk,
      traded: levels(book.traded),
      lastTraded: book.lastTraded,
      lastTradedPrice: book.lastTradedPrice,
      offLadder: [...book.offLadder].map((level) => ({ ...level }))
    }))
  };
}
type Snapshot = ReturnType<typeof snapshot>;

function restore(state: MarketState, kept: Snapshot): void {
  state.reset();
  state.status = kept.status;
  state.inPlay = kept.inPlay;
  state.betDelaySeconds = kept.betDelaySeconds;
  state.scheduledMillis = kept.scheduledMillis;
  state.time = kept.time;
  state.activeRunners = kept.activeRunners;
  state.removed.set(kept.removed);
  state.reductionPercent.set(kept.reductionPercent);
  state.adjustmentPercent.set(kept.adjustmentPercent);
  state.outcome.set(kept.outcome);
  state.startingPrice.set(kept.startingPrice);
  state.markPrice.set(kept.markPrice);
  state.fundingRate.set(kept.fundingRate);
  kept.books.forEach((from, slot) => {
    const book = state.books[slot];
    if (book === undefined) return;
    refill(book.bids, from.bids);
    refill(book.asks, from.asks);
    book.restoreBest(from.bestBid, from.bestAsk);
    for (let at = 0; at < from.traded.length; at += 2) book.setTraded(from.traded[at]!, from.traded[at + 1]!);
    book.restoreLastTraded(from.lastTraded, from.lastTradedPrice);
    for (const { price, lots } of from.offLadder) book.setTradedOffLadder(Math.round(price * OFF_LADDER_SCALE), lots);
  });
}

/** A state and how many messages it has taken in. */
export interface Cursor {
  readonly state: MarketState;
  message: number;
}

export class Replay {
  readonly tape: Tape;
  readonly messages: number;
  /** Number of messages applied before each snapshot; the first is 0. */
  readonly #marks: number[] = [];
  readonly #snapshots: Snapshot[] = [];

  /** Plays the tape once from end to end; `visit` sees every message just before it is applied. */
  constructor(tape: Tape, visit?: (message: number, before: MarketState) => void) {
    this.tape = tape;
    this.messages = messageCount(tape);
    const state = new MarketState(tape.market);
    let nextMark = 0;
    for (let message = 0; message < this.messages; message++) {
      const row = tape.messageStart[message]!;
      if (row >= nextMark) {
        this.#marks.push(message);
        this.#snapshots.push(snapshot(state));
        nextMark = row + ROWS_BETWEEN_SNAPSHOTS;
      }
      visit?.(message, state);
      state.applyMessage(tape, message);
    }
  }

  cursor(): Cursor {
    return { state: new MarketState(this.tape.market), message: 0 };
  }

  /** When it was received: the order that messages stand in. */
  messageTime(message: number): Nanos {
    return (this.tape.received[this.tape.messageStart[message] ?? 0] ?? 0) as Nanos;
  }

  /** Number of messages at or before a time. */
  messagesUntil(time: Nanos): number {
    let low = 0;
    let high = this.messages;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messageTime(middle) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Brings a cursor to where so many messages have been applied, by the shorter way. */
  moveTo(cursor: Cursor, message: number): void {
    const target = Math.max(0, Math.min(this.messages, message));
    const mark = this.#markBefore(target);
    const from = this.#marks[mark] ?? 0;
    if (target < cursor.message || from > cursor.message) {
      const kept = this.#snapshots[mark];
      if (kept === undefined) cursor.state.reset();
      else restore(cursor.state, kept);
      cursor.message = from;
    }
    while (cursor.message < target) cursor.state.applyMessage(this.tape, cursor.message++);
  }

  seek(cursor: Cursor, time: Nanos): void {
    this.moveTo(cursor, this.messagesUntil(time));
  }

  #markBefore(message: number): number {
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#marks[middle]! <= message) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
