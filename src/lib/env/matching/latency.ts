/**
 * How long a request takes to reach the venue, the venue's answer to reach us, and its market data on top of what was
 * recorded. A draw is given its stream; no clock is read.
 */
import type { Random } from '../../core/random.ts';
import type { Nanos } from '../../core/units.ts';
import { millis } from '../../core/units.ts';

/** What is sent to the venue. */
export type RequestKind = 'place' | 'cancel' | 'replace';
/** All that travels: requests, the venue's answers to them, and its market data beyond the recorded delay. */
export type LatencyKind = RequestKind | 'response' | 'feed';

/** Nanoseconds on the way. */
export type LatencyModel = (kind: LatencyKind, random: Random) => Nanos;

/** What is absent takes no time. */
export interface LatencyMillis {
  readonly place: number;
  readonly cancel: number;
  readonly replace: number;
  readonly response?: number;
  readonly feed?: number;
}

export function constantLatency(latencyMillis: LatencyMillis): LatencyModel {
  const place = millis(latencyMillis.place);
  const cancel = millis(latencyMillis.cancel);
  const replace = millis(latencyMillis.replace);
  const response = millis(latencyMillis.response ?? 0);
  const feed = millis(latencyMillis.feed ?? 0);
  return (kind) => {
    switch (kind) {
      case 'place':
        return place;
      case 'cancel':
        return cancel;
      case 'replace':
        return replace;
      case 'response':
        return response;
      case 'feed':
        return feed;
    }
  };
}

/**
 * Log-normal around the given medians: `spread` is the standard deviation of the logarithm (0.5 puts nine draws of
 * ten between 0.44 and 2.3 times the median). Nothing is drawn for what takes no time.
 */
export function logNormalLatency(medianMillis: LatencyMillis, spread: number): LatencyModel {
  return (kind, random) => {
    const median = medianMillis[kind] ?? 0;
    return median === 0 ? (0 as Nanos) : millis(median * Math.exp(spread * random.normal()));
  };
}
