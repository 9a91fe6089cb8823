/**
 * Makes a `BookHistory`: gathers what an episode's messages change, level by level, while a state goes through them, and
 * lays it out for whoever plays. Reads nothing back.
 */
import type { MarketState } from '../../market/market-state.ts';
import { NO_SLOT, NO_TICK, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { DECISION_WIDTH, NEAR, NEAR_AT, NEAR_WIDTH, NEVER } from './book-history.ts';
import type { BookHistory } from './book-history.ts';
import { Column } from './column.ts';

/** Longest ladder that is kept by level: its index alone is 8 bytes a price and runner. */
const LONGEST_LADDER = 4096;

export const keepsHistory = (tape: Tape): boolean => tape.market.rules.ladder.size <= LONGEST_LADDER;

/** Rows that change a book or tell of a trade, and nothing else. */
const OF_BOOKS: ReadonlySet<number> = new Set([
  RowKind.bid,
  RowKind.ask,
  RowKind.trade,
  RowKind.lastTraded,
  RowKind.clear,
  RowKind.tradedCorrection,
  RowKind.offLadderTrade,
  RowKind.offLadderCorrection,
  RowKind.offLadderLastTraded,
  RowKind.freshTrade,
  RowKind.buyTrade,
  RowKind.sellTrade,
  RowKind.clearBids,
  RowKind.clearAsks
]);

/** Whether a row says something of the market beside its books and trades. */
export const isEvent = (kind: number): boolean => !OF_BOOKS.has(kind);

/** Gathers a history while a state goes through the episode's messages. */
export class BookHistoryBuilder {
  readonly #slotOf = new Int32Array(256).fill(-1);
  readonly #runners: readonly number[];
  readonly #slots: number;
  readonly #ticks: number;
  readonly #points: Float64Array;
  /** By level: what the last change left. */
  readonly #held: Float64Array;
  /** By side: the best price the last change left. */
  readonly #best: Int32Array;
  readonly #dirty: Uint8Array;
  readonly #times = new Column();
  readonly #messages = new Column();
  readonly #cursors = new Column();
  readonly #events = new Column();
  readonly #levels = [new Column(), new Column(), new Column()] as const;
  readonly #bests = [new Column(), new Column(), new Column()] as const;
  readonly #trades = [new Column(), new Column(), new Column(), new Column()] as const;

  /** @param start the market at the episode's beginning */
  constructor(start: MarketState, runners: Int32Array, points: Float64Array) {
    this.#slots = runners.length;
    this.#runners = Array.from(runners);
    runners.forEach((runner, slot) => {
      if (runner >= 0) this.#slotOf[runner] = slot;
    });
    this.#ticks = points.length;
    this.#points = points;
    this.#held = new Float64Array(2 * this.#slots * this.#ticks);
    this.#best = new Int32Array(2 * this.#slots).fill(NO_TICK);
    this.#dirty = new Uint8Array(this.#slots);
    for (let side = 0; side < 2 * this.#slots; side++) this.#changeBest(side, NO_TICK, 0, true);
    for (const [slot, runner] of this.#runners.entries()) if (runner >= 0) this.#compare(slot, start, 0);
    this.#cursors.push(0);
  }

  /** After `state` has taken a message's rows. */
  onMessage(tape: Tape, message: number, state: MarketState): void {
    const { kind, slot, tick, lots, messageStart } = tape;
    const position = this.#times.length;
    const first = messageStart[message]!;
    const end = messageStart[message + 1]!;
    this.#times.push(tape.exchange[first]!);
    this.#messages.push(message);
    let event = false;
    for (let row = first; row < end; row++) {
      const what = kind[row]!;
      if (isEvent(what)) event = true;
      else if (what === RowKind.bid || what === RowKind.ask) this.#level(what, slot[row]!, tick[row]!, state, position);
      else if (what === RowKind.trade || what === RowKind.freshTrade) {
        const at = this.#slotOf[slot[row]!]!;
        if (at < 0) continue;
        this.#trades[0].push(at);
        this.#trades[1].push(position);
        this.#trades[2].push(this.#points[tick[row]!]!);
        this.#trades[3].push(lots[row]!);
      } else if (what === RowKind.clear || what === RowKind.clearBids || what === RowKind.clearAsks) {
        if (slot[row] === NO_SLOT) this.#dirty.fill(1);
        else if (this.#slotOf[slot[row]!]! >= 0) this.#dirty[this.#slotOf[slot[row]!]!] = 1;
      }
    }
    if (event) this.#events.push(position);
    this.#followBests(state, position + 1);
  }

  /** Everything up to a decision has been applied; the first decision is the beginning itself. */
  onDecision(): void {
    this.#cursors.push(this.#times.length);
  }

  finish(): BookHistory {
    const sides = 2 * this.#slots;
    const cursors = this.#cursors.taken(Uint32Array);
    const levels = grouped(this.#levels[0], sides * this.#ticks);
    const bests = grouped(this.#bests[0], sides);
    const trades = grouped(this.#trades[0], this.#slots);
    const bestAt = this.#bests[1].picked(bests.order, Uint32Array);
    const tradeAt = this.#trades[1].picked(trades.order, Uint32Array);
    const tradePoints = this.#trades[2].picked(trades.order, Float64Array);
    const bestTick = this.#bests[2].picked(bests.order, Int32Array);
    const decisions = new Int32Array(cursors.length * this.#slots * DECISION_WIDTH);
    writeBests(cursors, { start: bests.start, at: bestAt, tick: bestTick }, decisions);
    writeTrades(cursors, { start: trades.start, at: tradeAt, points: tradePoints }, decisions);
    const levelAt = this.#levels[1].picked(levels.order, Uint32Array);
    const levelLots = this.#levels[2].picked(levels.order, Float64Array);
    writeNear(cursors, { start: levels.start, at: levelAt, lots: levelLots, ticks: this.#ticks }, decisions);
    return {
      times: this.#times.taken(Float64Array),
      messages: this.#messages.taken(Uint32Array),
      cursors,
      events: this.#events.taken(Uint32Array),
      ticks: this.#ticks,
      levelStart: levels.start,
      levelAt,
      levelLots,
      bestStart: bests.start,
      bestAt,
      bestTick,
      tradeStart: trades.start,
      tradeAt,
      tradePoints,
      tradeLots: this.#trades[3].picked(trades.order, Float64Array),
      decisions
    };
  }

  #level(kind: number, runner: number, tick: number, state: MarketState, position: number): void {
    const slot = this.#slotOf[runner]!;
    if (slot < 0) return;
    const isAsk = kind === RowKind.ask;
    const { bids, asks } = state.books[runner]!;
    // The message's last word: a level that it states twice changes once.
    this.#change((2 * slot + (isAsk ? 1 : 0)) * this.#ticks + tick, (isAsk ? asks : bids).at(tick), position + 1);
  }

  #followBests(state: MarketState, cursor: number): void {
    for (let slot = 0; slot < this.#slots; slot++) {
      const runner = this.#runners[slot]!;
      if (runner < 0) continue;
      if (this.#dirty[slot] === 1) this.#compare(slot, state, cursor);
      this.#dirty[slot] = 0;
      const { bestBid, bestAsk } = state.books[runner]!;
      this.#changeBest(2 * slot, bestBid, cursor);
      this.#changeBest(2 * slot + 1, bestAsk, cursor);
    }
  }

  /** Every level of a slot, and its best prices. */
  #compare(slot: number, state: MarketState, cursor: number): void {
    const { bids, asks, bestBid, bestAsk } = state.books[this.#runners[slot]!]!;
    const base = 2 * slot * this.#ticks;
    for (let tick = 0; tick < this.#ticks; tick++) {
      this.#change(base + tick, bids.at(tick), cursor);
      this.#change(base + this.#ticks + tick, asks.at(tick), cursor);
    }
    this.#changeBest(2 * slot, bestBid, cursor);
    this.#changeBest(2 * slot + 1, bestAsk, cursor);
  }

  #change(level: number, lots: number, cursor: number): void {
    if (this.#held[level] === lots) return;
    this.#held[level] = lots;
    this.#levels[0].push(level);
    this.#levels[1].push(cursor);
    this.#levels[2].push(lots);
  }

  #changeBest(side: number, tick: number, cursor: number, first = false): void {
    if (!first && this.#best[side] === tick) return;
    this.#best[side] = tick;
    this.#bests[0].push(side);
    this.#bests[1].push(cursor);
    this.#bests[2].push(tick);
  }
}

/** Where each group begins, and the entries' numbers group by group, in each as they came. */
function grouped(groups: Column, count: number): { start: Uint32Array; order: Uint32Array } {
  const start = new Uint32Array(count + 1);
  for (let i = 0; i < groups.length; i++) start[groups.at(i) + 1]!++;
  for (let group = 0; group < count; group++) start[group + 1]! += start[group]!;
  const next = start.slice();
  const order = new Uint32Array(groups.length);
  for (let i = 0; i < groups.length; i++) order[next[groups.at(i)]!++] = i;
  return { start, order };
}

/** Of every decision: the best price of each side that stands then, and until when it does. */
function writeBests(
  cursors: Uint32Array,
  { start, at, tick }: { readonly start: Uint32Array; readonly at: Uint32Array; readonly tick: Int32Array },
  into: Int32Array
): void {
  const sides = start.length - 1;
  for (let side = 0; side < sides; side++) {
    const end = start[side + 1]!;
    let next = start[side]!;
    cursors.forEach((cursor, k) => {
      while (next < end && at[next]! <= cursor) next++;
      const row = (k * (sides >> 1) + (side >> 1)) * DECISION_WIDTH + (side % 2) * 3;
      into[row] = tick[next - 1]!;
      into[row + 1] = next < end ? at[next]! : NEVER;
      into[row + 2] = next - 1;
    });
  }
}

/** Of every decision: the levels at and behind each best price, which has been written. */
function writeNear(
  cursors: Uint32Array,
  of: { readonly start: Uint32Array; readonly at: Uint32Array; readonly lots: Float64Array; readonly ticks: number },
  into: Int32Array
): void {
  const { start, at, lots, ticks } = of;
  const sides = (start.length - 1) / ticks;
  // By level: the first change that is after the decision at hand.
  const next = start.slice(0, -1);
  cursors.forEach((cursor, k) => {
    for (let side = 0; side < sides; side++) {
      const row = (k * (sides >> 1) + (side >> 1)) * DECISION_WIDTH;
      const best = into[row + (side % 2) * 3]!;
      if (best === NO_TICK) continue;
      for (let behind = 0; behind < NEAR; behind++) {
        const tick = side % 2 === 0 ? best - behind : best + behind;
        if (tick < 0 || tick >= ticks) break;
        const level = side * ticks + tick;
        while (next[level]! < start[level + 1]! && at[next[level]!]! <= cursor) next[level]!++;
        const place = next[level]! - 1;
        const held = place < start[level]! ? 0 : lots[place]!;
        const near = row + NEAR_AT + (side % 2) * NEAR_WIDTH + 3 * behind;
        into[near] = held;
        // What these numbers cannot say is looked up every time.
        const told = into[near] === held;
        into[near + 1] = !told ? 0 : place + 1 < start[level + 1]! ? at[place + 1]! : NEVER;
        into[near + 2] = place;
      }
    }
  });
}

/** Of every decision: the first trade after it, and the range of prices traded before the next one. */
function writeTrades(
  cursors: Uint32Array,
  { start, at, points }: { readonly start: Uint32Array; readonly at: Uint32Array; readonly points: Float64Array },
  into: Int32Array
): void {
  const slots = start.length - 1;
  for (let slot = 0; slot < slots; slot++) {
    const end = start[slot + 1]!;
    let next = start[slot]!;
    cursors.forEach((cursor, k) => {
      while (next < end && at[next]! < cursor) next++;
      const before = cursors[k + 1] ?? Infinity;
      let low = NEVER;
      let high = -1;
      for (let trade = next; trade < end && at[trade]! < before; trade++) {
        low = Math.min(low, points[trade]!);
        high = Math.max(high, points[trade]!);
      }
      const row = (k * slots + slot) * DECISION_WIDTH;
      into[row + 6] = next;
      into[row + 7] = low;
      into[row + 8] = high;
    });
  }
}
