/**
 * One runner's or instrument's order book as the venue showed it: what waits on both sides, what was traded where, the
 * last traded price. Knows nothing of our own orders, and nothing of the market around it.
 */
import { Depth } from './depth.ts';
import type { DepthView } from './depth.ts';
import type { Ladder } from './ladder.ts';
import type { MarketRules } from './rules.ts';
import { NO_TICK, OFF_LADDER_SCALE } from './tape.ts';
import type { Ticks } from '../core/units.ts';

/** Stands over every tick: no ask yet. */
const NO_ASK = 0x3fffffff;
const NEVER_OVER = 0x3fffffff;
const NEVER_UNDER = -2;

const askOf = (tick: number): number => (tick === NO_TICK ? NO_ASK : tick);

/** What waits on both sides of a book, however it is kept. */
export interface BookView {
  readonly ladder: Ladder;
  readonly bids: DepthView;
  readonly asks: DepthView;
  readonly bestBid: number;
  readonly bestAsk: number;
}

export class Book implements BookView {
  readonly ladder: Ladder;
  /** Betfair `atb`, what a backer gets; the best is the highest. */
  readonly bids: Depth;
  /** Betfair `atl`, what a layer gets; the best is the lowest. */
  readonly asks: Depth;
  /** Traded lots by tick, set by `addTrade` and `setTraded` alone; the few at prices off the ladder are in `offLadder`. */
  readonly traded: Depth;
  /** Tick of the last trade (the one below it when the price is off the ladder), or NO_TICK. */
  lastTraded: number = NO_TICK;
  /** Price of the last trade where that is off the ladder, NaN where it is on it. */
  #lastOffLadder = Number.NaN;
  /** Lots traded on the ladder: the sum of `traded`. */
  #traded = 0;
  #offLadder: { price: number; lots: number }[] = [];

  /** Whether the newer side wins where both meet: the best prices are then kept, not read off the levels. */
  readonly #newestWins: boolean;
  /** Where a change can move the best: at or over the one, at or under the other. Nowhere unless the newest wins. */
  #bidEdge: number;
  #askEdge: number;

  /** @param crossing as `MarketRules.crossing` */
  constructor(ladder: Ladder, crossing?: MarketRules['crossing']) {
    this.ladder = ladder;
    this.#newestWins = crossing === 'newestWins';
    this.#bidEdge = this.#newestWins ? NO_TICK : NEVER_OVER;
    this.#askEdge = this.#newestWins ? NO_ASK : NEVER_UNDER;
    this.bids = new Depth(ladder.size);
    this.asks = new Depth(ladder.size);
    this.traded = new Depth(ladder.size);
  }

  /** Highest bid that no newer ask crossed: the best back price. NO_TICK when nobody bids. */
  get bestBid(): number {
    return this.#newestWins ? this.#bidEdge : this.bids.highest;
  }

