import { expect, test } from 'vitest';
import { columnOptions } from './sql-columns.ts';

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
