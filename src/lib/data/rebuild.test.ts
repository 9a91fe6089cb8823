import { beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../core/errors.ts';
import { ManualClock } from '../core/time.ts';
import { Catalogue } from './catalogue.ts';
import { importFiles } from './import.ts';
import type { LineageLayer } from './lineage.ts';
import { lineageOf } from './lineage.ts';
import { loadParquetInNode } from './parquet/load-node.ts';
import { readRecording } from './read-recording.ts';
import { rebuilt } from './rebuild.ts';
import type { RebuiltLayer } from './rebuild.ts';
import type { Sidecar } from './sidecar.ts';
import { ROWS_VERSION } from './sidecar.ts';
import { LocalLocks } from './store/locks.ts';
import { MemoryStore } from './store/memory-store.ts';
import { Tab } from './store/tab.ts';

beforeAll(loadParquetInNode);

const stream = (id: string, messages: number): string =>
  Array.from({ length: messages }, (_, i) =>
    JSON.stringify({
      op: 'mcm',
      clk: String(i),
      pt: 1_700_000_000_000 + i * 1000,
      mc: [{ id, rc: [{ id: 1, ltp: 2 + (i % 4) / 50, atb: [[2, 10 + i]], trd: [[2.2, 10 + i]] }] }]
    })
  ).join('\n');

async function imported() {
  const store = new MemoryStore();
  const locks = new LocalLocks();
  const clock = new ManualClock(1000);
  const catalogue = await Catalogue.open({ store, locks, clock, tab: await Tab.open(locks) });
  const breathe = () => Promise.resolve();
  const base = {
    catalogue,
    store,
    clock,
    codeVersion: 'one',
    read: readRecording,
    parquet: loadParquetInNode,
    breathe
  };
  const files = ['1.1', '1.2', '1.3'].map((id) => new File([stream(id, 40)], `${id}.json`));
  await importFiles(base, { files, name: 'a' });
  const folder = await catalogue.folder('a');
  const read: string[] = [];
  const rebuild = async (layer: RebuiltLayer): Promise<readonly string[]> => {
    read.length = 0;
    await catalogue.rewrite('a', (sidecar, at) =>
      rebuilt(layer, sidecar, {
        store,
        folder: at,
        codeVersion: 'two',
        read: readRecording,
        breathe,
        onProgress: ({ market }) => market !== '' && read.push(market)
      })
    );
    return [...read];
  };
  const change = async (edit: (sidecar: Sidecar) => Sidecar): Promise<void> => {
    await catalogue.rewrite('a', (sidecar) => Promise.resolve(edit(sidecar)));
  };
  const lineage = async (): Promise<readonly LineageLayer[]> =>
    lineageOf({
      sidecar: await catalogue.anySidecar('a'),
      store,
      folder,
      series: undefined,
      gold: undefined,
      rollouts: [],
      silverKeys: new Map()
    });
  return { store, catalogue, folder, rebuild, change, lineage };
}

const tapes = async (store: MemoryStore, folder: string, sidecar: Sidecar) =>
  Promise.all(sidecar.markets.map(async ({ silver }) => await store.read(`${folder}/${silver}`)));

describe('layers built anew', () => {
  test('nothing is touched where every layer is what this version makes', async () => {
    const { store, catalogue, folder, rebuild } = await imported();
    const before = await store.list(folder);
    expect(await rebuild('silver')).toEqual([]);
    expect(await rebuild('quality')).toEqual([]);
    expect(await store.list(folder)).toEqual(before);
    expect((await catalogue.datasets())[0]?.codeVersion).toBe('one');
  });

  test('silver of another parser version comes again of bronze, byte for byte where the parser is the same', async () => {
    const { store, catalogue, folder, rebuild, change, lineage } = await imported();
    const before = await catalogue.sidecar('a');
    const [tapesBefore, figures] = [await tapes(store, folder, before), before.markets.map(({ quality }) => quality)];
    await catalogue.setRules('a', [{ measure: 'gaps', operator: '>', value: 0 }]);
    await change((sidecar) => ({ ...sidecar, rowsVersion: ROWS_VERSION - 1 }));
    await expect(catalogue.sidecar('a')).rejects.toMatchObject({ code: 'data.drift' });
    expect((await lineage()).find(({ kind }) => kind === 'silver')?.stale).toContain(String(ROWS_VERSION - 1));
    expect(await rebuild('silver')).toEqual(['1.1', '1.2', '1.3']);
    const after = await catalogue.sidecar('a');
    expect(await tapes(store, folder, after)).toEqual(tapesBefore);
    expect(after.markets.map(({ quality }) => quality)).toEqual(figures);
    expect(after.markets.map(({ record }) => record)).toEqual(before.markets.map(({ record }) => record));
    const [record] = await catalogue.datasets();
    expect(record).toMatchObject({ codeVersion: 'two', fingerprint: before.dataset.fingerprint, rules: [{}] });
    expect((await store.list(`${folder}/silver`)).length).toBe(3);
    expect((await lineage()).every(({ stale }) => stale === undefined)).toBe(true);
  });

  test('only the market whose file is gone is built again', async () => {
    const { store, catalogue, folder, rebuild, lineage } = await imported();
    const { markets } = await catalogue.sidecar('a');
    const [tape] = await tapes(store, folder, { markets: [markets[1]!] } as unknown as Sidecar);
    await store.remove(`${folder}/${markets[1]!.silver}`);
    expect((await lineage()).find(({ kind }) => kind === 'silver')?.stale).toContain('1 market');
    expect(await rebuild('silver')).toEqual(['1.2']);
    const after = await catalogue.sidecar('a');
    expect(after.markets[0]).toEqual(markets[0]);
    expect(await store.read(`${folder}/${after.markets[1]!.silver}`)).toEqual(tape);
  });

  test('figures of before are computed again of silver and bronze, and of those markets alone', async () => {
    const { catalogue, rebuild, change, lineage } = await imported();
    const { markets } = await catalogue.sidecar('a');
    await change((sidecar) => ({
      ...sidecar,
      markets: sidecar.markets.map((market, i) => {
        const { quality: _, ...without } = market;
        return i === 0 ? without : market;
      })
    }));
    expect((await catalogue.quality('a')).length).toBe(2);
    expect((await lineage()).find(({ kind }) => kind === 'quality')?.stale).toContain('1 market');
    expect(await rebuild('quality')).toEqual(['1.1']);
    expect((await catalogue.sidecar('a')).markets).toEqual(markets);
  });

  test('a market that cannot be made again is named, and nothing is changed', async () => {
    const { store, catalogue, folder, rebuild } = await imported();
    const before = await catalogue.sidecar('a');
    await store.remove(`${folder}/${before.markets[0]!.silver}`);
    await store.remove(`${folder}/${before.markets[2]!.silver}`);
    await store.remove(`${folder}/${before.markets[2]!.bronze!}`);
    const files = await store.list(folder);
    const thrown: unknown = await rebuild('silver').then(
      () => undefined,
      (error: unknown) => error
    );
    expect(thrown).toBeInstanceOf(AppError);
    expect((thrown as AppError).message).toContain('1.3');
    expect(await store.list(folder)).toEqual(files);
    expect((await catalogue.sidecar('a')).markets).toEqual(before.markets);
  });
});
