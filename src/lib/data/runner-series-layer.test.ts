import { tableFromIPC } from 'apache-arrow';
import { beforeAll, describe, expect, it } from 'vitest';
import { miniTape } from '../../../tests/support/mini-tape.ts';
import { AppError } from '../core/errors.ts';
import { loadParquetInNode } from './parquet/load-node.ts';
import { schemaHash, specsOf } from './parquet/columns.ts';
import { featureColumns, runnerSeries } from './runner-series.ts';
import type { SeriesSettings } from './runner-series.ts';
import { buildSeries, readSeries, seriesDrift, seriesIpc } from './runner-series-layer.ts';
import { MemoryStore } from './store/memory-store.ts';

beforeAll(loadParquetInNode);

const tapes = [1, 2, 3].map((seed) => miniTape({ seed, id: `1.${String(seed)}` }));

function layer() {
  const store = new MemoryStore();
  const keys = new Map(tapes.map(({ market }) => [market.id, 'as it was']));
  const asked: string[] = [];
  const build = async (settings: SeriesSettings, signal?: AbortSignal, onBreath: () => unknown = () => undefined) => {
    asked.length = 0;
    const markets = tapes.map((tape) => ({
      id: tape.market.id,
      silverKey: keys.get(tape.market.id) ?? '',
      tape: () => {
        asked.push(tape.market.id);
        return Promise.resolve(tape);
      }
    }));
    const place = { store, folder: 'a/runner_ts', codeVersion: 'test', markets, signal };
    const breathe = (): Promise<void> => Promise.resolve(onBreath()).then(() => undefined);
    return await buildSeries({ ...place, breathe, settings });
  };
  const manifest = async () => {
    const found = await readSeries(store, 'a/runner_ts');
    if (found === undefined) throw new Error('nothing is built');
    return found;
  };
  return { store, keys, asked, build, manifest };
}

const everySecond = { gridMillis: 1000, features: 'all' } as const;

describe('runner_ts as it is stored', () => {
  it('holds prices and features as they were made, in one row group a market, and says what each column is', async () => {
    const { store, build, manifest } = layer();
    await build(everySecond);
    const found = await manifest();
    expect(found.features.map(({ name }) => name)).toEqual(featureColumns('all').names);
    expect(found.features.every(({ unit, formula }) => unit !== '' && formula !== '')).toBe(true);
    expect(found.schemaHash).toBe(await schemaHash(found.columns));
    expect(found.whole).toBe(true);
    for (const [i, market] of found.markets.entries()) {
      const table = tableFromIPC(await seriesIpc(store, 'a/runner_ts', found, market));
      const made = runnerSeries(tapes[i]!, everySecond);
      expect(await schemaHash(specsOf(table.schema))).toBe(found.schemaHash);
      expect(table.batches).toHaveLength(1);
      expect(table.numRows).toBe(made.rows);
      for (const name of ['traded', 'millis', 'momentum_60s', 'imbalance_10', 'to_off']) {
        expect(table.getChild(name)?.toArray()).toEqual(made.columns[name]);
      }
    }
  });

  it('builds again what changed, all when the grid or the features did, and leaves no other file', async () => {
    const { store, keys, asked, build, manifest } = layer();
    expect(await build(everySecond)).toMatchObject({ markets: 3, built: 3 });
    expect(await build(everySecond)).toMatchObject({ markets: 3, built: 0 });
    expect(asked).toEqual([]);
    keys.set('1.2', 'read anew');
    expect(await build(everySecond)).toMatchObject({ built: 1 });
    expect(asked).toEqual(['1.2']);
    expect(await build({ ...everySecond, gridMillis: 500 })).toMatchObject({ built: 3 });
    expect(await build({ gridMillis: 500, features: 'none' })).toMatchObject({ built: 3 });
    const { markets, featureHash } = await manifest();
    expect(featureHash).toBe('');
    const files = (await store.list('a/runner_ts')).filter((path) => path.endsWith('.parquet'));
    expect(files.sort()).toEqual(markets.map(({ file }) => `a/runner_ts/${file}`).sort());
  });

  it('keeps what a cancelled build has finished, says that it is not whole, and goes on from there', async () => {
    const { asked, build, manifest } = layer();
    const stop = new AbortController();
    await expect(build(everySecond, stop.signal, () => asked.length === 2 && stop.abort())).rejects.toMatchObject({
      code: 'aborted'
    });
    const part = await manifest();
    expect([part.whole, part.markets.map(({ id }) => id)]).toEqual([false, ['1.1', '1.2']]);
    expect(await build(everySecond)).toMatchObject({ markets: 3, built: 1 });
    expect(asked).toEqual(['1.3']);
    expect((await manifest()).whole).toBe(true);
  });

  it('refuses rows of other features, and a grid that is none', async () => {
    const { store, build, manifest } = layer();
    await build(everySecond);
    const other = { ...(await manifest()), featureHash: '0000' };
    expect(await seriesDrift(other)).toMatch(/features/u);
    await expect(seriesIpc(store, 'a/runner_ts', other, other.markets[0]!)).rejects.toMatchObject({
      code: 'data.drift'
    });
    for (const gridMillis of [0, -5, 0.5, Number.NaN, 1e9]) {
      await expect(build({ ...everySecond, gridMillis })).rejects.toBeInstanceOf(AppError);
    }
  });
});
