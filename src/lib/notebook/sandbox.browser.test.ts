import frame from 'virtual:notebook-frame';
import { afterEach, describe, expect, test } from 'vitest';
import { AppError } from '../core/errors.ts';
import type { NotebookCell } from './document.ts';
import { compileCell, formatNotebook, glanceAtNotebook, parseNotebook } from './format.ts';
import type { AnswerTable, FrameCellState, Question } from './protocol.ts';
import { Sandbox } from './sandbox.ts';

const cell = (id: number, mode: NotebookCell['mode'], source: string): NotebookCell => ({
  id,
  mode,
  source,
  open: true,
  silent: false
});
const table: AnswerTable = { columns: [{ name: 'n', type: 'number' }], values: [[40, 2]], rows: 2 };

interface Seen {
  readonly questions: Question[];
  readonly states: [cell: number, state: FrameCellState, message: string | undefined][];
  readonly heights: Map<number, number>;
  responsive: boolean[];
  links: string[];
  lost: number;
}
let open: Sandbox[] = [];
afterEach(() => {
  for (const sandbox of open) sandbox.dispose();
  open = [];
});

function sandboxed(answer: (question: Question) => Promise<AnswerTable> = () => Promise.resolve(table)) {
  const seen: Seen = { questions: [], states: [], heights: new Map(), responsive: [], links: [], lost: 0 };
  const host = document.createElement('div');
  document.body.append(host);
  const sandbox = new Sandbox(host, {
    source: { html: frame },
    title: 'Results',
    answer: (question) => {
      seen.questions.push(question);
      return answer(question);
    },
    onHeight: (id, height) => seen.heights.set(id, height),
    onState: (id, state, message) => seen.states.push([id, state, message]),
    onPoint: () => undefined,
    onLink: (to) => seen.links.push(to),
    onLost: () => seen.lost++,
    onResponsive: (responsive) => seen.responsive.push(responsive),
    onRestart: () => undefined
  });
  open.push(sandbox);
  const run = async (...cells: NotebookCell[]): Promise<void> => {
    sandbox.define(await Promise.all(cells.map(compileCell)));
  };
  const ended = (id: number) =>
    expect.poll(() => seen.states.findLast((each) => each[0] === id)?.[1], { timeout: 15_000 });
  const messageOf = (id: number): string | undefined => seen.states.findLast((each) => each[0] === id)?.[2];
  return { sandbox, seen, run, ended, messageOf, host };
}

