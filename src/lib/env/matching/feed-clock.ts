/**
 * When we see a message of the tape: its recorded time of reception, later by what a latency model adds, and never
 * before the message ahead of it. Drawn once a message, from a stream of its own.
 */
import type { Random } from '../../core/random.ts';
import type { Nanos } from '../../core/units.ts';
import type { LatencyModel } from './latency.ts';

export class FeedClock {
  readonly #latency: LatencyModel;
  readonly #random: Random;
  #message = -1;
  #seenAt = 0;

  constructor(latency: LatencyModel, random: Random) {
    this.#latency = latency;
    this.#random = random;
  }

  clear(): void {
    this.#message = -1;
    this.#seenAt = 0;
  }

  /** @param message asked for in rising order, the same one as often as it takes */
  seenAt(message: number, received: number): Nanos {
    if (message !== this.#message) {
      this.#message = message;
      const at = received + this.#latency('feed', this.#random);
      if (at > this.#seenAt) this.#seenAt = at;
    }
    return this.#seenAt as Nanos;
  }
}
