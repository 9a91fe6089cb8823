import { beforeAll, expect, test } from 'vitest';
import { openDesk } from '../../../tests/support/import-desk.ts';
import { ManualClock } from '../core/time.ts';
import { Catalogue } from './catalogue.ts';
import { importFiles } from './import.ts';
import { loadParquetInNode } from './parquet/load-node.ts';
import { readRecording } from './read-recording.ts';
import { LocalLocks } from './store/locks.ts';
import { MemoryStore } from './store/memory-store.ts';
import { Tab } from './store/tab.ts';

beforeAll(loadParquetInNode);

const candles = 'time,open,high,low,close\n2024-01-01T00:00:00Z,1,2,1,2\n2024-01-01T00:01:00Z,2,3,2,3\n';

test('a name that no address could lead to is refused; any other is taken', async () => {
  const store = new MemoryStore();
  const locks = new LocalLocks();
  const clock = new ManualClock(1000);
  const catalogue = await Catalogue.open({ store, locks, clock, tab: await Tab.open(locks) });
  const parts = {
    catalogue,
    store,
    clock,
    codeVersion: 'one',
    read: readRecording,
    parquet: loadParquetInNode,
    breathe: () => Promise.resolve()
  };
  await importFiles(parts, { files: [new File([candles], 'a.csv')], name: 'a' });
  for (const name of ['x/../y', '/', 'a\\b', '.', '..', ' .. ']) {
    await expect(catalogue.rename('a', name)).rejects.toMatchObject({ code: 'config.invalid' });
  }
  for (const name of ['50% off', 'a#b 50%25? c', '...']) {
    expect((await catalogue.rename('a', name)).name).toBe(name);
    expect(await catalogue.folder('a')).toBe(await catalogue.folder(name));
  }
});

test('what is imported again after a delete has its name back; the deleted one comes back under a number', async () => {
  const desk = await openDesk();
  const take = async (text: string): Promise<string> => (await desk.import([new File([text], 'a.csv')])).dataset.name;
  const names = async (): Promise<readonly string[]> =>
    (await desk.catalogue.datasets()).map(({ name }) => name).sort();
  expect(await take(candles)).toBe('a');
  await desk.catalogue.rename('a', 'b');
  await desk.catalogue.rename('b', 'a');
  await desk.catalogue.remove('a');
  const longer = `${candles}2024-01-01T00:02:00Z,2,3,2,3\n`;
  expect(await take(longer)).toBe('a');
  expect((await desk.catalogue.markets('a')).map(({ messages }) => messages)).toEqual([3]);
  await desk.catalogue.restore('a');
  expect(await names()).toEqual(['a', 'a 2']);
  expect((await desk.catalogue.markets('a')).map(({ messages }) => messages)).toEqual([3]);
  expect((await desk.catalogue.markets('a 2')).map(({ messages }) => messages)).toEqual([2]);
  // Its former name is that of nobody else now.
  expect((await desk.catalogue.markets('b')).map(({ messages }) => messages)).toEqual([2]);
  await desk.catalogue.remove('a');
  await desk.catalogue.restore('a');
  expect(await names()).toEqual(['a', 'a 2']);
  await desk.catalogue.restore('a');
  expect(await names()).toEqual(['a', 'a 2']);
  // Deleted by a name that it had.
  await desk.catalogue.remove('b');
  expect(await names()).toEqual(['a']);
  await desk.catalogue.purge();
  await expect(desk.catalogue.restore('a 2')).rejects.toMatchObject({ code: 'data.missing' });
});
