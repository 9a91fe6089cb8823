/**
 * What an agent sees of a market when its feed is late: at every decision the market as it was told by then, features
 * with the clock of the market that is told of. With a feed that always takes L, the view at t is the view of a feed
 * without latency at t - L, to the number.
 *
 * Lateness is a property of a recording, as its prices are: drawn once a message from a stream named after the market,
 * the same in every episode and for every environment. Messages never overtake each other.
 */
import type { MarketEnvConfig } from '../../config/run-config.ts';
import { Random } from '../../core/random.ts';
import type { Nanos, Seed } from '../../core/units.ts';
import type { BookView } from '../../market/book.ts';
import type { DepthView } from '../../market/depth.ts';
import { FeatureTracker } from '../../market/features/feature-tracker.ts';
import { MarketState } from '../../market/market-state.ts';
import { NO_TICK } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { FeedClock } from '../matching/feed-clock.ts';
import type { LatencyModel } from '../matching/latency.ts';
import { MarketViewBuilder } from './market-view.ts';
import type { MarketView } from './market-view.ts';
import { latencyOf } from './realism.ts';

/** A curriculum eases the feed in so many steps, each of which has a view of its own. */
const EASED = 4;

/** Under `recorded` without samples a message is as late as the recording says, where that holds both clocks. */
const lagsItself = ({ latencyModel, feedLatencySamples }: MarketEnvConfig): boolean =>
  latencyModel === 'recorded' && feedLatencySamples.trim() === '';

/** Whether what an agent sees of this market is late at all. */
function isLate(tape: Tape, config: MarketEnvConfig): boolean {
  if (config.feedLatencyMillis > 0 || config.feedLatencySamples.trim() !== '') return true;
  return lagsItself(config) && tape.received.some((time, row) => time > tape.exchange[row]!);
}

/** Shares of the latency that views are made for; none where nothing is late. */
function lateParts(tape: Tape, config: MarketEnvConfig): readonly number[] {
  if (!isLate(tape, config)) return [];
  return config.curriculumSteps === 0 ? [1] : Array.from({ length: EASED + 1 }, (_, part) => part / EASED);
}

/** How many views `lateViews` makes. */
export const lateViewCount = (tape: Tape, config: MarketEnvConfig): number => lateParts(tape, config).length;

export interface Decisions {
  readonly runners: Int32Array;
  readonly times: Float64Array;
  /** The first message that no decision sees: the off. */
  readonly lastMessage: number;
}

/**
 * The views of a late feed, from none of its latency to all of it where a curriculum grows it, else that one alone.
 * @returns undefined where nothing is late: the view is then the timeline's own
 */
export function lateViews(
  tape: Tape,
  config: MarketEnvConfig,
  decisions: Decisions
): readonly MarketView[] | undefined {
  const parts = lateParts(tape, config);
  if (parts.length === 0) return undefined;
  const model = latencyOf(config);
  return parts.map((part) => {
    const told = lagsItself(config)
      ? tape.received.map((time, row) => tape.exchange[row]! + Math.round((time - tape.exchange[row]!) * part))
      : tape.exchange;
    const latency: LatencyModel = (kind, random) => Math.round(model(kind, random) * part) as Nanos;
    return lateView(tape, decisions, told, latency);
  });
}

const NO_DEPTH: DepthView = {
  lowest: NO_TICK,
  highest: NO_TICK,
  at: () => 0,
  below: () => NO_TICK,
  above: () => NO_TICK
};
/** A book where nobody waits: what lies behind the best prices of a late view is not told. */
export const NO_BOOK: Pick<BookView, 'bids' | 'asks'> = { bids: NO_DEPTH, asks: NO_DEPTH };

/** Of several views the one for a level of realism. */
export const viewAt = (views: readonly MarketView[], level: number): MarketView =>
  views[Math.round(level * (views.length - 1))]!;

/** @param told by row: when it was told, before what the model adds */
function lateView(tape: Tape, decisions: Decisions, told: Float64Array, latency: LatencyModel): MarketView {
  const { runners, times, lastMessage } = decisions;
  const { messageStart, exchange } = tape;
  const builder = new MarketViewBuilder(runners, times.length);
  const state = new MarketState(tape.market);
  const features = new FeatureTracker(tape.market);
  const feed = new FeedClock({ received: told }, latency, new Random(0 as Seed, `feed of ${tape.market.id}`));
  /** How late the message that was seen last was. */
  let late = 0;
  let clock = 0;
  let message = 0;
  for (let k = 0; k < times.length; k++) {
    for (; message < lastMessage; message++) {
      const row = messageStart[message]!;
      const end = messageStart[message + 1]!;
      if (row === end) continue;
      feed.look(message, row);
      if (feed.seenAt > times[k]!) break;
      for (let at = row; at < end; at++) {
        state.apply(tape, at);
        features.onRow(tape, at, state);
      }
      late = feed.seenAt - exchange[row]!;
      clock = Math.max(clock, exchange[end - 1]!);
      features.onMessageEnd(clock as Nanos);
    }
    clock = Math.max(clock, times[k]! - late);
    features.onMessageEnd(clock as Nanos);
    builder.writeBest(k, state);
    builder.writeFeatures(k, state, features);
  }
  return builder.finish();
}
