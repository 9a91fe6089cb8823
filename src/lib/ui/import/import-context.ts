/** The app's one import, made by the shell and found by every page that has a button for files. */
import { getContext, setContext } from 'svelte';
import type { App } from '../app-context.svelte.ts';
import { ImportState } from './import-state.svelte.ts';

const KEY = Symbol('furlong import');

export const provideImport = (app: App): ImportState =>
  setContext(
    KEY,
    new ImportState({
      data: () => app.data,
      imported: () => app.refresh(),
      handles: async () => await (await import('./file-handles.ts')).FileHandles.open()
    })
  );

export const useImport = (): ImportState => getContext<ImportState>(KEY);
