/**
 * What an order finds when it comes to an instrument's book: the best price that is there for it, how much may be taken
 * at which levels, and the taking. What we took is kept aside, since the recorded book is never changed. Knows nothing
 * of orders that rest.
 */
import type { Random } from '../../core/random.ts';
import type { Book } from '../../market/book.ts';
import type { Depth } from '../../market/depth.ts';
import { NO_TICK } from '../../market/tape.ts';
import { Direction } from './instrument-order.ts';
import type { InstrumentOrder } from './instrument-order.ts';
import { Side } from './order.ts';
import type { SlippageModel } from './slippage.ts';
import type { TakenLiquidity } from './taken.ts';

export interface TakingOptions {
  readonly book: Book;
  readonly taken: TakenLiquidity;
  readonly slippage: SlippageModel | undefined;
  /** Only drawn from by `slippage`. */
  readonly random: Random;
}

/** Under which side of the back and lay books taken liquidity is kept: a back takes bids, as a sell does. */
const takerSide = (order: InstrumentOrder): Side => (order.direction === Direction.buy ? Side.lay : Side.back);

export class Taking {
  readonly #options: TakingOptions;

  constructor(options: TakingOptions) {
    this.#options = options;
  }

  /** The best tick of the side that the order would take from; NO_TICK when there is none. */
  touch(order: InstrumentOrder): number {
    const { book } = this.#options;
    return order.direction === Direction.buy ? book.bestAsk : book.bestBid;
  }

  /** The best tick that is there for an order that comes to take, NO_TICK when there is none. */
  slipped(order: InstrumentOrder, touch: number): number {
    const { slippage, random, book } = this.#options;
    if (slippage === undefined) return touch;
    order.slippedTicks = slippage(random);
    if (order.slippedTicks === 0) return touch;
    if (order.direction === Direction.buy) return book.asks.above(touch + order.slippedTicks - 1);
    return book.bids.below(touch - order.slippedTicks + 1);
  }

  reaches(order: InstrumentOrder, tick: number): boolean {
    return tick !== NO_TICK && (order.direction === Direction.buy ? tick <= order.tick : tick >= order.tick);
  }

  next(order: InstrumentOrder, tick: number): number {
    const { book } = this.#options;
    return order.direction === Direction.buy ? book.asks.above(tick) : book.bids.below(tick);
  }

  /** Lots that a level still has for us. */
  left(order: InstrumentOrder, tick: number): number {
    const { taken } = this.#options;
    const lots = this.#opposite(order).at(tick);
    return taken.count === 0 ? lots : Math.max(0, lots - taken.at(0, takerSide(order), tick));
  }

  /** Whether as much as is open of the order can be taken from `touch` on. */
  takesWhole(order: InstrumentOrder, touch: number): boolean {
    let lots = 0;
    for (let tick = touch; this.reaches(order, tick); tick = this.next(order, tick)) {
      lots += this.left(order, tick);
      if (lots >= order.open) return true;
    }
    return false;
  }

  /** So many lots of a level are ours. */
  take(order: InstrumentOrder, tick: number, lots: number): void {
    this.#options.taken.add(0, takerSide(order), tick, lots);
  }

  #opposite(order: InstrumentOrder): Depth {
    const { book } = this.#options;
    return order.direction === Direction.buy ? book.asks : book.bids;
  }
}
