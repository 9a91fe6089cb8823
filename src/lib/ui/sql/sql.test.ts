import { describe, expect, test } from 'vitest';
import type { ResultView } from '$lib/data/arrow-columns.ts';
import { chartRows, defaultChart, MAX_BARS, MAX_POINTS } from './chart-choice.ts';
import { cellText, columnCharacters, csvParts } from './result-text.ts';
import { rowWindow } from './window-rows.ts';

const result = (columns: [name: string, type: 'number' | 'text' | 'date', values: unknown[]][]): ResultView => ({
  columns: columns.map(([name, type]) => ({ name, type, arrow: type })),
  value: (column, row) => columns[column]?.[2][row],
  rows: columns[0]?.[2].length ?? 0
});

const csvOf = (view: ResultView): string => [...csvParts(view)].join('');

describe('rows in sight', () => {
  test('a long table keeps few rows in the document, and its full height', () => {
    const shown = rowWindow({ rows: 100_000, rowHeight: 28, scrollTop: 1_400_000, height: 400 });
    expect(shown.count).toBeLessThan(40);
    expect(shown.first).toBeLessThanOrEqual(50_000);
    expect(shown.first + shown.count).toBeGreaterThanOrEqual(50_000 + 400 / 28);
    expect(shown.total).toBe(2_800_000);
    expect(shown.above).toBe(shown.first * 28);
    expect(shown.above + shown.count * 28 + shown.below).toBe(shown.total);
  });

  test('a table taller than a browser draws is scaled: both ends are reached, and rows fill what is in sight', () => {
    const table = { rows: 3_000_000, rowHeight: 28, height: 400 };
    const { total } = rowWindow({ ...table, scrollTop: 0 });
    expect(total).toBeLessThan(17_000_000);
    expect(rowWindow({ ...table, scrollTop: 0 })).toMatchObject({ first: 0, above: 0 });
    const end = rowWindow({ ...table, scrollTop: total - 400 });
    expect(end.first + end.count).toBe(table.rows);
    for (let scrollTop = 0; scrollTop <= total - 400; scrollTop += 999_331) {
      const shown = rowWindow({ ...table, scrollTop });
      expect(shown.above).toBeLessThanOrEqual(scrollTop);
      expect(shown.above + shown.count * 28).toBeGreaterThanOrEqual(scrollTop + 400);
      expect(shown.above + shown.count * 28 + shown.below).toBeCloseTo(total, 3);
    }
  });

  test('the last rows are reached, and a short table is shown whole', () => {
    const end = rowWindow({ rows: 1000, rowHeight: 28, scrollTop: 1e9, height: 400 });
    expect(end.first + end.count).toBe(1000);
    expect(rowWindow({ rows: 3, rowHeight: 28, scrollTop: 0, height: 400 })).toMatchObject({ first: 0, count: 3 });
    expect(rowWindow({ rows: 0, rowHeight: 28, scrollTop: 0, height: 400 })).toMatchObject({ first: 0, count: 0 });
  });
});

describe('a result as text', () => {
  test('CSV quotes what would break a line or a column, and leaves missing values empty', () => {
    const csv = csvOf(
      result([
        ['a,b', 'text', ['plain', 'say "hi"\nthere', undefined]],
        ['n', 'number', [1, undefined, 2.5]]
      ])
    );
    expect(csv).toBe('"a,b",n\r\nplain,1\r\n"say ""hi""\nthere",\r\n,2.5\r\n');
  });

  test('columns are wide enough for rows anywhere in the result, to its last, and never beyond a screen', () => {
    const rows = 100_000;
    const numbers = Array.from({ length: rows }, (_, row) => row);
    const long = numbers.map((row) => (row === rows - 1 ? 'x'.repeat(20) : 'x'));
    const endless = numbers.map(() => 'y'.repeat(900));
    const widths = columnCharacters(
      result([
        ['n', 'number', numbers],
        ['a name that is long', 'text', numbers.map(() => 'z')],
        ['last', 'text', long],
        ['e', 'text', endless]
      ])
    );
    expect(widths.slice(0, 3)).toEqual(['99,999'.length, 'a name that is long'.length, 20]);
    expect(widths[3]).toBeLessThan(60);
    expect(columnCharacters(result([['none', 'text', []]]))).toEqual([5]);
  });

  test('a figure keeps its first digits however small it is, and is no minus nought', () => {
    expect(cellText(1e-7, 'number')).toBe('1e-7');
    expect(cellText(-4e-7, 'number')).toBe('-4e-7');
    expect(cellText(-0, 'number')).toBe('0');
    expect(cellText(0.000012345678, 'number')).toBe('0.00001234568');
    expect(cellText(-0.5, 'number')).toBe('-0.5');
    expect(cellText(1 / 3, 'number')).toBe('0.3333333');
    expect(cellText(1234.5678912, 'number')).toBe('1,234.567891');
    expect(cellText(2 ** 53 - 1, 'number')).toBe('9,007,199,254,740,991');
    expect(cellText(1.5e300, 'number')).toBe('1.5e+300');
    expect(cellText(Number.POSITIVE_INFINITY, 'number')).toBe('Infinity');
  });

  test('a figure of more digits than a number has is shown with all of them, and drawn', () => {
    const long = result([
      ['word', 'text', ['a']],
      ['n', 'number', ['-12345678901234567.89']]
    ]);
    expect(cellText(long.value(1, 0), 'number')).toBe('-12,345,678,901,234,567.89');
    expect(csvOf(long)).toBe('word,n\r\na,-12345678901234567.89\r\n');
    expect(chartRows(long, { kind: 'bar', x: 0, y: 1 })).toEqual([{ x: 'a', y: Number('-12345678901234567.89') }]);
  });

  test('a date beyond every calendar breaks nothing', () => {
    expect(cellText(Number.MAX_SAFE_INTEGER, 'date')).toBe('9007199254740991');
    expect(csvOf(result([['t', 'date', [Number.MAX_SAFE_INTEGER]]]))).toBe('t\r\n9007199254740991\r\n');
  });

  test('dates are written in universal time', () => {
    expect(cellText(0, 'date')).toBe('1970-01-01 00:00:00');
    expect(csvOf(result([['t', 'date', [1500]]]))).toBe('t\r\n1970-01-01T00:00:01.500Z\r\n');
  });
});

describe('a chart at one press', () => {
  test('time goes across; else the words that tell rows apart', () => {
    expect(
      defaultChart(
        result([
          ['n', 'number', [1, 2]],
          ['t', 'date', [1, 2]]
        ])
      )
    ).toEqual({ kind: 'line', x: 1, y: 0 });
    expect(
      defaultChart(
        result([
          ['same', 'text', ['a', 'a']],
          ['own', 'text', ['b', 'c']],
          ['n', 'number', [1, 2]]
        ])
      )
    ).toEqual({ kind: 'bar', x: 1, y: 2 });
    expect(defaultChart(result([['word', 'text', ['a']]]))).toBeUndefined();
  });

  test('a long result is thinned', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => i);
    const long = result([
      ['x', 'number', values],
      ['y', 'number', values]
    ]);
    expect(chartRows(long, { kind: 'line', x: 0, y: 1 }).length).toBeLessThanOrEqual(MAX_POINTS);
    expect(chartRows(long, { kind: 'bar', x: 0, y: 1 })).toHaveLength(MAX_BARS);
  });
});
