/** Which columns of a result make a chart at one press, and how many points it gets. Pure. */
import type { ResultView } from '$lib/data/arrow-columns.ts';

export interface ChartChoice {
  readonly kind: 'line' | 'bar';
  readonly x: number;
  readonly y: number;
}

/** More bars than this cannot be told apart, more points than that only cost time. */
export const MAX_BARS = 40;
export const MAX_POINTS = 4000;

/** The first figure against time, else against another figure, else against the words that
 * tell rows apart best; none without a figure. */
export function defaultChart(result: ResultView): ChartChoice | undefined {
  const all = result.columns.map((column, index) => ({ type: column.type, index }));
  const numbers = all.filter((column) => column.type === 'number');
  const time = all.find((column) => column.type === 'date');
  const words = all
    .filter((column) => column.type === 'text' || column.type === 'boolean')
    .map((column) => ({ ...column, distinct: distinct(result, column.index) }))
    .sort((a, b) => b.distinct - a.distinct)[0];
  const [first, second] = numbers;
  if (first === undefined || result.rows === 0) return undefined;
  if (time !== undefined) return { kind: 'line', x: time.index, y: first.index };
  if (words !== undefined) return { kind: 'bar', x: words.index, y: first.index };
  if (second !== undefined) {
    return { kind: result.rows <= MAX_BARS ? 'bar' : 'line', x: first.index, y: second.index };
  }
  return undefined;
}

/** Of the first rows: enough to tell a name from a label that repeats. */
function distinct(result: ResultView, column: number): number {
  const seen = new Set<unknown>();
  for (let row = 0; row < Math.min(result.rows, MAX_POINTS); row++) seen.add(result.value(column, row));
  return seen.size;
}

/** Evenly chosen rows, so that a long result still draws at once. */
export function chartRows(result: ResultView, choice: ChartChoice): readonly { x: unknown; y: unknown }[] {
  const limit = choice.kind === 'bar' ? MAX_BARS : MAX_POINTS;
  const every = choice.kind === 'bar' ? 1 : Math.max(1, Math.ceil(result.rows / limit));
  const at = (column: number, row: number): unknown => {
    const value = result.value(column, row);
    const type = result.columns[column]?.type;
    if (type === 'date' && typeof value === 'number') return new Date(value);
    /* A figure with more digits than a double has comes as text. */
    return type === 'number' && typeof value === 'string' ? Number(value) : value;
  };
  const rows: { x: unknown; y: unknown }[] = [];
  for (let row = 0; row < result.rows && rows.length < limit; row += every) {
    rows.push({ x: at(choice.x, row), y: at(choice.y, row) });
  }
  return rows;
}
