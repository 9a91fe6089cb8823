import { beforeAll, expect, test } from 'vitest';
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
