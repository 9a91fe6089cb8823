/** What one simulated exchange is made of: its models, its limits, and what it keeps. */
import type { Random } from '../../core/random.ts';
import type { LatencyModel } from './latency.ts';
import type { QueueModel } from './queue/queue-model.ts';

export interface ExchangeOptions {
  readonly queue: QueueModel;
  readonly latency: LatencyModel;
  /** Only drawn from by models with chance in them. */
  readonly random: Random;
  /** Largest exposure in lots, waiting orders counted: what cannot be paid is refused. */
  readonly bankroll: number;
  /** Largest exposure in lots that new orders may lead to, where it is less than the bankroll. */
  readonly exposureLimit?: number;
  /** `kept` (the default): what we took is not there a second time. `ignored` is for simulators that let it be. */
  readonly takenLiquidity?: 'kept' | 'ignored';
  /** Keep every order and fill, for stories and goldens; without it `release` gives records back for reuse. */
  readonly history?: boolean;
  /**
   * By slot, 1 for the runners that will be traded: the books of the others, and all traded ladders, then stand still,
   * which saves most of the time. Undefined for every book in full.
   */
  readonly watched?: Uint8Array;
  /** Taker-side part of a recorded trade: 0.5 (the default) where maker and taker are both counted. */
  readonly tradeShare?: number;
}
