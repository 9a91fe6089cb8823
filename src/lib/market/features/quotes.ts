/**
 * The best prices of every runner as they stood after the last message, and after the one before it that touched them.
 * Features compare the two; they never see a book in the middle of a message.
 */
import type { Ladder } from '../ladder.ts';
import type { MarketState } from '../market-state.ts';
import { NO_TICK } from '../tape.ts';
import type { Ticks } from '../../core/units.ts';
import type { FeatureMemory } from './feature-memory.ts';

export class Quotes {
  /** [0] seconds on the tape's clock, as of the last message's end. */
  readonly clock: Float64Array;
  readonly bidTick: Float64Array;
  readonly askTick: Float64Array;
  readonly bidLots: Float64Array;
  readonly askLots: Float64Array;
  readonly formerBidTick: Float64Array;
  readonly formerAskTick: Float64Array;
  readonly formerBidLots: Float64Array;
  readonly formerAskLots: Float64Array;
  /** Natural logarithm of the price between the best two (their geometric mean), NaN while a side is empty. */
  readonly logMid: Float64Array;
  readonly formerLogMid: Float64Array;
  /** By tick: natural logarithm of its price. */
  readonly logPrice: Float64Array;

  constructor(memory: FeatureMemory, slots: number, ladder: Ladder, clock: Float64Array) {
    this.clock = clock;
    this.bidTick = memory.array(slots, NO_TICK);
    this.askTick = memory.array(slots, NO_TICK);
    this.bidLots = memory.array(slots, 0);
    this.askLots = memory.array(slots, 0);
    this.formerBidTick = memory.array(slots, NO_TICK);
    this.formerAskTick = memory.array(slots, NO_TICK);
    this.formerBidLots = memory.array(slots, 0);
    this.formerAskLots = memory.array(slots, 0);
    this.logMid = memory.array(slots, Number.NaN);
    this.formerLogMid = memory.array(slots, Number.NaN);
    this.logPrice = logPrices(ladder);
  }

  /** Takes a runner's best prices from its book; what stood before becomes the former. */
  update(slot: number, state: MarketState): void {
    const { bids, asks, bestBid: bid, bestAsk: ask } = state.books[slot]!;
    this.formerBidTick[slot] = this.bidTick[slot]!;
    this.formerAskTick[slot] = this.askTick[slot]!;
    this.formerBidLots[slot] = this.bidLots[slot]!;
    this.formerAskLots[slot] = this.askLots[slot]!;
    this.formerLogMid[slot] = this.logMid[slot]!;
    this.bidTick[slot] = bid;
    this.askTick[slot] = ask;
    this.bidLots[slot] = bid === NO_TICK ? 0 : bids.at(bid);
    this.askLots[slot] = ask === NO_TICK ? 0 : asks.at(ask);
    this.logMid[slot] =
      bid === NO_TICK || ask === NO_TICK ? Number.NaN : (this.logPrice[bid]! + this.logPrice[ask]!) / 2;
  }
}

const byLadder = new Map<string, Float64Array>();

/** Logarithms by tick, made once a ladder; prices at or below zero (line markets) have none and count as 1. */
function logPrices(ladder: Ladder): Float64Array {
  let logs = byLadder.get(ladder.id);
  if (logs === undefined) {
    logs = Float64Array.from({ length: ladder.size }, (_, tick) => {
      const price = ladder.priceOf(tick as Ticks);
      return price > 0 ? Math.log(price) : 0;
    });
    byLadder.set(ladder.id, logs);
  }
  return logs;
}
