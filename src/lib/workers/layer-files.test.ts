/** Single files of gold, rollouts and `runner_ts`, taken out of one dataset and imported by themselves into another tab's. */
import { tableFromIPC, tableToIPC } from 'apache-arrow';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { DyingStore } from '../../../tests/support/dying-store.ts';
import { miniTape } from '../../../tests/support/mini-tape.ts';
import { AppError } from '../core/errors.ts';
import { ManualClock } from '../core/time.ts';
import { ipcToParquet, parquetToIpc } from '../data/parquet/codec.ts';
import { loadParquetInNode } from '../data/parquet/load-node.ts';
import { tapeToParquet } from '../data/parquet/silver.ts';
import { readRecording } from '../data/read-recording.ts';
import { Sample } from '../data/sample.ts';
import { LocalLocks } from '../data/store/locks.ts';
import { MemoryStore } from '../data/store/memory-store.ts';
import { DataService } from './data-service.ts';

/** Layers are built, imported and torn many times. */
vi.setConfig({ testTimeout: 60_000 });

interface Opened {
  readonly data: DataService;
  readonly store: MemoryStore;
}

function open(store = new MemoryStore()): Opened {
  const data = new DataService({
    openStore: () => Promise.resolve(store),
    locks: new LocalLocks(),
    clock: new ManualClock(1000),
    codeVersion: 'that made it',
    sample: new Sample(() =>
      Promise.reject(new AppError('network.unavailable', { subject: 'the sample', got: 'no server', remedy: 'serve' }))
    ),
    read: readRecording,
    parquet: loadParquetInNode,
    duckdb: { workerUrl: '', wasmUrl: '' },
    shared: false
  });
  return { data, store };
}

const SETTINGS = { startMinutes: 1, decisionSeconds: 10 };
const SPLIT = { split: 'byMarket', strata: 'none', heldOutPercent: 50, splitSeed: 0, folds: 1, fold: 1 } as const;
const tapes = ['1.1', '1.2'].map((id, i) => miniTape({ seed: i + 1, id, scheduledSeconds: 700 }));
type Bytes = Uint8Array<ArrayBuffer>;

const asFile = (bytes: Uint8Array, name: string): File => new File([bytes as Bytes], name);
const silver = (): readonly File[] =>
  tapes.map((tape, i) => asFile(tapeToParquet(tape), `silver ${String(i)}.parquet`));

let made: Opened;
let files: Readonly<Record<'gold' | 'runner_ts' | 'rollout', readonly File[]>>;
/** Every file of a dataset, by its path within it. */
async function filesOf({ store }: Opened): Promise<ReadonlyMap<string, Bytes>> {
  const found = new Map<string, Bytes>();
  for (const path of await store.list('datasets')) {
    found.set(path.split('/').slice(2).join('/'), (await store.read(path))!);
  }
  return found;
}

beforeAll(async () => {
  await loadParquetInNode();
  made = open();
  const { data } = made;
  await data.importFiles(silver(), { task: 't', name: 'made' });
  await data.buildGold('made', { settings: SETTINGS, split: SPLIT }, 't');
  await data.buildSeries('made', { gridMillis: 1000, features: 'preOff' }, 't');
  await data.recordRollout('made', { policy: { kind: 'baseline', baseline: 'fixed rule' }, seed: 3 }, 't');
  const all = [...(await filesOf(made))].filter(([path]) => path.endsWith('.parquet'));
  const under = (wanted: (path: string) => boolean): readonly File[] =>
    all.filter(([path]) => wanted(path)).map(([path, bytes]) => asFile(bytes, path.replaceAll('/', ' ')));
  const isRollout = (path: string): boolean => path.startsWith('gold/rollouts/');
  files = {
    gold: under((path) => path.startsWith('gold/') && !isRollout(path)),
    runner_ts: under((path) => path.startsWith('runner_ts/')),
    rollout: under(isRollout)
  };
}, 60_000);

