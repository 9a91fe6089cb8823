/**
 * What the decisions of an episode came to, told once a horizon of further decisions has passed: labels for agents that
 * learn to forecast. It is given what was published and nothing else, in the order it came; so what it tells at a
 * decision is known by then. It knows no tape, no clock and no orders of ours. A step makes nothing.
 *
 * Of every slot, for the time from a decision up to and with the one `steps` later:
 * - price: 100 ln(p' / p), p and p' the prices traded last by then, within ±10: per cent.
 * - volume: ln(1 + V), V what was traded in stake caps; the taker's side of it, as Betfair counts both.
 * - fill, back and lay: 1 where an order of the smallest size would have been reached that joined the queue at the best
 *   price of its side at the decision, at once: where at that price or through it there was traded what waited there
 *   and a lot more (the full queue of `matching/queue`); else 0.
 *
 * NaN where there is no answer: no horizon has passed since the episode began, no runner is in the slot or it has left,
 * nothing was traded before, or nobody waited on that side.
 */
import type { ForecastKind, ForecastSpec } from '../../config/forecasts.ts';
import type { MarketState } from '../../market/market-state.ts';
import { NO_TICK } from '../../market/tape.ts';
import { NO_RUNNER } from './market-view.ts';
import { OBSERVATION_LIMIT } from './observation.ts';

/** Of each traded lot that Betfair publishes, the part that the taker's side is. */
const TAKERS_PART = 0.5;

const KINDS: readonly ForecastKind[] = ['price', 'volume', 'fill', 'fill'];

/** Columns: the slots' prices, then their volumes, their fills of a back order, and of a lay order. */
export const hindsightSpec = (slots: number, steps: number): ForecastSpec => ({
  steps,
  kinds: KINDS.flatMap((kind) => Array.from({ length: slots }, () => kind))
});

export class Hindsight {
  /** Columns of a label row. */
  readonly width: number;
  readonly #slots: number;
  readonly #steps: number;
  readonly #capLots: number;
  // A ring of the last decisions, each a row of slots: what was seen then, and what was traded since.
  readonly #present: Uint8Array;
  readonly #price: Float64Array;
  /** Where an order of ours would wait, and what waits there: a back order among the asks, a lay order among the bids. */
  readonly #backTick: Int32Array;
  readonly #backAhead: Float64Array;
  readonly #layTick: Int32Array;
  readonly #layAhead: Float64Array;
  readonly #traded: Float64Array;
  readonly #tradedForBack: Float64Array;
  readonly #tradedForLay: Float64Array;
  #decisions = 0;

  /** @param options.steps decisions that a horizon has @param options.capLots the stake cap, in lots */
  constructor({ slots, steps, capLots }: { slots: number; steps: number; capLots: number }) {
    const all = slots * steps;
    this.width = KINDS.length * slots;
    this.#slots = slots;
    this.#steps = steps;
    this.#capLots = capLots;
    this.#present = new Uint8Array(all);
    this.#price = new Float64Array(all);
    this.#backTick = new Int32Array(all);
    this.#backAhead = new Float64Array(all);
    this.#layTick = new Int32Array(all);
    this.#layAhead = new Float64Array(all);
    this.#traded = new Float64Array(all);
    this.#tradedForBack = new Float64Array(all);
    this.#tradedForLay = new Float64Array(all);
  }

  /** A new episode: nothing has been decided. */
  begin(): void {
    this.#decisions = 0;
  }

  /** A trade was published. @param lots as published: both sides of it @param slot of the environment */
  onTrade(slot: number, tick: number, lots: number): void {
    const taken = TAKERS_PART * lots;
    const open = Math.min(this.#decisions, this.#steps);
    for (let row = 0; row < open; row++) {
      const at = row * this.#slots + slot;
      this.#traded[at]! += taken;
      if (tick >= this.#backTick[at]!) this.#tradedForBack[at]! += taken;
      if (tick <= this.#layTick[at]!) this.#tradedForLay[at]! += taken;
    }
  }

  /**
   * At the moment of a decision, before `onDecision`; or at the episode's end.
   * @param runners runner of the market in each slot, NO_RUNNER where there is none
   * @param into receives the labels of the decision `steps` before this one, at `at`
   */
  tell({ books, removed }: MarketState, runners: Int32Array, into: Float32Array, at: number): void {
    const slots = this.#slots;
    if (this.#decisions < this.#steps) {
      into.fill(Number.NaN, at, at + this.width);
      return;
    }
    const first = (this.#decisions % this.#steps) * slots;
    for (let slot = 0; slot < slots; slot++) {
      const from = first + slot;
      const runner = runners[slot]!;
      const known = this.#present[from] === 1 && removed[runner] === 0;
      const change = known ? 100 * Math.log(books[runner]!.lastTradedPrice / this.#price[from]!) : Number.NaN;
      into[at + slot] = Math.max(-OBSERVATION_LIMIT, Math.min(OBSERVATION_LIMIT, change));
      into[at + slots + slot] = known ? Math.log1p(this.#traded[from]! / this.#capLots) : Number.NaN;
      into[at + 2 * slots + slot] =
        known && this.#backTick[from] !== NO_TICK
          ? filled(this.#tradedForBack[from]!, this.#backAhead[from]!)
          : Number.NaN;
      into[at + 3 * slots + slot] =
        known && this.#layTick[from] !== NO_TICK
          ? filled(this.#tradedForLay[from]!, this.#layAhead[from]!)
          : Number.NaN;
    }
  }

  /** A decision is taken: what is seen now will be looked back at. */
  onDecision({ books, removed }: MarketState, runners: Int32Array): void {
    const first = (this.#decisions % this.#steps) * this.#slots;
    this.#decisions++;
    for (let slot = 0; slot < this.#slots; slot++) {
      const at = first + slot;
      const runner = runners[slot]!;
      this.#traded[at] = 0;
      this.#tradedForBack[at] = 0;
      this.#tradedForLay[at] = 0;
      if (runner === NO_RUNNER || removed[runner] === 1) {
        this.#present[at] = 0;
        continue;
      }
      const { bids, asks, bestBid, bestAsk, lastTradedPrice } = books[runner]!;
      this.#present[at] = 1;
      this.#price[at] = lastTradedPrice;
      this.#backTick[at] = bestAsk;
      this.#backAhead[at] = bestAsk === NO_TICK ? 0 : asks.at(bestAsk);
      this.#layTick[at] = bestBid;
      this.#layAhead[at] = bestBid === NO_TICK ? 0 : bids.at(bestBid);
    }
  }
}

const filled = (traded: number, ahead: number): number => (traded >= ahead + 1 ? 1 : 0);
