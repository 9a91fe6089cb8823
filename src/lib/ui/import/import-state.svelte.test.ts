/** Files that come while an import runs are imported after it, and no report hides another. */
import { expect, test } from 'vitest';
import { AppError } from '$lib/core/errors.ts';
import type { ImportReport } from '$lib/data/records.ts';
import type { DataApi, ImportOptions } from '$lib/workers/data-api.ts';
import { ImportState } from './import-state.svelte.ts';
import { waitingWords } from './import-words.ts';

const file = (name: string): File => new File(['x'], name);
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const named = (name: string): ImportReport => ({ dataset: { name }, markets: [], seconds: 1 }) as never;

/** Imports that end when the test says so, by the name of their first file. */
function slowImports() {
  const began: string[] = [];
  const end = new Map<string, (error?: AppError) => void>();
  const data = {
    importFiles: ([first]: readonly File[], options: ImportOptions = {}) =>
      new Promise<ImportReport>((resolve, reject) => {
        const name = first?.name ?? `resumed ${options.resume ?? ''}`;
        began.push(name);
        end.set(name, (error) => (error === undefined ? resolve(named(name)) : reject(error)));
        options.signal?.addEventListener('abort', () =>
          reject(new AppError('aborted', { subject: name, got: 'a cancel', remedy: 'import it again' }))
        );
      }),
    unfinishedImports: () => Promise.resolve([])
  } satisfies Partial<DataApi>;
  const state = new ImportState({
    data: () => data as Partial<DataApi> as DataApi,
    imported: () => Promise.resolve(),
    handles: () => Promise.reject(new Error('this browser keeps none'))
  });
  return { state, began, end };
}

test('files dropped while an import runs wait, are shown as waiting, and come next in their order', async () => {
  const { state, began, end } = slowImports();
  const all = state.start([file('a')]);
  await state.start([file('b'), file('b2')]);
  await state.start([file('c')]);
  expect(began).toEqual(['a']);
  expect(state.waiting.map(({ files }) => files.map(({ name }) => name))).toEqual([['b', 'b2'], ['c']]);
  end.get('a')?.();
  await settled();
  expect(began).toEqual(['a', 'b']);
  expect(state.running?.files.map(({ name }) => name)).toEqual(['b', 'b2']);
  end.get('b')?.(new AppError('data.missing', { subject: 'b', got: 'nothing', remedy: 'look' }));
  await settled();
  end.get('c')?.();
  await all;
  expect([began, state.running, state.waiting]).toEqual([['a', 'b', 'c'], undefined, []]);
  // Every outcome is told, one after the other.
  expect([state.report?.dataset.name, state.error]).toEqual(['a', undefined]);
  state.dismiss();
  expect([state.report, state.error?.code]).toEqual([undefined, 'data.missing']);
  state.dismiss();
  expect(state.report?.dataset.name).toBe('c');
  state.dismiss();
  expect([state.report, state.error]).toEqual([undefined, undefined]);
});

test('two drops at once are two imports, also while the first still keeps its handles', async () => {
  const { state, began, end } = slowImports();
  const handles = [{ kind: 'file', name: 'a' }] as never;
  const all = state.start([file('a')], { handles });
  void state.start([file('b')], { handles });
  await settled();
  expect(began).toEqual(['a']);
  end.get('a')?.();
  await settled();
  end.get('b')?.();
  await all;
  expect(began).toEqual(['a', 'b']);
});

test('a cancel ends the present import alone; what waits can be left out', async () => {
  const { state, began, end } = slowImports();
  const all = state.start([file('a')]);
  await state.start([file('b')]);
  state.cancel();
  await settled();
  expect([began, state.error?.code]).toEqual([['a', 'b'], 'aborted']);
  await state.start([file('c')]);
  state.forgetWaiting();
  end.get('b')?.();
  await all;
  expect(began).toEqual(['a', 'b']);
});

test('what waits is named', () => {
  expect(waitingWords([file('a.bz2')])).toBe('a.bz2 waits for this import to end');
  expect(waitingWords([file('a.bz2'), file('b'), file('c')])).toBe(
    'a.bz2 and 2 more files wait for this import to end'
  );
});
