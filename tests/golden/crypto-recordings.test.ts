/** Streams that recorders of others wrote: OKX with its checksums, Bybit, Binance; found, not named. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bybit } from '../../src/lib/data/bybit/bybit-venue.ts';
import { CryptoStreamReader } from '../../src/lib/data/crypto/crypto-stream.ts';
import type { CryptoVenue } from '../../src/lib/data/crypto/crypto-stream.ts';
import { readRecording } from '../../src/lib/data/read-recording.ts';
import type { ReadMarket } from '../../src/lib/data/recording.ts';
import { recognise } from '../../src/lib/data/recognise.ts';
import { OKX } from '../../src/lib/data/okx/okx-venue.ts';
import { filesIn, orSkipped, recordings } from '../support/recordings.ts';

const folder = join(recordings.path, 'crypto/raw');
const streams = orSkipped('raw crypto recordings', folder, filesIn(folder))
  .map((path) => ({ path, bytes: new Uint8Array(readFileSync(path)) }))
  .map((one) => ({ ...one, kind: recognise(one.bytes.subarray(0, 1 << 16), false)[0]?.kind }));

const VENUES: Readonly<Record<string, CryptoVenue>> = {
  okx: OKX,
  'bybit-linear': bybit('linear'),
  'bybit-inverse': bybit('inverse')
};

function reader(
  kind: string,
  bytes: Uint8Array
): { readonly reader: CryptoStreamReader; readonly markets: readonly ReadMarket[] } {
  const stream = new CryptoStreamReader({ source: kind, venue: VENUES[kind]! });
  stream.push(bytes);
  return { reader: stream, markets: [...stream.end('f')] };
}

describe('recorded streams', () => {
  const known = streams.filter(({ kind }) => kind !== undefined && kind in VENUES);
  it.each(known)('$path: every book is sound throughout', ({ kind, bytes }) => {
    const { markets } = reader(kind!, bytes);
    expect(markets.length).toBeGreaterThan(0);
    for (const { record } of markets) expect(record.oddities.filter(({ severity }) => severity !== 'note')).toEqual([]);
  });

  it('every checksum of OKX fits, and none does once one level is another', () => {
    for (const { bytes } of known.filter(({ kind }) => kind === 'okx')) {
      const sound = reader('okx', bytes);
      const counts = sound.markets.map(({ tape }) => sound.reader.instrument(tape.market.runners[0]!.id)!.counts);
      const checksums = counts.reduce((sum, one) => sum + one.checksums, 0);
      expect(checksums).toBe(counts.reduce((sum, one) => sum + one.images + one.changes, 0));
      expect(counts.map((one) => one.checksumFailures)).toEqual(counts.map(() => 0));
      // The best ask of the first image, with another size: it fails until that level changes.
      const text = new TextDecoder().decode(bytes).replace(/("asks":\[\["[\d.]+",")[\d.]+"/u, '$177777"');
      const changed = reader('okx', new TextEncoder().encode(text));
      const failed = changed.markets.flatMap(({ record }) =>
        record.oddities.filter(({ code }) => code === 'checksum-failed')
      );
      expect(failed.length).toBe(1);
    }
  });

  it.each(streams.filter(({ kind }) => kind?.startsWith('binance') === true))(
    '$path: an instrument is a market',
    async ({ path, bytes }) => {
      const markets: ReadMarket[] = [];
      await readRecording(new File([bytes], path), {
        breathe: () => Promise.resolve(),
        onProgress: () => undefined,
        onMarket: (market) => {
          markets.push(market);
          return Promise.resolve();
        }
      });
      expect(new Set(markets.map(({ tape }) => tape.market.runners[0]?.id)).size).toBe(markets.length);
      expect(markets.length).toBeGreaterThan(1);
    }
  );
});
