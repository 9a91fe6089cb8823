import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { Bzip2Decoder } from './bzip2.ts';
import { crc32 } from './crc32.ts';
import { decode, sniff } from './decode.ts';

/** Packed by bzip2 1.0.8: "furlong\n" repeated 40 times, at level 1. Runs, so that both run-length codes are met. */
const SMALL_TEXT = 'furlong\n'.repeat(40);
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const SMALL = fromBase64('QlpoMTFBWSZTWTgFfRcAACfBgAAQAYWSACAAMQwIClRDynROCeiYJgmCaJon4u5IpwoSBwCvouA=');
/** 3,000 zero bytes, the same way: runs of four and their counts. */
const ZEROS = fromBase64('QlpoMTFBWSZTWbDaYVsAAAXACMAAAACACCAAMMwImkpQA8XckU4UJCw2mFbA');
/** An empty input: a stream without a block. */
const EMPTY = fromBase64('QlpoMRdyRThQkAAAAAA=');

const encoder = new TextEncoder();

function sourceOf(bytes: Uint8Array<ArrayBuffer>, name: string): File {
  return new File([bytes], name);
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What came out before the end or the fault, and the fault. */
async function unpack(file: File): Promise<{ bytes: Uint8Array; fault: unknown }> {
  const pieces: Uint8Array[] = [];
  let fault: unknown;
  try {
    for await (const piece of (await decode(file)).chunks) pieces.push(piece.slice());
  } catch (thrown) {
    fault = thrown;
  }
  return { bytes: join(...pieces), fault };
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const codeOf = (fault: unknown): string =>
  fault instanceof AppError ? fault.code : `not an AppError: ${String(fault)}`;

describe('bzip2', () => {
  test('unpacks what bzip2 packed, runs and an empty file too', async () => {
    expect(textOf((await unpack(sourceOf(SMALL, 'a.bz2'))).bytes)).toBe(SMALL_TEXT);
    expect((await unpack(sourceOf(ZEROS, 'a.bz2'))).bytes).toEqual(new Uint8Array(3_000));
    expect(await unpack(sourceOf(EMPTY, 'a.bz2'))).toEqual({ bytes: new Uint8Array(0), fault: undefined });
  });

  test('reads streams one after the other, given byte by byte', () => {
    const decoder = new Bzip2Decoder('a.bz2');
    const pieces: Uint8Array[] = [];
    for (const byte of join(SMALL, ZEROS, SMALL)) pieces.push(...decoder.push(Uint8Array.of(byte)));
    pieces.push(...decoder.end());
    expect(join(...pieces)).toEqual(
      join(encoder.encode(SMALL_TEXT), new Uint8Array(3_000), encoder.encode(SMALL_TEXT))
    );
  });

  test('says where a cut-off file ends and gives what came before', async () => {
    const cut = join(SMALL, SMALL.subarray(0, SMALL.length - 12));
    const { bytes, fault } = await unpack(sourceOf(cut, 'cut.bz2'));
    expect(textOf(bytes).startsWith(SMALL_TEXT)).toBe(true);
    expect(codeOf(fault)).toBe('data.truncated');
    expect(String(fault)).toContain(`byte ${String(cut.length)}`);
  });

  test('refuses every single changed bit, or gives the same bytes', { timeout: 30_000 }, async () => {
    const whole = encoder.encode(SMALL_TEXT);
    for (let bit = 0; bit < SMALL.length * 8; bit++) {
      const changed = SMALL.slice();
      changed[bit >> 3]! ^= 128 >> (bit & 7);
      const { bytes, fault } = await unpack(sourceOf(changed, 'bad.bz2'));
      // A changed magic is plain text to the decoder; a changed level only allows bigger blocks.
      if (sniff(changed) !== 'bzip2') continue;
      if (fault === undefined) expect(bytes).toEqual(whole);
      else expect(['data.corrupt', 'data.truncated']).toContain(codeOf(fault));
    }
  });

  test('refuses something else after the end, and says at which byte', async () => {
    const { bytes, fault } = await unpack(sourceOf(join(SMALL, encoder.encode('garbage')), 'bad.bz2'));
    expect(textOf(bytes)).toBe(SMALL_TEXT);
    expect(codeOf(fault)).toBe('data.corrupt');
    expect(String(fault)).toContain(`byte ${String(SMALL.length)}`);
  });
});

describe('gzip', () => {
  const random = new Random(seed(3));
  const plain = Uint8Array.from({ length: 300_000 }, () => 97 + random.below(4));
  const packed = new Uint8Array(gzipSync(plain));

  test('unpacks one member and several', async () => {
    expect((await unpack(sourceOf(packed, 'a.gz'))).bytes).toEqual(plain);
    const small = new Uint8Array(gzipSync(encoder.encode('one')));
    const several = join(small, packed, small, new Uint8Array(gzipSync(new Uint8Array(0))), packed);
    const { bytes, fault } = await unpack(sourceOf(several, 'several.gz'));
    expect(fault).toBeUndefined();
    expect(bytes).toEqual(join(encoder.encode('one'), plain, encoder.encode('one'), plain));
  });

  test('tells a cut-off file from a corrupt one', async () => {
    const cut = await unpack(sourceOf(packed.slice(0, packed.length - 2_000), 'cut.gz'));
    expect(codeOf(cut.fault)).toBe('data.truncated');
    expect(cut.bytes.length).toBeGreaterThan(0);
    expect(cut.bytes).toEqual(plain.slice(0, cut.bytes.length));
    for (const short of [1, 4, 8, 9, 12, 20]) {
      const { fault } = await unpack(sourceOf(join(packed, packed.subarray(0, -short)), 'cut.gz'));
      expect(codeOf(fault), `${String(short)} bytes short`).toBe('data.truncated');
      expect(String(fault)).toContain(`byte ${String(2 * packed.length - short)}`);
    }
    const changed = packed.slice();
    changed[packed.length - 6]! ^= 1;
    expect(codeOf((await unpack(sourceOf(changed, 'bad.gz'))).fault)).toBe('data.corrupt');
  });

  test('a second member with a wrong checksum is refused', async () => {
    const changed = packed.slice();
    changed[packed.length - 7]! ^= 1;
    const { fault } = await unpack(sourceOf(join(packed, changed, packed), 'bad.gz'));
    expect(codeOf(fault)).toBe('data.corrupt');
  });
});

describe('any file', () => {
  test('is known by its first bytes', () => {
    expect([sniff(SMALL), sniff(gzipSync(SMALL)), sniff(encoder.encode('{"op"')), sniff(new Uint8Array(0))]).toEqual([
      'bzip2',
      'gzip',
      'plain',
      'plain'
    ]);
    expect(sniff(encoder.encode('BZh?'))).toBe('plain');
  });

  test('stops when asked, and tells how much was read', async () => {
    const stop = new AbortController();
    const read: number[] = [];
    const { chunks } = await decode(sourceOf(new Uint8Array(1 << 20), 'a'), {
      signal: stop.signal,
      onRead: (bytes) => {
        read.push(bytes);
        stop.abort();
      }
    });
    const reading = (async () => {
      for await (const piece of chunks) expect(piece.length).toBeGreaterThan(0);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
    expect(read.length).toBe(1);
  });

  test('CRC-32 is that of RFC 1952', () => {
    expect(crc32(encoder.encode('123456789'))).toBe(0xcbf43926);
    expect(crc32(encoder.encode('6789'), crc32(encoder.encode('12345')))).toBe(0xcbf43926);
  });
});
