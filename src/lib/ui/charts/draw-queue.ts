/**
 * Drawing spread over frames: each frame draws what fits a small budget and leaves the rest to the next, so that nine
 * charts that change at once never make one long task. Asking again before a turn came replaces what was asked.
 */

const BUDGET_MILLIS = 6;

export class DrawQueue {
  readonly #waiting = new Map<object, () => void>();
  #asked = false;
  readonly #nextFrame: (callback: () => void) => void;
  readonly #now: () => number;

  constructor(
    nextFrame: (callback: () => void) => void = (callback) => requestAnimationFrame(callback),
    now: () => number = () => performance.now()
  ) {
    this.#nextFrame = nextFrame;
    this.#now = now;
  }

  ask(owner: object, draw: () => void): void {
    this.#waiting.set(owner, draw);
    this.#schedule();
  }

  forget(owner: object): void {
    this.#waiting.delete(owner);
  }

  #schedule(): void {
    if (this.#asked || this.#waiting.size === 0) return;
    this.#asked = true;
    this.#nextFrame(() => {
      this.#asked = false;
      const until = this.#now() + BUDGET_MILLIS;
      for (const [owner, draw] of this.#waiting) {
        this.#waiting.delete(owner);
        draw();
        if (this.#now() >= until) break;
      }
      this.#schedule();
    });
  }
}
