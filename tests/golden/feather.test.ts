/**
 * Feather files as pandas writes them, their buffers compressed by LZ4 of the reference library: the candles in them.
 * What a wrong byte anywhere would break is asked of them: a steady step in time, prices between the lowest and highest.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { barsRows } from '../../src/lib/data/parquet/bars.ts';
import { loadParquetInNode } from '../../src/lib/data/parquet/load-node.ts';
import { openDesk } from '../support/import-desk.ts';
import { filesIn, orSkipped, recordings } from '../support/recordings.ts';

beforeAll(loadParquetInNode);

const folder = 'crypto/bars';
const files = orSkipped('recordings', folder, filesIn(join(recordings.path, folder))).filter((path) =>
  path.endsWith('.feather')
);
/** Of an LZ4 frame (LZ4 frame format, "Magic Number"), little-endian. */
const LZ4_MAGIC = Buffer.from([0x04, 0x22, 0x4d, 0x18]);

describe.skipIf(files.length === 0)('a Feather file that pandas wrote', () => {
  test.each(files.map((path) => [basename(path), path] as const))('%s', async (_, path) => {
    const bytes = readFileSync(path);
    expect(bytes.includes(LZ4_MAGIC), 'it is not compressed by LZ4').toBe(true);
    const desk = await openDesk();
    const file = new File([new Uint8Array(bytes)], 'candles.bin');
    if (path.includes('funding')) {
      // A rate in the column of the opening price, and zeros: unpacked as they are, they are told for what they are not.
      await expect(desk.import([file])).rejects.toMatchObject({
        code: 'data.corrupt',
        got: expect.stringMatching(/open 0\.\d+, high 0, low 0, close 0 are no candle/u) as string
      });
      return;
    }
    const { dataset, markets } = await desk.import([file], 'd');
    expect(markets).toHaveLength(1);
    const [market] = (await desk.catalogue.sidecar('d')).markets;
    const stored = await desk.store.read(`${await desk.catalogue.folder('d')}/${market!.bars!}`);
    const bars = await barsRows('candles', stored!);
    expect(bars).toHaveLength(dataset.messages);
    expect(bars.length).toBeGreaterThan(20);
    const times = bars.map((bar) => bar['open_time']!);
    const [step] = times.slice(1).map((time, i) => time - times[i]!);
    expect(step! % 60_000).toBe(0);
    for (const [i, bar] of bars.entries()) {
      const { open, high, low, close } = bar as Readonly<Record<'open' | 'high' | 'low' | 'close', number>>;
      expect(times[i]! - times[0]!, String(i)).toBe(i * step!);
      expect(low <= Math.min(open, close) && Math.max(open, close) <= high, `row ${String(i)}`).toBe(true);
      // Written as decimals: garbage would have every digit.
      for (const price of [open, high, low, close])
        expect(Math.abs(Number(price.toPrecision(10)) - price)).toBeLessThan(1e-14);
    }
  });

  test('with any of its bytes in a frame flipped is refused, or is read, and never by a fault of ours', async () => {
    const bytes = readFileSync(files[0]!);
    const from = bytes.indexOf(LZ4_MAGIC);
    for (let at = from; at < bytes.length; at += Math.ceil(bytes.length / 40)) {
      const flipped = new Uint8Array(bytes);
      flipped[at]! ^= 1 << (at % 8);
      const outcome: unknown = await (
        await openDesk()
      )
        .import([new File([flipped], 'x')])
        .catch((thrown: unknown) => thrown);
      if (outcome instanceof Error) {
        expect(outcome).toMatchObject({ name: 'AppError', code: expect.stringMatching(/^data\./u) as string });
      }
    }
  });
});
