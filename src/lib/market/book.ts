/**
 * One runner's or instrument's order book as the venue showed it: what waits on both sides, what was traded where, the
 * last traded price. Knows nothing of our own orders, and nothing of the market around it.
 */
import { Depth } from './depth.ts';
import type { DepthView } from './depth.ts';
import type { Ladder } from './ladder.ts';
import { NO_TICK, OFF_LADDER_SCALE } from './tape.ts';
import type { Ticks } from '../core/units.ts';

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
  /** Traded lots by tick; the few at prices off the ladder are in `offLadder`. */
  readonly traded: Depth;
  /** Tick of the last trade (the one below it when the price is off the ladder), or NO_TICK. */
  lastTraded: number = NO_TICK;
  /** Price of the last trade, NaN before the first. */
  lastTradedPrice = Number.NaN;
  #offLadder: { price: number; lots: number }[] = [];

  constructor(ladder: Ladder) {
    this.ladder = ladder;
    this.bids = new Depth(ladder.size);
    this.asks = new Depth(ladder.size);
    this.traded = new Depth(ladder.size);
  }

  /** Highest bid: the best back price. NO_TICK when nobody bids. */
  get bestBid(): number {
    return this.bids.highest;
  }

  /** Lowest ask: the best lay price. NO_TICK when nobody offers. */
  get bestAsk(): number {
    return this.asks.lowest;
  }

  /** Lots traded at all prices, as the traded ladder now states. */
  get totalTraded(): number {
    let sum = this.traded.total;
    for (const level of this.#offLadder) sum += level.lots;
    return sum;
  }

  /** Traded lots at prices that are not on the ladder (restated after a removal), in no order. */
  get offLadder(): readonly { readonly price: number; readonly lots: number }[] {
    return this.#offLadder;
  }

  addTrade(tick: number, lots: number): void {
    this.traded.set(tick, this.traded.at(tick) + lots);
  }

  setLastTraded(tick: number): void {
    this.lastTraded = tick;
    this.lastTradedPrice = this.ladder.priceOf(tick as Ticks);
  }

  /** @param units price in 1e-4, as off-ladder rows carry it */
  setLastTradedOffLadder(units: number): void {
    this.lastTradedPrice = units / OFF_LADDER_SCALE;
    this.lastTraded = this.ladder.tickBelow(this.lastTradedPrice);
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
    this.bids.copyFrom(other.bids);
    this.asks.copyFrom(other.asks);
    this.traded.copyFrom(other.traded);
    if (this.#offLadder.length + other.#offLadder.length > 0) {
      this.#offLadder = other.#offLadder.map((level) => ({ ...level }));
    }
    this.lastTraded = other.lastTraded;
    this.lastTradedPrice = other.lastTradedPrice;
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.traded.clear();
    this.#offLadder = [];
    this.lastTraded = NO_TICK;
    this.lastTradedPrice = Number.NaN;
  }
}
