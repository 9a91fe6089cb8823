/** Imports for which there is not room enough, and imports that are cancelled: what stays, and what is said of it. */
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { AppError } from '../core/errors.ts';
import { ManualClock } from '../core/time.ts';
import { Catalogue } from './catalogue.ts';
import type { ImportRequest } from './import.ts';
import { importFiles, unfinishedImports } from './import.ts';
import { loadParquetInNode } from './parquet/load-node.ts';
import { readRecording } from './read-recording.ts';
import { LocalLocks } from './store/locks.ts';
import { MemoryStore } from './store/memory-store.ts';
import { keepReserve } from './store/reserve.ts';
import { Tab } from './store/tab.ts';

/** Each imports the same six markets some twenty times. */
vi.setConfig({ testTimeout: 120_000 });

beforeAll(loadParquetInNode);

const stream = (id: string, messages: number): string =>
  Array.from({ length: messages }, (_, i) =>
    JSON.stringify({
      op: 'mcm',
      clk: String((i * 7919 + Number(id.slice(2)) * 104_729) % 999_983),
      pt: 1_700_000_000_000 + i * 1000,
      mc: [{ id, rc: [{ id: 1, atb: [[2, ((i * 7919) % 9973) + 1]] }] }]
    })
  ).join('\n');

const IDS = ['1.1', '1.2', '1.3', '1.4', '1.5', '1.6'];
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const archive = (): File =>
  new File(
    [zipSync(Object.fromEntries(IDS.map((id) => [`${id}.json`, encode(stream(id, 2500))])), { mtime: '2026-01-01' })],
    'month.zip'
  );
const loose = (): readonly File[] => IDS.map((id) => new File([stream(id, 2500)], `${id}.json`));

/** What the first dataset needs beside its own bytes. */
const LISTED = 20_000;

async function desk(capacityBytes?: number) {
  const store = new MemoryStore(capacityBytes === undefined ? {} : { capacityBytes });
  return await openDesk(store);
}

async function openDesk(store: MemoryStore) {
  const locks = new LocalLocks();
  const clock = new ManualClock(1000);
  const catalogue = await Catalogue.open({ store, locks, clock, tab: await Tab.open(locks) });
  await keepReserve(store);
  const parts = {
    catalogue,
    store,
    clock,
    codeVersion: 'test',
    parquet: loadParquetInNode,
    breathe: () => Promise.resolve(),
    read: readRecording
  };
  return {
    store,
    catalogue,
    take: (request: ImportRequest) => importFiles(parts, request),
    unfinished: () => unfinishedImports(parts)
  };
}

/** Room for what an import needs but for three tenths of it. */
async function tooSmall(files: readonly File[]): Promise<number> {
  const { store, take } = await desk();
  const before = (await store.usage()).usedBytes;
  await take({ files });
  return Math.round(before + ((await store.usage()).usedBytes - before) * 0.7);
}

async function copied(store: MemoryStore, into: MemoryStore): Promise<void> {
  for (const folder of ['datasets']) {
    for (const path of await store.list(folder)) await into.write(path, (await store.read(path))!);
  }
  await into.write('catalogue.json', (await store.read('catalogue.json'))!);
}

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

