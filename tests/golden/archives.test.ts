/** Real recordings in archives of every kind: the same markets as from the files alone, whatever they are packed in. */
import { zipSync } from 'fflate';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readRecording } from '../../src/lib/data/read-recording.ts';
import type { ReadMarket, Recording } from '../../src/lib/data/recording.ts';
import { tarOf } from '../support/archives.ts';
import { fileAt } from '../support/read-stream.ts';
import { betfairStreams } from '../support/recordings.ts';
import { repeatedTar } from '../support/repeated-archive.ts';

const streams = betfairStreams();
const packed = streams.filter((path) => path.endsWith('.bz2'));

interface Read {
  readonly recording: Recording;
  readonly markets: readonly string[];
}

/** Of each market what no container may change: its record, and every row of its tape. */
async function read(file: File): Promise<Read> {
  const markets: string[] = [];
  const recording = await readRecording(file, {
    breathe: () => Promise.resolve(),
    onProgress: () => undefined,
    onMarket: ({ record, tape, bronze }: ReadMarket) => {
      const { id, fingerprint, messages, trades, matched, winners } = record;
      const sum = tape.lots.reduce((all, lots, row) => (all * 31 + lots + tape.tick[row]! * 7) % 1e9, tape.rows);
      markets.push(JSON.stringify([id, fingerprint, messages, trades, matched, winners, sum, bronze.text.length]));
      return Promise.resolve();
    }
  });
  return { recording, markets: markets.sort() };
}

describe.skipIf(packed.length === 0)('real recordings', () => {
  test('in a tar, a tar.gz, a tar.zst and a zip are what they are alone', { timeout: 240_000 }, async () => {
    const parts = streams.map((path) => ({ path: `2022/${basename(path)}`, bytes: readFileSync(path) }));
    const tar = tarOf(...parts);
    const tree = Object.fromEntries(
      parts.map((part) => [part.path, [Uint8Array.from(part.bytes), { level: 1 }] as const])
    );
    const alone = (await Promise.all(streams.map(async (path) => (await read(fileAt(path))).markets))).flat().sort();
    const archives: readonly Uint8Array<ArrayBuffer>[] = [
      tar,
      Uint8Array.from(gzipSync(tar, { level: 1 })),
      Uint8Array.from(zstdCompressSync(tar)),
      Uint8Array.from(zipSync(tree as Parameters<typeof zipSync>[0]))
    ];
    for (const bytes of archives) {
      const { recording, markets } = await read(new File([bytes], 'month'));
      expect(markets).toEqual(alone);
      expect(recording.members).toBe(streams.length);
      expect(recording.oddities.map((one) => one.code)).not.toContain('archive-damaged');
    }
  });

  test('a tar of bz2 of any length is read without being held', { timeout: 240_000 }, async () => {
    const small = [...packed].sort((a, b) => readFileSync(a).length - readFileSync(b).length).slice(0, 2);
    const file = repeatedTar(small, 60);
    const once = (await Promise.all(small.map(async (path) => (await read(fileAt(path))).markets))).flat();
    const { recording, markets } = await read(file);
    expect(recording).toMatchObject({ members: 60, container: 'tar' });
    expect(markets.length).toBe(once.length * 30);
    expect(new Set(markets)).toEqual(new Set(once));
  });

  test.each(packed.slice(0, 2).map((path) => [basename(path), path] as const))(
    'a tar cut off in %s keeps what came before, and marks it',
    { timeout: 240_000 },
    async (name, path) => {
      const first = packed.find((one) => one !== path)!;
      const [whole, last] = [readFileSync(first), readFileSync(path)];
      const tar = tarOf({ path: basename(first), bytes: whole }, { path: name, bytes: last });
      const { recording, markets } = await read(
        new File([tar.slice(0, tar.length - 2048 - (last.length >> 1))], 'x.tar')
      );
      const codes = recording.oddities.map((one) => one.code);
      expect(codes).toContain('archive-damaged');
      const before = (await read(fileAt(first))).markets;
      expect(markets).toEqual(expect.arrayContaining([...before]));
    }
  );
});
