/**
 * When we see a message of the tape: its recorded time of reception, later by what a latency model adds, and never
 * before the message ahead of it. Drawn once a message, from a stream of its own.
 */
import type { Random } from '../../core/random.ts';
import type { Tape } from '../../market/tape.ts';
import type { LatencyModel } from './latency.ts';

export class FeedClock {
  /** When the message that was last asked for is seen. Read-only to others: a time handed back would be an object. */
  seenAt = 0;
  readonly #received: Float64Array;
  readonly #latency: LatencyModel;
  readonly #random: Random;
  #message = -1;

  constructor(tape: Pick<Tape, 'received'>, latency: LatencyModel, random: Random) {
    this.#received = tape.received;
    this.#latency = latency;
    this.#random = random;
  }

  clear(): void {
    this.#message = -1;
    this.seenAt = 0;
  }

  /**
   * Sets `seenAt` for a message.
   * @param message asked for in rising order, the same one as often as it takes
   * @param row its first
   */
  look(message: number, row: number): void {
    if (message === this.#message) return;
    this.#message = message;
    const at = this.#received[row]! + this.#latency('feed', this.#random);
    if (at > this.seenAt) this.seenAt = at;
  }
}
