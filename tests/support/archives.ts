/** Archives made in memory, by hand where a test needs what no writer makes. Streams of any length are never stored. */
import { deflateSync } from 'fflate';
import { crc32 } from '../../src/lib/data/decode/crc32.ts';

const encoder = new TextEncoder();

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(encoder.encode(text));

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk.slice());
  return joined(...parts);
}

/** In pieces of a size that divides nothing. */
export async function* inPieces(bytes: Uint8Array, size = 997): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.slice(at, at + size));
}

export function streamOf(bytes: Uint8Array, size?: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = inPieces(bytes, size);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    }
  });
}

// Tar

export interface TarPart {
  readonly path: string | Uint8Array;
  readonly bytes?: Uint8Array;
  readonly type?: string;
  readonly prefix?: string;
  readonly link?: string;
  /** Writes the size in GNU's binary form. */
  readonly binarySize?: boolean;
  /** The form before POSIX: no magic. */
  readonly old?: boolean;
}

export const TAR_END = new Uint8Array(1024);

export function tarPart(part: TarPart): Uint8Array<ArrayBuffer> {
  const body = part.bytes ?? new Uint8Array(0);
  const block = new Uint8Array(512);
  const put = (at: number, text: string): void => block.set(encoder.encode(text), at);
  block.set((typeof part.path === 'string' ? encoder.encode(part.path) : part.path).subarray(0, 100));
  put(100, '0000644\0');
  put(124, `${body.length.toString(8).padStart(11, '0')}\0`);
  if (part.binarySize === true) {
    block.fill(0, 124, 136);
    block[124] = 0x80;
    new DataView(block.buffer).setUint32(132, body.length);
  }
  put(136, '00000000000\0');
  put(156, part.type ?? '0');
  put(157, part.link ?? '');
  if (part.old !== true) put(257, 'ustar\u000000');
  put(345, part.prefix ?? '');
  put(148, '        ');
  const sum = block.reduce((all, byte) => all + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return joined(block, body, new Uint8Array(-body.length & 511));
}

export const tarOf = (...parts: readonly TarPart[]): Uint8Array<ArrayBuffer> => joined(...parts.map(tarPart), TAR_END);

/** A pax extended header's records. */
export function paxOf(records: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = encoder.encode(` ${key}=${value}\n`).length;
    let length = rest + String(rest).length;
    length = rest + String(length).length;
    return `${String(length)} ${key}=${value}\n`;
  });
  return bytesOf(lines.join(''));
}

// Zip

export interface ZipPart {
  readonly path: string | Uint8Array;
  readonly bytes: Uint8Array;
  readonly stored?: boolean;
  /** As another program packed it; `bytes` are then its plain ones. */
  readonly packed?: { readonly method: number; readonly bytes: Uint8Array };
  /** Sizes behind the data: with the descriptor's signature, without, or in 64 bits. */
  readonly descriptor?: 'signed' | 'bare' | 'wide';
  readonly zip64?: boolean;
  readonly flags?: number;
  readonly crc?: number;
}

function record(signature: number, fields: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + fields.reduce((sum, [bytes]) => sum + bytes, 0)));
  view.setUint32(0, signature, true);
  let at = 4;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

export function zipPart(part: ZipPart): Uint8Array<ArrayBuffer> {
  const name = typeof part.path === 'string' ? encoder.encode(part.path) : part.path;
  const method = part.packed?.method ?? (part.stored === true ? 0 : 8);
  const data = part.packed?.bytes ?? (part.stored === true ? part.bytes : deflateSync(part.bytes));
  const crc = part.crc ?? crc32(part.bytes) >>> 0;
  const later = part.descriptor !== undefined;
  const wide = part.zip64 === true;
  const [packed, plain] = later ? [0, 0] : [data.length, part.bytes.length];
  const extra = wide
    ? record(0x00100001, [
        [8, plain],
        [8, packed]
      ])
    : new Uint8Array(0);
  const header = record(0x04034b50, [
    [2, 20],
    [2, (part.flags ?? 0) | (later ? 8 : 0)],
    [2, method],
    [4, 0],
    [4, later ? 0 : crc],
    [4, wide ? 0xffffffff : packed],
    [4, wide ? 0xffffffff : plain],
    [2, name.length],
    [2, extra.length]
  ]);
  return joined(header, name, extra, data, descriptorOf(part, crc, data.length));
}

function descriptorOf(part: ZipPart, crc: number, packed: number): Uint8Array {
  const size = part.descriptor === 'wide' ? 8 : 4;
  const whole = record(0x08074b50, [
    [4, crc],
    [size, packed],
    [size, part.bytes.length]
  ]);
  if (part.descriptor === undefined) return new Uint8Array(0);
  return part.descriptor === 'bare' ? whole.subarray(4) : whole;
}

/** What stands after the entries; sizes and places in it are not what a reader of a stream looks at. */
export function zipEnd(paths: readonly (string | Uint8Array)[], zip64 = false): Uint8Array<ArrayBuffer> {
  const entries = paths.map((path) => {
    const name = typeof path === 'string' ? encoder.encode(path) : path;
    const rest: [2 | 4, number][] = [
      [2, 20],
      [2, 20],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, 0],
      [4, 0],
      [4, 0]
    ];
    return joined(
      record(0x02014b50, [...rest, [2, name.length], [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, 0]]),
      name
    );
  });
  const wide = joined(
    record(0x06064b50, [
      [8, 44],
      [2, 45],
      [2, 45],
      [4, 0],
      [4, 0],
      [8, paths.length],
      [8, paths.length],
      [8, 0],
      [8, 0]
    ]),
    record(0x07064b50, [
      [4, 0],
      [8, 0],
      [4, 1]
    ])
  );
  const count = Math.min(paths.length, 0xffff);
  const end = record(0x06054b50, [
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, 0],
    [4, 0],
    [2, 0]
  ]);
  return joined(...entries, zip64 ? wide : new Uint8Array(0), end);
}

export const zipOf = (...parts: readonly ZipPart[]): Uint8Array<ArrayBuffer> =>
  joined(
    ...parts.map(zipPart),
    zipEnd(
      parts.map((part) => part.path),
      parts.some((part) => part.zip64)
    )
  );
