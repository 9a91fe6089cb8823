/**
 * Turns one market's changes into tape rows, message by message, and keeps what rows do not hold: definitions, times of
 * publication, texts. Knows the meaning of the Exchange Stream's fields, and neither files nor how text is read.
 *
 * Fields are after "Exchange Stream API", market change messages: sizes are absolute and 0 removes a level; an image
 * replaces all that was known; `trd` states matched volume of both sides.
 */
import type { BetfairLadder } from '../../market/rules.ts';
import { betfairRules } from '../../market/venues/betfair.ts';
import { Depth } from '../../market/depth.ts';
import type { Ladder } from '../../market/ladder.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, OFF_LADDER_SCALE, Outcome, RowKind } from '../../market/tape.ts';
import type { Nanos, Ticks } from '../../core/units.ts';
import { NANOS_PER_MILLI } from '../../core/units.ts';
import type { OddityLog } from '../oddities.ts';
import type { DefinedRunner, MarketDefinition } from './definition.ts';
import { parseDefinition } from './definition.ts';
import { DisplayLadder } from './display-ladder.ts';
import { ChangeKind } from './market-change.ts';
import type { ChangeMessage, MarketChange } from './market-change.ts';
import { RunnerSlots, isRunnerKey } from './runner-slots.ts';
import { TextLog } from './text-log.ts';
import { TradedLadder } from './traded-ladder.ts';

const LOTS_PER_UNIT = 100;
/** No size is near this (a hundred thousand million of currency); sums over a ladder of such sizes are still exact. */
const MOST_LOTS = 1e13;

/** A market definition as it came, and with which message of its market (counted from 0). */
export interface KeptDefinition {
  readonly message: number;
  readonly line: number;
  readonly publishMillis: number;
  readonly json: string;
}

export interface RecorderCounts {
  messages: number;
  definitions: number;
  images: number;
  trades: number;
  /** Sum of trades in lots, both sides counted as the venue does. */
  matchedLots: number;
  /** Rows that set a bid or ask level. */
  depth: number;
}

/** Both sides of a runner's book, kept to see that they do not cross. */
class Sides {
  readonly bids: Depth;
  readonly asks: Depth;
  crossed = false;

  constructor(ladderSize: number) {
    this.bids = new Depth(ladderSize);
    this.asks = new Depth(ladderSize);
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.crossed = false;
  }
}

export class MarketRecorder {
  readonly id: string;
  readonly source: string;
  readonly oddities: OddityLog;
  readonly builder: TapeBuilder;
  readonly slots = new RunnerSlots();
  readonly definitions: KeptDefinition[] = [];
  /** Text of every message, as received. */
  readonly texts = new TextLog();
  readonly counts: RecorderCounts = { messages: 0, definitions: 0, images: 0, trades: 0, matchedLots: 0, depth: 0 };
  readonly publishMillis: number[] = [];
  readonly lines: number[] = [];
  /** The last definition, and the last one that named its runners. */
  definition: MarketDefinition | undefined;
  readonly names = new Map<number, string>();
  readonly sortPriorities = new Map<number, number>();
  ladder: BetfairLadder = { type: 'CLASSIC' };
  betDelaySeconds = 0;
  inPlayMillis: number | undefined;
  /** Why the book cannot be trusted from some message on, if so: a located clause. */
  damage: string | undefined;

  readonly #startMillis: number;
  #prices: Ladder = betfairRules().ladder;
  readonly #traded: (TradedLadder | undefined)[] = [];
  readonly #sides: (Sides | undefined)[] = [];
  readonly #lastTraded: number[] = [];
  readonly #outcomes: Outcome[] = [];
  readonly #startingPrices: number[] = [];
  readonly #adjustments: number[] = [];
  #display: Map<number, DisplayLadder> | undefined;
  #hasDepth = false;
  #line = 0;
  #clock = Number.NaN;
  #slot = 0;
  #time = 0 as Nanos;

  constructor(options: { id: string; source: string; startMillis: number; oddities: OddityLog }) {
    this.id = options.id;
    this.source = options.source;
    this.oddities = options.oddities;
    this.#startMillis = options.startMillis;
    this.builder = new TapeBuilder(BigInt(options.startMillis) * BigInt(NANOS_PER_MILLI));
  }

