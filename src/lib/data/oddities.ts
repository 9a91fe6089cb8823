/** Counts what is odd in the data and keeps where each kind was first seen. Knows no format. */
import type { Oddity } from './records.ts';

/** Of a market that was being recorded while a line of its file could not be read: what was in it may be its own. */
export const LINE_LOST = 'line-lost';

export class OddityLog {
  readonly #found = new Map<string, { severity: Oddity['severity']; count: number; example: string }>();
  readonly #onOddity: ((oddity: Oddity) => void) | undefined;

  /** @param onOddity told of the first of each code, as it is found */
  constructor(onOddity?: (oddity: Oddity) => void) {
    this.#onOddity = onOddity;
  }

  add(severity: Oddity['severity'], code: string, example: string): void {
    const held = this.#found.get(code);
    if (held !== undefined) {
      held.count++;
      return;
    }
    this.#found.set(code, { severity, count: 1, example });
    this.#onOddity?.({ code, severity, count: 1, example });
  }

  list(): readonly Oddity[] {
    return [...this.#found].map(([code, { severity, count, example }]) => ({ code, severity, count, example }));
  }
}

/** Several logs as one: counts added, the first example kept. */
export function mergeOddities(lists: readonly (readonly Oddity[])[]): readonly Oddity[] {
  const merged = new Map<string, Oddity>();
  for (const oddity of lists.flat()) {
    const held = merged.get(oddity.code);
    merged.set(oddity.code, held === undefined ? oddity : { ...held, count: held.count + oddity.count });
  }
  return [...merged.values()];
}
