/** Imports that are broken off, on the browser's real storage and its real locks. */
import { zipSync } from 'fflate';
import { commands } from 'vitest/browser';
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
async function breakOff(file: File, markets = 2, beside: readonly File[] = []): Promise<void> {
  const data = open();
  await new Promise<void>((resolve, reject) => {
    data
      .importFiles([...beside, file], {
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

  test('knows what its recordings are joined with, when they alone are given again', async () => {
    const tickers = MARKETS.map((_, i) => `KXGOLD15M-26AUG0500${String(i)}0-00`);
    const metadata = new File(
      [
        JSON.stringify({
          event: { event_ticker: 'KXGOLD15M', title: 'Gold' },
          markets: tickers.map((ticker) => ({
            ticker,
            event_ticker: 'KXGOLD15M',
            title: `Is it up? ${ticker}`,
            close_time: '2026-08-06T00:00:00Z',
            settlement_ts: '2026-08-06T00:00:01Z',
            result: 'yes',
            price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0100' }]
          }))
        })
      ],
      'event.json'
    );
    const day = (): File => {
      const members = tickers.map((market_ticker) => {
        let seq = 0;
        const line = (type: string, msg: object): string =>
          JSON.stringify({
            recv_ms: 1_786_000_000_000 + seq,
            event: { type, sid: 1, seq: ++seq, msg: { market_ticker, ...msg } }
          });
        const delta = { price_dollars: '0.4000', delta_fp: '1.00', side: 'yes', ts_ms: 1_786_000_000_000 };
        const lines = [
          line('orderbook_snapshot', { yes_dollars_fp: [['0.4000', '10.00']], no_dollars_fp: [['0.5000', '5.00']] }),
          ...Array.from({ length: 4000 }, () => line('orderbook_delta', delta))
        ];
        return [`${market_ticker}.ndjson`, new TextEncoder().encode(lines.join('\n'))] as const;
      });
      return new File([zipSync(Object.fromEntries(members), { level: 1, mtime: '2026-01-01' })], 'day.zip');
    };
    const whole = await open().importFiles([metadata, day()], { name: 'whole' });
    await breakOff(day(), 2, [metadata]);
    const data = open();
    const one = await half(data);
    const { dataset, markets } = await data.importFiles([day()], { resume: one.id });
    expect(markets.map(({ name, winners }) => [name, winners])).toEqual(
      tickers.map((ticker) => [`Is it up? ${ticker}`, [ticker]])
    );
    expect(dataset.beside?.map(({ name }) => name)).toEqual(['event.json']);
    expect(dataset.fingerprint).toBe(whole.dataset.fingerprint);
    expect(await data.unfinishedImports()).toEqual([]);
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
  /** What the browser's storage holds for this site now. */
  const used = async (): Promise<number> => (await navigator.storage.estimate()).usage ?? 0;
  afterEach(async () => {
    await commands.limitStorage();
  });

  test('in mid-import leaves what was finished as a part that says so; the same file goes on once there is room', async () => {
    const roomy = open();
    const whole = await roomy.importFiles([archive()], { name: 'month' });
    const [each = 0] = whole.markets.map(() => whole.dataset.bronzeBytes + whole.dataset.silverBytes);
    await roomy.remove('month');
    await roomy.purge();
    await roomy.importFiles([new File([stream('1.9', 50)], 'kept.json')]);

    await commands.limitStorage((await used()) + Math.round(each * 0.75));
    const { dataset, markets } = await roomy.importFiles([archive()]);
    expect(markets.length).toBeGreaterThan(0);
    expect(markets.length).toBeLessThan(MARKETS.length);
    expect(dataset.partial).toMatchObject({ unreadFiles: 1 });
    expect(dataset.partial?.neededBytes).toBeGreaterThan(0);
    expect(dataset.oddities[0]).toMatchObject({ code: 'import-stopped', severity: 'error' });
    expect(dataset.oddities[0]?.example).toMatch(/room for about [\d.]+ MB more/u);
    for (const { id } of markets) expect(messageCount(await roomy.tape('month', id))).toBe(4000);
    expect((await imported(roomy)).map(({ name }) => name)).toEqual(['kept', 'month']);
    expect(messageCount(await roomy.tape('kept', '1.9'))).toBe(50);
    expect(await roomy.unfinishedImports()).toMatchObject([{ dataset: 'month', name: 'month' }]);
    roomy.close();

    // In another tab, once there is room again.
    await commands.limitStorage();
    const again = open();
    await half(again);
    const read: number[] = [];
    const rest = await again.importFiles([archive()], { onProgress: (progress) => read.push(progress.markets) });
    expect(read[0], 'it began anew').toBeGreaterThanOrEqual(1);
    expect(rest.dataset).toMatchObject({ name: 'month', markets: 6, fingerprint: whole.dataset.fingerprint });
    expect(rest.dataset.partial).toBeUndefined();
    for (const id of MARKETS) expect(messageCount(await again.tape('month', id))).toBe(4000);
    expect((await imported(again)).map(({ name }) => name)).toEqual(['kept', 'month']);
    expect(await again.unfinishedImports()).toEqual([]);
  });

  test('before anything was finished leaves nothing of the import, and says how much was needed', async () => {
    const data = open();
    await data.importFiles([new File([stream('1.9', 50)], 'kept.json')]);
    await commands.limitStorage((await used()) + 20_000);
    const error = await refusal(data.importFiles([new File([stream('1.8', 60_000)], 'one.json')]));
    expect(error.code).toBe('storage.full');
    expect(error.message).toMatch(/room for about [\d.]+ MB more/u);
    expect(await data.unfinishedImports()).toEqual([]);
    expect((await imported(data)).map(({ name }) => name)).toEqual(['kept']);
    expect(messageCount(await data.tape('kept', '1.9'))).toBe(50);
    // Full as it is, a dataset can be deleted, and that makes room.
    await data.remove('kept');
    await data.purge();
    expect(await imported(data)).toEqual([]);
  });
});

describe('a cancel', () => {
  test('as early as can be is heard, and says that nothing was kept', async () => {
    const data = open();
    for (const later of [0, 1, 30]) {
      const cancel = new AbortController();
      const work = data.importFiles([archive()], { signal: cancel.signal });
      if (later === 0) cancel.abort();
      else setTimeout(() => cancel.abort(), later);
      const error = await refusal(work);
      expect(error.code).toBe('aborted');
      expect(error.message).toContain('nothing of it was kept');
      expect(await imported(data)).toEqual([]);
      expect(await data.unfinishedImports()).toEqual([]);
    }
  });
});
