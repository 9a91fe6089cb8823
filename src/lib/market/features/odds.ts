/**
 * Where the runner stands: implied probability p = 1 / mid, its log odds ln(p / (1 - p)) / 4, and ln(mid) / ln(1000).
 * The mid is the geometric mean of best back and best lay; while a side is empty, the last traded price stands in.
 */
import { clamp } from './scale.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';

const LOG_1000 = Math.log(1000);

export class Odds implements RunnerFamily {
  readonly timeless = true;
  readonly names = ['implied_probability', 'log_odds', 'log_price'];
  readonly about = [
    { unit: 'probability', formula: 'p = 1 / mid, mid = sqrt(back x lay), else the last traded price' },
    { unit: '4 nats', formula: 'ln(p / (1 - p)) / 4, p kept within 0.001 and 0.999' },
    { unit: 'ln 1000', formula: 'ln(mid) / ln(1000)' }
  ];

  write(view: FeatureView, slot: number, into: Float32Array, at: number): void {
    const log = logPrice(view, slot);
    if (Number.isNaN(log)) {
      into.fill(0, at, at + 3);
      return;
    }
    const probability = Math.exp(-log);
    const kept = clamp(probability, 1e-3, 1 - 1e-3);
    into[at] = probability;
    into[at + 1] = Math.log(kept / (1 - kept)) / 4;
    into[at + 2] = log / LOG_1000;
  }
}

/** Logarithm of the mid, else of the last traded price, else NaN. */
export function logPrice({ state, quotes }: FeatureView, slot: number): number {
  const mid = quotes.logMid[slot]!;
  if (!Number.isNaN(mid)) return mid;
  const last = state.books[slot]!.lastTradedPrice;
  return last > 0 ? Math.log(last) : Number.NaN;
}
