/** Imports of archives: what is kept, under which name, and what is told. */
import { gzipSync, zipSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import { bytesOf, joined, streamOf, tarOf, tarPart, zipOf } from '../../../tests/support/archives.ts';
import { AppError } from '../core/errors.ts';
import { ManualClock } from '../core/time.ts';
import { Catalogue } from './catalogue.ts';
import type { ImportRequest } from './import.ts';
import { importFiles } from './import.ts';
import { loadParquetInNode } from './parquet/load-node.ts';
import { readRecording } from './read-recording.ts';
import type { ImportProgress, ImportReport } from './records.ts';
import { LocalLocks } from './store/locks.ts';
import { MemoryStore } from './store/memory-store.ts';
import { Tab } from './store/tab.ts';

beforeAll(loadParquetInNode);

class Desk {
  readonly store = new MemoryStore();
  readonly #locks = new LocalLocks();
  readonly #clock = new ManualClock(1000);
  readonly #catalogue: Promise<Catalogue>;

  constructor() {
    this.#catalogue = this.#open();
  }

  async #open(): Promise<Catalogue> {
    const tab = await Tab.open(this.#locks);
    return await Catalogue.open({ store: this.store, locks: this.#locks, clock: this.#clock, tab });
  }

  async import(file: File | readonly File[], more: Partial<ImportRequest> = {}): Promise<ImportReport> {
    const parts = {
      catalogue: await this.#catalogue,
      store: this.store,
      clock: this.#clock,
      codeVersion: 'test',
      read: readRecording,
      parquet: loadParquetInNode,
      breathe: () => Promise.resolve()
    };
    return await importFiles(parts, { files: [file].flat(), ...more });
  }
}

const START = 1_700_000_000_000;

/** A market's messages, its last one of it closed. */
function market(id: string, messages = 50, from = START): Uint8Array<ArrayBuffer> {
  const lines = Array.from({ length: messages }, (_, i) => {
    const last = i === messages - 1;
    const marketDefinition = {
      status: last ? 'CLOSED' : 'OPEN',
      runners: [{ id: 1, status: 'ACTIVE', sortPriority: 1 }]
    };
    const change = i === 0 || last ? { id, marketDefinition } : { id, rc: [{ id: 1, atb: [[2, i + 1]] }] };
    return `${JSON.stringify({ op: 'mcm', clk: String(i), pt: from + i * 1000, mc: [change] })}\n`;
  });
  return bytesOf(lines.join(''));
}

const gz = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(gzipSync(bytes));
const ids = ({ markets }: ImportReport): readonly string[] => markets.map((one) => one.id);
const codes = ({ dataset }: ImportReport): readonly string[] => dataset.oddities.map((one) => one.code);
const fileOf = (bytes: Uint8Array<ArrayBuffer>, name = 'month.tar'): File => new File([bytes], name);

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error
  );
  if (!(thrown instanceof AppError)) throw new Error('it was not refused', { cause: thrown });
  return thrown;
}

describe('an archive', () => {
  const parts = ['1.1', '1.2', '1.3'].map((id, i) => ({ path: `2023/${id}.gz`, bytes: gz(market(id, 40 + i)) }));

  test('becomes one dataset of all its markets, with its own name', async () => {
    const tree = Object.fromEntries(parts.map((part) => [part.path, part.bytes]));
    for (const [name, bytes] of [
      ['month.tar', tarOf(...parts)],
      ['month.tar.gz', gz(tarOf(...parts))],
      ['month.zip', Uint8Array.from(zipSync(tree))]
    ] as const) {
      const report = await new Desk().import(fileOf(bytes, name));
      expect(report.dataset).toMatchObject({ name: 'month', markets: 3, messages: 123 });
      expect(report.dataset.files).toMatchObject([
        { name, bytes: bytes.length, messages: 123, markets: 3, members: 3 }
      ]);
      expect(ids(report)).toEqual(['1.1', '1.2', '1.3']);
      expect(codes(report)).not.toContain('archive-damaged');
    }
  });

  test('gives its markets the fingerprints they have alone', async () => {
    const desk = new Desk();
    const together = await desk.import(fileOf(tarOf(...parts)));
    const alone = await desk.import(parts.map((part) => fileOf(part.bytes, part.path)));
    expect(alone.dataset.fingerprint).toBe(together.dataset.fingerprint);
    expect(codes(alone)).toContain('already-imported');
  });

  test('tells its progress in bytes, members and markets', async () => {
    const told: ImportProgress[] = [];
    const bytes = tarOf(...parts);
    await new Desk().import(fileOf(bytes), { onProgress: (progress) => told.push(progress) });
    expect(new Set(told.map((one) => one.file))).toContain('month.tar/2023/1.2.gz');
    expect(told.map((one) => one.markets)).toEqual(told.map((one) => one.markets).toSorted((a, b) => a - b));
    expect(told.at(-1)).toMatchObject({ markets: 3, bytesRead: bytes.length, bytesTotal: bytes.length });
    expect(told.every((one) => one.bytesRead <= one.bytesTotal)).toBe(true);
  });

  test('with the same market in two members keeps the longer one, and tells both', async () => {
    const desk = new Desk();
    const twice = tarOf(
      { path: 'a', bytes: market('1.1', 30) },
      { path: 'b', bytes: market('1.1', 60) },
      { path: 'a', bytes: market('1.1', 40) }
    );
    const report = await desk.import(fileOf(twice));
    expect(report.markets).toMatchObject([{ id: '1.1', messages: 60 }]);
    expect(report.dataset.oddities).toContainEqual(
      expect.objectContaining({ code: 'market-in-several-files', count: 2 })
    );
    expect(codes(report)).toContain('repeated-path');
    expect((await desk.store.list('datasets')).filter((path) => path.endsWith('.parquet')).length).toBe(2);
  });

  test('passes over what is no recording, and tells it apart from a recording that is damaged', async () => {
    const damaged = gz(market('1.2'));
    damaged[damaged.length - 6]! ^= 1;
    const report = await new Desk().import(
      fileOf(
        tarOf(
          { path: 'readme.txt', bytes: bytesOf('hello\n') },
          { path: 'empty', bytes: new Uint8Array(0) },
          { path: '1.1', bytes: market('1.1') },
          { path: 'damaged.gz', bytes: damaged },
          { path: '../up', bytes: market('1.9') },
          { path: '1.3', bytes: market('1.3') }
        )
      )
    );
    expect(ids(report)).toEqual(['1.1', '1.3']);
    const [first] = report.dataset.oddities;
    expect(first).toMatchObject({ code: 'unreadable-member', severity: 'error', count: 1 });
    expect(first?.example).toContain('month.tar/damaged.gz');
    expect(report.dataset.oddities).toContainEqual(
      expect.objectContaining({ code: 'other-member', severity: 'note', count: 3 })
    );
  });

  test.each([
    ['empty zip', zipOf(), ['nothing']],
    ['empty tar', new Uint8Array(10_240), ['bytes 00 00 00 00']],
    [
      'tar of what is no recording',
      tarOf({ path: 'a.txt', bytes: bytesOf('no\n') }, { path: 'b.png', bytes: Uint8Array.of(137, 80, 78, 71) }),
      ['a.txt', 'b.png', '"no"']
    ],
    ['encrypted zip', zipOf({ path: 'a', bytes: market('1.1'), flags: 1 }), ['it is encrypted']]
  ])('%s is refused, and what was found is told', async (_, bytes, said) => {
    const desk = new Desk();
    const error = await refusal(desk.import(fileOf(bytes)));
    expect(['data.empty', 'data.kind']).toContain(error.code);
    for (const words of said) expect(error.message).toContain(words);
    expect(await desk.store.list('datasets')).toEqual([]);
  });

  test('names some of the many things it holds', async () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ path: `f${String(i)}`, bytes: bytesOf('no\n') }));
    const error = await refusal(new Desk().import(fileOf(tarOf(...many))));
    expect(error.message).toContain('month.tar/f9');
    expect(error.message).toContain('and 30 more');
    expect(error.message).not.toContain('f10');
  });
});