  get closed(): boolean {
    return this.definition?.status === MarketStatus.closed;
  }

  /**
   * One entry of one message. The caller has made sure that the publish time is a whole number of milliseconds.
   * @param where its line; and whether the same message, in segments, has spoken of this market before
   * @returns whether the entry went into the message before it: it continues it at the same time
   */
  apply(change: MarketChange, message: ChangeMessage, where: { line: number; continues: boolean }): boolean {
    this.#line = where.line;
    const { publishMillis } = message;
    const joins = where.continues && publishMillis === this.publishMillis.at(-1);
    if (!where.continues) this.#checkClock(message.clock, publishMillis);
    if (!joins) this.#openMessage(publishMillis);
    if (change.image && !where.continues) {
      if (this.counts.messages > 0) this.#image();
      this.counts.images++;
    }
    if (change.definition !== undefined) this.#define(change.definition, publishMillis);
    if (this.counts.messages === 0 && !joins) this.#checkStart(change);
    this.#applyRunners(change);
    if (joins) return true;
    this.counts.messages++;
    this.publishMillis.push(publishMillis);
    this.lines.push(where.line);
    return false;
  }

  /**
   * A market's first message is an image, or the definition it was made with, before there was a bet. Whatever starts
   * otherwise was cut off at its head: sizes are absolute, so levels that never change again are missing for good.
   */
  #checkStart(change: MarketChange): void {
    if (change.definition === undefined) {
      this.#odd('warning', 'no-definition', 'the market starts without a definition');
    }
    if (change.image) return;
    if (change.definition === undefined || this.definition?.inPlay === true) {
      this.#hurt(
        'starts-in-mid-stream',
        'the market starts in mid-stream, without an image: what stood before is missing'
      );
    }
  }

  #openMessage(publishMillis: number): void {
    const time = ((publishMillis - this.#startMillis) * NANOS_PER_MILLI) as Nanos;
    if (time < this.#time) this.#odd('warning', 'time-went-back', this.#timeText(publishMillis));
    else this.#time = time;
    this.builder.message(this.#time);
  }

  /**
   * Clocks of the historical files count the whole venue's messages, so a market's skip and only grow: that they skip
   * says nothing. Those of the live stream are opaque, and not looked at. Sizes are absolute, so a message that is older
   * than the one before it has overwritten newer sizes.
   */
  #checkClock(clock: number, publishMillis: number): void {
    const held = this.#clock;
    if (Number.isNaN(clock)) {
      if (!Number.isNaN(held)) this.#odd('warning', 'clock-missing', 'it has no clk, as those before it have');
      return;
    }
    if (clock < held) {
      this.#hurt('clock-went-back', `clk went back from ${String(held)} to ${String(clock)}: an older message follows`);
      return;
    }
    if (clock === held && publishMillis === this.publishMillis.at(-1)) {
      this.#odd('note', 'clock-repeated', `clk ${String(clock)} came twice; both messages are applied`);
    }
    this.#clock = clock;
  }

  #timeText(publishMillis: number): string {
    const back = (this.#startMillis + this.#time / NANOS_PER_MILLI - publishMillis).toFixed(0);
    return `publish time went back by ${back} ms; the message is kept at the later time`;
  }

  #odd(severity: 'note' | 'warning' | 'error', code: string, clause: string): void {
    this.oddities.add(severity, code, `${this.source} line ${String(this.#line)}: market ${this.id}: ${clause}`);
  }

  #hurt(code: string, clause: string): void {
    this.#odd('error', code, clause);
    this.damage ??= `line ${String(this.#line)}: ${clause}`;
  }

  #image(): void {
    this.builder.row(RowKind.clear, NO_SLOT, NO_TICK, 0);
    for (const traded of this.#traded) traded?.forget();
    for (const sides of this.#sides) sides?.clear();
    this.#lastTraded.fill(Number.NaN);
    if (this.#display !== undefined) for (const ladder of this.#display.values()) ladder.forget();
    this.#odd('note', 'mid-file-image', 'an image replaced the book');
  }

  // Definitions

  #define(json: string, publishMillis: number): void {
    const message = this.builder.messages - 1;
    this.definitions.push({ message, line: this.#line, publishMillis, json });
    this.counts.definitions++;
    const next = parseDefinition(json, (clause) => {
      this.#odd('warning', 'odd-definition', clause);
    });
    if (next === undefined) {
      this.#hurt('unreadable-definition', 'its definition cannot be read');
      return;
    }
    const held = this.definition;
    this.definition = next;
    this.#chooseLadder(next.ladder, held !== undefined);
    const row = (kind: RowKind, lots: number): void => {
      this.builder.row(kind, NO_SLOT, NO_TICK, lots);
    };
    if (next.status !== held?.status) row(RowKind.status, next.status);
    if (next.inPlay !== (held?.inPlay ?? false)) row(RowKind.inPlay, next.inPlay ? 1 : 0);
    if (next.inPlay) this.inPlayMillis ??= publishMillis;
    if (next.betDelaySeconds !== (held?.betDelaySeconds ?? 0)) row(RowKind.betDelay, next.betDelaySeconds);
    this.betDelaySeconds = Math.max(this.betDelaySeconds, next.betDelaySeconds);
    if (Number.isFinite(next.scheduledMillis) && next.scheduledMillis !== held?.scheduledMillis) {
      row(RowKind.scheduledStart, next.scheduledMillis);
    }
    for (const runner of next.runners) this.#defineRunner(runner, next.startingPricesReconciled);
  }

  #chooseLadder(ladder: BetfairLadder, decided: boolean): void {
    const rules = betfairRules({ ladder });
    if (rules.ladder.id === this.#prices.id) return;
    if (decided || this.builder.rows > 0) {
      this.#hurt('ladder-changed', `its price ladder changed from ${this.#prices.id} to ${rules.ladder.id}`);
      return;
    }
    this.ladder = ladder;
    this.#prices = rules.ladder;
  }

  #defineRunner(runner: DefinedRunner, reconciled: boolean): void {
    const slot = this.#slotOf(runner.id, runner.handicap, false);
    if (slot === undefined) return;
    if (runner.name !== String(runner.id)) this.names.set(slot, runner.name);
    if (runner.sortPriority > 0) this.sortPriorities.set(slot, runner.sortPriority);
    const held = this.#outcomes[slot] ?? Outcome.unknown;
    if (runner.outcome !== held) {
      this.#outcomes[slot] = runner.outcome;
      if (runner.outcome === Outcome.removed) {
        this.builder.row(RowKind.removal, slot, NO_TICK, Math.round(runner.adjustmentFactor * 100));
      } else this.builder.row(RowKind.outcome, slot, NO_TICK, runner.outcome);
    }
    if (runner.outcome === Outcome.unknown) this.#adjust(slot, runner.adjustmentFactor);
    const price = runner.startingPrice;
    if (reconciled && price !== undefined && price !== this.#startingPrices[slot]) {
      this.#startingPrices[slot] = price;
      const tick = this.#prices.tickBelow(price);
      this.builder.row(RowKind.startingPrice, slot, tick, Math.round(price * 1e6));
    }
  }

  #adjust(slot: number, percent: number): void {
    const factor = Math.round(percent * 100);
    if (factor === (this.#adjustments[slot] ?? 0)) return;
    this.#adjustments[slot] = factor;
    this.builder.row(RowKind.adjustmentFactor, slot, NO_TICK, factor);
  }

  #slotOf(id: number, handicap: number, fromChange: boolean): number | undefined {
    const held = this.slots.find(id, handicap);
    if (held !== undefined && isRunnerKey(id, handicap)) return held;
    if (!isRunnerKey(id, handicap)) {
      this.#hurt('odd-runner', `runner ${String(id)} with handicap ${String(handicap)} cannot be one; it is left out`);
      return undefined;
    }
    if (fromChange && this.definition !== undefined) {
      this.#odd('warning', 'unknown-runner', `runner ${String(id)} is in no definition; it is added`);
    }
    const slot = this.slots.add(id, handicap);
    if (slot === undefined) this.#hurt('too-many-runners', `runner ${String(id)} has no slot: a tape holds 255`);
    return slot;
  }

  // Runner changes

  #applyRunners(change: MarketChange): void {
    const { kind, price, size, changeEnd } = change;
    if (!this.#hasDepth) this.#lookForDepth(change);
    let at = 0;
    for (let runner = 0; runner < change.runners; runner++) {
      const end = changeEnd[runner]!;
      const slot = this.#slotOf(change.runnerId[runner]!, change.handicap[runner]!, true);
      if (slot !== undefined) {
        this.#slot = slot;
        for (; at < end; at++) {
          const what = kind[at]! as ChangeKind;
          if (what === ChangeKind.availableToBack) this.#level(RowKind.bid, price[at]!, size[at]!);
          else if (what === ChangeKind.availableToLay) this.#level(RowKind.ask, price[at]!, size[at]!);
          else if (what === ChangeKind.traded) this.#tradedLevel(price[at]!, size[at]!);
          else if (what === ChangeKind.lastTraded) this.#last(price[at]!);
          else if (what === ChangeKind.tradedEmpty) this.#tradedOf(slot).empty(this.#emitTraded);
          else if (!this.#hasDepth) this.#displayLevel(what, change.position[at]!, price[at]!, size[at]!);
        }
      }
      at = end;
    }
    for (let runner = 0; runner < change.runners; runner++) {
      const slot = this.slots.find(change.runnerId[runner]!, change.handicap[runner]!);
      if (slot !== undefined) this.#checkCrossed(slot);
    }
    if (this.#display !== undefined) this.#flushDisplay();
  }

  /** The one trace that a lost message leaves in a stream whose clocks skip: bets that would have matched, and wait. */
  #checkCrossed(slot: number): void {
    const sides = this.#sides[slot];
    if (sides === undefined) return;
    const { bids, asks } = sides;
    const crossed = bids.count > 0 && asks.count > 0 && bids.highest >= asks.lowest;
    if (crossed && !sides.crossed) {
      const back = String(this.#prices.priceOf(bids.highest as Ticks));
      const lay = String(this.#prices.priceOf(asks.lowest as Ticks));
      const id = String(this.slots.ids[slot]);
      const clause = `best back ${back} of runner ${id} is not below its best lay ${lay}: a message may be missing`;
      this.#odd('warning', 'crossed-book', clause);
    }
    sides.crossed = crossed;
  }

  #level(kind: typeof RowKind.bid | typeof RowKind.ask, price: number, size: number): void {
    const tick = this.#prices.tickOf(price);
    const lots = this.#lotsOf(size, price);
    if (tick === undefined) {
      this.#hurt('off-ladder-price', `price ${String(price)} is not on the ladder ${this.#prices.id}`);
      return;
    }
    if (lots === undefined) return;
    this.builder.row(kind, this.#slot, tick, lots);
    this.counts.depth++;
    const sides = (this.#sides[this.#slot] ??= new Sides(this.#prices.size));
    (kind === RowKind.bid ? sides.bids : sides.asks).set(tick, lots);
    if (lots > 0 && this.#outcomes[this.#slot] === Outcome.removed) {
      this.#odd('warning', 'removed-runner', `size ${String(size)} at ${String(price)} of a runner that was removed`);
    }
  }

  #lotsOf(size: number, price: number): number | undefined {
    const lots = Math.round(size * LOTS_PER_UNIT);
    if (!(size >= 0 && lots <= MOST_LOTS)) {
      this.#hurt('negative-size', `size ${String(size)} at ${String(price)} is not a size`);
      return undefined;
    }
    if (lots / LOTS_PER_UNIT !== size && Math.abs(lots / LOTS_PER_UNIT - size) > 1e-6) {
      this.#odd('note', 'size-finer-than-a-lot', `size ${String(size)} at ${String(price)} is rounded to 0.01`);
    }
    return lots;
  }

  #tradedLevel(price: number, size: number): void {
    const lots = this.#lotsOf(size, price);
    if (lots === undefined) return;
    const tick = this.#prices.tickOf(price);
    const traded = this.#tradedOf(this.#slot);
    if (tick !== undefined) {
      traded.set(tick, lots, this.#emitTraded);
      return;
    }
    const units = this.#offLadderUnits(price);
    if (units !== undefined) traded.setOffLadder(units, lots, this.#emitTraded);
  }

  readonly #emitTraded = (kind: RowKind, tick: number, lots: number): void => {
    this.builder.row(kind, this.#slot, tick, lots);
    if (kind === RowKind.trade || kind === RowKind.offLadderTrade) {
      this.counts.trades++;
      this.counts.matchedLots += lots;
    }
  };

  #tradedOf(slot: number): TradedLadder {
    return (this.#traded[slot] ??= new TradedLadder(this.#prices.size));
  }

  /** A price in 1e-4: what was matched before a removal is restated at reduced prices, off the ladder. */
  #offLadderUnits(price: number): number | undefined {
    const units = Math.round(price * OFF_LADDER_SCALE);
    if (!(units > 0 && units <= 0x7fffffff)) {
      this.#hurt('off-ladder-price', `traded price ${String(price)} is not a price`);
      return undefined;
    }
    this.#odd('note', 'off-ladder-trade', `traded price ${String(price)} is not on the ladder: restated by the venue`);
    return units;
  }

  #last(price: number): void {
    if (price === this.#lastTraded[this.#slot]) return;
    const tick = this.#prices.tickOf(price);
    if (tick !== undefined) this.builder.row(RowKind.lastTraded, this.#slot, tick, 0);
    else {
      const units = this.#offLadderUnits(price);
      if (units === undefined) return;
      this.builder.row(RowKind.offLadderLastTraded, this.#slot, units, 0);
    }
    this.#lastTraded[this.#slot] = price;
  }

  // Display ladders: only where a stream carries no full depth

  #lookForDepth(change: MarketChange): void {
    for (let at = 0; at < change.changes; at++) {
      const kind = change.kind[at]!;
      if (kind !== ChangeKind.availableToBack && kind !== ChangeKind.availableToLay) continue;
      this.#hasDepth = true;
      if (this.#display !== undefined) {
        for (const ladder of this.#display.values()) ladder.clear();
        this.#flushDisplay();
        this.#display = undefined;
      }
      return;
    }
  }

  #displayLevel(kind: ChangeKind, position: number, price: number, size: number): void {
    const lots = this.#lotsOf(size, price);
    if (lots === undefined) return;
    const tick = size === 0 ? (0 as Ticks) : this.#prices.tickOf(price);
    if (tick === undefined) {
      this.#hurt('off-ladder-price', `price ${String(price)} is not on the ladder ${this.#prices.id}`);
      return;
    }
    this.#odd('note', 'best-prices-only', 'the stream carries best prices by position and no full depth');
    this.#display ??= new Map();
    const virtual = kind === ChangeKind.bestDisplayBack || kind === ChangeKind.bestDisplayLay;
    const back = kind === ChangeKind.bestDisplayBack || kind === ChangeKind.bestBack;
    const key = displayKey(this.#slot, back, virtual);
    let ladder = this.#display.get(key);
    if (ladder === undefined) {
      // Both kinds in one stream: the one with virtual bets stands, as the exchange's own pages show it.
      if (!virtual && this.#display.has(displayKey(this.#slot, back, true))) return;
      if (virtual) this.#display.get(displayKey(this.#slot, back, false))?.clear();
      this.#display.set(key, (ladder = new DisplayLadder()));
    }
    if (!virtual && this.#display.has(displayKey(this.#slot, back, true))) return;
    ladder.set(position, tick, lots);
  }

  #flushDisplay(): void {
    if (this.#display === undefined) return;
    for (const [key, ladder] of [...this.#display].sort(([a], [b]) => (a & 1) - (b & 1))) {
      const kind = (key & 2) === 0 ? RowKind.ask : RowKind.bid;
      ladder.flush((tick, lots) => {
        this.builder.row(kind, key >> 2, tick, lots);
        this.counts.depth++;
      });
    }
  }
}

/** Slot, then side, then whether virtual bets are counted: sorted, the plain ladders are flushed before the virtual. */
const displayKey = (slot: number, back: boolean, virtual: boolean): number =>
  (slot << 2) | (back ? 2 : 0) | (virtual ? 1 : 0);
