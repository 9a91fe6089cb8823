/**
 * exp(-t / tau). The last two are remembered: much of what is written of a runner has decayed since its last trade, or
 * since its price last changed.
 */
export class Decay {
  readonly tauSeconds: number;
  /** [0], [2] t; [1], [3] what it gave. Read-only to others. */
  readonly known = Float64Array.of(0, 1, 0, 1);
  /** Since when, and now. */
  readonly #asked = Float64Array.of(0, 0);
  #oldest = 0;

  constructor(tauSeconds: number) {
    this.tauSeconds = tauSeconds;
  }

  /** @param since seconds on the tape's clock, at or before `now` */
  at(since: number, now: number): number {
    this.#asked[0] = since;
    this.#asked[1] = now;
    return this.known[this.#place()]!;
  }

  /**
   * Where in `known` the answer stands, of `since[at]` by `now[0]`: for who asks at every message, as fractions that are
   * handed over or back may be objects made for the occasion.
   */
  placeOf(since: Float64Array, at: number, now: Float64Array): number {
    this.#asked[0] = since[at]!;
    this.#asked[1] = now[0]!;
    return this.#place();
  }

  #place(): number {
    const known = this.known;
    const passed = this.#asked[0]! - this.#asked[1]!;
    if (known[0] === passed) return 1;
    if (known[2] === passed) return 3;
    const oldest = this.#oldest;
    this.#oldest = 2 - oldest;
    known[oldest] = passed;
    known[oldest + 1] = Math.exp(passed / this.tauSeconds);
    return oldest + 1;
  }
}
