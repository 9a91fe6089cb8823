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
   * [steps + 1, slots, TOUCH_WIDTH], so that what a decision asks of a slot lies together: 0 and 1 best bid and ask when
   * it is taken, as ticks, NO_TICK where there is none, or no runner; 2 and 3 the whole lots that wait there, MOST_LOTS
   * where more do; 4 whether the runner is known to have left, 1 or 0.
   */
  readonly touches: Int32Array;
}

export const TOUCH_WIDTH = 5;
const MOST_LOTS = 2 ** 31 - 1;

/** Bytes that a view takes a decision. */
export const viewBytesOfDecision = (slots: number): number => 4 * (observationSize(slots) + slots * TOUCH_WIDTH);

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
      touches: new Int32Array(rows * slots * TOUCH_WIDTH)
    };
    for (let at = 0; at < rows * slots * TOUCH_WIDTH; at += TOUCH_WIDTH) {
      this.#view.touches.fill(NO_TICK, at, at + 2);
    }
  }

  /** Best prices of decision `k`, and who has left by then. */
  writeBest(k: number, { books, removed }: Pick<MarketState, 'books' | 'removed'>): void {
    const { touches } = this.#view;
    this.#runners.forEach((slot, i) => {
      if (slot === NO_RUNNER) return;
      const { bids, asks, bestBid, bestAsk } = books[slot]!;
      const at = (k * this.#runners.length + i) * TOUCH_WIDTH;
      touches[at] = bestBid;
      touches[at + 1] = bestAsk;
      touches[at + 2] = bestBid === NO_TICK ? 0 : Math.min(bids.at(bestBid), MOST_LOTS);
      touches[at + 3] = bestAsk === NO_TICK ? 0 : Math.min(asks.at(bestAsk), MOST_LOTS);
      touches[at + 4] = removed[slot]!;
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
