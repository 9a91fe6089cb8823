import { zipSync } from 'fflate';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { TarPart } from '../../../../tests/support/archives.ts';
import {
  TAR_END,
  bytesOf,
  collect,
  joined,
  paxOf,
  streamOf,
  tarOf,
  tarPart,
  zipEnd,
  zipOf,
  zipPart
} from '../../../../tests/support/archives.ts';
import { AppError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import type { ByteSource } from '../decode/decode.ts';
import type { MemberOptions } from './members.ts';
import { members } from './members.ts';

const random = new Random(seed(5));
const noise = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, () => random.below(256));
const text = (about: string, lines = 500): Uint8Array<ArrayBuffer> =>
  bytesOf(Array.from({ length: lines }, (_, i) => `${about} ${String(i * 7919)}\n`).join(''));
const [A, B, C] = [text('a'), text('b', 3000), noise(5000)];
const packers = {
  gzip: (bytes: Uint8Array) => Uint8Array.from(gzipSync(bytes)),
  zstd: (bytes: Uint8Array) =>
    Uint8Array.from(zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }))
};

/** A file whose stream comes in pieces that respect nothing. */
function fileOf(bytes: Uint8Array, name = 'x', size = 997): ByteSource {
  return { name, size: bytes.length, stream: () => streamOf(bytes, size) };
}

interface Found {
  /** Path to its bytes, or to the code it was refused by. */
  readonly files: Record<string, Uint8Array | string>;
  readonly messages: readonly string[];
  /** Of the file as a whole. */
  readonly code: string | undefined;
}

async function found(file: ByteSource, options: MemberOptions = {}): Promise<Found> {
  const files: Record<string, Uint8Array | string> = {};
  const messages: string[] = [];
  const tell = (thrown: unknown): string => {
    if (!(thrown instanceof AppError)) throw thrown;
    expect(thrown.message).toMatch(/^.+: expected .+, got .+; .+/u);
    messages.push(thrown.message);
    return thrown.code;
  };
  try {
    for await (const member of members(file, options)) {
      try {
        files[member.path] = member.kind === 'refused' ? tell(member.error) : await collect(member.chunks);
      } catch (thrown) {
        files[member.path] = tell(thrown);
      }
    }
    return { files, messages, code: undefined };
  } catch (thrown) {
    return { files, messages, code: tell(thrown) };
  }
}

const limited = (limits: NonNullable<MemberOptions['limits']>): MemberOptions => ({ limits });

