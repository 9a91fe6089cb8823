import { afterAll, expect, test } from 'vitest';
import { OpfsStore } from '../../src/lib/data/store/opfs-store.ts';

const FOLDER = 'opfs-store-test';

afterAll(async () => {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(FOLDER, { recursive: true });
});

test('a file that is replaced while it is read gives the former bytes or the new ones, never an error', async () => {
  const root = await navigator.storage.getDirectory();
  const store = new OpfsStore(await root.getDirectoryHandle(FOLDER, { create: true }), navigator.storage);
  const versions = Array.from({ length: 60 }, (_, version) => String(version).repeat(50_000));
  await store.write('file', versions[0] ?? '');
  const state = { writing: true };
  const writer = (async () => {
    for (const version of versions) await store.write('file', version);
    state.writing = false;
  })();
  let reads = 0;
  while (state.writing) {
    const seen = await Promise.all([store.read('file'), store.read('file'), store.read('file')]);
    for (const bytes of seen) expect(versions).toContain(new TextDecoder().decode(bytes));
    reads += seen.length;
  }
  await writer;
  expect(reads).toBeGreaterThan(3);
});
