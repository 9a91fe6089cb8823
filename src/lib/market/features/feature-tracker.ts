/**
 * Follows one market and writes its features at any moment: the one place where features are computed, for datasets,
 * training and live trading alike. Feed it every row after the state has taken it, and tell it when a message ends;
 * time may also be moved on without a message.
 *
 * ```ts
 * for (let row = start; row < end; row++) { state.apply(tape, row); tracker.onRow(tape, row, state); }
 * tracker.onMessageEnd(tape.exchange[end - 1] as Nanos);
 * tracker.write(state, slot, observation, at);
 * ```
 */
import type { Nanos } from '../../core/units.ts';
import type { MarketState } from '../market-state.ts';
import { NO_SLOT, RowKind } from '../tape.ts';
import type { MarketInfo, Tape } from '../tape.ts';
import { BookDepth } from './book-depth.ts';
import { Favourite } from './favourite.ts';
import { FeatureMemory } from './feature-memory.ts';
import type { FeatureAbout, FeatureSet, FeatureView, MarketFamily, RunnerFamily, TradeSeen } from './feature-set.ts';
import { schemaHash, secondsOf } from './feature-set.ts';
import { LastTraded } from './last-traded.ts';
import { LastTradedDrift } from './last-traded-drift.ts';
import { BookPercentage, Status, TimeToOff } from './market-wide.ts';
import { Odds } from './odds.ts';
import { OrderFlow } from './order-flow.ts';
import { Overround } from './overround.ts';
import { Presence } from './presence.ts';
import { PricePath } from './price-path.ts';
import { PriceShape } from './price-shape.ts';
import { Queue } from './queue.ts';
import { Quotes } from './quotes.ts';
import { Spread } from './spread.ts';
import { TradeFlow } from './trade-flow.ts';
import { VolumeAtPrice } from './volume-at-price.ts';
import { WeightedPrice } from './weighted-price.ts';

/**
 * `preOff` is what environments observe: agents are trained on it, so it stays as it is. `all` begins with the same
 * columns and goes on with those that cost more or say less: for datasets, research and forecasts.
 */
export type FeatureChoice = 'preOff' | 'all';

/** Raise it whenever a definition changes while its name stays. */
const VERSION = 1;

/** What a family reads when it writes; one object, kept up to date. */
interface MutableView extends FeatureView {
  state: MarketState;
  now: number;
  nowMillis: number;
  version: number;
}

type Trader = Required<Pick<RunnerFamily, 'onTrade'>>;
type Quoted = Required<Pick<RunnerFamily, 'onQuotes'>>;
/** A family, its first column, and what writes it: kept by itself, since each class would be asked for it anew. */
interface Placed {
  readonly family: RunnerFamily;
  readonly write: (this: RunnerFamily, ...args: Parameters<RunnerFamily['write']>) => void;
  readonly column: number;
}

/** Of `all`, after those of `preOff`. */
const moreFamilies = (memory: FeatureMemory, slots: number): readonly RunnerFamily[] => [
  new BookDepth([10]),
  new WeightedPrice(),
  new Overround(memory, slots),
  new VolumeAtPrice(),
  new LastTradedDrift(memory, slots),
  new PriceShape(memory, slots),
  new Queue(memory, slots)
];

export class FeatureTracker implements FeatureSet {
  /** Columns of one runner, of `write`. */
  readonly names: readonly string[];
  readonly about: readonly FeatureAbout[];
  /** Columns of the market, of `writeMarket`. */
  readonly marketNames: readonly string[];
  readonly marketAbout: readonly FeatureAbout[];
  readonly schemaHash: string;
  readonly #memory = new FeatureMemory();
  /** Families by what they do, so that one which has nothing to do is not asked. */
  readonly #timeless: readonly Placed[];
  readonly #timelessColumns: Uint16Array;
  readonly #timed: readonly Placed[];
  readonly #traders: readonly Trader[];
  readonly #quoted: readonly Quoted[];
  readonly #marketFamilies: readonly MarketFamily[];
  readonly #quotes: Quotes;
  /** By slot: 1 when the message being read may have moved its best prices. */
  readonly #touched: Float64Array;
  /** [0] seconds on the tape's clock, [1] the tape's start in milliseconds since the epoch. */
  readonly #clock: Float64Array;
  readonly #trade: TradeSeen = { slot: 0, tick: 0, lots: 0, time: 0, taker: 0 };
  #state: MarketState | undefined;
  /** Start of the tape whose rows come, as `#clock` has it; undefined until the first row. */
  #startEpochNanos: bigint | undefined;
  readonly #startMillis = new Map<bigint, number>();
  #view: MutableView | undefined;
  /** What timeless families wrote of `#keptOf`, where `write` puts it, [slots, names]. */
  readonly #kept: Float32Array;
  #keptOf: MarketState | undefined;
  /** By slot: 0 while what is kept still holds. */
  readonly #stale: Uint8Array;
  #version = 0;

