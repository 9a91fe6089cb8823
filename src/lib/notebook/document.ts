/** A notebook as plain data, and every edit of it as a pure function. Knows neither the file format nor the page. */

export const CELL_MODES = ['md', 'js', 'ts', 'sql', 'html'] as const;
export type CellMode = (typeof CELL_MODES)[number];

export interface NotebookCell {
  readonly id: number;
  readonly mode: CellMode;
  readonly source: string;
  /** Whether the code stands open under the result. */
  readonly open: boolean;
  /** Runs without showing its result. */
  readonly silent: boolean;
  /** The name under which other cells see a SQL cell's rows. */
  readonly output?: string;
}

export interface NotebookDocument {
  readonly title: string;
  readonly cells: readonly NotebookCell[];
}

export const MODE_NAMES: Readonly<Record<CellMode, string>> = {
  md: 'Markdown',
  js: 'JavaScript',
  ts: 'TypeScript',
  sql: 'SQL',
  html: 'HTML'
};

export const emptyNotebook = (title: string): NotebookDocument => ({
  title,
  cells: [{ id: 1, mode: 'md', source: `# ${title}\n\nWhat do you want to find out?`, open: false, silent: false }]
});

const nextId = (document: NotebookDocument): number =>
  document.cells.reduce((most, cell) => Math.max(most, cell.id), 0) + 1;

/** Puts an empty cell below the one named, or at the end; returns the new cell's id too. */
export function addCell(
  document: NotebookDocument,
  options: { readonly mode: CellMode; readonly after?: number }
): { readonly document: NotebookDocument; readonly id: number } {
  const id = nextId(document);
  const cell: NotebookCell = { id, mode: options.mode, source: '', open: true, silent: false };
  const found = document.cells.findIndex((each) => each.id === options.after);
  const at = found < 0 ? document.cells.length : found + 1;
  return { document: { ...document, cells: document.cells.toSpliced(at, 0, cell) }, id };
}

export function changeCell(
  document: NotebookDocument,
  id: number,
  change: Partial<Omit<NotebookCell, 'id'>>
): NotebookDocument {
  return { ...document, cells: document.cells.map((cell) => (cell.id === id ? { ...cell, ...change } : cell)) };
}

/** Moves a cell up (-1) or down (+1); at the edge it stays. */
export function moveCell(document: NotebookDocument, id: number, by: -1 | 1): NotebookDocument {
  const from = document.cells.findIndex((cell) => cell.id === id);
  const cell = document.cells[from];
  const to = from + by;
  if (cell === undefined || to < 0 || to >= document.cells.length) return document;
  return { ...document, cells: document.cells.toSpliced(from, 1).toSpliced(to, 0, cell) };
}

export function removeCell(document: NotebookDocument, id: number): NotebookDocument {
  return { ...document, cells: document.cells.filter((cell) => cell.id !== id) };
}

/** Puts a removed cell back where it stood; a cell that is there already stays as it is. */
export function restoreCell(document: NotebookDocument, cell: NotebookCell, at: number): NotebookDocument {
  if (document.cells.some((each) => each.id === cell.id)) return document;
  return { ...document, cells: document.cells.toSpliced(at, 0, cell) };
}

/** The first heading of the first Markdown cell follows the title, so that the two never disagree. */
export function renameNotebook(document: NotebookDocument, title: string): NotebookDocument {
  const heading = document.cells.findIndex((cell) => cell.mode === 'md' && /^# .*$/m.test(cell.source));
  return {
    title,
    cells: document.cells.map((cell, index) =>
      index === heading ? { ...cell, source: cell.source.replace(/^# .*$/m, () => `# ${title}`) } : cell
    )
  };
}

/** The first plain paragraph of Markdown, for the list of notebooks. */
export function firstParagraph(prose: readonly string[]): string {
  for (const source of prose) {
    const line = source.split('\n').find((each) => /^[^#\s>|`-]/.test(each.trim()));
    if (line !== undefined) return line.replace(/\[([^\]]*)\]\([^)]*\)|[*_`]/g, '$1').trim();
  }
  return '';
}

/** A name for the document's file that is not taken: `queue-model`, `queue-model-2`. */
export function notebookId(title: string, taken: readonly string[]): string {
  const base =
    title
      .toLowerCase()
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 48) || 'notebook';
  let id = base;
  for (let n = 2; taken.includes(id); n++) id = `${base}-${String(n)}`;
  return id;
}
