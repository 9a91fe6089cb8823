import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../core/errors.ts';
import type { NamedArray } from './named-arrays.ts';
import { decodeSafetensors, decodeStoredArrays, encodeSafetensors } from './safetensors.ts';
import type { StoredArray } from './safetensors.ts';

const arrays = new Map<string, NamedArray>([
  ['critic/kernel', { shape: [2, 3], values: new Float32Array([1, -2.5, 3, 1e-20, Infinity, 6]) }],
  ['actor/bias', { shape: [2], values: new Float32Array([0.5, -0]) }],
  ['empty', { shape: [0, 4], values: new Float32Array(0) }],
  ['scalar', { shape: [], values: new Float32Array([7]) }]
]);

/** A file laid out by hand: header as given, then the data. */
function file(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function codeOf(run: () => unknown): ErrorCode | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return (error as AppError).code;
  }
}

describe('safetensors', () => {
  it('gives back what was written, bit for bit', () => {
    const decoded = decodeSafetensors(encodeSafetensors(arrays, { step: '12', note: 'später' }));
    expect(decoded.metadata).toEqual({ note: 'später', step: '12' });
    expect([...decoded.arrays.keys()].sort()).toEqual([...arrays.keys()].sort());
    for (const [name, { shape, values }] of arrays) {
      const found = decoded.arrays.get(name)!;
      expect(found.shape).toEqual(shape);
      expect(new Uint8Array(found.values.buffer)).toEqual(new Uint8Array(values.buffer));
    }
  });

  it('lays the file out as the format says: length, JSON header padded with spaces to 8 bytes, bytes without gaps', () => {
    const bytes = encodeSafetensors(
      new Map([
        ['b', { shape: [1], values: new Float32Array([1]) }],
        ['a', { shape: [2], values: new Float32Array([2, 3]) }]
      ]),
      { k: 'v' }
    );
    const view = new DataView(bytes.buffer);
    const length = Number(view.getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(text.trimEnd()).toBe(
      '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}'
    );
    expect(bytes.length).toBe(8 + length + 12);
    expect([0, 4, 8].map((at) => view.getFloat32(8 + length + at, true))).toEqual([2, 3, 1]);
  });

  it('writes the same bytes whatever the order the arrays came in', () => {
    const reversed = new Map([...arrays].reverse());
    expect(encodeSafetensors(reversed, { a: '1', b: '2' })).toEqual(encodeSafetensors(arrays, { b: '2', a: '1' }));
  });

  it('reads a file that lies at an odd place in its buffer, and copies', () => {
    const bytes = encodeSafetensors(arrays);
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    const decoded = decodeSafetensors(shifted);
    shifted.fill(0);
    expect(decoded.arrays.get('actor/bias')!.values).toEqual(arrays.get('actor/bias')!.values);
  });

  it('refuses a file that was cut off anywhere', () => {
    const bytes = encodeSafetensors(arrays, { k: 'v' });
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => decodeSafetensors(bytes.subarray(0, length)))).toBe('data.truncated');
    }
  });

  it.each([
    ['is not JSON', '{"a":'],
    ['is a list', '[]'],
    ['begins with a space', ' {}'],
    ['holds another type', '{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}'],
    ['has a shape that does not fill its bytes', '{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,4]}}'],
    ['has a negative shape', '{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}'],
    ['has no offsets', '{"a":{"dtype":"F32","shape":[1]}}'],
    ['starts after a gap', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'],
    [
      'overlaps',
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    ],
    ['names a tensor with null', '{"a":null}'],
    ['has metadata that is not text', '{"__metadata__":{"k":1}}']
  ])('refuses a header that %s', (_, header) => {
    expect(codeOf(() => decodeSafetensors(file(header, new Uint8Array(8))))).toBe('data.corrupt');
  });

  it('refuses bytes after the last tensor', () => {
    const header = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    expect(codeOf(() => decodeSafetensors(file(header, new Uint8Array(5))))).toBe('data.corrupt');
  });

  it('refuses a header that claims to be huge without reading it', () => {
    const bytes = new Uint8Array(16).fill(0xff);
    expect(codeOf(() => decodeSafetensors(bytes))).toBe('data.corrupt');
  });

  it('gives back arrays of four types bit for bit, at whatever byte they begin, and takes them for no checkpoint', () => {
    const mixed = new Map<string, StoredArray>([
      ['a flags', { shape: [3], values: Uint8Array.of(0, 255, 7) }],
      ['b counts', { shape: [2], values: Float64Array.of(2 ** 53 - 1, -1e-300) }],
      ['c choices', { shape: [1, 2], values: Int32Array.of(-(2 ** 31), 5) }],
      ['d weights', { shape: [2], values: Float32Array.of(0.1, Number.NaN) }]
    ]);
    const bytes = encodeSafetensors(mixed, { updates: '3' });
    expect(decodeStoredArrays(bytes, 'memory')).toEqual({ arrays: mixed, metadata: { updates: '3' } });
    expect(() => decodeSafetensors(bytes)).toThrow(/expected F32, got (a flags of type U8|b counts of type F64)/);
  });
});