describe('an archive that is damaged', () => {
  const whole = { before: market('1.0', 30) };
  const sizes = ['1.1', '1.2', '1.3', '1.4'].map((id) => market(id, 400));
  const parts = sizes.map((bytes, i) => ({ path: `1.${String(i + 1)}`, bytes }));

  test.each([
    ['tar', tarOf(...parts)],
    ['zip', zipOf(...parts)],
    ['tar of gz', tarOf(...parts.map(({ path, bytes }) => ({ path, bytes: gz(bytes) })))],
    ['tar.gz', gz(tarOf(...parts))]
  ])('%s cut off at every tenth keeps what was whole, marks what was not, and harms nothing', async (_, bytes) => {
    for (let tenth = 1; tenth < 10; tenth++) {
      const desk = new Desk();
      await desk.import(fileOf(whole.before, 'before'));
      const before = await snapshot(desk.store);
      const work = desk.import(fileOf(bytes.slice(0, Math.floor((bytes.length * tenth) / 10))));
      const outcome = await work.catch((error: unknown) => error);
      for (const [path, content] of before) expect(Buffer.compare((await desk.store.read(path))!, content)).toBe(0);
      if (outcome instanceof AppError) {
        expect(outcome.code).toBe('data.truncated');
        expect((await desk.store.list('datasets')).length).toBe(before.size);
        continue;
      }
      const report = outcome as ImportReport;
      expect(codes(report)).toContain('archive-damaged');
      for (const record of report.markets) {
        const partial = record.oddities.some((one) => one.code === 'market-cut-off');
        expect(partial, `${String(tenth)} ${record.id}`).toBe(record.messages < 400);
      }
      expect(report.markets.filter((one) => one.messages < 400).length).toBeLessThanOrEqual(1);
    }
  });

  test('in the middle keeps the members before, and can be imported again', async () => {
    const bad = joined(tarPart({ path: 'a', bytes: market('1.1') }), new Uint8Array(512).fill(65), tarOf(...parts));
    const desk = new Desk();
    const report = await desk.import(fileOf(bad));
    expect(ids(report)).toEqual(['1.1']);
    expect(report.dataset.oddities[0]).toMatchObject({ code: 'archive-damaged', severity: 'error' });
    expect(ids(await desk.import(fileOf(tarOf(...parts))))).toEqual(['1.1', '1.2', '1.3', '1.4']);
  });

  test('by a bomb keeps the members before, and stops', { timeout: 30_000 }, async () => {
    // A recording at first, then blank lines without end.
    const bomb = gz(joined(market('1.9'), new Uint8Array(80 << 20).fill(10)));
    const bytes = tarOf(
      { path: 'a', bytes: market('1.1') },
      { path: 'z', bytes: bomb },
      { path: 'b', bytes: market('1.2') }
    );
    const report = await new Desk().import(fileOf(bytes));
    expect(ids(report)).toEqual(['1.1']);
    expect(report.dataset.oddities[0]).toMatchObject({ code: 'archive-damaged', severity: 'error' });
    expect(report.dataset.oddities[0]?.example).toContain('month.tar: expected at most 500 bytes out of each one');
    expect((await refusal(new Desk().import(fileOf(bomb)))).code).toBe('data.limit');
  });

  test('a cancel in its midst leaves nothing', async () => {
    const desk = new Desk();
    const stop = new AbortController();
    const work = desk.import(fileOf(tarOf(...parts)), {
      signal: stop.signal,
      onProgress: (progress) => {
        if (progress.markets === 2) stop.abort();
      }
    });
    expect((await refusal(work)).code).toBe('aborted');
    expect(await desk.store.list('datasets')).toEqual([]);
  });
});

