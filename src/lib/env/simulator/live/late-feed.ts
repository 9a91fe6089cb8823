/**
 * A market's feed as an agent is told of it: every message later than it is published, by what a latency model draws
 * for it, and never before the message ahead of it. With a feed that always takes L, what is told at t is the market as
 * it was published at t - L. What is on its way stands in columns that grow by doubling and are used again.
 */
import type { Random } from '../../../core/random.ts';
import type { Nanos } from '../../../core/units.ts';
import { NANOS_PER_MILLI } from '../../../core/units.ts';
import type { RowKind } from '../../../market/tape.ts';
import type { LatencyModel } from '../../matching/latency.ts';
import type { RowSink } from '../publisher.ts';
import type { LiveFeed } from './live-feed.ts';

const FIRST_MESSAGES = 64;
const FIRST_ROWS = 1024;

export class LateFeed implements RowSink {
  /** The market as it has been told of. */
  readonly seen: LiveFeed;
  /** Nothing is told after this moment; the caller sets it before `tell`. */
  now = 0 as Nanos;
  readonly #latency: LatencyModel;
  readonly #random: Random;
  /** By message: when it was published, milliseconds; when it is told, nanoseconds; its first row. */
  #published = new Float64Array(FIRST_MESSAGES);
  #toldAt = new Float64Array(FIRST_MESSAGES);
  #firstRow = new Uint32Array(FIRST_MESSAGES);
  #messages = 0;
  #kind = new Uint8Array(FIRST_ROWS);
  #slot = new Uint8Array(FIRST_ROWS);
  #tick = new Int32Array(FIRST_ROWS);
  #lots = new Float64Array(FIRST_ROWS);
  #rows = 0;
  /** Messages told of those in the columns. */
  #told = 0;
  /** When the message that came last is told; how late the one told last was; the clock of what is seen. */
  #last = 0;
  #late = 0;
  #clock = 0;

  /** @param random a stream of its own, which the owner may restart */
  constructor(seen: LiveFeed, latency: LatencyModel, random: Random) {
    this.seen = seen;
    this.#latency = latency;
    this.#random = random;
  }

  /** Starts over, with nothing published. */
  begin(startEpochNanos: bigint): void {
    this.seen.begin(startEpochNanos);
    this.#messages = 0;
    this.#rows = 0;
    this.#told = 0;
    this.#last = 0;
    this.#late = 0;
    this.#clock = 0;
    this.now = 0 as Nanos;
  }

  message(millis: number): void {
    if (this.#messages === this.#published.length) this.#makeRoom();
    const at = this.#messages++;
    const told = millis * NANOS_PER_MILLI + this.#latency('feed', this.#random);
    if (told > this.#last) this.#last = told;
    this.#published[at] = millis;
    this.#toldAt[at] = this.#last;
    this.#firstRow[at] = this.#rows;
  }

  row(kind: RowKind, slot: number, tick: number, lots: number): void {
    if (this.#rows === this.#kind.length) this.#widenRows();
    const at = this.#rows++;
    this.#kind[at] = kind;
    this.#slot[at] = slot;
    this.#tick[at] = tick;
    this.#lots[at] = lots;
  }

  /** Tells all that is due by `now`; features are then those of the moment that is told of. */
  tell(): void {
    const { seen, now } = this;
    for (; this.#told < this.#messages && this.#toldAt[this.#told]! <= now; this.#told++) {
      const at = this.#told;
      const end = at + 1 < this.#messages ? this.#firstRow[at + 1]! : this.#rows;
      seen.message(this.#published[at]!);
      for (let row = this.#firstRow[at]!; row < end; row++) {
        seen.row(this.#kind[row]! as RowKind, this.#slot[row]!, this.#tick[row]!, this.#lots[row]!);
      }
      this.#late = this.#toldAt[at]! - this.#published[at]! * NANOS_PER_MILLI;
      this.#clock = this.#published[at]! * NANOS_PER_MILLI;
    }
    this.#clock = Math.max(this.#clock, now - this.#late);
    seen.now = this.#clock as Nanos;
    seen.passTime();
    if (this.#told === this.#messages) this.#forget();
  }

  /** What was told is not kept: its room is used again. */
  #forget(): void {
    this.#messages = 0;
    this.#rows = 0;
    this.#told = 0;
  }

  /** Moves what is still to be told to the front, into wider columns where that is not enough. */
  #makeRoom(): void {
    const told = this.#told;
    const first = told < this.#messages ? this.#firstRow[told]! : this.#rows;
    if (2 * told < this.#messages) {
      this.#published = wider(this.#published);
      this.#toldAt = wider(this.#toldAt);
      this.#firstRow = wider(this.#firstRow);
    }
    this.#published.copyWithin(0, told, this.#messages);
    this.#toldAt.copyWithin(0, told, this.#messages);
    this.#firstRow.copyWithin(0, told, this.#messages);
    this.#messages -= told;
    this.#told = 0;
    for (let at = 0; at < this.#messages; at++) this.#firstRow[at]! -= first;
    this.#kind.copyWithin(0, first, this.#rows);
    this.#slot.copyWithin(0, first, this.#rows);
    this.#tick.copyWithin(0, first, this.#rows);
    this.#lots.copyWithin(0, first, this.#rows);
    this.#rows -= first;
  }

  #widenRows(): void {
    this.#kind = wider(this.#kind);
    this.#slot = wider(this.#slot);
    this.#tick = wider(this.#tick);
    this.#lots = wider(this.#lots);
  }
}

/** What is published goes to both: the market as it is, and what is on its way to the agent. */
export const toBoth = (first: RowSink, second: RowSink): RowSink => ({
  message: (millis) => {
    first.message(millis);
    second.message(millis);
  },
  row: (kind, slot, tick, lots) => {
    first.row(kind, slot, tick, lots);
    second.row(kind, slot, tick, lots);
  }
});

function wider<T extends Uint8Array | Int32Array | Uint32Array | Float64Array>(column: T): T {
  const grown = new (column.constructor as new (length: number) => T)(2 * column.length);
  grown.set(column);
  return grown;
}
