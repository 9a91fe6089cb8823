/** Times between frames of a page while something is done at each, for goals in milliseconds a frame. */
import type { Page } from 'playwright';

/**
 * @param each a function's text, run in the page at every frame
 * @returns milliseconds, shortest first
 */
export async function frameTimes(page: Page, millis: number, each = '() => undefined'): Promise<readonly number[]> {
  const times = await page.evaluate(
    async ({ span, work }) => {
      // eslint-disable-next-line @typescript-eslint/no-implied-eval -- our own text, handed over by the benchmark
      const act = new Function(`(${work})()`) as () => void;
      const found: number[] = [];
      const start = performance.now();
      let before = start;
      while (before - start < span) {
        act();
        const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        if (now - start > 300) found.push(now - before);
        before = now;
      }
      return found;
    },
    { span: millis, work: each }
  );
  return times.sort((a, b) => a - b);
}

export const atShare = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
