/** What one simulated exchange for instruments is made of: its models, its money, and what it keeps. */
import type { Random } from '../../core/random.ts';
import type { LatencyModel } from './latency.ts';
import type { QueueModel } from './queue/queue-model.ts';
import type { QueueName } from './queue/queue-name.ts';
import type { SlippageModel } from './slippage.ts';

export interface InstrumentOptions {
  /** By name, or the model itself. */
  readonly queue: QueueModel | QueueName;
  readonly latency: LatencyModel;
  /** Only drawn from by models with chance in them; the feed has a stream of its own. */
  readonly random: Random;
  /** Money at the start, in the currency. What it cannot pay for is refused. */
  readonly cash: number;
  /**
   * `volume` (the default): an order fills by as many lots as traded or were crossed, and no lot fills two of ours.
   * `none`, to reproduce simulators that look no further: it fills whole by the first lot that reaches it.
   */
  readonly partialFills?: 'volume' | 'none';
  /** How far the touch has moved away when an order comes to take it; absent for not at all. */
  readonly slippage?: SlippageModel;
  /** How far from the touch a market order without a price may go, as a part of the price: 0.05 unless given. */
  readonly marketProtection?: number;
  /** Keep every order and fill, for stories and goldens; without it `release` gives records back for reuse. */
  readonly history?: boolean;
  /** With history: the other models worked on the same orders. All that have a name unless given. */
  readonly shadows?: readonly QueueModel[];
}
