/** A query's result as text: cells of a table, and CSV as RFC 4180 has it. Pure. */
import type { ColumnType, ResultView } from '$lib/data/arrow-columns.ts';

/** Below this, and beyond that, powers of ten are easier to read than zeros. */
const SMALLEST = 1e-6;
const LARGEST = 1e15;
const DIGITS = 7;
const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 100 });
/** Formats by how many decimals they show; one is made when it is first needed. */
const figures = new Map<number, Intl.NumberFormat>();

/** Six decimals, and for what is small as many as show seven digits. */
function figure(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (Number.isSafeInteger(value)) return whole.format(value);
  if (!Number.isFinite(value)) return String(value);
  if (size < SMALLEST || size >= LARGEST) return String(Number(value.toExponential(DIGITS - 1)));
  const decimals = Math.max(6, DIGITS - 1 - Math.floor(Math.log10(size)));
  let format = figures.get(decimals);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-GB', { maximumFractionDigits: decimals });
    figures.set(decimals, format);
  }
  return format.format(value);
}

/** A moment that no calendar of the browser reaches (DuckDB has `infinity`) stays a number. */
const dateText = (millis: number): string | undefined =>
  Math.abs(millis) <= 8.64e15 ? new Date(millis).toISOString() : undefined;

/** @param value as `ResultView.value` gives it */
export function cellText(value: unknown, type: ColumnType): string {
  if (value === undefined) return '';
  if (typeof value === 'number') {
    return type === 'date'
      ? (dateText(value)
          ?.replace('T', ' ')
          .replace(/(\.000)?Z$/, '') ?? String(value))
      : figure(value);
  }
  if (typeof value !== 'string') return JSON.stringify(value);
  return type === 'number' ? exact.format(value as Intl.StringNumericLiteral) : value;
}

const FEWEST_CHARACTERS = 5;
const MOST_CHARACTERS = 52;
const ROWS_MEASURED = 400;

/**
 * Characters that each column is made wide for, of rows from all over the result, its last among them: a table whose
 * columns do not wait for what comes into sight keeps them still, and is laid out at once.
 */
export function columnCharacters(result: ResultView): readonly number[] {
  const every = Math.max(1, Math.floor(result.rows / ROWS_MEASURED));
  return result.columns.map(({ name, type }, column) => {
    let most = Math.max(FEWEST_CHARACTERS, name.length);
    const measure = (row: number): void => {
      most = Math.max(most, cellText(result.value(column, row), type).length);
    };
    for (let row = 0; row < result.rows; row += every) measure(row);
    if (result.rows > 0) measure(result.rows - 1);
    return Math.min(MOST_CHARACTERS, most);
  });
}

function csvCell(value: unknown, type: ColumnType): string {
  if (value === undefined) return '';
  const text =
    type === 'date' && typeof value === 'number'
      ? (dateText(value) ?? String(value))
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
