/** A query's result as text: cells of a table, and CSV as RFC 4180 has it. Pure. */
import type { ColumnType, ResultView } from '$lib/data/arrow-columns.ts';

const figure = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 6 });

export function cellText(value: unknown, type: ColumnType): string {
  if (value === undefined) return '';
  if (typeof value === 'number') {
    return type === 'date'
      ? new Date(value)
          .toISOString()
          .replace('T', ' ')
          .replace(/(\.000)?Z$/, '')
      : figure.format(value);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function csvCell(value: unknown, type: ColumnType): string {
  if (value === undefined) return '';
  const text =
    type === 'date' && typeof value === 'number'
      ? new Date(value).toISOString()
      : typeof value === 'string'
        ? value
        : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const ROWS_AT_A_TIME = 20_000;

/** The file in parts, so that whoever writes a million rows can let the page draw in between. */
export function* csvParts(result: ResultView): Generator<string> {
  yield `${result.columns.map((column) => csvCell(column.name, 'text')).join(',')}\r\n`;
  for (let from = 0; from < result.rows; from += ROWS_AT_A_TIME) {
    let part = '';
    for (let row = from; row < Math.min(result.rows, from + ROWS_AT_A_TIME); row++) {
      part += `${result.columns.map((column, index) => csvCell(result.value(index, row), column.type)).join(',')}\r\n`;
    }
    yield part;
  }
}
