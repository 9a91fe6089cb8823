/** Market features of one runner for `AUPreOffV7TradeCost`. */
import type { MarketState } from '../../market/market-state.ts';
import type { Tape } from '../../market/tape.ts';
import { NO_TICK } from '../../market/tape.ts';

export const MARKET_FEATURES: readonly string[] = ['bid', 'ask', 'spread', 'imbalance'];

export class SlotFeatures {
  readonly #state: MarketState;
  constructor(state: MarketState) {
    this.#state = state;
  }
  follow(_tape: Tape, _message: number): void {
    /* stateless for now */
  }
  write(slot: number, into: Float32Array, at: number): void {
    const book = this.#state.books[slot]!;
    const { bestBid: bid, bestAsk: ask } = book;
    if (bid === NO_TICK || ask === NO_TICK) return;
    into[at] = bid / 100;
    into[at + 1] = ask / 100;
    into[at + 2] = (ask - bid) / 10;
    const b = book.bids.at(bid);
    const a = book.asks.at(ask);
    into[at + 3] = (b - a) / (a + b);
  }
}
