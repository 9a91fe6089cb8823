/** Metric rows as columns, grown row by row: what charts draw without going through every row again. Pure. */
import { thinned } from '../charts/series.ts';
import type { Points } from '../charts/series.ts';
import type { MetricRow } from '$lib/research/types.ts';

interface Column {
  readonly x: number[];
  readonly y: number[];
}

const EMPTY: Points = { x: new Float64Array(0), y: new Float64Array(0) };

export class MetricTable {
  #columns = new Map<string, Column>();
  #rows = 0;
  #newest = -Infinity;
  #last: MetricRow | undefined;

  get rows(): number {
    return this.#rows;
  }

  /** The newest row. */
  get last(): MetricRow | undefined {
    return this.#last;
  }

  /** Takes the rows not seen yet. A shorter list (a run resumed from an earlier checkpoint) starts afresh. */
  follow(rows: readonly MetricRow[]): void {
    if (rows.length < this.#rows) {
      this.#columns = new Map();
      this.#rows = 0;
      this.#newest = -Infinity;
    }
    for (let i = this.#rows; i < rows.length; i++) {
      const row = rows[i];
      if (row !== undefined) this.#append(row);
    }
    this.#rows = rows.length;
    this.#last = rows.at(-1);
  }

  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /** Points of a column over updates, thinned to about `limit`. */
  points(name: string, limit = 600): Points {
    const column = this.#columns.get(name);
    return column === undefined ? EMPTY : thinned(column.x, column.y, limit);
  }

  /** Several columns on the x of the first; NaN where a column has no value there. */
  aligned(names: readonly string[], limit = 600): { readonly x: Float64Array; readonly ys: readonly Float64Array[] } {
    const first = this.#columns.get(names[0] ?? '');
    if (first === undefined) return { x: EMPTY.x, ys: names.map(() => EMPTY.y) };
    const ys = names.map((name) => {
      const column = this.#columns.get(name);
      if (column === undefined) return new Float64Array(first.x.length).fill(Number.NaN);
      const at = new Map(column.x.map((x, i) => [x, column.y[i] ?? Number.NaN]));
      return Float64Array.from(first.x, (x) => at.get(x) ?? Number.NaN);
    });
    const x = thinned(first.x, first.y, limit).x;
    return { x, ys: ys.map((y) => thinned(first.x, y, limit).y) };
  }

  /** Names of columns that begin so: `reward.`. */
  names(prefix: string): string[] {
    return [...this.#columns.keys()].filter((name) => name.startsWith(prefix));
  }

  /** Mean of a column's last `count` values. */
  recentMean(name: string, count: number): number {
    const recent = this.#columns.get(name)?.y.slice(-count) ?? [];
    return recent.length === 0 ? Number.NaN : recent.reduce((sum, value) => sum + value, 0) / recent.length;
  }

  /**
   * How fast a run's count (`updates`, `environment_steps`) has grown over about the last `seconds` of training; NaN
   * before two points. Counts over time, not a mean of rates: a rollout is played in one spell and learnt from in another.
   */
  recentRate(name: string, seconds = 10): number {
    const clock = this.#columns.get('wall_seconds');
    const counts = name === 'updates' ? clock?.x : this.#columns.get(name)?.y;
    const end = (clock?.y.length ?? 0) - 1;
    if (clock === undefined || counts?.length !== clock.y.length || end < 1) return Number.NaN;
    const now = clock.y[end] ?? Number.NaN;
    let from = end - 1;
    while (from > 0 && now - (clock.y[from] ?? now) < seconds) from--;
    const elapsed = now - (clock.y[from] ?? now);
    return elapsed > 0 ? ((counts[end] ?? 0) - (counts[from] ?? 0)) / elapsed : Number.NaN;
  }

  /** A resumed run goes on from its checkpoint: what came after it is lived again. */
  #goBack(updates: number): void {
    for (const { x, y } of this.#columns.values()) {
      while ((x.at(-1) ?? -Infinity) >= updates) {
        x.pop();
        y.pop();
      }
    }
  }

  #append(row: MetricRow): void {
    const updates = row['updates'] ?? 0;
    if (updates < this.#newest) this.#goBack(updates);
    this.#newest = updates;
    for (const [name, value] of Object.entries(row)) {
      if (name === 'updates' || !Number.isFinite(value)) continue;
      let column = this.#columns.get(name);
      if (column === undefined) {
        column = { x: [], y: [] };
        this.#columns.set(name, column);
      }
      // The warm-up before the first update reports at 0 again and again: the newest counts.
      if (column.x.at(-1) === updates) {
        column.y[column.y.length - 1] = value;
      } else {
        column.x.push(updates);
        column.y.push(value);
      }
    }
  }
}
