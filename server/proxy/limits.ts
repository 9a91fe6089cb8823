/** A token bucket a client and a venue: what a client may ask, and what a venue lets this machine ask. */
import type { Clock } from '../../src/lib/core/time.ts';

export interface BucketSize {
  /** Most tokens held. */
  readonly capacity: number;
  readonly perSecond: number;
}

export class TokenBuckets {
  readonly #size: BucketSize;
  readonly #clock: Clock;
  readonly #most: number;
  readonly #buckets = new Map<string, { tokens: number; atMillis: number }>();

  constructor(size: BucketSize, clock: Clock, mostKeys = 10_000) {
    this.#size = size;
    this.#clock = clock;
    this.#most = mostKeys;
  }

  /** Takes `cost` tokens of a key's bucket; gives 0, or the seconds to wait when there are too few (none are taken). */
  take(key: string, cost: number): number {
    const now = this.#clock.monotonicMillis();
    const held = this.#buckets.get(key);
    const earned = held === undefined ? 0 : ((now - held.atMillis) / 1000) * this.#size.perSecond;
    const tokens = Math.min(this.#size.capacity, (held?.tokens ?? this.#size.capacity) + earned);
    this.#buckets.delete(key);
    if (this.#buckets.size >= this.#most) {
      const oldest = this.#buckets.keys().next();
      if (oldest.done !== true) this.#buckets.delete(oldest.value);
    }
    const enough = tokens >= cost;
    this.#buckets.set(key, { tokens: enough ? tokens - cost : tokens, atMillis: now });
    return enough ? 0 : (cost - tokens) / this.#size.perSecond;
  }
}
