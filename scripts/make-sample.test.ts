import { describe, expect, it } from 'vitest';
import { createRequire } from 'node:module';
import { readFileSync, statSync } from 'node:fs';
import { loadParquet } from '../src/lib/data/parquet/codec.ts';
import { Sample } from '../src/lib/data/sample.ts';
import { SAMPLE_MARKETS, sampleTape } from '../src/lib/env/simulator/sample-markets.ts';
import { tapeFromWire } from '../src/lib/market/tape-wire.ts';

const file = (name: string): URL => new URL(`../static/sample/${name}`, import.meta.url);
const wasm = createRequire(import.meta.url).resolve('parquet-wasm/esm/parquet_wasm_bg.wasm');
await loadParquet(() => new Uint8Array(readFileSync(wasm)));
const sample = new Sample((name) => Promise.resolve(new Uint8Array(readFileSync(file(name)))));

describe('the built-in sample', () => {
  it('is what the script makes', async () => {
    const { infos } = await sample.metadata();
    for (const index of [0, 17, SAMPLE_MARKETS - 1]) {
      const made = await sampleTape(index);
      const shipped = tapeFromWire(await sample.tape(infos[index]!.id, { shared: false }));
      expect(shipped.market).toMatchObject({ ...made.market, rules: { spec: made.market.rules.spec } });
      expect(shipped.startEpochNanos).toBe(made.startEpochNanos);
      for (const column of ['exchange', 'received', 'kind', 'slot', 'tick', 'lots', 'messageStart'] as const) {
        expect(shipped[column], `${column}: run "npm run sample" after changing the simulator`).toEqual(made[column]);
      }
    }
  });

  it('is labelled synthetic throughout', async () => {
    const { dataset, markets, infos } = await sample.metadata();
    expect(dataset.synthetic).toBe(true);
    expect(markets).toHaveLength(SAMPLE_MARKETS);
    expect(markets.every((market) => market.synthetic && market.eventName.includes('(simulated)'))).toBe(true);
    expect(infos.every(({ info }) => info.market.synthetic)).toBe(true);
  });

  it('can be trained on: every market has ten minutes before its off and turns in play', async () => {
    const { markets } = await sample.metadata();
    for (const market of markets) {
      expect(market.trainable, market.id).toBe(true);
      expect(market.scheduledMillis - market.firstMillis).toBeGreaterThanOrEqual(10 * 60_000);
      expect(market.inPlayMillis).toBeGreaterThan(market.scheduledMillis);
      expect(market.status).toBe('closed');
      expect(market.winners).toHaveLength(1);
    }
  });

  it('is small enough to ship and quick to load', async () => {
    expect(statSync(file('tapes.parquet')).size).toBeLessThan(2_000_000);
    const { markets } = await sample.metadata();
    expect(markets.reduce((sum, market) => sum + market.rows, 0)).toBeLessThan(600_000);
  });
});
