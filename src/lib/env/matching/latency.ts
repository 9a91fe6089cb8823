/** How long a request takes to reach the book. A draw is given its stream; no clock is read. */
import type { Random } from '../../core/random.ts';
import type { Nanos } from '../../core/units.ts';
import { millis } from '../../core/units.ts';

export type RequestKind = 'place' | 'cancel' | 'replace';

/** Nanoseconds from the request to the book. */
export type LatencyModel = (kind: RequestKind, random: Random) => Nanos;

export interface LatencyMillis {
  readonly place: number;
  readonly cancel: number;
  readonly replace: number;
}

export function constantLatency(latencyMillis: LatencyMillis): LatencyModel {
  const place = millis(latencyMillis.place);
  const cancel = millis(latencyMillis.cancel);
  const replace = millis(latencyMillis.replace);
  return (kind) => (kind === 'place' ? place : kind === 'cancel' ? cancel : replace);
}

/**
 * Log-normal around the given medians: `spread` is the standard deviation of the logarithm (0.5 puts nine draws of
 * ten between 0.44 and 2.3 times the median).
 */
export function logNormalLatency(medianMillis: LatencyMillis, spread: number): LatencyModel {
  return (kind, random) => millis(medianMillis[kind] * Math.exp(spread * random.normal()));
}
