/**
 * What stands between an order and its fill, as configured: latency, queue and slippage; and how much of it there is.
 * A curriculum lets it grow from nothing, where an order arrives at once, first in its queue, at the price it saw, to
 * all of it. The level is that of a whole episode and a pure function of the steps played before it.
 */
import type { MarketEnvConfig } from '../../config/run-config.ts';
import { sampleList } from '../../config/sample-list.ts';
import type { Nanos } from '../../core/units.ts';
import type { MarketRules } from '../../market/rules.ts';
import type { ExchangeOptions } from '../matching/exchange-options.ts';
import { constantLatency, logNormalLatency, recordedLatency } from '../matching/latency.ts';
import type { LatencyModel } from '../matching/latency.ts';
import { queueNamed } from '../matching/queue/queue-name.ts';
import type { QueueModel } from '../matching/queue/queue-model.ts';
import { tickSlippage } from '../matching/slippage.ts';
import type { SlippageModel } from '../matching/slippage.ts';

/** What a configuration says of it, of recorded markets and of those that answer. */
export type RealismConfig = Pick<
  MarketEnvConfig,
  | 'placeLatencyMillis'
  | 'cancelLatencyMillis'
  | 'feedLatencyMillis'
  | 'latencyModel'
  | 'latencySpread'
  | 'placeLatencySamples'
  | 'cancelLatencySamples'
  | 'feedLatencySamples'
  | 'slippagePercent'
  | 'curriculumSteps'
>;

/** Of one exchange: 0 for none of it, 1 for all of it. Set before an episode begins. */
export interface Realism {
  level: number;
}

/** @param stepsBefore environment steps played before the episode */
export function levelAfter(stepsBefore: number, { curriculumSteps }: Pick<RealismConfig, 'curriculumSteps'>): number {
  return curriculumSteps === 0 ? 1 : Math.min(1, stepsBefore / curriculumSteps);
}

/** Whether anything is left to chance: only then an episode needs a stream of its own. */
export const hasChance = ({ latencyModel, slippagePercent }: RealismConfig): boolean =>
  latencyModel !== 'constant' || slippagePercent > 0;

/**
 * How long requests and the feed take, as configured. What has no samples under `recorded` takes as long as is given;
 * a replace is a cancellation and a new order, and takes as long as both.
 */
export function latencyOf(config: RealismConfig): LatencyModel {
  const { placeLatencyMillis: place, cancelLatencyMillis: cancel, feedLatencyMillis: feed } = config;
  const times = { place, cancel, replace: place + cancel, feed };
  if (config.latencyModel === 'constant') return constantLatency(times);
  if (config.latencyModel === 'logNormal') return logNormalLatency(times, config.latencySpread);
  const samples = (text: string, otherwise: number): readonly number[] => {
    const recorded = sampleList(text, Infinity) ?? [];
    return recorded.length > 0 ? recorded : [otherwise];
  };
  const model = recordedLatency({
    place: samples(config.placeLatencySamples, place),
    cancel: samples(config.cancelLatencySamples, cancel),
    replace: [0],
    feed: samples(config.feedLatencySamples, feed)
  });
  return (kind, random) =>
    kind === 'replace' ? ((model('cancel', random) + model('place', random)) as Nanos) : model(kind, random);
}

/**
 * What is left of it for the requests of an agent that sees the feed's view: that view is as late already, so a request
 * leaves at the moment of its decision.
 */
const latencyOfRequests = (config: RealismConfig): LatencyModel =>
  latencyOf({ ...config, feedLatencyMillis: 0, feedLatencySamples: '' });

/** The models of an exchange. They follow `realism` where there is a curriculum, and are plain where there is none. */
export function modelsOf(
  config: MarketEnvConfig,
  rules: MarketRules,
  realism: Realism
): Pick<ExchangeOptions, 'latency' | 'queue' | 'slippage'> {
  const queue = queueNamed(config.queue, rules);
  const eased = config.curriculumSteps > 0;
  return { ...wayOf(config, realism), queue: eased ? easedQueue(queue, realism) : queue };
}

/** The same of an order's way to a market whose queues are real. */
export function wayOf(config: RealismConfig, realism: Realism): Pick<ExchangeOptions, 'latency' | 'slippage'> {
  const { slippagePercent } = config;
  const latency = latencyOfRequests(config);
  const slippage = slippagePercent > 0 ? tickSlippage([slippagePercent / 100]) : undefined;
  if (config.curriculumSteps === 0) return { latency, ...(slippage === undefined ? {} : { slippage }) };
  return {
    latency: easedLatency(latency, realism),
    ...(slippage === undefined ? {} : { slippage: easedSlippage(slippage, realism) })
  };
}

/** Only a share of every latency, whole nanoseconds. */
export const easedLatency =
  (model: LatencyModel, realism: Realism): LatencyModel =>
  (kind, random) =>
    Math.round(model(kind, random) * realism.level) as Nanos;

/**
 * Only a share of what waits, in whole lots, is ahead of an order on arrival; from there the queue moves as its model
 * says.
 */
const easedQueue = (model: QueueModel, realism: Realism): QueueModel => ({
  ...model,
  onPlace: (visible) => Math.round(model.onPlace(visible) * realism.level)
});

const easedSlippage =
  (model: SlippageModel, realism: Realism): SlippageModel =>
  (random) => {
    const ticks = model(random);
    // All of it draws no more than it does without a curriculum, so that both go on alike.
    if (ticks === 0 || realism.level >= 1) return ticks;
    random.drawUniform();
    return random.drawn >= realism.level ? 0 : ticks;
  };
