import { beforeAll, expect, test } from 'vitest';
import { miniTape } from '../../../tests/support/mini-tape.ts';
import { recordOfTape } from '../data/market-record.ts';
import { loadParquetInNode } from '../data/parquet/load-node.ts';
import type { DatasetRecord, MarketRecord } from '../data/records.ts';
import { LocalLocks } from '../data/store/locks.ts';
import { MemoryStore } from '../data/store/memory-store.ts';
import { GoldService } from './gold-service.ts';

beforeAll(loadParquetInNode);

const tapes = [1, 2, 3, 4, 5, 6].map((seed) => miniTape({ seed, id: `1.${String(seed)}` }));

function serviceOf(markets: readonly MarketRecord[]): GoldService {
  const store = new MemoryStore();
  const dataset: DatasetRecord = {
    name: 'a',
    origin: 'import',
    venue: 'betfair',
    synthetic: true,
    createdMillis: 0,
    files: [],
    markets: markets.length,
    trainable: markets.filter((market) => market.trainable).length,
    messages: 0,
    runners: 0,
    trades: 0,
    firstMillis: 0,
    lastMillis: 0,
    fingerprint: '',
    schemaHash: '',
    codeVersion: 'test',
    bronzeBytes: 0,
    silverBytes: 0,
    oddities: []
  };
  return new GoldService({
    store: () => Promise.resolve(store),
    locks: new LocalLocks(),
    codeVersion: 'test',
    parquet: loadParquetInNode,
    dataset: () => Promise.resolve(dataset),
    markets: () => Promise.resolve(markets),
    tape: (_, id) => {
      const found = tapes.find((tape) => tape.market.id === id);
      return found === undefined ? Promise.reject(new Error(`no market ${id}`)) : Promise.resolve(found);
    },
    folder: () => Promise.resolve('datasets/a'),
    runs: () => Promise.reject(new Error('no run is asked for'))
  });
}

const options = {
  settings: { startMinutes: 1, decisionSeconds: 10 },
  split: { split: 'byMarket', strata: 'none', heldOutPercent: 50, splitSeed: 0, folds: 1, fold: 1 }
} as const;

test('the scaler is fitted on none but markets that can be trained on; the others have their rows', async () => {
  const markets = tapes.map((tape, i) => {
    const record = recordOfTape(tape, 'a');
    if (i === 4) return { ...record, trainable: false, reason: 'no start' };
    return i === 5 ? { ...record, trainable: false, excludedBy: 'spread > 3' } : record;
  });
  const service = serviceOf(markets);
  expect(await service.build('a', options, {})).toMatchObject({ markets: 5, built: 5 });
  const found = await service.manifest('a');
  expect(found?.markets.map(({ id }) => id)).toContain('1.5');
  expect([...(found?.split?.train ?? []), ...(found?.split?.heldOut ?? [])].sort()).toEqual([
    '1.1',
    '1.2',
    '1.3',
    '1.4'
  ]);
  expect(found?.scaler?.markets).toEqual([...(found?.split?.train ?? [])].sort());
  expect(found?.scaler?.markets.length).toBeGreaterThan(0);
});

test('where no market can be trained on there is no scaler', async () => {
  const service = serviceOf(tapes.slice(0, 2).map((tape) => ({ ...recordOfTape(tape, 'a'), trainable: false })));
  await service.build('a', options, {});
  const found = await service.manifest('a');
  expect(found?.markets).toHaveLength(2);
  expect(found?.split).toMatchObject({ train: [], heldOut: [] });
  expect(found?.scaler).toBeUndefined();
});

test('another clock is another build', async () => {
  const service = serviceOf(tapes.slice(0, 2).map((tape) => recordOfTape(tape, 'a')));
  expect((await service.build('a', options, {})).built).toBe(2);
  expect((await service.build('a', options, {})).built).toBe(0);
  const happened = { ...options, settings: { ...options.settings, clock: 'exchange' as const } };
  expect((await service.build('a', happened, {})).built).toBe(2);
});
