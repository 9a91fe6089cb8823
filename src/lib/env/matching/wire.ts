/**
 * One direction of a connection: what was sent arrives in the order in which it was sent, each at its own time; what
 * was sent later never overtakes. Knows nothing of what it carries. Records are reused: nothing is allocated once the
 * ring has grown to its working size.
 */
import type { Nanos } from '../../core/units.ts';

export interface Carried {
  /** When it arrives. */
  due: Nanos;
}

export class Wire<Message extends Carried> {
  readonly #make: () => Message;
  #ring: Message[];
  #first = 0;
  #count = 0;
  #last: Nanos = 0 as Nanos;
  /** When the next one to be sent is due: set before `send`, for a time that is handed over would be an object. */
  due: Nanos = 0 as Nanos;
  /** When the first one arrives; Infinity when none is on its way. Read-only to others. */
  earliest = Infinity;

  constructor(make: () => Message) {
    this.#make = make;
    this.#ring = Array.from({ length: 16 }, make);
  }

  /** Whether the first one arrives by then. */
  hasBy(time: number): boolean {
    return this.#count > 0 && this.earliest <= time;
  }

  clear(): void {
    this.#first = 0;
    this.#count = 0;
    this.#last = 0 as Nanos;
    this.earliest = Infinity;
  }

  /** A record to write the message into, which arrives at `due` or when what was sent before it does, if that is later. */
  send(): Message {
    if (this.#count === this.#ring.length) this.#grow();
    const message = this.#ring[(this.#first + this.#count) & (this.#ring.length - 1)]!;
    if (this.due > this.#last) this.#last = this.due;
    message.due = this.#last;
    if (this.#count++ === 0) this.earliest = message.due;
    return message;
  }

  /** The first one, taken off: to be read before anything else is sent. At least one is there. */
  take(): Message {
    const message = this.#ring[this.#first]!;
    this.#first = (this.#first + 1) & (this.#ring.length - 1);
    this.earliest = --this.#count === 0 ? Infinity : this.#ring[this.#first]!.due;
    return message;
  }

  #grow(): void {
    const { length } = this.#ring;
    const made = Array.from({ length }, this.#make);
    this.#ring = [...this.#ring.slice(this.#first), ...this.#ring.slice(0, this.#first), ...made];
    this.#first = 0;
  }
}
