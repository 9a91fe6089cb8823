import { describe, expect, test } from 'vitest';
import {
  addCell,
  changeCell,
  emptyNotebook,
  firstParagraph,
  moveCell,
  notebookId,
  removeCell,
  renameNotebook,
  restoreCell
} from './document.ts';
import type { NotebookDocument } from './document.ts';

const three: NotebookDocument = {
  title: 'Three',
  cells: [1, 2, 3].map((id) => ({ id, mode: 'js', source: String(id), open: true, silent: false }))
};
const ids = (document: NotebookDocument): number[] => document.cells.map((cell) => cell.id);

describe('editing a notebook', () => {
  test('a new cell comes below the one named, with an id that was never used', () => {
    const made = addCell(three, { mode: 'sql', after: 1 });
    expect(ids(made.document)).toEqual([1, 4, 2, 3]);
    expect(made.id).toBe(4);
    expect(ids(addCell(three, { mode: 'md' }).document)).toEqual([1, 2, 3, 4]);
  });

  test('a cell moves by one and stays at the edge', () => {
    expect(ids(moveCell(three, 2, 1))).toEqual([1, 3, 2]);
    expect(moveCell(three, 1, -1)).toBe(three);
    expect(moveCell(three, 3, 1)).toBe(three);
  });

  test('a deleted cell comes back where it stood, once', () => {
    const cell = three.cells[1]!;
    const without = removeCell(three, 2);
    expect(ids(without)).toEqual([1, 3]);
    const back = restoreCell(without, cell, 1);
    expect(back).toEqual(three);
    expect(restoreCell(back, cell, 1)).toBe(back);
  });

  test('a change touches one cell and leaves the original alone', () => {
    const changed = changeCell(three, 2, { source: 'new', mode: 'ts' });
    expect(changed.cells[1]).toMatchObject({ id: 2, source: 'new', mode: 'ts' });
    expect(three.cells[1]!.source).toBe('2');
    expect(changed.cells[0]).toBe(three.cells[0]);
  });

  test('the heading follows the title, whatever stands in it', () => {
    const renamed = renameNotebook(emptyNotebook('Old'), 'Costs $& more');
    expect(renamed.title).toBe('Costs $& more');
    expect(renamed.cells[0]!.source.startsWith('# Costs $& more\n')).toBe(true);
  });
});

test('the list shows the first plain paragraph, without its marks', () => {
  expect(firstParagraph(['# Title', '## Part\n\n- a list\n\nProse with **weight** and a [link](/x).'])).toBe(
    'Prose with weight and a link.'
  );
  expect(firstParagraph(['# Title only'])).toBe('');
});

test('the name of a file is plain and not taken', () => {
  expect(notebookId('Does the queue matter?', [])).toBe('does-the-queue-matter');
  expect(notebookId('Été', ['ete'])).toBe('ete-2');
  expect(notebookId('???', ['notebook', 'notebook-2'])).toBe('notebook-3');
});
