import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bytesOf, collect, tarOf } from '../../../../tests/support/archives.ts';
import { AppError } from '../../core/errors.ts';
import { receiveMembers, sendMembers } from './member-wire.ts';
import type { MemberOptions } from './members.ts';
import { members } from './members.ts';

const MESSAGES = bytesOf('some text\n'.repeat(500_000));
const A = bytesOf('a\n'.repeat(2000));

/** Both ends of a port, as two threads would hold them. */
function across(file: File, options: MemberOptions = {}) {
  const { port1, port2 } = new MessageChannel();
  const sent = sendMembers(port1, file.name, (of) => members(file, of));
  return { sent, received: receiveMembers(port2, file.name, options) };
}

const packed = Uint8Array.from(gzipSync(MESSAGES));
const tar = new File(
  [
    tarOf(
      { path: 'a', bytes: A },
      { path: 'big.gz', bytes: packed },
      { path: '../c', bytes: A },
      { path: 'd', bytes: A }
    )
  ],
  'x'
);

describe('members on another thread', () => {
  test('are those that are given here: bytes, hashes, refusals, progress', async () => {
    const both = [members(tar), across(tar).received].map(async (from) => {
      const all: unknown[] = [];
      for await (const member of from) {
        if (member.kind === 'refused') all.push([member.path, member.error.code, member.error.message]);
        else
          all.push([member.path, member.containers, Buffer.compare(await collect(member.chunks), A), member.sha256()]);
      }
      return all;
    });
    const [here, there] = await Promise.all(both);
    expect(there).toEqual(here);
    expect(there?.length).toBe(4);
    let read = 0;
    for await (const member of across(tar, { onRead: (bytes) => (read = bytes) }).received)
      if (member.kind === 'file') await collect(member.chunks);
    expect(read).toBe(tar.size);
  });

  test('a fault within one and a fault of the archive cross with their codes', async () => {
    const bad = packed.slice();
    bad[bad.length - 6]! ^= 1;
    const whole = tarOf({ path: 'bad.gz', bytes: bad }, { path: 'a', bytes: A });
    const codes: unknown[] = [];
    const reading = (async () => {
      for await (const member of across(new File([whole.slice(0, whole.length - 1200)], 'x')).received) {
        if (member.kind === 'refused') continue;
        codes.push(
          await collect(member.chunks).then(
            (bytes) => bytes.length,
            (error: unknown) => (error as AppError).code
          )
        );
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'data.truncated', subject: 'x' });
    expect(codes).toEqual(['data.corrupt', 'data.truncated']);
  });

  test('what is not read is passed over', async () => {
    const paths: string[] = [];
    for await (const member of across(tar).received) {
      paths.push(member.path);
      if (member.kind === 'file') for await (const chunk of member.chunks) if (chunk.length > 0) break;
    }
    expect(paths).toEqual(['x/a', 'x/big.gz', 'x/../c', 'x/d']);
  });

  test('a slow reader is not run ahead of', async () => {
    let unpacked = 0;
    const { port1, port2 } = new MessageChannel();
    const large = new File([new Uint8Array(64 << 20).fill(65)], 'x');
    void sendMembers(port1, 'x', async function* (options) {
      for await (const member of members(large, options)) {
        if (member.kind === 'refused') throw member.error;
        const counted = async function* () {
          for await (const chunk of member.chunks) {
            unpacked += chunk.length;
            yield chunk;
          }
        };
        yield { ...member, chunks: counted() };
      }
    });
    for await (const member of receiveMembers(port2, 'x', {})) {
      if (member.kind === 'refused') throw member.error;
      for await (const chunk of member.chunks) {
        expect(chunk.length).toBeGreaterThan(0);
        for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
        break;
      }
      expect(unpacked).toBeLessThan(16 << 20);
      break;
    }
  });

  test('an other end that breaks is told', async () => {
    const { port2 } = new MessageChannel();
    const broken = Promise.reject(new AppError('unexpected', { subject: 'x', got: 'it broke', remedy: 'reload' }));
    const reading = (async () => {
      for await (const member of receiveMembers(port2, 'x', { broken })) expect(member).toBeUndefined();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'unexpected', got: 'it broke' });
  });

  test('a cancel ends both ends', async () => {
    const stop = new AbortController();
    const { sent, received } = across(new File([new Uint8Array(64 << 20).fill(65)], 'x'), { signal: stop.signal });
    const reading = (async () => {
      for await (const member of received) {
        if (member.kind === 'refused') continue;
        for await (const chunk of member.chunks) if (chunk.length > 0) stop.abort();
      }
    })();
    await expect(reading).rejects.toBeInstanceOf(AppError);
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
    await sent;
  });
});