describe('a disk that fills up in mid-import', () => {
  test.each([
    ['an archive', () => [archive()]],
    ['several files', loose]
  ] as const)(
    'of %s: every stretch of room leaves what was finished, says so, and can be gone on with',
    async (_, files) => {
      const roomy = await desk();
      await roomy.take({ files: [new File([stream('1.9', 100)], 'kept.json')] });
      const before = (await roomy.store.usage()).usedBytes;
      const kept = await roomy.catalogue.sidecar('kept');
      const whole = await roomy.take({ files: files(), name: 'month' });
      const after = (await roomy.store.usage()).usedBytes;
      const parts = new Set<number>();
      for (let tenth = 0; tenth < 10; tenth++) {
        const { store, catalogue, take, unfinished } = await desk(
          Math.round(before + LISTED + ((after - before) * tenth) / 10)
        );
        await take({ files: [new File([stream('1.9', 100)], 'kept.json')] });
        const outcome = await take({ files: files(), name: 'month' }).catch((error: unknown) => error);
        expect((await catalogue.sidecar('kept')).markets).toEqual(kept.markets);
        for (const { silver } of kept.markets) {
          expect(await store.size(`${await catalogue.folder('kept')}/${silver}`)).toBe(kept.markets[0]!.silverBytes);
        }
        if (outcome instanceof AppError) {
          expect(outcome.code).toBe('storage.full');
          expect(outcome.message).toMatch(/room for about [\d.]+ MB more.*[\d.]+ MB that the browser says are left/u);
          expect((await catalogue.datasets()).map(({ name }) => name)).toEqual(['kept']);
          expect(await store.folders('datasets')).toHaveLength(1);
          parts.add(0);
          continue;
        }
        const { dataset, markets } = outcome as typeof whole;
        parts.add(markets.length);
        expect(markets.length).toBeLessThan(IDS.length);
        expect(dataset.partial).toMatchObject({
          unreadFiles: files().length === 1 ? 1 : (expect.any(Number) as number)
        });
        expect(dataset.partial!.neededBytes).toBeGreaterThan(0);
        expect(dataset.oddities[0]).toMatchObject({ code: 'import-stopped', severity: 'error' });
        // Each that is listed can be read: its files are there, whole.
        const folder = await catalogue.folder('month');
        for (const { silver, silverBytes, bronze } of (await catalogue.sidecar('month')).markets) {
          expect(await store.size(`${folder}/${silver}`)).toBe(silverBytes);
          expect(await store.size(`${folder}/${bronze!}`)).toBeGreaterThan(0);
        }
        // The room kept back to delete with is still there.
        expect(await store.size('reserve')).toBeGreaterThan(0);
        expect(await unfinished()).toMatchObject([{ dataset: 'month', markets: expect.any(Number) as number }]);

        // A tab opened later, with room: the same files go on, and give what they would have given.
        const larger = new MemoryStore();
        await copied(store, larger);
        const again = await openDesk(larger);
        const read: number[] = [];
        const rest = await again.take({ files: files(), onProgress: (progress) => read.push(progress.markets) });
        expect(rest.dataset.partial).toBeUndefined();
        expect(rest.dataset).toEqual(whole.dataset);
        expect(rest.markets).toEqual(whole.markets);
        expect(await again.unfinished()).toEqual([]);
        expect((await again.catalogue.datasets()).map(({ name }) => name)).toEqual(['kept', 'month']);
        const stored = await larger.list(await again.catalogue.folder('month'));
        expect(stored).toHaveLength(2 * IDS.length + 1);
      }
      expect(parts.size, 'some had room for nothing, some for a part').toBeGreaterThan(2);
    }
  );

  test('what is listed of it outlives discarding the rest; deleting it leaves nothing to go on with', async () => {
    const roomy = await desk();
    await roomy.take({ files: loose() });
    const { catalogue, take, unfinished, store } = await desk(Math.round((await roomy.store.usage()).usedBytes * 0.7));
    const { dataset } = await take({ files: loose() });
    const [half] = await unfinished();
    await catalogue.discard(half!.id);
    expect(await unfinished()).toEqual([]);
    expect((await catalogue.markets(dataset.name)).length).toBe(dataset.markets);
    await catalogue.remove(dataset.name);
    await catalogue.purge();
    const again = await take({ files: loose() });
    expect(again.dataset.partial).toBeDefined();
    await catalogue.remove(again.dataset.name);
    expect(await unfinished()).toEqual([]);
    await catalogue.purge();
    expect(await store.list('datasets')).toEqual([]);
  });
});

describe('a cancel', () => {
  test('at any time says that nothing was kept, and nothing is', async () => {
    for (const at of [0, 1, 3]) {
      const { catalogue, take, store, unfinished } = await desk();
      const cancel = new AbortController();
      if (at === 0) cancel.abort();
      let told = 0;
      const request = {
        files: [archive()],
        signal: cancel.signal,
        onProgress: () => {
          if (++told >= at) cancel.abort();
        }
      };
      const error = await refusal(take(request));
      expect(error).toMatchObject({ code: 'aborted', subject: 'the import of month' });
      expect(error.got).toContain('nothing of it was kept');
      expect(await catalogue.datasets()).toEqual([]);
      expect(await unfinished()).toEqual([]);
      expect(await store.list('datasets')).toEqual([]);
    }
  });

  test('of an import that goes on from a full disk leaves the part, and says which', async () => {
    const { store, take } = await desk(await tooSmall([archive()]));
    const { dataset, markets } = await take({ files: [archive()] });
    const larger = new MemoryStore();
    await copied(store, larger);
    const again = await openDesk(larger);
    const cancel = new AbortController();
    const request = {
      files: [archive()],
      signal: cancel.signal,
      onProgress: () => {
        cancel.abort();
      }
    };
    expect((await refusal(again.take(request))).got).toContain(`${dataset.name} keeps what was finished before`);
    expect(await again.catalogue.datasets()).toEqual([dataset]);
    expect(await again.catalogue.markets(dataset.name)).toEqual(markets);
    expect(await again.unfinished()).toHaveLength(1);
  });
});