/** What a layer's `metadata.json` says, without where its files lie and what of their making is not in them. */
async function manifestOf({ data }: Opened, dataset: string, kind: keyof typeof files) {
  const found = { gold: data.gold(dataset), runner_ts: data.series(dataset), rollout: data.rollouts(dataset) };
  const one = kind === 'rollout' ? (await found.rollout)[0] : await found[kind];
  if (one === undefined) throw new Error(`no ${kind} of ${dataset}`);
  const { markets, imported, ...all } = one;
  const ofBuild = new Set(['split', 'scaler', 'transforms']);
  const ofPlace = new Set(['file', 'silverKey', 'moments']);
  const without = (fields: object, names: ReadonlySet<string>): object =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name)));
  return { head: without(all, ofBuild), imported, markets: markets.map((market) => without(market, ofPlace)) };
}

const refusal = async (work: Promise<unknown>): Promise<AppError> => {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
};
const bytesOf = async (file: File): Promise<Bytes> => new Uint8Array(await file.arrayBuffer());

describe('files of layers above silver', () => {
  test('there are two of each to take', () => {
    expect(Object.values(files).map((all) => all.length)).toEqual([2, 2, 2]);
  });

  test.each(['gold', 'runner_ts', 'rollout'] as const)(
    '%s by itself is a dataset that has its rows, its settings and its lineage, and gives the file back',
    async (kind) => {
      const opened = open();
      const { data } = opened;
      const report = await data.importFiles(files[kind], { task: 't', name: 'd' });
      expect(report.markets.map(({ id, name, rows, trainable }) => [id, name, rows, trainable])).toEqual([
        ['1.1', 'R1', 0, false],
        ['1.2', 'R1', 0, false]
      ]);
      expect(report.markets[0]?.reason).toContain('alone, no order book');
      const odd = report.dataset.oddities.find(({ code }) => code === 'layer-imported');
      expect(odd).toMatchObject({ count: 2, severity: 'note' });
      const was = await manifestOf(made, 'made', kind);
      const is = await manifestOf(opened, 'd', kind);
      expect(is.head).toEqual(was.head);
      expect(is.markets).toEqual(was.markets);
      expect([was.imported, is.imported]).toEqual([undefined, true]);
      const layers = await data.lineage('d');
      const lineage = layers.find((layer) => layer.kind === kind);
      expect(lineage).toMatchObject({ from: ['source'], canRebuild: false, markets: 2 });
      expect(lineage?.stale).toBeUndefined();
      expect(lineage?.madeBy).toContain('imported as files, made by that made it');
      expect(layers.map((layer) => layer.kind)).toEqual(['source', kind]);
      // The very bytes, here and in what is exported.
      const given = await Promise.all(files[kind].map(bytesOf));
      const stored = await filesOf(opened);
      const kept = [...stored].filter(([path]) => given.some((bytes) => bytes.length === stored.get(path)?.length));
      expect(kept.map(([, bytes]) => bytes)).toEqual(expect.arrayContaining(given));
      const archive = await data.exportDataset('d', 'archive', 't');
      const elsewhere = open();
      const again = await elsewhere.data.importFiles([archive], { task: 't' });
      expect(again.dataset.fingerprint).toBe(report.dataset.fingerprint);
      expect(await filesOf(elsewhere)).toEqual(stored);
    }
  );

  test('stand beside one another, and beside the recording, in any order; the market is one', async () => {
    const all = [...files.gold, ...silver(), ...files.rollout, ...files.runner_ts];
    const one = open();
    const { dataset, markets } = await one.data.importFiles(all, { task: 't', name: 'd' });
    expect(markets.map(({ id, rows }) => [id, rows])).toEqual(tapes.map((tape) => [tape.market.id, tape.rows]));
    expect(markets.every(({ trainable }) => trainable)).toBe(true);
    expect((await one.data.gold('d'))?.markets).toHaveLength(2);
    expect((await one.data.series('d'))?.markets).toHaveLength(2);
    expect((await one.data.rollouts('d'))[0]?.markets).toHaveLength(2);
    expect((await one.data.lineage('d')).map(({ kind }) => kind)).toEqual([
      'source',
      'bronze',
      'silver',
      'quality',
      'runner_ts',
      'gold',
      'rollout'
    ]);
    const other = open();
    const reversed = await other.data.importFiles([...all].reverse(), { task: 't', name: 'd' });
    expect(reversed.dataset.fingerprint).toBe(dataset.fingerprint);
    // Another rollout is another dataset.
    const fewer = await open().data.importFiles(all.slice(1), { task: 't', name: 'd' });
    expect(fewer.dataset.fingerprint).not.toBe(dataset.fingerprint);
  });

  test('of a market without its recording are told together, counted in what is stored, and judged by nobody', async () => {
    const { data } = open();
    const all = [...files.rollout, ...files.gold];
    const { dataset, markets } = await data.importFiles([...all, ...silver().slice(0, 1)], { task: 't', name: 'd' });
    expect(markets.map(({ id, reason }) => [id, reason]).sort()).toEqual([
      ['1.1', undefined],
      ['1.2', 'it holds a recorded rollout and gold episodes alone, no order book']
    ]);
    expect(dataset.layerBytes).toBe(all.reduce((sum, { size }) => sum + size, 0));
    expect((await data.quality('d')).map(({ market }) => market)).toEqual(['1.1']);
    const quality = (await data.lineage('d')).find(({ kind }) => kind === 'quality');
    expect([quality?.markets, quality?.stale]).toEqual([1, undefined]);
    expect(await data.rebuild('d', 'quality', 't')).toBe(0);
  });

  test('are neither built over nor taken away: what they were made of is not here', async () => {
    const { data, store } = open();
    await data.importFiles([...silver(), ...files.gold, ...files.rollout, ...files.runner_ts], {
      task: 't',
      name: 'd'
    });
    const before = await filesOf({ data, store });
    const policy = { kind: 'baseline', baseline: 'fixed rule' } as const;
    for (const work of [
      () => data.buildGold('d', { settings: SETTINGS, split: SPLIT }, 't'),
      () => data.buildSeries('d', { gridMillis: 500, features: 'none' }, 't'),
      () => data.removeSeries('d'),
      () => data.recordRollout('d', { policy, seed: 3 }, 't'),
      () => data.removeRollout('d', 'fixed rule')
    ]) {
      const error = await refusal(work());
      expect([error.code, error.got]).toEqual(['data.kind', 'it was imported as files, which are kept as they came']);
    }
    expect(await filesOf({ data, store })).toEqual(before);
    // Another policy's is recorded beside it, and silver is built again below it.
    await data.recordRollout('d', { policy: { kind: 'baseline', baseline: 'do nothing' }, seed: 3 }, 't');
    expect((await data.rollouts('d')).map(({ name }) => name).sort()).toEqual(['do nothing', 'fixed rule']);
  });

  test('of other settings are left out beside them, and that is told; a second time too', async () => {
    const other = open();
    await other.data.importFiles(silver(), { task: 't', name: 'made' });
    await other.data.buildGold('made', { settings: { ...SETTINGS, decisionSeconds: 5 }, split: SPLIT }, 't');
    const [finer] = [...(await filesOf(other))].filter(
      ([path]) => path.startsWith('gold/') && path.endsWith('1.2.parquet')
    );
    const [first] = files.gold as [File];
    const { data } = open();
    const { dataset, markets } = await data.importFiles([first, asFile(finer![1], 'finer'), first], {
      task: 't',
      name: 'd'
    });
    expect(markets.map(({ id }) => id)).toEqual(['1.1']);
    const odd = dataset.oddities.find(({ code }) => code === 'layer-left-out');
    expect(odd).toMatchObject({ count: 2, severity: 'error' });
    expect(odd?.example).toContain('finer: gold episodes of market 1.2 were made with other settings');
    expect((await data.gold('d'))?.markets.map(({ id }) => id)).toEqual(['1.1']);
  });

  test('an import of them that was cut off goes on, and is what it would have been', async () => {
    const all = [...files.gold, ...files.rollout, ...silver()];
    const whole = open();
    const expected = await whole.data.importFiles(all, { task: 't', name: 'd' });
    const left = (await filesOf(whole)).size;
    let stops = 0;
    for (let writes = 3; ; writes += 4) {
      const store = new DyingStore();
      const half = open(store);
      await half.data.datasets();
      store.left = writes;
      await Promise.race([store.died, half.data.importFiles(all, { task: 't', name: 'd' })]);
      store.left = Number.POSITIVE_INFINITY;
      const again = open(store);
      if ((await again.data.unfinishedImports()).length === 0) break;
      stops++;
      const { dataset, markets } = await again.data.importFiles(all, { task: 't' });
      expect({ dataset, markets }).toEqual({ dataset: expected.dataset, markets: expected.markets });
      expect((await again.data.gold('d'))?.markets).toEqual((await whole.data.gold('d'))?.markets);
      expect((await filesOf(again)).size).toBe(left);
    }
    expect(stops).toBeGreaterThan(5);
  });

  test('on a disk that fills up, what there was room for is listed whole', async () => {
    const all = [...files.gold, ...files.rollout, ...silver()];
    const whole = open();
    await whole.data.importFiles(all, { task: 't', name: 'd' });
    const { usedBytes } = await whole.store.usage();
    let parts = 0;
    for (let tenth = 3; tenth < 10; tenth++) {
      const store = new MemoryStore({ capacityBytes: Math.round((usedBytes * tenth) / 10) });
      const { data } = open(store);
      await data.datasets();
      const outcome: unknown = await data.importFiles(all, { task: 't', name: 'd' }).catch((thrown: unknown) => thrown);
      if (outcome instanceof Error) {
        expect(outcome).toMatchObject({ code: 'storage.full' });
        expect(await data.datasets()).toEqual([]);
        continue;
      }
      parts++;
      expect((await data.datasets())[0]?.partial).toBeDefined();
      const stored = await filesOf({ data, store });
      const listed = [
        ...((await data.gold('d'))?.markets ?? []).map(({ file }) => `gold/${file}`),
        ...(await data.rollouts('d')).flatMap(({ name, markets }) =>
          markets.map(({ file }) => `gold/rollouts/${encodeURIComponent(name)}/${file}`)
        )
      ];
      expect(listed.filter((path) => !stored.has(path))).toEqual([]);
      const markets = (await data.markets('d')).map(({ id }) => id);
      expect((await data.gold('d'))?.markets.every(({ id }) => markets.includes(id)) ?? true).toBe(true);
    }
    expect(parts).toBeGreaterThan(0);
  });

  test('as Arrow are kept as Parquet of the same rows', async () => {
    const [first] = files.gold as [File];
    const table = tableFromIPC(parquetToIpc('x', await bytesOf(first)));
    const { data, store } = open();
    await data.importFiles([asFile(tableToIPC(table, 'file'), 'gold.arrow')], { task: 't', name: 'd' });
    const [path] = [...(await filesOf({ data, store })).keys()].filter((one) => one.startsWith('gold/imported/'));
    const kept = tableFromIPC(parquetToIpc('x', (await filesOf({ data, store })).get(path!)!));
    expect(tableToIPC(kept, 'stream')).toEqual(tableToIPC(table, 'stream'));
  });
});

