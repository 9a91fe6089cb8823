/**
 * Quality of the recorded markets as an import reports it: the published counts of the recordings, and the traded volume
 * from the text itself by a second, plainer way.
 */
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MarketQuality } from '../../src/lib/data/quality/figures.ts';
import { marketQuality } from '../../src/lib/data/quality/market-quality.ts';
import { readRecording } from '../../src/lib/data/read-recording.ts';
import type { MarketRecord } from '../../src/lib/data/records.ts';
import { kalshiRecordings } from '../support/kalshi-recordings.ts';
import { fileAt, plainBytes } from '../support/read-stream.ts';
import { betfairStreams, filesIn, isRecorded, recordings } from '../support/recordings.ts';

interface Read {
  readonly record: MarketRecord;
  readonly quality: MarketQuality;
}

async function read(path: string): Promise<readonly Read[]> {
  const markets: Read[] = [];
  await readRecording(fileAt(path), {
    breathe: () => Promise.resolve(),
    onProgress: () => undefined,
    onMarket: ({ record, tape, bronze }) => {
      markets.push({ record, quality: marketQuality(record, tape, bronze) });
      return Promise.resolve();
    }
  });
  return markets;
}

/** Nothing lost, turned back, crossed, failed, undefined or cut. */
const CLEAN = {
  gaps: 0,
  backwardTime: 0,
  crossedBooks: 0,
  checksumFailures: 0,
  missingDefinition: 0,
  clippedAnomalies: 0
};

/** Messages as the recordings' own list gives them. */
const PUBLISHED: readonly (readonly [file: string, messages: number])[] = [
  ['1.127236622.bz2', 16_096],
  ['1.206064380.bz2', 18_793],
  ['1.206063952.bz2', 16_986],
  ['1.205822330.bz2', 5654],
  ['1.206225146.bz2', 6861],
  ['BASIC-1.132153978', 480],
  ['BASIC-1.211006011.bz2', 86],
  ['1.197931750', 166],
  ['1.197931751', 166],
  ['1.197931750.gz', 10],
  ['1.164917629.bz2', 298]
];

describe.skipIf(!recordings.present)('Betfair', () => {
  const paths = new Map(betfairStreams().map((path) => [basename(path), path]));
  const found = PUBLISHED.filter(([file]) =>
    isRecorded(paths.get(file) ?? join(recordings.path, 'betfair/stream', file))
  );

  test.each(found)(
    '%s is clean, holds its %d messages, and its trades add up to what the text states',
    async (file, messages) => {
      const path = paths.get(file)!;
      const [only, ...others] = await read(path);
      expect(others).toEqual([]);
      const { record, quality } = only!;
      expect(record.messages).toBe(messages);
      expect(quality).toMatchObject(CLEAN);
      const stated = await statedVolume(path);
      expect(quality.volume).toBeCloseTo(stated, 2);
      // Trades at a price that had been taken to nothing count again: never less than the volume, and hardly more.
      if (stated > 0) expect(quality.tradedToVolume).toBeGreaterThanOrEqual(1 - 1e-9);
      if (stated > 0) expect(quality.tradedToVolume).toBeLessThan(1.001);
      expect(quality.lagP99Millis, 'the recording has one clock').toBeNaN();
    }
  );

  test.skipIf(!isRecorded(join(recordings.path, 'betfair/stream/1.242971311.bz2')))(
    'each of 200 markets of one file has its own figures',
    async () => {
      const markets = await read(join(recordings.path, 'betfair/stream/1.242971311.bz2'));
      expect(markets).toHaveLength(200);
      for (const { quality } of markets) expect(quality).toMatchObject({ gaps: 0, backwardTime: 0 });
    }
  );
});

const usdm = filesIn(join(recordings.path, 'crypto/binance-usdm'));

describe.skipIf(usdm.length === 0)('Binance USD-M', () => {
  test('has no gap, and what a message needed to arrive as its own two clocks say', async () => {
    const path = usdm[0]!;
    const [only] = await read(path);
    const { record, quality } = only!;
    if (basename(path) === 'btcusdt_20240808.gz') expect(record.messages).toBe(93_954);
    expect(quality).toMatchObject(CLEAN);
    expect(quality.tradedToVolume).toBe(1);
    const { lagP50Millis, lagP90Millis, lagP99Millis, lagMaxMillis } = quality;
    const ranks = [lagP50Millis, lagP90Millis, lagP99Millis, lagMaxMillis];
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    expect(lagMaxMillis).toBeGreaterThan(0);
  });
});

const kalshi = kalshiRecordings();

describe.skipIf(kalshi.length === 0)('Kalshi', () => {
  test('no book is ever crossed, and no size is cut', async () => {
    for (const { files } of kalshi) {
      for (const path of files) {
        for (const { record, quality } of await read(path)) {
          expect(quality, record.id).toMatchObject({ crossedBooks: 0, clippedAnomalies: 0, checksumFailures: 0 });
        }
      }
    }
  });
});

const raw = filesIn(join(recordings.path, 'crypto/raw')).filter((path) => /^(OKX|BYBIT)\.ws/u.test(basename(path)));

describe.skipIf(raw.length === 0)('OKX and Bybit', () => {
  test.each(raw.map((path) => [basename(path), path] as const))('%s: every checksum holds', async (_name, path) => {
    const markets = await read(path);
    expect(markets.length).toBeGreaterThan(0);
    for (const { record, quality } of markets) expect(quality.checksumFailures, record.id).toBe(0);
  });
});

/** The largest size of each runner and price, summed, straight from the messages. */
async function statedVolume(path: string): Promise<number> {
  const largest = new Map<string, number>();
  for (const line of new TextDecoder().decode(await plainBytes(fileAt(path))).split('\n')) {
    if (line.trim() === '') continue;
    const { mc = [] } = JSON.parse(line) as {
      mc?: { rc?: { id: number; hc?: number; trd?: [number, number][] }[] }[];
    };
    for (const { rc = [] } of mc) {
      for (const { id, hc = 0, trd = [] } of rc) {
        for (const [price, size] of trd) {
          const key = `${String(id)} ${String(hc)} ${String(price)}`;
          largest.set(key, Math.max(largest.get(key) ?? 0, size));
        }
      }
    }
  }
  return [...largest.values()].reduce((sum, size) => sum + size, 0);
}
