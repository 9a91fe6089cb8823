/**
 * Work of many small pictures, one after the other, the topmost that waits first: what is in sight fills from the top,
 * and forty tapes at once fill no memory. Pure but for the timer of `idle`.
 */

interface Waiting {
  readonly rank: number;
  readonly run: () => Promise<void>;
}

/** Cards come into sight over some frames: so long without a new one nothing more is coming. */
const QUIET_MILLIS = 300;

export class WorkQueue {
  readonly #waiting: Waiting[] = [];
  #busy = false;
  #asked = 0;

  /**
   * @param rank place on the page; of those that wait the smallest goes first, of equals the one asked first
   * @returns what `work` gives; one that fails holds up none of the others
   */
  async do<T>(rank: number, work: () => Promise<T>): Promise<T> {
    this.#asked++;
    return await new Promise<T>((resolve, reject) => {
      this.#waiting.push({ rank, run: () => work().then(resolve, reject) });
      // Not at once: whoever asks in the same breath has a place to be chosen by.
      queueMicrotask(() => void this.#go());
    });
  }

  /** Resolves once nothing waits and nothing has been asked for a while. */
  async idle(): Promise<void> {
    for (let before = -1; this.#busy || this.#waiting.length > 0 || before !== this.#asked;) {
      before = this.#asked;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MILLIS));
    }
  }

  async #go(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#take(); next !== undefined; next = this.#take()) await next.run();
    this.#busy = false;
  }

  #take(): Waiting | undefined {
    let first = 0;
    this.#waiting.forEach((one, at) => {
      if (one.rank < this.#waiting[first]!.rank) first = at;
    });
    return this.#waiting.splice(first, 1)[0];
  }
}
