import { constants, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { collect, inPieces, joined } from '../../../../tests/support/archives.ts';
import { AppError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { decode, sniff } from './decode.ts';
import { unzstd } from './zstd.ts';

const random = new Random(seed(11));
/** Of a recording's kind: repeats near and far, and what cannot be foreseen. */
const plain = Uint8Array.from(
  Buffer.from(
    Array.from({ length: 9000 }, (_, i) => `{"op":"mcm","pt":${String(i)},"ltp":${String(random.below(1000))}}\n`).join(
      ''
    )
  )
);

function pack(bytes: Uint8Array, level = 3, checksum = true): Uint8Array<ArrayBuffer> {
  const params = {
    [constants.ZSTD_c_compressionLevel]: level,
    [constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0
  };
  return Uint8Array.from(zstdCompressSync(bytes, { params }));
}

async function outcome(bytes: Uint8Array): Promise<{ readonly length: number; readonly code: string | undefined }> {
  let length = 0;
  try {
    for await (const piece of unzstd(inPieces(bytes), 'a.zst')) {
      expect(Buffer.compare(piece, plain.subarray(length, length + piece.length)), 'what is handed on is right').toBe(
        0
      );
      length += piece.length;
    }
    return { length, code: undefined };
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    expect(thrown.message).toMatch(/^a\.zst: expected .*, got .*; /u);
    return { length, code: thrown.code };
  }
}

describe('zstd', () => {
  test.each([1, 3, 19].flatMap((level) => [true, false].map((checksum) => [level, checksum] as const)))(
    'level %i, checksum %s: gives back what was packed, in one frame and in several',
    async (level, checksum) => {
      const packed = pack(plain, level, checksum);
      expect(await collect(unzstd(inPieces(packed), 'a'))).toEqual(plain);
      const empty = pack(new Uint8Array(0), level, checksum);
      const short = pack(Uint8Array.of(7), level, checksum);
      const skippable = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
      const several = joined(skippable, empty, packed, short, skippable, packed);
      const whole = await collect(unzstd(inPieces(several), 'a'));
      expect(Buffer.compare(whole, joined(plain, Uint8Array.of(7), plain))).toBe(0);
    }
  );

  test('is known by its first bytes, a skippable frame too', async () => {
    expect(sniff(pack(plain))).toBe('zstd');
    expect(sniff(Uint8Array.of(0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0))).toBe('zstd');
    const { container, chunks } = await decode(new File([pack(plain)], 'any.name'));
    expect(container).toBe('zstd');
    expect(await collect(chunks)).toEqual(plain);
  });

  test('cut off at every tenth of its length it is truncated, and what came before is right', async () => {
    const packed = pack(plain);
    for (let tenth = 1; tenth < 10; tenth++) {
      const { length, code } = await outcome(packed.slice(0, Math.floor((packed.length * tenth) / 10)));
      expect(code, `${String(tenth)} tenths`).toBe('data.truncated');
      expect(length).toBeLessThan(plain.length);
    }
    expect((await outcome(packed.slice(0, -1))).code).toBe('data.truncated');
    expect((await outcome(new Uint8Array(0))).code).toBe('data.truncated');
  });

  test('a flipped byte anywhere is found', async () => {
    const packed = pack(plain.subarray(0, 60_000));
    const small = plain.subarray(0, 60_000);
    for (let at = 4; at < packed.length; at += 41) {
      const bytes = packed.slice();
      bytes[at]! ^= 1 << (at & 7);
      const thrown: unknown = await collect(unzstd(inPieces(bytes), 'a')).then(
        (whole) => (Buffer.compare(whole, small) === 0 ? 'harmless' : 'wrong bytes'),
        (error: unknown) => error
      );
      if (thrown === 'harmless') continue;
      expect(thrown, `byte ${String(at)}`).toBeInstanceOf(AppError);
      expect(['data.corrupt', 'data.truncated', 'data.kind']).toContain((thrown as AppError).code);
    }
  });

  test('asks for no more memory than the program itself would, and for no dictionary', async () => {
    const wide = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3, 1, 0, 0);
    expect((await outcome(wide)).code).toBe('data.kind');
    const dictionary = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 1, 0, 9, 1, 0, 0);
    expect((await outcome(dictionary)).code).toBe('data.kind');
    expect((await outcome(joined(pack(plain), Uint8Array.of(1, 2, 3, 4)))).code).toBe('data.corrupt');
  });
});
