/** A query's result as text: cells of a table, and CSV as RFC 4180 has it. Pure. */
import type { ColumnType, ResultColumns } from '$lib/data/arrow-columns.ts';

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

export function toCsv(result: ResultColumns): string {
  const lines = [result.columns.map((column) => csvCell(column.name, 'text')).join(',')];
  for (let row = 0; row < result.rows; row++) {
    lines.push(result.columns.map((column, index) => csvCell(result.values[index]?.[row], column.type)).join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}
