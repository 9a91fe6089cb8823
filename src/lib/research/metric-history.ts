/** The points of a run that went back to a checkpoint: what was told after it is told again, and counts once. */
import type { MetricRow } from './types.ts';

/** Adds rows in place; those already there that lie at or past a new row's steps are dropped. */
export function continueHistory(history: MetricRow[], rows: readonly MetricRow[]): void {
  for (const row of rows) {
    const steps = row['environment_steps'] ?? Number.POSITIVE_INFINITY;
    while (history.length > 0 && (history[history.length - 1]?.['environment_steps'] ?? 0) >= steps) history.pop();
    history.push(row);
  }
}
