/**
 * Observable's open notebook format, by notebook-kit: HTML to document and back, and cells to functions. The kit
 * carries the TypeScript compiler (1 MB compressed), so it comes only when a notebook is opened.
 */
import { AppError } from '../core/errors.ts';
import type { CellMode, NotebookCell, NotebookDocument } from './document.ts';
import { CELL_MODES, firstParagraph } from './document.ts';
import type { CellDefinition } from './protocol.ts';

type Kit = typeof import('@observablehq/notebook-kit');
let kit: Promise<Kit> | undefined;
const loadKit = (): Promise<Kit> => (kit ??= import('@observablehq/notebook-kit'));

const isMode = (mode: string): mode is CellMode => (CELL_MODES as readonly string[]).includes(mode);

/** Reads a notebook file. A cell of a kind that cannot run here (Python, R, ...) becomes Markdown that shows its source. */
export async function parseNotebook(html: string, subject: string): Promise<NotebookDocument> {
  if (!/<notebook[\s>]/i.test(html)) {
    throw new AppError('data.kind', {
      subject,
      expected: 'an HTML file with a <notebook> element',
      got: 'none was found',
      remedy: 'choose a notebook that was downloaded from here or written by Observable Notebook Kit'
    });
  }
  const { deserialize } = await loadKit();
  const { title, cells } = deserialize(html);
  return {
    title,
    cells: cells.map((cell): NotebookCell => {
      const { mode } = cell;
      const known = isMode(mode);
      return {
        id: cell.id,
        mode: known ? mode : 'md',
        source: known
          ? cell.value
          : `*A ${cell.mode} cell cannot run here.*\n\n\`\`\`${cell.mode}\n${cell.value}\n\`\`\``,
        open: cell.pinned,
        silent: cell.hidden,
        ...(cell.output === undefined ? {} : { output: cell.output })
      };
    })
  };
}

/** What a list shows of a notebook, read without the kit. */
export function glanceAtNotebook(html: string): {
  readonly title: string;
  readonly summary: string;
  readonly cells: number;
} {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const scripts = [...page.querySelectorAll('notebook script')];
  const prose = scripts.filter((script) => script.getAttribute('type') === 'text/markdown');
  return {
    title: page.title === '' ? 'Untitled' : page.title,
    summary: firstParagraph(prose.map((script) => script.textContent)),
    cells: scripts.length
  };
}

export async function formatNotebook(document: NotebookDocument): Promise<string> {
  const { serialize, toNotebook } = await loadKit();
  return serialize(
    toNotebook({
      title: document.title,
      cells: document.cells.map((cell) => ({
        id: cell.id,
        mode: cell.mode,
        value: cell.source,
        pinned: cell.open,
        hidden: cell.silent,
        ...(cell.output === undefined ? {} : { output: cell.output })
      }))
    })
  );
}

/** Turns a cell into the source of a function with named inputs and outputs; throws what the parser says. */
export async function compileCell(cell: NotebookCell): Promise<CellDefinition> {
  // Of the two forms of `transpile` the one with a text is deprecated; a whole cell is given here.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const { toCell, transpile } = await loadKit();
  try {
    const made = transpile(
      toCell({
        id: cell.id,
        mode: cell.mode,
        value: cell.source,
        hidden: cell.silent,
        ...(cell.output === undefined ? {} : { output: cell.output })
      })
    );
    return {
      id: cell.id,
      body: made.body,
      inputs: made.inputs ?? [],
      outputs: made.outputs ?? [],
      autodisplay: made.autodisplay ?? false,
      autoview: made.autoview ?? false,
      ...(made.output === undefined ? {} : { output: made.output })
    };
  } catch (thrown) {
    throw new AppError('notebook.cell', {
      subject: `cell ${String(cell.id)}`,
      got: thrown instanceof Error ? thrown.message : String(thrown),
      remedy: 'correct the code and run the cell again',
      cause: thrown
    });
  }
}