  /** Lowest ask that no newer bid crossed: the best lay price. NO_TICK when nobody offers. */
  get bestAsk(): number {
    if (!this.#newestWins) return this.asks.lowest;
    return this.#askEdge === NO_ASK ? NO_TICK : this.#askEdge;
  }

  /** Sets the absolute size of a bid; 0 removes it. */
  setBid(tick: number, lots: number): void {
    this.bids.set(tick, lots);
    if (tick >= this.#bidEdge) this.#moveBid(tick, lots);
  }

  /** Sets the absolute size of an ask; 0 removes it. */
  setAsk(tick: number, lots: number): void {
    this.asks.set(tick, lots);
    if (tick <= this.#askEdge) this.#moveAsk(tick, lots);
  }

  #moveBid(tick: number, lots: number): void {
    if (lots === 0) {
      if (tick === this.#bidEdge) this.#bidEdge = this.bids.below(tick);
      return;
    }
    this.#bidEdge = tick;
    if (tick >= this.#askEdge) this.#askEdge = askOf(this.asks.above(tick));
  }

  #moveAsk(tick: number, lots: number): void {
    if (lots === 0) {
      if (tick === this.#askEdge) this.#askEdge = askOf(this.asks.above(tick));
      return;
    }
    this.#askEdge = tick;
    if (tick <= this.#bidEdge) this.#bidEdge = this.bids.below(tick);
  }

  /** Removes the bids from the best down to `tick`; those that a newer ask crossed stay. */
  clearBids(tick: number): void {
    const { bids } = this;
    for (let at = this.bestBid; at !== NO_TICK && at >= tick;) {
      const next = bids.below(at);
      bids.set(at, 0);
      at = next;
    }
    // A crossed bid that outlives the clearing is no best either.
    if (this.#newestWins) this.#bidEdge = bids.below(Math.min(tick, this.#askEdge));
  }

  /** Removes the asks from the best up to `tick`; those that a newer bid crossed stay. */
  clearAsks(tick: number): void {
    const { asks } = this;
    for (let at = this.bestAsk; at !== NO_TICK && at <= tick;) {
      const next = asks.above(at);
      asks.set(at, 0);
      at = next;
    }
    if (this.#newestWins) this.#askEdge = askOf(asks.above(Math.max(tick, this.#bidEdge)));
  }

  /** For a book whose levels were set one by one and not as they came: what its best prices were then. */
  restoreBest(bestBid: number, bestAsk: number): void {
    if (!this.#newestWins) return;
    this.#bidEdge = bestBid;
    this.#askEdge = askOf(bestAsk);
  }

  /** Lots traded at all prices, as the traded ladder now states. */
  get totalTraded(): number {
    let sum = this.#traded;
    for (const level of this.#offLadder) sum += level.lots;
    return sum;
  }

  /** Traded lots at prices that are not on the ladder (restated after a removal), in no order. */
  get offLadder(): readonly { readonly price: number; readonly lots: number }[] {
    return this.#offLadder;
  }

  addTrade(tick: number, lots: number): void {
    this.traded.set(tick, this.traded.at(tick) + lots);
    this.#traded += lots;
  }

  /** Lots traded at a price as the venue now states them. */
  setTraded(tick: number, lots: number): void {
    this.#traded += lots - this.traded.at(tick);
    this.traded.set(tick, lots);
  }

  /** Price of the last trade, NaN before the first. Worked out when asked for: replaying rows makes no number of it. */
  get lastTradedPrice(): number {
    if (this.lastTraded === NO_TICK || !Number.isNaN(this.#lastOffLadder)) return this.#lastOffLadder;
    return this.ladder.priceOf(this.lastTraded as Ticks);
  }

  setLastTraded(tick: number): void {
    this.lastTraded = tick;
    this.#lastOffLadder = Number.NaN;
  }

  /** As they were read from another book of the same ladder. */
  restoreLastTraded(tick: number, price: number): void {
    this.lastTraded = tick;
    this.#lastOffLadder = tick === NO_TICK || price === this.ladder.priceOf(tick as Ticks) ? Number.NaN : price;
  }

  /** @param units price in 1e-4, as off-ladder rows carry it */
  setLastTradedOffLadder(units: number): void {
    this.#lastOffLadder = units / OFF_LADDER_SCALE;
    this.lastTraded = this.ladder.tickBelow(this.#lastOffLadder);
  }

  /** Lots traded at a price off the ladder; 0 forgets it. `units` is the price in 1e-4. */
  tradedOffLadder(units: number): number {
    const price = units / OFF_LADDER_SCALE;
    return this.#offLadder.find((level) => level.price === price)?.lots ?? 0;
  }

  setTradedOffLadder(units: number, lots: number): void {
    const price = units / OFF_LADDER_SCALE;
    const level = this.#offLadder.find((one) => one.price === price);
    if (level === undefined) {
      if (lots > 0) this.#offLadder.push({ price, lots });
    } else if (lots > 0) level.lots = lots;
    else this.#offLadder = this.#offLadder.filter((one) => one !== level);
  }

  /** Becomes a copy of another book of the same ladder; nothing is shared. */
  copyFrom(other: Book): void {
    this.copyQuotesFrom(other);
    this.traded.copyFrom(other.traded);
    this.#traded = other.#traded;
    if (this.#offLadder.length + other.#offLadder.length > 0) {
      this.#offLadder = other.#offLadder.map((level) => ({ ...level }));
    }
    this.lastTraded = other.lastTraded;
    this.#lastOffLadder = other.#lastOffLadder;
  }

  /** Copies what waits on both sides, and nothing of what was traded. */
  copyQuotesFrom(other: Book): void {
    this.bids.copyFrom(other.bids);
    this.asks.copyFrom(other.asks);
    this.restoreBest(other.bestBid, other.bestAsk);
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.traded.clear();
    this.#traded = 0;
    if (this.#offLadder.length > 0) this.#offLadder = [];
    this.lastTraded = NO_TICK;
    this.#lastOffLadder = Number.NaN;
    this.restoreBest(NO_TICK, NO_TICK);
  }
}
