import { describe, expect, test } from 'vitest';
import type { ResultColumns } from '$lib/data/arrow-columns.ts';
import { chartRows, defaultChart, MAX_BARS, MAX_POINTS } from './chart-choice.ts';
import { cellText, toCsv } from './result-text.ts';
import { rowWindow } from './window-rows.ts';

const result = (columns: [name: string, type: 'number' | 'text' | 'date', values: unknown[]][]): ResultColumns => ({
  columns: columns.map(([name, type]) => ({ name, type, arrow: type })),
  values: columns.map(([, , values]) => values),
  rows: columns[0]?.[2].length ?? 0
});

describe('rows in sight', () => {
  test('a long table keeps few rows in the document, and its full height', () => {
    const shown = rowWindow({ rows: 1_000_000, rowHeight: 28, scrollTop: 14_000_000, height: 400 });
    expect(shown.count).toBeLessThan(40);
    expect(shown.first).toBeLessThanOrEqual(500_000);
    expect(shown.first + shown.count).toBeGreaterThanOrEqual(500_000 + 400 / 28);
    expect(shown.total).toBe(28_000_000);
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
    const csv = toCsv(
      result([
        ['a,b', 'text', ['plain', 'say "hi"\nthere', undefined]],
        ['n', 'number', [1, undefined, 2.5]]
      ])
    );
    expect(csv).toBe('"a,b",n\r\nplain,1\r\n"say ""hi""\nthere",\r\n,2.5\r\n');
  });

  test('dates are written in universal time', () => {
    expect(cellText(0, 'date')).toBe('1970-01-01 00:00:00');
    expect(toCsv(result([['t', 'date', [1500]]]))).toBe('t\r\n1970-01-01T00:00:01.500Z\r\n');
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
