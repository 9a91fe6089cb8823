import { expect, test } from 'vitest';
import { SavedQueries } from './saved-queries.ts';

/** Documents in memory, as `Documents` keeps them. */
function open() {
  const kept = new Map<string, string>();
  const saved = new SavedQueries({
    readDocument: (path) => Promise.resolve(kept.get(path)),
    writeDocument: (path, text) => Promise.resolve(void kept.set(path, text)),
    listDocuments: (prefix) => Promise.resolve([...kept.keys()].filter((path) => path.startsWith(prefix)).sort()),
    removeDocument: (path) => Promise.resolve(void kept.delete(path))
  });
  return { saved, kept };
}
const names = async (saved: SavedQueries) => (await saved.all()).map(({ name }) => name);

test('a query is kept under any name, replaced by its next text, renamed and deleted', async () => {
  const { saved, kept } = open();
  kept.set('settings', 'no query');
  await saved.save({ name: ' Spread / off? ', text: 'select 1' });
  await saved.save({ name: 'Spread / off?', text: 'select 2' });
  await saved.save({ name: 'run 10', text: 'select 10' });
  await saved.save({ name: 'run 9', text: 'select 9' });
  expect(await names(saved)).toEqual(['run 9', 'run 10', 'Spread / off?']);
  const [, , spread] = await saved.all();
  expect(spread?.text).toBe('select 2');
  await saved.rename(spread!, 'Spread');
  expect(await names(saved)).toEqual(['run 9', 'run 10', 'Spread']);
  await saved.remove({ name: 'Spread', text: '' });
  expect(await names(saved)).toEqual(['run 9', 'run 10']);
  expect(kept.get('settings')).toBe('no query');
});

test('a name that is taken, or none, is refused and nothing is lost', async () => {
  const { saved } = open();
  await saved.save({ name: 'a', text: '1' });
  await saved.save({ name: 'b', text: '2' });
  await expect(saved.rename({ name: 'a', text: '1' }, 'b')).rejects.toMatchObject({ code: 'data.kind' });
  await expect(saved.save({ name: '  ', text: '3' })).rejects.toMatchObject({ code: 'data.kind' });
  expect(await saved.all()).toEqual([
    { name: 'a', text: '1' },
    { name: 'b', text: '2' }
  ]);
});
