/** Imports that are broken off, on the browser's real storage and its real locks. */
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../src/lib/core/errors.ts';
import { droppedFiles } from '../../src/lib/ui/import/dropped-files.ts';
import { FileHandles } from '../../src/lib/ui/import/file-handles.ts';
import type { UnfinishedImport } from '../../src/lib/data/import-journal.ts';
import type { DataClient } from '../../src/lib/workers/data-client.ts';
import { createDataClient } from '../../src/lib/workers/data-client.ts';
import { messageCount } from '../../src/lib/market/tape.ts';

/** Each starts workers several times, which a busy machine is slow at. */
vi.setConfig({ testTimeout: 180_000 });

const clients: DataClient[] = [];
function open(start?: () => Worker): DataClient {
  const client = createDataClient(start);
  clients.push(client);
  return client;
}

beforeEach(async () => {
  const root = await navigator.storage.getDirectory();
  for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

const MARKETS = ['1.1', '1.2', '1.3', '1.4', '1.5', '1.6'];

const stream = (id: string, messages: number): string =>
  Array.from({ length: messages }, (_, i) =>
    JSON.stringify({
      op: 'mcm',
      clk: String(i),
      pt: 1_700_000_000_000 + i * 1000,
      mc: [{ id, rc: [{ id: 1, ltp: 2 + (i % 4) / 50, atb: [[2, 10 + i]], atl: [[2.2, 10 + i]] }] }]
    })
  ).join('\n');

const archive = (messages = 4000): File => {
  const members = MARKETS.map((id) => [`${id}.json`, new TextEncoder().encode(stream(id, messages))] as const);
  return new File([zipSync(Object.fromEntries(members), { level: 1, mtime: '2026-01-01' })], 'month.zip');
};

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

const imported = async (data: DataClient) => (await data.datasets()).filter((one) => one.origin === 'import');

/** Starts an import and closes its tab once some of its markets are stored. */
async function breakOff(file: File, markets = 2): Promise<void> {
  const data = open();
  await new Promise<void>((resolve, reject) => {
    data
      .importFiles([file], {
        key: 'k1',
        onProgress: (progress) => {
          if (progress.markets > markets) resolve();
        }
      })
      .then(() => {
        reject(new Error('it was done before its tab was closed'));
      }, reject);
  });
  data.close();
}

/** A closed tab's locks are free a moment later. */
async function half(data: DataClient): Promise<UnfinishedImport> {
  await expect.poll(async () => (await data.unfinishedImports()).length, { timeout: 30_000 }).toBe(1);
  const [one] = await data.unfinishedImports();
  if (one === undefined) throw new Error('it is gone');
  return one;
}

describe('a tab that is closed in mid-import', () => {
  test('leaves a half-finished import; the same file goes on from its last finished market', async () => {
    const before = open();
    await before.importFiles([new File([stream('1.9', 50)], 'kept.json')]);
    const whole = await before.importFiles([archive()], { name: 'whole' });
    await breakOff(archive());
    const data = open();
    const one = await half(data);
    expect(one).toMatchObject({ name: 'month', key: 'k1', finishedFiles: 0, files: [{ name: 'month.zip' }] });
    expect(one.markets).toBeGreaterThanOrEqual(2);
    expect((await imported(data)).map(({ name }) => name)).toEqual(['kept', 'whole']);
    const read: number[] = [];
    const { dataset, markets } = await data.importFiles([archive()], {
      onProgress: (progress) => read.push(progress.markets)
    });
    expect(read[0], 'it began anew').toBeGreaterThanOrEqual(one.markets);
    expect(dataset).toMatchObject({ name: 'month', fingerprint: whole.dataset.fingerprint, messages: 24_000 });
    expect(markets.map(({ id }) => id)).toEqual(MARKETS);
    for (const id of MARKETS) expect(messageCount(await data.tape('month', id))).toBe(4000);
    expect(await data.unfinishedImports()).toEqual([]);
    expect(messageCount(await data.tape('kept', '1.9'))).toBe(50);
  });

  test('other files do not go on with it, and discarding it gives its room back', async () => {
    await breakOff(archive());
    const data = open();
    const one = await half(data);
    const error = await refusal(data.importFiles([archive(3000)], { resume: one.id }));
    expect([error.code, error.message.includes('month.zip')]).toEqual(['data.missing', true]);
    const other = await data.importFiles([archive(3000)]);
    expect(other.dataset.messages).toBe(18_000);
    expect((await half(data)).id).toBe(one.id);
    await data.discardImport(one.id);
    expect(await data.unfinishedImports()).toEqual([]);
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('furlong');
    const folders: string[] = [];
    for await (const name of (await root.getDirectoryHandle('datasets')).keys()) folders.push(name);
    expect(folders).not.toContain(one.id);
    expect(await imported(data)).toHaveLength(1);
  });

  test('a handle that the browser gave finds the file again, and is forgotten when it is discarded', async () => {
    const root = await navigator.storage.getDirectory();
    const handle = await root.getFileHandle('on-disk.zip', { create: true });
    const writable = await handle.createWritable();
    await writable.write(archive());
    await writable.close();
    await (await FileHandles.open()).keep('k1', [handle]);
    await breakOff(await handle.getFile());
    const data = open();
    const one = await half(data);
    const handles = await FileHandles.open();
    const files = await handles.files(one.key ?? '');
    expect(files?.map(({ name }) => name)).toEqual(['on-disk.zip']);
    const { dataset } = await data.importFiles(files ?? [], { resume: one.id });
    expect(dataset.markets).toBe(MARKETS.length);
    await handles.forget('k1');
    expect(await handles.files('k1')).toBeUndefined();
  });
});

describe('what is dropped', () => {
  test('comes as files, with or without a handle that outlives the page', async () => {
    const made = new DataTransfer();
    made.items.add(archive());
    const { files, handles } = await droppedFiles(made);
    expect(files.map(({ name }) => name)).toEqual(['month.zip']);
    expect(handles === undefined || handles.length === 1).toBe(true);
  });
});

describe('two tabs', () => {
  test('an import that goes on in one is no half-finished one in the other, and cannot be taken from it', async () => {
    const [one, two] = [open(), open()];
    let started = (): void => undefined;
    const begun = new Promise<void>((resolve) => (started = resolve));
    const work = one.importFiles([archive()], { onProgress: ({ markets }) => (markets > 1 ? started() : undefined) });
    await begun;
    expect(await two.unfinishedImports()).toEqual([]);
    const again = await two.importFiles([archive()]);
    const first = await work;
    expect([first.dataset.name, again.dataset.name].sort()).toEqual(['month', 'month 2']);
    expect((await imported(two)).map(({ markets }) => markets)).toEqual([6, 6]);
  });

  test('of two that continue the same one goes on, the other is told', async () => {
    await breakOff(archive());
    const [one, two] = [open(), open()];
    const { id } = await half(one);
    await two.datasets();
    const done = await Promise.allSettled([
      one.importFiles([archive()], { resume: id }),
      two.importFiles([archive()], { resume: id })
    ]);
    const refused = done.filter((each) => each.status === 'rejected').map((each) => each.reason as AppError);
    expect(refused.map(({ code }) => code)).toHaveLength(1);
    expect(['storage.locked', 'data.missing']).toContain(refused[0]?.code);
    expect((await imported(one)).map(({ markets }) => markets)).toEqual([6]);
  });
});

describe('a disk that fills up', () => {
  const full = (): Worker =>
    new Worker(new URL('./support/full-storage.worker.ts', import.meta.url), { type: 'module' });

  test('in mid-import leaves what was stored and nothing of the import; it can be repeated', async () => {
    const data = open(full);
    await data.importFiles([new File([stream('1.9', 50)], 'kept.json')]);
    const large = archive(20_000);
    expect((await refusal(data.importFiles([large]))).code).toBe('storage.full');
    expect(await data.unfinishedImports()).toEqual([]);
    expect((await imported(data)).map(({ name }) => name)).toEqual(['kept']);
    expect(messageCount(await data.tape('kept', '1.9'))).toBe(50);
    data.close();
    // Another worker finds room again.
    const roomy = open(full);
    expect((await roomy.importFiles([archive(50)])).dataset.markets).toBe(MARKETS.length);
    expect((await imported(roomy)).map(({ name }) => name)).toEqual(['kept', 'month']);
  });
});
