/**
 * exp(-t / tau). The last two are remembered: much of what is written of a runner has decayed since its last trade, or
 * since its price last changed.
 */
export class Decay {
  readonly tauSeconds: number;
  /** [0], [2] t; [1], [3] what it gave. */
  readonly #known = Float64Array.of(0, 1, 0, 1);
  #oldest = 0;

  constructor(tauSeconds: number) {
    this.tauSeconds = tauSeconds;
  }

  /** @param since seconds on the tape's clock, at or before `now` */
  at(since: number, now: number): number {
    const known = this.#known;
    const passed = since - now;
    if (known[0] === passed) return known[1]!;
    if (known[2] === passed) return known[3]!;
    const oldest = this.#oldest;
    this.#oldest = 2 - oldest;
    known[oldest] = passed;
    const left = Math.exp(passed / this.tauSeconds);
    known[oldest + 1] = left;
    return left;
  }
}
