/** What one simulated exchange is made of: its models, its limits, and what it keeps. */
import type { Random } from '../../core/random.ts';
import type { LatencyModel } from './latency.ts';
import type { QueueModel } from './queue/queue-model.ts';
import type { QueueName } from './queue/queue-name.ts';
import type { SlippageModel } from './slippage.ts';

export interface ExchangeOptions {
  /** How the queue ahead of a resting order shrinks: a model, or its name. */
  readonly queue: QueueModel | QueueName;
  /**
   * How long requests travel. A feed's latency is a delay of the decision: whoever asks at a moment has decided by the
   * book and the orders of that moment, which it sees `feed` later, so that its request leaves only then. Whoever is shown
   * a view that is late already decides by that, and gives an exchange whose `feed` takes no time: else it counts twice.
   */
  readonly latency: LatencyModel;
  /** By how much the price moves away from an order that takes; not at all when not given. */
  readonly slippage?: SlippageModel;
  /** Only drawn from by models with chance in them. */
  readonly random: Random;
  /** Largest exposure in lots, waiting orders counted: what cannot be paid is refused. */
  readonly bankroll: number;
  /** Largest exposure in lots that new orders may lead to, where it is less than the bankroll. */
  readonly exposureLimit?: number;
  /** `kept` (the default): what we took is not there a second time. `ignored` is for simulators that let it be. */
  readonly takenLiquidity?: 'kept' | 'ignored';
  /**
   * What counts as a trade. `tape` (the default): its trade rows, what a price stated above the most it ever stated.
   * `stated`: whatever a price states above what it stated a message before, to reproduce simulators that look no
   * further; it needs every book in full.
   */
  readonly tradeCounting?: 'tape' | 'stated';
  /**
   * What becomes of size that did not match. `exact` (the default): matched, cancelled, lapsed, voided and open add up
   * to the order, and a lay matched at the starting price is as large as the stake its liability bought. `loose`, to
   * reproduce simulators that let it be: a limit-on-close order that misses its limit is complete and lapses nothing, a
   * void bet is void in whole though a part had lapsed before, and a lay at the starting price keeps the size it asked
   * for.
   */
  readonly sizeAccounting?: 'exact' | 'loose';
  /** Keep every order and fill, for stories and goldens; without it `release` gives records back for reuse. */
  readonly history?: boolean;
  /** With history: the queue models that are worked beside `queue`, for stories; every named one when not given. */
  readonly shadows?: readonly QueueModel[];
  /**
   * By slot, 1 for the runners that will be traded: the books of the others, and all traded ladders, then stand still,
   * which saves most of the time. Undefined for every book in full.
   */
  readonly watched?: Uint8Array;
  /** Taker-side part of a recorded trade: 0.5 (the default) where maker and taker are both counted. */
  readonly tradeShare?: number;
}