describe('a recording of many markets', () => {
  test('gives those that closed long ago while it is still being read', async () => {
    const day = 86_400_000;
    const bytes = joined(...Array.from({ length: 30 }, (_, i) => market(`1.${String(i)}`, 1500, START + i * day)));
    let read = 0;
    const given: { id: string; at: number }[] = [];
    // As a browser gives a file: piece by piece.
    const stream = (): ReadableStream => streamOf(bytes, 1 << 16);
    const inParts = Object.defineProperty(new File([bytes], 'all.json'), 'stream', { value: stream });
    const recording = await readRecording(inParts, {
      breathe: () => Promise.resolve(),
      onProgress: ({ bytesRead }) => (read = bytesRead),
      onMarket: ({ record }) => {
        given.push({ id: record.id, at: read });
        return Promise.resolve();
      }
    });
    expect(recording).toMatchObject({ markets: 30, messages: 45_000 });
    expect(new Set(given.map((one) => one.id)).size).toBe(30);
    const late = given.filter((one) => one.at === bytes.length).length;
    expect(late, 'few wait for the end').toBeLessThan(5);
  });
});

async function snapshot(store: MemoryStore): Promise<ReadonlyMap<string, Uint8Array>> {
  const paths = (await store.list('datasets')).map(async (path) => [path, (await store.read(path))!] as const);
  return new Map(await Promise.all(paths));
}
