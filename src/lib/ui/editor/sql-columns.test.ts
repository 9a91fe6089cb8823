import { expect, test } from 'vitest';
import { columnOptions, wantsTable } from './sql-columns.ts';

const tables = { markets: ['dataset', 'matched'], runs: ['run', 'dataset'], tape: ['price'] };

test('columns are those of the tables a statement names, each once with where it stands', () => {
  expect(columnOptions('select ma from markets join Runs using (dataset)', tables)).toEqual([
    { column: 'dataset', of: 'markets, runs' },
    { column: 'matched', of: 'markets' },
    { column: 'run', of: 'runs' }
  ]);
});

test('before any is named, columns of all are offered', () => {
  expect(columnOptions('select pr', tables).map(({ column }) => column)).toEqual([
    'dataset',
    'matched',
    'run',
    'price'
  ]);
});

test.each([
  'select * from ',
  'select * FROM ma',
  'select a from b left join c',
  'select 1\nfrom\n  r',
  'select * from a x, b as y, t'
])('a table comes after %j', (text) => {
  expect(wantsTable(text)).toBe(true);
});

test.each([
  'select ma',
  'select a from b where c',
  'select a from b x ',
  'select fromage',
  'select a from b join c on d'
])('a column comes after %j', (text) => {
  expect(wantsTable(text)).toBe(false);
});
