import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { sha256Hex } from '../core/digest.ts';
import { Sha256 } from './sha256.ts';

test('the digest of nothing and of "abc" are the ones of FIPS 180-4', () => {
  expect(new Sha256().hex()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(new Sha256().update(new TextEncoder().encode('abc')).hex()).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  );
});

property.prop([fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })])(
  'bytes in any pieces give the digest of the whole, as the platform computes it',
  async (pieces) => {
    const hash = new Sha256();
    for (const piece of pieces) hash.update(piece);
    expect(hash.hex()).toBe(await sha256Hex(Uint8Array.from(pieces.flatMap((piece) => [...piece]))));
  }
);
