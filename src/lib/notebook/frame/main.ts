/**
 * What runs inside the sandboxed frame: Observable's runtime, Plot, and the few functions a cell may call. It knows the
 * page only through the port that came with the first message; results are placed where the page says.
 */
import type { DefineState } from '@observablehq/notebook-kit/runtime';
import { NotebookRuntime, library, observe } from '@observablehq/notebook-kit/runtime';
import type { CellDefinition, FrameFont, FrameMessage, FrameTheme, HostMessage } from '../protocol.ts';
import { HELLO } from '../protocol.ts';
import { Questions } from './questions.ts';
import { html } from './html.ts';
import * as Inputs from './inputs.ts';
import * as Plot from './plot.ts';

interface FrameCell {
  readonly state: DefineState;
  readonly root: HTMLDivElement;
}

const main = document.getElementById('results') ?? document.body;
const cells = new Map<number, FrameCell>();
let send: (message: FrameMessage) => void = () => undefined;

const questions = new Questions((message) => {
  send(message);
});
const { dark, now, width, Generators, Mutable, Promises, DOM, md } = library as Record<string, () => unknown>;
const notebook = new NotebookRuntime({
  dark,
  now,
  width,
  Generators,
  Mutable,
  Promises,
  DOM,
  md,
  html: () => html,
  htl: () => ({ html }),
  Plot: () => Plot,
  Inputs: () => Inputs,
  db: () => ({ sql: questions.sql }),
  sql: () => questions.sql,
  markets: () => questions.markets,
  series: () => questions.series,
  runs: () => questions.runs
} as Record<string, () => unknown>);

const sizes = new ResizeObserver((entries) => {
  for (const entry of entries) {
    const cell = Number((entry.target as HTMLElement).dataset['cell']);
    send({ kind: 'height', cell, height: Math.ceil(entry.borderBoxSize[0]?.blockSize ?? 0) });
  }
});

function frameCell(id: number): FrameCell {
  const known = cells.get(id);
  if (known !== undefined) return known;
  const root = document.createElement('div');
  root.className = 'result';
  root.dataset['cell'] = String(id);
  main.append(root);
  sizes.observe(root);
  const made = { root, state: { root, expanded: [], variables: [] } satisfies DefineState };
  cells.set(id, made);
  return made;
}

/** Only the page can draw a cell's tools; it has to be told where the reader is. */
for (const type of ['pointerover', 'focusin', 'dblclick'] as const) {
  main.addEventListener(type, (event) => {
    const root = event.target instanceof Element ? event.target.closest<HTMLElement>('.result') : undefined;
    const cell = Number(root?.dataset['cell'] ?? 0);
    if (cell > 0) send({ kind: 'point', cell, edit: type === 'dblclick' });
  });
}

/** A link must not lead this frame away: the page is asked to follow it. */
main.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a[href]') : undefined;
  const to = link?.getAttribute('href') ?? '';
  if (link === undefined || link === null || to.startsWith('blob:') || to.startsWith('data:')) return;
  event.preventDefault();
  if (to.startsWith('#')) document.getElementById(to.slice(1))?.scrollIntoView();
  else send({ kind: 'link', to });
});

function describe(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return /dynamically imported module|Content Security Policy/i.test(text)
    ? `${text}. Cells have no network: use Plot, Inputs, sql, markets, series and runs, or paste the code you need.`
    : text;
}

function showError(cell: FrameCell, message: string): void {
  const box = document.createElement('pre');
  box.className = 'failure';
  box.setAttribute('role', 'alert');
  box.textContent = message;
  cell.root.replaceChildren(box);
}

/** Reports what a cell does and shows its errors in it; the rest is the kit's own observer. */
const observer: typeof observe = (state, definition) => {
  const shown = observe(state, definition);
  const fulfil = shown.fulfilled.bind(shown);
  const report = (what: 'running' | 'done' | 'failed', message?: string): void => {
    send({
      kind: 'state',
      cell: definition.id,
      state: what,
      ...(message === undefined ? {} : { message: message.slice(0, 20_000) })
    });
  };
  return Object.assign(shown, {
    pending: () => {
      report('running');
      if (shown._error) {
        shown._error = false;
        state.root.replaceChildren();
      }
    },
    fulfilled: (value: unknown) => {
      fulfil(value);
      report('done');
    },
    rejected: (error: unknown) => {
      shown._error = true;
      const message = describe(error);
      showError(frameCell(definition.id), message);
      report('failed', message);
    }
  });
};

function undefine(cell: FrameCell): void {
  // The runtime ships no types of its own: a variable is known here by the one thing done with it.
  for (const variable of cell.state.variables as readonly { delete(): void }[]) variable.delete();
  cell.state.variables = [];
}

function define(definitions: readonly CellDefinition[]): void {
  for (const definition of definitions) {
    const cell = frameCell(definition.id);
    undefine(cell);
    try {
      // The body is the source of one function; this frame exists to run it, and has nothing else to lose.
      const body = (0, eval)(`(${definition.body})`) as () => unknown;
      const { inputs, outputs, ...rest } = definition;
      notebook.define(cell.state, { ...rest, inputs: [...inputs], outputs: [...outputs], body }, observer);
    } catch (thrown) {
      const message = describe(thrown);
      showError(cell, message);
      send({ kind: 'state', cell: definition.id, state: 'failed', message });
    }
  }
}

function remove(id: number): void {
  const cell = cells.get(id);
  if (cell === undefined) return;
  undefine(cell);
  sizes.unobserve(cell.root);
  cell.root.remove();
  cells.delete(id);
}

/** Results stand where the page left room; the order of the document is kept too, for those who listen to it. */
function layout(places: readonly { readonly cell: number; readonly top: number }[]): void {
  let last: Element | undefined;
  for (const { cell: id, top } of places) {
    const { root } = frameCell(id);
    root.style.top = `${String(top)}px`;
    const expected: Element | null = last === undefined ? main.firstElementChild : last.nextElementSibling;
    if (expected !== root) main.insertBefore(root, expected);
    last = root;
  }
}

function theme({ dark: isDark, properties }: FrameTheme): void {
  const style = document.documentElement.style;
  style.colorScheme = isDark ? 'dark' : 'light';
  for (const [name, value] of Object.entries(properties)) if (name.startsWith('--')) style.setProperty(name, value);
}

async function addFonts(fonts: readonly FrameFont[]): Promise<void> {
  for (const { family, bytes, weight, style } of fonts) {
    document.fonts.add(await new FontFace(family, bytes, { weight, style }).load());
  }
}

function receive(message: HostMessage): void {
  switch (message.kind) {
    case 'define':
      define(message.cells);
      return;
    case 'remove':
      remove(message.cell);
      return;
    case 'layout':
      layout(message.places);
      return;
    case 'theme':
      theme(message.theme);
      return;
    case 'fonts':
      void addFonts(message.fonts);
      return;
    case 'ping':
      send({ kind: 'alive' });
      return;
    case 'answer':
      questions.settle(message.id, message.table);
      return;
    case 'refusal':
      questions.refuse(message.id, message.message);
      return;
  }
}

addEventListener('message', function greet(event: MessageEvent<unknown>) {
  const port = event.ports[0];
  if (event.source !== parent || event.data !== HELLO || port === undefined) return;
  removeEventListener('message', greet);
  port.onmessage = (each: MessageEvent<HostMessage>) => {
    receive(each.data);
  };
  send = (message) => {
    port.postMessage(message);
  };
  send({ kind: 'ready' });
});
