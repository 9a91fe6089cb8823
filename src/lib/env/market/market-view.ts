/**
 * The market as it is shown at every decision of an episode: features and best prices, row by row. Whoever makes it says
 * what has been seen by then; it knows no clock.
 */
import type { FeatureTracker } from '../../market/features/feature-tracker.ts';
import type { MarketState } from '../../market/market-state.ts';
import { NO_TICK } from '../../market/tape.ts';
import { OBSERVATION_LIMIT, SLOT_WIDTH, observationSize } from './observation.ts';

/** Empty slot. */
export const NO_RUNNER = -1;

export interface MarketView {
  /**
   * By decision: the observation with all that the market alone says, zeros elsewhere; see `observation.ts` for its
   * layout. Views on one array.
   */
  readonly observations: readonly Float32Array[];
  /**
   * [steps + 1, slots]: best prices when a decision is taken, as ticks, NO_TICK where there is none, or no runner; and
   * the lots that wait there, 0 where none do.
   */
  readonly bestBids: Int32Array;
  readonly bestAsks: Int32Array;
  readonly bestBidLots: Float64Array;
  readonly bestAskLots: Float64Array;
  /** [steps + 1, slots]: 1 once the runner is known to have left. */
  readonly removed: Uint8Array;
}

export class MarketViewBuilder {
  readonly #runners: Int32Array;
  readonly #width: number;
  readonly #observed: Float32Array;
  readonly #view: MarketView;

  /**
   * @param runners runner slot of the tape in each slot of the environment, NO_RUNNER where there is none
   * @param rows decisions, and one for the end
   */
  constructor(runners: Int32Array, rows: number) {
    const slots = runners.length;
    const width = observationSize(slots);
    const observed = new Float32Array(rows * width);
    this.#runners = runners;
    this.#width = width;
    this.#observed = observed;
    this.#view = {
      observations: Array.from({ length: rows }, (_, k) => observed.subarray(k * width, (k + 1) * width)),
      bestBids: new Int32Array(rows * slots).fill(NO_TICK),
      bestAsks: new Int32Array(rows * slots).fill(NO_TICK),
      bestBidLots: new Float64Array(rows * slots),
      bestAskLots: new Float64Array(rows * slots),
      removed: new Uint8Array(rows * slots)
    };
  }

  /** Best prices of decision `k`, and who has left by then. */
  writeBest(k: number, { books, removed }: Pick<MarketState, 'books' | 'removed'>): void {
    const { bestBids, bestAsks, bestBidLots, bestAskLots, removed: left } = this.#view;
    this.#runners.forEach((slot, i) => {
      if (slot === NO_RUNNER) return;
      const { bids, asks, bestBid, bestAsk } = books[slot]!;
      const at = k * this.#runners.length + i;
      left[at] = removed[slot]!;
      bestBids[at] = bestBid;
      bestAsks[at] = bestAsk;
      bestBidLots[at] = bestBid === NO_TICK ? 0 : bids.at(bestBid);
      bestAskLots[at] = bestAsk === NO_TICK ? 0 : asks.at(bestAsk);
    });
  }

  /** Features of decision `k`, as of the tracker's clock. */
  writeFeatures(k: number, state: MarketState, features: FeatureTracker): void {
    const at = k * this.#width;
    features.writeMarket(state, this.#observed, at + this.#runners.length * SLOT_WIDTH);
    this.#runners.forEach((slot, i) => {
      if (slot === NO_RUNNER || state.removed[slot] === 1) return;
      features.write(state, slot, this.#observed, at + i * SLOT_WIDTH);
    });
  }

  /** Features are bounded by their own definitions; a bound here as well keeps the space honest whatever they become. */
  finish(): MarketView {
    const values = this.#observed;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      values[i] = Number.isFinite(value) ? Math.max(-OBSERVATION_LIMIT, Math.min(OBSERVATION_LIMIT, value)) : 0;
    }
    return this.#view;
  }
}
