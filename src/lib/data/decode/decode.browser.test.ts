/** The browser's own gzip decompressor gives up in its own ways: what we make of them must be the same as in Node. */
import { gzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { decode } from './decode.ts';

const plain = new TextEncoder().encode('{"op":"mcm"}\n'.repeat(40_000));
const member = gzipSync(plain);

async function unpack(...parts: readonly Uint8Array<ArrayBuffer>[]): Promise<{ length: number; code: unknown }> {
  let length = 0;
  try {
    for await (const piece of (await decode(new File([...parts], 'a.gz'))).chunks) {
      for (let i = 0; i < piece.length; i++) {
        if (piece[i] !== plain[(length + i) % plain.length]) throw new Error(`byte ${String(length + i)} differs`);
      }
      length += piece.length;
    }
    return { length, code: undefined };
  } catch (thrown) {
    return { length, code: thrown instanceof Error && 'code' in thrown ? thrown.code : thrown };
  }
}

describe('gzip in the browser', () => {
  test('unpacks one member and several', async () => {
    expect(await unpack(member)).toEqual({ length: plain.length, code: undefined });
    expect(await unpack(member, member, member)).toEqual({ length: 3 * plain.length, code: undefined });
  });

  test('tells a cut-off file from a corrupt one', async () => {
    expect((await unpack(member, member.slice(0, -20))).code).toBe('data.truncated');
    const changed = member.slice();
    changed[changed.length - 6]! ^= 1;
    expect((await unpack(changed)).code).toBe('data.corrupt');
    expect((await unpack(member, changed)).code).toBe('data.corrupt');
  });
});
