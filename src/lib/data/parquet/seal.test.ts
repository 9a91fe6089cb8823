import { beforeAll, expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { parquetToIpc } from './codec.ts';
import { loadParquetInNode } from './load-node.ts';
import { isSealBroken, sealed } from './seal.ts';
import { tapeToParquet } from './silver.ts';
import { miniTape } from '../../../../tests/support/mini-tape.ts';

beforeAll(loadParquetInNode);

const tailOf = (file: Uint8Array): number =>
  file.length - 8 - new DataView(file.buffer, file.byteOffset).getUint32(file.length - 8, true);

test('a file of ours with any one byte flipped is refused, or its rows and metadata are what they were', () => {
  const file = tapeToParquet(miniTape({ seed: 5, scheduledSeconds: 300 }));
  const whole = parquetToIpc('whole', file);
  // Every byte about the seal, and many before it and after it.
  const places = Array.from(file.keys()).filter((at) => at % 11 === 0 || Math.abs(at - tailOf(file)) < 32);
  let refused = 0;
  for (const at of places) {
    const flipped = file.slice();
    flipped[at]! ^= 1 << (at % 8);
    try {
      expect(parquetToIpc('flipped', flipped), String(at)).toEqual(whole);
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      expect(thrown.code).toBe('data.corrupt');
      refused++;
    }
  }
  // The eight bytes that say that there is a seal carry nothing else.
  expect(refused).toBe(places.length - 8);
}, 60_000);

test('a file without a seal is read as it is: other programs write none', () => {
  const file = tapeToParquet(miniTape({ seed: 5, scheduledSeconds: 300 }));
  const at = tailOf(file);
  const bare = new Uint8Array(file.length - 12);
  bare.set(file.subarray(0, at - 12));
  bare.set(file.subarray(at), at - 12);
  expect(isSealBroken(bare)).toBe(false);
  expect(parquetToIpc('bare', bare)).toEqual(parquetToIpc('sealed', file));
  expect(sealed(bare)).toEqual(file);
});
