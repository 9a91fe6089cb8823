/**
 * What a stranger may drop, on the browser's real storage: every container cut off, with a byte flipped, under another's
 * name, too much out of too little, paths that climb, tables with faults. Each gives a clear refusal or a part that says
 * so; what was stored before is the same byte for byte; the whole file is imported afterwards as if nothing had been.
 */
import { tableToIPC, tableFromArrays } from 'apache-arrow';
import { gzipSync, zipSync } from 'fflate';
import { commands } from 'vitest/browser';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import parquetUrl from 'parquet-wasm/esm/parquet_wasm_bg.wasm?url';
import { AppError } from '../../src/lib/core/errors.ts';
import { members } from '../../src/lib/data/archive/members.ts';
import { Catalogue } from '../../src/lib/data/catalogue.ts';
import { importFiles } from '../../src/lib/data/import.ts';
import { loadParquet } from '../../src/lib/data/parquet/codec.ts';
import { readRecording } from '../../src/lib/data/read-recording.ts';
import type { RecordingReader } from '../../src/lib/data/recording.ts';
import type { ImportReport } from '../../src/lib/data/records.ts';
import { openLocks } from '../../src/lib/data/store/locks.ts';
import { OpfsStore } from '../../src/lib/data/store/opfs-store.ts';
import { Tab } from '../../src/lib/data/store/tab.ts';
import { browserClock } from '../../src/lib/workers/browser-clock.ts';
import type { DataClient } from '../../src/lib/workers/data-client.ts';
import { createDataClient } from '../../src/lib/workers/data-client.ts';
import { joined, tarOf, zipOf } from '../support/archives.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const encoder = new TextEncoder();
const MESSAGES = 400;

const stream = (id: string): Uint8Array<ArrayBuffer> =>
  encoder.encode(
    Array.from({ length: MESSAGES }, (_, i) =>
      JSON.stringify({
        op: 'mcm',
        clk: String((i * 7919) % 99_991),
        pt: 1_700_000_000_000 + i * 1000,
        mc: [{ id, rc: [{ id: 1, ltp: 2 + (i % 4) / 50, atb: [[2, ((i * 7919) % 997) + 1]], atl: [[2.2, 10 + i]] }] }]
      })
    ).join('\n')
  );

const IDS = ['1.1', '1.2', '1.3'];
const times = Array.from({ length: 300 }, (_, i) => 1_700_000_000_000 + i * 60_000);
const prices = (add: number): Float64Array => Float64Array.from(times, (_, i) => 100 + (i % 7) + add);
const candles = (): string =>
  [
    'time,open,high,low,close,volume',
    ...times.map((time, i) => `${time},${100 + (i % 7)},${103 + (i % 7)},${99 + (i % 7)},${101 + (i % 7)},${i}`)
  ].join('\n');
const arrow = (): Uint8Array =>
  tableToIPC(
    tableFromArrays({
      time: Float64Array.from(times),
      open: prices(0),
      high: prices(3),
      low: prices(-1),
      close: prices(1),
      volume: prices(5)
    }),
    'file'
  );

const base64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const packed = async (bytes: Uint8Array, by: 'bzip2' | 'zstd'): Promise<Uint8Array<ArrayBuffer>> =>
  fromBase64(await commands.packed(base64(bytes), by));
const gz = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(gzipSync(bytes, { mtime: 0 }));

let data: DataClient;
let kept: ImportReport;
beforeAll(async () => {
  const root = await navigator.storage.getDirectory();
  for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
  data = createDataClient();
  kept = await data.importFiles([new File([stream('1.9')], 'kept.json')]);
});
afterAll(() => {
  data.close();
});

/** Every file of a folder of the browser's storage, by path. */
async function stored(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const walk = async (at: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
    for await (const [name, entry] of at.entries()) {
      if (entry.kind === 'directory') await walk(entry, `${prefix}${name}/`);
      else {
        const bytes = await (await entry.getFile()).arrayBuffer();
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        found.set(`${prefix}${name}`, base64(digest));
      }
    }
  };
  const furlong = await (await navigator.storage.getDirectory()).getDirectoryHandle('furlong');
  await walk(await furlong.getDirectoryHandle('datasets'), '');
  return found;
}

const own = async () => (await data.datasets()).filter(({ origin }) => origin === 'import');

/**
 * Imports what may be bad, holds what came of it against the promise, and takes it away again.
 * @returns the report, where something was kept
 */
