/**
 * Best prices by position (`batb`, `bdatb`, ...) as absolute sizes by tick, for streams that carry no full depth. A
 * position is overwritten in place, so one change may empty a tick and fill another. Knows nothing of markets.
 */

interface DisplayLevel {
  tick: number;
  lots: number;
}

export class DisplayLadder {
  readonly #positions: (DisplayLevel | undefined)[] = [];
  #shown = new Map<number, number>();

  /** Size 0 empties the position. */
  set(position: number, tick: number, lots: number): void {
    this.#positions[position] = lots > 0 ? { tick, lots } : undefined;
  }

  /** Calls `emit` for every tick whose size changed since the last call; 0 removes. */
  flush(emit: (tick: number, lots: number) => void): void {
    const now = new Map<number, number>();
    for (const level of this.#positions) if (level !== undefined) now.set(level.tick, level.lots);
    for (const tick of this.#shown.keys()) if (!now.has(tick)) emit(tick, 0);
    for (const [tick, lots] of now) if (this.#shown.get(tick) !== lots) emit(tick, lots);
    this.#shown = now;
  }

  /** Nothing is shown any more; the caller clears the book itself or flushes. */
  clear(): void {
    this.#positions.length = 0;
  }

  /** The book was cleared by a row of its own. */
  forget(): void {
    this.clear();
    this.#shown.clear();
  }
}