  constructor(market: MarketInfo, choice: FeatureChoice = 'preOff') {
    const slots = market.runners.length;
    const memory = this.#memory;
    this.#clock = memory.array(2, 0);
    this.#quotes = new Quotes(memory, slots, market.rules.ladder, this.#clock);
    this.#touched = memory.array(slots, 0);
    const families: readonly RunnerFamily[] = [
      new Presence(),
      new Odds(),
      new Favourite(slots),
      new Spread(),
      new BookDepth([1, 3, 5]),
      new OrderFlow(memory, slots),
      new TradeFlow(memory, slots),
      new LastTraded(),
      new PricePath(memory, slots),
      ...(choice === 'all' ? moreFamilies(memory, slots) : [])
    ];
    this.#marketFamilies = [new Status(), new TimeToOff(), new BookPercentage()];
    this.names = families.flatMap((family) => family.names);
    this.about = families.flatMap((family) => family.about);
    const placed = families.map((family): Placed => {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its family
      const { write } = family;
      return { family, write, column: this.names.indexOf(family.names[0]!) };
    });
    this.#timeless = placed.filter(({ family }) => family.timeless === true);
    this.#timelessColumns = Uint16Array.from(
      this.#timeless.flatMap(({ family, column }) => family.names.map((_, i) => column + i))
    );
    this.#timed = placed.filter(({ family }) => family.timeless !== true);
    this.#traders = families.filter((family): family is RunnerFamily & Trader => family.onTrade !== undefined);
    this.#quoted = families.filter((family): family is RunnerFamily & Quoted => family.onQuotes !== undefined);
    this.marketNames = this.#marketFamilies.flatMap((family) => family.names);
    this.marketAbout = this.#marketFamilies.flatMap((family) => family.about);
    this.schemaHash = schemaHash(VERSION, [...this.names, ...this.marketNames]);
    this.#kept = new Float32Array(slots * this.names.length);
    this.#stale = new Uint8Array(slots).fill(1);
  }

  /** Back to before the first row. */
  reset(): void {
    this.#memory.reset();
    this.#outdate();
    this.#startEpochNanos = undefined;
  }

  /** Becomes a copy of a tracker of the same market; nothing is shared. */
  copyFrom(other: FeatureTracker): void {
    this.#memory.copyFrom(other.#memory);
    this.#outdate();
    this.#state = undefined;
    this.#startEpochNanos = undefined;
  }

  /** After `state.apply(tape, row)`. */
  onRow(tape: Tape, row: number, state: MarketState): void {
    const kind = tape.kind[row]!;
    const slot = tape.slot[row]!;
    this.#state = state;
    this.#count();
    if (tape.startEpochNanos !== this.#startEpochNanos) {
      this.#startEpochNanos = tape.startEpochNanos;
      this.#clock[1] = this.#millisOf(tape.startEpochNanos);
    }
    if (slot === NO_SLOT) {
      if (kind === RowKind.clear) {
        this.#touched.fill(1);
        this.#stale.fill(1);
      }
      return;
    }
    this.#stale[slot] = 1;
    switch (kind) {
      case RowKind.trade:
      case RowKind.freshTrade:
        this.#onTrade(slot, tape, row, 0);
        break;
      case RowKind.buyTrade:
        this.#onTrade(slot, tape, row, 1);
        break;
      case RowKind.sellTrade:
        this.#onTrade(slot, tape, row, -1);
        break;
      case RowKind.bid:
      case RowKind.ask:
      case RowKind.clear:
      case RowKind.clearBids:
      case RowKind.clearAsks:
        this.#touched[slot] = 1;
    }
  }

  /**
   * All rows of a message have been seen, or time has moved on without one: windows decay to `time`. Never before the
   * time given last.
   */
  onMessageEnd(time: Nanos): void {
    this.#clock[0] = secondsOf(time);
    this.#endMessage();
  }

  /** `onMessageEnd` at the time of a row, for who has it there: a time that is handed over may be an object. */
  onMessageEndAt(tape: Pick<Tape, 'exchange'>, row: number): void {
    this.#clock[0] = secondsOf(tape.exchange[row]! as Nanos);
    this.#endMessage();
  }

  /** A start is divided once: the result is a number as large as itself, and an object. */
  #millisOf(startEpochNanos: bigint): number {
    let millis = this.#startMillis.get(startEpochNanos);
    if (millis === undefined) {
      millis = Number(startEpochNanos / 1_000_000n);
      this.#startMillis.set(startEpochNanos, millis);
    }
    return millis;
  }

  #endMessage(): void {
    const state = this.#state;
    if (state === undefined) return;
    const touched = this.#touched;
    for (let slot = 0; slot < touched.length; slot++) {
      if (touched[slot] === 0) continue;
      touched[slot] = 0;
      this.#stale[slot] = 1;
      this.#count();
      this.#quotes.update(slot, state);
      for (let i = 0; i < this.#quoted.length; i++) this.#quoted[i]!.onQuotes(slot, this.#quotes);
    }
  }

  /** Writes `names.length` features of a runner at `into[at]`, as of the last `onMessageEnd`. */
  write(state: MarketState, slot: number, into: Float32Array, at: number): void {
    const view = this.#viewOf(state);
    const kept = this.#kept;
    const from = slot * this.names.length;
    if (this.#stale[slot] === 1) {
      this.#stale[slot] = 0;
      for (let i = 0; i < this.#timeless.length; i++) {
        const { family, write, column } = this.#timeless[i]!;
        write.call(family, view, slot, kept, from + column);
      }
    }
    const columns = this.#timelessColumns;
    for (let i = 0; i < columns.length; i++) into[at + columns[i]!] = kept[from + columns[i]!]!;
    for (let i = 0; i < this.#timed.length; i++) {
      const { family, write, column } = this.#timed[i]!;
      write.call(family, view, slot, into, at + column);
    }
  }

  /** Writes `marketNames.length` features of the market at `into[at]`. */
  writeMarket(state: MarketState, into: Float32Array, at: number): void {
    const view = this.#viewOf(state);
    let column = at;
    for (const family of this.#marketFamilies) {
      family.write(view, into, column);
      column += family.names.length;
    }
  }

  #onTrade(slot: number, tape: Tape, row: number, taker: number): void {
    const trade = this.#trade;
    trade.slot = slot;
    trade.tick = tape.tick[row]!;
    trade.lots = tape.lots[row]!;
    trade.taker = taker;
    trade.time = secondsOf(tape.exchange[row]! as Nanos);
    for (let i = 0; i < this.#traders.length; i++) this.#traders[i]!.onTrade(trade, this.#quotes);
  }

  #viewOf(state: MarketState): FeatureView {
    const now = this.#clock[0]!;
    const view = (this.#view ??= { state, quotes: this.#quotes, now, nowMillis: 0, version: 0 });
    if (state !== this.#keptOf) {
      this.#keptOf = state;
      this.#outdate();
    }
    view.state = state;
    view.now = now;
    view.nowMillis = this.#clock[1]! + now * 1000;
    view.version = this.#version;
    return view;
  }

  /** Nothing that was worked out before holds any more. */
  #outdate(): void {
    this.#stale.fill(1);
    this.#count();
  }

  /** Within what is a number without an object: round it goes. */
  #count(): void {
    this.#version = (this.#version + 1) & 0x3fffffff;
  }
}