async function offered(file: File, what: string): Promise<ImportReport | undefined> {
  const before = await stored();
  const outcome: unknown = await data.importFiles([file]).catch((error: unknown) => error);
  const after = await stored();
  for (const [path, digest] of before) expect(after.get(path), `${what}: ${path} was changed`).toBe(digest);
  if (outcome instanceof Error) {
    if (!(outcome instanceof AppError)) throw new Error(`${what} was met by a fault of ours`, { cause: outcome });
    const { code, message, remedy } = outcome;
    expect(code, `${what}: ${message}`).toMatch(/^data\./u);
    expect(message, what).toContain(file.name);
    expect(remedy, what).not.toBe('');
    expect([...after.keys()], `${what}: something stayed`).toEqual([...before.keys()]);
    return undefined;
  }
  const report = outcome as ImportReport;
  await data.remove(report.dataset.name);
  await data.purge();
  expect(await stored()).toEqual(before);
  expect((await own()).map(({ name }) => name)).toEqual([kept.dataset.name]);
  return report;
}

/** That something is missing or wrong is said at the front: of the dataset, as an error. */
const isMarked = ({ dataset, markets }: ImportReport): boolean =>
  dataset.oddities.some(({ severity }) => severity !== 'note') ||
  markets.some(({ oddities }) => oddities.some(({ severity }) => severity !== 'note'));

type Made = () => Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
/** A checksum over all: no flipped byte goes unseen. */
const GUARDED = new Set(['gzip', 'bzip2', 'zip', 'tar of bzip2', 'zip of zstd']);
const all = (): readonly { readonly path: string; readonly bytes: Uint8Array<ArrayBuffer> }[] =>
  IDS.map((id) => ({ path: `2024/${id}.json`, bytes: stream(id) }));
const containers: readonly (readonly [name: string, make: Made])[] = [
  ['plain', () => stream('1.1')],
  ['gzip', () => gz(stream('1.1'))],
  ['several gzip members', () => joined(gz(stream('1.1')), gz(encoder.encode('\n')), gz(stream('1.2')))],
  ['bzip2', () => packed(stream('1.1'), 'bzip2')],
  [
    'several bzip2 streams',
    async () =>
      joined(await packed(joined(stream('1.1'), Uint8Array.of(10)), 'bzip2'), await packed(stream('1.2'), 'bzip2'))
  ],
  ['zstd', () => packed(stream('1.1'), 'zstd')],
  [
    'zip',
    () =>
      Uint8Array.from(
        zipSync(Object.fromEntries(all().map(({ path, bytes }) => [path, bytes])), { mtime: '2026-01-01' })
      )
  ],
  ['tar', () => tarOf(...all())],
  ['tar.gz', () => gz(tarOf(...all()))],
  [
    'tar of bzip2',
    async () =>
      tarOf(
        ...(await Promise.all(all().map(async ({ path, bytes }) => ({ path, bytes: await packed(bytes, 'bzip2') }))))
      )
  ],
  [
    'zip of zstd',
    async () =>
      Uint8Array.from(
        zipSync(
          Object.fromEntries(
            await Promise.all(all().map(async ({ path, bytes }) => [path, await packed(bytes, 'zstd')] as const))
          ),
          { mtime: '2026-01-01', level: 0 }
        )
      )
  ],
  ['CSV', () => encoder.encode(candles())],
  ['Arrow', () => Uint8Array.from(arrow())],
  [
    'Parquet of a layer',
    async () => {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('furlong');
      const [path = ''] = [...(await stored()).keys()].filter((one) => /silver\/.*\.parquet$/u.test(one));
      let at = await root.getDirectoryHandle('datasets');
      const steps = path.split('/');
      for (const step of steps.slice(0, -1)) at = await at.getDirectoryHandle(step);
      const file = await (await at.getFileHandle(steps.at(-1) ?? '')).getFile();
      return new Uint8Array(await file.arrayBuffer());
    }
  ],
  [
    'an exported dataset',
    async () => {
      const file = await data.exportDataset(kept.dataset.name);
      return new Uint8Array(await file.arrayBuffer());
    }
  ]
];

