/** One open notebook: its document, what its cells are doing, and its place in storage. Markup only shows it. */
import { SvelteMap } from 'svelte/reactivity';
import { asAppError } from '$lib/core/errors.ts';
import type { AppError } from '$lib/core/errors.ts';
import type { CellMode, NotebookCell, NotebookDocument } from '$lib/notebook/document.ts';
import { addCell, changeCell, moveCell, removeCell, renameNotebook, restoreCell } from '$lib/notebook/document.ts';
import { compileCell } from '$lib/notebook/format.ts';
import type { CellDefinition } from '$lib/notebook/protocol.ts';
import type { Sandbox } from '$lib/notebook/sandbox.ts';
import type { NotebookStore } from '$lib/notebook/store.ts';

const SAVE_AFTER_MILLIS = 500;

export type CellState = 'idle' | 'running' | 'done' | 'failed' | 'stopped';

export interface CellStatus {
  readonly state: CellState;
  /** What the code could not be compiled for; errors while running are shown in the frame. */
  readonly error?: AppError;
  /** The source as it was last run; the cell is stale when it has been edited since. */
  readonly ran?: string;
}

export class NotebookSession {
  document = $state.raw<NotebookDocument>({ title: '', cells: [] });
  readonly statuses = new SvelteMap<number, CellStatus>();
  /** Height of each result in CSS pixels. */
  readonly heights = new SvelteMap<number, number>();
  responsive = $state(true);
  savedMillis = $state<number>();
  saveError = $state.raw<AppError>();
  edited = $state(false);
  /** The cell the reader is at; its tools are shown. */
  active = $state<number>();
  /** The cell whose editor takes the focus when it appears. */
  fresh = $state<number>();
  readonly id: string;
  readonly #store: NotebookStore;
  #sandbox: Sandbox | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string, store: NotebookStore) {
    this.id = id;
    this.#store = store;
  }

  get busy(): boolean {
    return [...this.statuses.values()].some((status) => status.state === 'running');
  }

  async open(): Promise<void> {
    const { document, edited } = await this.#store.open(this.id);
    this.document = document;
    this.edited = edited;
  }

  /** Takes the frame into use and runs everything. */
  async attach(sandbox: Sandbox): Promise<void> {
    this.#sandbox = sandbox;
    await this.runAll();
  }

  status(id: number): CellStatus {
    return this.statuses.get(id) ?? { state: 'idle' };
  }

  stale(cell: NotebookCell): boolean {
    const { ran } = this.status(cell.id);
    return ran !== undefined && ran !== cell.source;
  }

  async runAll(): Promise<void> {
    await this.#run(this.document.cells);
  }

  async runCell(id: number): Promise<void> {
    await this.#run(this.document.cells.filter((cell) => cell.id === id));
  }

  /** Throws the frame away; the cells that had ended are run again in a new one, those that had not are left stopped. */
  async stop(): Promise<void> {
    const stopped = new Set<number>();
    for (const [id, status] of this.statuses) {
      if (status.state !== 'running') continue;
      stopped.add(id);
      this.statuses.set(id, { ...status, state: 'stopped' });
    }
    this.#sandbox?.restart();
    await this.#run(this.document.cells.filter((cell) => !stopped.has(cell.id)));
  }

  /** The frame is gone and empty again; nothing is run, because a cell may have sent it away. */
  lost(): void {
    for (const [id, status] of this.statuses) this.statuses.set(id, { ...status, state: 'stopped' });
    this.heights.clear();
  }

  onState(id: number, state: 'running' | 'done' | 'failed'): void {
    const status = this.status(id);
    if (status.error === undefined) this.statuses.set(id, { ...status, state });
  }

  add(mode: CellMode, after?: number): void {
    const made = addCell(this.document, { mode, ...(after === undefined ? {} : { after }) });
    this.fresh = made.id;
    this.#change(made.document);
  }

  edit(id: number, source: string): void {
    if (this.document.cells.find((cell) => cell.id === id)?.source === source) return;
    this.#change(changeCell(this.document, id, { source }));
  }

  setMode(id: number, mode: CellMode): void {
    this.#change(changeCell(this.document, id, { mode }));
  }

  setOpen(id: number, open: boolean): void {
    if (open) this.fresh = id;
    this.#change(changeCell(this.document, id, { open }));
  }

  move(id: number, by: -1 | 1): void {
    this.#change(moveCell(this.document, id, by));
  }

  /** Removes a cell; returns what brings it back. */
  remove(id: number): () => Promise<void> {
    const at = this.document.cells.findIndex((cell) => cell.id === id);
    const cell = this.document.cells[at];
    if (cell === undefined) return () => Promise.resolve();
    // A cell that had to be stopped would only have to be stopped again.
    const { state } = this.status(id);
    this.#sandbox?.remove(id);
    this.statuses.delete(id);
    this.heights.delete(id);
    this.#change(removeCell(this.document, id));
    return async () => {
      this.#change(restoreCell(this.document, cell, at));
      if (state === 'done' || state === 'failed') await this.runCell(id);
    };
  }

  rename(title: string): void {
    this.#change(renameNotebook(this.document, title));
    const heading = this.document.cells.find((cell) => cell.mode === 'md' && cell.source.includes(`# ${title}`));
    if (heading !== undefined) void this.runCell(heading.id);
  }

  /** Back to the notebook as it came with the app; returns what brings the edits back. */
  async reset(): Promise<() => Promise<void>> {
    const before = this.document;
    await this.discard();
    await this.#replace(await this.#store.original(this.id));
    this.edited = false;
    this.savedMillis = undefined;
    return async () => {
      await this.#replace(before);
      this.#change(before);
    };
  }

  /** Writes what is not written yet; called before the page goes away too. */
  async save(): Promise<void> {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      await this.#store.save(this.id, this.document);
      this.savedMillis = Date.now();
      this.saveError = undefined;
    } catch (thrown) {
      this.saveError = asAppError(thrown, `saving ${this.document.title}`);
    }
  }

  /** Deletes the notebook; a save that was due is not made. */
  async discard(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#store.remove(this.id);
  }

  async dispose(): Promise<void> {
    this.#sandbox?.dispose();
    this.#sandbox = undefined;
    await this.save();
  }

  async #replace(document: NotebookDocument): Promise<void> {
    this.statuses.clear();
    this.heights.clear();
    this.#sandbox?.restart();
    this.document = document;
    await this.runAll();
  }

  #change(document: NotebookDocument): void {
    this.document = document;
    this.edited = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), SAVE_AFTER_MILLIS);
  }

  async #run(cells: readonly NotebookCell[]): Promise<void> {
    const definitions: CellDefinition[] = [];
    for (const cell of cells) {
      const ran = cell.source;
      if (ran.trim() === '') {
        this.#sandbox?.remove(cell.id);
        this.heights.set(cell.id, 0);
        this.statuses.set(cell.id, { state: 'done', ran });
        continue;
      }
      try {
        definitions.push(await compileCell(cell));
        this.statuses.set(cell.id, { state: 'running', ran });
      } catch (thrown) {
        this.#sandbox?.remove(cell.id);
        this.heights.set(cell.id, 0);
        this.statuses.set(cell.id, { state: 'failed', ran, error: asAppError(thrown, `cell ${cell.id}`) });
      }
    }
    this.#sandbox?.define(definitions);
  }
}