describe('cells in their frame', () => {
  test('Markdown, JavaScript, TypeScript and SQL cells run, see each other, and say how high they are', async () => {
    const { seen, run, ended } = sandboxed();
    await run(
      cell(1, 'md', '# Hello\n\nThe sum is **${total}**.'),
      cell(2, 'js', 'const rows = await sql("select n from t");\nconst total = rows[0].n + rows[1].n + twice(0);'),
      cell(3, 'ts', 'const twice = (n: number): number => n * 2;'),
      cell(4, 'sql', 'select ${total} as n'),
      cell(5, 'js', 'Plot.plot({ height: 120, marks: [Plot.dot(rows, { x: "n", y: "n" })] })')
    );
    for (const id of [1, 2, 3, 4, 5]) await ended(id).toBe('done');
    expect(seen.questions).toContainEqual({ ask: 'sql', query: 'select 42 as n' });
    await expect.poll(() => seen.heights.get(5) ?? 0).toBeGreaterThan(50);
    expect(seen.heights.get(1)).toBeGreaterThan(40);
  });

  test('an error stays in its cell, with its reason', async () => {
    const { run, ended, messageOf } = sandboxed();
    await run(cell(1, 'js', 'missing + 1'), cell(2, 'js', '1 + 1'));
    await ended(1).toBe('failed');
    await ended(2).toBe('done');
    expect(messageOf(1)).toContain('missing is not defined');
  });

  test('code that is no code is refused before it reaches the frame', async () => {
    await expect(compileCell(cell(7, 'js', 'const = 1'))).rejects.toMatchObject({
      code: 'notebook.cell',
      subject: 'cell 7'
    });
  });

  test("a refusal of the page is the cell's error", async () => {
    const { run, ended, messageOf } = sandboxed(() =>
      Promise.reject(new AppError('query.invalid', { subject: 'sql', got: 'no table t', remedy: 'name another' }))
    );
    await run(cell(1, 'sql', 'select * from t'));
    await ended(1).toBe('failed');
    expect(messageOf(1)).toContain('no table t; name another');
  });

  test('the frame has an opaque origin, no network, and no way into the page', async () => {
    const { run, ended, messageOf, host } = sandboxed();
    await run(
      cell(1, 'js', `await fetch(${JSON.stringify(location.href)})`),
      cell(2, 'js', 'parent.document.title'),
      cell(3, 'js', 'localStorage.length'),
      cell(4, 'js', 'if (origin !== "null") throw new Error("origin is " + origin)')
    );
    for (const id of [1, 2, 3]) await ended(id).toBe('failed');
    await ended(4).toBe('done');
    expect(messageOf(2)).toContain('Blocked a frame with origin "null"');
    expect(host.querySelector('iframe')?.contentDocument).toBeNull();
  });

  test('a question that is not on the list is refused, whatever the frame sends', async () => {
    const { seen, run, ended, messageOf } = sandboxed();
    await run(cell(1, 'js', 'await series("m", 0, { points: 1e9 })'));
    await ended(1).toBe('failed');
    expect(messageOf(1)).toContain('points');
    expect(seen.questions).toEqual([]);
  });

  test('a loop without end leaves the page alive; a new frame runs cells again', async () => {
    const { sandbox, seen, run, ended } = sandboxed();
    await run(cell(1, 'js', '1'));
    await ended(1).toBe('done');
    await run(cell(2, 'js', 'for (;;) ;'));
    await expect.poll(() => seen.responsive, { timeout: 15_000 }).toEqual([false]);
    sandbox.restart();
    seen.states.length = 0;
    await run(cell(1, 'js', '2'));
    await ended(1).toBe('done');
    expect(seen.responsive.at(-1)).toBe(true);
  });

  test('a cell that sends its frame away loses the frame, and the page says so once', async () => {
    const { seen, run } = sandboxed();
    await run(cell(1, 'js', 'location.href = "about:blank?gone"'));
    await expect.poll(() => seen.lost, { timeout: 15_000 }).toBe(1);
  });
});

describe('the notebook format', () => {
  const document = {
    title: 'Queue <model>',
    cells: [
      { ...cell(1, 'md', '# Queue <model>\n\nFirst words.'), open: false },
      cell(2, 'js', 'const a = `</script>`;\n\nif (a) display(a);'),
      { ...cell(5, 'sql', 'select 1 as "n"'), output: 'rows', silent: true },
      cell(6, 'ts', 'const b: number = 1;')
    ]
  };

  test('what is written is read back', async () => {
    const html = await formatNotebook(document);
    const back = await parseNotebook(html, 'test');
    expect(back.title).toBe(document.title);
    expect(back.cells.map(({ id, mode, open: isOpen, silent, output }) => [id, mode, isOpen, silent, output])).toEqual(
      document.cells.map((each) => [
        each.id,
        each.mode,
        each.open,
        each.silent,
        'output' in each ? each.output : undefined
      ])
    );
    expect(back.cells[1]?.source).toBe('const a = `</script>`;\n\nif (a) display(a);');
    expect(await formatNotebook(back)).toBe(html);
    expect(glanceAtNotebook(html)).toEqual({ title: 'Queue <model>', summary: 'First words.', cells: 4 });
  });

  test('a cell of a language that cannot run here is shown, not lost', async () => {
    const html = '<notebook><title>P</title><script id="1" type="text/x-python">print(1)</script></notebook>';
    const [only] = (await parseNotebook(html, 'test')).cells;
    expect(only?.mode).toBe('md');
    expect(only?.source).toContain('print(1)');
  });

  test('a file that is no notebook is refused with what to do', async () => {
    await expect(parseNotebook('<p>hello</p>', 'hello.html')).rejects.toMatchObject({
      code: 'data.kind',
      subject: 'hello.html'
    });
  });
});