describe.each(containers)('%s', (name, make) => {
  let bytes: Uint8Array<ArrayBuffer>;
  let whole: ImportReport;
  beforeAll(async () => {
    bytes = await make();
  });
  beforeEach(async () => {
    const report = await offered(new File([bytes], 'file.bin'), 'whole');
    if (report === undefined) throw new Error(`${name} is not read`);
    whole = report;
  });

  test('cut off at every tenth of its length', async ({ skip }) => {
    skip(bytes.length === 0, 'there is no program here that packs it');
    for (let tenth = 0; tenth < 10; tenth++) {
      const what = `${String(tenth)} tenths`;
      const report = await offered(
        new File([bytes.slice(0, Math.floor((bytes.length * tenth) / 10))], 'file.bin'),
        what
      );
      if (report === undefined) continue;
      expect(report.dataset.messages, what).toBeLessThanOrEqual(whole.dataset.messages);
      // A table that ends at a line's end is a table; a tape archive ends in zeros that say nothing.
      if (report.dataset.messages < whole.dataset.messages && name !== 'CSV') expect(isMarked(report), what).toBe(true);
    }
    const again = await offered(new File([bytes], 'file.bin'), 'again');
    expect(again?.dataset.fingerprint).toBe(whole.dataset.fingerprint);
    expect(again?.markets).toEqual(whole.markets);
  });

  test('one flipped byte, anywhere', async ({ skip }) => {
    skip(bytes.length === 0, 'there is no program here that packs it');
    for (let part = 0; part < 20; part++) {
      const at = Math.floor((bytes.length * (part + 0.5)) / 20);
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << (part % 8);
      const what = `byte ${String(at)}`;
      const report = await offered(new File([flipped], 'file.bin'), what);
      if (report === undefined || !GUARDED.has(name)) continue;
      const isSame =
        report.dataset.messages === whole.dataset.messages && report.markets.length === whole.markets.length;
      // A name, a time stamp or padding carries no data; what does is guarded by a checksum.
      expect(isSame || isMarked(report), what).toBe(true);
    }
    expect((await offered(new File([bytes], 'file.bin'), 'again'))?.markets).toEqual(whole.markets);
  });

  test('what it is, its bytes say and not its name', async ({ skip }) => {
    skip(bytes.length === 0, 'there is no program here that packs it');
    for (const ending of ['.zip', '.bz2', '.csv', '.parquet']) {
      const report = await offered(new File([bytes], `file${ending}`), ending);
      expect(report?.dataset.messages, ending).toBe(whole.dataset.messages);
    }
    const wrong = bytes.slice();
    wrong.set(encoder.encode('\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b'), 0);
    const report = await offered(new File([wrong], 'file.bin'), 'wrong magic');
    // A tape archive's first bytes are a name, a line of text one line of many.
    if (report !== undefined && !['tar', 'tar of bzip2'].includes(name)) expect(isMarked(report)).toBe(true);
  });
});

