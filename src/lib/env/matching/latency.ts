/**
 * How long a request takes to reach the venue, the venue's answer to reach us, and its market data on top of what was
 * recorded. A draw is given its stream; no clock is read.
 */
import { AppError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { Nanos } from '../../core/units.ts';
import { millis } from '../../core/units.ts';

/** What is sent to the venue. */
export type RequestKind = 'place' | 'cancel' | 'replace';
/** All that travels: requests, the venue's answers to them, and its market data beyond the recorded delay. */
export type LatencyKind = RequestKind | 'response' | 'feed';

const LATENCY_KINDS: readonly LatencyKind[] = ['place', 'cancel', 'replace', 'response', 'feed'];

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

/** @throws AppError where one is no time: negative, infinite or not a number */
export function constantLatency(latencyMillis: LatencyMillis): LatencyModel {
  mustBeTimes(latencyMillis);
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
 * @throws AppError where a median is no time or the spread no deviation: negative, infinite or not a number
 */
export function logNormalLatency(medianMillis: LatencyMillis, spread: number): LatencyModel {
  mustBeTimes(medianMillis);
  if (!isAmount(spread)) {
    throw new AppError('config.invalid', {
      subject: 'spread of the latency',
      expected: 'a standard deviation, 0 or more',
      got: String(spread),
      remedy: 'give 0 for a latency that is always the same'
    });
  }
  return (kind, random) => {
    const median = medianMillis[kind] ?? 0;
    // Drawn into the stream and one way out: a fraction that a call hands back is made an object, at every request.
    let factor = 1;
    if (median !== 0) {
      random.drawNormal();
      factor = Math.exp(spread * random.drawn);
    }
    return millis(median * factor);
  };
}

/** Recorded latencies in milliseconds, in any order; what is absent takes no time. */
export type LatencySamples = Readonly<Record<RequestKind, readonly number[]>> &
  Partial<Readonly<Record<LatencyKind, readonly number[]>>>;

/**
 * Draws from recorded samples, each as likely as any other: the empirical distribution, whatever its shape. Kinds are
 * drawn independently of each other and of the draw before.
 * @throws AppError where a kind that is given has no sample, or one that is no time
 */
export function recordedLatency(samples: LatencySamples): LatencyModel {
  const drawn = new Map<LatencyKind, Float64Array>();
  for (const kind of LATENCY_KINDS) {
    const recorded = samples[kind];
    if (recorded !== undefined) drawn.set(kind, nanosOf(kind, recorded));
  }
  return (kind, random) => {
    const nanos = drawn.get(kind);
    if (nanos === undefined) return 0 as Nanos;
    random.drawUniform();
    return nanos[Math.floor(random.drawn * nanos.length)]! as Nanos;
  };
}

function nanosOf(kind: LatencyKind, samples: readonly number[]): Float64Array {
  const remedy = 'record latencies of this kind, or leave the kind out';
  const subject = `latency of ${kind}`;
  if (samples.length === 0) throw new AppError('data.empty', { subject, got: 'no sample was given', remedy });
  return Float64Array.from(samples, (sample) => {
    if (isAmount(sample)) return millis(sample);
    throw new AppError('data.corrupt', { subject, expected: 'milliseconds, 0 or more', got: String(sample), remedy });
  });
}

const isAmount = (value: number): boolean => value >= 0 && value < Infinity;

function mustBeTimes(latencyMillis: LatencyMillis): void {
  for (const kind of LATENCY_KINDS) {
    const value = latencyMillis[kind];
    if (value === undefined || isAmount(value)) continue;
    throw new AppError('config.invalid', {
      subject: `latency of ${kind}`,
      expected: 'milliseconds, 0 or more',
      got: String(value),
      remedy: 'give 0 for what takes no time'
    });
  }
}
