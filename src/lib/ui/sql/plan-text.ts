/** DuckDB's answer to EXPLAIN as one text: rows of a key and a drawing in lines. Pure. */
import type { ResultView } from '$lib/data/arrow-columns.ts';

export function planText(result: ResultView): string {
  const column = result.columns.findIndex(({ name }) => name === 'explain_value');
  const at = column < 0 ? result.columns.length - 1 : column;
  const lines = Array.from({ length: result.rows }, (_, row) => {
    const value = result.value(at, row);
    return typeof value === 'string' ? value : '';
  });
  return lines.join('\n').trimEnd();
}
