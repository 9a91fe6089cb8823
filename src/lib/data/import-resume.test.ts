import { zipSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import { DyingStore } from '../../../tests/support/dying-store.ts';
import { AppError } from '../core/errors.ts';
import { ManualClock } from '../core/time.ts';
import { Catalogue } from './catalogue.ts';
import type { ImportRequest } from './import.ts';
import { importFiles, unfinishedImports } from './import.ts';
import { loadParquetInNode } from './parquet/load-node.ts';
import { readRecording } from './read-recording.ts';
import type { ImportReport } from './records.ts';
import type { FileStore } from './store/file-store.ts';
import { LocalLocks } from './store/locks.ts';
import { MemoryStore } from './store/memory-store.ts';
import { Tab } from './store/tab.ts';

beforeAll(loadParquetInNode);

interface TestTab {
  readonly catalogue: Catalogue;
  readonly read: readonly string[];
  take(request: ImportRequest): Promise<ImportReport>;
  unfinished(): ReturnType<typeof unfinishedImports>;
}

/** A tab of its own: the locks of one that died are free. */
async function openTab(store: FileStore): Promise<TestTab> {
  const locks = new LocalLocks();
  const clock = new ManualClock(1000);
  const catalogue = await Catalogue.open({ store, locks, clock, tab: await Tab.open(locks) });
  const read: string[] = [];
  const parts = {
    catalogue,
    store,
    clock,
    codeVersion: 'test',
    parquet: loadParquetInNode,
    breathe: () => Promise.resolve(),
    read: ((file, options) =>
      readRecording(file, {
        ...options,
        onMarket: async (market) => {
          read.push(market.record.id);
          await options.onMarket(market);
        }
      })) satisfies typeof readRecording
  };
  return {
    catalogue,
    read,
    take: (request) => importFiles(parts, request),
    unfinished: () => unfinishedImports(parts)
  };
}

const stream = (id: string, messages: number): string =>
  Array.from({ length: messages }, (_, i) =>
    JSON.stringify({
      op: 'mcm',
      clk: String(i),
      pt: 1_700_000_000_000 + i * 1000,
      mc: [{ id, rc: [{ id: 1, ltp: 2 + (i % 4) / 50 }] }]
    })
  ).join('\n');

/** The same bytes whenever it is made. */
const MADE = '2026-01-01';

const bytes = (text: string) => new TextEncoder().encode(text);

/** A plain file, a bad one, one of a market that an archive holds too, and the archive with something else in it. */
const files = (): readonly File[] => [
  new File([stream('1.1', 4)], 'one.json'),
  new File(['no recording'], 'bad.txt'),
  new File([stream('1.2', 9)], 'two.json'),
  new File(
    [
      zipSync(
        {
          'a.json': bytes(stream('1.3', 5)),
          'readme.txt': bytes('hello'),
          'b.json': bytes(stream('1.2', 3)),
          'c.json': bytes(stream('1.4', 70))
        },
        { mtime: MADE }
      )
    ],
    'more.zip'
  )
];

const told = ({ dataset, markets }: ImportReport) => ({ dataset, markets });

async function stored(store: FileStore): Promise<readonly string[]> {
  return (await store.list('datasets')).map((path) => path.split('/').slice(2).join('/')).sort();
}

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

/** An import of `given` that stops at its `writes`-th write. */
async function died(given: readonly File[], writes: number, tears = false): Promise<DyingStore> {
  const store = new DyingStore();
  const tab = await openTab(store);
  store.left = writes;
  store.tears = tears;
  await Promise.race([store.died, tab.take({ files: given, key: 'k' })]);
  store.left = Number.POSITIVE_INFINITY;
  return store;
}

describe('an import whose tab was closed', () => {
  test.each([false, true])('at any write gives in the end what it would have given (torn line: %s)', async (tears) => {
    const whole = new MemoryStore();
    const tab = await openTab(whole);
    const expected = told(await tab.take({ files: files() }));
    expect(expected.markets).toHaveLength(4);
    const left = await stored(whole);
    let spared = 0;
    let stops = 0;
    for (let writes = 2; ; writes++) {
      const store = await died(files(), writes, tears);
      const after = await openTab(store);
      const [half] = await after.unfinished();
      if (half === undefined) {
        expect((await after.catalogue.datasets()).length, `stopped at write ${String(writes)}`).toBe(1);
        break;
      }
      stops++;
      expect(half).toMatchObject({ name: 'one + bad + 2 more', key: 'k', startedMillis: 1000 });
      expect(await after.catalogue.datasets()).toEqual([]);
      expect(told(await after.take({ files: files() }))).toEqual(expected);
      expect(after.read.length).toBeLessThanOrEqual(5 - half.markets);
      spared = Math.max(spared, half.markets);
      expect(await stored(store)).toEqual(left);
      expect(await after.unfinished()).toEqual([]);
    }
    expect(stops).toBeGreaterThan(10);
    expect(spared).toBe(4);
  });

  test('goes on with the files that are not done alone, in any order, and says which one it lacks', async () => {
    const store = await died(files(), 12);
    const tab = await openTab(store);
    const [half] = await tab.unfinished();
    expect(half).toMatchObject({ finishedFiles: 2 });
    const [, bad, , archive] = files() as [File, File, File, File];
    const error = await refusal(tab.take({ files: [bad], resume: half!.id }));
    expect(error.code).toBe('data.missing');
    expect(error.message).toContain('more.zip');
    expect(error.got).toBe('bad.txt alone');
    const other = new File(['other bytes'], 'more.zip');
    const both = await refusal(tab.take({ files: [bad, other], resume: half!.id }));
    expect(both.got).toBe('bad.txt alone; more.zip: not the same bytes');
    expect(await tab.unfinished()).toEqual([half]);
    const { markets } = await tab.take({ files: [archive, bad], resume: half!.id });
    expect(markets.map(({ id }) => id).sort()).toEqual(['1.1', '1.2', '1.3', '1.4']);
  });

  test('refuses a file that only begins and ends as the one it began with, and keeps what it has', async () => {
    const of = (middle: string): File =>
      new File(
        [
          zipSync(
            {
              a: bytes(stream('1.1', 900)),
              b: [bytes(stream(middle, 900)), { level: 0 }],
              c: bytes(stream('1.3', 900))
            },
            { level: 0, mtime: MADE }
          )
        ],
        'x.zip'
      );
    const store = await died([of('1.2')], 8);
    const tab = await openTab(store);
    const [half] = await tab.unfinished();
    expect(half?.markets).toBeGreaterThan(0);
    const error = await refusal(tab.take({ files: [sameEnds(await of('1.2').arrayBuffer())], resume: half!.id }));
    expect([error.code, error.subject]).toEqual(['data.drift', 'x.zip']);
    expect(await tab.unfinished()).toEqual([half]);
  });

  test('is discarded whole, and the same files are then imported anew', async () => {
    const store = await died(files(), 9);
    const tab = await openTab(store);
    const [half] = await tab.unfinished();
    await tab.catalogue.discard(half!.id);
    expect(await stored(store)).toEqual([]);
    expect((await refusal(tab.catalogue.discard(half!.id))).code).toBe('data.missing');
    expect((await tab.take({ files: files() })).markets).toHaveLength(4);
    expect(tab.read).toHaveLength(5);
  });

  test('that is cancelled once it goes on leaves nothing behind', async () => {
    const store = await died(files(), 9);
    const tab = await openTab(store);
    const cancel = new AbortController();
    const work = tab.take({ files: files(), signal: cancel.signal, onProgress: () => cancel.abort() });
    expect((await refusal(work)).code).toBe('aborted');
    expect(await stored(store)).toEqual([]);
  });
});

/** Another byte in the middle alone. */
function sameEnds(buffer: ArrayBuffer): File {
  const changed = new Uint8Array(buffer.slice(0));
  changed[changed.length >> 1]! ^= 1;
  return new File([changed], 'x.zip');
}

test('a dataset is named after the first file that could be read, or as it was asked for', async () => {
  const [one, bad] = files() as [File, File];
  const tab = await openTab(new MemoryStore());
  expect((await tab.take({ files: [bad, one] })).dataset.name).toBe('one');
  expect((await tab.take({ files: [bad, one], name: 'mine' })).dataset.name).toBe('mine');
});
