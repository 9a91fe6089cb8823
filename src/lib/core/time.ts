/** Clocks are handed in: a run on a recorded or a virtual clock repeats exactly. */

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  epochMillis(): number;
  /** Milliseconds from an arbitrary start, never going back; for durations. */
  monotonicMillis(): number;
}

/** A clock that moves only when told to; for tests and replays. */
export class ManualClock implements Clock {
  #millis: number;
  constructor(startMillis = 0) {
    this.#millis = startMillis;
  }
  advance(millis: number): void {
    this.#millis += millis;
  }
  epochMillis(): number {
    return this.#millis;
  }
  monotonicMillis(): number {
    return this.#millis;
  }
}