describe('a file that is not what this version writes', () => {
  const columns = async (
    kind: keyof typeof files,
    names: (all: readonly string[]) => readonly string[]
  ): Promise<Bytes> => {
    const table = tableFromIPC(parquetToIpc('x', await bytesOf(files[kind][0]!)));
    const some = table.select([...names(table.schema.fields.map(({ name }) => name))]);
    return ipcToParquet(tableToIPC(some, 'stream'), { metadata: table.schema.metadata });
  };
  const offered = (bytes: Uint8Array): Promise<AppError> =>
    refusal(open().data.importFiles([asFile(bytes, 'x.parquet')], { task: 't' }));

  test.each(['gold', 'runner_ts', 'rollout'] as const)(
    '%s without a column is refused, the column named',
    async (kind) => {
      let lost = '';
      const error = await offered(
        await columns(kind, (all) => {
          lost = all.at(-2)!;
          return all.filter((one) => one !== lost);
        })
      );
      expect(error).toMatchObject({ code: 'data.drift', subject: 'x.parquet' });
      expect(error.got).toContain(`it lacks ${lost} `);
    }
  );

  test('columns in another order are refused', async () => {
    const error = await offered(await columns('gold', (all) => [...all.slice(0, 3), ...all.slice(3).reverse()]));
    expect([error.code, error.got]).toEqual(['data.drift', 'the same in another order']);
  });

  const rewritten = async (
    edit: (found: { market: { market: { id: string } }; about: Record<string, unknown> }) => unknown
  ): Promise<AppError> => {
    const table = tableFromIPC(parquetToIpc('x', await bytesOf(files.gold[0]!)));
    const found = JSON.parse(table.schema.metadata.get('furlong.layer')!) as Parameters<typeof edit>[0];
    const metadata = new Map([['furlong.layer', JSON.stringify(edit(found))]]);
    return await offered(ipcToParquet(tableToIPC(table, 'stream'), { metadata }));
  };

  test('rows that lost their metadata, and metadata of something else, are refused', async () => {
    const bare = tableFromIPC(parquetToIpc('x', await bytesOf(files.gold[0]!)));
    bare.schema.metadata.clear();
    const lost = await offered(ipcToParquet(tableToIPC(bare, 'stream')));
    expect(lost).toMatchObject({ code: 'data.missing', got: 'rows alone' });
    for (const edit of [
      () => 'nonsense',
      () => ({}),
      ({ market }: { market: object }) => ({ market, about: { kind: 'gold' } }),
      ({ market }: { market: object }) => ({ market, about: { kind: 'rollout', rollout: { name: '..' } } }),
      ({ about }: { about: object }) => ({ market: {}, about }),
      ({ market, about }: { market: object; about: object }) => ({
        market: { ...market, startEpochNanos: '1e9' },
        about
      }),
      ({ market, about }: { market: object; about: object }) => ({
        market: { ...market, rules: { venue: 'nowhere' } },
        about
      })
    ]) {
      expect((await rewritten(edit)).code).toBe('data.corrupt');
    }
  });

  test('features of another version are refused', async () => {
    const error = await rewritten(({ market, about }) => ({ market, about: { ...about, featureHash: 'old' } }));
    expect(error.code).toBe('data.drift');
    expect(error.got).toContain('features old');
  });

  test('cut off at every tenth, or with a byte flipped, it is refused or read, never by a fault of ours', async () => {
    for (const kind of ['gold', 'runner_ts', 'rollout'] as const) {
      const bytes = await bytesOf(files[kind][0]!);
      for (let tenth = 1; tenth < 10; tenth++) {
        const error = await offered(bytes.slice(0, Math.round((bytes.length * tenth) / 10)));
        expect(error.code).toBe('data.corrupt');
      }
      for (let at = 2; at < bytes.length; at += Math.ceil(bytes.length / 25)) {
        const flipped = bytes.slice();
        flipped[at]! ^= 1 << (at % 8);
        const outcome: unknown = await open()
          .data.importFiles([asFile(flipped, 'x.parquet')], { task: 't' })
          .catch((thrown: unknown) => thrown);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ name: 'AppError', code: expect.stringMatching(/^data\./u) as string });
        }
      }
    }
  });
});