describe('too much, and out of bounds', () => {
  test('a bomb of a ratio no recording has is refused before it fills memory or disk', async () => {
    // It begins as a recording does, and goes on in lines of blanks.
    const blanks = new Uint8Array(72 << 20).fill(32);
    for (let at = 0; at < blanks.length; at += 1 << 16) blanks[at] = 10;
    const bomb = gz(joined(stream('1.1'), blanks));
    expect(bomb.length).toBeLessThan(200_000);
    for (const [name, bytes] of [
      ['bomb.gz', bomb],
      ['bomb.tar', tarOf({ path: 'a.gz', bytes: bomb })],
      ['bomb.zip', zipOf({ path: 'a.gz', bytes: bomb })]
    ] as const) {
      const before = await stored();
      const error: unknown = await data.importFiles([new File([bytes], name)]).catch((thrown: unknown) => thrown);
      expect((error as AppError).code, name).toBe('data.limit');
      expect(await stored()).toEqual(before);
    }
  });

  test('more in all than the limit is refused, or kept as far as it went, on the same storage', async () => {
    // The limit is a terabyte; a smaller one is held to in the same way.
    const read: RecordingReader = (file, options) =>
      readRecording(file, {
        ...options,
        unpack: (packed, more) => members(packed, { ...more, limits: { totalBytes: 2.5 * stream('1.1').length } })
      });
    const root = await navigator.storage.getDirectory();
    const store = new OpfsStore(await root.getDirectoryHandle('limits', { create: true }), navigator.storage);
    const locks = openLocks();
    const catalogue = await Catalogue.open({ store, locks, clock: browserClock, tab: await Tab.open(locks) });
    const parts = {
      ...{ catalogue, store, clock: browserClock, codeVersion: 'test', read },
      parquet: () => loadParquet(() => parquetUrl),
      breathe: () => Promise.resolve()
    };
    const names = async () => (await catalogue.datasets()).map(({ name }) => name);
    const before = await importFiles(parts, { files: [new File([stream('1.9')], 'kept.json')] });
    const long = joined(stream('1.1'), Uint8Array.of(10), stream('1.1'), Uint8Array.of(10), stream('1.1'));
    const error: unknown = await importFiles(parts, { files: [new File([gz(long)], 'long.gz')] }).catch(
      (thrown: unknown) => thrown
    );
    expect(error).toMatchObject({ code: 'data.limit', subject: 'long.gz' });
    expect((error as AppError).message).toContain('bytes once unpacked');
    expect(await names()).toEqual(['kept']);
    for (const [name, bytes] of [
      ['three.tar', tarOf(...all())],
      ['three.zip', zipOf(...all())]
    ] as const) {
      const { dataset, markets } = await importFiles(parts, { files: [new File([bytes], name)] });
      expect(markets.map(({ id }) => id).sort()).toEqual(['1.1', '1.2']);
      expect(dataset.oddities[0]).toMatchObject({ code: 'archive-damaged', severity: 'error' });
      expect(dataset.oddities[0]?.example).toContain('bytes once unpacked');
    }
    expect(await names()).toEqual(['kept', 'three', 'three 2']);
    expect(await catalogue.markets('kept')).toEqual(before.markets);
    expect(await catalogue.unfinished()).toEqual([]);
  });

  test('paths that climb out of an archive are left out and told; what stands beside them is read', async () => {
    for (const path of ['../up.json', '/root.json', 'a/../../up.json', 'C:\\up.json', '..\\up.json']) {
      for (const [name, bytes] of [
        ['a.tar', tarOf({ path, bytes: stream('1.8') }, { path: 'fine.json', bytes: stream('1.1') })],
        ['a.zip', zipOf({ path, bytes: stream('1.8') }, { path: 'fine.json', bytes: stream('1.1') })]
      ] as const) {
        const report = await offered(new File([bytes], name), path);
        expect(
          report?.markets.map(({ id }) => id),
          `${name} ${path}`
        ).toEqual(['1.1']);
        expect(report?.dataset.oddities.map(({ example }) => example).join(' ')).toContain('leads out of it');
      }
    }
  });

  test('a table in a time zone that its times do not occur in, or in none, is told by line', async () => {
    // On 31 March 2024 clocks in Berlin went from 2:00 to 3:00.
    const rows = ['00:30', '01:30', '02:30', '03:30'].map((time) => `2024-03-31 ${time},1,2,0.5,1,5`);
    const file = (): File => new File([['time,open,high,low,close,volume', ...rows].join('\n')], 'local.csv');
    const asked = (zone: string): Promise<ImportReport> =>
      data.importFiles([file()], {
        ask: ({ candidates, table }) =>
          Promise.resolve({
            kind: 'read',
            as: candidates[0]?.kind ?? 'table',
            ...(table === undefined ? {} : { table: { ...table.guess, zone } }),
            forAll: false
          })
      });
    const before = await stored();
    const berlin = await asked('Europe/Berlin');
    expect(berlin.dataset.messages).toBe(3);
    expect(berlin.markets[0]?.firstMillis).toBe(Date.UTC(2024, 2, 30, 23, 30));
    const odd = berlin.dataset.oddities.find(({ code }) => code === 'unreadable-time');
    expect(odd?.example).toContain('line 4');
    const utc = await asked('UTC');
    expect(utc.dataset).toMatchObject({ messages: 4, firstMillis: Date.UTC(2024, 2, 31, 0, 30) });
    expect(utc.dataset.fingerprint).not.toBe(berlin.dataset.fingerprint);
    for (const { dataset } of [berlin, utc]) await data.remove(dataset.name);
    await data.purge();
    const error: unknown = await asked('Europe/Nowhere').catch((thrown: unknown) => thrown);
    expect((error as AppError).code).toMatch(/^data\./u);
    expect((error as AppError).message).toContain('Europe/Nowhere');
    expect(await stored()).toEqual(before);
  });

  test('a table with faults keeps its sound rows and tells the others by line', async () => {
    const [head, ...rows] = candles().split('\n');
    const faults: readonly (readonly [line: string, code: string])[] = [
      ['1700000000000,1,2', 'ragged-row'],
      ['1700000000000,1,2,3,4,5,6,7', 'ragged-row'],
      ['1700000000001,NaN,2,1,1,1', 'missing-number'],
      ['1700000000002,"1,5",2,1,1,1', 'unreadable-number'],
      ['1700000000003,1,0.5,2,1,1', 'impossible-candle'],
      ['2024-02-31,1,2,1,1,1', 'unreadable-time'],
      ['9999999999999999,1,2,1,1,1', 'unreadable-time']
    ];
    for (const [line, code] of faults) {
      const text = [head, ...rows.slice(0, 100), line, ...rows.slice(100)].join('\n');
      const report = await offered(new File([text], 'faulty.csv'), line);
      expect(report?.dataset.messages, line).toBe(rows.length);
      const odd = report?.dataset.oddities.find((one) => one.code === code);
      expect(odd?.example, line).toContain('line 102');
    }
  });
});
