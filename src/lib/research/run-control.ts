/** Pausing, resuming and stopping a loop from outside it. The loop asks between its steps; nothing is interrupted. */

export class RunControl {
  #paused = false;
  #stopping = false;
  #wake: (() => void) | undefined;

  get stopping(): boolean {
    return this.#stopping;
  }

  get paused(): boolean {
    return this.#paused && !this.#stopping;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  /** Also ends a pause. Final: a stopped run is started again, not resumed. */
  stop(): void {
    this.#stopping = true;
    this.#wake?.();
  }

  /** Resolves when not paused. */
  async untilAwake(): Promise<void> {
    while (this.paused) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
