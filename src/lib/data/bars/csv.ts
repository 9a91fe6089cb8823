/**
 * Tables out of text by Papa Parse, which knows quotes, delimiters and line ends; located by line. What cells mean it
 * does not know.
 */
import Papa from 'papaparse';
import type { Delimiter, TableSample } from './table-reading.ts';
import { DELIMITERS } from './table-reading.ts';

/** Rows looked at to guess, and shown. */
const SAMPLE_ROWS = 24;
/** So many columns of one width make a table of candles: a time and four prices. */
const FEWEST_COLUMNS = 5;

/**
 * @param head the beginning of a file; its last line may be cut off
 * @returns undefined where the text is no table of five columns or more
 */
export function sampleCsv(head: string, whole: boolean, given?: Delimiter): TableSample | undefined {
  const text = head.replace(/^\uFEFF/u, '');
  if (isBinary(text)) return undefined;
  const { data, meta } = Papa.parse<string[]>(text, {
    preview: SAMPLE_ROWS + 1,
    skipEmptyLines: 'greedy',
    ...(given === undefined ? { delimitersToGuess: [...DELIMITERS] } : { delimiter: given })
  });
  const delimiter = DELIMITERS.find((one) => one === meta.delimiter);
  const rows = whole || data.length > SAMPLE_ROWS ? data.slice(0, SAMPLE_ROWS) : data.slice(0, -1);
  const columns = rows[0]?.length ?? 0;
  if (delimiter === undefined || rows.length < 2 || (given === undefined && columns < FEWEST_COLUMNS)) return undefined;
  return { rows, delimiter };
}

/** A table of text holds no control characters but tabs and line ends. */
function isBinary(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 32 && code !== 9 && code !== 10 && code !== 13) return true;
  }
  return false;
}

/**
 * Every row in turn with the line it begins on, counted from 1, and as it stands in the text; empty lines are passed over.
 * @param onRow may end the reading by returning false
 */
export function csvRows(
  text: string,
  delimiter: Delimiter,
  onRow: (cells: readonly string[], line: number, row: string) => boolean | undefined
): void {
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text;
  let line = 1;
  let from = 0;
  Papa.parse<string[]>(plain, {
    delimiter,
    step: ({ data, meta }, parser) => {
      const at = line;
      // The cursor stands behind the row's own line end.
      for (let end = plain.indexOf('\n', from); end >= 0 && end < meta.cursor; end = plain.indexOf('\n', end + 1))
        line++;
      const row = plain.slice(from, meta.cursor);
      from = meta.cursor;
      if (data.length === 1 && data[0]?.trim() === '') return;
      if (onRow(data, at, row) === false) parser.abort();
    }
  });
}
