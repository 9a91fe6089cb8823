/** The points of a run that went back to a checkpoint: what was told after it is told again, and counts once. */
import type { MetricRow } from './types.ts';

/** Adds rows in place; those already there that come after a new row, or tell of the same moment, are dropped. */
export function continueHistory(history: MetricRow[], rows: readonly MetricRow[]): void {
  for (const row of rows) {
    let last = history.at(-1);
    while (last !== undefined && !comesBefore(last, row)) {
      history.pop();
      last = history.at(-1);
    }
    history.push(row);
  }
}

/** Either count alone can stand still: steps while a rollout is learnt from, updates while the next one is played. */
function comesBefore(one: MetricRow, other: MetricRow): boolean {
  const [steps, stepsThen] = [one['environment_steps'] ?? 0, other['environment_steps'] ?? Number.POSITIVE_INFINITY];
  const [updates, updatesThen] = [one['updates'] ?? 0, other['updates'] ?? 0];
  return steps <= stepsThen && updates <= updatesThen && (steps < stepsThen || updates < updatesThen);
}