describe('containers within each other', () => {
  const tar = tarOf({ path: 'one', bytes: A }, { path: 'sub/', type: '5' }, { path: 'sub/two', bytes: B });

  test.each([
    ['tar', tar, 'x'],
    ['tar.gz', packers.gzip(tar), 'x'],
    ['tar.zst', packers.zstd(tar), 'x'],
    ['tar.zst.gz', packers.gzip(packers.zstd(tar)), 'x'],
    ['zip', zipOf({ path: 'one', bytes: A }, { path: 'sub/two', bytes: B, stored: true }), 'x'],
    ['zip of fflate', Uint8Array.from(zipSync({ one: A, sub: { two: [B, { level: 9 }] } })), 'x'],
    [
      'tar of gz and zst',
      tarOf({ path: 'one', bytes: packers.gzip(A) }, { path: 'sub/two', bytes: packers.zstd(B) }),
      'x'
    ],
    ['zip of gz', zipOf({ path: 'one', bytes: packers.gzip(A) }, { path: 'sub/two', bytes: B }), 'x'],
    ['tar in tar', tarOf({ path: 'in.tar', bytes: tar }), 'x/in.tar'],
    [
      'zip in tar.gz',
      packers.gzip(tarOf({ path: 'in', bytes: zipOf({ path: 'one', bytes: A }, { path: 'sub/two', bytes: B }) })),
      'x/in'
    ],
    ['tar.gz in a zip', zipOf({ path: 'in', bytes: packers.gzip(tar) }), 'x/in']
  ])('%s', async (_, bytes, at) => {
    for (const size of [1 << 20, 997, 61]) {
      const { files, code } = await found(fileOf(bytes, 'x', size));
      expect(code).toBeUndefined();
      expect(files).toEqual({ [`${at}/one`]: A, [`${at}/sub/two`]: B });
    }
  });

  test('a gzip of several members inside an archive', async () => {
    const { files } = await found(fileOf(tarOf({ path: 'a', bytes: joined(packers.gzip(A), packers.gzip(B)) })));
    expect(files).toEqual({ 'x/a': joined(A, B) });
  });

  test('a member is hashed as it lies in the archive, a file is not', async () => {
    const hashes: unknown[] = [];
    const packed = packers.gzip(A);
    for (const bytes of [tarOf({ path: 'a', bytes: packed }), packed]) {
      for await (const member of members(fileOf(bytes))) {
        if (member.kind === 'refused') throw member.error;
        await collect(member.chunks);
        hashes.push(member.sha256());
      }
    }
    const digest = await crypto.subtle.digest('SHA-256', packed);
    expect(hashes).toEqual([Buffer.from(digest).toString('hex'), undefined]);
  });

  test('a member that is not read, or not to its end, costs the ones after it nothing', async () => {
    for (const bytes of [
      tarOf({ path: 'a', bytes: B }, { path: 'b', bytes: A }),
      zipOf({ path: 'a', bytes: B, descriptor: 'signed' }, { path: 'b', bytes: A })
    ]) {
      for (const pieces of [0, 1]) {
        let last: Uint8Array | undefined;
        for await (const member of members(fileOf(bytes))) {
          if (member.kind === 'refused') throw member.error;
          if (member.path.endsWith('b')) last = await collect(member.chunks);
          else if (pieces === 1) for await (const piece of member.chunks) if (piece.length > 0) break;
        }
        expect(last).toEqual(A);
      }
    }
  });

  test('the source is let go of when the reader stops, and cancelled by its signal', async () => {
    let cancelled = 0;
    const endless = tarPart({ path: 'a', bytes: noise(100_000) });
    const source: ByteSource = {
      name: 'x',
      size: 1e12,
      stream: () =>
        new ReadableStream({
          pull: (controller) => {
            controller.enqueue(endless.slice());
          },
          cancel: () => {
            cancelled++;
          }
        })
    };
    for await (const member of members(source)) if (member.kind === 'file') break;
    expect(cancelled).toBe(1);
    const stop = new AbortController();
    const reading = (async () => {
      for await (const member of members(source, { signal: stop.signal })) if (member.path !== '') stop.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
    expect(cancelled).toBe(2);
  });
});

describe('tar', () => {
  const long = `${'deep/'.repeat(40)}name`;
  const cases: readonly [what: string, parts: readonly TarPart[], path: string][] = [
    ['a prefix', [{ path: 'name', prefix: 'some/where', bytes: A }], 'some/where/name'],
    ['the form before POSIX', [{ path: 'name', bytes: A, old: true }], 'name'],
    ['a type of zero', [{ path: 'name', bytes: A, type: '\0' }], 'name'],
    ['a binary size', [{ path: 'name', bytes: A, binarySize: true }], 'name'],
    [
      'a long name of GNU',
      [
        { path: '././@LongLink', type: 'L', bytes: bytesOf(`${long}\0`) },
        { path: 'cut', bytes: A }
      ],
      long
    ],
    [
      'a path of pax',
      [
        { path: 'pax', type: 'x', bytes: paxOf({ mtime: '1.5', path: `é/${long}` }) },
        { path: 'cut', bytes: A }
      ],
      `é/${long}`
    ],
    [
      'a global header',
      [
        { path: 'pax', type: 'g', bytes: paxOf({ comment: 'x' }) },
        { path: './/name', bytes: A }
      ],
      'name'
    ],
    ['a name in Windows-1252', [{ path: Uint8Array.of(67, 97, 102, 0xe9), bytes: A }], 'Café']
  ];
  test.each(cases)('%s', async (_, parts, path) => {
    const { files, code } = await found(fileOf(tarOf(...parts, { path: 'last', bytes: B })));
    expect([files, code]).toEqual([{ [`x/${path}`]: A, 'x/last': B }, undefined]);
  });

  test('links, devices and sparse files are left out and told', async () => {
    const odd = ['1', '2', '3', '4', '6', 'S'].map((type) => ({ path: `of ${type}`, type, link: '/etc/passwd' }));
    const sparse = { path: 'p', type: 'x', bytes: paxOf({ 'GNU.sparse.major': '1' }) };
    const { files, code } = await found(
      fileOf(tarOf(...odd, sparse, { path: 'hole', bytes: B }, { path: 'a', bytes: A }))
    );
    expect(code).toBeUndefined();
    const refused = ['1', '2', '3', '4', '6', 'S'].map((type) => [`x/of ${type}`, 'data.kind']);
    expect(files).toEqual({ ...Object.fromEntries(refused), 'x/hole': 'data.kind', 'x/a': A });
  });

  test('without its end mark it is truncated, after all its members; with more behind it, corrupt', async () => {
    const part = tarPart({ path: 'a', bytes: A });
    expect(await found(fileOf(part))).toMatchObject({ files: { 'x/a': A }, code: 'data.truncated' });
    const behind = await found(fileOf(joined(part, TAR_END, part)));
    expect(behind).toMatchObject({ files: { 'x/a': A }, code: 'data.corrupt' });
    expect((await found(fileOf(joined(part, TAR_END, new Uint8Array(9000))))).code).toBeUndefined();
  });
});

describe('zip', () => {
  test.each(['signed', 'bare', 'wide'] as const)(
    'sizes behind the data, %s, also of an archive that is stored',
    async (descriptor) => {
      const inner = zipOf({ path: 'i', bytes: C, stored: true, descriptor });
      const zip64 = descriptor === 'wide';
      const bytes = zipOf(
        { path: 'a', bytes: A, descriptor, zip64 },
        { path: 'none', bytes: new Uint8Array(0), descriptor, zip64 },
        { path: 'in', bytes: inner, stored: true, descriptor, zip64 },
        { path: 'b', bytes: B, descriptor, zip64 }
      );
      for (const size of [1 << 20, 61]) {
        const { files, code } = await found(fileOf(bytes, 'x', size));
        expect([files, code]).toEqual([{ 'x/a': A, 'x/none': new Uint8Array(0), 'x/in/i': C, 'x/b': B }, undefined]);
      }
    }
  );

  test('of 64-bit sizes, and packed by zstd', async () => {
    const bytes = zipOf(
      { path: 'a', bytes: A, zip64: true },
      { path: 'b', bytes: B, packed: { method: 93, bytes: packers.zstd(B) } }
    );
    expect(await found(fileOf(bytes))).toMatchObject({ files: { 'x/a': A, 'x/b': B }, code: undefined });
  });

  test('encrypted entries and unknown packing are left out and told', async () => {
    const bytes = zipOf(
      { path: 'secret', bytes: A, flags: 1 },
      { path: 'secret too', bytes: A, flags: 1, descriptor: 'signed' },
      { path: 'odd', bytes: A, packed: { method: 14, bytes: noise(50) } },
      { path: 'b', bytes: B }
    );
    const { files, messages, code } = await found(fileOf(bytes));
    const refused = { 'x/secret': 'data.kind', 'x/secret too': 'data.kind', 'x/odd': 'data.kind' };
    expect([files, code]).toEqual([{ ...refused, 'x/b': B }, undefined]);
    expect(messages[0]).toContain('it is encrypted');
    expect(messages[2]).toContain('packing method 14');
  });

  test('an entry whose CRC is not its own is corrupt, the ones after it are not', async () => {
    const bytes = zipOf({ path: 'a', bytes: A, crc: 1 }, { path: 'b', bytes: B });
    expect(await found(fileOf(bytes))).toMatchObject({ files: { 'x/a': 'data.corrupt', 'x/b': B }, code: undefined });
  });

  test('whose directory lists something else is corrupt', async () => {
    const part = zipPart({ path: 'a', bytes: A });
    const listed = await found(fileOf(joined(part, zipEnd(['a', 'b']))));
    expect(listed).toMatchObject({ files: { 'x/a': A }, code: 'data.corrupt' });
    const behind = await found(fileOf(joined(part, zipEnd(['a']), A)));
    expect(behind).toMatchObject({ files: { 'x/a': A }, code: 'data.corrupt' });
  });

  test('empty holds nothing', async () => {
    expect(await found(fileOf(zipOf()))).toEqual({ files: {}, messages: [], code: undefined });
  });
});

describe('bad input', () => {
  const parts = [
    { path: 'a', bytes: A },
    { path: 'b', bytes: B },
    { path: 'c', bytes: C }
  ];
  const originals: Record<string, Uint8Array> = { 'x/a': A, 'x/b': B, 'x/c': C };
  const tar = tarOf(...parts);
  const containers: readonly [name: string, bytes: Uint8Array<ArrayBuffer>][] = [
    ['tar', tar],
    ['zip', zipOf(...parts)],
    ['zip with sizes behind', zipOf(...parts.map((part) => ({ ...part, descriptor: 'signed' as const })))],
    ['tar.gz', packers.gzip(tar)],
    ['tar.zst', packers.zstd(tar)],
    ['tar of gz', tarOf(...parts.map(({ path, bytes }) => ({ path, bytes: packers.gzip(bytes) })))],
    ['zip in tar', tarOf({ path: 'in', bytes: zipOf(...parts) })]
  ];

  test.each(containers)(
    '%s cut off at every tenth: what was whole is there, and the cut is told',
    async (name, bytes) => {
      for (let tenth = 1; tenth < 10; tenth++) {
        const cut = bytes.slice(0, Math.floor((bytes.length * tenth) / 10));
        const { files, code } = await found(fileOf(cut));
        expect(code, `${name} ${String(tenth)}`).toBe('data.truncated');
        const entries = Object.entries(files);
        const short = entries.filter(([, value]) => typeof value === 'string');
        expect(short.length, 'at most one was cut').toBeLessThanOrEqual(1);
        for (const [path, value] of entries) {
          if (typeof value === 'string') expect(value).toBe('data.truncated');
          else expect(value).toEqual(originals[path.replace('/in/', '/')]);
        }
      }
    }
  );

  test.each(containers)(
    '%s with a flipped byte: no wrong bytes pass for right ones in silence',
    async (name, bytes) => {
      const step = Math.max(1, Math.floor(bytes.length / 150));
      for (let at = 0; at < bytes.length; at += step) {
        const bad = bytes.slice();
        bad[at]! ^= 1 << (at & 7);
        const { files, code } = await found(fileOf(bad, 'x', 4096));
        if (code !== undefined || Object.values(files).some((value) => typeof value === 'string')) continue;
        // Its magic is gone: a plain file as it stands, for whoever reads it to refuse.
        if (Object.keys(files).join('') === 'x') continue;
        // What no checksum guards: a name in a zip, and what lies in a tar as it is.
        const values = Object.values(files).filter((value) => typeof value !== 'string');
        const same = values.filter((value) => Object.values(originals).some((one) => Buffer.compare(one, value) === 0));
        expect(values.length - same.length, `${name} byte ${String(at)}`).toBeLessThanOrEqual(name === 'tar' ? 1 : 0);
        expect(values.length).toBe(3);
      }
    }
  );

  test('paths that lead out of the archive are refused, those that only look odd are not', async () => {
    const out = ['../up', 'a/../../up', '/etc/passwd', 'C:\\windows', 'c:x', '\\\\host\\share', '..', 'a\\..\\..\\b'];
    const tarred = await found(
      fileOf(tarOf(...out.map((path) => ({ path, bytes: A })), { path: './a//b/./c', bytes: B }))
    );
    const zipped = await found(
      fileOf(zipOf(...out.map((path) => ({ path, bytes: A })), { path: 'a\\b\\c', bytes: B }))
    );
    for (const { files, messages, code } of [tarred, zipped]) {
      expect(code).toBeUndefined();
      expect(Object.values(files).filter((value) => value === 'data.kind').length).toBe(out.length);
      expect(messages[0]).toContain('a path that leads out of it');
      expect(files['x/a/b/c']).toEqual(B);
    }
  });

  test('too much out of too little is refused, layer upon layer too', async () => {
    const zeros = new Uint8Array(3 << 20);
    const bombs = [
      packers.gzip(zeros),
      packers.zstd(zeros),
      zipOf({ path: 'z', bytes: zeros }),
      tarOf({ path: 'z', bytes: packers.gzip(zeros) }),
      packers.gzip(packers.gzip(zeros))
    ];
    for (const bytes of bombs) {
      const small = await found(fileOf(bytes), limited({ ratio: 20, ratioFrom: 1 << 20 }));
      expect([small.code, ...Object.values(small.files)]).toContain('data.limit');
      const total = await found(fileOf(bytes), limited({ totalBytes: 1 << 20 }));
      expect([total.code, ...Object.values(total.files)]).toContain('data.limit');
    }
    expect((await found(fileOf(packers.gzip(zeros)))).files['x']).toEqual(zeros);
  });

  test('nothing more comes out of a file that is over its limits', async () => {
    const bytes = tarOf({ path: 'z', bytes: packers.gzip(new Uint8Array(3 << 20)) }, { path: 'a', bytes: A });
    const { files, code } = await found(fileOf(bytes), limited({ totalBytes: 1 << 20 }));
    expect([Object.keys(files).includes('x/a'), code]).toEqual([false, 'data.limit']);
    const many = await found(fileOf(tarOf(...parts)), limited({ members: 2 }));
    expect([Object.keys(many.files), many.code]).toEqual([['x/a', 'x/b'], 'data.limit']);
  });

  test('containers nested too deep are left out, what stands beside them is not', async () => {
    let bytes: Uint8Array<ArrayBuffer> = A;
    for (let depth = 0; depth < 8; depth++) bytes = packers.gzip(bytes);
    const { files, code } = await found(fileOf(tarOf({ path: 'deep', bytes }, { path: 'b', bytes: B })));
    expect([files, code]).toEqual([{ 'x/deep': 'data.limit', 'x/b': B }, undefined]);
    expect((await found(fileOf(bytes))).files).toEqual({ x: A });
  });

  test('a damaged archive within an archive costs itself alone', async () => {
    const inner = tarOf({ path: 'a', bytes: A }, { path: 'b', bytes: B });
    inner[512 + Math.ceil(A.length / 512) * 512]! ^= 1;
    const { files, code } = await found(fileOf(tarOf({ path: 'in', bytes: inner }, { path: 'c', bytes: C })));
    expect([files, code]).toEqual([{ 'x/in/a': A, 'x/in': 'data.corrupt', 'x/c': C }, undefined]);
  });
});
