/** The browser's clock, for workers that hand it down. */
import type { Clock } from '../core/time.ts';

export const browserClock: Clock = {
  epochMillis: () => Date.now(),
  monotonicMillis: () => performance.now()
};
