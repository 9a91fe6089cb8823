/**
 * How many bytes of heap a step takes. A program cannot see its own heap everywhere, so who calls hands in how: Node by
 * `process.memoryUsage` and `--expose-gc`. Knows nothing of environments.
 */

export interface HeapMeter {
  /** Collects everything that is not reachable, before it returns. */
  collect(): void;
  /** Bytes in use, what is not reachable any more included. */
  used(): number;
}

export interface HeapGrowth {
  readonly heap: HeapMeter;
  readonly step: () => void;
  /** Steps before the first look, so that everything is compiled. */
  readonly warmSteps: number;
  /** Steps of a span; few enough that what they allocate fits into the young generation, or it is collected unseen. */
  readonly steps: number;
  /** Default 5. */
  readonly spans?: number;
}

/**
 * Median over spans of the bytes that were allocated, a step: garbage counts as much as what is kept, for nothing is
 * collected within a span unless the young generation overflows. The median, since a compiler or a collector at work in
 * the background moves single spans up or down.
 */
export function heapGrowth({ heap, step, warmSteps, steps, spans = 5 }: HeapGrowth): number {
  for (let k = 0; k < warmSteps; k++) step();
  const growth = new Float64Array(spans);
  for (let span = 0; span < spans; span++) {
    heap.collect();
    const before = heap.used();
    for (let k = 0; k < steps; k++) step();
    growth[span] = (heap.used() - before) / steps;
  }
  return growth.sort()[spans >> 1]!;
}
